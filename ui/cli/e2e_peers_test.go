//go:build e2e

package cli_test

import (
	"testing"
	"time"

	"thistle/ui/cli/e2etest"

	"github.com/stretchr/testify/require"
)

// TestE2EDeadPeers loses one node to a crash and one to a stall in mid-sync.
func TestE2EDeadPeers(t *testing.T) {
	t.Parallel()
	a := e2etest.StartNode(t, bins, e2etest.NodeOptions{})
	payer := &payer{node: a, faucet: e2etest.NewFaucet(t, a, 5)}
	crashing, stalling, healthy := e2etest.NewProxy(t, a.Addr), (*e2etest.Proxy)(nil), (*e2etest.Proxy)(nil)
	home := e2etest.NewHome(t, bins)
	payer.account = e2etest.NewAccount(t, home.Create().Mnemonic)
	payer.pay(4000, 100)
	b := e2etest.StartNode(t, bins, e2etest.NodeOptions{Follow: []*e2etest.Node{a}})
	c := e2etest.StartNode(t, bins, e2etest.NodeOptions{Follow: []*e2etest.Node{a}})
	stalling, healthy = e2etest.NewProxy(t, b.Addr), e2etest.NewProxy(t, c.Addr)
	height, tip := a.Height(), a.TipHash().String()

	after := func(filters int, act func()) func(string) {
		return func(command string) {
			if command == "cfilter" {
				if filters--; filters == 0 {
					act()
				}
			}
		}
	}
	crashing.OnAnswer(after(100, a.Strike))
	stalling.OnAnswer(after(150, b.Pause))
	home = home.With(crashing.Addr, stalling.Addr, healthy.Addr)
	var synced e2etest.Synced
	result := home.Get(&synced, "sync", "--timeout", "50s")
	require.Equal(t, height, synced.Height)
	require.Equal(t, tip, synced.Hash)
	require.True(t, a.Ended(), "the first node crashed in mid-sync")
	require.GreaterOrEqual(t, stalling.Answers()["cfilter"], 150, "the second stalled in mid-sync")
	require.Less(t, stalling.Answers()["cfilter"], 4000)
	require.Less(t, result.Took, 40*time.Second)
	requireHistory(t, home, payer.want)
}

// TestE2ESilence syncs, or fails to, with nodes that do not answer.
func TestE2ESilence(t *testing.T) {
	t.Parallel()
	home := e2etest.NewHome(t, bins)
	home.Create()

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
