package app

import (
	"context"
	"sync"

	"thistle/app/ledger"
)

// eventBacklog is how many events a face may be behind before the oldest are
// dropped: a face can always ask for the state itself.
const eventBacklog = 10_000

// Events is a queue of events for one reader.
type Events struct {
	hub   *hub
	mu    sync.Mutex
	queue []Event
	more  chan struct{}
}

// Next waits for the next event. The error is the context's.
func (s *Events) Next(ctx context.Context) (Event, error) {
	for {
		s.mu.Lock()
		if len(s.queue) > 0 {
			e := s.queue[0]
			s.queue = s.queue[1:]
			s.mu.Unlock()
			return e, nil
		}
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-s.more:
		}
	}
}

// Close ends the queue.
func (s *Events) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	delete(s.hub.subs, s)
}

// hub hands events to all readers, and wakes those that wait for a state.
type hub struct {
	mu      sync.Mutex
	subs    map[*Events]bool
	changed chan struct{} // closed at the next change
}

func (h *hub) subscribe() *Events {
	s := &Events{hub: h, more: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.subs == nil {
		h.subs = make(map[*Events]bool)
	}
	h.subs[s] = true
	return s
}

func (h *hub) publish(e Event) {
	h.mu.Lock()
	for s := range h.subs {
		s.mu.Lock()
		if len(s.queue) >= eventBacklog {
			s.queue = s.queue[1:]
		}
		s.queue = append(s.queue, e)
		s.mu.Unlock()
		select {
		case s.more <- struct{}{}:
		default:
		}
	}
	h.mu.Unlock()
	h.wake()
}

// wake lets those look again who wait for a state.
func (h *hub) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.changed != nil {
		close(h.changed)
		h.changed = nil
	}
}

// change is closed at the next change after the call.
func (h *hub) change() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.changed == nil {
		h.changed = make(chan struct{})
	}
	return h.changed
}

// Events begins a queue of all events from now on.
func (w *Wallet) Events() *Events { return w.hub.subscribe() }

// Present are the events that tell a newcomer what is so already: who is
// connected, and up to where all is known. What is so from then on comes as an
// event.
func (w *Wallet) Present() []Event {
	var events []Event
	for _, p := range w.Peers() {
		events = append(events, PeerConnected{Peer: p})
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.led == nil {
		return events
	}
	if view, ok := w.led.View(); ok && view.Hash == w.toldSynced {
		events = append(events, Synced{Height: view.Height, Hash: view.Hash})
	}
	return events
}

// tell passes the ledger's notices on.
func (w *Wallet) tell(notices []ledger.Notice) {
	if len(notices) == 0 {
		return
	}
	w.syncOutbox()
	for _, n := range notices {
		switch n.Kind {
		case ledger.TxSeen:
			w.hub.publish(TxSeen{TxID: n.TxID, Amount: n.Amount, At: w.env.now().UTC()})
		case ledger.TxConfirmed:
			w.hub.publish(TxConfirmed{TxID: n.TxID, Amount: n.Amount, Height: n.Height})
		case ledger.TxUnconfirmed, ledger.TxRevived:
			w.hub.publish(TxChanged{TxID: n.TxID, State: StatePending})
		case ledger.TxReplaced:
			w.hub.publish(TxChanged{TxID: n.TxID, State: StateReplaced, Winner: n.Winner})
		case ledger.TxConflicted:
			w.hub.publish(TxChanged{TxID: n.TxID, State: StateConflicted, Winner: n.Winner})
		case ledger.TxAbandoned:
			w.hub.publish(TxChanged{TxID: n.TxID, State: StateAbandoned})
		}
		if d, ok := w.doubleSpend(n); ok {
			w.hub.publish(d)
		}
	}
	w.hub.wake()
}
