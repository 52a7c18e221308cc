package protocol_test

import (
	"fmt"
	"testing"
	"time"

	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// blockAsked is the block that an output asks a peer for.
func blockAsked(out protocol.Output) (chainhash.Hash, bool) {
	if send, ok := out.(protocol.Send); ok {
		if get, ok := send.Msg.(*wire.MsgGetData); ok {
			return get.InvList[0].Hash, get.InvList[0].Type == wire.InvTypeWitnessBlock
		}
	}
	return chainhash.Hash{}, false
}

// TestNewestBlockFirst: a few blocks are asked for at a time, the newest first.
func TestNewestBlockFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(41, 60, true)
	a := &spvtest.Peer{Name: "a", Chain: w.b}
	s := w.sim(41, 0, a)
	s.Run(time.Minute)
	var asked []int32
	under, most := 0, 0
	s.Watch = func(out protocol.Output) {
		if hash, ok := blockAsked(out); ok {
			asked = append(asked, w.g.Find(hash).Height)
			under++
			most = max(most, under)
		}
		if e, ok := out.(protocol.Emit); ok {
			if _, ok := e.Event.(protocol.BlockArrived); ok {
				under--
			}
		}
	}
	for h := int32(1); h <= 20; h++ {
		s.Want(w.b[h].Hash)
	}
	require.True(t, s.RunUntil(time.Minute, func() bool { return len(s.Arrived) == 20 }))
	require.Equal(t, []int32{1, 2, 3, 4}, asked[:4], "nothing newer was known then")
	for i, h := range asked[4:] {
		require.EqualValues(t, 20-i, h)
	}
	require.LessOrEqual(t, most, 4)
	s.Check(t)
}

// TestSilentPeersCostLittle: most peers never answer, which is found out once.
func TestSilentPeersCostLittle(t *testing.T) {
	t.Parallel()
	w := newWorld(42, 120, true)
	var peers []*spvtest.Peer
	for i := range 6 {
		peers = append(peers, &spvtest.Peer{Name: fmt.Sprint("p", i), Chain: w.b, NoBlocks: i < 4})
	}
	s := w.sim(42, 0, peers...)
	s.Run(time.Minute)
	begun := s.Now()
	for _, b := range w.b[20:80] {
		s.Want(b.Hash)
	}
	require.True(t, s.RunUntil(time.Minute, func() bool { return len(s.Arrived) == 60 }), "%d", len(s.Arrived))
	require.Less(t, s.Now().Sub(begun), 10*time.Second)
	s.Check(t)
}

// TestBlockPassedOver: the only peer lets one request lie, and is asked again as
// soon as a pong has told so.
func TestBlockPassedOver(t *testing.T) {
	t.Parallel()
	w := newWorld(47, 60, true)
	a := &spvtest.Peer{Name: "a", Chain: w.b, NoBlocks: true}
	s := w.sim(47, 0, a)
	s.Run(time.Minute)
	for h := int32(10); h < 14; h++ {
		s.Want(w.b[h].Hash)
	}
	s.Run(time.Second)
	a.NoBlocks = false
	require.True(t, s.RunUntil(6*time.Second, func() bool { return len(s.Arrived) == 4 }))
	s.Check(t)
}

// TestBlockNobodyHas: it is asked for again and again, more and more patiently,
// and progress says so.
func TestBlockNobodyHas(t *testing.T) {
	t.Parallel()
	w := newWorld(43, 60, true)
	var peers []*spvtest.Peer
	for i := range 3 {
		peers = append(peers, &spvtest.Peer{Name: fmt.Sprint("p", i), Chain: w.b, NotFound: true})
	}
	s := w.sim(43, 0, peers...)
	s.Run(time.Minute)
	asked := 0
	s.Watch = func(out protocol.Output) {
		if _, ok := blockAsked(out); ok {
			asked++
		}
	}
	s.Want(w.b[33].Hash)
	s.Run(time.Minute)
	stage := s.Machine().Progress().Stages.Blocks
	require.Equal(t, protocol.Stage{Total: 1, Why: protocol.WhyBlock, Height: 33, Tried: 3}, stage)
	asked = 0
	s.Run(time.Hour)
	require.LessOrEqual(t, asked, 180)
	require.GreaterOrEqual(t, asked, 50)
	peers[0].NotFound = false
	require.True(t, s.RunUntil(70*time.Second, func() bool { return len(s.Arrived) == 1 }))
	require.Equal(t, protocol.Stage{Done: 1, Total: 1}, s.Machine().Progress().Stages.Blocks)
	s.Check(t)
}
