package shell

import (
	"context"
	"errors"

	"thistle/app"
	"thistle/ui/present"
)

// begin starts what is asked for: the practice network, then the session and
// its peer. Slow. What was begun before goes on; after an error it can be
// called again.
func (c *controller) begin(progress func(string)) ([]app.WalletInfo, error) {
	c.life.Lock()
	defer c.life.Unlock()
	c.endWallet()
	c.endSession()
	demo, err := c.startDemo(progress)
	if err != nil {
		return nil, err
	}
	env, err := c.o.Env(c.o.Network)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	env.Data, env.Peering = c.settings.Data, c.peering(demo)
	c.mu.Unlock()
	session, err := app.Begin(env)
	if err != nil {
		return nil, err
	}
	wallets, err := session.Wallets()
	if err == nil && c.ctx.Err() != nil {
		err = errClosing
	}
	if err != nil {
		return nil, errors.Join(err, session.End())
	}
	h := &host{env: env, session: session}
	c.mu.Lock()
	c.host = h
	c.mu.Unlock()
	c.connect(h)
	return wallets, nil
}

// peering is how peers are met: as chosen, but for what the command line says, and
// for the practice network, which is inside this program. c.mu is held.
func (c *controller) peering(demo Demo) app.Peering {
	p := c.settings.Peering
	switch {
	case demo != nil:
		return app.Peering{Connect: demo.Addrs(), NoDNS: true, LowData: p.LowData}
	case c.o.Over != nil:
		return c.o.Over(p)
	}
	return p
}

// connect begins the run of a session's peer. life is held.
func (c *controller) connect(h *host) {
	h.run = startRun(c.ctx, c.heard(h.session.Events(), c.hear, h.session.Run), func(err error) {
		c.o.Log.Error("run peer", "err", err)
		c.mu.Lock()
		if c.host == h {
			c.stopped = err
		}
		c.mu.Unlock()
		c.newsFromSession()
		if k := app.KindOf(err); (k == app.KindNoPeers || k == app.KindPeering) && h.session.CheckPeers() == nil {
			c.spawn(c.again) // something else was chosen before the end was known here
		}
	})
	c.newsFromSession()
}

// follow lets a wallet follow the session's peer. life is held.
func (c *controller) follow(o *opened) {
	hear := func(e app.Event) { c.hearOf(o, e) }
	o.feed = startRun(o.ctx, c.heard(o.w.Events(), hear, o.w.Run), func(err error) { c.feedEnded(o, err) })
}

func (c *controller) feedEnded(o *opened, err error) {
	c.o.Log.Error("run wallet", "err", err)
	o.mu.Lock()
	o.stopped = err
	o.mu.Unlock()
	c.newsFromWallet()
}

// again begins anew what has ended with an error. Slow.
func (c *controller) again() {
	c.life.Lock()
	defer c.life.Unlock()
	c.mu.Lock()
	h, o, stopped := c.host, c.open, c.stopped
	c.stopped = nil
	c.mu.Unlock()
	if h != nil && stopped != nil {
		h.stop()
		c.connect(h)
	}
	if o != nil && o.mend() {
		o.feed.stop()
		c.follow(o)
	}
	c.newsFromWallet()
}

// trouble is with what the following of the peer has ended.
func (o *opened) trouble() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.stopped
}

// mend takes that back; false says that there was none.
func (o *opened) mend() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	was := o.stopped != nil
	o.stopped = nil
	return was
}

// alarm is what should be known at once of a payment.
func (o *opened) alarm() present.Alert {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.alert
}

func (c *controller) startDemo(progress func(string)) (Demo, error) {
	c.mu.Lock()
	demo := c.demo
	c.mu.Unlock()
	if demo != nil || c.o.Demo == nil {
		return demo, nil
	}
	demo, err := c.o.Demo(c.ctx, progress)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.demo = demo
	c.mu.Unlock()
	return demo, nil
}

// network is the practice network, nil if there is none.
func (c *controller) network() Demo {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.demo
}

// errOvertaken ends an attempt to open a wallet when a later one has begun.
var errOvertaken = errors.New("another wallet is being opened")

// enter opens a wallet unless a later attempt has begun. Of two under way the
// later closes what the earlier opened, whichever comes first. Slow.
func (c *controller) enter(attempt int64, open func() (*opened, error)) (*opened, error) {
	c.life.Lock()
	defer c.life.Unlock()
	if c.attempt.Load() != attempt {
		return nil, errOvertaken
	}
	return open()
}

// unlock opens a wallet and wipes the password. life is held.
func (c *controller) unlock(name string, password []byte) (*opened, error) {
	defer clear(password)
	return c.openWallet(name, hold(password))
}

// openWallet opens a wallet and begins its run. life is held.
func (c *controller) openWallet(name string, password app.Secret) (*opened, error) {
	c.endWallet()
	h := c.current()
	if h == nil || c.ctx.Err() != nil {
		return nil, errClosing
	}
	w, err := h.session.Open(name, password)
	if err != nil {
		return nil, err
	}
	if c.ctx.Err() != nil {
		return nil, errors.Join(errClosing, w.Close())
	}
	o := &opened{w: w, env: h.env, alert: present.AlertFrom(w.History(0, -1))}
	o.ctx, o.cancel = context.WithCancel(c.ctx)
	c.follow(o)
	c.mu.Lock()
	c.open = o
	c.mu.Unlock()
	c.newsFromWallet()
	return o, nil
}

// create makes a wallet and opens it. life is held.
func (c *controller) create(p app.CreateParams) (*opened, error) {
	return c.make(p.Name, p.Password, func(s *app.Session) error {
		_, err := s.Create(p)
		return err
	})
}

// restore makes a wallet from recovery words and opens it. life is held.
func (c *controller) restore(p app.RestoreParams) (*opened, error) {
	return c.make(p.Name, p.Password, func(s *app.Session) error {
		_, err := s.Restore(p)
		return err
	})
}

func (c *controller) make(name string, password app.Secret, build func(*app.Session) error) (*opened, error) {
	h := c.current()
	if h == nil || c.ctx.Err() != nil {
		return nil, errClosing
	}
	c.endWallet()
	if err := build(h.session); err != nil {
		return nil, err
	}
	return c.openWallet(name, password)
}

// wallets lists the wallets of the session. Slow.
func (c *controller) wallets() ([]app.WalletInfo, error) {
	h := c.current()
	if h == nil {
		return nil, nil
	}
	return h.session.Wallets()
}

// hold wraps secret bytes; whoever brought them wipes them.
func hold(secret []byte) app.Secret {
	if secret == nil {
		return nil
	}
	return func() []byte { return secret }
}
