package chain_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/chain"
)

// shadow follows a best chain by its changes alone, as a store does.
type shadow []chainhash.Hash

func (s *shadow) apply(t *testing.T, c *chain.Change) {
	t.Helper()
	if c.Empty() {
		return
	}
	for i, d := range c.Disconnected {
		require.Equal(t, int32(len(*s)-1), d.Height)
		require.Equal(t, (*s)[len(*s)-1], d.Hash)
		require.Equal(t, c.Fork.Height+int32(len(c.Disconnected)-i), d.Height)
		*s = (*s)[:len(*s)-1]
	}
	require.Equal(t, int32(len(*s)-1), c.Fork.Height)
	require.Equal(t, (*s)[len(*s)-1], c.Fork.Hash)
	for _, h := range c.Connected {
		require.Equal(t, (*s)[len(*s)-1], h.Prev())
		*s = append(*s, h.Hash)
	}
	require.Equal(t, chain.Tip{Height: int32(len(*s) - 1), Hash: (*s)[len(*s)-1]}, c.Tip())
}

// grow mines a bush of n valid headers: chains that branch at random.
func grow(rng *rand.Rand, net *chaincfg.Params, n int) *model {
	m := newModel(net)
	tip := m.all[0]
	for range n {
		if rng.IntN(12) == 0 {
			tip = m.all[max(0, len(m.all)-1-rng.IntN(60))]
		}
		tip = m.add(m.extend(rng, tip, m.steer(rng, tip.h.Bits)), tip)
	}
	return m
}

// Batches of a bush in random order, overlapping and repeated: after each the
// tree is what the naive model says, and the changes tell of it.
func TestTreeAgainstModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(24) {
		net := easy(networks[seed%uint64(len(networks))], 20)
		rng := rand.New(rand.NewPCG(seed, 2))
		source := grow(rng, net, 250)
		m := newModel(net)
		p := &chain.Params{Net: net}
		tree := chain.New(p, p.Genesis())
		chain.SetSideLimits(tree, 1000, 1000)
		var sh shadow
		initial := tree.Initial()
		sh = append(sh, initial.Connected[0].Hash)
		reorgs, unknown := 0, 0
		for round := 0; len(m.all) < len(source.all); round++ {
			require.Less(t, round, 100_000)
			batch := batchOf(rng, source)
			res, err := tree.Add(realNow, headersOf(batch))
			if m.find(batch[0].parent.hash) == nil {
				unknown++
				var rule *chain.RuleError
				require.ErrorAs(t, err, &rule)
				require.Equal(t, chain.UnknownParent, rule.Kind)
				require.Equal(t, int32(-1), rule.Tip.Height)
				require.Zero(t, res)
				continue
			}
			require.NoError(t, err, "seed %d", seed)
			require.Equal(t, m.take(batch), res.Added)
			require.Equal(t, batch[len(batch)-1].hash, res.Last.Hash)
			require.Equal(t, batch[len(batch)-1].height, res.Last.Height)
			if len(res.Change.Disconnected) > 0 {
				reorgs++
			}
			sh.apply(t, &res.Change)
			require.Equal(t, m.best().hash, tree.Tip().Hash, "seed %d", seed)
			require.Equal(t, m.best().hash, sh[len(sh)-1])
			require.Empty(t, chain.CheckSide(tree))
		}
		m.agree(t, tree)
		require.NotZero(t, reorgs, "seed %d", seed)
		require.NotZero(t, unknown, "seed %d", seed)
		checkLocators(t, rng, m, tree)
		checkLoad(t, p, tree)
	}
}

// batchOf is a random stretch of a random branch.
func batchOf(rng *rand.Rand, m *model) []*mnode {
	path := m.all[1+rng.IntN(len(m.all)-1)].path()[1:]
	from := max(0, len(path)-1-rng.IntN(30))
	return path[from:]
}

func headersOf(ns []*mnode) []chain.Header {
	var hs []chain.Header
	for _, n := range ns {
		hs = append(hs, chain.FromWire(&n.h))
	}
	return hs
}

// take adds what is new of a batch, one by one.
func (m *model) take(batch []*mnode) int {
	added := 0
	for _, n := range batch {
		if m.find(n.hash) == nil {
			m.add(&n.h, m.find(n.h.PrevBlock))
			added++
		}
	}
	return added
}

func checkLocators(t *testing.T, rng *rand.Rand, m *model, tree *chain.Tree) {
	t.Helper()
	require.Nil(t, tree.Locator(chainhash.Hash{1}))
	for range 20 {
		n := m.all[rng.IntN(len(m.all))]
		path := n.path()
		var want []chainhash.Hash
		step := 1
		for h := len(path) - 1; ; h -= step {
			h = max(h, 0)
			want = append(want, path[h].hash)
			if h == 0 {
				break
			}
			if len(want) >= 10 {
				step *= 2
			}
		}
		require.Equal(t, want, tree.Locator(n.hash))
	}
}

// checkLoad reads the best chain back from raw bytes and compares.
func checkLoad(t *testing.T, p *chain.Params, tree *chain.Tree) {
	t.Helper()
	loaded, err := chain.Load(p, tree.Base(), rawOf(tree))
	require.NoError(t, err)
	require.Equal(t, tree.Tip(), loaded.Tip())
	require.Equal(t, tree.Work(), loaded.Work())
	require.Equal(t, tree.Locator(tree.Tip().Hash), loaded.Locator(tree.Tip().Hash))
	for h := tree.Base().Height + 1; h <= tree.Tip().Height; h++ {
		want, _ := tree.HeaderAt(h)
		got, ok := loaded.HeaderAt(h)
		require.True(t, ok)
		require.Equal(t, want, got)
	}
}

func rawOf(tree *chain.Tree) []byte {
	var raw []byte
	for h := tree.Base().Height + 1; h <= tree.Tip().Height; h++ {
		hd, _ := tree.HeaderAt(h)
		raw = append(raw, hd.Raw[:]...)
	}
	return raw
}

// chainFrom mines n valid blocks after parent, one each spread seconds.
func (m *model) chainFrom(rng *rand.Rand, parent *mnode, n int, spread int64) []*mnode {
	var out []*mnode
	for range n {
		parent = m.add(m.extend(rng, parent, spread), parent)
		out = append(out, parent)
	}
	return out
}

// A fork of more than two messages of headers wins once it has more work, and
// not before.
func TestLongForkWins(t *testing.T) {
	t.Parallel()
	net := easy(&chaincfg.RegressionNetParams, 2016)
	rng := rand.New(rand.NewPCG(5, 5))
	m := newModel(net)
	ours := m.chainFrom(rng, m.all[0], 4500, 600)
	theirs := m.chainFrom(rng, m.all[0], 4503, 600)
	p := &chain.Params{Net: net}
	tree := chain.New(p, p.Genesis())
	addAll(t, tree, headersOf(ours))
	require.Equal(t, ours[4499].hash, tree.Tip().Hash)
	for from := 0; from < 4500; from += 500 {
		res, err := tree.Add(realNow, headersOf(theirs[from:from+500]))
		require.NoError(t, err)
		require.Equal(t, 500, res.Added)
		require.True(t, res.Change.Empty(), "equal work does not win: first seen stays")
		require.Equal(t, theirs[from+499].hash, res.Last.Hash)
		require.NotEmpty(t, tree.Locator(res.Last.Hash))
	}
	require.Equal(t, ours[4499].hash, tree.Tip().Hash)
	res, err := tree.Add(realNow, headersOf(theirs[4500:]))
	require.NoError(t, err)
	require.Len(t, res.Change.Disconnected, 4500)
	require.Len(t, res.Change.Connected, 4503)
	require.Equal(t, chain.Tip{Height: 0, Hash: *net.GenesisHash}, res.Change.Fork)
	m.all = append(append(m.all[:1:1], ours...), theirs...)
	m.agree(t, tree)

	// And back, since the old chain was not forgotten.
	more := m.chainFrom(rng, ours[4499], 4, 600)
	res, err = tree.Add(realNow, headersOf(more))
	require.NoError(t, err)
	require.Len(t, res.Change.Disconnected, 4503)
	require.Len(t, res.Change.Connected, 4504)
	m.agree(t, tree)
	require.Empty(t, chain.CheckSide(tree))
}

// Work decides, not length: a shorter chain of harder blocks wins.
func TestShorterChainWithMoreWork(t *testing.T) {
	t.Parallel()
	net := easy(&chaincfg.MainNetParams, 20)
	rng := rand.New(rand.NewPCG(6, 6))
	m := newModel(net)
	slow := m.chainFrom(rng, m.all[0], 60, 900)
	fast := m.chainFrom(rng, m.all[0], 45, 100)
	require.Positive(t, fast[44].work.Cmp(slow[59].work))
	p := &chain.Params{Net: net}
	tree := chain.New(p, p.Genesis())
	addAll(t, tree, headersOf(slow))
	res, err := tree.Add(realNow, headersOf(fast))
	require.NoError(t, err)
	require.Len(t, res.Change.Disconnected, 60)
	require.Len(t, res.Change.Connected, 45)
	require.Equal(t, int32(45), tree.Tip().Height)
	m.agree(t, tree)
	checkLoad(t, p, tree)
}

// The valid beginning of a batch is kept when a later header is not valid.
func TestValidPrefixIsKept(t *testing.T) {
	t.Parallel()
	net := easy(&chaincfg.MainNetParams, 20)
	rng := rand.New(rand.NewPCG(7, 7))
	m := newModel(net)
	hs := headersOf(m.chainFrom(rng, m.all[0], 30, 600))
	p := &chain.Params{Net: net}
	tree := chain.New(p, p.Genesis())

	bad := slices.Clone(hs)
	bad[20].Raw[76]++ // as if the nonce were another: the hash does not follow
	bad[20] = chain.NewHeader(bad[20].Raw)
	res, err := tree.Add(realNow, bad)
	var rule *chain.RuleError
	require.ErrorAs(t, err, &rule)
	require.Contains(t, []chain.RuleKind{chain.BadPoW, chain.NotLinked}, rule.Kind)
	require.GreaterOrEqual(t, res.Added, 20)
	require.Len(t, res.Change.Connected, res.Added)
	require.Equal(t, int32(res.Added), tree.Tip().Height)

	// A gap.
	gap := append(slices.Clone(hs[:25]), hs[26:]...)
	tree = chain.New(p, p.Genesis())
	res, err = tree.Add(realNow, gap)
	require.ErrorAs(t, err, &rule)
	require.Equal(t, chain.NotLinked, rule.Kind)
	require.Equal(t, int32(26), rule.Tip.Height)
	require.Equal(t, 25, res.Added)
	require.True(t, rule.Kind.Provable())

	// The future.
	tree = chain.New(p, p.Genesis())
	now := time.Unix(int64(hs[9].Time())-7200, 0)
	res, err = tree.Add(now, hs)
	require.ErrorAs(t, err, &rule)
	require.Equal(t, chain.TimeTooNew, rule.Kind)
	require.False(t, rule.Kind.Provable())
	require.Equal(t, 10, res.Added)

	// Nothing at all, and only what is known, genesis included.
	res, err = tree.Add(realNow, nil)
	require.NoError(t, err)
	require.Zero(t, res)
	genesis, ok := tree.HeaderAt(0)
	require.True(t, ok)
	res, err = tree.Add(realNow, append([]chain.Header{genesis}, hs[:10]...))
	require.NoError(t, err)
	require.Zero(t, res.Added)
	require.Equal(t, hs[9].Hash, res.Last.Hash)
	require.True(t, res.Change.Empty())
}

func TestQueriesOutOfRange(t *testing.T) {
	t.Parallel()
	p := &chain.Params{Net: &chaincfg.RegressionNetParams}
	tree := chain.New(p, p.Genesis())
	require.Equal(t, 1, tree.Len())
	require.Equal(t, chain.Tip{Height: 0, Hash: *chaincfg.RegressionNetParams.GenesisHash}, tree.Tip())
	for _, h := range []int32{-2, -1, 1, 1 << 30} {
		_, ok := tree.HashAt(h)
		require.False(t, ok)
		_, ok = tree.HeaderAt(h)
		require.False(t, ok)
		_, ok = tree.MedianTime(h)
		require.False(t, ok)
	}
	_, _, ok := tree.Find(chainhash.Hash{})
	require.False(t, ok)
	require.Equal(t, []chainhash.Hash{*chaincfg.RegressionNetParams.GenesisHash}, tree.Locator(tree.Tip().Hash))
}

func TestHeaderForms(t *testing.T) {
	t.Parallel()
	w := chaincfg.MainNetParams.GenesisBlock.Header
	h := chain.FromWire(&w)
	require.Equal(t, *chaincfg.MainNetParams.GenesisHash, h.Hash)
	require.Equal(t, h, chain.NewHeader(h.Raw))
	back := h.Wire()
	require.Equal(t, w.BlockHash(), back.BlockHash())
	require.True(t, w.Timestamp.Equal(back.Timestamp))
	require.Equal(t, w.Version, h.Version())
	require.Equal(t, w.MerkleRoot, h.MerkleRoot())
	require.Equal(t, w.Nonce, h.Nonce())
	require.Equal(t, chainhash.Hash{}, h.Prev())
}

func TestRuleKinds(t *testing.T) {
	t.Parallel()
	for k := chain.UnknownParent; k <= chain.TooManyForks; k++ {
		require.NotContains(t, k.String(), "RuleKind")
		blameless := k == chain.UnknownParent || k == chain.TimeTooNew || k == chain.TooManyForks
		require.Equal(t, !blameless, k.Provable(), k.String())
	}
	require.False(t, chain.RuleKind(0).Provable())
	require.False(t, chain.RuleKind(99).Provable())
	require.Equal(t, "RuleKind(99)", chain.RuleKind(99).String())
}
