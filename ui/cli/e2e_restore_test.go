//go:build e2e

package cli_test

import (
	"testing"

	"thistle/ui/cli/e2etest"

	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
	"github.com/tyler-smith/go-bip39"
)

// plan is a chain in the making: what is to be in which block.
type plan struct {
	lists [][]*wire.MsgTx
	first int32 // height of lists[0]
	want  map[*e2etest.Account][]payment
}

func newPlan(n *e2etest.Node, last int32) *plan {
	first := n.Height() + 1
	return &plan{lists: make([][]*wire.MsgTx, last-first+1), first: first, want: make(map[*e2etest.Account][]payment)}
}

// put adds a transaction whose effect on an account is amount. Of one account
// it is called in the order of heights.
func (p *plan) put(height int32, tx *wire.MsgTx, account *e2etest.Account, amount int64) {
	p.lists[height-p.first] = append(p.lists[height-p.first], tx)
	p.want[account] = append(p.want[account], payment{tx.TxHash().String(), height, amount})
}

// TestE2ERestore finds every satoshi of a wallet again from its words, paid in
// an order that no look-ahead foresees; and of a second one in the same folder
// that is older than what the first one needed.
func TestE2ERestore(t *testing.T) {
	t.Parallel()
	a := e2etest.StartNode(t, bins, e2etest.NodeOptions{})
	faucet := e2etest.NewFaucet(t, a, 10)
	original := e2etest.NewHome(t, bins, a.Addr)
	words := create(t, original)
	young := e2etest.NewAccount(t, words)
	entropy, err := bip39.NewEntropy(256)
	require.NoError(t, err)
	oldWords, err := bip39.NewMnemonic(entropy)
	require.NoError(t, err)
	old := e2etest.NewAccount(t, oldWords)

	p := newPlan(a, 3000)
	pay := func(height int32, account *e2etest.Account, script []byte, amount int64) *wire.MsgTx {
		tx := faucet.Pay(amount, script)
		p.put(height, tx, account, amount)
		return tx
	}
	spend := func(height int32, account *e2etest.Account, index uint32, tx *wire.MsgTx, amount int64, change uint32) {
		const fee = 700
		p.put(height, account.SpendExternal(index, tx, 0, faucet.Script, amount, fee, change), account, -amount-fee)
	}
	first := pay(120, old, old.External(0), 11_000_000)
	pay(121, old, old.Internal(99), 1_000)
	spend(500, old, 0, first, 1_000_000, 0)
	pay(883, old, old.External(5), 77_777) // the last block that the younger wallet never asks about
	pay(2990, old, old.External(90), 1_234)

	// The look-ahead is 100. 200 is within it once 130 is known, that once 60
	// is; each is paid before the one that leads to it, and two are spent before.
	pay(884, young, young.External(25), 25_000)
	pay(885, young, young.External(10), 10_000)
	deep := pay(1050, young, young.External(200), 2_000_000)
	pay(1051, young, young.External(130), 130_000)
	pay(1100, young, young.Internal(125), 125_000)
	spend(1150, young, 200, deep, 300_000, 230)
	pay(1200, young, young.External(60), 60_000)
	pay(1300, young, young.Internal(40), 40_000)
	pay(1300, young, young.Internal(3), 3_000)
	pay(1301, young, young.External(25), 26_000) // once more, and others beside
	both := faucet.Pay(5_000, young.External(61), young.Internal(61), young.External(61), faucet.Script)
	p.put(2999, both, young, 15_000)
	a.MineAll(p.lists, nil)
	require.EqualValues(t, 3000, a.Height())

	var sent e2etest.Sent
	original.Get(&sent, "send", e2etest.AddressOf(t, faucet.Script), "0.0105", "--fee-rate", "1.5",
		"--to", e2etest.AddressOf(t, old.External(6))+"=0.0002")
	require.Equal(t, "acknowledged", sent.State, "nobody is there to listen to")
	require.Zero(t, sent.Echoed)
	require.EqualValues(t, 1_070_000, sent.Amount)
	a.AwaitInPool(txID(t, sent.TxID))
	a.MinePool()
	p.want[young] = append(p.want[young], payment{sent.TxID, 3001, -sent.Amount - sent.Fee})
	p.want[old] = append(p.want[old], payment{sent.TxID, 3001, 20_000})
	original.Sync()
	known := requireHistory(t, original, p.want[young])

	again := e2etest.NewHome(t, bins, a.Addr)
	again.Restore(words, "2900") // 2,016 blocks of margin make it 884
	require.Equal(t, [][2]int32{{884, 3001}}, again.Sync().Coverage)
	require.Equal(t, known, requireHistory(t, again, p.want[young]))
	next := again.Receive()
	require.Equal(t, "m/84'/1'/0'/0/201", next.Path, "no used address is handed out again")

	second := again.Named("second")
	restore(t, second, oldWords)
	require.Equal(t, [][2]int32{{1, 3001}}, second.Sync().Coverage)
	requireHistory(t, second, p.want[old])
	again.Sync()
	require.Equal(t, known[0].Balance, again.Balance().Confirmed)
	var wallets []struct{ Name string }
	again.Get(&wallets, "wallets")
	require.Equal(t, []struct{ Name string }{{"default"}, {"second"}}, wallets)
}
