package spvtest

import (
	"fmt"
	"strconv"
	"strings"

	"thistle/spv/chain"
	"thistle/spv/protocol"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// message is what a peer of a script says.
func (s *Script) message(c *command) error {
	id, ok := s.ids[c.word(0)]
	if !ok {
		return fmt.Errorf("unknown command, or no such peer")
	}
	what := c.word(1)
	switch c.verb {
	case "headers":
		return s.headers(id, what, c)
	case "range":
		return s.oldHeaders(id, what)
	case "inv", "notfound":
		return s.inventory(id, c)
	case "cfheaders", "cfcheckpt", "filters":
		return s.filters(id, what, c)
	case "block":
		b, err := s.block(what)
		if err != nil {
			return err
		}
		msg := b.Msg
		if c.word(2) == "altered" {
			msg = AlteredTx(b)
		}
		s.step(protocol.BlockReceived{Peer: id, Hash: b.Hash, Block: msg, Err: protocol.CheckBlock(s.gen.net, b.Hash, msg)})
	case "tx":
		s.step(protocol.TxReceived{Peer: id, Tx: s.tx(what)})
	case "getdata":
		get := wire.NewMsgGetData()
		_ = get.AddInvVect(s.inv(id, wire.InvTypeWitnessTx, what))
		s.step(protocol.MessageReceived{Peer: id, Msg: get})
	case "feefilter":
		floor, err := strconv.ParseInt(what, 10, 64)
		if err != nil {
			return err
		}
		s.step(protocol.MessageReceived{Peer: id, Msg: wire.NewMsgFeeFilter(floor)})
	case "pong":
		s.step(protocol.MessageReceived{Peer: id, Msg: &wire.MsgPong{Nonce: s.pings[c.word(0)]}})
	default:
		return fmt.Errorf("unknown command")
	}
	return nil
}

func (s *Script) headers(id protocol.PeerID, what string, c *command) error {
	if what == "none" {
		s.step(protocol.HeadersReceived{Peer: id})
		return nil
	}
	blocks, err := s.blocks(what)
	if err != nil {
		return err
	}
	headers := headersOf(blocks)
	lies := map[string]HeaderLie{"pow": BadPoW, "bits": BadBits, "gap": Gap, "parent": Unconnecting, "future": FromFuture}
	if name := c.keys["bad"]; name != "" {
		lie := lies[name]
		if lie == nil {
			return fmt.Errorf("no such lie")
		}
		headers = lie(&Sim{gen: s.gen, now: s.now}, nil, headers)
	}
	s.step(protocol.HeadersReceived{Peer: id, Headers: headers})
	return nil
}

func (s *Script) oldHeaders(id protocol.PeerID, what string) error {
	if what == "none" {
		s.step(protocol.RangeReceived{Peer: id})
		return nil
	}
	blocks, err := s.blocks(what)
	if err != nil {
		return err
	}
	var raw []byte
	for _, b := range blocks {
		raw = append(raw, b.Header.Raw[:]...)
	}
	run, err := chain.CheckRun(s.gen.params, raw)
	s.step(protocol.RangeReceived{Peer: id, Run: run})
	return err
}

// inv names a transaction as is agreed on with a peer.
func (s *Script) inv(id protocol.PeerID, kind wire.InvType, name string) *wire.InvVect {
	tx := s.tx(name)
	if s.wtxid[id] {
		return &wire.InvVect{Type: protocol.InvTypeWTx, Hash: tx.WitnessHash()}
	}
	return &wire.InvVect{Type: kind, Hash: tx.TxHash()}
}

func (s *Script) inventory(id protocol.PeerID, c *command) error {
	inv := wire.NewMsgInv()
	for i := 1; i+1 < len(c.words); i += 2 {
		if c.words[i] != "block" {
			_ = inv.AddInvVect(s.inv(id, wire.InvTypeTx, c.words[i+1]))
			continue
		}
		b, err := s.block(c.words[i+1])
		if err != nil {
			return err
		}
		_ = inv.AddInvVect(wire.NewInvVect(wire.InvTypeBlock, &b.Hash))
	}
	if c.verb == "inv" {
		s.step(protocol.MessageReceived{Peer: id, Msg: inv})
		return nil
	}
	s.step(protocol.MessageReceived{Peer: id, Msg: &wire.MsgNotFound{InvList: inv.InvList}})
	return nil
}

// filters makes what a peer says of filters, by a Peer that lies where the
// script says.
func (s *Script) filters(id protocol.PeerID, what string, c *command) error {
	blocks, err := s.blocks(what)
	if err != nil {
		return err
	}
	kind := map[string]func(*Block) []byte{"": OmitOutput, "omit": OmitOutput, "spent": OmitSpent, "superset": Superset}[c.keys["kind"]]
	if kind == nil {
		return fmt.Errorf("no such lie")
	}
	heights := strings.Split(c.keys["lie"], ",")
	p := &Peer{Name: "liar", Chain: s.branches[""], Filters: Everywhere(func(b *Block) []byte {
		for _, h := range heights {
			if h == fmt.Sprint(b.Height) {
				return kind(b)
			}
		}
		return nil
	}), known: make(map[chainhash.Hash]bool)}
	last := blocks[len(blocks)-1]
	p.known[last.Hash] = true
	sim := &Sim{gen: s.gen}
	var answers []answer
	switch c.verb {
	case "cfheaders":
		answers = p.replyCFHeaders(sim, id, &wire.MsgGetCFHeaders{StartHeight: uint32(blocks[0].Height), StopHash: last.Hash})
	case "cfcheckpt":
		answers = p.replyCFCheckpt(sim, id, &wire.MsgGetCFCheckpt{StopHash: last.Hash})
	case "filters":
		answers = p.replyCFilters(sim, id, &wire.MsgGetCFilters{StartHeight: uint32(blocks[0].Height), StopHash: last.Hash})
	}
	if len(sim.faults) > 0 || len(answers) == 0 {
		return fmt.Errorf("cannot be said: %v", sim.faults)
	}
	// Many filters are one event in a story.
	var outs []protocol.Output
	for _, a := range answers {
		outs = append(outs, s.machine.Step(s.now, a.in)...)
	}
	s.carry(outs)
	return nil
}
