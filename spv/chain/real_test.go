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
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
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
	require.NoError(t, tree.Recheck())
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

// The real chain at a modern height, from a checkpoint on.
func TestRealLate(t *testing.T) {
	t.Parallel()
	hs := split(assetstest.Vector(t, "headers/mainnet-headers-822528-830592.bin"))
	require.Len(t, hs, 8065)
	rows := rowsFrom(boundaries(t))
	p, err := chain.ParamsFor(&chaincfg.MainNetParams, rows)
	require.NoError(t, err)
	base := p.BaseBelow(822_528)
	require.Equal(t, int32(822_527), base.Height)
	tree := chain.New(p, base)
	require.Equal(t, base.Tip(), tree.Tip())
	require.Equal(t, []chainhash.Hash{base.Hash}, tree.Locator(base.Hash))
	addAll(t, tree, hs)
	require.Equal(t, int32(830_592), tree.Tip().Height)
	compared := 0
	for _, b := range boundaries(t) {
		if h, ok := tree.HashAt(b.height); ok {
			require.Equal(t, b.header.Hash, h)
			compared++
		}
		if b.height == 830_592 {
			require.Equal(t, b.work, tree.Work())
		}
	}
	require.Equal(t, 10, compared, "the base, both ends of four periods, the first of a fifth")
	checkLoad(t, p, tree)

	// One header of the middle gone wrong in each field is refused.
	for _, at := range []int{0, 4, 36, 68, 72, 76} {
		bad := hs[5000].Raw
		bad[at] ^= 4
		fresh := chain.New(p, base)
		addAll(t, fresh, hs[:5000])
		_, err := fresh.Add(realNow, []chain.Header{chain.NewHeader(bad)})
		require.Error(t, err)
	}
}

// Every retarget of the chain to 832,608, and the work of every period.
func TestRealPeriods(t *testing.T) {
	t.Parallel()
	bs := boundaries(t)
	retargets, changes := 0, 0
	for i := 0; i+2 < len(bs); i += 2 {
		first, last, next := bs[i], bs[i+1], bs[i+2]
		require.Equal(t, first.height+2015, last.height)
		require.Equal(t, last.header.Hash, next.header.Prev())
		span := int64(last.header.Time()) - int64(first.header.Time())
		require.Equal(t, next.header.Bits(), chain.Retarget(mainnet, last.header.Bits(), span), "height %d", next.height)
		require.True(t, chain.Permitted(mainnet, last.header.Bits(), next.header.Bits()))
		one, err := chain.BlockWork(first.header.Bits())
		require.NoError(t, err)
		sum := first.work
		for range 2015 {
			sum = sum.Add(one)
		}
		require.Equal(t, last.work, sum)
		require.Equal(t, one, first.work.Sub(workBefore(bs, i)))
		retargets++
		if next.header.Bits() != first.header.Bits() {
			changes++
		}
	}
	require.Equal(t, 413, retargets)
	require.Equal(t, 398, changes, "the others are of the first year")
}

func workBefore(bs []boundary, i int) chain.Work {
	if i == 0 {
		return chain.Work{}
	}
	return bs[i-1].work
}

// rowsFrom makes checkpoints of the boundaries.
func rowsFrom(bs []boundary) []chain.Row {
	var rows []chain.Row
	for i := 2; i < len(bs); i += 2 {
		rows = append(rows, chain.Row{
			Height: bs[i].height,
			Prev:   bs[i].header.Prev(),
			Bits:   bs[i].header.Bits(),
			Work:   bs[i-1].work.Bytes(),
			Time:   int64(bs[i].header.Time()),
		})
	}
	return rows
}

// The early chain with all of its checkpoints in the way, begun at each of the
// first thirty.
func TestRealStartThroughCheckpoints(t *testing.T) {
	t.Parallel()
	p, err := chain.ParamsFor(&chaincfg.MainNetParams, rowsFrom(boundaries(t)))
	require.NoError(t, err)
	hs := split(mainnetStart(t))
	last := boundaries(t)[2*49]
	require.Equal(t, int32(98_784), last.height)
	one, err := chain.BlockWork(last.header.Bits())
	require.NoError(t, err)
	want := last.work
	for range 99_999 - last.height {
		want = want.Add(one)
	}
	for i := range 30 {
		base := p.BaseBelow(int32(i) * 2016)
		require.Equal(t, int32(i)*2016-1, base.Height)
		tree := chain.New(p, base)
		addAll(t, tree, hs[base.Height+1:])
		require.Equal(t, int32(99_999), tree.Tip().Height)
		require.Equal(t, want, tree.Work())
	}
}

// realRuns are the headers from..to-1 in messages of 2,000.
func realRuns(t testing.TB, p *chain.Params, raw []byte, from, to int32) []chain.Run {
	t.Helper()
	var runs []chain.Run
	for ; from < to; from += 2000 {
		run, err := chain.CheckRun(p, raw[from*chain.HeaderSize:min(from+2000, to)*chain.HeaderSize])
		require.NoError(t, err)
		runs = append(runs, run)
	}
	return runs
}

// A tree begun late at each of the early checkpoints is lowered step by step,
// and is in the end the one that began at genesis. A bit flipped anywhere is
// noticed.
func TestRealLower(t *testing.T) {
	t.Parallel()
	p, err := chain.ParamsFor(&chaincfg.MainNetParams, rowsFrom(boundaries(t)))
	require.NoError(t, err)
	raw := mainnetStart(t)
	tree := chain.New(p, p.BaseBelow(98_784))
	addAll(t, tree, split(raw[98_784*chain.HeaderSize:]))
	want, err := chain.Load(p, p.Genesis(), raw)
	require.NoError(t, err)
	steps := 0
	for _, at := range []int32{96_768, 86_688, 48_384, 46_368, 2016, 0} {
		base, to := tree.Base(), p.BaseBelow(at)
		runs := realRuns(t, p, raw, max(at, 1), base.Height+1)
		bad := append([]byte(nil), runs[0].Raw()...)
		bad[len(bad)/2] ^= 4
		_, err := chain.CheckRun(p, bad)
		require.Error(t, err)
		require.NoError(t, tree.Lower(to, runs))
		require.Equal(t, to, tree.Base())
		steps++
	}
	require.Equal(t, 6, steps)
	require.Equal(t, want.Base(), tree.Base())
	require.Equal(t, want.Tip(), tree.Tip())
	require.Equal(t, want.Work(), tree.Work())
	for h := range int32(100_000) {
		wantHeader, _ := want.HeaderAt(h)
		got, ok := tree.HeaderAt(h)
		require.True(t, ok)
		require.Equal(t, wantHeader, got)
		found, best, ok := tree.Find(got.Hash)
		require.True(t, ok && best && found.Height == h)
	}
}

// Headers of testnet3, the first 546, and a fork of the least difficulty that
// Core's tests flood a node with.
func TestRealTestnet3(t *testing.T) {
	t.Parallel()
	var main, fork []chain.Header
	for _, line := range strings.Fields(string(assetstest.Vector(t, "core_v27.0/blockheader_testnet3.hex"))) {
		text, isFork := strings.CutPrefix(line, "fork:")
		raw, err := hex.DecodeString(text)
		if err != nil || len(raw) != chain.HeaderSize {
			continue
		}
		h := chain.NewHeader([chain.HeaderSize]byte(raw))
		if isFork {
			fork = append(fork, h)
		} else {
			main = append(main, h)
		}
	}
	t.Logf("%d headers, fork of %d", len(main), len(fork))
	p := &chain.Params{Net: &chaincfg.TestNet3Params}
	tree := chain.New(p, p.Genesis())
	addAll(t, tree, main)
	require.Equal(t, main[len(main)-1].Hash, tree.Tip().Hash)
	require.Equal(t, int32(546), tree.Tip().Height)
	addAll(t, tree, fork)
	require.Equal(t, int32(546), tree.Tip().Height)
	headers, _ := chain.SideSize(tree)
	require.Equal(t, len(fork), headers)
}
