//go:build e2e

package cli_test

import (
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"thistle/ui/cli/e2etest"

	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// weights say how far a message of the node carries a sync.
var weights = map[string]int{"headers": 40, "cfheaders": 40, "cfilter": 1, "block": 20}

// TestE2EKill kills the wallet again and again while it syncs, each time a
// moment after the node has sent so much, and expects the next start to go on
// as if nothing had been.
func TestE2EKill(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))

	a := e2etest.StartNode(t, bins, e2etest.NodeOptions{})
	proxy := e2etest.NewProxy(t, a.Addr)
	home := e2etest.NewHome(t, bins, proxy.Addr)
	payer := &payer{node: a, faucet: e2etest.NewFaucet(t, a, 5), account: e2etest.NewAccount(t, create(t, home))}
	payer.pay(3000, 30)

	extended := 0
	for i := range 12 {
		least, span := 1, 60 // among headers and filter headers
		if i >= 4 {
			least, span = 50, 450
		}
		left := least + dice.IntN(span)
		moment := time.Duration(dice.Int64N(int64(10 * time.Millisecond)))
		watch := home.Start("watch")
		proxy.OnAnswer(func(command string) {
			before := left
			left -= weights[command]
			if before > 0 && left <= 0 {
				time.AfterFunc(moment, watch.Strike)
			}
		})
		watch.Follow(func(e e2etest.Event) {
			if e.Event == "synced" && e.Hash == a.TipHash().String() { // more to do
				payer.pay(60, 6)
				extended++
			}
		})
		require.Equal(t, -1, watch.Wait(), "it is killed, and no sooner")
	}
	proxy.OnAnswer(nil)
	t.Logf("the chain was made longer %d times", extended)

	var synced e2etest.Synced
	result := home.Get(&synced, "sync")
	require.Empty(t, string(result.Stderr), "nothing was damaged")
	require.Equal(t, a.TipHash().String(), synced.Hash)
	require.Equal(t, [][2]int32{{1, a.Height()}}, synced.Coverage)
	require.Greater(t, len(payer.want), 100)
	requireHistory(t, home, payer.want)
	require.Empty(t, setAside(t, home))

	killWhileSending(t, a, proxy, home)
}

// setAside lists the files that were renamed because they were damaged:
// chain.db.damaged-1, say.
func setAside(t *testing.T, home *e2etest.Home) []string {
	t.Helper()
	var list []string
	require.NoError(t, filepath.WalkDir(home.Dir, func(path string, _ fs.DirEntry, err error) error {
		if asideName.MatchString(path) {
			list = append(list, filepath.Base(path))
		}
		return err
	}))
	return list
}

var asideName = regexp.MustCompile(`\.[a-z]+-[0-9]+$`)

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

// payer makes payments that a wallet must find.
type payer struct {
	node    *e2etest.Node
	faucet  *e2etest.Faucet
	account *e2etest.Account
	want    []payment // in the order of the chain
	index   uint32    // of the next address
	last    *wire.MsgTx
}

// pay finds so many blocks; every so often one pays the account's next address,
// and after five of them one spends what was paid last.
func (p *payer) pay(blocks, every int) {
	lists := make([][]*wire.MsgTx, blocks)
	height := p.node.Height()
	for i := range lists {
		height++
		switch {
		case i%every == every/2:
			amount := int64(100_000 + i)
			p.last = p.faucet.Pay(amount, p.account.External(p.index))
			lists[i] = append(lists[i], p.last)
			p.want = append(p.want, payment{p.last.TxHash().String(), height, amount})
			p.index++
		case i%(every*5) == every*5-1:
			const out, fee = 20_000, 500
			tx := p.account.SpendExternal(p.index-1, p.last, 0, p.faucet.Script, out, fee, p.index/5)
			lists[i] = append(lists[i], tx)
			p.want = append(p.want, payment{tx.TxHash().String(), height, -out - fee})
		}
	}
	p.node.MineAll(lists, nil)
}

// requireHistory compares balance and history with what was paid, and returns
// the history.
func requireHistory(t *testing.T, home *e2etest.Home, want []payment) []e2etest.Payment {
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
	return history
}
