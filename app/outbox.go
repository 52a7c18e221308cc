package app

import (
	"slices"
	"time"

	"thistle/app/ledger"
	"thistle/app/units"
	"thistle/spv"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

// maxReceipts bounds what is kept of peers for one payment: as much as the ledger
// would keep, and to spare.
const maxReceipts = 100

// post is a payment that a session announces, and what peers did with it: its
// wallet may be locked when they do.
type post struct {
	txid     chainhash.Hash
	tx       *wire.MsgTx
	fee      units.Amount
	receipts []receipt
	echoed   bool
	// quiet says that it is not being announced: it has travelled, and its wallet
	// is locked or has not looked yet whether it has confirmed. Who announces what
	// has long confirmed shows that it is his.
	quiet bool
}

// receipt tells that a peer has fetched a payment, or announced it itself.
type receipt struct {
	peer   string
	echoed bool
	at     time.Time
}

// syncOutbox makes the peer announce what the ledger holds to be announced and
// nothing else. What has travelled waits until all is known.
func (w *Wallet) syncOutbox() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.syncOutboxLocked()
}

// syncOutboxLocked is syncOutbox for callers that hold w.mu. Both sides are
// compared under it, so that of two changes at once the later has the last word.
func (w *Wallet) syncOutboxLocked() {
	if w.led == nil {
		return
	}
	chain := w.online()
	final := chain != nil && w.finalAt(chain.Status())
	if w.session != nil {
		w.session.setPosts(w.name, w.led.Queue(), final)
		return
	}
	if chain == nil {
		return
	}
	queued := make(map[chainhash.Hash]*wire.MsgTx)
	for _, o := range w.led.Queue() {
		switch {
		case w.offered[o.TxID] != nil:
		case len(o.Echoed) > 0 && !final:
			continue
		default:
			chain.Broadcast(o.Tx, int64(o.Fee))
		}
		queued[o.TxID] = o.Tx
	}
	for id := range w.offered {
		if queued[id] == nil {
			chain.Withdraw(id)
		}
	}
	w.offered = queued
}

// finalAt reports whether all is known up to the newest block. w.mu is held.
func (w *Wallet) finalAt(st spv.Status) bool {
	view, ok := w.led.View()
	return ok && st.Current && view.Hash == st.Tip.Hash && w.led.Final()
}

// resetOutbox is for a new peer, which announces nothing yet.
func (w *Wallet) resetOutbox() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.offered = nil
}

// setPosts makes a wallet's queue what is announced for it, as soon as the peer
// runs: parents stand before their children. final says that all is known of it.
func (s *Session) setPosts(wallet string, queue []ledger.Outgoing, final bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.posts[wallet]
	var posts []*post
	for _, o := range queue {
		p := findPost(old, o.TxID)
		if p == nil {
			p = &post{txid: o.TxID, tx: o.Tx, fee: o.Fee, quiet: true}
		}
		p.echoed = p.echoed || len(o.Echoed) > 0
		posts = append(posts, p)
		if !p.quiet || p.echoed && !final {
			continue
		}
		p.quiet = false
		if s.line != nil {
			s.line.chain.Broadcast(p.tx, int64(p.fee))
		}
	}
	for _, p := range old {
		if s.line != nil && !slices.Contains(posts, p) {
			s.line.chain.Withdraw(p.txid)
		}
	}
	s.posts[wallet] = posts
}

func findPost(posts []*post, txid chainhash.Hash) *post {
	if i := slices.IndexFunc(posts, func(p *post) bool { return p.txid == txid }); i >= 0 {
		return posts[i]
	}
	return nil
}

// announce has a new peer announce what waits for it. s.mu is held.
func (s *Session) announce(l *line) {
	if l == nil {
		return
	}
	for _, posts := range s.posts {
		for _, p := range posts {
			if !p.quiet {
				l.chain.Broadcast(p.tx, int64(p.fee))
			}
		}
	}
}

// note keeps what a peer did with a payment.
func (s *Session) note(event spv.Event) {
	switch e := event.(type) {
	case spv.TxAcknowledged:
		s.keepReceipt(e.TxID, receipt{peer: e.Peer.Addr, at: s.env.now()})
	case spv.TxEchoed:
		s.keepReceipt(e.TxID, receipt{peer: e.Peer.Addr, echoed: true, at: s.env.now()})
	}
}

func (s *Session) keepReceipt(txid chainhash.Hash, r receipt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for wallet, posts := range s.posts {
		p := findPost(posts, txid)
		if p == nil {
			continue
		}
		p.echoed = p.echoed || r.echoed
		known := slices.ContainsFunc(p.receipts, func(k receipt) bool { return k.peer == r.peer && k.echoed == r.echoed })
		if !known && len(p.receipts) < maxReceipts {
			p.receipts = append(p.receipts, r)
		}
		if _, open := s.infos[wallet]; !open {
			s.hush(posts)
		}
	}
}

// hush ends the announcing of what has travelled. s.mu is held.
func (s *Session) hush(posts []*post) {
	for _, p := range posts {
		if p.quiet || !p.echoed {
			continue
		}
		p.quiet = true
		if s.line != nil {
			s.line.chain.Rest(p.txid)
		}
	}
}

// receiptsOf is what peers did with a wallet's payments.
func (s *Session) receiptsOf(wallet string) (facts []ledger.Fact) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.posts[wallet] {
		for _, r := range p.receipts {
			if r.echoed {
				facts = append(facts, ledger.Echoed{TxID: p.txid, Peer: r.peer, At: r.at})
			} else {
				facts = append(facts, ledger.Acknowledged{TxID: p.txid, Peer: r.peer, At: r.at})
			}
		}
	}
	return facts
}
