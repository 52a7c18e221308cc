package protocol_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"thistle/spv/chain"
	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// harmed is the disk of a chain of which some headers are not what was written.
type harmed struct {
	branch spvtest.Branch
	harm   map[int32]int // a bit of each
}

func (h harmed) ReadRecords(from int32, dst []byte) error {
	for ; len(dst) > 0; dst, from = dst[chain.HeaderSize:], from+1 {
		r, err := h.Record(from)
		if err != nil {
			return err
		}
		copy(dst, r)
	}
	return nil
}

func (h harmed) Record(height int32) ([]byte, error) {
	raw := h.branch[height].Header.Raw
	if bit, ok := h.harm[height]; ok {
		raw[bit/8] ^= 1 << (bit % 8)
	}
	return raw[:], nil
}

// TestOwnTipDamaged: who sends headers that do not go with ours is banned, but not
// where ours are damaged.
func TestOwnTipDamaged(t *testing.T) {
	t.Parallel()
	const timeTop = 8*71 + 7 // far ahead
	g := spvtest.NewGenerator(spvtest.Options{Seed: 72, Empty: true})
	p, b := g.Params(), g.Mine(g.Genesis(), 101)
	height := b.Tip().Height - 1
	// feed has a machine on such a disk, and the peer's next header, which is
	// false if bad.
	feed := func(harm map[int32]int, bad bool) (*protocol.Machine, []protocol.Output) {
		sound := chain.New(p, p.Genesis())
		_, err := sound.Add(b.Tip().Time().Add(time.Hour), b.Headers(1, height))
		require.NoError(t, err)
		tree, err := chain.Open(p, chain.Stored{Base: p.Genesis(), Tip: sound.Tip(), Work: sound.Work(), Source: harmed{b, harm}})
		require.NoError(t, err)
		m := protocol.New(protocol.Config{Params: p, Tree: tree, Pinned: []string{"10.1.0.1:8333"}, Rand: rand.New(rand.NewPCG(1, 2)),
			Filters: protocol.FilterState{From: -1, Base: -1, Held: func(int32, chainhash.Hash) bool { return false }}})
		now := b.Tip().Time().Add(time.Minute)
		m.Step(now, protocol.PeerConnected{Info: protocol.PeerInfo{ID: 1, Addr: "10.1.0.1:8333", Pinned: true, StartHeight: height,
			Services: wire.SFNodeNetwork | wire.SFNodeWitness | wire.SFNodeCF}})
		next := b.Headers(height+1, height+1)
		if bad {
			raw := next[0].Raw
			raw[68], raw[69], raw[70], raw[71] = 0, 0, 0, 1 // too old
			for next[0] = chain.NewHeader(raw); next[0].Hash[31] > 0x7f; next[0] = chain.NewHeader(raw) {
				raw[76]++
			}
		}
		return m, m.Step(now, protocol.HeadersReceived{Peer: 1, Headers: next})
	}
	banned := func(outs []protocol.Output) bool {
		for _, out := range outs {
			if d, ok := out.(protocol.Disconnect); ok && d.Reason.Provable() {
				return true
			}
		}
		return false
	}

	m, outs := feed(nil, true)
	require.True(t, banned(outs), "it is the peer's")
	require.NoError(t, m.Err())

	harm := make(map[int32]int)
	for h := height - 7; h < height; h++ {
		harm[h] = timeTop
	}
	m, outs = feed(harm, false)
	require.False(t, banned(outs), "it is ours")
	require.ErrorIs(t, m.Err(), chain.ErrStored)
}
