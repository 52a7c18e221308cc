//go:build e2e

package e2etest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
)

// Password opens all wallets of these tests.
const Password = "correct horse battery staple"

// Home is a data folder and the program that works in it.
type Home struct {
	// Dir is the data folder.
	Dir string
	// Connect are the only peers.
	Connect []string
	// Wallet is the wallet's name, the default one if empty.
	Wallet string
	// Host is where the program runs, here if nil.
	Host *Host

	t        testing.TB
	bins     Binaries
	password string // a file
}

// NewHome is a clean data folder.
func NewHome(t testing.TB, bins Binaries, connect ...string) *Home {
	t.Helper()
	h := &Home{t: t, bins: bins, Connect: connect, Dir: filepath.Join(t.TempDir(), "data")}
	h.password = h.File("password", Password+"\n")
	return h
}

// With is the same folder with other peers.
func (h *Home) With(connect ...string) *Home {
	c := *h
	c.Connect = connect
	return &c
}

// Named is the same folder with another wallet.
func (h *Home) Named(wallet string) *Home {
	c := *h
	c.Wallet = wallet
	return &c
}

// WithPassword is the same folder opened with another password.
func (h *Home) WithPassword(password string) *Home {
	c := *h
	c.password = h.File("other-password", password+"\n")
	return &c
}

// File writes a file for the program to read, outside its folder.
func (h *Home) File(name, text string) string {
	h.t.Helper()
	path := filepath.Join(h.t.TempDir(), name)
	require.NoError(h.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// WalletFile is the path of one of the wallet's files.
func (h *Home) WalletFile(name string) string {
	wallet := h.Wallet
	if wallet == "" {
		wallet = "default"
	}
	return filepath.Join(h.Dir, "regtest", "wallets", wallet, name)
}

func (h *Home) command(args []string) *exec.Cmd {
	global := []string{"--json", "--network", "regtest", "--datadir", h.Dir, "--password-file", h.password}
	if h.Wallet != "" {
		global = append(global, "--wallet", h.Wallet)
	}
	for _, addr := range h.Connect {
		global = append(global, "--connect", addr)
	}
	return h.Host.inside(exec.Command(h.bins.Thistle, append(global, args...)...))
}

// Result is what a command left behind.
type Result struct {
	Code           int
	Stdout, Stderr []byte
	Took           time.Duration
	User           time.Duration // of the processor
}

// Run runs a command to its end. Stdout must hold exactly one JSON value.
func (h *Home) Run(args ...string) Result {
	h.t.Helper()
	began := time.Now()
	cmd := h.command(args)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	p, err := start(h.t, "thistle "+args[0], cmd)
	require.NoError(h.t, err)
	r := Result{Code: p.Wait(), Stdout: stdout.Bytes(), Stderr: stderr.Bytes(), Took: time.Since(began), User: p.cmd.ProcessState.UserTime()}
	require.True(h.t, json.Valid(r.Stdout), "stdout of %q is one JSON value: %q, stderr %q", args, r.Stdout, r.Stderr)
	require.NotContains(h.t, stderr.String(), "panic:", "%q", args)
	require.NotContains(h.t, stderr.String(), "goroutine ", "%q", args)
	h.t.Logf("%-14s exit %d after %4.1f s, %4.1f s of the processor", args[0], r.Code, r.Took.Seconds(), r.User.Seconds())
	return r
}

// Get runs a command that must succeed and reads its result into value.
func (h *Home) Get(value any, args ...string) Result {
	h.t.Helper()
	r := h.Run(args...)
	require.Zero(h.t, r.Code, "%q: %s", args, r.Stdout)
	require.NoError(h.t, json.Unmarshal(r.Stdout, value), "%q: %s", args, r.Stdout)
	return r
}

// Fail runs a command that must fail, with this exit code and kind of error,
// and gives back its sentence.
func (h *Home) Fail(code int, kind string, args ...string) string {
	h.t.Helper()
	r := h.Run(args...)
	var failure struct {
		Error struct{ Kind, Message string }
	}
	require.NoError(h.t, json.Unmarshal(r.Stdout, &failure), "%q: %s", args, r.Stdout)
	require.Equal(h.t, kind, failure.Error.Kind, "%q: %s", args, r.Stdout)
	require.Equal(h.t, code, r.Code, "%q: %s", args, r.Stdout)
	require.NotEmpty(h.t, failure.Error.Message)
	require.NotContains(h.t, failure.Error.Message, "\n", "one sentence")
	return failure.Error.Message
}

// Create makes a wallet.
func (h *Home) Create() Created {
	h.t.Helper()
	var c Created
	h.Get(&c, "create")
	return c
}

// Restore restores a wallet from words; birthday as on the command line, empty
// for unknown.
func (h *Home) Restore(words, birthday string) {
	h.t.Helper()
	args := []string{"restore", "--mnemonic-file", h.File("words", words+"\n")}
	if birthday != "" {
		args = append(args, "--birthday", birthday)
	}
	var restored struct{ Wallet string }
	h.Get(&restored, args...)
}

// Sync brings the wallet up to date.
func (h *Home) Sync() Synced {
	h.t.Helper()
	var s Synced
	h.Get(&s, "sync")
	return s
}

// Balance is the wallet's balance.
func (h *Home) Balance() Balance {
	h.t.Helper()
	var b Balance
	h.Get(&b, "balance")
	require.Equal(h.t, b.Total, b.Confirmed+b.TrustedPending+b.UntrustedPending+b.Immature, "total is the sum")
	return b
}

// History is the wallet's history, newest first.
func (h *Home) History() []Payment {
	h.t.Helper()
	var list []Payment
	h.Get(&list, "history")
	return list
}

// Receive hands out an address.
func (h *Home) Receive() Receiving {
	h.t.Helper()
	var r Receiving
	h.Get(&r, "receive")
	return r
}

// Running is a command that keeps running and tells its news line by line.
type Running struct {
	*process
	news chan Event
	seen []Event
}

// Start starts a command that prints one JSON value per line.
func (h *Home) Start(args ...string) *Running {
	h.t.Helper()
	cmd := h.command(args)
	r := &Running{news: make(chan Event, 100_000)}
	var stderr bytes.Buffer
	lines := &lineWriter{take: func(line []byte) {
		var e Event
		if err := json.Unmarshal(line, &e); err != nil {
			e.Event = "not JSON"
		}
		e.Line = string(line)
		r.news <- e
	}}
	cmd.Stdout, cmd.Stderr = lines, &stderr
	var err error
	r.process, err = start(h.t, "thistle "+args[0], cmd)
	require.NoError(h.t, err)
	h.t.Cleanup(func() {
		if !h.t.Failed() {
			return
		}
		for len(r.news) > 0 {
			r.seen = append(r.seen, <-r.news)
		}
		var told strings.Builder
		for _, e := range r.seen[max(0, len(r.seen)-30):] {
			fmt.Fprintln(&told, e.Line)
		}
		h.t.Logf("%s told %d events, at last\n%sstderr: %s", r.name, len(r.seen), &told, stderr.Bytes())
	})
	return r
}

// Await waits for an event that pred accepts; those before it are passed over.
func (r *Running) Await(what string, pred func(Event) bool) Event {
	r.t.Helper()
	deadline := time.After(Patience)
	for {
		e, more := r.next(what, deadline)
		if !more {
			require.FailNow(r.t, "ended early", "%s, waiting for %s, ended: %v", r.name, what, r.cmd.ProcessState)
		}
		if pred(e) {
			return e
		}
	}
}

// Follow hands all events to take until the command ends.
func (r *Running) Follow(take func(Event)) {
	r.t.Helper()
	deadline := time.After(Patience)
	for {
		e, more := r.next("its end", deadline)
		if !more {
			return
		}
		take(e)
	}
}

// next gives the next event, and false when the command has ended and told all.
func (r *Running) next(what string, deadline <-chan time.Time) (Event, bool) {
	r.t.Helper()
	var e Event
	select {
	case e = <-r.news:
	case <-deadline:
		require.FailNow(r.t, "nothing came", "%s: waiting for %s", r.name, what)
	case <-r.done:
		select {
		case e = <-r.news:
		default:
			return e, false
		}
	}
	r.seen = append(r.seen, e)
	require.NotEqual(r.t, "not JSON", e.Event, e.Line)
	return e, true
}

// AwaitTx waits for an event about a transaction.
func (r *Running) AwaitTx(event, txid string) Event {
	r.t.Helper()
	return r.Await(event+" "+txid, func(e Event) bool { return e.Event == event && e.TxID == txid })
}

// AwaitAll waits for several events, in whatever order they come.
func (r *Running) AwaitAll(what string, preds ...func(Event) bool) {
	r.t.Helper()
	r.Await(what, func(e Event) bool {
		preds = slices.DeleteFunc(preds, func(pred func(Event) bool) bool { return pred(e) })
		return len(preds) == 0
	})
}

// Seen accepts a tx_seen.
func Seen(tx chainhash.Hash, amount int64) func(Event) bool {
	return func(e Event) bool { return e.Event == "tx_seen" && e.TxID == tx.String() && e.Amount == amount }
}

// Confirmed accepts a tx_confirmed.
func Confirmed(tx chainhash.Hash) func(Event) bool {
	return func(e Event) bool { return e.Event == "tx_confirmed" && e.TxID == tx.String() }
}

// Changed accepts a tx_changed to one of these states.
func Changed(tx chainhash.Hash, states ...string) func(Event) bool {
	return func(e Event) bool {
		return e.Event == "tx_changed" && e.TxID == tx.String() && slices.Contains(states, e.State)
	}
}

// SyncedTo accepts a synced at the node's present tip.
func SyncedTo(n *Node) func(Event) bool {
	tip := n.TipHash().String()
	return func(e Event) bool { return e.Event == "synced" && e.Hash == tip }
}

// AwaitSynced waits until the wallet knows all up to a node's tip.
func (r *Running) AwaitSynced(n *Node) Event {
	r.t.Helper()
	return r.Await("synced to the tip of "+n.name, SyncedTo(n))
}

// Interrupt ends the command as Ctrl-C does; its exit code must be 0.
func (r *Running) Interrupt() {
	r.t.Helper()
	r.signal(syscall.SIGINT)
	require.Zero(r.t, r.Wait(), "exit code of %s after an interrupt", r.name)
}

// lineWriter cuts what is written into lines.
type lineWriter struct {
	rest []byte
	take func([]byte)
}

func (w *lineWriter) Write(b []byte) (int, error) {
	w.rest = append(w.rest, b...)
	for {
		line, rest, whole := bytes.Cut(w.rest, []byte{'\n'})
		if !whole {
			return len(b), nil
		}
		w.take(line)
		w.rest = rest
	}
}
