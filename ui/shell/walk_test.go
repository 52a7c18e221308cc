package shell_test

import (
	"strings"
	"testing"

	"thistle/ui/kit/kittest"

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

	d.taps("nav.send")
	to := net.address(t)
	d.types("send.to", to)
	d.types("send.amount", "0.01")
	d.types("send.label", "Rent")
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
