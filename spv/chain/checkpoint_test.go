package chain_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"

	"thistle/assets"
	"thistle/spv/chain"
)

// checkpointed makes the chain's own period ends checkpoints, up to height.
func checkpointed(net *chaincfg.Params, blocks []*mnode, period, height int) *chain.Params {
	p := &chain.Params{Net: net}
	for h := period; h <= height; h += period {
		last, first := blocks[h-1], blocks[h]
		p.Checkpoints = append(p.Checkpoints, chain.Base{
			Height: last.height, Hash: last.hash, Work: workOf(last.work), Bits: first.h.Bits, Time: first.h.Timestamp,
		})
	}
	return p
}

func requireKind(t *testing.T, want chain.RuleKind, err error) {
	t.Helper()
	var rule *chain.RuleError
	require.ErrorAs(t, err, &rule)
	require.Equal(t, want, rule.Kind, err)
}

// A tree that begins at a checkpoint says of all that follows what one that
// begins at genesis says, on every network.
func TestBaseSeesTheSame(t *testing.T) {
	t.Parallel()
	for i, net := range networks {
		net := easy(net, 20)
		rng := rand.New(rand.NewPCG(uint64(i), 8))
		m := newModel(net)
		blocks := []*mnode{m.all[0]}
		for len(blocks) < 130 {
			tip := blocks[len(blocks)-1]
			blocks = append(blocks, m.chainFrom(rng, tip, 1, m.steer(rng, tip.h.Bits))...)
		}
		p := checkpointed(net, blocks, 20, 60)
		hs := headersOf(blocks)
		for _, base := range append([]chain.Base{p.Genesis()}, p.Checkpoints...) {
			tree := chain.New(p, base)
			for n, h := range hs[base.Height+1:] {
				height := base.Height + 1 + int32(n)
				// A wrong target, and a time at the median, are refused there too.
				bad := blocks[height].h
				bad.Bits--
				mine(&bad, true)
				_, err := tree.Add(realNow, []chain.Header{chain.FromWire(&bad)})
				if height > 0 {
					requireKind(t, chain.BadBits, err)
				}
				_, err = tree.Add(realNow, []chain.Header{h})
				require.NoError(t, err)
			}
			require.Equal(t, blocks[129].hash, tree.Tip().Hash)
			require.Equal(t, blocks[129].work.Text(16), tree.Work().String())
			hash, ok := tree.HashAt(base.Height)
			require.Equal(t, base.Height >= 0, ok)
			require.Equal(t, base.Hash, hash)
			loc := tree.Locator(tree.Tip().Hash)
			bottom, _ := tree.HashAt(max(base.Height, 0))
			require.Equal(t, bottom, loc[len(loc)-1])
			checkLoad(t, p, tree)
		}
	}
}

// Near a base the median told is that of the blocks known. The rule must not
// take it for the real one, which may be earlier: it refuses what would be too
// early whatever came before, and nothing else.
func TestMedianNearBase(t *testing.T) {
	t.Parallel()
	net := easy(&chaincfg.MainNetParams, 20)
	rng := rand.New(rand.NewPCG(9, 9))
	m := newModel(net)
	blocks := append(m.all[:1:1], m.chainFrom(rng, m.all[0], 60, 600)...)
	p := checkpointed(net, blocks, 20, 20)
	tree := chain.New(p, p.Checkpoints[0])
	_, ok := tree.MedianTime(19)
	require.False(t, ok)
	for i := 20; i < 60; i++ {
		addAll(t, tree, headersOf(blocks[i:i+1]))
		var times []int64
		for _, b := range blocks[max(20, i-10) : i+1] {
			times = append(times, b.Timestamp())
		}
		slices.Sort(times)
		got, ok := tree.MedianTime(int32(i))
		require.True(t, ok)
		require.Equal(t, times[len(times)/2], got.Unix())
		for _, early := range []time.Duration{0, time.Second, time.Hour} {
			h := m.extend(rng, blocks[i], 600)
			h.Timestamp = got.Add(-early)
			if m.nextBits(blocks[i], h.Timestamp) != h.Bits {
				continue // the last of a period
			}
			mine(h, true)
			alone := chain.New(p, p.Checkpoints[0])
			addAll(t, alone, headersOf(blocks[20:i+1]))
			_, err := alone.Add(realNow, []chain.Header{chain.FromWire(h)})
			// The sixth of the times known, latest first, bounds the median.
			if k := len(times) - 6; k < 0 || h.Timestamp.Unix() > times[k] {
				require.NoError(t, err, "after %d, %v early", i, early)
			} else {
				requireKind(t, chain.TimeTooOld, err)
			}
		}
	}
}

func TestCheckpoints(t *testing.T) {
	t.Parallel()
	net := easy(&chaincfg.RegressionNetParams, 20)
	rng := rand.New(rand.NewPCG(10, 10))
	m := newModel(net)
	honest := append(m.all[:1:1], m.chainFrom(rng, m.all[0], 70, 600)...)
	p := checkpointed(net, honest, 20, 60) // heights 19, 39, 59
	require.Len(t, p.Checkpoints, 3)
	require.Equal(t, p.Checkpoints[2].Work, p.MinWork())
	hs := headersOf(honest)

	// Another chain gets as far as the first checkpoint, and no further.
	lie := headersOf(m.chainFrom(rng, honest[5], 30, 600))
	tree := chain.New(p, p.Genesis())
	res, err := tree.Add(realNow, lie)
	requireKind(t, chain.UnknownParent, err)
	addAll(t, tree, hs[:6])
	res, err = tree.Add(realNow, lie)
	requireKind(t, chain.CheckpointMismatch, err)
	require.Equal(t, int32(18), res.Last.Height)
	require.Equal(t, int32(18), tree.Tip().Height)
	// The honest one overtakes it, and at the checkpoint it is forgotten.
	addAll(t, tree, hs[:19])
	require.Equal(t, lie[12].Hash, tree.Tip().Hash, "first seen of equals")
	res, err = tree.Add(realNow, hs[:20])
	require.NoError(t, err)
	require.Len(t, res.Change.Disconnected, 13)
	require.Equal(t, hs[19].Hash, tree.Tip().Hash)
	headers, branches := chain.SideSize(tree)
	require.Zero(t, headers+branches)
	_, err = tree.Add(realNow, lie)
	requireKind(t, chain.BelowCheckpoint, err)
	require.True(t, chain.BelowCheckpoint.Provable())

	// Branches above the last checkpoint passed are welcome, below it not.
	addAll(t, tree, hs[:50])
	for fork := 0; fork < 49; fork++ {
		h := headersOf(m.chainFrom(rng, honest[fork], 1, 600))
		_, err := tree.Add(realNow, h)
		if fork < 39 {
			requireKind(t, chain.BelowCheckpoint, err)
		} else {
			require.NoError(t, err, "fork after %d", fork)
		}
	}
	headers, _ = chain.SideSize(tree)
	require.Equal(t, 10, headers)
	// Passing a checkpoint in one step clears those too.
	addAll(t, tree, hs)
	headers, _ = chain.SideSize(tree)
	require.Zero(t, headers)
	checkLoad(t, p, tree)
}

// A reorg that passes a checkpoint keeps the branches that leave it above.
func TestReorgPastCheckpoint(t *testing.T) {
	t.Parallel()
	net := easy(&chaincfg.MainNetParams, 20)
	rng := rand.New(rand.NewPCG(11, 11))
	m := newModel(net)
	// Blocks come fast, then slowly: little work early, so that a chain stuck
	// below the checkpoint can have more for a while.
	honest := append(m.all[:1:1], m.chainFrom(rng, m.all[0], 19, 2000)...)
	honest = append(honest, m.chainFrom(rng, honest[19], 30, 600)...)
	p := checkpointed(net, honest, 20, 20)
	above := m.chainFrom(rng, honest[24], 3, 600)

	tree := chain.New(p, p.Genesis())
	liar := m.chainFrom(rng, honest[2], 16, 600)
	addAll(t, tree, headersOf(honest[:3]))
	addAll(t, tree, headersOf(liar))
	require.Equal(t, int32(18), tree.Tip().Height)
	addAll(t, tree, headersOf(honest[:28]))
	addAll(t, tree, headersOf(above))
	addAll(t, tree, headersOf(honest))
	require.Equal(t, honest[49].hash, tree.Tip().Hash)
	for _, n := range above {
		_, best, ok := tree.Find(n.hash)
		require.True(t, ok)
		require.False(t, best)
	}
	for _, n := range liar {
		_, _, ok := tree.Find(n.hash)
		require.False(t, ok)
	}
	require.Empty(t, chain.CheckSide(tree))
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	net := easy(&chaincfg.MainNetParams, 20)
	rng := rand.New(rand.NewPCG(12, 12))
	m := newModel(net)
	blocks := append(m.all[:1:1], m.chainFrom(rng, m.all[0], 3000, 600)...)
	p := checkpointed(net, blocks, 20, 60)
	tree := chain.New(p, p.Genesis())
	addAll(t, tree, headersOf(blocks))
	raw := rawOf(tree)

	spoil := func(at int) []byte {
		b := slices.Clone(raw)
		b[at] ^= 1
		return b
	}
	late := raw[60*80:]
	for name, c := range map[string]struct {
		base chain.Base
		raw  []byte
	}{
		"half a header":        {p.Genesis(), raw[:len(raw)-1]},
		"not genesis":          {p.Genesis(), spoil(70)},
		"no genesis":           {p.Genesis(), raw[80:]},
		"less than a header":   {p.Genesis(), raw[:79]},
		"bit flipped":          {p.Genesis(), spoil(1500*80 + 40)},
		"link flipped":         {p.Genesis(), spoil(2999*80 + 4)},
		"other base":           {p.Checkpoints[1], late},
		"header left out":      {p.Genesis(), append(slices.Clone(raw[:80*80]), raw[81*80:]...)},
		"last one's target":    {p.Genesis(), append(slices.Clone(raw[:3000*80]), badTarget(raw[3000*80:])...)},
		"checkpoint elsewhere": {p.Genesis(), rawHeaders(append(blocks[:30:30], m.chainFrom(rng, blocks[29], 30, 600)...))},
	} {
		_, err := chain.Load(p, c.base, slices.Clone(c.raw))
		require.ErrorIs(t, err, chain.ErrStored, name)
	}
	good, err := chain.Load(p, p.Checkpoints[2], slices.Clone(late))
	require.NoError(t, err)
	require.Equal(t, tree.Work(), good.Work())
	// What was loaded is judged by and grows like the rest.
	more := m.chainFrom(rng, blocks[3000], 50, 600)
	addAll(t, good, headersOf(more))
	require.Equal(t, more[49].hash, good.Tip().Hash)
	_, err = good.Add(realNow, headersOf(m.chainFrom(rng, blocks[70], 1, 600)))
	require.NoError(t, err)

	empty, err := chain.Load(p, p.Genesis(), nil)
	require.NoError(t, err)
	require.Equal(t, 1, empty.Len())
	empty, err = chain.Load(p, p.Checkpoints[0], nil)
	require.NoError(t, err)
	require.Zero(t, empty.Len())
	initial := empty.Initial()
	require.True(t, initial.Empty())
	require.Equal(t, p.Checkpoints[0].Tip(), initial.Tip())
}

func badTarget(h []byte) []byte {
	h = slices.Clone(h)
	h[74] |= 0x80
	return h
}

func rawHeaders(ns []*mnode) []byte {
	var raw []byte
	for _, h := range headersOf(ns) {
		raw = append(raw, h.Raw[:]...)
	}
	return raw
}

// The embedded list, as the program puts it together.
func TestEmbeddedCheckpoints(t *testing.T) {
	t.Parallel()
	p, err := chain.ParamsFor(&chaincfg.MainNetParams, embeddedRows(t))
	require.NoError(t, err)
	require.Len(t, p.Checkpoints, 473)
	require.Equal(t, int32(953_567), p.Checkpoints[472].Height)
	require.Equal(t, "12fa7ecf8d5705e356fd4a680", p.MinWork().String())
	rows := rowsFrom(boundaries(t))
	for i := range rows {
		require.Equal(t, rows[i].Prev, [32]byte(p.Checkpoints[i].Hash))
		require.Equal(t, rows[i].Time, p.Checkpoints[i].Time.Unix())
	}

	// A base surely begins before the moment asked for.
	require.Equal(t, p.Genesis(), p.BaseBefore(time.Unix(0, 0)))
	for i, c := range p.Checkpoints {
		require.Less(t, p.BaseBefore(c.Time).Height, c.Height)
		require.Less(t, p.BaseBefore(c.Time.Add(chain.TimeMargin)).Height, c.Height)
		if i+1 < len(p.Checkpoints) && c.Time.Add(2*chain.TimeMargin).Before(p.Checkpoints[i+1].Time) {
			require.Equal(t, c, p.BaseBefore(c.Time.Add(chain.TimeMargin+time.Second)))
		}
	}
	require.Equal(t, p.Checkpoints[472], p.BaseBefore(time.Unix(4_000_000_000, 0)))

	for height, want := range map[int32]int32{-1: -1, 0: -1, 1: -1, 2015: -1, 2016: 2015, 2017: 2015, 4031: 2015, 4032: 4031, 1 << 30: 953_567} {
		require.Equal(t, want, p.BaseBelow(height).Height, "height %d", height)
	}
}

func embeddedRows(t *testing.T) []chain.Row {
	t.Helper()
	cs, err := assets.MainnetCheckpoints()
	require.NoError(t, err)
	var rows []chain.Row
	for _, c := range cs {
		rows = append(rows, chain.Row(c))
	}
	return rows
}

func TestParamsForRefuses(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func([]chain.Row) []chain.Row{
		"gap":       func(r []chain.Row) []chain.Row { return slices.Delete(r, 7, 8) },
		"late":      func(r []chain.Row) []chain.Row { return r[1:] },
		"work":      func(r []chain.Row) []chain.Row { r[9].Work[31]++; return r },
		"bits":      func(r []chain.Row) []chain.Row { r[400].Bits++; return r },
		"last bits": func(r []chain.Row) []chain.Row { r[472].Bits = 0x18024000; return r },
		"negative":  func(r []chain.Row) []chain.Row { r[472].Bits |= 0x800000; return r },
	} {
		_, err := chain.ParamsFor(&chaincfg.MainNetParams, spoil(embeddedRows(t)))
		require.ErrorIs(t, err, chain.ErrCheckpoints, name)
	}
	for _, net := range networks {
		p, err := chain.ParamsFor(net, nil)
		require.NoError(t, err)
		require.True(t, p.MinWork().IsZero())
		require.Equal(t, *net.GenesisHash, chain.New(p, p.BaseBefore(realNow)).Tip().Hash)
		require.Equal(t, chainhash.Hash{}, p.BaseBelow(1000).Hash)
	}
}
