package spvtest

import (
	"slices"
	"time"

	"thistle/spv/chain"
	"thistle/spv/protocol"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// dialTimeout is how long the transport tries an address that does not answer.
const dialTimeout = 10 * time.Second

func (s *Sim) dial(out protocol.Dial) {
	addr := out.Addr
	p := s.peers[addr]
	life := s.life
	fail := func() {
		if s.life == life {
			s.Input(protocol.DialFailed{Addr: addr})
		}
	}
	switch {
	case p == nil:
		s.at(s.now.Add(time.Second), fail)
	case p.Hangs:
		s.at(s.now.Add(dialTimeout), fail)
	case p.Refuses:
		s.at(s.now.Add(p.Latency), fail)
	default:
		if p.banned != 0 && s.now.Before(p.bannedAt.Add(protocol.BanTime)) && p.bannedIn == life {
			s.faultf("%s was dialled again though it is banned for %v", addr, p.banned)
		}
		s.nextID++
		c := &conn{id: s.nextID, peer: p, purpose: out.Purpose, announced: p.Chain.Tip().Height}
		s.at(s.now.Add(3*s.delay(p)), func() {
			if s.life != life {
				return
			}
			p.dials++
			s.conns[c.id] = c
			c.announced = p.Chain.Tip().Height
			info := p.info(c.id, s.now)
			info.Purpose = c.purpose
			s.Input(protocol.PeerConnected{Info: info})
			if p.FeeFloor != 0 && s.life == life {
				s.back(c, one(protocol.MessageReceived{Peer: c.id, Msg: wire.NewMsgFeeFilter(p.FeeFloor)}))
			}
		})
	}
}

func (s *Sim) delay(p *Peer) time.Duration {
	d := p.Latency
	if p.Jitter > 0 {
		d += time.Duration(s.rng.Int64N(int64(p.Jitter)))
	}
	return d
}

func (s *Sim) disconnect(out protocol.Disconnect) {
	c := s.conns[out.Peer]
	if c == nil || c.closing {
		s.faultf("disconnect of a connection that is not there: %d", out.Peer)
		return
	}
	s.leave(c, out.Reason)
}

// leave ends a connection from our side.
func (s *Sim) leave(c *conn, r protocol.Reason) {
	c.closing = true
	if r.Provable() {
		if c.peer.Honest() {
			s.faultf("honest %s is banned: %v", c.peer.Name, r)
		}
		c.peer.banned, c.peer.bannedAt, c.peer.bannedIn = r, s.now, s.life
	}
	s.hangUp(c, r, 5*time.Millisecond)
}

// Kick closes the connections to a peer from its side.
func (s *Sim) Kick(p *Peer) {
	for _, c := range s.connsOf(p) {
		s.hangUp(c, protocol.ReasonNone, 0)
	}
}

func (s *Sim) hangUp(c *conn, r protocol.Reason, after time.Duration) {
	life := s.life
	c.closing = true
	s.at(s.now.Add(after), func() {
		if s.life == life && s.conns[c.id] == c {
			s.Input(protocol.PeerDisconnected{Peer: c.id, Reason: r})
			if s.life == life {
				delete(s.conns, c.id)
			}
		}
	})
}

// connsOf are the open connections to a peer, oldest first.
func (s *Sim) connsOf(p *Peer) []*conn {
	var list []*conn
	for _, c := range s.conns {
		if c.peer == p && !c.closing {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b *conn) int { return int(a.id) - int(b.id) })
	return list
}

func (s *Sim) resolve() {
	life := s.life
	s.at(s.now.Add(100*time.Millisecond), func() {
		if s.life != life {
			return
		}
		var addrs []string
		for _, p := range s.cfg.Peers {
			addrs = append(addrs, p.Name)
		}
		s.Input(protocol.AddressesFound{Answers: []protocol.SeedAnswer{{Addrs: addrs}}})
	})
}

// send carries a message to a peer, and what it says back.
func (s *Sim) send(out protocol.Send) {
	c := s.conns[out.Peer]
	if c == nil || c.closing {
		if c == nil {
			s.faultf("message to a connection that is not there: %d", out.Peer)
		}
		return
	}
	s.sends++
	s.checkSend(c, out.Msg)
	c.toPeer = latest(c.toPeer, s.now.Add(s.delay(c.peer)))
	life := s.life
	s.at(c.toPeer, func() {
		if s.life == life && !c.closing {
			s.arrive(c, out.Msg)
		}
	})
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// arrive is a message at the peer's end.
func (s *Sim) arrive(c *conn, msg wire.Message) {
	if _, ok := msg.(*wire.MsgSendHeaders); ok {
		c.headers = true
	}
	if c.peer.HangUp > 0 && s.rng.Float64() < c.peer.HangUp {
		s.hangUp(c, protocol.ReasonNone, c.peer.Latency)
		return
	}
	s.back(c, c.peer.reply(s, c.id, msg))
}

// back carries what a peer says to the machine.
func (s *Sim) back(c *conn, answers []answer) {
	if len(answers) == 0 {
		return
	}
	answers = s.readRanges(c, answers)
	life := s.life
	t := latest(c.toMachine, s.now.Add(s.delay(c.peer)))
	for _, a := range answers {
		t = t.Add(a.gap)
		s.at(t, func() {
			if s.life == life && s.conns[c.id] == c && !c.closing {
				if _, bad := a.in.(badRange); bad {
					s.leave(c, protocol.ReasonBadHeaders)
					return
				}
				s.checkReply(c, a.in)
				s.Input(a.in)
			}
		})
	}
	c.toMachine = t
}

// readRanges does what a connection's reader does with headers: it checks those
// that answer a request for a range.
func (s *Sim) readRanges(c *conn, answers []answer) []answer {
	var read []answer
	for _, a := range answers {
		if in, ok := a.in.(protocol.HeadersReceived); ok {
			read, ok = append(read, answer{in: c.readHeaders(s, in), gap: a.gap}), true
			continue
		}
		read = append(read, a)
	}
	return read
}

// readHeaders mirrors peer.Conn.
func (c *conn) readHeaders(s *Sim, in protocol.HeadersReceived) protocol.Input {
	var none chainhash.Hash
	if len(in.Headers) == 0 {
		if len(c.asked) == 0 {
			return in
		}
		oldest := c.asked[0]
		c.asked = c.asked[1:]
		if oldest != none {
			return protocol.RangeReceived{Peer: in.Peer}
		}
		return in
	}
	prev := in.Headers[0].Prev()
	i := slices.Index(c.asked, prev)
	if i < 0 {
		i = slices.Index(c.asked, none)
	}
	if i < 0 && prev == *s.gen.net.GenesisHash && len(c.asked) > 0 {
		i = 0
	}
	if i < 0 {
		return in
	}
	ranged := c.asked[i] == prev
	c.asked = slices.Delete(c.asked, i, i+1)
	if !ranged {
		return in
	}
	raw := make([]byte, 0, len(in.Headers)*chain.HeaderSize)
	for i := range in.Headers {
		raw = append(raw, in.Headers[i].Raw[:]...)
	}
	run, err := chain.CheckRun(s.gen.params, raw)
	if err != nil {
		return badRange{}
	}
	return protocol.RangeReceived{Peer: in.Peer, Run: run}
}

// badRange stands for headers that the reader hangs up on.
type badRange struct{ protocol.Input }

// checkSend holds the machine to its bounds.
func (s *Sim) checkSend(c *conn, msg wire.Message) {
	const patience = protocol.SilentPeer // after that a request may count as lost
	if c.purpose == protocol.ForBroadcast {
		switch msg.(type) {
		case *wire.MsgInv, *wire.MsgTx, *wire.MsgPing, *wire.MsgPong:
		default:
			s.faultf("%s is to be given a transaction and is sent %T", c.peer.Name, msg)
		}
	}
	switch msg := msg.(type) {
	case *wire.MsgGetHeaders:
		if msg.HashStop != (chainhash.Hash{}) {
			s.checkRange(c, msg)
			return
		}
		c.asked = append(c.asked, chainhash.Hash{})
		if !c.askedAt.IsZero() && s.now.Sub(c.askedAt) < patience && c.peer.Honest() {
			s.faultf("%s is asked for headers while it owes some", c.peer.Name)
		}
		c.askedAt = s.now
	case *wire.MsgGetCFilters:
		s.checkFilters(c, msg)
	case *wire.MsgGetData:
		if len(msg.InvList) == 0 || len(msg.InvList) > 100 {
			s.faultf("%s is asked for %d items", c.peer.Name, len(msg.InvList))
		}
	}
}

// checkRange holds the machine to its bounds on ranges of old headers.
func (s *Sim) checkRange(c *conn, msg *wire.MsgGetHeaders) {
	const lanes, ever = 16, 64
	c.asked = append(c.asked, *msg.BlockLocatorHashes[0])
	if len(c.asked) > ever {
		c.asked = c.asked[1:]
	}
	c.ranged = append(c.ranged, s.now)
	owed := 0
	for _, at := range c.ranged {
		if s.now.Sub(at) < 2500*time.Millisecond {
			owed++
		}
	}
	if owed > lanes && c.peer.Honest() {
		s.faultf("%s owes %d messages of old headers", c.peer.Name, owed)
	}
}

func (s *Sim) checkFilters(c *conn, msg *wire.MsgGetCFilters) {
	const idle = 6 * time.Second
	stop := s.gen.Find(msg.StopHash)
	if stop == nil || stop.Height < int32(msg.StartHeight) {
		s.faultf("%s is asked for filters from %d to %v", c.peer.Name, msg.StartHeight, msg.StopHash)
		return
	}
	r := &filterRange{stop: stop, missing: make(map[chainhash.Hash]bool), moved: s.now}
	for _, b := range stop.Range(int32(msg.StartHeight)) {
		r.missing[b.Hash] = true
	}
	r.single = len(r.missing) == 1
	c.ranges = append(c.ranges, r)
	leases := 0
	for _, o := range c.ranges {
		// A reorg makes what was asked of the old branch void.
		hash, _ := s.disk.hashAt(o.stop.Height)
		if len(o.missing) > 0 && s.now.Sub(o.moved) < idle && !o.single && hash == o.stop.Hash {
			leases++
		}
	}
	if leases > 2 && c.peer.Honest() {
		s.faultf("%s has %d leases", c.peer.Name, leases)
	}
}

func (s *Sim) checkReply(c *conn, in protocol.Input) {
	switch in := in.(type) {
	case protocol.HeadersReceived:
		c.askedAt = time.Time{}
	case protocol.RangeReceived:
		if len(c.ranged) > 0 {
			c.ranged = c.ranged[1:]
		}
	case protocol.FilterReceived:
		for _, r := range c.ranges {
			if r.missing[in.Block] {
				delete(r.missing, in.Block)
				break
			}
		}
		for _, r := range c.ranges {
			r.moved = s.now
		}
		c.ranges = slices.DeleteFunc(c.ranges, func(r *filterRange) bool { return len(r.missing) == 0 })
	}
}

// Grow gives peers another chain; they announce what is new in it.
func (s *Sim) Grow(b Branch, peers ...*Peer) {
	for _, p := range peers {
		old := p.Chain
		p.setChain(b)
		fork := 0
		for fork < len(old) && fork < len(b) && old[fork] == b[fork] {
			fork++
		}
		for _, c := range s.connsOf(p) {
			if c.purpose != protocol.ForBroadcast {
				s.back(c, p.announce(c.id, int32(fork)))
			}
		}
	}
}

// Announce lets a peer offer a transaction it holds to all who want to hear.
func (s *Sim) Announce(p *Peer, txs ...*wire.MsgTx) {
	inv := wire.NewMsgInv()
	for _, tx := range txs {
		vect := &wire.InvVect{Type: wire.InvTypeTx, Hash: tx.TxHash()}
		if p.WTxID {
			vect.Type, vect.Hash = protocol.InvTypeWTx, tx.WitnessHash()
		}
		_ = inv.AddInvVect(vect)
	}
	for _, c := range s.connsOf(p) {
		if c.purpose == protocol.ForAll && !s.cfg.LowData {
			s.back(c, one(protocol.MessageReceived{Peer: c.id, Msg: inv}))
		}
	}
}

// Say lets a peer send anything; peer IDs are filled in by the caller's make.
func (s *Sim) Say(p *Peer, make func(id protocol.PeerID) protocol.Input) {
	for _, c := range s.connsOf(p) {
		s.back(c, one(make(c.id)))
	}
}

// Peers are all nodes of the network.
func (s *Sim) Peers() []*Peer { return s.cfg.Peers }

// Peer is who is at the other end of a connection, nil if it is closed.
func (s *Sim) Peer(id protocol.PeerID) *Peer {
	if c := s.conns[id]; c != nil {
		return c.peer
	}
	return nil
}

// Connected tells whether the machine has a connection to a peer.
func (s *Sim) Connected(p *Peer) bool { return len(s.connsOf(p)) > 0 }

func (s *Sim) announceTx(p *Peer, tx *wire.MsgTx, after time.Duration) {
	s.at(s.now.Add(after), func() { s.Announce(p, tx) })
}

// gossip passes a transaction on among the peers.
func (s *Sim) gossip(from *Peer, tx *wire.MsgTx) {
	for _, p := range s.cfg.Peers {
		if p == from || !p.Gossips || p.Has(tx.TxHash()) {
			continue
		}
		s.at(s.now.Add(2*time.Second+s.delay(p)), func() {
			if p.Has(tx.TxHash()) {
				return
			}
			p.Give(tx)
			if !s.toldTx[tx.TxHash()][p.Name] {
				s.Announce(p, tx)
			}
		})
	}
}

// told notes that the machine announced a transaction to a peer.
func (s *Sim) told(p *Peer, txid chainhash.Hash) {
	if s.toldTx[txid] == nil {
		s.toldTx[txid] = make(map[string]bool)
	}
	s.toldTx[txid][p.Name] = true
}

// Told are the names of the peers the machine announced a transaction to.
func (s *Sim) Told(txid chainhash.Hash) []string {
	var names []string
	for n := range s.toldTx[txid] {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
