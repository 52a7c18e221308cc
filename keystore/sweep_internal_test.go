package keystore

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// garbage drops objects full of a pattern, between others that stay, as
// libraries do: pages that are half in use are not given back.
func garbage(kept [][]byte, count int) [][]byte {
	for i := range count {
		size := 16 + i*7919%(largestCopy-16)
		_ = bytes.Repeat([]byte{0xa5}, size)
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

func BenchmarkOverwriteHeap(b *testing.B) {
	for name, count := range map[string]int{"empty": 0, "10MB": 20_000, "100MB": 200_000} {
		b.Run(name, func(b *testing.B) {
			kept := garbage(nil, count)
			for b.Loop() {
				overwriteHeap()
			}
			runtime.KeepAlive(kept)
		})
	}
}
