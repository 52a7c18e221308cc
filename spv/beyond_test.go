package spv_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"thistle/spv/spvtest"

	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// eachForm runs a test for each variant of a behaviour, in a bubble of its own.
func eachForm(t *testing.T, h spvtest.Hostile, story func(t *testing.T, v int)) {
	t.Helper()
	for v := range max(h.Variants, 1) {
		t.Run(fmt.Sprintf("%d.%d %s", h.Number, v, h.Name), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(dawn())
				story(t, v)
			})
		})
	}
}

// requireEnding holds how it went with an address against what was to be.
func (tr *trial) requireEnding(addr string, want spvtest.Ending) {
	tr.t.Helper()
	ends := tr.diary.ends[addr]
	switch want {
	case spvtest.Banned:
		require.True(tr.t, tr.diary.banned(addr), "%v", ends)
		require.Len(tr.t, ends, 1, "it is banned and met again")
	case spvtest.Left:
		require.NotEmpty(tr.t, ends)
		require.False(tr.t, tr.diary.banned(addr), "%v", ends)
	case spvtest.Borne:
		require.False(tr.t, tr.diary.banned(addr), "%v", ends)
	case spvtest.Doubtful:
	}
}

// TestHostileEncrypted: who plays foul with the encrypted transport costs no more
// than one call in plain text besides, and an honest peer beside all of them is
// enough.
func TestHostileEncrypted(t *testing.T) {
	limited(t)
	all := spvtest.HostilesEncrypted()
	require.Len(t, all, 8)
	crowd := spvtest.NewTown(land())
	for i, h := range all {
		require.Equal(t, i+1, h.Number)
		crowd.Add(h.Make(i % max(h.Variants, 1)))
		eachForm(t, h, func(t *testing.T, v int) {
			town := spvtest.NewTown(land())
			bad := town.Add(h.Make(v))
			try(t, town, h, func(ctx context.Context, tr *trial) {
				tr.pass(ctx, 10*time.Minute, true)
				t.Logf("%d connections, ends: %v", bad.Dials(), tr.diary.ends[bad.Addr])
				tr.requireEnding(bad.Addr, h.Ending)
				calls := len(tr.diary.ends[bad.Addr]) + len(tr.c.Status().Peers)
				require.LessOrEqual(t, bad.Dials(), 2*calls)
				require.Positive(t, bad.Dials())
				require.Equal(t, h.Useful, tr.knows())
			})
		})
	}
	crowd.Add(spvtest.Deviation{})
	t.Run("all beside one honest", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(dawn())
			try(t, crowd, spvtest.Hostile{}, func(ctx context.Context, tr *trial) {
				tr.requireKnown(ctx, 30*time.Minute)
				crowd.Grow(land().Main.To(land().Start + 5))
				tr.c.Broadcast(land().Tx, 0)
				tr.requireKnown(ctx, 30*time.Minute)
				tr.requireSent(ctx)
				tr.requireSpared()
			})
		})
	})
}

// asGuest are what must hold besides.
var asGuest = map[int]func(t *testing.T, tr *trial, bad []*spvtest.Node){
	4: func(t *testing.T, tr *trial, _ []*spvtest.Node) { require.Empty(t, tr.town.Strays()) },
	6: func(t *testing.T, tr *trial, bad []*spvtest.Node) {
		here := 0
		for _, n := range bad {
			if n.Connected() {
				here++
			}
		}
		require.Equal(t, 2, here)
	},
	8: func(t *testing.T, tr *trial, _ []*spvtest.Node) { require.Zero(t, tr.diary.turned) },
}

// TestHostileGuests: whatever those do who connect to us, we follow the chain by
// the peers that we chose, tell nobody what is ours, and have room for others.
func TestHostileGuests(t *testing.T) {
	limited(t)
	all := spvtest.HostileGuests()
	require.Len(t, all, 9)
	for i, h := range all {
		require.Equal(t, i+1, h.Number)
		eachForm(t, h.Hostile, func(t *testing.T, v int) {
			town := spvtest.NewTown(land())
			town.Add(spvtest.Deviation{})
			town.Add(spvtest.Deviation{})
			tr := newTrial(t, town, h.Hostile)
			tr.cfg.Listen, tr.cfg.Port = "here", town.Listen
			tr.run(func(ctx context.Context, tr *trial) {
				tr.requireKnown(ctx, 30*time.Minute)
				tr.c.Broadcast(land().Tx, 0)
				var bad []*spvtest.Node
				for _, from := range h.From {
					bad = append(bad, town.Visit(from, h.Make(v)))
				}
				tr.pass(ctx, 3*time.Minute, true)
				good := town.Visit("66.1.2.3:5000", spvtest.Deviation{})
				town.Grow(land().Main.To(land().Start + 2))
				tr.requireKnown(ctx, 10*time.Minute)
				tr.requireSpared()
				require.True(t, good.Connected(), "others have room")
				for _, n := range bad {
					requireToldNothing(t, n)
				}
				t.Logf("ends: %v", tr.diary.ends[bad[0].Addr])
				if len(bad) == 1 {
					tr.requireEnding(bad[0].Addr, h.Ending)
				}
				if more := asGuest[h.Number]; more != nil {
					more(t, tr, bad)
				}
			})
		})
	}
}

// requireToldNothing: a guest is asked for nothing, and told of no transaction.
func requireToldNothing(t *testing.T, n *spvtest.Node) {
	t.Helper()
	for _, m := range n.Heard() {
		switch m := m.(type) {
		case *wire.MsgTx, *wire.MsgBlock, *wire.MsgGetData, *wire.MsgGetHeaders, *wire.MsgGetCFilters, *wire.MsgGetCFHeaders, *wire.MsgGetCFCheckpt, *wire.MsgGetAddr, *wire.MsgFilterLoad, *wire.MsgMemPool:
			require.Fail(t, "said to a guest", m.Command())
		case *wire.MsgInv:
			for _, inv := range m.InvList {
				require.Equal(t, wire.InvTypeBlock, inv.Type, "a transaction")
			}
		}
	}
}
