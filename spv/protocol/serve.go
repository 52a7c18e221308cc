package protocol

import (
	"slices"
	"time"

	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

const (
	// maxServing is how many requests of one peer may wait for their answers:
	// the fastest of our own kind have some 25 under way.
	maxServing = 64
	// filtersPerRequest is BIP157's bound on one getcfilters.
	filtersPerRequest = 1000
	// putOffFor is how long a request waits for filters that are about to come,
	// maxPutOff how many of one peer do; older ones give way.
	putOffFor = 8 * time.Second
	maxPutOff = 16
)

// Given counts what was given to others.
type Given struct {
	Bytes    uint64 // of payload
	Messages uint64
	Txs      uint64 // transactions of others, handed on
}

// Given tells what was given to others in this run.
func (m *Machine) Given() Given { return m.given }

// Services are what our version message may truly say.
func (m *Machine) Services() wire.ServiceFlag {
	services := wire.SFNodeWitness
	if m.cfg.Serve && m.servesAll() {
		services |= wire.SFNodeCF
	}
	return services
}

// servesAll tells whether the filters of all blocks are here.
func (m *Machine) servesAll() bool {
	from, to := m.filtersHeld()
	return m.tree.Base().Height < 0 && from <= 1 && to >= m.tree.Tip().Height && m.headed
}

// filtersHeld is the range of heights whose filters, agreed by all, are on disk.
// Genesis counts with the first: its filter is known.
func (m *Machine) filtersHeld() (from, to int32) {
	s := &m.scan
	if s.from < 0 || s.from < m.cf.base {
		return 0, -1
	}
	from, to = s.from, min(s.from+int32(s.have)-1, m.cf.tipHeight())
	for h := range m.cf.direct { // nobody can say what its filter is
		if h >= from {
			to = min(to, h-1)
		}
	}
	if from == 1 {
		from = 0
	}
	return from, to
}

// requested takes a peer's request. What nobody has to answer is passed over.
func (m *Machine) requested(p *peerState, msg wire.Message) {
	if !m.cfg.Serve {
		return
	}
	switch msg := msg.(type) {
	case *wire.MsgGetHeaders:
		m.headersRequested(p, msg)
	case *wire.MsgGetCFilters:
		m.filtersRequested(p, ServeFilters, msg.FilterType, msg.StartHeight, msg.StopHash, filtersPerRequest)
	case *wire.MsgGetCFHeaders:
		m.filtersRequested(p, ServeFilterHashes, msg.FilterType, msg.StartHeight, msg.StopHash, cfheadersPerMsg)
	case *wire.MsgGetCFCheckpt:
		m.pointsRequested(p, msg)
	}
}

// serve has a request answered. Who asks on and on without waiting is let go.
func (m *Machine) serve(p *peerState, what Ware, from int32, stop chain.Tip) {
	if p.serving++; p.serving > maxServing {
		m.drop(p, ReasonFlood)
		return
	}
	m.do(Serve{Peer: p.info.ID, What: what, From: from, Stop: stop})
}

func (m *Machine) served(in Served) {
	p := m.peer(in.Peer)
	if p == nil {
		p = m.guest(in.Peer)
	}
	if p != nil && p.serving > 0 {
		p.serving--
	}
	m.given.Messages += uint64(in.Messages)
	m.given.Bytes += in.Bytes
}

// headersRequested answers with what follows the first hash that is on our chain,
// or with one header where none is named.
func (m *Machine) headersRequested(p *peerState, msg *wire.MsgGetHeaders) {
	bottom, tip := m.tree.Base().Height+1, m.tree.Tip()
	end, bounded := m.onChain(msg.HashStop)
	if len(msg.BlockLocatorHashes) == 0 {
		if bounded && end.Height >= bottom {
			m.serve(p, ServeHeaders, end.Height, end)
		}
		return
	}
	from := int32(1) // like everybody, from genesis on if nothing is known
	for _, hash := range msg.BlockLocatorHashes {
		if at, ok := m.onChain(*hash); ok {
			from = at.Height + 1
			break
		}
	}
	if from < bottom {
		return // what we have would not follow
	}
	to := min(from+maxHeaders-1, tip.Height)
	if bounded && end.Height >= from {
		to = min(to, end.Height)
	}
	stop := tip
	if to < tip.Height {
		hash, _ := m.tree.HashAt(to)
		stop = chain.Tip{Height: to, Hash: hash}
	}
	m.serve(p, ServeHeaders, from, stop)
}

// onChain finds a block of the best chain.
func (m *Machine) onChain(hash chainhash.Hash) (chain.Tip, bool) {
	tip, best, ok := m.tree.Find(hash)
	return tip, best && ok
}

// filtersRequested answers a request that BIP157 allows for what is here. One that
// it forbids ends the connection, as everywhere; a stop we do not know, or know
// beside our chain, may come from a reorg.
func (m *Machine) filtersRequested(p *peerState, what Ware, kind wire.FilterType, start uint32, stop chainhash.Hash, most int32) {
	end, known := m.onChain(stop)
	switch {
	case kind != wire.GCSFilterRegular:
		m.drop(p, ReasonUnsuitable)
		return
	case !known:
		return
	case int64(start) > int64(end.Height) || int64(end.Height)-int64(start) >= int64(most):
		m.drop(p, ReasonUnsuitable)
		return
	}
	m.serveHeld(p, Serve{Peer: p.info.ID, What: what, From: int32(start), Stop: end})
}

// putOff is a request for what will soon be here: who hears of a block from us
// asks for its filter before we have it.
type putOff struct {
	Serve
	until time.Time
}

// serveHeld has a request for filters answered if they are here, or when they are.
func (m *Machine) serveHeld(p *peerState, out Serve) {
	from, to := m.filtersHeld()
	switch {
	case to < 0 || out.Stop.Height > to+liveBlocks:
	case out.From < from && out.What != ServeFilterPoints:
	case out.Stop.Height <= to:
		m.serve(p, out.What, out.From, out.Stop)
	default:
		m.putOff = append(m.putOff, putOff{out, m.now.Add(putOffFor)})
		m.boundPutOff(out.Peer)
	}
}

func (m *Machine) boundPutOff(id PeerID) {
	n, oldest := 0, -1
	for i, o := range m.putOff {
		if o.Peer != id {
			continue
		}
		if n++; oldest < 0 {
			oldest = i
		}
	}
	if n > maxPutOff {
		m.putOff = slices.Delete(m.putOff, oldest, oldest+1)
	}
}

// drivePutOff answers what can be answered by now.
func (m *Machine) drivePutOff() {
	if len(m.putOff) == 0 {
		return
	}
	_, to := m.filtersHeld()
	m.putOff = slices.DeleteFunc(m.putOff, func(o putOff) bool {
		p := m.peer(o.Peer)
		if p == nil {
			p = m.guest(o.Peer)
		}
		if p == nil || m.due(o.until) {
			return true
		}
		if o.Stop.Height > to {
			return false
		}
		m.serve(p, o.What, o.From, o.Stop)
		return true
	})
}

// pointsRequested answers with the filter headers of every thousandth block, if
// they are all known.
func (m *Machine) pointsRequested(p *peerState, msg *wire.MsgGetCFCheckpt) {
	if msg.FilterType != wire.GCSFilterRegular {
		m.drop(p, ReasonUnsuitable)
		return
	}
	end, known := m.onChain(msg.StopHash)
	if !known {
		return
	}
	for h := int32(cfcheckptInterval); h <= end.Height && h < m.cf.base-1; h += cfcheckptInterval {
		if _, ok := m.cfg.FilterCheckpoints[h]; !ok {
			return
		}
	}
	m.serveHeld(p, Serve{Peer: p.info.ID, What: ServeFilterPoints, From: 0, Stop: end})
}

// FilterPoint is the filter header of a height that is known beforehand or by now.
func (m *Machine) FilterPoint(height int32) (chainhash.Hash, bool) {
	if h, ok := m.cfg.FilterCheckpoints[height]; ok {
		return h, true
	}
	return m.cf.header(height)
}
