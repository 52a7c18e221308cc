package shell_test

import (
	"strings"
	"testing"

	"thistle/app"
	"thistle/ui/kit"
	"thistle/ui/kit/kittest"
	"thistle/ui/present"
	"thistle/ui/shell"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"
)

// TestNewcomer is the way of somebody who sees the program for the first time.
func TestNewcomer(t *testing.T) {
	dir, net := t.TempDir(), network(t, 2)
	d := sit(t, dir, net)
	d.creates("Savings")
	d.reads("rail.sync", "In sync")
	require.Equal(t, "Savings\nPractice network", d.text("rail.wallet"))

	d.taps("demo.pay")
	d.reads("overview.arriving", "+0.025 000 00 arriving")
	d.taps("nav.receive")
	d.sees("receive.address")
	first := d.text("receive.address")
	d.taps("demo.mine")
	d.reads("demo.news", "A block was found")
	d.taps("nav.overview")
	d.reads("overview.balance", "0.025 000 00")
	d.until("nothing arrives any more", func() bool { return !kittest.Has(t, d.c, "overview.arriving") })

	d.taps("demo.pay") // to the address that was shown
	d.reads("overview.arriving", "arriving")
	d.taps("nav.receive")
	d.until("another address is offered", func() bool { return d.text("receive.address") != first })

	d.taps("demo.shop") // leads to the send screen, filled in
	d.until("a payment is proposed", func() bool { return kittest.Has(t, d.c, "send.to") && d.text("send.to") == net.address(t) })
	require.Equal(t, "0.01", d.text("send.amount"))
	require.Equal(t, "Coffee", d.text("send.label"))
	d.taps("send.review")
	d.types("send.password", "wrong")
	d.taps("send.confirm")
	d.finds("Wrong password")
	d.types("send.password", password)
	d.taps("send.confirm")
	d.reads("send.state", "Sent — seen by 2 peers")
	txid := strings.ReplaceAll(d.text("send.txid"), " ", "")
	require.Len(t, txid, 64)

	d.taps("demo.mine")
	d.reads("send.confirmations", "1 of 6 confirmations")
	d.taps("send.open")
	d.reads("history.state", "1 of 6 confirmations")
	d.sees("history.proof")
	d.sees("history.export")
	d.taps("nav.overview")
	balance := d.text("overview.balance")

	d.menu("Wallet", "Lock")
	d.sees("lock.password")
	d.types("lock.password", "wrong")
	d.taps("lock.unlock")
	d.reads("lock.problem", "Wrong password")
	d.types("lock.password", password)
	d.taps("lock.unlock")
	d.reads("overview.balance", balance)
	d.closes()

	d = sit(t, dir, net)
	d.types("lock.password", password)
	d.taps("lock.unlock")
	d.reads("overview.balance", balance)
	d.reads("rail.sync", "In sync")
	d.sees("overview.row." + txid)
}

// TestTheShopWaits: what a person typed is not replaced without asking, and
// nothing is sent without reviewing.
func TestTheShopWaits(t *testing.T) {
	net := network(t, 2)
	d := sit(t, t.TempDir(), net)
	d.creates("Savings")
	d.taps("nav.send")
	d.types("send.label", "Rent")
	d.taps("nav.overview")
	d.taps("demo.shop")
	d.reads("dialog.title", "Pay the shop instead?")
	d.taps("dialog.no")
	require.Equal(t, "Rent", d.text("send.label"))
	require.Empty(t, d.text("send.to"))
	d.taps("demo.shop")
	d.taps("dialog.yes")
	require.Equal(t, net.address(t), d.text("send.to"))
	require.Equal(t, "Coffee", d.text("send.label"))
	require.False(t, kittest.Has(t, d.c, "send.password"))
}

// TestTheStripIsForAnyWidth: the practice panel takes no more of a small window
// than it must, and its words can be read.
func TestTheStripIsForAnyWidth(t *testing.T) {
	d := sit(t, t.TempDir(), network(t, 1))
	d.creates("Savings")
	for _, width := range []float32{900, 1180} {
		d.s.Window().Resize(fyne.NewSize(width, 568))
		d.sees("demo.news")
		for _, id := range []string{"demo.pay", "demo.shop", "demo.mine", "demo.reorg"} {
			d.taps(id)
			d.until("it is done", func() bool { return kittest.Enabled(t, d.c, "demo.pay") })
			if kittest.Has(t, d.c, "dialog.no") {
				d.taps("dialog.no")
			}
		}
		require.LessOrEqual(t, kittest.Find(t, d.c, "demo.news").Size().Height, float32(40), "at %v", width)
		d.sees("send.review")
	}
}

// TestOnePeer says no more than one peer can know.
func TestOnePeer(t *testing.T) {
	net := network(t, 1)
	d := sit(t, t.TempDir(), net)
	d.creates("Savings")
	d.taps("demo.pay")
	d.reads("overview.arriving", "arriving")
	d.taps("demo.mine")
	d.until("the payment is confirmed", func() bool { return !kittest.Has(t, d.c, "overview.arriving") })
	d.taps("nav.send")
	d.types("send.to", net.address(t))
	d.types("send.amount", "0.01")
	d.taps("nav.peers")
	d.taps("nav.send") // what was typed is still there
	d.taps("send.review")
	d.types("send.password", password)
	d.taps("send.confirm")
	d.reads("send.state", "Sent to your only peer; no second peer can confirm it")
}

// TestReorg goes back and forth.
func TestReorg(t *testing.T) {
	d := sit(t, t.TempDir(), network(t, 2))
	d.creates("Savings")
	d.taps("demo.pay")
	d.reads("overview.arriving", "arriving")
	d.taps("demo.mine")
	d.until("the payment is confirmed", func() bool { return !kittest.Has(t, d.c, "overview.arriving") })
	d.taps("demo.reorg")
	d.reads("demo.news", "2 blocks were replaced by others")
	d.reads("overview.balance", "0.025 000 00")
}

// TestUncheckedWords nags until the words are checked.
func TestUncheckedWords(t *testing.T) {
	d := sit(t, t.TempDir(), network(t, 1))
	d.taps("onboard.new")
	d.taps("onboard.next")
	words := d.words()
	d.taps("onboard.written")
	d.taps("onboard.later")
	d.taps("onboard.later")
	d.types("onboard.password", password)
	d.types("onboard.repeat", password)
	d.taps("onboard.create")
	d.reads("shell.backup", "not checked yet")
	d.taps("shell.backup.check")
	d.types("settings.secret.password", password)
	d.taps("settings.secret.next")
	d.until("words are asked for", func() bool { return len(kittest.IDs(t, d.c, "settings.check.")) > 0 })
	d.answers("settings.check.", words)
	d.taps("settings.secret.next")
	d.until("the nagging ends", func() bool { return !kittest.Has(t, d.c, "shell.backup") })
}

// TestSettingsApplyAtOnce and are there the next time.
func TestSettingsApplyAtOnce(t *testing.T) {
	dir, net := t.TempDir(), network(t, 1)
	var env *app.Env // that the window works in
	keep := func(o *shell.Options) {
		build := o.Env
		o.Env = func(network string) (_ *app.Env, err error) {
			env, err = build(network)
			return env, err
		}
	}
	d := sit(t, dir, net, keep)
	d.creates("Savings")
	require.Zero(t, env.Data)
	d.taps("demo.pay")
	d.reads("overview.balance", "0.025 000 00 BTC")
	d.taps("overview.hide")
	d.reads("overview.balance", present.Hidden)
	d.taps("overview.hide")
	d.taps("nav.settings")
	d.taps("settings.unit.3")
	d.taps("nav.overview")
	d.reads("overview.balance", "2 500 000 sat")

	d.taps("nav.settings")
	kittest.Choose(t, d.c, "settings.filterlimit", "Up to 5 GB")
	d.taps("settings.audit")
	// The peer begins anew, and the wallet with it. What is announced meanwhile
	// nobody hears; what is mined is found.
	d.taps("demo.pay")
	d.reads("demo.news", "paid you")
	d.taps("demo.mine")
	d.taps("nav.overview")
	d.reads("overview.balance", "5 000 000 sat")
	d.taps("nav.settings")
	d.types("settings.old", password)
	d.types("settings.new", password+" staple")
	d.types("settings.repeat", password+" staple")
	d.taps("settings.change")
	d.until("the password is changed", func() bool { return kittest.Get[*kit.Entry](t, d.c, "settings.old").Text == "" })
	d.finds("changed")
	d.closes()

	d = sit(t, dir, net, keep)
	d.types("lock.password", password)
	d.taps("lock.unlock")
	d.reads("lock.problem", "Wrong password")
	require.Equal(t, app.Data{FilterLimit: 5e9, Audit: true}, env.Data)
	d.types("lock.password", password+" staple")
	d.taps("lock.unlock")
	d.reads("overview.balance", "5 000 000 sat")
}

// TestTwoWallets makes a second one, and goes back to the first.
func TestTwoWallets(t *testing.T) {
	d := sit(t, t.TempDir(), network(t, 1))
	d.creates("Savings")
	d.menu("Wallet", "New wallet…")
	d.creates("Travel")
	d.reads("rail.wallet", "Travel")
	d.taps("rail.wallet")
	d.sees("lock.password")
	require.Equal(t, "Travel", d.text("lock.wallet")) // the last one used
	kittest.Choose(t, d.c, "lock.wallet", "Savings")
	d.types("lock.password", password)
	d.taps("lock.unlock")
	d.reads("rail.wallet", "Savings")
}
