package chain_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/btcsuite/btcd/blockchain"
	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/chain"
)

// lowerable are the networks whose chains may be begun late.
var lowerable = []*chaincfg.Params{&chaincfg.MainNetParams, &chaincfg.SigNetParams, &chaincfg.RegressionNetParams}

// runsOf cuts headers into runs of random lengths up to most.
func runsOf(p *chain.Params, rng *rand.Rand, raw []byte, most int) ([]chain.Run, error) {
	var runs []chain.Run
	for len(raw) > 0 {
		n := min(1+rng.IntN(most), len(raw)/chain.HeaderSize)
		run, err := chain.CheckRun(p, raw[:n*chain.HeaderSize])
		if err != nil {
			return runs, err
		}
		runs = append(runs, run)
		raw = raw[n*chain.HeaderSize:]
	}
	return runs, nil
}

// Lower and CheckRun together say of a stretch below a tree what btcd says of
// it, on random chains of which some break a rule somewhere.
func TestLowerJudgesAsBtcd(t *testing.T) {
	t.Parallel()
	for _, net := range lowerable {
		t.Run(net.Name, func(t *testing.T) {
			t.Parallel()
			seen := map[string]int{}
			for seed := range uint64(120) {
				seen[lowerRandomChain(t, easy(net, 20), seed)]++
			}
			t.Log(seen)
			for _, what := range []string{"lowered", chain.BadPoW.String(), chain.BadBits.String(),
				chain.TimeTooOld.String(), chain.BadVersion.String()} {
				require.NotZero(t, seen[what], what)
			}
		})
	}
}

// lowerRandomChain returns what became of one chain.
func lowerRandomChain(t *testing.T, net *chaincfg.Params, seed uint64) string {
	rng := rand.New(rand.NewPCG(seed, 77))
	m := newModel(net)
	blocks := []*mnode{m.all[0]}
	fault, kind := int32(1<<30), error(nil)
	spoilt := int32(1 + rng.IntN(130)) // mostly on the chain
	for len(blocks) < 110 {
		parent := blocks[len(blocks)-1]
		h := m.extend(rng, parent, m.steer(rng, parent.h.Bits))
		if parent.height+1 == spoilt {
			h = m.spoil(rng, parent, h)
		}
		context, _ := m.judge(h.Timestamp, h, parent)
		if context != nil && fault == 1<<30 {
			fault, kind = parent.height+1, context
		}
		blocks = append(blocks, m.add(h, parent))
	}
	p := checkpointed(net, blocks, 20, 80)
	bases := append([]chain.Base{p.Genesis()}, p.Checkpoints...)
	at := 1 + rng.IntN(len(bases)-1)
	base, to := bases[at], bases[rng.IntN(at)]
	tree := chain.New(p, base)
	hs := headersOf(blocks)
	_, _ = tree.Add(realNow, hs[base.Height+1:]) // as far as it can tell
	before := tree.Tip()
	from := max(to.Height+1, 1)
	what := fmt.Sprintf("seed %d: %d to %d, tip %d, btcd refuses %d: %v", seed, base.Height, to.Height, before.Height, fault, kind)

	runs, err := runsOf(p, rng, rawHeaders(blocks[from:base.Height+1]), 30)
	if err == nil {
		err = tree.Lower(to, runs)
	}
	require.Equal(t, before, tree.Tip(), what)
	if fault > before.Height || fault < from {
		if kind := (*chain.RuleError)(nil); before == base.Tip() && errors.As(err, &kind) && kind.Kind == chain.BadBits {
			require.Equal(t, base.Height+1, fault, what)
			return "a checkpoint's target"
		}
		if fault < from { // a fault below the new base may show above it or not
			return "below"
		}
		require.NoError(t, err, what)
		require.Equal(t, to, tree.Base())
		agreeTrees(t, p, hs, tree)
		return "lowered"
	}
	var rule *chain.RuleError
	require.ErrorAs(t, err, &rule, what)
	require.Contains(t, what, describeKind(rule.Kind))
	if rule.Tip.Height >= 0 {
		require.Equal(t, fault, rule.Tip.Height, what)
	}
	require.Equal(t, blocks[fault].hash, rule.Tip.Hash, what)
	require.Equal(t, base, tree.Base())
	return rule.Kind.String()
}

// spoil breaks one rule, so that others can be mined upon it all the same.
func (m *model) spoil(rng *rand.Rand, parent *mnode, h *wire.BlockHeader) *wire.BlockHeader {
	switch rng.IntN(4) {
	case 0:
		mine(h, false)
		return h
	case 1:
		h.Bits -= uint32(1 + rng.IntN(1000))
	case 2:
		h.Timestamp = blockchain.CalcPastMedianTime(parent)
		h.Bits = m.nextBits(parent, h.Timestamp)
	case 3:
		h.Version = int32(rng.IntN(4))
	}
	mine(h, true)
	return h
}

// describeKind is a piece of btcd's words for a kind.
func describeKind(k chain.RuleKind) string {
	return map[chain.RuleKind]string{
		chain.BadPoW: "higher than expected max", chain.BadBits: "difficulty", chain.TimeTooOld: "not after expected",
		chain.BadVersion: "version",
	}[k]
}

// agreeTrees compares a lowered tree with one that began there.
func agreeTrees(t *testing.T, p *chain.Params, hs []chain.Header, tree *chain.Tree) {
	t.Helper()
	base, tip := tree.Base(), tree.Tip()
	want := chain.New(p, base)
	addAll(t, want, hs[max(base.Height+1, 1):tip.Height+1])
	require.Equal(t, want.Tip(), tip)
	require.Equal(t, want.Work(), tree.Work())
	require.Equal(t, want.Len(), tree.Len())
	require.Equal(t, want.Locator(tip.Hash), tree.Locator(tip.Hash))
	for h := base.Height; h <= tip.Height+1; h++ {
		wantHash, wantOK := want.HashAt(h)
		hash, ok := tree.HashAt(h)
		require.Equal(t, wantOK, ok)
		require.Equal(t, wantHash, hash)
		wantHeader, wantOK := want.HeaderAt(h)
		header, ok := tree.HeaderAt(h)
		require.Equal(t, wantOK, ok)
		require.Equal(t, wantHeader, header)
		wantWork, _ := want.WorkFrom(h)
		work, _ := tree.WorkFrom(h)
		require.Equal(t, wantWork, work)
		wantMedian, _ := want.MedianTime(h)
		median, _ := tree.MedianTime(h)
		require.Equal(t, wantMedian, median)
		if h >= 0 && h <= tip.Height {
			found, best, ok := tree.Find(hs[h].Hash)
			require.True(t, ok && best)
			require.Equal(t, h, found.Height)
		}
	}
	checkLoad(t, p, tree)
}

// A tree lowered again and again still grows, forks and reorganises.
func TestLowerInSteps(t *testing.T) {
	t.Parallel()
	net := easy(&chaincfg.MainNetParams, 20)
	rng := rand.New(rand.NewPCG(5, 5))
	m := newModel(net)
	blocks := append(m.all[:1:1], m.chainFrom(rng, m.all[0], 320, 600)...)
	p := checkpointed(net, blocks, 20, 300)
	hs := headersOf(blocks)
	tree := chain.New(p, p.Checkpoints[14])
	for i := 14; i >= 0; i-- {
		to := p.Genesis()
		if i > 0 {
			to = p.Checkpoints[i-1]
		}
		runs, err := runsOf(p, rng, rawHeaders(blocks[max(to.Height+1, 1):p.Checkpoints[i].Height+1]), 9)
		require.NoError(t, err)
		require.NoError(t, tree.Lower(to, runs))
		if tip := tree.Tip().Height; tip < 320 {
			addAll(t, tree, hs[tip+1:min(tip+3, 321)])
		}
		agreeTrees(t, p, hs, tree)
	}
	fork := headersOf(m.chainFrom(rng, blocks[305], 40, 600))
	addAll(t, tree, fork)
	require.Equal(t, fork[39].Hash, tree.Tip().Hash)
	checkLoad(t, p, tree)
}

func TestLowerRefuses(t *testing.T) {
	t.Parallel()
	net := easy(&chaincfg.MainNetParams, 20)
	rng := rand.New(rand.NewPCG(6, 6))
	m := newModel(net)
	blocks := append(m.all[:1:1], m.chainFrom(rng, m.all[0], 90, 600)...)
	p := checkpointed(net, blocks, 20, 80)
	run := func(from, to int) chain.Run {
		r, err := chain.CheckRun(p, rawHeaders(blocks[from:to]))
		require.NoError(t, err)
		return r
	}
	tree := chain.New(p, p.Checkpoints[2]) // 59
	addAll(t, tree, headersOf(blocks[60:]))
	rule := func(kind chain.RuleKind, height int32, to chain.Base, runs ...chain.Run) {
		t.Helper()
		err := tree.Lower(to, runs)
		requireKind(t, kind, err)
		require.Equal(t, height, err.(*chain.RuleError).Tip.Height)
		require.Equal(t, p.Checkpoints[2], tree.Base())
	}
	rule(chain.NotLinked, 41, p.Checkpoints[1], run(40, 41), run(42, 60))
	rule(chain.NotLinked, 40, p.Checkpoints[1], run(41, 60))
	rule(chain.NotLinked, 58, p.Checkpoints[1], run(40, 59))
	rule(chain.NotLinked, 39, p.Checkpoints[1])
	rule(chain.CheckpointMismatch, 60, p.Checkpoints[1], run(40, 61))
	other := m.chainFrom(rng, blocks[45], 14, 600)
	lie, err := chain.CheckRun(p, rawHeaders(other))
	require.NoError(t, err)
	rule(chain.CheckpointMismatch, 59, p.Checkpoints[1], run(40, 46), lie)

	invented := p.Checkpoints[1]
	invented.Hash[0]++
	for name, to := range map[string]chain.Base{
		"above": p.Checkpoints[3], "itself": p.Checkpoints[2], "invented": invented, "between": {Height: 45, Hash: blocks[45].hash},
	} {
		require.ErrorIs(t, tree.Lower(to, []chain.Run{run(40, 60)}), chain.ErrLower, name)
	}
	for _, net := range []*chaincfg.Params{&chaincfg.TestNet3Params, &chaincfg.TestNet4Params, &chaincfg.MainNetParams} {
		bare := &chain.Params{Net: net}
		require.False(t, bare.CanLower())
		require.ErrorIs(t, chain.New(bare, bare.Genesis()).Lower(bare.Genesis(), nil), chain.ErrLower)
	}
	test3 := &chain.Params{Net: &chaincfg.TestNet3Params, Checkpoints: p.Checkpoints}
	require.False(t, test3.CanLower())

	// Checkpoints that contradict the chain between them are no excuse.
	wrongBits := *p
	wrongBits.Checkpoints = slices.Clone(p.Checkpoints)
	wrongBits.Checkpoints[1].Bits--
	tree = chain.New(&wrongBits, p.Checkpoints[2])
	requireKind(t, chain.BadBits, tree.Lower(p.Checkpoints[0], []chain.Run{run(20, 60)}))
	require.NoError(t, chain.New(p, p.Checkpoints[2]).Lower(p.Checkpoints[0], []chain.Run{run(20, 60)}))
}

// What is beside the chain just above the old base was spared the median too.
func TestLowerForgetsForksAtTheJoin(t *testing.T) {
	t.Parallel()
	net := easy(&chaincfg.MainNetParams, 20)
	rng := rand.New(rand.NewPCG(8, 8))
	m := newModel(net)
	blocks := append(m.all[:1:1], m.chainFrom(rng, m.all[0], 90, 600)...)
	p := checkpointed(net, blocks, 20, 40)
	near, far := headersOf(m.chainFrom(rng, blocks[45], 2, 600)), headersOf(m.chainFrom(rng, blocks[70], 2, 600))
	below, err := chain.CheckRun(p, rawHeaders(blocks[20:40]))
	require.NoError(t, err)
	for _, c := range []struct {
		forks [][]chain.Header
		kept  int
	}{{[][]chain.Header{far}, 2}, {[][]chain.Header{near, far}, 0}} {
		tree := chain.New(p, p.Checkpoints[1])
		addAll(t, tree, headersOf(blocks[40:]))
		for _, f := range c.forks {
			addAll(t, tree, f)
		}
		require.NoError(t, tree.Lower(p.Checkpoints[0], []chain.Run{below}))
		kept, _ := chain.SideSize(tree)
		require.Equal(t, c.kept, kept)
		require.Empty(t, chain.CheckSide(tree))
		addAll(t, tree, near)
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	net := easy(&chaincfg.MainNetParams, 20)
	p := &chain.Params{Net: net}
	rng := rand.New(rand.NewPCG(7, 7))
	m := newModel(net)
	blocks := m.chainFrom(rng, m.all[0], 60, 600)
	raw := rawHeaders(blocks)
	run, err := chain.CheckRun(p, raw)
	require.NoError(t, err)
	require.Equal(t, 60, run.Len())
	require.Equal(t, raw, run.Raw())
	require.Equal(t, *net.GenesisHash, run.Prev())
	require.Equal(t, blocks[59].hash, run.Last())
	for i := range 60 {
		require.Equal(t, blocks[i].hash, run.Hash(i))
		first := run.First(i + 1)
		again, err := chain.CheckRun(p, raw[:(i+1)*chain.HeaderSize])
		require.NoError(t, err)
		require.Equal(t, again, first)
	}

	first := run.First(5) // of a period of 20
	bits := blocks[0].h.Bits
	require.True(t, first.Targets(bits))
	require.False(t, first.Targets(bits-1))
	require.NotEqual(t, bits, blocks[59].h.Bits)
	require.False(t, run.Targets(bits))

	refused := func(kind chain.RuleKind, raw []byte) {
		t.Helper()
		_, err := chain.CheckRun(p, raw)
		requireKind(t, kind, err)
		require.Equal(t, int32(-1), err.(*chain.RuleError).Tip.Height)
	}
	refused(chain.NotLinked, nil)
	refused(chain.NotLinked, raw[:len(raw)-1])
	refused(chain.NotLinked, slices.Delete(slices.Clone(raw), 80*7, 80*8))
	for _, bits := range []uint32{0, 0x20800001, net.PowLimitBits + 1, 0x2100ffff, 0xff123456} {
		h := blocks[59].h
		h.Bits = bits
		one := chain.FromWire(&h)
		refused(chain.BadPoW, one.Raw[:])
	}
	h := blocks[59].h
	mine(&h, false)
	one := chain.FromWire(&h)
	refused(chain.BadPoW, append(slices.Clone(raw[:59*80]), one.Raw[:]...))
}
