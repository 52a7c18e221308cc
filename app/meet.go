package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"thistle/app/config"
	"thistle/app/units"
	"thistle/spv"
)

// Peers lists the connected peers; none while the session does not run.
func (s *Session) Peers() []Peer {
	chain, running := s.client()
	if chain == nil || !running {
		return nil
	}
	return peersOf(chain)
}

// Peers lists the connected peers; none while the wallet does not run.
func (w *Wallet) Peers() []Peer {
	chain := w.online()
	if chain == nil {
		return nil
	}
	return peersOf(chain)
}

// Meet waits until wanted peers are there and have answered, or ctx ends, and
// lists them: KindNoPeers if there are none. It needs Run.
func (s *Session) Meet(ctx context.Context) ([]Peer, error) {
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	for waiting := true; waiting && !s.measured(); {
		select {
		case <-ctx.Done():
			waiting = false
		case <-ticker.C:
		}
	}
	peers := s.Peers()
	if len(peers) == 0 {
		if h, ok := s.Health(); ok && h.Nobody {
			if err := s.env.nobody(s.Peering()); err != nil {
				return nil, err
			}
		}
		return nil, &Error{Op: "list peers", Kind: KindNoPeers, Detail: unreached(s.Peering())}
	}
	return peers, nil
}

// measured tells whether the connected peers have measured up and no more are
// coming soon.
func (s *Session) measured() bool {
	s.mu.Lock()
	l := s.line
	s.mu.Unlock()
	if l == nil || l.ctx.Err() != nil { // it is to be begun anew
		return false
	}
	st := l.chain.Status()
	for _, p := range st.Peers {
		if p.Latency <= 0 && !p.Inbound {
			return false
		}
	}
	return st.Progress.Peers > 0 && st.Settled
}

func peersOf(chain *spv.Client) []Peer {
	var peers []Peer
	for _, p := range chain.Status().Peers {
		peers = append(peers, peerOf(p))
	}
	return peers
}

func peerOf(p spv.PeerInfo) Peer {
	return Peer{
		Addr: p.Addr, UserAgent: p.UserAgent, Version: p.Version, Services: p.ServiceNames(),
		StartHeight: p.StartHeight, Height: p.Height, Latency: p.Latency, FeeFloor: units.FeeRate(p.FeeFloor),
		Since: p.Since.UTC(), Filters: p.ServesFilters(),
		Inbound: p.Inbound, Named: p.Pinned, Transport: Transport(p.Transport.String()), Purpose: purposeOf(p),
		Received: p.Received, Sent: p.Sent,
	}
}

func purposeOf(p spv.PeerInfo) Purpose {
	if p.Inbound {
		return PurposeServing
	}
	switch p.Purpose {
	case spv.ForBlocks:
		return PurposeBlocks
	case spv.ForFeeling:
		return PurposeFeeler
	case spv.ForBroadcast:
		return PurposeBroadcast
	}
	return PurposeAll
}

// Ban is an address, or a part of the network, that is refused.
type Ban struct {
	Key   string // as UnbanPeer takes it
	Until time.Time
}

// Bans lists what is refused, what ends first first.
func (s *Session) Bans() []Ban {
	chain, _ := s.client()
	if chain == nil {
		return nil
	}
	var bans []Ban
	for _, b := range chain.Bans() {
		bans = append(bans, Ban{Key: b.Key, Until: b.Until.UTC()})
	}
	return bans
}

// BanPeer refuses an address and its neighbours for some time, a day if that is
// 0. It waits until that is so, and needs Run.
func (s *Session) BanPeer(ctx context.Context, addr string, length time.Duration) error {
	if err := config.CheckHost(addr); err != nil {
		return failure("refuse a peer", err)
	}
	before := s.Bans()
	return s.rule(ctx, func(chain *spv.Client) { chain.BanPeer(addr, length) }, func() bool { return !slices.Equal(s.Bans(), before) })
}

// UnbanPeer ends a refusal: of an address, or of a Ban's key. It waits until that
// is so, and needs Run.
func (s *Session) UnbanPeer(ctx context.Context, addr string) error {
	before := s.Bans()
	return s.rule(ctx, func(chain *spv.Client) { chain.UnbanPeer(addr) }, func() bool { return !slices.Equal(s.Bans(), before) })
}

// ruleWait is how long a change of what is refused may take; what changes nothing
// takes as long.
const ruleWait = 2 * time.Second

// rule tells the peer something and waits until it holds.
func (s *Session) rule(ctx context.Context, tell func(*spv.Client), holds func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, ruleWait)
	defer cancel()
	l, err := s.join(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Op: "refuse a peer", Kind: KindNoPeers, Detail: "Thistle is not running as a peer", Err: err}
	}
	if err != nil {
		return err
	}
	defer l.followers.Done()
	tell(l.chain)
	ticker := time.NewTicker(announceTick)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			return nil
		case <-l.ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
	return nil
}
