package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTable(t *testing.T) {
	o, err := parse([]string{"-headers", "1000000", "-neutrino-headers", "100000"})
	require.NoError(t, err)
	results := make(map[string]map[string]outcome)
	for _, l := range lines {
		results[l.name] = make(map[string]outcome)
		for name := range engines {
			r := outcome{count: l.blocks(&o, name), after: []time.Duration{time.Second}, reopen: [2]time.Duration{time.Second, time.Second},
				disk:   map[string]int64{"chain.db": 90e6, "block_headers.bin": 8e6, "neutrino.db": 6e6, "reg_filter_headers.bin": 3_200_000},
				result: result{Headers: time.Second, Commits: time.Second, Filters: 10 * time.Second, Heap: 50 << 20, Resident: 90 << 20, CPU: time.Second}}
			if name == "neutrino" {
				r.Headers, r.Filters = 2*time.Second, 25*time.Second
			}
			results[l.name][name] = r
		}
	}
	text := table(&o, results)
	require.Contains(t, text, "| 1,000,000 (neutrino: 100,000) headers, 1 peer, answers at once | 1,000,000/s (1.00 s) | 50,000/s (2.00 s) | 20× |\n")
	require.Contains(t, text, "| 4,545/s (11.0 s) | 1,923/s (26.0 s) | 2.4× |\n")
	require.Contains(t, text, "| 90 B | 140 B | 1.6× |\n")
}

func TestWriteBetween(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("a\n" + openMark + "old\n" + closeMark + "b\n")
	for range 2 {
		require.NoError(t, writeBetween(file, "new\n"))
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, "a\n"+openMark+"\nnew\n\n"+closeMark+"b\n", string(got))
	}
	write("a\n")
	require.Error(t, writeBetween(file, "new\n"))
}
