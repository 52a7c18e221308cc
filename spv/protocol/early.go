package protocol

import (
	"slices"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// earlyFilter is a filter that came before its filter header.
type earlyFilter struct {
	peer   *peerState
	height int32
	block  chainhash.Hash
	hash   chainhash.Hash
	data   []byte
}

// askEarly asks a peer for the filters of new blocks together with their filter
// headers, so that both are here one round trip after the announcement. Two
// peers are asked: the first may be silent. Where older filters are missing
// there is no hurry.
func (m *Machine) askEarly(r *cfRound, p *peerState) {
	s := &m.scan
	if !m.givesFilters(p) || r.early == earlyPeers || len(p.leases) == leasesPerPeer || !m.live(r) || s.from < 0 || r.from < s.from {
		return
	}
	if s.skip(); s.from+int32(s.low) < r.from {
		return
	}
	for h := r.from; h <= r.to; h++ {
		if hash, ok := m.tree.HashAt(h); !ok || !s.wants(h) || m.cfg.Filters.Held(h, hash) {
			return
		}
	}
	m.handOn(r.from, func(*lease) bool { return true })
	m.ask(p, r.from, r.to)
	r.early++
}

// handOn frees the heights of leases from a height on for others to fetch too.
func (m *Machine) handOn(from int32, which func(*lease) bool) {
	s := &m.scan
	for _, l := range s.leases {
		if l.from < from || l.missing == 0 || !which(l) {
			continue
		}
		for h := l.from; h <= l.end; h++ {
			if i := h - s.from; s.marks[i] == leased {
				s.marks[i] = needed
				s.low = min(s.low, int(i))
			}
		}
		l.end, l.missing = l.from-1, 0
	}
}

// judgeFilter keeps a filter that fits our filter header, or waits for it.
func (m *Machine) judgeFilter(p *peerState, height int32, in FilterReceived) {
	switch {
	case height > m.cf.tipHeight():
		if len(m.cf.early) < maxEarly {
			m.cf.early = append(m.cf.early, earlyFilter{peer: p, height: height, block: in.Block, hash: in.FilterHash, data: in.Data})
		}
	case m.fitsHeader(height, in.FilterHash):
		m.keepFilter(height, in.Block, in.Data)
	case p.agreedTo >= height:
		m.drop(p, ReasonBadFilter) // not what it stood by
	}
}

// takeEarly judges the filters that waited for the filter headers from a height
// on. Where none of those who were asked early has stood by them, others are
// asked too.
func (m *Machine) takeEarly(from int32) {
	early := m.cf.early
	m.cf.early = nil
	for _, f := range early {
		if hash, ok := m.tree.HashAt(f.height); ok && hash == f.block && m.scan.wants(f.height) {
			m.judgeFilter(f.peer, f.height, FilterReceived{Block: f.block, FilterHash: f.hash, Data: f.data})
		}
	}
	tip := m.cf.tipHeight()
	if slices.ContainsFunc(m.scan.leases, func(l *lease) bool { return l.from == from && l.peer.agreedTo >= l.to }) {
		return
	}
	m.handOn(from, func(l *lease) bool { return l.from <= tip })
}

// dropEarly forgets filters of blocks that have left the best chain.
func (c *filterHeaders) dropEarly(height int32) {
	c.early = slices.DeleteFunc(c.early, func(f earlyFilter) bool { return f.height > height })
}
