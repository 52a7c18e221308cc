package shell_test

import (
	"context"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"thistle/app"
	"thistle/app/descriptor"
	"thistle/app/units"
	"thistle/keystore/keystoretest"
	"thistle/spv/chain"
	"thistle/spv/sandbox"
	"thistle/ui/kit"
	"thistle/ui/kit/kittest"
	"thistle/ui/shell"

	"fyne.io/fyne/v2"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"
)

const (
	// patience bounds every wait.
	patience = 15 * time.Second
	password = "correct horse battery"
	// tickEvery is how often the window's clock ticks while a test waits.
	tickEvery = time.Second
)

// queue is what would be the toolkit's: functions that wait for the window's
// goroutine, which is the test's.
type queue struct {
	mu   sync.Mutex
	fns  []func()
	more chan struct{}
}

func (q *queue) put(f func()) {
	q.mu.Lock()
	q.fns = append(q.fns, f)
	q.mu.Unlock()
	select {
	case q.more <- struct{}{}:
	default:
	}
}

// run runs what waits.
func (q *queue) run() {
	q.mu.Lock()
	fns := q.fns
	q.fns = nil
	q.mu.Unlock()
	for _, f := range fns {
		f()
	}
}

// clock is a clock that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// practice is a network as the demo has it.
type practice struct{ nodes sandbox.Cluster }

func (p practice) Addrs() []string { return p.nodes.Addrs() }
func (p practice) Close() error    { return nil } // the test's

func (p practice) Mine(ctx context.Context, n int) error {
	if _, err := p.nodes[0].Mine(n, nil); err != nil {
		return err
	}
	return p.nodes.Synced(ctx)
}

func (p practice) Pay(_ context.Context, address string, amount units.Amount) (string, error) {
	script, err := descriptor.ParseAddress(address, &chaincfg.RegressionNetParams)
	if err != nil {
		return "", err
	}
	txid, err := p.nodes[0].Pay(script, int64(amount))
	return txid.String(), err
}

func (p practice) Reorg(ctx context.Context, depth int) error {
	if err := p.nodes[0].Reorg(depth, depth+1); err != nil {
		return err
	}
	return p.nodes.Synced(ctx)
}

// Address is one of the last node's.
func (p practice) Address(context.Context) (string, error) {
	return descriptor.AddressOf(p.nodes[len(p.nodes)-1].FaucetScript(), &chaincfg.RegressionNetParams)
}

func (p practice) address(t *testing.T) string {
	t.Helper()
	a, err := p.Address(t.Context())
	require.NoError(t, err)
	return a
}

func network(t *testing.T, nodes int) practice {
	t.Helper()
	c, err := sandbox.Network(t.Context(), nodes)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, c.Close())
		// The toolkit keeps closed windows, and these what they were made for. The
		// more is kept, the longer it takes to overwrite what is free.
		clear(c)
	})
	return practice{c}
}

// desk is a person before the window.
type desk struct {
	t    *testing.T
	q    *queue
	s    *shell.Shell
	c    fyne.Canvas
	o    shell.Options
	tick chan time.Time
	quit atomic.Bool // the toolkit was asked to end
}

// sit opens the window on a network, in a folder.
func sit(t *testing.T, dir string, net practice, change ...func(*shell.Options)) *desk {
	t.Helper()
	d := &desk{t: t, q: &queue{more: make(chan struct{}, 1)}, tick: make(chan time.Time)}
	params, err := chain.ParamsFor(&chaincfg.RegressionNetParams, nil)
	require.NoError(t, err)
	d.o = shell.Options{
		Env: func(network string) (*app.Env, error) {
			return &app.Env{DataDir: dir, Network: network, Params: params, Peering: app.Peering{NoDNS: true}, Keys: keystoretest.CheapOptions()}, nil
		},
		Network: "regtest", DataDir: dir, Dispatch: d.q.put, Tick: d.tick, Quit: func() { d.quit.Store(true) },
		Demo: func(context.Context, func(string)) (shell.Demo, error) { return net, nil },
	}
	for _, f := range change {
		f(&d.o)
	}
	d.s = shell.New(kittest.App(t, kit.Light), d.o)
	d.c = d.s.Window().Canvas()
	t.Cleanup(d.s.Close)
	return d
}

// until waits for something to be true, drawing meanwhile.
func (d *desk) until(what string, ok func() bool) {
	d.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	slow := time.NewTicker(tickEvery)
	defer slow.Stop()
	for {
		d.q.run()
		if ok() {
			return
		}
		select {
		case <-d.q.more:
		case <-slow.C:
			d.ticks()
		case <-deadline.C:
			buf := make([]byte, 1<<16)
			d.t.Fatalf("waited in vain: %s\non the window:\n%s\n\n%s", what, kittest.Words(d.t, d.c), buf[:runtime.Stack(buf, true)])
		}
	}
}

// ticks lets the window look at its clock, unless it is busy.
func (d *desk) ticks() {
	select {
	case d.tick <- time.Time{}:
	default:
	}
}

// sees waits for a widget.
func (d *desk) sees(id string) {
	d.t.Helper()
	d.until(id+" is shown", func() bool { return kittest.Has(d.t, d.c, id) })
}

// reads waits until a widget says something.
func (d *desk) reads(id, words string) {
	d.t.Helper()
	d.until(id+" says "+words, func() bool {
		return kittest.Has(d.t, d.c, id) && strings.Contains(plain(kittest.Text(d.t, d.c, id)), words)
	})
}

// finds waits until something can be read anywhere on the window.
func (d *desk) finds(words string) {
	d.t.Helper()
	d.until("the window says "+words, func() bool { return strings.Contains(plain(kittest.Words(d.t, d.c)), words) })
}

// plain takes narrow spaces for spaces.
func plain(s string) string { return strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(s) }

// taps presses a widget, once it is there and can be pressed.
func (d *desk) taps(id string) {
	d.t.Helper()
	d.until(id+" can be pressed", func() bool { return kittest.Has(d.t, d.c, id) && kittest.Enabled(d.t, d.c, id) })
	kittest.Tap(d.t, d.c, id)
	d.q.run()
}

func (d *desk) types(id, text string) {
	d.t.Helper()
	d.sees(id)
	kittest.Type(d.t, d.c, id, text)
	d.q.run()
}

// text is what a widget says now.
func (d *desk) text(id string) string {
	d.t.Helper()
	d.sees(id)
	return plain(kittest.Text(d.t, d.c, id))
}

// menu chooses from the main menu.
func (d *desk) menu(menu, label string) {
	d.t.Helper()
	for _, m := range d.s.Window().MainMenu().Items {
		for _, i := range m.Items {
			if m.Label == menu && i.Label == label {
				i.Action()
				d.q.run()
				return
			}
		}
	}
	d.t.Fatalf("no menu entry %s/%s", menu, label)
}

// creates makes a wallet by the wizard, and returns its words.
func (d *desk) creates(name string) []string {
	d.t.Helper()
	words := d.prepares(name)
	d.taps("onboard.create")
	d.sees("overview.balance")
	return words
}

// prepares goes through the wizard up to its last button.
func (d *desk) prepares(name string) []string {
	d.t.Helper()
	d.taps("onboard.new")
	d.types("onboard.name", name)
	d.taps("onboard.next")
	words := d.words()
	d.taps("onboard.written")
	d.until("words are asked for", func() bool { return len(kittest.IDs(d.t, d.c, "onboard.check.")) > 0 })
	d.answers("onboard.check.", words)
	d.taps("onboard.next")
	d.types("onboard.password", password)
	d.types("onboard.repeat", password)
	return words
}

// words are those that the wizard shows.
func (d *desk) words() (words []string) {
	d.t.Helper()
	d.until("words are shown", func() bool {
		return kittest.Has(d.t, d.c, "onboard.word.12") && kittest.Text(d.t, d.c, "onboard.word.12") != ""
	})
	for _, id := range kittest.IDs(d.t, d.c, "onboard.word.") {
		words = append(words, lastWord(d.text(id)))
	}
	require.Len(d.t, words, 12)
	return words
}

// answers types the words that are asked for, from the paper.
func (d *desk) answers(prefix string, words []string) {
	d.t.Helper()
	for _, id := range kittest.IDs(d.t, d.c, prefix) {
		if n, err := strconv.Atoi(id[len(prefix):]); err == nil {
			d.types(id, words[n-1])
		}
	}
}

func lastWord(s string) string {
	f := strings.Fields(s)
	return f[len(f)-1]
}

// closes closes the window as its button does.
func (d *desk) closes() {
	d.t.Helper()
	d.s.Close()
	d.q.run()
}
