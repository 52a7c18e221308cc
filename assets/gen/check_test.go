package main

import (
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func embedded(t *testing.T) []row {
	t.Helper()
	b, err := os.ReadFile("../checkpoints/mainnet.tsv")
	require.NoError(t, err)
	rows, err := readRows(string(b))
	require.NoError(t, err)
	require.Len(t, rows, 473)
	return rows
}

func TestEmbeddedListIsSound(t *testing.T) {
	t.Parallel()
	require.NoError(t, check(embedded(t)))
}

// Generating from the embedded list without its computed times gives it again.
func TestRunReproduces(t *testing.T) {
	t.Parallel()
	rows := embedded(t)
	for i := range rows {
		if rows[i].estimated {
			rows[i].time = 0
		}
	}
	estimate(rows)
	want, err := os.ReadFile("../checkpoints/mainnet.tsv")
	require.NoError(t, err)
	require.Equal(t, string(want), writeRows(rows))

	dir := t.TempDir()
	require.NoError(t, run("../checkpoints/mainnet.tsv", "../checkpoints/mainnet-filter-headers.tsv", dir))
	for _, name := range []string{"mainnet.tsv", "mainnet-filter-headers.tsv"} {
		want, err := os.ReadFile("../checkpoints/" + name)
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]func([]row) []row{
		"gap":        func(r []row) []row { return slices.Delete(r, 100, 101) },
		"order":      func(r []row) []row { r[10], r[11] = r[11], r[10]; return r },
		"work":       func(r []row) []row { r[200].work = new(big.Int).Add(r[200].work, big.NewInt(1)); return r },
		"bits":       func(r []row) []row { r[300].bits++; return r },
		"last bits":  func(r []row) []row { r[472].bits = 0x1900ffff; return r },
		"zero bits":  func(r []row) []row { r[472].bits = 0x17000000; return r },
		"short bits": func(r []row) []row { r[472].bits = 0x01010000; return r },
		"negative":   func(r []row) []row { r[472].bits |= 0x800000; return r },
		"time":       func(r []row) []row { r[50].time = r[48].time; return r },
	}
	for name, spoil := range cases {
		require.Error(t, check(spoil(embedded(t))), name)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"1", "x\t" + zeros + "\t1d00ffff\t1", "1\t00\t1d00ffff\t1", "1\t" + zeros + "\tx\t1",
		"1\t" + zeros + "\t1d00ffff\tx", "1\t" + zeros + "\t1d00ffff\t1\tx"} {
		_, err := readRows(text)
		require.Error(t, err, text)
	}
	for _, text := range []string{"1", "x\t" + zeros, "1\t00", "2\t" + zeros + "\n1\t" + zeros} {
		_, err := readFilterHeaders(text)
		require.Error(t, err, text)
	}
}

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"

// The estimate is tried where the times are known: over every run of as many
// periods as are estimated in the list, since the targets left the minimum for
// good and the last was clamped.
func TestEstimateAgainstKnownTimes(t *testing.T) {
	t.Parallel()
	rows := embedded(t)
	known := slices.IndexFunc(rows, func(r row) bool { return r.estimated })
	run := len(rows) - known
	require.Equal(t, 436, known)
	require.Equal(t, 37, run)
	const firstReal = 39 // height 80,640
	var worst, worstStep int64
	tried := 0
	for from := firstReal; from+run < known; from++ {
		at := rows[from].time
		for i := from; i < from+run; i++ {
			worstStep = max(worstStep, abs(rows[i+1].time-rows[i].time-step(rows[i].bits, rows[i+1].bits)))
			at += step(rows[i].bits, rows[i+1].bits)
		}
		worst = max(worst, abs(at-rows[from+run].time))
		tried++
	}
	t.Logf("%d runs of %d periods: off by at most %d s; one period: %d s", tried, run, worst, worstStep)
	require.Equal(t, 360, tried)
	require.Less(t, worst, int64(2*60*60))
	require.Less(t, worstStep, int64(75*60))
}

func abs(n int64) int64 { return max(n, -n) }
