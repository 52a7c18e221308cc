package protocol

import (
	"cmp"
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"time"

	"thistle/spv/addrmgr"
	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

const (
	// maxInbound is how many peers that connected to us are kept, and
	// maxPerHost how many of them from one host.
	maxInbound = 16
	maxPerHost = 2
	// Of those to choose from when one must go, so many are safe for each of
	// three qualities; of the rest the older half is.
	safeEach = 4
	// guestNewsEvery is how often, after a burst of guestNewsBurst, one of them
	// may tell us of headers.
	guestNewsEvery = 5 * time.Second
	guestNewsBurst = 20
	// rumourPause is how often what they tell makes us ask outbound peers, and
	// rumourSpread how long it may take until we do.
	rumourPause  = time.Minute
	rumourSpread = 30 * time.Second
	// announceMost is how many new blocks are announced by their headers.
	announceMost = 8
)

// inbound looks after guests: peers that have connected to us. Who connects to us
// chose us, not we them, so nothing is believed on their word, nor asked of them:
// they are in a list of their own, which no other part of the machine looks at.
type inbound struct {
	guests     []*peerState // in the order they came
	secret     uint64
	rumouredAt time.Time
}

// guestState is what is known of a peer as one that we serve.
type guestState struct {
	wantsHeaders bool      // it asked for new blocks to be announced so
	usedAt       time.Time // when it last told of a block before others did
	newsAt       time.Time // when its allowance for headers is full again
	toldAddrs    bool      // getaddr was answered
}

func (m *Machine) guest(id PeerID) *peerState {
	i := slices.IndexFunc(m.inbound.guests, func(p *peerState) bool { return p.info.ID == id && !p.leaving })
	if i < 0 {
		return nil
	}
	return m.inbound.guests[i]
}

// present lists guests that are not being disconnected.
func (b *inbound) present() []*peerState {
	return slices.DeleteFunc(slices.Clone(b.guests), func(p *peerState) bool { return p.leaving })
}

func (m *Machine) guestConnected(info PeerInfo) {
	info.Pinned = false
	p := &peerState{info: info, pingNext: m.now}
	others := m.inbound.present()
	m.inbound.guests = append(m.inbound.guests, p)
	if !m.cfg.Serve || m.banned(info.Addr) || crowded(others, p) || len(others) >= maxInbound && !m.makeRoom(others) {
		m.drop(p, ReasonNotNeeded)
		return
	}
	m.send(p, &wire.MsgSendHeaders{})
	p.up = true
	m.emit(PeerUp{Peer: p.info})
}

// crowded tells whether enough others are there from the same host.
func crowded(others []*peerState, p *peerState) bool {
	host := hostOf(p.info.Addr)
	if !host.IsValid() {
		return false
	}
	n := 0
	for _, o := range others {
		if hostOf(o.info.Addr) == host {
			n++
		}
	}
	return n >= maxPerHost
}

// hostOf is where a connection comes from: of IPv6 the network, whose owner has
// all its addresses; zero for this computer, where Tor hands over whoever comes.
func hostOf(addr string) netip.Addr {
	ap, err := netip.ParseAddrPort(addr)
	ip := ap.Addr().Unmap().WithZone("")
	switch {
	case err != nil || ip.IsLoopback():
		return netip.Addr{}
	case ip.Is6():
		network, _ := ip.Prefix(64)
		return network.Addr()
	}
	return ip
}

// makeRoom lets one guest go: the youngest of the largest part of the network,
// but none that excels at something an attacker finds hard to have. False if all
// do.
func (m *Machine) makeRoom(guests []*peerState) bool {
	left := slices.Clone(guests)
	keep := func(n int, excels func(p *peerState) bool, better func(p, q *peerState) int) {
		slices.SortStableFunc(left, better)
		for ; n > 0 && len(left) > 0 && excels(left[0]); n-- {
			left = left[1:]
		}
	}
	anybody := func(*peerState) bool { return true }
	keep(safeEach, anybody, func(p, q *peerState) int { // nobody can tell which parts these are
		return cmp.Compare(m.inbound.rank(p), m.inbound.rank(q))
	})
	keep(safeEach, func(p *peerState) bool { return p.info.Latency > 0 },
		func(p, q *peerState) int { return cmp.Compare(nearness(p), nearness(q)) })
	keep(safeEach, func(p *peerState) bool { return !p.guest.usedAt.IsZero() },
		func(p, q *peerState) int { return q.guest.usedAt.Compare(p.guest.usedAt) })
	keep(len(left)/2, anybody, func(p, q *peerState) int { return p.info.Since.Compare(q.info.Since) })
	if len(left) == 0 {
		return false
	}
	sizes := make(map[string]int)
	for _, p := range left {
		sizes[groupOf(p)]++
	}
	worst := left[0]
	for _, p := range left[1:] {
		n, most := sizes[groupOf(p)], sizes[groupOf(worst)]
		if n > most || n == most && p.info.Since.After(worst.info.Since) {
			worst = p
		}
	}
	m.drop(worst, ReasonNotNeeded)
	return true
}

// nearness is the latency, or very long while it is not known.
func nearness(p *peerState) time.Duration {
	if p.info.Latency == 0 {
		return time.Hour
	}
	return p.info.Latency
}

// rank orders the parts of the network by a secret.
func (b *inbound) rank(p *peerState) uint64 {
	sum := chainhash.HashB(append(binary.LittleEndian.AppendUint64(nil, b.secret), groupOf(p)...))
	return binary.LittleEndian.Uint64(sum)
}

func (m *Machine) guestDisconnected(i int, r Reason) {
	p := m.inbound.guests[i]
	if p.leaving {
		r = p.reason
	} else {
		m.punish(p.info.Addr, r)
	}
	m.inbound.guests = slices.Delete(m.inbound.guests, i, i+1)
	if p.up {
		m.emit(PeerDown{Peer: p.info, Reason: r})
	}
}

// driveGuests measures them as all peers are.
func (m *Machine) driveGuests() {
	for _, p := range m.inbound.present() {
		m.drivePing(p)
	}
}

// guestMessage takes what a guest says, headers apart.
func (m *Machine) guestMessage(p *peerState, msg wire.Message) {
	switch msg := msg.(type) {
	case *wire.MsgPing:
		m.send(p, &wire.MsgPong{Nonce: msg.Nonce})
	case *wire.MsgPong:
		m.pongReceived(p, msg.Nonce)
	case *wire.MsgFeeFilter:
		m.feeFilterReceived(p, msg)
	case *wire.MsgSendHeaders:
		p.guest.wantsHeaders = true
	case *wire.MsgInv:
		m.guestInv(msg)
	case *wire.MsgGetData:
		m.guestGetData(p, msg)
	case *wire.MsgGetAddr:
		m.addrsRequested(p)
	default:
		m.requested(p, msg)
	}
}

// addrsRequested tells a guest of some addresses, once: the same to all for a day,
// so that nobody learns the book by asking often.
func (m *Machine) addrsRequested(p *peerState) {
	if p.guest.toldAddrs {
		return
	}
	p.guest.toldAddrs = true
	at, _ := addrmgr.Parse(p.info.Addr)
	network := at.Network()
	if !at.Routable() { // Tor's, it may be: who asks both ways must not see that we are the same
		network = addrmgr.Onion
	}
	if list := m.book.known.Sample(m.now, network); len(list) > 0 {
		m.send(p, addrmgr.Message(list, p.info.AddrV2))
	}
}

// guestInv listens for blocks only.
func (m *Machine) guestInv(msg *wire.MsgInv) {
	for _, inv := range msg.InvList {
		if inv.Type&^wire.InvWitnessFlag != wire.InvTypeBlock {
			continue
		}
		if _, _, ok := m.tree.Find(inv.Hash); !ok {
			m.rumour()
			return
		}
	}
}

// guestHeaders takes headers that follow our tip, since their proof of work is
// hard to come by: where all outbound peers are one attacker's, they may be the
// first true word. Any others are but a rumour.
func (m *Machine) guestHeaders(p *peerState, headers []chain.Header) {
	if len(headers) == 0 || !m.headed {
		return
	}
	if _, _, known := m.tree.Find(headers[len(headers)-1].Hash); known {
		return
	}
	if !m.mayTell(p) {
		m.drop(p, ReasonFlood)
		return
	}
	if headers[0].Prev() != m.tree.Tip().Hash {
		m.rumour()
		return
	}
	res, err := m.tree.Add(m.now, headers)
	if !res.Change.Empty() {
		p.guest.usedAt, p.known = m.now, res.Last
		m.headersChanged(res.Change)
	}
	if rule := new(chain.RuleError); errors.As(err, &rule) && rule.Kind.Provable() {
		m.blame(p, ReasonBadHeaders)
	}
}

// mayTell spends one of a guest's allowance for headers.
func (m *Machine) mayTell(p *peerState) bool {
	if p.guest.newsAt.Before(m.now) {
		p.guest.newsAt = m.now
	}
	p.guest.newsAt = p.guest.newsAt.Add(guestNewsEvery)
	return p.guest.newsAt.Sub(m.now) <= guestNewsBurst*guestNewsEvery
}

// rumour has outbound peers asked whether there is something new, but not at
// once: who is on both sides would know that who listens here and who connects to
// it there are the same.
func (m *Machine) rumour() {
	if !m.headed || m.now.Before(m.inbound.rumouredAt.Add(rumourPause)) {
		return
	}
	m.inbound.rumouredAt = m.now
	m.lookedFrom, m.lookAt = m.tree.Tip().Hash, m.now.Add(m.between(0, rumourSpread))
}

// announceBlocks tells guests of new blocks. A full node is told by headers only,
// if it likes: after an inv it might wait for the block, which we do not have.
func (m *Machine) announceBlocks(c chain.Change) {
	if !m.headed || len(c.Connected) == 0 {
		return
	}
	var headers *wire.MsgHeaders
	if len(c.Connected) <= announceMost {
		headers = &wire.MsgHeaders{}
		for i := range c.Connected {
			h := c.Connected[i].Wire()
			headers.Headers = append(headers.Headers, &h)
		}
	}
	tip := c.Tip().Hash
	inv := &wire.MsgInv{InvList: []*wire.InvVect{wire.NewInvVect(wire.InvTypeBlock, &tip)}}
	for _, p := range m.inbound.present() {
		switch {
		case p.known.Hash == tip: // it has told us
		case p.guest.wantsHeaders && headers != nil:
			m.send(p, headers)
		case !p.info.ServesBlocks():
			m.send(p, inv)
		}
	}
}
