package spvtest

import (
	"time"

	"thistle/spv/addrmgr"
	"thistle/spv/chain"
	"thistle/spv/protocol"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// Peer is a node of the network in the bottle. The zero values of all but Name
// and Chain make an honest full node that serves filters.
type Peer struct {
	Name  string // also its address
	Chain Branch

	// What it claims.
	NoFilters bool
	Like      bool          // claims nothing, like one of us: no blocks, and perhaps filters
	Claim     int32         // start height, that of Chain if 0
	Clock     time.Duration // ahead of ours

	// How it behaves.
	Latency     time.Duration // one way, 30 ms if 0
	Jitter      time.Duration // added at random
	Refuses     bool          // cannot be connected to
	Hangs       bool          // a dial is never answered
	StallAfter  int           // answers so many requests, then none; 0 is no limit
	HangUp      float64       // chance to close the connection at each request
	NoHeaders   bool          // never answers getheaders, like btcd at height 0
	NoCF        bool          // never answers about filters
	NoCFHeaders bool          // never answers getcfheaders
	NoBlocks    bool          // never answers getdata for blocks
	NotFound    bool          // has no blocks
	Invs        bool          // announces blocks by inv, not by headers
	Deaf        bool          // announces no blocks at all

	// Lies. A peer with any is not honest.
	Headers   HeaderLie
	Ranges    HeaderLie // of headers up to a stop hash, instead of Headers
	Filters   FilterLie
	Blocks    BlockLie
	LowWork   bool // Chain is a branch with less work
	Malicious bool // does harm in a way the fields do not show

	// Transactions.
	Tells      func(now time.Time) []addrmgr.Heard // whom it tells of when asked; nil: of nobody
	Gossips    bool                                // passes transactions of ours on to other such peers
	EchoesBack bool                                // announces a transaction to its sender too, like btcd
	NoFetch    bool                                // never fetches what we announce
	BlocksOnly bool                                // wants to hear of none
	BTCD       bool                                // says that it is btcd
	WTxID      bool                                // names them by their hash with witness (BIP339)
	FeeFloor   int64                               // sat/kvB: says so, and takes none that pay less, but with a child that pays for both
	Slow       time.Duration
	mempool    map[chainhash.Hash]*wire.MsgTx
	orphans    map[chainhash.Hash]*wire.MsgTx // by the parent that was asked for

	known      map[chainhash.Hash]bool // blocks ever in Chain
	claimed    map[chainhash.Hash]chainhash.Hash
	answers    int
	overclaims bool // claimed more than it had
	banned     protocol.Reason
	bannedAt   time.Time
	bannedIn   int
	dials      int
}

// Honest tells whether the peer never says what is not so. It may be slow.
func (p *Peer) Honest() bool {
	return p.Headers == nil && p.Ranges == nil && p.Filters.False == nil && p.Blocks == nil && !p.LowWork && !p.Malicious && !p.overclaims
}

// Banned is the provable reason the machine gave for leaving the peer.
func (p *Peer) Banned() protocol.Reason { return p.banned }

// Dials counts the connections opened to the peer.
func (p *Peer) Dials() int { return p.dials }

func (p *Peer) info(id protocol.PeerID, now time.Time) protocol.PeerInfo {
	services := wire.SFNodeNetwork | wire.SFNodeWitness
	if !p.NoFilters {
		services |= wire.SFNodeCF
	}
	if p.Like {
		services = wire.SFNodeWitness
	}
	claim := p.Claim
	if claim == 0 {
		claim = p.Chain.Tip().Height
	}
	p.overclaims = p.overclaims || claim > p.Chain.Tip().Height
	agent := "/bottle/"
	if p.BTCD {
		agent = "/btcwire:0.5.0/btcd:0.26.2/"
	}
	return protocol.PeerInfo{ID: id, Addr: p.Name, UserAgent: agent, Version: wire.ProtocolVersion,
		Services: services, StartHeight: claim, Since: now, ClockAhead: p.Clock, TxRelay: !p.BlocksOnly, WTxID: p.WTxID}
}

// setChain gives the peer another chain.
func (p *Peer) setChain(b Branch) {
	p.Chain = b
	p.learn(b)
}

func (p *Peer) learn(b Branch) {
	if p.known == nil {
		p.known = make(map[chainhash.Hash]bool)
	}
	for i := len(b) - 1; i >= 0 && !p.known[b[i].Hash]; i-- {
		p.known[b[i].Hash] = true
	}
}

// answer is one reply, as the reader makes an input of it. gap is the time
// since the reply before it.
type answer struct {
	in  protocol.Input
	gap time.Duration
}

func one(in protocol.Input) []answer { return []answer{{in: in}} }

// reply is what the peer says to a message.
func (p *Peer) reply(s *Sim, id protocol.PeerID, msg wire.Message) []answer {
	switch msg := msg.(type) {
	case *wire.MsgPing:
		return one(protocol.MessageReceived{Peer: id, Msg: &wire.MsgPong{Nonce: msg.Nonce}})
	case *wire.MsgInv:
		return p.fetch(s, id, msg)
	case *wire.MsgGetAddr:
		if p.Tells == nil {
			return nil
		}
		return one(protocol.AddressesHeard{Peer: id, Addrs: p.Tells(s.now)})
	case *wire.MsgTx:
		return p.takeTx(s, id, msg)
	case *wire.MsgSendHeaders, *wire.MsgPong:
		return nil
	}
	p.answers++
	if p.StallAfter > 0 && p.answers > p.StallAfter {
		return nil
	}
	switch msg := msg.(type) {
	case *wire.MsgGetHeaders:
		return p.replyHeaders(s, id, msg)
	case *wire.MsgGetCFHeaders:
		return p.replyCFHeaders(s, id, msg)
	case *wire.MsgGetCFCheckpt:
		return p.replyCFCheckpt(s, id, msg)
	case *wire.MsgGetCFilters:
		return p.replyCFilters(s, id, msg)
	case *wire.MsgGetData:
		return p.replyData(s, id, msg)
	}
	s.faultf("%s was sent %T", p.Name, msg)
	return nil
}

// replyHeaders answers as Bitcoin Core does: from the first locator hash on our
// chain, and with an empty message when there is nothing more.
func (p *Peer) replyHeaders(s *Sim, id protocol.PeerID, msg *wire.MsgGetHeaders) []answer {
	if p.NoHeaders {
		return nil
	}
	if len(msg.BlockLocatorHashes) == 0 {
		s.faultf("%s was asked for headers with an empty locator", p.Name)
	}
	from := int32(1)
	for _, hash := range msg.BlockLocatorHashes {
		if b := s.gen.Find(*hash); b != nil && p.has(b) {
			from = b.Height + 1
			break
		}
	}
	to := min(p.Chain.Tip().Height, from+wire.MaxBlockHeadersPerMsg-1)
	lie := p.Headers
	if b := s.gen.Find(msg.HashStop); b != nil {
		if p.has(b) && b.Height >= from {
			to = min(to, b.Height)
		}
		if p.Ranges != nil {
			lie = p.Ranges
		}
	}
	headers := p.Chain.Headers(from, to)
	if lie != nil {
		headers = lie(s, p, headers)
		if headers == nil {
			return nil
		}
	}
	return one(protocol.HeadersReceived{Peer: id, Headers: headers})
}

// has tells whether a block is on the peer's chain.
func (p *Peer) has(b *Block) bool {
	return int(b.Height) < len(p.Chain) && p.Chain[b.Height] == b
}

// stop finds the block a request about filters ends at, nil if the peer does
// not know it: it must not be asked then (BIP157).
func (p *Peer) stop(s *Sim, hash chainhash.Hash) *Block {
	if !p.known[hash] {
		if p.Honest() {
			s.faultf("%s was asked about filters up to a block it never knew: %v", p.Name, hash)
		}
		return nil
	}
	return s.gen.Find(hash)
}

func (p *Peer) replyCFHeaders(s *Sim, id protocol.PeerID, msg *wire.MsgGetCFHeaders) []answer {
	stop := p.stop(s, msg.StopHash)
	if p.NoFilters || stop == nil || p.NoCF || p.NoCFHeaders {
		return nil
	}
	blocks := stop.Range(int32(msg.StartHeight))
	if len(blocks) == 0 || len(blocks) > wire.MaxCFHeadersPerMsg || int32(msg.StartHeight) < 1 {
		s.faultf("%s was asked for cfheaders %d to %d", p.Name, msg.StartHeight, stop.Height)
		return nil
	}
	out := wire.NewMsgCFHeaders()
	out.StopHash = msg.StopHash
	out.PrevFilterHeader = p.headerOf(blocks[0].Prev, p.Filters.InHeaders)
	for _, b := range blocks {
		hash := p.hashOf(b, p.Filters.InHeaders)
		_ = out.AddCFHash(&hash)
	}
	return one(protocol.MessageReceived{Peer: id, Msg: out})
}

func (p *Peer) replyCFCheckpt(s *Sim, id protocol.PeerID, msg *wire.MsgGetCFCheckpt) []answer {
	stop := p.stop(s, msg.StopHash)
	if p.NoFilters || stop == nil || p.NoCF {
		return nil
	}
	out := wire.NewMsgCFCheckpt(wire.GCSFilterRegular, &msg.StopHash, int(stop.Height))
	for _, b := range stop.Range(1) {
		if b.Height%wire.CFCheckptInterval == 0 {
			header := p.headerOf(b, p.Filters.InCheckpoints)
			_ = out.AddCFHeader(&header)
		}
	}
	return one(protocol.MessageReceived{Peer: id, Msg: out})
}

func (p *Peer) replyCFilters(s *Sim, id protocol.PeerID, msg *wire.MsgGetCFilters) []answer {
	stop := p.stop(s, msg.StopHash)
	if p.NoFilters || stop == nil || p.NoCF || p.Filters.Withholds {
		return nil
	}
	blocks := stop.Range(int32(msg.StartHeight))
	if len(blocks) == 0 || len(blocks) > wire.MaxGetCFiltersReqRange {
		s.faultf("%s was asked for cfilters %d to %d", p.Name, msg.StartHeight, stop.Height)
		return nil
	}
	var out []answer
	for _, b := range blocks {
		data := b.Filter
		if f := p.falsehood(b); f != nil && p.Filters.InFilters {
			data = f
		}
		out = append(out, answer{in: protocol.FilterReceived{Peer: id, Block: b.Hash,
			FilterHash: chainhash.DoubleHashH(data), Data: data}, gap: time.Millisecond + p.Slow})
	}
	return out
}

func (p *Peer) replyData(s *Sim, id protocol.PeerID, msg *wire.MsgGetData) []answer {
	var out []answer
	missing := wire.NewMsgNotFound()
	for _, inv := range msg.InvList {
		if inv.Type == protocol.InvTypeWTx || inv.Type&^wire.InvWitnessFlag == wire.InvTypeTx {
			if p.WTxID != (inv.Type == protocol.InvTypeWTx) {
				s.faultf("%s was asked for a %v", p.Name, inv.Type)
			}
			if tx := p.find(inv.Hash); tx != nil {
				out = append(out, answer{in: protocol.TxReceived{Peer: id, Tx: tx}})
			} else {
				_ = missing.AddInvVect(inv)
			}
			continue
		}
		if inv.Type != wire.InvTypeWitnessBlock {
			s.faultf("%s was asked for a %v", p.Name, inv.Type)
		}
		b := s.gen.Find(inv.Hash)
		switch {
		case p.NoBlocks:
		case b == nil || p.NotFound || !p.known[inv.Hash]:
			_ = missing.AddInvVect(inv)
		default:
			out = append(out, p.block(s, id, b)...)
		}
	}
	if len(missing.InvList) > 0 {
		out = append(out, answer{in: protocol.MessageReceived{Peer: id, Msg: missing}})
	}
	return out
}

// block is the reader's verdict on the block that the peer sends.
func (p *Peer) block(s *Sim, id protocol.PeerID, b *Block) []answer {
	msg := b.Msg
	if p.Blocks != nil {
		msg = p.Blocks(b)
	}
	if msg == nil || msg.BlockHash() != b.Hash {
		return nil // the reader discards what was not asked for
	}
	err := protocol.CheckBlock(s.gen.net, b.Hash, msg)
	return one(protocol.BlockReceived{Peer: id, Hash: b.Hash, Block: msg, Err: err})
}

// announce is how the peer tells of its new chain, from the first block the
// other side may not know.
func (p *Peer) announce(id protocol.PeerID, from int32) []answer {
	tip := p.Chain.Tip()
	switch n := tip.Height - from + 1; {
	case p.Deaf || n <= 0:
		return nil
	case p.Invs || n > 8:
		inv := wire.NewMsgInv()
		_ = inv.AddInvVect(wire.NewInvVect(wire.InvTypeBlock, &tip.Hash))
		return one(protocol.MessageReceived{Peer: id, Msg: inv})
	default:
		return one(protocol.HeadersReceived{Peer: id, Headers: p.Chain.Headers(from, tip.Height)})
	}
}

// headersOf are the headers of some blocks.
func headersOf(blocks []*Block) []chain.Header {
	hs := make([]chain.Header, len(blocks))
	for i, b := range blocks {
		hs[i] = b.Header
	}
	return hs
}
