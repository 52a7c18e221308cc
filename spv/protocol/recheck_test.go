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

func banned(outs []protocol.Output) bool {
	for _, out := range outs {
		if d, ok := out.(protocol.Disconnect); ok && d.Reason.Provable() {
			return true
		}
	}
	return false
}

// TestOwnTipDamagedBelow: the same for who gives headers below ours that pass a
// checkpoint by, or lack its target.
func TestOwnTipDamagedBelow(t *testing.T) {
	t.Parallel()
	const timeTop = 8*71 + 7
	w := short()
	p, tip := w.g.Params(), w.b.Tip()
	base, below := w.marks[len(w.marks)-1], w.marks[len(w.marks)-2]
	lies := map[string]func(raw *[chain.HeaderSize]byte){
		"passes by":     func(raw *[chain.HeaderSize]byte) { raw[0] ^= 1 << 5 },
		"other targets": func(raw *[chain.HeaderSize]byte) { raw[72]-- },
	}
	for name, lie := range lies {
		for _, harm := range []map[int32]int{nil, {tip.Height - 2: timeTop}} {
			sound := chain.New(p, base)
			_, err := sound.Add(tip.Time().Add(time.Hour), w.b.Headers(base.Height+1, tip.Height))
			require.NoError(t, err)
			tree, err := chain.Open(p, chain.Stored{Base: base, Tip: sound.Tip(), Work: sound.Work(), Source: harmed{w.b, harm}})
			require.NoError(t, err)
			m := protocol.New(protocol.Config{Params: p, Tree: tree, Pinned: []string{"10.1.0.1:8333"}, Rand: rand.New(rand.NewPCG(1, 2)),
				Filters: protocol.FilterState{From: -1, Base: -1, Held: func(int32, chainhash.Hash) bool { return false }}})
			now := tip.Time().Add(time.Minute)
			m.Step(now, protocol.PeerConnected{Info: protocol.PeerInfo{ID: 1, Addr: "10.1.0.1:8333", Pinned: true, StartHeight: tip.Height,
				Services: wire.SFNodeNetwork | wire.SFNodeWitness}})
			m.Step(now, protocol.HeadersReceived{Peer: 1})
			asked := sent[*wire.MsgGetHeaders](m.Step(now, protocol.KeepHeaders{From: below.Height + 1}), 1)
			require.Len(t, asked, 1)
			require.Equal(t, base.Hash, asked[0].HashStop)

			var raw []byte
			for _, h := range w.b.Headers(below.Height+1, base.Height) {
				raw = append(raw, h.Raw[:]...)
			}
			last := (*[chain.HeaderSize]byte)(raw[len(raw)-chain.HeaderSize:])
			lie(last)
			run, err := chain.CheckRun(p, raw)
			for ; err != nil; run, err = chain.CheckRun(p, raw) {
				last[76]++
			}
			outs := m.Step(now, protocol.RangeReceived{Peer: 1, Run: run})
			if harm == nil {
				require.True(t, banned(outs), "%s: it is the peer's", name)
				require.NoError(t, m.Err())
			} else {
				require.False(t, banned(outs), "%s: it is ours", name)
				require.ErrorIs(t, m.Err(), chain.ErrStored)
			}
		}
	}
}
