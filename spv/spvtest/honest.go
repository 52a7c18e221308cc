package spvtest

import (
	"net"
	"net/netip"
	"time"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// answer is what the node says to a message: an honest one, but for what it
// claims of filters.
func (n *Node) answer(msg wire.Message) []wire.Message {
	land := n.town.Land
	switch msg := msg.(type) {
	case *wire.MsgPing:
		return []wire.Message{wire.NewMsgPong(msg.Nonce)}
	case *wire.MsgGetHeaders:
		return []wire.Message{headersMsg(land.headersAfter(n.Branch(), msg.BlockLocatorHashes, msg.HashStop, wire.MaxBlockHeadersPerMsg))}
	case *wire.MsgGetCFCheckpt:
		if stop := land.Gen.Find(msg.StopHash); stop != nil {
			return []wire.Message{n.cfCheckpt(stop)}
		}
	case *wire.MsgGetCFHeaders:
		if stop := land.Gen.Find(msg.StopHash); stop != nil && int64(msg.StartHeight) <= int64(stop.Height) {
			return []wire.Message{n.cfHeaders(stop, int32(msg.StartHeight))}
		}
	case *wire.MsgGetCFilters:
		var list []wire.Message
		if stop := land.Gen.Find(msg.StopHash); stop != nil {
			for _, b := range stop.Range(int32(msg.StartHeight)) {
				list = append(list, wire.NewMsgCFilter(msg.FilterType, &b.Hash, n.filter(b)))
			}
		}
		return list
	case *wire.MsgGetData:
		return n.data(msg)
	case *wire.MsgInv:
		return n.fetch(msg)
	case *wire.MsgTx:
		n.town.take(n, msg)
	case *wire.MsgGetAddr:
		return []wire.Message{n.neighbours()}
	}
	return nil
}

func (n *Node) cfCheckpt(stop *Block) *wire.MsgCFCheckpt {
	n.mindMu.Lock()
	defer n.mindMu.Unlock()
	m := wire.NewMsgCFCheckpt(wire.GCSFilterRegular, &stop.Hash, 0)
	for _, b := range stop.Range(1) {
		if b.Height%wire.CFCheckptInterval == 0 {
			header := n.mind.headerOf(b, n.mind.Filters.InCheckpoints)
			m.FilterHeaders = append(m.FilterHeaders, &header)
		}
	}
	return m
}

func (n *Node) cfHeaders(stop *Block, from int32) *wire.MsgCFHeaders {
	n.mindMu.Lock()
	defer n.mindMu.Unlock()
	m := &wire.MsgCFHeaders{FilterType: wire.GCSFilterRegular, StopHash: stop.Hash}
	for i, b := range stop.Range(from) {
		if i == 0 && b.Prev != nil {
			m.PrevFilterHeader = n.mind.headerOf(b.Prev, n.mind.Filters.InHeaders)
		}
		hash := n.mind.hashOf(b, n.mind.Filters.InHeaders)
		m.FilterHashes = append(m.FilterHashes, &hash)
	}
	return m
}

func (n *Node) filter(b *Block) []byte {
	if f := n.mind.falsehood(b); f != nil && n.mind.Filters.InFilters {
		return f
	}
	return b.Filter
}

// data has what is asked for, and one notfound for what it lacks.
func (n *Node) data(msg *wire.MsgGetData) []wire.Message {
	var list []wire.Message
	missing := wire.NewMsgNotFound()
	for _, inv := range msg.InvList {
		if tx := n.town.Pool(inv.Hash); tx != nil {
			list = append(list, tx)
		} else if b := n.town.Land.Gen.Find(inv.Hash); b != nil {
			list = append(list, b.Msg)
		} else {
			_ = missing.AddInvVect(inv) // no more than were asked for
		}
	}
	if len(missing.InvList) > 0 {
		list = append(list, missing)
	}
	return list
}

// fetch asks for the transactions announced that neither the node nor the town has
// heard of.
func (n *Node) fetch(msg *wire.MsgInv) []wire.Message {
	get := wire.NewMsgGetData()
	for _, inv := range msg.InvList {
		if inv.Type == wire.InvTypeTx && n.town.Pool(inv.Hash) == nil && !n.Has(inv.Hash) {
			_ = get.AddInvVect(wire.NewInvVect(wire.InvTypeWitnessTx, &inv.Hash)) // no more than were announced
		}
	}
	if len(get.InvList) == 0 {
		return nil
	}
	return []wire.Message{get}
}

// neighbours tells of all nodes of the town.
func (n *Node) neighbours() *wire.MsgAddr {
	m := wire.NewMsgAddr()
	for _, other := range n.town.Nodes() {
		at := netip.MustParseAddrPort(other.Addr)
		_ = m.AddAddress(&wire.NetAddress{Timestamp: time.Now(), IP: net.IP(at.Addr().AsSlice()), Port: at.Port(),
			Services: wire.SFNodeNetwork | wire.SFNodeWitness | wire.SFNodeCF}) // fewer than a message holds
	}
	return m
}

// blockOf finds the block that a getdata asks for, nil if it asks for none.
func (n *Node) blockOf(asked wire.Message) *Block {
	get, ok := asked.(*wire.MsgGetData)
	if !ok {
		return nil
	}
	for _, inv := range get.InvList {
		if b := n.town.Land.Gen.Find(inv.Hash); b != nil {
			return b
		}
	}
	return nil
}
