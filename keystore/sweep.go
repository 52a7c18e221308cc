package keystore

import (
	"runtime"
	"runtime/debug"
	"sync"

	"thistle/keystore/seal"
)

const (
	// largestCopy bounds the objects in which libraries leave secrets, in
	// bytes: the longest are the words as text, 215.
	largestCopy = 1024
	// smallestCopy is the smallest place that one secret has to itself, in
	// bytes; smaller objects share such places.
	smallestCopy = 16
	// handful is what is allocated between two looks at the heap, in bytes.
	handful = 64 << 10
)

// sweep overwrites the heap, unless every one of these costs is so low that a
// file made with it is refused by the default bounds. There are such files in
// tests only, hundreds of them, and their passwords can be guessed anyway. So no
// option turns this off for a file that a person can have.
func sweep(costs ...KDF) {
	for _, cost := range costs {
		if !cost.Less(seal.DefaultBounds.Min) {
			overwriteHeap()
			return
		}
	}
}

var overwriting sync.Mutex

// overwriteHeap makes the collector take what is no longer used, gives whole
// free pages back to the system, which clears them, and overwrites what is free
// in pages still in use: the collector leaves there what was there, for hours
// in a program that idles.
//
// Free places are overwritten by taking them all, as the allocator clears what
// it hands out. It does so size by size, and takes new pages only where no place
// of that size is left, which is how the end is seen. Other goroutines may take
// a place meanwhile and not clear it to its end. So this is best effort, and
// measured (TestMemory).
func overwriteHeap() {
	overwriting.Lock() // whoever is second would restore what the first has set
	defer overwriting.Unlock()
	debug.FreeOSMemory()
	// A collection meanwhile frees places as others are taken, so that the end
	// would be seen where it is not.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	for i := range heap.BySize {
		if size := int(heap.BySize[i].Size); size >= smallestCopy && size <= largestCopy {
			fillPlaces(&heap, size)
		}
	}
}

// fillPlaces takes the free places of one size until two handfuls in a row came
// from new pages; they are free again when it returns.
func fillPlaces(heap *runtime.MemStats, size int) {
	var held [][]byte
	free := freePlaces(heap)
	for fresh, most := 0, free; fresh < 2 && len(held)*size <= most; {
		for range handful / size {
			held = append(held, make([]byte, size))
		}
		before := free
		free = freePlaces(heap)
		if before-free > handful/2 {
			fresh = 0
		} else {
			fresh++
		}
	}
	runtime.KeepAlive(held)
}

// freePlaces is the memory free in pages that are in use, in bytes, of all
// sizes. Reading it makes the processors give back the places they keep.
func freePlaces(heap *runtime.MemStats) int {
	runtime.ReadMemStats(heap)
	return int(heap.HeapInuse) - int(heap.HeapAlloc)
}
