package shell_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"thistle/app"
	"thistle/ui/kit/kittest"
	"thistle/ui/shell"

	"github.com/stretchr/testify/require"
)

// quiet makes sure that nothing of a closed window goes on.
func quiet(t *testing.T) {
	t.Helper()
	left := ""
	require.Eventually(t, func() bool {
		buf := make([]byte, 1<<20)
		left = ""
		for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")[1:] {
			if strings.Contains(g, "thistle/ui/shell.(") || strings.Contains(g, "thistle/app.(") || strings.Contains(g, "spv.(*Client)") {
				left += g + "\n\n"
			}
		}
		return left == ""
	}, patience, 10*time.Millisecond, "still running:\n%s", &left)
}

func (d *desk) unlocks() {
	d.t.Helper()
	d.types("lock.password", password)
	d.taps("lock.unlock")
	d.sees("overview.balance")
}

// TestClosingAnywhere closes the window at moments when something is under way,
// and opens it again.
func TestClosingAnywhere(t *testing.T) {
	dir, net := t.TempDir(), network(t, 2)

	d := sit(t, dir, net) // while it opens
	d.closes()
	quiet(t)

	d = sit(t, dir, net) // while a wallet is made
	d.sees("onboard.new")
	d.creates("Savings")
	d.taps("demo.pay")
	d.reads("overview.arriving", "arriving")
	d.taps("demo.mine")
	d.until("the payment is confirmed", func() bool { return !kittest.Has(t, d.c, "overview.arriving") })
	d.closes()
	quiet(t)

	d = sit(t, dir, net) // while it is unlocked
	d.types("lock.password", password)
	d.taps("lock.unlock")
	d.closes()
	quiet(t)

	d = sit(t, dir, net) // while it syncs
	require.NoError(t, net.Mine(t.Context(), 50))
	d.unlocks()
	d.closes()
	quiet(t)

	d = sit(t, dir, net) // while a payment is signed
	d.unlocks()
	d.reads("rail.sync", "In sync")
	before := d.text("overview.balance")
	d.taps("nav.send")
	d.types("send.to", net.address(t))
	d.types("send.amount", "0.01")
	d.taps("send.review")
	d.types("send.password", password)
	kittest.Tap(t, d.c, "send.confirm")
	d.closes()
	quiet(t)

	d = sit(t, dir, net) // either it was sent, or it was not
	d.unlocks()
	d.reads("rail.sync", "In sync")
	if d.text("overview.balance") != before {
		d.finds("Outgoing")
	}
}

// TestClosingWhileAWalletIsMade leaves a whole wallet, or none.
func TestClosingWhileAWalletIsMade(t *testing.T) {
	dir, net := t.TempDir(), network(t, 1)
	d := sit(t, dir, net)
	d.prepares("Savings")
	kittest.Tap(t, d.c, "onboard.create")
	d.closes()
	quiet(t)

	d = sit(t, dir, net)
	d.until("the wizard or the lock screen is shown", func() bool {
		return kittest.Has(t, d.c, "onboard.new") || kittest.Has(t, d.c, "lock.password")
	})
	if kittest.Has(t, d.c, "lock.password") {
		d.unlocks()
	}
}

func TestQuitClosesTheWindow(t *testing.T) {
	d := sit(t, t.TempDir(), network(t, 1))
	d.creates("Savings")
	d.menu("Wallet", "Quit")
	require.False(t, kittest.Has(t, d.c, "overview.balance"))
	d.until("the window is closed", d.quit.Load)
	quiet(t)
}

// TestTryAgain shows why nothing can be opened, and opens it when it can.
func TestTryAgain(t *testing.T) {
	dir, net := t.TempDir(), network(t, 1)
	var other *app.Session
	d := sit(t, dir, net, func(o *shell.Options) {
		env, err := o.Env("regtest")
		require.NoError(t, err)
		other, err = app.Begin(env) // another program is there already
		require.NoError(t, err)
	})
	d.sees("shell.again")
	require.Contains(t, d.text("shell.message"), "in use")
	require.NoError(t, other.End())
	d.taps("shell.again")
	d.sees("onboard.new")
}

func TestAPracticeNetworkThatDoesNotStart(t *testing.T) {
	net := network(t, 1)
	tries := 0
	d := sit(t, t.TempDir(), net, func(o *shell.Options) {
		o.Demo = func(context.Context, func(string)) (shell.Demo, error) {
			if tries++; tries == 1 {
				return nil, errors.New("no port is free")
			}
			return net, nil
		}
	})
	d.sees("shell.again")
	require.Contains(t, d.text("shell.message"), "no port is free")
	d.taps("shell.again")
	d.sees("onboard.new")
}
