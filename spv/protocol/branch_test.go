package protocol_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"thistle/spv/chain"
	"thistle/spv/protocol"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// longChain is bare headers, since of whole blocks there could not be enough.
type longChain struct {
	headers []chain.Header // from genesis on
	at      map[chainhash.Hash]int
}

// mineLong puts headers after those of another chain up to a height.
func mineLong(on *longChain, from, n int, salt byte) *longChain {
	c := &longChain{at: make(map[chainhash.Hash]int)}
	if on == nil {
		c.headers = []chain.Header{chain.FromWire(&chaincfg.RegressionNetParams.GenesisBlock.Header)}
	} else {
		c.headers = append(c.headers, on.headers[:from+1]...)
	}
	for range n {
		last := &c.headers[len(c.headers)-1]
		raw := last.Raw
		copy(raw[4:], last.Hash[:])
		raw[0], raw[36] = 4, salt
		binary.LittleEndian.PutUint32(raw[68:], last.Time()+60)
		h := chain.NewHeader(raw)
		for h.Hash[31] > 0x7e { // half of regtest's target
			binary.LittleEndian.PutUint32(raw[76:], binary.LittleEndian.Uint32(raw[76:])+1)
			h = chain.NewHeader(raw)
		}
		c.headers = append(c.headers, h)
	}
	for i := range c.headers {
		c.at[c.headers[i].Hash] = i
	}
	return c
}

func (c *longChain) tip() chain.Tip {
	n := len(c.headers) - 1
	return chain.Tip{Height: int32(n), Hash: c.headers[n].Hash}
}

func (c *longChain) after(msg *wire.MsgGetHeaders) []chain.Header {
	from := 1
	for _, hash := range msg.BlockLocatorHashes {
		if i, ok := c.at[*hash]; ok {
			from = i + 1
			break
		}
	}
	return c.headers[from:min(len(c.headers), from+2000)]
}

// bareNet is a machine among peers that know nothing but headers, and answer
// after a moment.
type bareNet struct {
	m     *protocol.Machine
	now   time.Time
	peers map[protocol.PeerID]*longChain
	queue []protocol.Output
	sent  int
}

func newBareNet() *bareNet {
	params := &chain.Params{Net: &chaincfg.RegressionNetParams}
	c := &bareNet{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), peers: make(map[protocol.PeerID]*longChain)}
	c.m = protocol.New(protocol.Config{Params: params, Tree: chain.New(params, params.Genesis()),
		Filters: protocol.FilterState{From: -1}, Pinned: []string{"a"}, Rand: rand.New(rand.NewPCG(1, 1))})
	c.queue = c.m.Tick(c.now)
	return c
}

func (c *bareNet) do(in protocol.Input) {
	c.now = c.now.Add(time.Millisecond)
	c.queue = append(c.queue, c.m.Step(c.now, in)...)
}

func (c *bareNet) join(id protocol.PeerID, chain *longChain) {
	c.peers[id] = chain
	c.do(protocol.PeerConnected{Info: protocol.PeerInfo{ID: id, Addr: "a", Services: wire.SFNodeNetwork | wire.SFNodeWitness,
		StartHeight: chain.tip().Height}})
}

// settle goes on until nothing is left to say.
func (c *bareNet) settle(t *testing.T) {
	t.Helper()
	for len(c.queue) > 0 {
		c.step(t)
	}
}

func (c *bareNet) step(t *testing.T) {
	t.Helper()
	out := c.queue[0]
	c.queue = c.queue[1:]
	switch out := out.(type) {
	case protocol.Send:
		if msg, ok := out.Msg.(*wire.MsgGetHeaders); ok && c.peers[out.Peer] != nil {
			c.sent++
			c.do(protocol.HeadersReceived{Peer: out.Peer, Headers: c.peers[out.Peer].after(msg)})
		}
	case protocol.Disconnect:
		require.False(t, out.Reason.Provable(), "%d", out.Peer)
		delete(c.peers, out.Peer)
		c.do(protocol.PeerDisconnected(out))
	}
}

// TestLongCheapChain: without checkpoints a liar can feed a newcomer a long chain
// first. The true one has more work, but only after more headers than there is
// room for beside the liar's.
func TestLongCheapChain(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("mines long chains")
	}
	liars := mineLong(nil, 0, 70_000, 1)
	honest := mineLong(liars, 100, 75_000, 2)
	t.Run("wins", func(t *testing.T) {
		t.Parallel()
		c := newBareNet()
		c.join(1, liars)
		c.settle(t)
		require.Equal(t, liars.tip(), c.m.Progress().Tip)
		c.join(2, honest)
		c.settle(t)
		require.Equal(t, honest.tip(), c.m.Progress().Tip)
		// The liar's chain has less work and cannot come back, though it goes on.
		c.peers[1] = mineLong(liars, len(liars.headers)-1, 1000, 1)
		c.do(protocol.HeadersReceived{Peer: 1, Headers: c.peers[1].headers[70_001:70_009]})
		c.settle(t)
		require.Equal(t, honest.tip(), c.m.Progress().Tip)
		// Where it has more work in the end, it does.
		c.peers[1] = mineLong(liars, len(liars.headers)-1, 9000, 1)
		c.join(3, c.peers[1])
		c.settle(t)
		require.Equal(t, c.peers[3].tip(), c.m.Progress().Tip)
	})
	t.Run("less work", func(t *testing.T) {
		t.Parallel()
		c := newBareNet()
		c.join(1, honest)
		c.settle(t)
		c.join(2, liars)
		c.settle(t)
		require.Equal(t, honest.tip(), c.m.Progress().Tip)
		require.NotContains(t, c.peers, protocol.PeerID(2), "it has nothing to give")
		require.Less(t, c.sent, 120)
	})
	t.Run("leaves in the midst", func(t *testing.T) {
		t.Parallel()
		c := newBareNet()
		c.join(1, liars)
		c.settle(t)
		half := mineLong(honest, 72_000, 0, 2)
		c.join(2, half) // more work, then silence
		for len(c.queue) > 0 && c.m.Progress().Tip.Height != 65_636 {
			c.step(t)
		}
		require.Equal(t, int32(65_636), c.m.Progress().Tip.Height, "proved, and being fetched again")
		c.do(protocol.PeerDisconnected{Peer: 2})
		delete(c.peers, 2)
		c.settle(t)
		c.join(3, honest)
		c.settle(t)
		require.Equal(t, honest.tip(), c.m.Progress().Tip)
	})
}
