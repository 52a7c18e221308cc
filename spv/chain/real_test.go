package chain_test

import (
	"bytes"
	"compress/bzip2"
	"encoding/hex"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"

	"thistle/assets/assetstest"
	"thistle/spv/chain"
)

// realNow is later than any header in the vectors.
var realNow = time.Unix(1_800_000_000, 0)

// mainnetStart is the headers 0 to 99,999, raw.
func mainnetStart(t testing.TB) []byte {
	t.Helper()
	z := bzip2.NewReader(bytes.NewReader(assetstest.Vector(t, "headers/block-headers-mainnet-0-99999.bz2")))
	raw, err := io.ReadAll(z)
	require.NoError(t, err)
	raw = raw[10:] // the file's own head
	require.Len(t, raw, 100_000*chain.HeaderSize)
	return raw
}

func split(raw []byte) []chain.Header {
	out := make([]chain.Header, 0, len(raw)/chain.HeaderSize)
	for off := 0; off < len(raw); off += chain.HeaderSize {
		out = append(out, chain.NewHeader([chain.HeaderSize]byte(raw[off:])))
	}
	return out
}

// addAll feeds headers in messages of up to 2,000.
func addAll(t testing.TB, tree *chain.Tree, hs []chain.Header) {
	t.Helper()
	for len(hs) > 0 {
		n := min(2000, len(hs))
		res, err := tree.Add(realNow, hs[:n])
		require.NoError(t, err)
		require.Equal(t, hs[n-1].Hash, res.Last.Hash)
		hs = hs[n:]
	}
}

// boundary is a row of the period boundaries: a header and the work through it.
type boundary struct {
	height int32
	header chain.Header
	work   chain.Work
}

// boundaries are the first and last header of each mainnet period to 832,608.
func boundaries(t testing.TB) []boundary {
	t.Helper()
	var out []boundary
	for _, line := range strings.Split(string(assetstest.Vector(t, "headers/mainnet-period-boundaries-0-832608.tsv")), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		require.Len(t, f, 3)
		height, err := strconv.Atoi(f[0])
		require.NoError(t, err)
		raw, err := hex.DecodeString(f[1])
		require.NoError(t, err)
		require.Len(t, raw, chain.HeaderSize)
		w, err := chain.WorkFromHex(f[2])
		require.NoError(t, err)
		out = append(out, boundary{int32(height), chain.NewHeader([chain.HeaderSize]byte(raw)), w})
	}
	require.Len(t, out, 827, "periods 0..412 and the first of 413")
	return out
}

func TestRealStart(t *testing.T) {
	t.Parallel()
	raw := mainnetStart(t)
	tree := chain.New(&chain.Params{Net: &chaincfg.MainNetParams}, (&chain.Params{Net: &chaincfg.MainNetParams}).Genesis())
	hs := split(raw)
	addAll(t, tree, hs)
	require.Equal(t, 100_000, tree.Len())
	require.Equal(t, int32(99_999), tree.Tip().Height)
	checked := 0
	for _, c := range chaincfg.MainNetParams.Checkpoints {
		if h, ok := tree.HashAt(c.Height); ok {
			require.Equal(t, *c.Hash, h)
			checked++
		}
	}
	require.Equal(t, 3, checked, "btcd's checkpoints below 100,000")

	loaded, err := chain.Load(&chain.Params{Net: &chaincfg.MainNetParams}, tree.Base(), raw)
	require.NoError(t, err)
	require.Equal(t, tree.Tip(), loaded.Tip())
	require.Equal(t, tree.Work(), loaded.Work())
	for i := range hs {
		got, ok := tree.HeaderAt(int32(i))
		require.True(t, ok)
		require.Equal(t, hs[i], got)
	}
}
