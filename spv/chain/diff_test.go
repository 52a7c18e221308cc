package chain_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/btcsuite/btcd/blockchain"
	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/chain"
)

var networks = []*chaincfg.Params{&chaincfg.MainNetParams, &chaincfg.TestNet3Params,
	&chaincfg.TestNet4Params, &chaincfg.SigNetParams, &chaincfg.RegressionNetParams}

// codes says what btcd calls our kinds.
var codes = map[chain.RuleKind][]blockchain.ErrorCode{
	chain.BadPoW:     {blockchain.ErrHighHash, blockchain.ErrUnexpectedDifficulty},
	chain.BadBits:    {blockchain.ErrUnexpectedDifficulty},
	chain.TimeTooOld: {blockchain.ErrTimeTooOld},
	chain.TimeTooNew: {blockchain.ErrTimeTooNew},
	chain.TimeWarp:   {blockchain.ErrTimewarpAttack},
	chain.BadVersion: {blockchain.ErrBlockVersionTooOld},
}

// Every judgement is btcd's, on chains that grow at random through retargets,
// 20-minute exceptions, time warps, retired versions and forks, with faults of
// every kind thrown in.
func TestJudgesAsBtcd(t *testing.T) {
	t.Parallel()
	for _, net := range networks {
		t.Run(net.Name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(3) {
				judgeRandomChain(t, easy(net, 20), seed, 900)
			}
		})
	}
}

// The same once with periods of the real length.
func TestJudgesAsBtcdRealPeriod(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("mines several periods")
	}
	for _, net := range networks {
		t.Run(net.Name, func(t *testing.T) {
			t.Parallel()
			judgeRandomChain(t, easy(net, 2016), 7, 4500)
		})
	}
}

func judgeRandomChain(t *testing.T, net *chaincfg.Params, seed uint64, steps int) {
	rng := rand.New(rand.NewPCG(seed, 1))
	m := newModel(net)
	p := &chain.Params{Net: net}
	tree := chain.New(p, p.Genesis())
	chain.SetSideLimits(tree, steps, steps)
	seen := map[chain.RuleKind]int{}
	accepted, changes := 0, map[uint32]bool{}
	for range steps {
		parent := m.best()
		if rng.IntN(8) == 0 {
			parent = m.all[max(0, len(m.all)-1-rng.IntN(40))]
		}
		now := parent.h.Timestamp.Add(time.Duration(rng.IntN(3)) * time.Hour)
		h := m.propose(rng, parent, now)
		context, future := m.judge(now, h, parent)
		res, err := tree.Add(now, []chain.Header{chain.FromWire(h)})
		if context == nil && future == nil {
			require.NoError(t, err, "seed %d", seed)
			require.Equal(t, h.BlockHash(), res.Last.Hash)
			m.add(h, parent)
			accepted++
			changes[h.Bits] = true
			continue
		}
		var rule *chain.RuleError
		require.ErrorAs(t, err, &rule, "seed %d height %d: btcd says %v, %v", seed, parent.height+1, context, future)
		require.Equal(t, h.BlockHash(), rule.Tip.Hash)
		require.Equal(t, parent.height+1, rule.Tip.Height)
		theirs := context
		if rule.Kind == chain.TimeTooNew {
			theirs = future
		}
		var their blockchain.RuleError
		require.True(t, errors.As(theirs, &their), "seed %d: we say %v, btcd %v, %v", seed, err, context, future)
		require.Contains(t, codes[rule.Kind], their.ErrorCode, "seed %d: %v", seed, err)
		seen[rule.Kind]++
	}
	require.NoError(t, tree.Recheck())
	m.agree(t, tree)
	t.Logf("seed %d: %d accepted with %d targets to height %d, refused %v", seed, accepted, len(changes), tree.Tip().Height, seen)
	require.Greater(t, accepted, steps/3)
	for _, kind := range []chain.RuleKind{chain.BadPoW, chain.BadBits, chain.TimeTooOld, chain.TimeTooNew, chain.BadVersion} {
		require.NotZero(t, seen[kind], "seed %d never met %v", seed, kind)
	}
	if net.EnforceBIP94 && steps < 1000 {
		require.NotZero(t, seen[chain.TimeWarp])
	}
	if !net.PoWNoRetargeting {
		require.Greater(t, len(changes), 1)
	}
}

// propose makes a header after parent that is mostly valid.
func (m *model) propose(rng *rand.Rand, parent *mnode, now time.Time) *wire.BlockHeader {
	h := m.extend(rng, parent, m.steer(rng, parent.h.Bits))
	newPeriod := (parent.height+1)%m.BlocksPerRetarget() == 0
	if newPeriod && rng.IntN(2) == 0 || rng.IntN(8) == 0 {
		// Times at the edges of the rules.
		at := parent.h.Timestamp
		edge := []time.Time{
			at.Add(-600 * time.Second), at.Add(-601 * time.Second), at.Add(-7200 * time.Second),
			at.Add(20 * time.Minute), at.Add(20*time.Minute + time.Second),
			blockchain.CalcPastMedianTime(parent), blockchain.CalcPastMedianTime(parent).Add(time.Second),
			now.Add(2 * time.Hour), now.Add(2*time.Hour + time.Second), now.Add(3 * time.Hour),
		}
		h.Timestamp = edge[rng.IntN(len(edge))]
		h.Bits = m.nextBits(parent, h.Timestamp)
	}
	if rng.IntN(15) == 0 {
		h.Version = int32(rng.IntN(7)) - 2
	}
	if rng.IntN(15) == 0 {
		wrong := []uint32{h.Bits - 1, h.Bits + 1, h.Bits | 0x800000, 0, 0x20800001, m.net.PowLimitBits,
			m.net.PowLimitBits + 1, 0x2100ffff, 0xff123456, parent.h.Bits, 0x1f7fffff}
		h.Bits = wrong[rng.IntN(len(wrong))]
	}
	// What cannot be mined cheaply is left as it is, and has a bad hash.
	if n, ok := chain.Target(h.Bits); ok && n.BitLen() > 246 {
		mine(h, n.BitLen() >= 256 || rng.IntN(15) != 0)
	}
	return h
}

// BIP54's rules are on no network and in no oracle; they hold where asked for.
func TestBIP54(t *testing.T) {
	t.Parallel()
	net := easy(&chaincfg.MainNetParams, 20)
	m := newModel(net)
	rng := rand.New(rand.NewPCG(54, 1))
	for m.best().height < 18 {
		m.add(m.extend(rng, m.best(), 600), m.best())
	}
	off, on := &chain.Params{Net: net}, &chain.Params{Net: net, BIP54: true}
	try := func(p *chain.Params, h *wire.BlockHeader) error {
		tree := chain.New(p, p.Genesis())
		var hs []chain.Header
		for _, n := range m.all[1:] {
			hs = append(hs, chain.FromWire(&n.h))
		}
		if _, err := tree.Add(realNow, hs); err != nil {
			return err
		}
		_, err := tree.Add(realNow, []chain.Header{chain.FromWire(h)})
		return err
	}
	at := func(parent *mnode, when time.Time) *wire.BlockHeader {
		h := &wire.BlockHeader{Version: 4, PrevBlock: parent.hash, Timestamp: when, Bits: m.nextBits(parent, when)}
		mine(h, true)
		return h
	}
	requireWarp := func(err error) {
		t.Helper()
		var rule *chain.RuleError
		require.ErrorAs(t, err, &rule)
		require.Equal(t, chain.TimeWarp, rule.Kind)
	}
	// A period may not begin more than two hours before the end of the last.
	late := at(m.best(), m.best().h.Timestamp.Add(5*time.Hour))
	end := m.add(late, m.best())
	require.NoError(t, try(on, at(end, end.h.Timestamp.Add(-7200*time.Second))))
	requireWarp(try(on, at(end, end.h.Timestamp.Add(-7201*time.Second))))
	require.NoError(t, try(off, at(end, end.h.Timestamp.Add(-7201*time.Second))))

	// The last of a period may not be earlier than its first, which here is
	// three hours ahead of the blocks around it.
	m = newModel(net)
	for m.best().height < 19 {
		m.add(m.extend(rng, m.best(), 60), m.best())
	}
	jump := at(m.best(), m.best().h.Timestamp.Add(3*time.Hour))
	m.add(jump, m.best())
	low := m.all[19].h.Timestamp
	for m.best().height < 38 {
		// Just later than the median, so that time hardly moves.
		when := blockchain.CalcPastMedianTime(m.best()).Add(time.Second)
		if when.Before(low) {
			when = low
		}
		m.add(at(m.best(), when), m.best())
	}
	last := at(m.best(), blockchain.CalcPastMedianTime(m.best()).Add(time.Second))
	require.True(t, last.Timestamp.Before(jump.Timestamp))
	requireWarp(try(on, last))
	require.NoError(t, try(off, last))
	require.NoError(t, try(on, at(m.best(), jump.Timestamp)))
}
