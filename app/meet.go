package app

import (
	"context"
	"time"

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
		return nil, &Error{Op: "list peers", Kind: KindNoPeers}
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
