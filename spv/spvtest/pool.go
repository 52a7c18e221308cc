package spvtest

import (
	"time"

	"thistle/spv/protocol"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// Give puts a transaction into the peer's pool without announcing it.
func (p *Peer) Give(tx *wire.MsgTx) {
	if p.mempool == nil {
		p.mempool = make(map[chainhash.Hash]*wire.MsgTx)
	}
	p.mempool[tx.TxHash()] = tx
}

// Has tells whether the peer's pool holds a transaction.
func (p *Peer) Has(txid chainhash.Hash) bool { return p.mempool[txid] != nil }

// find looks in the pool by either hash.
func (p *Peer) find(hash chainhash.Hash) *wire.MsgTx {
	if tx := p.mempool[hash]; tx != nil {
		return tx
	}
	for _, tx := range p.mempool {
		if tx.WitnessHash() == hash {
			return tx
		}
	}
	return nil
}

// fetch asks for the transactions we announce.
func (p *Peer) fetch(s *Sim, id protocol.PeerID, msg *wire.MsgInv) []answer {
	get := wire.NewMsgGetData()
	for _, inv := range msg.InvList {
		want := wire.InvTypeTx
		if p.WTxID {
			want = protocol.InvTypeWTx
		}
		if inv.Type != want || p.BlocksOnly {
			s.faultf("%s was announced a %v", p.Name, inv.Type)
		}
		s.told(p, s.offered(inv.Hash))
		if p.find(inv.Hash) == nil && !p.NoFetch {
			vect := wire.NewInvVect(wire.InvTypeWitnessTx, &inv.Hash)
			if p.WTxID {
				vect.Type = protocol.InvTypeWTx
			}
			_ = get.AddInvVect(vect)
		}
	}
	if len(get.InvList) == 0 {
		return nil
	}
	return one(protocol.MessageReceived{Peer: id, Msg: get})
}

// takeTx takes a transaction of ours, asks for its parent, or lets it lie: what
// pays less than the floor comes in with a child that pays for both.
func (p *Peer) takeTx(s *Sim, id protocol.PeerID, tx *wire.MsgTx) []answer {
	txid := tx.TxHash()
	if child := p.orphans[txid]; child != nil {
		delete(p.orphans, txid)
		if p.pays(s, tx, child) {
			p.accept(s, tx)
			p.accept(s, child)
		}
		return nil
	}
	if !p.pays(s, tx) {
		return nil
	}
	for _, in := range tx.TxIn {
		if parent := in.PreviousOutPoint.Hash; s.Offered()[parent] != nil && !p.Has(parent) {
			if p.orphans == nil {
				p.orphans = make(map[chainhash.Hash]*wire.MsgTx)
			}
			p.orphans[parent] = tx
			get := wire.NewMsgGetData()
			_ = get.AddInvVect(wire.NewInvVect(wire.InvTypeWitnessTx, &parent))
			return one(protocol.MessageReceived{Peer: id, Msg: get})
		}
	}
	p.accept(s, tx)
	return nil
}

// pays tells whether transactions together pay the peer's floor.
func (p *Peer) pays(s *Sim, txs ...*wire.MsgTx) bool {
	var fee, size int64
	for _, tx := range txs {
		fee += s.feeOf(tx)
		size += int64(3*tx.SerializeSizeStripped()+tx.SerializeSize()+3) / 4
	}
	return fee == 0 || fee*1000 >= p.FeeFloor*size
}

// accept puts a transaction into the pool, and passes it on.
func (p *Peer) accept(s *Sim, tx *wire.MsgTx) {
	p.Give(tx)
	if p.EchoesBack {
		s.announceTx(p, tx, time.Second)
	}
	if p.Gossips {
		s.gossip(p, tx)
	}
}

// offered is the txid of what the machine offers under either hash.
func (s *Sim) offered(hash chainhash.Hash) chainhash.Hash {
	for _, in := range s.submits {
		if in.Tx.WitnessHash() == hash {
			return in.Tx.TxHash()
		}
	}
	return hash
}
