//go:build e2e

package cli_test

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"thistle/ui/cli/e2etest"

	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// TestE2EKill kills the wallet again and again while it syncs, each time a
// moment after the node has sent so many messages of a kind, and expects the
// next start to go on as if nothing had been.
func TestE2EKill(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))

	a := e2etest.StartNode(t, bins, e2etest.NodeOptions{})
	faucet := e2etest.NewFaucet(t, a, 5)
	proxy := e2etest.NewProxy(t, a.Addr)
	home := e2etest.NewHome(t, bins, proxy.Addr)
	account := e2etest.NewAccount(t, home.Create().Mnemonic)
	want := payMany(a, faucet, account, 3000, 30)
	require.Greater(t, len(want), 90)

	for _, kill := range []struct {
		answer string
		most   int
	}{
		{"headers", 1}, {"headers", 1}, {"cfcheckpt", 1}, {"cfheaders", 1}, {"cfheaders", 2},
		{"cfilter", 300}, {"cfilter", 300}, {"cfilter", 500}, {"cfilter", 500}, {"cfilter", 700},
		{"block", 5}, {"block", 10}, {"block", 10}, {"block", 20},
	} {
		left := 1 + dice.IntN(kill.most)
		moment := time.Duration(dice.Int64N(int64(30 * time.Millisecond)))
		watch := home.Start("watch")
		proxy.OnAnswer(func(command string) {
			if command == kill.answer {
				if left--; left == 0 {
					time.AfterFunc(moment, watch.Strike)
				}
			}
		})
		require.Equal(t, -1, watch.Wait(), "killed after %s", kill.answer)
	}
	proxy.OnAnswer(nil)

	var synced e2etest.Synced
	result := home.Get(&synced, "sync")
	require.Empty(t, string(result.Stderr), "nothing was damaged")
	require.Equal(t, a.TipHash().String(), synced.Hash)
	require.Equal(t, [][2]int32{{1, a.Height()}}, synced.Coverage)
	requireHistory(t, home, want)
	files, err := filepath.Glob(filepath.Join(home.Dir, "regtest", "*"))
	require.NoError(t, err)
	require.Len(t, files, 4, "chain.db filters lock wallets, nothing set aside: %v", files)

	killWhileSending(t, a, proxy, home)
}

// killWhileSending kills the wallet at the moment it hands its transaction
// over: it must know of it afterwards, and offer it again.
func killWhileSending(t *testing.T, a *e2etest.Node, proxy *e2etest.Proxy, home *e2etest.Home) {
	before := home.Balance().Total
	send := home.Start("send", e2etest.AddressOf(t, e2etest.NewAccount(t, someWords).External(0)), "0.001", "--label", "killed")
	proxy.OnSaid(func(command string) {
		if command == "inv" {
			send.Strike()
		}
	})
	require.Equal(t, -1, send.Wait())
	proxy.OnSaid(nil)
	entry := home.History()[0]
	require.Equal(t, "pending", entry.State)
	require.Equal(t, "killed", entry.Label)
	require.Equal(t, before+entry.Amount, home.Balance().Total)

	watch := home.Start("watch")
	a.AwaitInPool(txID(t, entry.TxID))
	a.MinePool()
	watch.AwaitTx("tx_confirmed", entry.TxID)
	watch.AwaitSynced(a)
	watch.Interrupt()
	balance := home.Balance()
	require.Equal(t, before+entry.Amount, balance.Confirmed)
	require.Equal(t, balance.Confirmed, balance.Total)
}

// someWords are those of a stranger.
const someWords = "legal winner thank year wave sausage worth useful legal winner thank yellow"

// payment is an entry of history as it must be.
type payment struct {
	txid   string
	height int32
	amount int64
}

// payMany finds so many blocks, every one of 30 of which pays the account, and
// some of which spend what was paid before. The result is in the order of the
// chain.
func payMany(n *e2etest.Node, f *e2etest.Faucet, account *e2etest.Account, blocks, every int) []payment {
	var want []payment
	var index uint32
	var last *wire.MsgTx
	lists := make([][]*wire.MsgTx, blocks)
	height := n.Height()
	for i := range lists {
		height++
		switch {
		case i%every == every/2:
			amount := int64(100_000 + i)
			last = f.Pay(amount, account.External(index))
			lists[i] = append(lists[i], last)
			want = append(want, payment{last.TxHash().String(), height, amount})
			index++
		case i%(every*5) == every*5-1 && last != nil:
			const out, fee = 20_000, 500
			tx := account.SpendExternal(index-1, last, 0, f.Script, out, fee, index/5)
			lists[i] = append(lists[i], tx)
			want = append(want, payment{tx.TxHash().String(), height, -out - fee})
		}
	}
	n.MineAll(lists, nil)
	return want
}

// requireHistory compares balance and history with what was paid.
func requireHistory(t *testing.T, home *e2etest.Home, want []payment) {
	t.Helper()
	var total int64
	for _, p := range want {
		total += p.amount
	}
	balance := home.Balance()
	require.Equal(t, total, balance.Confirmed)
	require.Equal(t, total, balance.Total)
	require.True(t, balance.Final)
	history := home.History()
	require.Len(t, history, len(want))
	var sum int64
	for i, p := range want {
		entry := history[len(history)-1-i]
		sum += p.amount
		require.Equal(t, "confirmed", entry.State)
		require.NotNil(t, entry.Height)
		require.Equal(t, p, payment{entry.TxID, *entry.Height, entry.Amount}, "entry %d", i)
		require.Equal(t, sum, entry.Balance, "balance after entry %d", i)
		require.True(t, entry.Proved)
	}
}
