package shell

import (
	"context"
	"time"

	"thistle/app"
	"thistle/ui/present"
)

const (
	// drawPause is the least time from one snapshot to the next.
	drawPause = 250 * time.Millisecond
	// syncPause is the same while the peer catches up and the wallet has no news:
	// every height is another one then, and drawing it costs more than fetching it.
	syncPause = time.Second
)

// view is a snapshot and the wallet that it is of, nil if none was open.
type view struct {
	snap    present.Snapshot
	of      *opened
	travel  *app.Travel // of the payment sent last, nil for none
	warning string      // the peer's last one
	trouble error       // with which the wallet's following of the peer has ended
	alert   present.Alert
}

// heard runs f and gives its events to hear meanwhile.
func (c *controller) heard(events *app.Events, hear func(app.Event), f func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		inner, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			listen(inner, events, hear)
		}()
		err := f(ctx)
		stop()
		<-done
		events.Close()
		return err
	}
}

func listen(ctx context.Context, events *app.Events, hear func(app.Event)) {
	for {
		event, err := events.Next(ctx)
		if err != nil {
			return
		}
		hear(event)
	}
}

// hearOf keeps what of a wallet's events should be said at once.
func (c *controller) hearOf(o *opened, event app.Event) {
	if a, about := present.AlertOf(event); about {
		o.mu.Lock()
		if a.Words != "" || a.Ends(o.alert) {
			o.alert = a
		}
		o.mu.Unlock()
	}
	c.hear(event)
}

// hear sets flags for what happens.
func (c *controller) hear(event app.Event) {
	switch e := event.(type) {
	case app.PeerConnected, app.PeerLost, app.Headers, app.HealthChanged:
		c.newsFromSession()
	case app.Warning:
		c.mu.Lock()
		c.warning = e
		c.mu.Unlock()
		c.newsFromSession()
	default:
		c.newsFromWallet()
	}
}

// newsFromWallet says that the history may have changed.
func (c *controller) newsFromWallet() {
	c.mu.Lock()
	c.stale = true
	c.mu.Unlock()
	c.newsFromSession()
	select {
	case c.hurry <- struct{}{}:
	default:
	}
}

// newsFromSession says that something else may have changed.
func (c *controller) newsFromSession() {
	select {
	case c.dirty <- struct{}{}:
	default:
	}
}

// watch takes a snapshot whenever there is news, but not more often than the
// pauses allow and not before the last one was drawn. tick is called at every
// tick of the clock. It returns when the window closes.
func (c *controller) watch(draw func(v view, drawn func()), tick func()) {
	var m memory
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-c.o.Tick:
			tick()
		case <-c.dirty:
		}
		select {
		case <-c.hurry:
		default:
		}
		v := c.look(&m)
		drawn := make(chan struct{})
		draw(v, func() { close(drawn) })
		if !c.rest(drawn, v.snap) {
			return
		}
	}
}

// rest waits until a snapshot was drawn and the pause is over; false says that
// the window closes.
func (c *controller) rest(drawn <-chan struct{}, s present.Snapshot) bool {
	begin := time.Now()
	if !c.wait(drawPause, nil) {
		return false
	}
	select {
	case <-c.ctx.Done():
		return false
	case <-drawn:
	}
	if !present.UnderWay(s) {
		return true
	}
	if !c.wait(syncPause-time.Since(begin), c.hurry) {
		return false
	}
	c.newsFromSession() // of these steps not every one is an event
	return true
}

// wait waits for a time or for hurry; false says that the window closes.
func (c *controller) wait(d time.Duration, hurry <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-c.ctx.Done():
		return false
	case <-hurry:
	case <-timer.C:
	}
	return true
}

// memory is what the watcher keeps from one snapshot to the next.
type memory struct {
	of        *opened
	history   []app.HistoryEntry
	addresses []app.Address
}

// look takes a snapshot. Only the watcher calls it.
func (c *controller) look(m *memory) view {
	c.mu.Lock()
	h, stale, prefs := c.host, c.stale, c.settings
	var v view
	v.snap.Stopped = c.stopped
	c.stale = false
	c.mu.Unlock()
	s := &v.snap
	s.Now, s.Network, s.Demo, s.Prefs = c.o.Now(), c.o.Network, c.o.Demo != nil, prefsOf(prefs)
	s.Audit = prefs.Data.Audit
	s.Progress.Height, s.Progress.FiltersFrom = -1, -1
	if h != nil {
		s.Progress, s.Peers, s.Peering, s.Bans = h.session.Progress(), h.session.Peers(), h.session.Peering(), h.session.Bans()
		if health, ok := h.session.Health(); ok {
			s.Health, s.Listening = &health, h.session.Listening()
			c.passWarning(health)
		}
	}
	v.warning = c.warned()
	if o := c.acquire(); o != nil {
		c.lookInto(o, m, stale, &v)
		o.uses.Done()
	} else {
		*m = memory{}
	}
	return v
}

// passWarning forgets a warning of what is over.
func (c *controller) passWarning(h app.Health) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if present.WarningPassed(c.warning, h) {
		c.warning = app.Warning{}
	}
}

// warned is the text of the last warning that still holds.
func (c *controller) warned() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return present.Plain(c.warning.Text)
}

// lookInto adds what the wallet says. The history is read again only after news
// of it.
func (c *controller) lookInto(o *opened, m *memory, stale bool, v *view) {
	if m.of != o || stale {
		m.of, m.history = o, o.w.History(0, -1)
		addresses, err := o.w.Addresses()
		if err != nil {
			c.o.Log.Error("list addresses", "err", err)
		}
		m.addresses = addresses
	}
	s := &v.snap
	v.of, s.Wallet, s.BackedUp = o, o.w.Name(), o.w.BackedUp()
	s.Balance, s.Status = o.w.Balance(), o.w.Status()
	s.History, s.Addresses, v.travel, v.trouble, v.alert = m.history, m.addresses, o.travel(), o.trouble(), o.alarm()
}
