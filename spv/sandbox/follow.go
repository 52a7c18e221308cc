package sandbox

import (
	"time"

	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/mempool"
	"github.com/btcsuite/btcd/wire/v2"
)

const (
	// askAgain is when a request that met silence may be repeated.
	askAgain = 2 * time.Second

	// maxStrange is how many batches of headers without a known parent a
	// peer may send in a row before they are no longer looked into.
	maxStrange = 10
)

// follower is what a link remembers to follow its peer's chain. Every peer is
// asked for what it announces, whoever else was asked: on the loopback a block
// sent twice is cheaper than waiting for a peer that keeps silent.
type follower struct {
	asked   map[chainhash.Hash]time.Time // blocks and transactions under way
	goOn    chainhash.Hash               // after this block there are more headers to ask for
	strange int
}

func newFollower() follower {
	return follower{asked: map[chainhash.Hash]time.Time{}}
}

// ask says whether to ask for something, and notes that it is asked for.
func (f *follower) ask(hash chainhash.Hash) bool {
	if at, ok := f.asked[hash]; ok && time.Since(at) < askAgain {
		return false
	}
	f.asked[hash] = time.Now()
	return true
}

// askHeaders asks for all after our best chain. Not PushGetHeadersMsg: it
// swallows a repeated question, and here silence may have been the answer.
func (l *link) askHeaders() {
	locator, err := l.n.chain.LatestBlockLocator()
	if err != nil {
		l.n.log.Debug("locator", "err", err)
		return
	}
	l.askHeadersFrom(locator)
}

func (l *link) askHeadersFrom(locator []*chainhash.Hash) {
	m := wire.NewMsgGetHeaders()
	m.ProtocolVersion = l.ProtocolVersion()
	m.BlockLocatorHashes = locator
	l.QueueMessage(m, nil)
}

func (l *link) onHeaders(m *wire.MsgHeaders) {
	if len(m.Headers) == 0 {
		return
	}
	if _, under := l.asked[m.Headers[0].PrevBlock]; !under && !l.n.haveBlock(&m.Headers[0].PrevBlock) {
		if l.strange++; l.strange <= maxStrange {
			l.askHeaders()
		}
		return
	}
	l.strange = 0
	last := m.Headers[len(m.Headers)-1].BlockHash()
	l.setKnown(last)
	want := wire.NewMsgGetData()
	for _, h := range m.Headers {
		hash := h.BlockHash()
		if !l.n.haveBlock(&hash) && l.ask(hash) {
			_ = want.AddInvVect(wire.NewInvVect(wire.InvTypeWitnessBlock, &hash)) // 2,000 at most
		}
	}
	if len(want.InvList) > 0 {
		l.QueueMessage(want, nil)
	}
	if len(m.Headers) == wire.MaxBlockHeadersPerMsg {
		if l.n.haveBlock(&last) {
			l.askHeadersFrom([]*chainhash.Hash{&last})
		} else {
			l.goOn = last
		}
	}
}

func (l *link) onBlock(m *wire.MsgBlock) {
	block := btcutil.NewBlock(m)
	hash := *block.Hash()
	delete(l.asked, hash)
	l.mu.Lock()
	l.gave = hash
	l.mu.Unlock()
	l.n.mu.Lock()
	orphan, err := false, error(nil)
	if !l.n.haveBlock(&hash) {
		orphan, err = l.n.addBlock(block)
		l.n.announce()
	}
	l.n.mu.Unlock()
	if err != nil {
		// Not a reason to part: it may be this node's own Invalidate.
		l.n.log.Debug("block refused", "hash", hash, "peer", l.Addr(), "err", err)
		return
	}
	if orphan {
		l.askHeaders()
	}
	if hash == l.goOn {
		l.goOn = chainhash.Hash{}
		l.askHeadersFrom([]*chainhash.Hash{&hash})
	}
}

func (l *link) onInv(m *wire.MsgInv) {
	want := wire.NewMsgGetData()
	news := false
	for _, iv := range m.InvList {
		switch iv.Type {
		case wire.InvTypeBlock, wire.InvTypeWitnessBlock:
			news = news || !l.n.haveBlock(&iv.Hash)
		case wire.InvTypeTx, wire.InvTypeWitnessTx:
			l.noteTx(iv.Hash)
			if !l.n.pool.HaveTransaction(&iv.Hash) && l.ask(iv.Hash) {
				_ = want.AddInvVect(wire.NewInvVect(wire.InvTypeWitnessTx, &iv.Hash)) // no more than the inv
			}
		}
	}
	if len(want.InvList) > 0 {
		l.QueueMessage(want, nil)
	}
	if news {
		l.askHeaders()
	}
}

func (l *link) onTx(m *wire.MsgTx) {
	tx := btcutil.NewTx(m)
	delete(l.asked, *tx.Hash())
	l.noteTx(*tx.Hash())
	l.n.mu.Lock()
	defer l.n.mu.Unlock()
	if l.n.pool.HaveTransaction(tx.Hash()) {
		return
	}
	accepted, err := l.n.pool.ProcessTransaction(tx, true, true, mempool.Tag(l.ID()))
	if err != nil {
		l.n.log.Debug("transaction refused", "txid", tx.Hash(), "peer", l.Addr(), "err", err)
		return
	}
	l.n.relayTxs(accepted)
	if len(accepted) == 0 {
		l.askParents(tx)
	}
}

// askParents asks for what an orphan transaction spends and nobody knows.
func (l *link) askParents(tx *btcutil.Tx) {
	want := wire.NewMsgGetData()
	for _, in := range tx.MsgTx().TxIn {
		op := in.PreviousOutPoint
		entry, err := l.n.chain.FetchUtxoEntry(op)
		if err == nil && entry == nil && !l.n.pool.HaveTransaction(&op.Hash) && l.ask(op.Hash) {
			_ = want.AddInvVect(wire.NewInvVect(wire.InvTypeWitnessTx, &op.Hash)) // few: orphans are small
		}
	}
	if len(want.InvList) > 0 {
		l.QueueMessage(want, nil)
	}
}

func (l *link) onNotFound(m *wire.MsgNotFound) {
	for _, iv := range m.InvList {
		delete(l.asked, iv.Hash)
	}
}
