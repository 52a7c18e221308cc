package shell

import (
	"context"
	"errors"

	"thistle/app"
)

// begin starts what is asked for: the practice network, then the session and
// its peer. Slow. What was begun before goes on; after an error it can be
// called again.
func (c *controller) begin(progress func(string), failed func(error)) ([]app.WalletInfo, error) {
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
	if demo != nil {
		env.Connect, env.NoDNS = demo.Addrs(), true
	}
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
	c.hold(env, session, failed)
	return wallets, nil
}

// hold begins the run of a session. life is held.
func (c *controller) hold(env *app.Env, session *app.Session, failed func(error)) {
	h := &host{env: env, session: session}
	h.run = startRun(c.ctx, c.heard(session.Events(), session.Run), failed)
	c.mu.Lock()
	c.host = h
	c.mu.Unlock()
	c.newsFromSession()
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

// unlock opens a wallet and wipes the password. Slow.
func (c *controller) unlock(name string, password []byte, failed func(error)) (*opened, error) {
	defer clear(password)
	c.life.Lock()
	defer c.life.Unlock()
	return c.openWallet(name, hold(password), failed)
}

// openWallet opens a wallet and begins its run. life is held.
func (c *controller) openWallet(name string, password app.Secret, failed func(error)) (*opened, error) {
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
	o := &opened{w: w, env: h.env}
	o.ctx, o.cancel = context.WithCancel(c.ctx)
	o.feed = c.follow(o, failed)
	c.mu.Lock()
	c.open = o
	c.mu.Unlock()
	c.newsFromWallet()
	return o, nil
}

// follow lets the wallet follow the session's peer.
func (c *controller) follow(o *opened, failed func(error)) *run {
	return startRun(o.ctx, c.heard(o.w.Events(), o.w.Run), failed)
}

// again lets a wallet follow the peer whose run has ended. Slow.
func (c *controller) again(failed func(error)) {
	c.life.Lock()
	defer c.life.Unlock()
	c.mu.Lock()
	o := c.open
	c.mu.Unlock()
	if o == nil {
		return
	}
	o.feed.stop()
	o.feed = c.follow(o, failed)
}

// create makes a wallet and opens it. Slow.
func (c *controller) create(p app.CreateParams, failed func(error)) (*opened, error) {
	return c.make(p.Name, p.Password, failed, func(s *app.Session) error {
		_, err := s.Create(p)
		return err
	})
}

// restore makes a wallet from recovery words and opens it. Slow.
func (c *controller) restore(p app.RestoreParams, failed func(error)) (*opened, error) {
	return c.make(p.Name, p.Password, failed, func(s *app.Session) error {
		_, err := s.Restore(p)
		return err
	})
}

func (c *controller) make(name string, password app.Secret, failed func(error), build func(*app.Session) error) (*opened, error) {
	c.life.Lock()
	defer c.life.Unlock()
	h := c.current()
	if h == nil || c.ctx.Err() != nil {
		return nil, errClosing
	}
	c.endWallet()
	if err := build(h.session); err != nil {
		return nil, err
	}
	return c.openWallet(name, password, failed)
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
