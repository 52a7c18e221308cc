package chain_test

import (
	"errors"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/btcsuite/btcd/blockchain"
	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/chain"
)

// easy is net with blocks that cost two hashes, short periods and early
// retirement of versions, so that a test can mine through all of its rules.
func easy(net *chaincfg.Params, period int) *chaincfg.Params {
	p := *net
	p.PowLimit = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(1))
	if net.Net == chaincfg.SigNetParams.Net {
		// A limit that is not all ones, as signet's.
		p.PowLimit = new(big.Int).Lsh(big.NewInt(0x4377ae), 232)
	}
	p.PowLimitBits = blockchain.BigToCompact(p.PowLimit)
	p.TargetTimespan = time.Duration(period) * p.TargetTimePerBlock
	p.BIP0034Height, p.BIP0066Height, p.BIP0065Height = 25, 50, 75
	p.Checkpoints = nil
	genesis := *net.GenesisBlock
	genesis.Header.Bits = p.PowLimitBits
	hash := genesis.BlockHash()
	p.GenesisBlock, p.GenesisHash = &genesis, &hash
	return &p
}

// mnode is a header of the model, and what btcd's rules see of a chain.
type mnode struct {
	h      wire.BlockHeader
	hash   chainhash.Hash
	height int32
	parent *mnode
	work   *big.Int
}

func (n *mnode) Height() int32    { return n.height }
func (n *mnode) Bits() uint32     { return n.h.Bits }
func (n *mnode) Timestamp() int64 { return n.h.Timestamp.Unix() }
func (n *mnode) Parent() blockchain.HeaderCtx {
	if n.parent == nil {
		return nil
	}
	return n.parent
}
func (n *mnode) RelativeAncestorCtx(d int32) blockchain.HeaderCtx {
	for ; d > 0 && n != nil; d-- {
		n = n.parent
	}
	if n == nil {
		return nil
	}
	return n
}

// path is the chain from genesis to n.
func (n *mnode) path() []*mnode {
	var out []*mnode
	for ; n != nil; n = n.parent {
		out = append(out, n)
	}
	slices.Reverse(out)
	return out
}

// model is the naive tree: all headers in the order of arrival, every question
// answered by looking at all of them, every judgement btcd's.
type model struct {
	net *chaincfg.Params
	all []*mnode
}

func newModel(net *chaincfg.Params) *model {
	g := &mnode{h: net.GenesisBlock.Header, hash: *net.GenesisHash, work: blockchain.CalcWork(net.PowLimitBits)}
	return &model{net: net, all: []*mnode{g}}
}

func (m *model) ChainParams() *chaincfg.Params { return m.net }
func (m *model) BlocksPerRetarget() int32 {
	return int32(m.net.TargetTimespan / m.net.TargetTimePerBlock)
}
func (m *model) MinRetargetTimespan() int64 { return int64(m.net.TargetTimespan.Seconds()) / 4 }
func (m *model) MaxRetargetTimespan() int64 { return int64(m.net.TargetTimespan.Seconds()) * 4 }
func (m *model) VerifyCheckpoint(int32, *chainhash.Hash) bool {
	return true
}
func (m *model) FindPreviousCheckpoint() (blockchain.HeaderCtx, error) { return nil, nil }

// clock is a MedianTimeSource that is simply right.
type clock time.Time

func (c clock) AdjustedTime() time.Time         { return time.Time(c) }
func (c clock) AddTimeSample(string, time.Time) {}
func (c clock) Offset() time.Duration           { return 0 }

func (m *model) find(hash chainhash.Hash) *mnode {
	for _, n := range m.all {
		if n.hash == hash {
			return n
		}
	}
	return nil
}

// best is the first header seen of those with the most work.
func (m *model) best() *mnode {
	best := m.all[0]
	for _, n := range m.all {
		if n.work.Cmp(best.work) > 0 {
			best = n
		}
	}
	return best
}

// judge asks btcd. The future is asked about last, and apart, since btcd does
// so in another place.
func (m *model) judge(now time.Time, h *wire.BlockHeader, parent *mnode) (context, future error) {
	context = blockchain.CheckBlockHeaderSanity(h, m.net.PowLimit, clock(time.Unix(1<<33, 0)), blockchain.BFNone)
	if context == nil {
		context = blockchain.CheckBlockHeaderContext(h, parent, blockchain.BFNone, m, true)
	}
	return context, blockchain.CheckBlockHeaderSanity(h, m.net.PowLimit, clock(now), blockchain.BFNone)
}

func (m *model) add(h *wire.BlockHeader, parent *mnode) *mnode {
	n := &mnode{h: *h, hash: h.BlockHash(), height: parent.height + 1, parent: parent}
	n.work = new(big.Int).Add(parent.work, blockchain.CalcWork(h.Bits))
	m.all = append(m.all, n)
	return n
}

// nextBits is what btcd demands of the block after parent, found by trying:
// the rule itself is not exported.
func (m *model) nextBits(parent *mnode, at time.Time) uint32 {
	r := &chain.Params{Net: m.net}
	try := []uint32{parent.h.Bits, m.net.PowLimitBits}
	for n := parent; n != nil && len(try) < 40; n = n.parent {
		try = append(try, n.h.Bits)
	}
	if first := parent.RelativeAncestorCtx(m.BlocksPerRetarget() - 1); first != nil {
		span := parent.Timestamp() - first.Timestamp()
		try = append(try, chain.Retarget(r, parent.h.Bits, span), chain.Retarget(r, first.Bits(), span))
	}
	for _, bits := range try {
		h := wire.BlockHeader{Version: 4, Bits: bits, Timestamp: at}
		err := blockchain.CheckBlockHeaderContext(&h, parent, blockchain.BFNone, m, true)
		var rule blockchain.RuleError
		if !errors.As(err, &rule) || rule.ErrorCode != blockchain.ErrUnexpectedDifficulty {
			return bits
		}
	}
	panic("no target satisfies btcd")
}

// mine turns the nonce until the hash meets the target, or for good is false,
// until it does not.
func mine(h *wire.BlockHeader, good bool) {
	target := blockchain.CompactToBig(h.Bits)
	for ; ; h.Nonce++ {
		hash := h.BlockHash()
		if (blockchain.HashToBig(&hash).Cmp(target) <= 0) == good {
			return
		}
	}
}

// extend makes a valid header after parent. spread is the mean of the seconds
// between blocks.
func (m *model) extend(rng *rand.Rand, parent *mnode, spread int64) *wire.BlockHeader {
	at := parent.h.Timestamp.Add(time.Duration(1+rng.Int64N(2*spread)) * time.Second)
	h := &wire.BlockHeader{Version: 4, PrevBlock: parent.hash, Timestamp: at, Bits: m.nextBits(parent, at)}
	rngBytes(rng, h.MerkleRoot[:])
	mine(h, true)
	return h
}

func rngBytes(rng *rand.Rand, b []byte) {
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
}

// hard reports that a target costs more hashes than a test should pay.
func hard(bits uint32) bool {
	return blockchain.CalcWork(bits).Cmp(big.NewInt(300)) > 0
}

// steer is a spread between blocks that keeps the target where mining is cheap
// and yet moves it.
func (m *model) steer(rng *rand.Rand, bits uint32) int64 {
	switch {
	case hard(bits):
		return 2400
	case m.BlocksPerRetarget() > 1000:
		// Over so many the mean decides.
		return []int64{150, 300, 450}[rng.IntN(3)]
	}
	return []int64{150, 400, 600, 900, 2000}[rng.IntN(5)]
}

// agree compares everything a tree can say of its best chain with the model.
func (m *model) agree(t *testing.T, tree *chain.Tree) {
	t.Helper()
	best := m.best()
	require.Equal(t, best.hash, tree.Tip().Hash)
	require.Equal(t, best.height, tree.Tip().Height)
	require.Equal(t, best.work.Text(16), tree.Work().String())
	for b := best; b.parent != nil; b = b.parent {
		from, ok := tree.WorkFrom(b.height)
		require.True(t, ok)
		require.Equal(t, new(big.Int).Sub(best.work, b.parent.work).Text(16), from.String())
	}
	_, ok := tree.WorkFrom(best.height + 1)
	require.False(t, ok)
	path := best.path()
	require.Equal(t, len(path), tree.Len())
	for _, n := range path {
		hash, ok := tree.HashAt(n.height)
		require.True(t, ok)
		require.Equal(t, n.hash, hash)
		h, ok := tree.HeaderAt(n.height)
		require.True(t, ok)
		require.Equal(t, n.hash, h.Hash)
		require.Equal(t, n.hash, chainhash.DoubleHashH(h.Raw[:]))
		median, ok := tree.MedianTime(n.height)
		require.True(t, ok)
		require.True(t, blockchain.CalcPastMedianTime(n).Equal(median))
	}
	for _, n := range m.all {
		tip, onBest, ok := tree.Find(n.hash)
		require.True(t, ok)
		require.Equal(t, chain.Tip{Height: n.height, Hash: n.hash}, tip)
		require.Equal(t, path[min(int(n.height), len(path)-1)] == n, onBest)
	}
	require.Empty(t, chain.CheckSide(tree))
}
