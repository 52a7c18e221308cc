package protocol_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"thistle/spv/chain"
	"thistle/spv/protocol"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// A peer that has nothing beyond a chain with less work than the last
// checkpoint's does not make headers current, however sure it is.
func TestMinimumWork(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, enough := range []bool{true, false} {
		params := &chain.Params{Net: &chaincfg.RegressionNetParams}
		if !enough {
			params.Checkpoints = []chain.Base{{Height: 2015, Work: chain.Work{1 << 40}}}
		}
		m := protocol.New(protocol.Config{
			Params: params, Tree: chain.New(params, params.Genesis()), Filters: protocol.FilterState{From: -1},
			Pinned: []string{"a:1"}, Rand: rand.New(rand.NewPCG(1, 2)),
		})
		m.Tick(now)
		services := wire.SFNodeNetwork | wire.SFNodeWitness | wire.SFNodeCF
		m.Step(now, protocol.PeerConnected{Info: protocol.PeerInfo{ID: 1, Addr: "a:1", Services: services}})
		m.Step(now, protocol.HeadersReceived{Peer: 1})
		require.Equal(t, enough, m.Progress().HeadersCurrent)
	}
}
