package keystore

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Of what was dropped between things that stay, hardly anything is left. A few
// places may have been taken by others and not been filled.
func TestOverwritten(t *testing.T) {
	kept := garbage(nil, 20_000)
	runtime.GC()
	before := occurrences(t, bytes.Repeat([]byte{dropped}, smallestCopy))
	require.Greater(t, before, 100_000, "the search does not find what is there")
	overwriteHeap()
	require.Less(t, occurrences(t, bytes.Repeat([]byte{dropped}, smallestCopy)), before/1000)
	runtime.KeepAlive(kept)
}

// occurrences counts a pattern in the memory that can be written.
func occurrences(t *testing.T, pattern []byte) (n int) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	require.NoError(t, err)
	mem, err := os.Open("/proc/self/mem")
	require.NoError(t, err)
	defer mem.Close()
	buf := make([]byte, 1<<20)
	for _, line := range strings.Split(string(maps), "\n") {
		var from, to int64
		var mode string
		if n, _ := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); n != 3 || !strings.HasPrefix(mode, "rw") {
			continue
		}
		for at := from; at < to; at += int64(len(buf)) {
			k, _ := mem.ReadAt(buf[:min(int64(len(buf)), to-at)], at)
			n += bytes.Count(buf[:k], pattern)
		}
	}
	return n
}
