package shell_test

import (
	"testing"
	"time"

	"thistle/app/units"
	"thistle/ui/kit"
	"thistle/ui/kit/kittest"
	"thistle/ui/present"
	"thistle/ui/shell"

	"github.com/stretchr/testify/require"
)

// rich makes a wallet with confirmed payments in it.
func (d *desk) rich(payments int) {
	d.t.Helper()
	d.creates("Savings")
	for i := range payments {
		d.taps("demo.pay")
		d.reads("demo.news", "paid you")
		d.reads("overview.arriving", present.Sum(2_500_000*units.Amount(i+1), present.Prefs{})[:5])
	}
	d.taps("demo.mine")
	d.until("all is confirmed", func() bool { return !kittest.Has(d.t, d.c, "overview.arriving") })
	d.reads("rail.sync", "In sync")
}

// confirms presses the button that signs and sends.
func (d *desk) confirms() {
	d.t.Helper()
	d.taps("demo.shop")
	d.taps("send.review")
	d.types("send.password", password)
	kittest.Tap(d.t, d.c, "send.confirm")
}

// TestLockingWhileSending: a payment is either not signed, or saved and announced,
// whenever the wallet is locked.
func TestLockingWhileSending(t *testing.T) {
	net := network(t, 2)
	d := sit(t, t.TempDir(), net)
	d.rich(3)
	for _, after := range []time.Duration{0, time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond, 60 * time.Millisecond} {
		before := d.text("overview.balance")
		d.confirms()
		<-time.After(after) // the signing comes to different points
		d.s.Lock()
		d.sees("lock.password")
		d.until("the wallet is closed", d.s.Locked)
		d.unlocks()
		d.reads("rail.sync", "In sync")
		if d.text("overview.balance") == before {
			require.Empty(t, net.nodes[0].Mempool(), "after %v", after)
			continue
		}
		t.Logf("after %v it was sent", after)
		d.finds("Coffee")
		d.until("both nodes have it", func() bool { return len(net.nodes[0].Mempool()) == 1 && len(net.nodes[1].Mempool()) == 1 })
		d.taps("demo.mine")
		d.reads("demo.news", "A block was found")
		d.reads("rail.sync", "In sync")
	}
}

// TestClosingWhileThePasswordChanges leaves the one or the other.
func TestClosingWhileThePasswordChanges(t *testing.T) {
	dir, net := t.TempDir(), network(t, 1)
	d := sit(t, dir, net)
	d.creates("Savings")
	d.s.ChangePassword([]byte(password), []byte("another password"), func(string) {})
	d.closes()
	quiet(t)
	d = sit(t, dir, net)
	d.types("lock.password", "another password")
	d.taps("lock.unlock")
	d.until("it opens or does not", func() bool {
		return kittest.Has(t, d.c, "overview.balance") || kittest.Has(t, d.c, "lock.problem")
	})
	if kittest.Has(t, d.c, "lock.problem") {
		d.unlocks()
	}
}

// TestLabelsBeingTyped are kept however the wallet is left.
func TestLabelsBeingTyped(t *testing.T) {
	dir, net := t.TempDir(), network(t, 1)
	d := sit(t, dir, net)
	d.rich(1)
	for label, leave := range map[string]func(){
		"by the menu":   func() { d.menu("Wallet", "Lock") },
		"by the rail":   func() { d.taps("rail.lock") },
		"for another":   func() { d.menu("Wallet", "New wallet…"); d.taps("onboard.leave") },
		"by the window": func() { d.menu("Wallet", "Quit"); d.until("the window closes", d.quit.Load); d = sit(t, dir, net) },
		"by a signal":   func() { d.s.Ended(); d.s.Close(); d = sit(t, dir, net) },
	} {
		d.taps("nav.history")
		d.until("the details are there", func() bool {
			return kittest.Has(t, d.c, "history.label") && kittest.Enabled(t, d.c, "history.label")
		})
		kittest.Focus(t, d.c, "history.label")
		d.types("history.label", label)
		leave()
		d.unlocks()
		d.finds(label)
		d.taps("nav.receive")
		d.until("an address is there", func() bool { return kittest.Has(t, d.c, "receive.address") && d.text("receive.address") != "" })
		kittest.Focus(t, d.c, "receive.label")
		d.types("receive.label", "For "+label)
		leave()
		d.unlocks()
		d.taps("nav.receive")
		d.until("the label is there", func() bool { return kittest.Get[*kit.Entry](t, d.c, "receive.label").Text == "For "+label })
		d.taps("nav.overview")
	}
}

// TestUnlockingTwice leaves one wallet open, the one that is shown.
func TestUnlockingTwice(t *testing.T) {
	d := sit(t, t.TempDir(), network(t, 1))
	d.creates("Savings")
	d.s.Lock()
	d.sees("lock.password")
	d.s.Unlock("Savings", []byte(password), func(string) {})
	d.s.Unlock("Savings", []byte(password), func(string) {})
	d.sees("overview.balance")
	d.until("the wallet is open", func() bool { return !d.s.Locked() })
	d.taps("demo.pay")
	d.reads("overview.arriving", "arriving")

	d.s.Lock()
	d.types("lock.password", password) // while the other is still being closed
	d.taps("lock.unlock")
	d.sees("overview.balance")
	d.taps("demo.mine")
	d.until("the payment is confirmed", func() bool { return !kittest.Has(t, d.c, "overview.arriving") })
}

// TestTheWizardForgets words that nobody looks at.
func TestTheWizardForgets(t *testing.T) {
	now := &clock{now: time.Now()}
	d := sit(t, t.TempDir(), network(t, 1), func(o *shell.Options) { o.Now = now.Now })
	passes := func(by time.Duration) {
		now.add(by)
		d.looks()
		d.looks()
	}
	d.taps("onboard.new")
	d.types("onboard.name", "Savings")
	d.taps("onboard.next")
	words := d.words()
	passes(9 * time.Minute)
	require.Equal(t, words, d.words(), "writing takes its time")
	passes(2 * time.Minute)
	d.sees("onboard.new")
	d.finds("Nothing was created")
	for _, o := range d.objects() {
		if said, ok := o.(interface{ Text() string }); ok {
			require.NotContains(t, said.Text(), words[0]+" "+words[1])
			require.NotEqual(t, words[0], said.Text())
		}
	}
	d.creates("Savings") // with other words
}
