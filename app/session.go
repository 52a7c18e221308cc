package app

import (
	"context"
	"errors"
	"slices"
	"sync"

	"thistle/app/instance"
	"thistle/spv"

	"golang.org/x/sync/errgroup"
)

// Session is one program's stay in a network's folder: it holds the folder's
// lock and runs the peer, with or without an open wallet. Its methods may be
// called from any goroutine.
//
// Wallets opened from it share its peer. When one is closed, keys, addresses and
// scripts are forgotten; what stays is public: its signed payments that are not
// confirmed yet go on being announced until they are seen to have travelled, as a
// person who locks the screen wants what was sent to arrive.
type Session struct {
	env  *Env
	held *instance.Lock
	hub  hub
	ears ears

	warned *spv.Client // whose damaged files were told of; Run's alone

	mu      sync.Mutex
	wanted  choices     // as chosen last
	opened  choices     // the same, as chain was told
	chain   *spv.Client // open, but for moments; nil after a failure
	spent   bool        // chain has run: it can be asked, but not run again
	last    Progress    // as told last
	need    origin      // from where a new chain is to be kept
	line    *line       // while the peer runs
	stop    context.CancelFunc
	busy    sync.WaitGroup // calls that End waits for
	ended   bool
	changed chan struct{} // closed at the next change of line or ended
	wallets map[*Wallet]bool
	used    map[*Wallet]int32     // up to where those that follow need no filters, -1 while they cannot tell
	infos   map[string]WalletInfo // of wallets whose files are open here
	posts   map[string][]*post    // by wallet: what is to be announced, parents first
}

// choices is what a peer is begun with, and begun anew for.
type choices struct {
	data    Data
	peering Peering
}

func (c choices) equal(o choices) bool { return c.data == o.data && c.peering.Equal(o.peering) }

// named lists the peers that are to be kept beside others by o and not by c, and
// those by c and not by o. False says that more than that is different, or that
// others are not to be used.
func (c choices) named(o choices) (added, removed []string, only bool) {
	beyond := func(list, other []string) (rest []string) {
		for _, addr := range list {
			if !slices.Contains(other, addr) {
				rest = append(rest, addr)
			}
		}
		return rest
	}
	here, there := c.peering.Preferred, o.peering.Preferred
	o.peering.Preferred = here
	return beyond(there, here), beyond(here, there), c.equal(o) && len(o.peering.Connect) == 0
}

// line is one run of the peer, to which wallets attach.
type line struct {
	chain     *spv.Client
	ctx       context.Context // ends when wallets must leave
	end       context.CancelFunc
	followers sync.WaitGroup
}

// Begin takes the network's folder and reads the chain kept in it. The session
// must be ended.
func Begin(env *Env) (*Session, error) {
	lock, err := env.lock()
	if err != nil {
		return nil, err
	}
	chosen := choices{env.Data, env.Peering}
	s := &Session{
		env: env, held: lock, wanted: chosen, opened: chosen, changed: make(chan struct{}), wallets: make(map[*Wallet]bool), used: make(map[*Wallet]int32),
		infos: make(map[string]WalletInfo), posts: make(map[string][]*post),
	}
	wallets, err := Wallets(env)
	if err == nil {
		s.need = oldest(env, wallets)
		s.chain, err = env.openChain(s.need)
	}
	if err != nil {
		_ = lock.Release()
		return nil, err
	}
	return s, nil
}

// oldest is from when on a new chain must be kept for these wallets, as far as can
// be told without their passwords: what more they need they say when they are
// open. From now on if there are none.
func oldest(env *Env, wallets []WalletInfo) origin {
	o := origin{time: env.now()}
	for _, w := range wallets {
		if w.Problem == 0 && w.Birthday.Before(o.time) {
			o.time = w.Birthday
		}
	}
	return o
}

// CheckPeers refuses what Run would: settings about peers that cannot be used, and
// to look for peers where none can be found.
func (s *Session) CheckPeers() error { return s.env.anyPeers(s.Peering()) }

// enter keeps End waiting until leave is called. False means that the session
// has ended.
func (s *Session) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	s.busy.Add(1)
	return true
}

func (s *Session) leave() { s.busy.Done() }

// Run runs the peer until ctx ends; then its error is nil. Without anybody to
// connect to the error is of KindNoPeers, with settings that cannot be used of
// KindPeering. Wallets wait while it does not run. It
// can be called again when it has ended.
func (s *Session) Run(ctx context.Context) error {
	const op = "run session"
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s.mu.Lock()
	switch {
	case s.ended:
		s.mu.Unlock()
		return errClosed(op)
	case s.stop != nil:
		s.mu.Unlock()
		return &Error{Op: op, Kind: KindInUse, Detail: "the peer runs already"}
	}
	s.stop = stop
	s.busy.Add(1)
	s.mu.Unlock()
	defer s.leave()
	defer func() {
		s.mu.Lock()
		s.stop = nil
		s.mu.Unlock()
	}()
	for mended := false; ctx.Err() == nil; {
		err := s.runLine(ctx)
		switch {
		case err == nil:
		case errors.Is(err, spv.ErrDamaged) && !mended:
			mended = true // opening sets it aside
		default:
			return err
		}
	}
	return nil
}

// runLine runs the peer until ctx ends, something else is chosen, or the disk
// fails.
func (s *Session) runLine(ctx context.Context) error {
	chain, err := s.freshChain()
	if err != nil {
		return err
	}
	s.tellSetAside(chain)
	ctx, end := context.WithCancel(ctx)
	defer end()
	sub := chain.Subscribe()
	defer sub.Close()
	s.listen(sub)
	defer s.listen(nil)
	l := &line{chain: chain, ctx: ctx, end: end}
	s.setLine(l)
	group, inner := errgroup.WithContext(ctx)
	group.Go(func() error { return failure("run peer", chain.Run(inner)) })
	group.Go(func() error { return s.relay(inner, sub) })
	err = group.Wait()
	s.setLine(nil)
	end()
	l.followers.Wait()
	if err == nil || errors.Is(err, context.Canceled) {
		return nil
	}
	s.dropChain() // a disk that failed is read anew
	return err
}

// tellSetAside warns, once, of damaged files.
func (s *Session) tellSetAside(chain *spv.Client) {
	if s.warned == chain {
		return
	}
	s.warned = chain
	for _, file := range chain.SetAside() {
		s.hub.publish(setAside(file))
	}
}

// setLine tells waiting wallets that the peer runs, or no longer does.
func (s *Session) setLine(l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line = l
	if l != nil && !s.opened.equal(s.wanted) {
		l.end()
	}
	s.announce(l)
	s.tell()
}

// tell wakes who waits for a change. s.mu is held.
func (s *Session) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// freshChain is the open chain if it can run, else it is opened anew. Nothing uses
// it meanwhile.
func (s *Session) freshChain() (*spv.Client, error) {
	s.mu.Lock()
	chain, spent := s.chain, s.spent || !s.opened.equal(s.wanted)
	s.spent, s.opened = true, s.wanted
	env := *s.env
	env.Data, env.Peering = s.wanted.data, s.wanted.peering
	s.mu.Unlock()
	if err := env.anyPeers(env.Peering); err != nil {
		return nil, err
	}
	if chain != nil && !spent {
		return chain, nil
	}
	s.dropChain()
	chain, err := env.openChain(s.need)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.chain = chain
	s.mu.Unlock()
	return chain, nil
}

// SetData changes how much of the chain is fetched and kept. A peer that runs is
// begun anew for it; wallets wait meanwhile.
func (s *Session) SetData(d Data) {
	s.choose(func(c *choices) { c.data = d })
}

// SetPeering changes how other peers are found and met, in the same way. What
// CheckPeering refuses ends Run: going on as before could show what is now to be
// hidden.
func (s *Session) SetPeering(p Peering) {
	s.choose(func(c *choices) { c.peering = p })
}

// Peering is how peers are found and met now.
func (s *Session) Peering() Peering {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wanted.peering
}

func (s *Session) choose(change func(*choices)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.wanted)
	if s.line == nil || s.opened.equal(s.wanted) {
		return
	}
	added, removed, only := s.opened.named(s.wanted)
	if !only || len(removed) > 0 && s.env.anyPeers(s.wanted.peering) != nil { // which is said at the next start
		s.line.end()
		return
	}
	for _, addr := range removed {
		s.line.chain.RemovePeer(addr)
	}
	for _, addr := range added {
		s.line.chain.AddPeer(addr)
	}
	s.opened = s.wanted
}

func (s *Session) dropChain() {
	s.mu.Lock()
	chain := s.chain
	s.chain = nil
	s.mu.Unlock()
	if chain == nil {
		return
	}
	if err := chain.Close(); err != nil {
		s.env.log().Warn("close chain data", "err", err)
	}
}

// join waits for a running peer and attaches to it: the caller ends
// followers.Done.
func (s *Session) join(ctx context.Context) (*line, error) {
	for {
		l, changed, err := s.tryJoin()
		if l != nil || err != nil {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-changed:
		}
	}
}

// tryJoin attaches to the running peer. If there is none, changed tells when to
// try again.
func (s *Session) tryJoin() (l *line, changed <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil, nil, errClosed("follow the chain")
	}
	if s.line == nil || s.line.ctx.Err() != nil {
		return nil, s.changed, nil
	}
	s.line.followers.Add(1)
	return s.line, nil, nil
}

// End ends a run that goes on, waits for what is being made or opened, closes
// wallets that are still open, and gives the folder back. Ending twice does
// nothing.
func (s *Session) End() error {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return nil
	}
	s.ended = true
	stop := s.stop
	s.tell()
	s.mu.Unlock()
	if stop != nil {
		stop()
	}
	s.busy.Wait()
	s.mu.Lock()
	var open []*Wallet
	for w := range s.wallets {
		open = append(open, w)
	}
	s.mu.Unlock()
	var err error
	for _, w := range open {
		err = errors.Join(err, w.Close())
	}
	s.dropChain()
	return failure("end session", errors.Join(err, s.held.Release()))
}
