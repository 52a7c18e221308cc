package cli

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"thistle/app"
)

// house is where a command works: a folder that it takes for itself, or the
// session of the daemon that runs it.
type house interface {
	Wallets() ([]app.WalletInfo, error)
	Create(app.CreateParams) (*app.Created, error)
	Restore(app.RestoreParams) (*app.Created, error)
	Discard(*app.Created) error
	VerifyProof(text string) (*app.Verified, error)
}

// alone is a folder that each call takes for itself.
type alone struct{ env *app.Env }

func (a alone) Wallets() ([]app.WalletInfo, error)                { return app.Wallets(a.env) }
func (a alone) Create(c app.CreateParams) (*app.Created, error)   { return app.Create(a.env, c) }
func (a alone) Restore(r app.RestoreParams) (*app.Created, error) { return app.Restore(a.env, r) }
func (a alone) Discard(c *app.Created) error                      { return app.Discard(a.env, c) }
func (a alone) VerifyProof(text string) (*app.Verified, error)    { return app.VerifyProof(a.env, text) }

// house is where this command works.
func (p *program) house() (house, error) {
	env, err := p.env()
	if err != nil {
		return nil, err
	}
	if p.host != nil {
		return p.host.session, nil
	}
	return alone{env}, nil
}

// borrow has the daemon's keeper lend the wallet: without a password if it is
// open, and to be released.
func (p *program) borrow(ctx context.Context) (*app.Loan, error) {
	if _, err := p.place(); err != nil {
		return nil, err
	}
	if l := p.host.keeper.Borrow(p.flags.wallet); l != nil {
		return l, nil
	}
	password, err := p.password(ctx, "Password: ")
	if err != nil {
		return nil, err
	}
	l, err := p.host.keeper.Open(p.flags.wallet, password)
	p.forgetTyped()
	return l, err
}

// lent lets fn use a wallet of the daemon's. When it is to be locked the command
// ends.
func (p *program) lent(ctx context.Context, fn func(*app.Wallet) error) error {
	l, err := p.borrow(ctx)
	if err != nil {
		return err
	}
	defer l.Release()
	defer context.AfterFunc(l.Locking(), func() { p.interrupt(context.Cause(l.Locking())) })()
	p.loan = l
	err = fn(l.Wallet)
	if l.Locking().Err() != nil && errors.Is(err, context.Canceled) {
		err = context.Cause(l.Locking())
	}
	return err
}

// hostedPlace is where the daemon works. Flags that ask for other peers or limits
// are refused: to pass over them could show what they were to hide.
func (p *program) hostedPlace() (Place, error) {
	place := p.host.place
	place.Peering = p.host.session.Peering()
	data := place.Data
	for _, change := range p.flags.data {
		change(&data)
	}
	if data != place.Data || !reflect.DeepEqual(ordered(p.overPeering(place.Peering)), ordered(place.Peering)) {
		return place, usage(`The daemon works with other peers or limits than these flags say: leave them out, or begin it anew with them after "thistle daemon stop".`)
	}
	p.peering = place.Peering
	return place, nil
}

// ordered is a form in which choices that mean the same are the same.
func ordered(to app.Peering) app.Peering {
	to.Connect, to.Preferred = sorted(to.Connect), sorted(to.Preferred)
	return to
}

func sorted(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}
