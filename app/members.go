package app

import (
	"context"
	"errors"
)

// Wallets lists the wallets of the network, by name, the open ones too.
func (s *Session) Wallets() ([]WalletInfo, error) {
	return listWallets(s.env, func(env *Env, name string) WalletInfo {
		if info, ok := s.info(name); ok {
			return info
		}
		info := readInfo(env, name)
		if info.Problem == KindInUse { // opened here meanwhile
			if known, ok := s.info(name); ok {
				return known
			}
		}
		return info
	})
}

// info is what is known of a wallet whose files are open in this session.
func (s *Session) info(name string) (WalletInfo, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, ok := s.infos[name]
	return info, ok
}

// held is a holder for who is in a session, which holds the folder already.
func held() (release func(), err error) { return func() {}, nil }

// Create makes a wallet with new keys; see the function of that name.
func (s *Session) Create(p CreateParams) (*Created, error) {
	if !s.enter() {
		return nil, errClosed("create wallet")
	}
	defer s.leave()
	return create(s.env, p, held)
}

// Restore makes a wallet from recovery words.
func (s *Session) Restore(p RestoreParams) (*Created, error) {
	if !s.enter() {
		return nil, errClosed("restore wallet")
	}
	defer s.leave()
	return restore(s.env, p, held)
}

// Discard puts a wallet aside that was just created; see the function of that
// name. It must not be open.
func (s *Session) Discard(c *Created) error {
	if !s.enter() {
		return errClosed("put the wallet aside")
	}
	defer s.leave()
	return discard(s.env, c)
}

// Open opens a wallet with its password, which takes about a second. Its Run
// follows the session's peer.
func (s *Session) Open(name string, password Secret) (*Wallet, error) {
	const op = "open wallet"
	if !s.enter() {
		return nil, errClosed(op)
	}
	defer s.leave()
	if err := exists(s.env, &name); err != nil {
		return nil, err
	}
	if !s.claim(name) {
		return nil, &Error{Op: op, Kind: KindInUse, Detail: "this wallet is open already"}
	}
	w, err := openWallet(s.env, name, password)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.gone(name)
		return nil, err
	}
	w.session = s
	s.wallets[w] = true
	return w, nil
}

// claim takes a wallet's files for this call, and remembers what they tell while
// they can be opened only once.
func (s *Session) claim(name string) bool {
	if _, taken := s.info(name); taken {
		return false
	}
	info := readInfo(s.env, name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.infos[name]; taken {
		return false
	}
	s.infos[name] = info
	return true
}

// forget lets a closed wallet go.
func (s *Session) forget(w *Wallet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wallets[w] {
		delete(s.wallets, w)
		s.gone(w.name)
	}
}

// gone is for a wallet whose files are closed now. s.mu is held.
func (s *Session) gone(name string) {
	delete(s.infos, name)
	s.hush(s.posts[name])
}

// runShared follows the session's peer, whenever it runs.
func (w *Wallet) runShared(ctx context.Context) error {
	for {
		l, err := w.session.join(ctx)
		if err != nil {
			return err
		}
		w.session.begins(w)
		err = w.followLine(ctx, l)
		w.session.leaves(w)
		l.followers.Done()
		if err != nil {
			return err
		}
	}
}

// followLine follows one run of the peer to its end.
func (w *Wallet) followLine(ctx context.Context, l *line) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.ctx, cancel)()
	sub := l.chain.Subscribe()
	defer sub.Close()
	w.setChain(l.chain)
	defer w.setChain(nil)
	err := w.catchUp(inner)
	if err == nil {
		err = w.follow(inner, l.chain, sub)
	}
	if l.ctx.Err() != nil && ctx.Err() == nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// begins and leaves tell that a wallet follows the peer: until it has said what it
// needs, nothing may go that it could.
func (s *Session) begins(w *Wallet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used[w] = -1
}

func (s *Session) leaves(w *Wallet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.used, w)
}

// usedThrough notes what one wallet needs no more, and returns what none does.
func (s *Session) usedThrough(w *Wallet, through int32) (int32, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used[w] = max(through, 0)
	for _, other := range s.used {
		through = min(through, other)
	}
	return through, through >= 0
}
