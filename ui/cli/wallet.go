package cli

import (
	"context"
	"sync"
	"time"

	"thistle/app"
	"thistle/ui/present"
)

// open opens the wallet for a command, which closes it.
func (p *program) open(ctx context.Context) (*app.Wallet, error) {
	env, err := p.env()
	if err != nil {
		return nil, err
	}
	password, err := p.password(ctx, "Password: ")
	if err != nil {
		return nil, err
	}
	w, err := app.Open(env, p.flags.wallet, password)
	p.forgetTyped()
	return w, err
}

// forgetTyped clears a password that was typed: it is asked again to sign.
func (p *program) forgetTyped() {
	if p.flags.passwordFile == "" {
		p.secrets.wipe()
	}
}

// offline opens the wallet for a command that never connects.
func (p *program) offline(ctx context.Context, fn func(*app.Wallet) error) error {
	if p.host != nil {
		return p.lent(ctx, fn)
	}
	w, err := p.open(ctx)
	if err != nil {
		return err
	}
	err = fn(w)
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	return err
}

// online opens the wallet and runs it while fn does its work. Progress and
// warnings go to stderr meanwhile.
func (p *program) online(ctx context.Context, w *app.Wallet, fn func(context.Context) error) error {
	events := w.Events()
	defer events.Close()
	attending, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	group.Go(func() { p.attend(attending, w, events) })
	err := p.connected(ctx, w, fn)
	stop()
	group.Wait()
	p.gauge.clear()
	return err
}

// connected runs the wallet while fn does its work, if the daemon does not run it
// already.
func (p *program) connected(ctx context.Context, w *app.Wallet, fn func(context.Context) error) error {
	if p.loan != nil {
		return p.loan.Online(ctx, fn)
	}
	return w.Online(ctx, fn)
}

// attend passes warnings on and keeps the line of progress true.
func (p *program) attend(ctx context.Context, w *app.Wallet, events *app.Events) {
	for ctx.Err() == nil {
		if p.deps.ErrTerminal {
			p.gauge.set(present.Syncing(p.snapshot(w)))
		}
		tick, cancel := context.WithTimeout(ctx, gaugeTick)
		p.passWarnings(tick, events)
		cancel()
	}
	p.passWarnings(ctx, events) // what is left
}

// snapshot is what the line of progress is made of.
func (p *program) snapshot(w *app.Wallet) present.Snapshot {
	s := p.healthOf(w, nil)
	s.Wallet, s.Progress, s.Status = w.Name(), w.Progress(), w.Status()
	if h, ok := w.Health(); ok {
		s.Health = &h
	}
	return s
}

// healthOf is what words about a connection are made of.
func (p *program) healthOf(w *app.Wallet, h *app.Health) present.Snapshot {
	return present.Snapshot{Now: time.Now(), Network: p.flags.network, Health: h, Peering: p.peering, Listening: w.Listening(), Progress: w.Progress()}
}

// passWarnings tells warnings until ctx ends.
func (p *program) passWarnings(ctx context.Context, events *app.Events) {
	for {
		event, err := events.Next(ctx)
		if err != nil {
			return
		}
		if e, ok := event.(app.Warning); ok {
			p.warn(e.Kind, e.Text)
		}
	}
}

// syncer is a wallet, or the daemon's loan of one.
type syncer interface {
	Sync(context.Context) (*app.SyncResult, error)
}

// syncWithin syncs, but not for ever.
func syncWithin(ctx context.Context, w syncer, limit time.Duration) (*app.SyncResult, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return w.Sync(ctx)
}

// syncer is what syncs the wallet.
func (p *program) syncer(w *app.Wallet) syncer {
	if p.loan != nil {
		return p.loan
	}
	return w
}
