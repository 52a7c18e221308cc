package chain_test

import (
	"math/rand/v2"
	"testing"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/chain"
)

func regtest(seed uint64) (*rand.Rand, *model, *chain.Params) {
	net := easy(&chaincfg.RegressionNetParams, 20)
	return rand.New(rand.NewPCG(seed, 3)), newModel(net), &chain.Params{Net: net}
}

// Whatever comes, the branches stay within their bounds, the books are right,
// and the best chain is untouched by what had to be dropped.
func TestSideBounds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		rng, _, p := regtest(seed)
		source := grow(rng, p.Net, 600)
		tree := chain.New(p, p.Genesis())
		chain.SetSideLimits(tree, 40, 6)
		refused, full := 0, 0
		for range 3000 {
			batch := batchOf(rng, source)
			_, err := tree.Add(realNow, headersOf(batch))
			if err != nil {
				var rule *chain.RuleError
				require.ErrorAs(t, err, &rule)
				require.Contains(t, []chain.RuleKind{chain.UnknownParent, chain.TooManyForks}, rule.Kind)
				refused++
			}
			headers, branches := chain.SideSize(tree)
			require.LessOrEqual(t, headers, 40)
			require.LessOrEqual(t, branches, 6)
			require.Empty(t, chain.CheckSide(tree))
			if headers == 40 || branches == 6 {
				full++
			}
		}
		require.NotZero(t, refused, "seed %d", seed)
		require.NotZero(t, full, "seed %d", seed)
		chain.SetSideLimits(tree, 1000, 1000)
		addAll(t, tree, headersOf(source.best().path()[1:]))
		require.Equal(t, source.best().work.Text(16), tree.Work().String())
	}
}

// The branch with the least work goes first, but never the one that grows.
func TestWeakestGoes(t *testing.T) {
	t.Parallel()
	rng, m, p := regtest(1)
	main := m.chainFrom(rng, m.all[0], 50, 600)
	tree := chain.New(p, p.Genesis())
	chain.SetSideLimits(tree, 1000, 3)
	addAll(t, tree, headersOf(main))
	branch := func(at, n int) []*mnode {
		b := m.chainFrom(rng, main[at-1], n, 600)
		addAll(t, tree, headersOf(b))
		return b
	}
	known := func(n *mnode) bool { _, _, ok := tree.Find(n.hash); return ok }
	a, b, c := branch(10, 5), branch(20, 5), branch(30, 5)
	d := branch(40, 2)
	require.False(t, known(a[4]) || known(a[0]), "the weakest is gone, whole")
	require.True(t, known(b[4]) && known(c[4]) && known(d[1]))
	// One that begins with less work than all others still gets its chance.
	e := branch(5, 20)
	require.True(t, known(e[19]))
	require.False(t, known(b[0]))
	// Two ends of one branch: the part in common stays with the other.
	f := m.chainFrom(rng, e[9], 30, 600)
	addAll(t, tree, headersOf(f))
	require.True(t, known(e[9]) && known(f[29]))
	require.Empty(t, chain.CheckSide(tree))
}

// When the only branch is the one that grows, there is nothing to drop for it:
// it is refused, which is nobody's fault, and can win once there is room.
func TestTooManyForks(t *testing.T) {
	t.Parallel()
	rng, m, p := regtest(2)
	main := m.chainFrom(rng, m.all[0], 30, 600)
	fork := m.chainFrom(rng, m.all[0], 31, 600)
	tree := chain.New(p, p.Genesis())
	chain.SetSideLimits(tree, 10, 4)
	addAll(t, tree, headersOf(main))
	res, err := tree.Add(realNow, headersOf(fork))
	var rule *chain.RuleError
	require.ErrorAs(t, err, &rule)
	require.Equal(t, chain.TooManyForks, rule.Kind)
	require.False(t, rule.Kind.Provable())
	require.Equal(t, 10, res.Added)
	require.Equal(t, fork[9].hash, res.Last.Hash)
	require.Equal(t, main[29].hash, tree.Tip().Hash)

	chain.SetSideLimits(tree, 40, 4)
	res, err = tree.Add(realNow, headersOf(fork[10:]))
	require.NoError(t, err)
	require.Equal(t, fork[30].hash, tree.Tip().Hash)
	require.Len(t, res.Change.Disconnected, 30)
}

// A reorg that leaves more behind than there is room for keeps the beginning
// of what it left.
func TestDemotedChainIsCut(t *testing.T) {
	t.Parallel()
	rng, m, p := regtest(3)
	main := m.chainFrom(rng, m.all[0], 30, 600)
	fork := m.chainFrom(rng, m.all[0], 31, 600)
	tree := chain.New(p, p.Genesis())
	addAll(t, tree, headersOf(main))
	addAll(t, tree, headersOf(fork[:30]))
	chain.SetSideLimits(tree, 30, 4)
	addAll(t, tree, headersOf(fork[30:31]))
	require.Equal(t, fork[30].hash, tree.Tip().Hash)
	more := m.chainFrom(rng, main[29], 3, 600)
	chain.SetSideLimits(tree, 40, 4)
	addAll(t, tree, headersOf(more[:1]))
	chain.SetSideLimits(tree, 12, 4)
	// The header that wins is taken though there is no room, and what it
	// leaves behind settles into the bounds.
	addAll(t, tree, headersOf(more[:2]))
	headers, _ := chain.SideSize(tree)
	require.Equal(t, 12, headers)
	require.Equal(t, more[1].hash, tree.Tip().Hash)
	_, _, ok := tree.Find(fork[11].hash)
	require.True(t, ok)
	_, _, ok = tree.Find(fork[12].hash)
	require.False(t, ok)
	require.Empty(t, chain.CheckSide(tree))
}
