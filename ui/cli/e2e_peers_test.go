//go:build e2e

package cli_test

import (
	"sync/atomic"
	"testing"
	"time"

	"thistle/ui/cli/e2etest"

	"github.com/stretchr/testify/require"
)

// TestE2EDeadPeers loses one node to a crash and one to a stall in mid-sync,
// and ends it with a third that answers only then.
func TestE2EDeadPeers(t *testing.T) {
	t.Parallel()
	a := e2etest.StartNode(t, bins, e2etest.NodeOptions{})
	home := e2etest.NewHome(t, bins)
	payer := &payer{node: a, faucet: e2etest.NewFaucet(t, a, 5), account: e2etest.NewAccount(t, create(t, home))}
	payer.pay(4000, 100)
	b := e2etest.StartNode(t, bins, e2etest.NodeOptions{Follow: []*e2etest.Node{a}})
	c := e2etest.StartNode(t, bins, e2etest.NodeOptions{Follow: []*e2etest.Node{a}})
	height, tip := a.Height(), a.TipHash().String()

	var gone atomic.Int32
	failing := func(n *e2etest.Node, filters int, fail func()) *e2etest.Proxy {
		p := e2etest.NewProxy(t, n.Addr)
		p.OnAnswer(func(command string) {
			if command != "cfilter" {
				return
			}
			if filters--; filters == 0 {
				fail()
				if gone.Add(1) == 2 {
					c.Resume()
				}
			}
		})
		return p
	}
	crashing, stalling := failing(a, 100, a.Strike), failing(b, 150, b.Pause)
	c.Pause()
	home = home.With(crashing.Addr, stalling.Addr, c.Addr)
	var synced e2etest.Synced
	result := home.Get(&synced, "sync", "--timeout", "50s")
	require.EqualValues(t, 2, gone.Load())
	require.Equal(t, height, synced.Height)
	require.Equal(t, tip, synced.Hash)
	require.True(t, a.Ended(), "the first node crashed")
	require.Less(t, result.Took, 45*time.Second)
	requireHistory(t, home, payer.want)
}

// TestE2ESilence syncs, or fails to, with nodes that do not answer.
func TestE2ESilence(t *testing.T) {
	t.Parallel()
	home := e2etest.NewHome(t, bins)
	create(t, home)

	// Nobody there, and one that never says a word.
	closed := home.With(e2etest.ClosedAddr(t))
	closed.Fail(3, "no_peers", "sync", "--timeout", "6s")
	silent := home.With(e2etest.Silent(t))
	began := time.Now()
	silent.Fail(3, "no_peers", "sync", "--timeout", "6s")
	require.Less(t, time.Since(began), 20*time.Second)

	// A node whose tip is two days old knows more, yet tells nothing.
	a := e2etest.StartNode(t, bins, e2etest.NodeOptions{})
	home = home.With(a.Addr)
	synced := home.Sync() // at height 0 it is silent too, but has nothing to tell
	require.Zero(t, synced.Height)
	a.MineOld(30, 48*time.Hour)
	home.Fail(3, "timeout", "sync", "--timeout", "6s")
	a.Mine(1, nil)
	require.EqualValues(t, 31, home.Sync().Height)

	// One that stops in the middle: what came before is kept.
	a.Mine(2500, nil)
	proxy := e2etest.NewProxy(t, a.Addr)
	proxy.OnAnswer(func(command string) {
		if command == "headers" {
			a.Pause()
		}
	})
	home.With(proxy.Addr).Fail(3, "timeout", "sync", "--timeout", "6s")
	a.Resume()
	var status struct {
		Height int32
		Final  bool
	}
	home.Get(&status, "status")
	require.EqualValues(t, 2031, status.Height)
	require.False(t, status.Final)
	require.EqualValues(t, 2531, home.Sync().Height)
}
