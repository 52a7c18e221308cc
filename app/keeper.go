package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"thistle/app/config"
)

// Keeper keeps the wallets of a session open and up to date for callers that come
// and go. Who opens a wallet first pays for its password; it is locked when nobody
// has used it for a while. Its methods may be called from any goroutine.
type Keeper struct {
	session *Session
	idle    time.Duration

	life sync.Mutex // one after the other opens or locks; before mu

	mu     sync.Mutex // guards what follows
	kept   map[string]*kept
	closed bool
}

// kept is an open wallet.
type kept struct {
	w    *Wallet
	ctx  context.Context // ends when it is to be locked, with the reason
	end  context.CancelCauseFunc
	uses sync.WaitGroup // loans under way

	mu    sync.Mutex // guards what follows
	loans int
	timer *time.Timer // locks it
	feed  *feed
}

// feed is one run of a kept wallet.
type feed struct {
	ended chan struct{}
	err   error // after ended
}

// Loan is an open wallet in the hands of a caller, who must Release it.
type Loan struct {
	*Wallet
	k    *kept
	done func()
}

// Keep begins to keep wallets open: each until nobody has used it for so long, for
// ever if that is 0. The keeper must be closed before the session ends.
func (s *Session) Keep(idle time.Duration) *Keeper {
	return &Keeper{session: s, idle: idle, kept: make(map[string]*kept)}
}

// Borrow lends a wallet that is open, without its password; nil if it is not open.
func (k *Keeper) Borrow(name string) *Loan {
	if name == "" {
		name = config.DefaultWallet
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if held := k.kept[name]; held != nil {
		return k.lend(held)
	}
	return nil
}

// Open opens a wallet with its password, which takes about a second, and lends it.
// If somebody else has opened it meanwhile the password is not looked at. Errors
// are as Session.Open's.
func (k *Keeper) Open(name string, password Secret) (*Loan, error) {
	k.life.Lock()
	defer k.life.Unlock()
	if l := k.Borrow(name); l != nil {
		return l, nil
	}
	k.mu.Lock()
	closed := k.closed
	k.mu.Unlock()
	if closed {
		return nil, errClosed("open wallet")
	}
	w, err := k.session.Open(name, password)
	if err != nil {
		return nil, err
	}
	held := &kept{w: w}
	held.ctx, held.end = context.WithCancelCause(context.Background())
	held.follow()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept[w.Name()] = held
	return k.lend(held), nil
}

// lend counts a use of a wallet. k.mu is held.
func (k *Keeper) lend(held *kept) *Loan {
	held.mu.Lock()
	defer held.mu.Unlock()
	held.uses.Add(1)
	held.loans++
	if held.timer != nil {
		held.timer.Stop()
	}
	return &Loan{Wallet: held.w, k: held, done: sync.OnceFunc(func() { k.takeBack(held) })}
}

func (k *Keeper) takeBack(held *kept) {
	held.mu.Lock()
	held.loans--
	if held.loans == 0 && k.idle > 0 {
		held.timer = time.AfterFunc(k.idle, func() { k.lockIdle(held) })
	}
	held.mu.Unlock()
	held.uses.Done()
}

func (k *Keeper) lockIdle(held *kept) {
	k.life.Lock()
	defer k.life.Unlock()
	k.mu.Lock()
	held.mu.Lock()
	idle := held.loans == 0 && k.kept[held.w.name] == held
	if idle {
		delete(k.kept, held.w.name)
	}
	held.mu.Unlock()
	k.mu.Unlock()
	if idle {
		_ = k.close(held)
	}
}

// Lock closes all open wallets and names them. What callers are doing with them
// ends, with KindLocked.
func (k *Keeper) Lock() ([]string, error) {
	k.life.Lock()
	defer k.life.Unlock()
	k.mu.Lock()
	open := k.kept
	k.kept = make(map[string]*kept)
	k.mu.Unlock()
	names := []string{}
	var err error
	for name, held := range open {
		names = append(names, name)
		held.end(errClosed("use wallet"))
	}
	for _, held := range open {
		err = errors.Join(err, k.close(held))
	}
	return names, failure("lock wallets", err)
}

// Close locks all wallets; no more are opened.
func (k *Keeper) Close() error {
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	_, err := k.Lock()
	return err
}

// close locks a wallet that is lent no more, once all loans are back. k.life is
// held.
func (k *Keeper) close(held *kept) error {
	held.end(errClosed("use wallet"))
	held.uses.Wait()
	held.mu.Lock()
	feed := held.feed
	if held.timer != nil {
		held.timer.Stop()
	}
	held.mu.Unlock()
	<-feed.ended
	return held.w.Close()
}

// follow runs the wallet, again if a run has ended.
func (h *kept) follow() *feed {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.feed != nil {
		select {
		case <-h.feed.ended:
		default:
			return h.feed
		}
	}
	f := &feed{ended: make(chan struct{})}
	h.feed = f
	go func() {
		defer close(f.ended)
		if f.err = h.w.Run(h.ctx); f.err != nil {
			h.w.env.log().Error("wallet stopped following", "err", f.err)
		}
	}()
	return f
}

// Release gives the wallet back. Releasing twice does nothing.
func (l *Loan) Release() { l.done() }

// Locking ends, with the reason as its cause, when the wallet is to be locked.
// Callers must then release it soon.
func (l *Loan) Locking() context.Context { return l.k.ctx }

// Sync is the wallet's, but peers that are connected are asked for what is new, as
// they are when a wallet connects.
func (l *Loan) Sync(ctx context.Context) (*SyncResult, error) {
	if chain := l.online(); chain != nil {
		chain.LookAround()
	}
	return l.Wallet.Sync(ctx)
}

// Online lets fn do its work while the wallet is up to date or catches up. The
// error is fn's, or what ended the run.
func (l *Loan) Online(ctx context.Context, fn func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	run := l.k.follow()
	go func() {
		select {
		case <-run.ended:
			if run.err != nil { // or the wallet is being locked
				cancel(run.err)
			}
		case <-ctx.Done():
		}
	}()
	defer context.AfterFunc(l.k.ctx, func() { cancel(context.Cause(l.k.ctx)) })()
	err := fn(ctx)
	cause := context.Cause(ctx)
	switch {
	case cause == nil, errors.Is(cause, context.Canceled), errors.Is(cause, context.DeadlineExceeded):
		return err
	case err == nil, errors.Is(err, context.Canceled) && KindOf(err) != KindUnannounced:
		return cause
	}
	return err
}
