package app

import (
	"bytes"
	"context"
	"sync"
	"time"

	"thistle/spv"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

// maxHeard bounds the transactions that are kept for wallets to come, in bytes:
// more than half an hour of all that mainnet announces.
const maxHeard = 8 << 20

// ears is how a session listens to its peer: news for faces, and for wallets
// that are opened later the transactions announced lately. All that is public.
type ears struct {
	mu   sync.Mutex
	sub  *spv.Subscription // nil while the peer does not run
	txs  []heard           // oldest first
	size int               // of all txs, in bytes
}

// heard is a transaction that was announced.
type heard struct {
	raw    []byte
	at     time.Time
	rivals []chainhash.Hash // that came before
}

// listen changes what is listened to.
func (s *Session) listen(sub *spv.Subscription) {
	s.ears.mu.Lock()
	defer s.ears.mu.Unlock()
	s.ears.sub = sub
}

// relay passes news on until ctx ends.
func (s *Session) relay(ctx context.Context, sub *spv.Subscription) error {
	for {
		s.hear()
		select {
		case <-ctx.Done():
			return nil
		case <-sub.More():
		}
	}
}

// hear takes all news that are there.
func (s *Session) hear() {
	s.ears.mu.Lock()
	defer s.ears.mu.Unlock()
	if s.ears.sub == nil {
		return
	}
	for {
		event, ok := s.ears.sub.TryNext()
		if !ok {
			return
		}
		s.ears.keep(event)
		s.note(event)
		s.publish(event)
	}
}

// keep remembers an announced transaction, and forgets the oldest for it.
func (e *ears) keep(event spv.Event) {
	seen, ok := event.(spv.TxSeen)
	if !ok {
		return
	}
	var raw bytes.Buffer
	raw.Grow(seen.Tx.SerializeSize())
	_ = seen.Tx.Serialize(&raw) // a bytes.Buffer does not fail
	e.txs = append(e.txs, heard{raw.Bytes(), seen.At, seen.Rivals})
	e.size += raw.Len()
	for e.size > maxHeard {
		e.size -= len(e.txs[0].raw)
		e.txs[0] = heard{}
		e.txs = e.txs[1:]
	}
}

// lately is what was announced lately, up to this moment.
func (s *Session) lately() []heard {
	s.hear()
	s.ears.mu.Lock()
	defer s.ears.mu.Unlock()
	return append([]heard(nil), s.ears.txs...)
}

// publish tells what concerns the peer, not a wallet.
func (s *Session) publish(event spv.Event) {
	switch e := event.(type) {
	case spv.HeadersAdvanced:
		tip, fork := e.Change.Tip(), e.Change.Fork
		if n := len(e.Change.Disconnected); n > 0 {
			s.hub.publish(Reorg{Fork: fork.Height, Disconnected: n, Height: tip.Height, Hash: tip.Hash})
		}
		s.hub.publish(Headers{Height: tip.Height, Hash: tip.Hash})
	case spv.PeerUp:
		s.hub.publish(PeerConnected{Peer: peerOf(e.Peer)})
	case spv.PeerDown:
		s.hub.publish(PeerLost{Addr: e.Peer.Addr, Reason: e.Reason.String()})
	case spv.PeerFailed:
		s.hub.publish(PeerLost{Addr: e.Addr, Reason: "no connection"})
	case spv.HealthChanged:
		s.hub.publish(HealthChanged{e.Health})
	case spv.Warned:
		s.hub.publish(warningOf(e.Warning))
	}
}

// catchUp tells the wallet what was announced, and what became of its payments,
// while it was not there to hear of it. It listens already, so nothing falls
// between.
func (w *Wallet) catchUp(ctx context.Context) error {
	lately := w.session.lately()
	for _, fact := range w.session.receiptsOf(w.name) {
		if err := w.apply(fact); err != nil {
			return err
		}
	}
	for _, h := range lately {
		if err := ctx.Err(); err != nil {
			return err
		}
		var tx wire.MsgTx
		if err := tx.Deserialize(bytes.NewReader(h.raw)); err != nil {
			return failure("read announced transaction", err)
		}
		if err := w.seen(&tx, h.at, h.rivals); err != nil {
			return err
		}
	}
	return nil
}
