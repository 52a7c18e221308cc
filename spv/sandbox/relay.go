package sandbox

import (
	"slices"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/mempool"
	"github.com/btcsuite/btcd/wire/v2"
)

// maxNamed is how many blocks that join the chain at once are announced one by
// one; of more only the last is.
const maxNamed = 8

// announce tells the peers what has changed since it was last called. The
// caller holds mu.
func (n *Node) announce() {
	c := n.news
	n.news = change{}
	n.keep()
	if len(c.come) == 0 && len(c.gone) == 0 {
		return
	}
	if len(c.come) > 0 {
		height, hash := n.Tip()
		n.log.Debug("new tip", "height", height, "hash", hash, "removed", len(c.gone), "added", len(c.come))
		for _, l := range n.readyLinks() {
			l.tell(&c)
		}
	}
	n.signal()
}

// tell announces blocks to one peer: by headers if it asked for that and has
// the parent, else by inv.
func (l *link) tell(c *change) {
	l.mu.Lock()
	known, gave := l.known, l.gave
	l.mu.Unlock()
	tip := *c.come[len(c.come)-1].Hash()
	if tip == known || tip == gave {
		return
	}
	few := len(c.come) <= maxNamed
	if few && l.WantsHeaders() && c.follows(known) {
		m := wire.NewMsgHeaders()
		for _, b := range c.come {
			m.Headers = append(m.Headers, &b.MsgBlock().Header)
		}
		l.setKnown(tip)
		l.QueueMessage(m, nil)
		return
	}
	m := wire.NewMsgInv()
	for i, b := range c.come {
		if few || i == len(c.come)-1 {
			_ = m.AddInvVect(wire.NewInvVect(wire.InvTypeBlock, b.Hash())) // few
		}
	}
	l.QueueMessage(m, nil)
}

// follows says whether who knows a header also knows the parent of the first
// block that joined.
func (c *change) follows(known chainhash.Hash) bool {
	if known == c.come[0].MsgBlock().Header.PrevBlock {
		return true
	}
	for _, b := range slices.Concat(c.gone, c.come) {
		if *b.Hash() == known {
			return true
		}
	}
	return false
}

// relayTxs announces transactions to the peers that want them and are not
// known to have them.
func (n *Node) relayTxs(descs []*mempool.TxDesc) {
	if len(descs) == 0 {
		return
	}
	n.keep()
	links := n.readyLinks()
	for _, d := range descs {
		iv := wire.NewInvVect(wire.InvTypeTx, d.Tx.Hash())
		for _, l := range links {
			if l.wantsTxs.Load() && d.FeePerKB >= l.feeFloor.Load() && l.noteTx(iv.Hash) {
				l.QueueInventory(iv)
			}
		}
	}
	n.signal()
}

// txSet remembers transactions, the last few thousands of them. btcd's own
// memory of what a peer knows compares pointers, and so finds nothing.
type txSet struct{ young, old map[chainhash.Hash]bool }

const maxYoung = 5000

// noteTx says whether a transaction is new to the peer, and notes that it no
// longer is.
func (l *link) noteTx(hash chainhash.Hash) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &l.txs
	if s.young[hash] || s.old[hash] {
		return false
	}
	if s.young == nil || len(s.young) >= maxYoung {
		s.young, s.old = map[chainhash.Hash]bool{}, s.young
	}
	s.young[hash] = true
	return true
}
