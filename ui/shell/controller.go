package shell

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"thistle/app"
	"thistle/ui/present"

	"github.com/btcsuite/btcd/chainhash/v2"
)

// closeWithin bounds how long closing may take: whatever hangs must not keep the
// window open for ever.
const closeWithin = 10 * time.Second

// controller holds the session and the wallet. It knows no window; its methods
// may be called from any goroutine. Those that say "slow" wait for disk, key
// derivation or other goroutines.
type controller struct {
	o      Options
	ctx    context.Context // ends when the window closes
	cancel context.CancelFunc
	work   sync.WaitGroup // all that spawn began

	dirty chan struct{} // there is news for the watcher
	hurry chan struct{} // the news is of the wallet

	saving sync.Mutex   // one after the other writes the settings
	saved  app.Settings // as written last; under saving

	// life lets one after the other change what is open. Taken before mu.
	life    sync.Mutex
	attempt atomic.Int64 // counts attempts to open a wallet

	mu       sync.Mutex // guards what follows
	closing  bool
	settings app.Settings
	demo     Demo
	host     *host
	open     *opened
	stale    bool        // the wallet's history may have changed
	warning  app.Warning // the peer's last one that still holds
	stopped  error       // with which the peer's run ended; nil while it goes on
}

// host is a session and the run of its peer.
type host struct {
	env     *app.Env
	session *app.Session
	*run
}

// opened is an open wallet.
type opened struct {
	w      *app.Wallet
	env    *app.Env
	ctx    context.Context // ends when the wallet is locked
	cancel context.CancelFunc
	feed   *run           // the wallet following the peer; under controller.life
	uses   sync.WaitGroup // calls under way

	mu      sync.Mutex // guards what follows
	draft   *app.Draft // what was reviewed last
	busy    bool       // a payment is being sent
	sent    *chainhash.Hash
	stopped error // with which feed ended; nil while it goes on
	alert   present.Alert
}

// run is something that goes on until it is stopped or ends with an error.
type run struct {
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // after ended
}

// stop ends the run and waits until it has.
func (r *run) stop() {
	r.cancel()
	<-r.ended
}

// startRun runs f until it is stopped; failed is told of an error that came
// before.
func startRun(ctx context.Context, f func(context.Context) error, failed func(error)) *run {
	ctx, cancel := context.WithCancel(ctx)
	r := &run{cancel: cancel, ended: make(chan struct{})}
	go func() {
		r.err = f(ctx)
		stopped := ctx.Err() != nil
		cancel()
		close(r.ended)
		if r.err != nil && !stopped {
			failed(r.err)
		}
	}()
	return r
}

func newController(o Options) *controller {
	c := &controller{o: o, dirty: make(chan struct{}, 1), hurry: make(chan struct{}, 1)}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// spawn runs f on a goroutine that closing waits for. After closing has begun
// nothing starts any more.
func (c *controller) spawn(f func()) (started bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closing {
		c.work.Go(f)
	}
	return !c.closing
}

// errClosing ends what was begun while the window closes.
var errClosing = errors.New("the window is closing")

// close ends everything in order: what uses the wallet, the wallet, the session,
// the practice network. Slow, but not slower than closeWithin; false says that
// it was not done by then.
func (c *controller) close() bool {
	c.mu.Lock()
	c.closing = true
	c.mu.Unlock()
	c.cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.end()
		c.work.Wait()
		c.endDemo()
	}()
	timer := time.NewTimer(closeWithin)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// end closes wallet and session. Slow.
func (c *controller) end() {
	c.life.Lock()
	defer c.life.Unlock()
	c.endWallet()
	c.endSession()
}

// lock closes a wallet; the peer goes on, and so does another wallet that was
// opened since. Slow.
func (c *controller) lock(o *opened) {
	c.life.Lock()
	defer c.life.Unlock()
	c.mu.Lock()
	open := c.open == o
	c.mu.Unlock()
	if open {
		c.endWallet()
	}
}

// endWallet closes the wallet once nobody uses it. life is held.
func (c *controller) endWallet() {
	c.mu.Lock()
	o := c.open
	c.open = nil
	c.mu.Unlock()
	if o == nil {
		return
	}
	o.cancel()
	o.feed.stop()
	o.uses.Wait()
	o.setDraft(nil)
	if err := o.w.Close(); err != nil {
		c.o.Log.Error("close wallet", "err", err)
	}
	c.newsFromSession()
}

// endSession ends the peer and gives the folder back. life is held.
func (c *controller) endSession() {
	c.mu.Lock()
	h := c.host
	c.host, c.stopped = nil, nil
	c.mu.Unlock()
	if h == nil {
		return
	}
	h.stop()
	if err := h.session.End(); err != nil {
		c.o.Log.Error("end session", "err", err)
	}
}

func (c *controller) endDemo() {
	c.mu.Lock()
	d := c.demo
	c.demo = nil
	c.mu.Unlock()
	if d == nil {
		return
	}
	if err := d.Close(); err != nil {
		c.o.Log.Error("close practice network", "err", err)
	}
}

// acquire is the open wallet, nil if there is none. It is not closed before
// uses.Done is called.
func (c *controller) acquire() *opened {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open != nil {
		c.open.uses.Add(1)
	}
	return c.open
}

// current is the session, nil if there is none.
func (c *controller) current() *host {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.host
}

func (o *opened) setDraft(d *app.Draft) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.draft = d
}

// takeDraft gives the reviewed payment to whoever sends it: one at a time.
func (o *opened) takeDraft() *app.Draft {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.busy || o.draft == nil {
		return nil
	}
	o.busy = true
	return o.draft
}

// sendingEnded allows the next payment. One that is on its way is not sent again,
// but watched.
func (o *opened) sendingEnded(sent *chainhash.Hash) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.busy = false
	if sent != nil {
		o.draft, o.sent = nil, sent
	}
}

// forgetPayment drops what was reviewed, and stops watching what was sent.
func (o *opened) forgetPayment() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.draft, o.sent = nil, nil
}

// travel is how far the payment sent last has come, nil for none.
func (o *opened) travel() *app.Travel {
	o.mu.Lock()
	sent := o.sent
	o.mu.Unlock()
	if sent == nil {
		return nil
	}
	t := o.w.Travel(*sent)
	return &t
}
