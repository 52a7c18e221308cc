package shell_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"thistle/app"
	"thistle/ui/kit/kittest"
	"thistle/ui/onboard"
	"thistle/ui/shell"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
)

// TestNobodyToConnectTo makes and opens a wallet without a network.
func TestNobodyToConnectTo(t *testing.T) {
	d := sit(t, t.TempDir(), practice{}, func(o *shell.Options) { o.Demo = nil })
	d.creates("Savings")
	d.reads("rail.sync", "Not running")
	d.reads("rail.sync", "no peers to connect to")
	d.reads("shell.trouble", "No peers to connect to: regtest has no public peers")
	d.taps("shell.again") // in vain
	d.reads("shell.trouble", "No peers to connect to")
	d.taps("nav.receive")
	d.sees("receive.address")
	d.s.Lock()
	d.finds("No peers to connect to")
	d.unlocks()
	d.reads("shell.trouble", "No peers to connect to")
}

// TestPeersAreChosen: with somebody to connect to the peer begins; what the command
// line says stays in force whatever is chosen, and what cannot be is refused.
func TestPeersAreChosen(t *testing.T) {
	net := network(t, 2)
	one, two := net.Addrs()[0], net.Addrs()[1]
	over := func(p app.Peering) app.Peering { p.NoDNS = true; return p }
	dir := t.TempDir()
	d := sit(t, dir, practice{}, func(o *shell.Options) { o.Demo, o.Over = nil, over })
	d.creates("Savings")
	d.reads("rail.sync", "no peers to connect to")
	d.taps("nav.peers")
	d.reads("peers.health.words", "not running")
	d.taps("peers.add")
	d.types("peers.add.address", "x.onion:1")
	d.taps("dialog.yes")
	d.reads("peers.add.hint", "no peer")
	d.types("peers.add.address", one)
	d.taps("peers.add.only")
	d.taps("dialog.yes")
	d.sees("peers.row." + one)
	d.reads("peers.health.words", "as you chose")
	d.until("the banner is gone", func() bool { return !kittest.Has(t, d.c, "shell.trouble") })
	d.taps("nav.settings")
	d.types("settings.connect", two)
	d.taps("settings.connect.apply")
	d.reads("settings.overruled", "command line")
	d.taps("nav.peers")
	d.sees("peers.row." + two)
	d.until("the other has gone", func() bool { return !kittest.Has(t, d.c, "peers.row."+one) })
	d.taps("peers.row." + two)
	d.taps("peers.ban")
	d.reads("peers.bans", "1 refused")
	d.until("who is refused has gone", func() bool { return !kittest.Has(t, d.c, "peers.row."+two) })
	d.taps("peers.bans")
	d.taps(kittest.IDs(t, d.c, "peers.unban.")[0])
	d.until("nobody is refused", func() bool { return !kittest.Has(t, d.c, "peers.bans") })
	d.s.Close()
	kept, err := app.LoadSettings(dir, "regtest")
	require.NoError(t, err)
	require.Equal(t, app.Peering{}, kept.Peering, "what the command line says is not kept")
}

// TestPeersAreChosenInTime: somebody to connect to is named after the peer has
// ended for want of any, and before that is known.
func TestPeersAreChosenInTime(t *testing.T) {
	net := network(t, 1)
	var named atomic.Bool
	over := func(p app.Peering) app.Peering {
		if named.Load() {
			p.Connect = net.Addrs()
		}
		return p
	}
	failed := &slow{before: make(chan func())}
	d := sit(t, t.TempDir(), practice{}, func(o *shell.Options) { o.Demo, o.Over, o.Log = nil, over, slog.New(failed) })
	failed.before <- func() {
		named.Store(true)
		d.s.Repeer()
	}
	d.creates("Savings")
	d.reads("rail.sync", "In sync")
}

// slow is a log that lets something happen before the first error is noted.
type slow struct {
	before chan func()
	once   sync.Once
}

func (l *slow) Enabled(context.Context, slog.Level) bool { return true }
func (l *slow) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *slow) WithGroup(string) slog.Handler            { return l }
func (l *slow) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "run peer" {
		l.once.Do(func() { (<-l.before)() })
	}
	return nil
}

// TestThePeerFails takes the folder of the filters away while a wallet is open,
// and gives it back.
func TestThePeerFails(t *testing.T) {
	dir, net := t.TempDir(), network(t, 2)
	d := sit(t, dir, net)
	d.creates("Savings")
	d.reads("rail.sync", "In sync")
	filters := filepath.Join(dir, "regtest", "filters")
	require.DirExists(t, filters)
	require.NoError(t, os.RemoveAll(filters))
	require.NoError(t, os.WriteFile(filters, nil, 0o600))
	require.NoError(t, net.Mine(t.Context(), 2100)) // into another segment
	d.sees("shell.trouble")
	d.reads("rail.sync", "Not running")
	require.NoError(t, os.Remove(filters))
	d.taps("shell.again")
	d.reads("rail.sync", "In sync")
	d.until("the banner is gone", func() bool { return !kittest.Has(t, d.c, "shell.trouble") })
	d.taps("demo.pay")
	d.reads("overview.arriving", "arriving")
}

// TestTheWalletFails says so, also if it did before its screens were shown, and
// goes on when it can.
func TestTheWalletFails(t *testing.T) {
	d := sit(t, t.TempDir(), network(t, 2))
	d.creates("Savings")
	full := &app.Error{Op: "save", Kind: app.KindDiskFull}
	d.s.FailWallet(full)
	d.reads("shell.trouble", "The disk is full")
	d.taps("nav.receive")
	d.reads("shell.trouble", "The disk is full")
	d.taps("shell.again")
	d.until("the banner is gone", func() bool { return !kittest.Has(t, d.c, "shell.trouble") })
	d.taps("demo.pay")
	d.taps("nav.overview")
	d.reads("overview.arriving", "arriving")

	d.s.FailWallet(full)
	d.s.Lock()
	d.unlocks()
	require.False(t, kittest.Has(t, d.c, "shell.trouble"), "that was another stay")
}

// TestPaymentsInTrouble are told of at once above every screen, and shown.
func TestPaymentsInTrouble(t *testing.T) {
	d := sit(t, t.TempDir(), network(t, 1))
	d.creates("Savings")
	d.taps("demo.pay")
	d.reads("overview.arriving", "arriving")
	var txid chainhash.Hash
	d.until("the payment is listed", func() bool {
		rows := kittest.IDs(t, d.c, "overview.row.")
		return len(rows) == 1 && chainhash.Decode(&txid, strings.TrimPrefix(rows[0], "overview.row.")) == nil
	})
	d.taps("nav.peers")
	d.s.Hear(app.DoubleSpend{TxID: txid, Rival: chainhash.Hash{1}})
	d.reads("shell.payment", "may never arrive. Do not rely on it")
	d.s.Hear(app.Propagated{TxID: txid}) // both are passed on
	d.reads("shell.payment", "may never arrive")
	d.taps("shell.payment.show")
	d.sees("history.state")
	require.False(t, kittest.Has(t, d.c, "shell.payment"))
	d.s.Hear(app.Stalled{TxID: txid, Why: []app.StallReason{app.StallFeeLow}})
	d.reads("shell.payment", "A payment of yours is probably not accepted: its fee")
	d.s.Hear(app.Propagated{TxID: txid})
	d.until("it has passed", func() bool { return !kittest.Has(t, d.c, "shell.payment") })
	d.s.Hear(app.DoubleSpend{TxID: txid, Ours: true})
	d.taps("shell.payment.read")
	require.False(t, kittest.Has(t, d.c, "shell.payment"))
}

// TestWarningsPass: a banner goes when what it says is over, and comes again.
func TestWarningsPass(t *testing.T) {
	d := sit(t, t.TempDir(), network(t, 1))
	d.creates("Savings")
	d.reads("rail.sync", "In sync")
	d.s.Hear(app.Warning{Kind: "filter_lie", Text: "A lie."})
	d.taps("shell.warning.read")
	d.s.Hear(app.Warning{Kind: "node_stuck", Text: "Your node stands still."})
	d.until("it is over", func() bool { return d.s.Warned() == "" })
	require.False(t, kittest.Has(t, d.c, "shell.warning"))
	d.s.Hear(app.Warning{Kind: "filter_lie", Text: "A lie."})
	d.reads("shell.warning", "A lie.")
}

// TestAlertsComeBack: what was told of a payment is told again by a window that
// was not there.
func TestAlertsComeBack(t *testing.T) {
	dir, net := t.TempDir(), network(t, 1)
	d := sit(t, dir, net)
	d.creates("Savings")
	d.taps("demo.pay")
	d.reads("overview.arriving", "arriving")
	var txid chainhash.Hash
	d.until("the payment is listed", func() bool {
		rows := kittest.IDs(t, d.c, "overview.row.")
		return len(rows) == 1 && chainhash.Decode(&txid, strings.TrimPrefix(rows[0], "overview.row.")) == nil
	})
	_, err := net.nodes[0].Replace(txid)
	require.NoError(t, err)
	d.reads("shell.payment", "may never arrive")
	d.s.Close()
	d = sit(t, dir, net)
	d.unlocks()
	d.reads("shell.payment", "may never arrive")
	d.taps("demo.mine")
	d.reads("shell.payment", "will not arrive")
	d.taps("shell.payment.read")
}

// TestSecretsAreWiped also where nothing is done with them.
func TestSecretsAreWiped(t *testing.T) {
	d := sit(t, t.TempDir(), network(t, 1))
	d.creates("Savings")
	secrets := func() (list [][]byte) {
		list = [][]byte{[]byte("one password"), []byte("two password"), []byte("three"), []byte("four"), []byte("five")}
		d.s.Unlock("Savings", list[0], func(string) {})
		d.s.ChangePassword(list[1], list[2], func(string) {})
		d.s.Words(list[3], func([]byte, string) {})
		d.s.Confirm(list[4])
		return list
	}
	wiped := func(list [][]byte) bool {
		for _, secret := range list {
			if string(secret) != string(make([]byte, len(secret))) {
				return false
			}
		}
		return true
	}
	d.s.Close()
	require.True(t, wiped(secrets()), "the window is closed")
	words, key := []byte("word word word"), []byte("password")
	d.s.Create(onboard.NewWallet{Name: "x", Words: words, Password: key}, func(string) {})
	require.True(t, wiped([][]byte{words, key}))
	words, key, phrase := []byte("word word word"), []byte("password"), []byte("phrase")
	d.s.Restore(onboard.OldWallet{Name: "x", Words: words, Password: key, Passphrase: phrase}, func(string) {})
	require.True(t, wiped([][]byte{words, key, phrase}))
}
