package peer

import (
	"testing"
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

func numbered(n int) (h chainhash.Hash) {
	h[0], h[1], h[2] = byte(n), byte(n>>8), byte(n>>16)
	return h
}

func ask(kind wire.InvType, h chainhash.Hash) *wire.MsgGetData {
	return &wire.MsgGetData{InvList: []*wire.InvVect{wire.NewInvVect(kind, &h)}}
}

func TestAskedIsBounded(t *testing.T) {
	t.Parallel()
	var a asked
	const many = 3 * maxAskedHashes
	for n := range many {
		a.note(ask(wire.InvTypeWitnessBlock, numbered(n)))
		a.note(ask(wire.InvTypeWitnessTx, numbered(n)))
		a.note(&wire.MsgGetCFHeaders{StopHash: numbered(n)})
		a.note(&wire.MsgGetCFCheckpt{StopHash: numbered(n)})
		a.note(&wire.MsgGetCFilters{StopHash: numbered(n)})
		a.note(&wire.MsgGetHeaders{})
	}
	blocks, txs := a.items()
	require.Equal(t, maxAskedHashes, blocks)
	require.Equal(t, maxAskedHashes, txs)
	require.Len(t, a.cfheaders.held, maxAskedHashes)
	require.Len(t, a.filterRange, maxAskedFilters)
	require.Len(t, a.headers, maxAskedHeaders)
	require.False(t, a.takeBlock(numbered(many-maxAskedHashes-1)), "the oldest are forgotten")
	require.True(t, a.takeBlock(numbered(many-maxAskedHashes)))
	require.True(t, a.takeTx(numbered(many-1)))
	require.False(t, a.takeTx(numbered(many-1)))
	require.True(t, a.takeFilter(numbered(many-1)))
}

// TestAskedByKind: what was asked for as one thing is not answered by another.
func TestAskedByKind(t *testing.T) {
	t.Parallel()
	var a asked
	h := numbered(1)
	a.note(ask(wire.InvTypeBlock, h))
	a.note(ask(wire.InvTypeFilteredBlock, numbered(2)))
	require.False(t, a.takeTx(h))
	require.False(t, a.takeCFHeaders(h))
	require.False(t, a.takeCFCheckpt(h))
	require.False(t, a.takeFilter(h))
	asked, _ := a.takeHeaders(h, numbered(0))
	require.False(t, asked)
	asked, _ = a.takeNoHeaders()
	require.False(t, asked)
	require.False(t, a.takeBlock(numbered(2)))
	require.True(t, a.takeBlock(h))
}

// TestAskedTwice: two requests have two replies.
func TestAskedTwice(t *testing.T) {
	t.Parallel()
	var a asked
	for range 2 {
		a.note(&wire.MsgGetCFHeaders{StopHash: numbered(1)})
	}
	require.True(t, a.takeCFHeaders(numbered(1)))
	require.True(t, a.takeCFHeaders(numbered(1)))
	require.False(t, a.takeCFHeaders(numbered(1)))
}

// TestFilterRanges: two ranges in flight are answered in order or mixed, and
// each keeps its last place for its stop hash.
func TestFilterRanges(t *testing.T) {
	t.Parallel()
	var a asked
	a.note(&wire.MsgGetCFilters{StopHash: numbered(1)})
	a.note(&wire.MsgGetCFilters{StopHash: numbered(2)})
	for range 2 * (wire.MaxGetCFiltersReqRange - 1) {
		require.True(t, a.takeFilter(numbered(9)))
	}
	require.False(t, a.takeFilter(numbered(9)))
	require.True(t, a.takeFilter(numbered(2)))
	require.True(t, a.takeFilter(numbered(1)))
	require.False(t, a.takeFilter(numbered(1)))
}

func TestBucket(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000, 0)
	b := bucket{rate: 2, size: 10}
	for range 10 {
		require.True(t, b.take(now, 1))
	}
	require.False(t, b.take(now, 1))
	require.True(t, b.take(now.Add(time.Second), 1))
	require.True(t, b.take(now.Add(1000*time.Second), 10), "refilled, but to no more than its size")
	require.False(t, b.take(now.Add(1000*time.Second), 1))
	require.False(t, b.take(now, 1), "a clock that steps back gives nothing")
}

func TestNonces(t *testing.T) {
	t.Parallel()
	var s NonceSet
	seen := map[uint64]bool{}
	for range 100 {
		n := s.draw()
		require.True(t, s.has(n))
		require.False(t, seen[n])
		require.NotZero(t, n)
		seen[n] = true
	}
	for n := range seen {
		s.forget(n)
		require.False(t, s.has(n))
	}
	require.Empty(t, s.held)
}
