package keystore

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"thistle/keystore/seal"
)

// dropped is what garbage is full of.
const dropped = 0xa5

// garbage drops objects full of a pattern, between others that stay, as
// libraries do: pages that are half in use are not given back.
func garbage(kept [][]byte, count int) [][]byte {
	for i := range count {
		size := 16 + i*7919%(largestCopy-16)
		_ = bytes.Repeat([]byte{dropped}, size)
		kept = append(kept, make([]byte, size))
	}
	return kept
}

// Free places are taken, of every size, and given back.
func TestOverwriteHeap(t *testing.T) {
	kept := garbage(nil, 20_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	overwriteHeap()
	runtime.ReadMemStats(&after)
	for i, class := range after.BySize {
		if class.Size >= smallestCopy && class.Size <= largestCopy {
			taken := (class.Mallocs - before.BySize[i].Mallocs) * uint64(class.Size)
			require.GreaterOrEqual(t, taken, uint64(2*(handful-int(class.Size))), "places of %d bytes", class.Size)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, after.HeapAlloc, before.HeapAlloc+(1<<20), "nothing is held on to")
	runtime.KeepAlive(kept)
}

// Only where both the file and its next password are cheaper than a person's can
// be, nothing is overwritten.
func TestSweepWhatIsReal(t *testing.T) {
	floor, cheap := seal.DefaultBounds.Min, seal.DefaultBounds.Min
	cheap.MemoryKiB--
	swept := func(costs ...KDF) bool {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		sweep(costs...)
		runtime.ReadMemStats(&after)
		return before.NumForcedGC < after.NumForcedGC
	}
	require.False(t, swept(cheap, cheap))
	require.True(t, swept(cheap, floor))
	require.True(t, swept(floor, cheap))
	require.True(t, swept(floor, floor))
	require.True(t, swept(KDF{Time: 1 << 20, MemoryKiB: 1 << 30, Threads: 255}), "more than what is accepted")
	require.True(t, swept(Options{}.filled().KDF))
}

// linked is what a wallet's memory is full of: small, full of pointers, and
// with free places between, as every other one was dropped.
type linked struct {
	next *linked
	text []byte
	sums [4]*[32]byte
}

func wallet(count int) (first *linked) {
	for i := range count {
		l := &linked{next: first, text: make([]byte, 16+i*7919%300)}
		for j := range l.sums {
			l.sums[j] = new([32]byte)
		}
		if i%2 == 0 {
			first = l
		}
	}
	return first
}

func BenchmarkOverwriteHeap(b *testing.B) {
	for name, count := range map[string]int{"empty": 0, "50MB": 270_000, "100MB": 540_000} {
		b.Run(name, func(b *testing.B) {
			kept := wallet(count)
			for b.Loop() {
				overwriteHeap()
			}
			runtime.KeepAlive(kept)
		})
	}
}
