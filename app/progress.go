package app

import (
	"time"

	"thistle/spv"
)

// Events begins a queue of what concerns the peer (peers, headers, warnings),
// from now on, with or without a wallet. An open wallet's own queue tells the
// same and what concerns the wallet.
func (s *Session) Events() *Events { return s.hub.subscribe() }

// client is the open chain, nil in the moments without one.
func (s *Session) client() (chain *spv.Client, running bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chain, s.line != nil
}

// before is what was known last, while the chain is being opened anew.
func (s *Session) before() Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.last == (Progress{}) {
		return Progress{Height: -1, FiltersFrom: -1, FilterHeaders: -1, Filters: -1}
	}
	return Progress{
		Height: s.last.Height, Hash: s.last.Hash, TipTime: s.last.TipTime, Base: s.last.Base, BaseWanted: s.last.BaseWanted,
		FiltersFrom: s.last.FiltersFrom, FilterHeaders: s.last.FilterHeaders, Filters: s.last.Filters,
	}
}

// Progress tells what the peer knows of the chain. It costs little and can be
// asked for several times a second.
func (s *Session) Progress() Progress {
	chain, running := s.client()
	if chain == nil {
		return s.before()
	}
	p := progressOf(chain, running)
	s.mu.Lock()
	s.last = p
	s.mu.Unlock()
	return p
}

// Progress tells what the wallet's peer knows of the chain; nothing while the
// wallet does not run.
func (w *Wallet) Progress() Progress {
	chain := w.online()
	if chain == nil {
		return Progress{Height: -1, FiltersFrom: -1, FilterHeaders: -1, Filters: -1}
	}
	return progressOf(chain, true)
}

func progressOf(chain *spv.Client, running bool) Progress {
	st := chain.Status()
	p := Progress{
		Running: running, Height: st.Tip.Height, Hash: st.Tip.Hash, Target: st.BestClaim, Base: st.Base, BaseWanted: st.BaseWanted,
		FiltersFrom: st.FiltersFrom, FilterHeaders: -1, Filters: -1, LowData: chain.LowData(),
	}
	if running {
		p.Peers, p.FilterPeers, p.Agreed, p.Current = st.Progress.Peers, st.FilterPeers, st.Agreed, st.Current
		p.Stages = st.Progress.Stages
	}
	if st.FiltersFrom >= 0 {
		p.FilterHeaders, p.Filters = st.FilterTip.Height, st.FiltersTip.Height
	}
	if header, ok := chain.HeaderAt(st.Tip.Height); ok {
		p.TipTime = time.Unix(int64(header.Time()), 0).UTC()
	}
	return p
}
