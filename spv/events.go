package spv

import (
	"context"
	"slices"
	"sync"

	"thistle/spv/protocol"
)

// subscriptionSize is how many events a subscriber may be behind. At the tip
// there are about seven transactions a second on mainnet.
const subscriptionSize = 20_000

// Overflow stands for events that were dropped because they were not read: any
// TxSeen, and if that made no room all else but FiltersReverted, which nothing
// that can be asked for later would tell.
type Overflow = protocol.Overflow

// Subscription is a queue of events for one reader.
type Subscription struct {
	hub   *hub
	mu    sync.Mutex
	queue []Event
	lost  bool
	more  chan struct{} // holds a token while the queue is not empty
}

// Next waits for the next event. The error is the context's.
func (s *Subscription) Next(ctx context.Context) (Event, error) {
	for {
		if e, ok := s.TryNext(); ok {
			return e, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-s.more:
		}
	}
}

// More can be received from when TryNext, after it has reported false, may have
// an event again.
func (s *Subscription) More() <-chan struct{} { return s.more }

// Close ends the subscription.
func (s *Subscription) Close() { s.hub.remove(s) }

// TryNext returns the next event, false if none waits.
func (s *Subscription) TryNext() (Event, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost {
		s.lost = false
		return Overflow{}, true
	}
	if len(s.queue) == 0 {
		return nil, false
	}
	e := s.queue[0]
	s.queue[0] = nil // or what was read stays in memory
	s.queue = s.queue[1:]
	return e, true
}

func (s *Subscription) put(e Event) {
	s.mu.Lock()
	if len(s.queue) >= subscriptionSize {
		s.shed()
	}
	s.queue = append(s.queue, e)
	s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// shed makes room by giving up what can best be done without. s.mu is held.
func (s *Subscription) shed() {
	s.lost = true
	s.queue = slices.DeleteFunc(s.queue, func(e Event) bool { _, ok := e.(TxSeen); return ok })
	if len(s.queue) < subscriptionSize/2 {
		return
	}
	var lowest *FiltersReverted
	for _, e := range s.queue {
		if r, ok := e.(FiltersReverted); ok && (lowest == nil || r.Height < lowest.Height) {
			lowest = &r
		}
	}
	s.queue = nil
	if lowest != nil {
		s.queue = []Event{*lowest}
	}
}

// hub hands events to all subscribers.
type hub struct {
	mu   sync.Mutex
	subs []*Subscription
}

func (h *hub) subscribe() *Subscription {
	s := &Subscription{hub: h, more: make(chan struct{}, 1)}
	h.mu.Lock()
	h.subs = append(h.subs, s)
	h.mu.Unlock()
	return s
}

func (h *hub) remove(s *Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, other := range h.subs {
		if other == s {
			h.subs = append(h.subs[:i:i], h.subs[i+1:]...)
			return
		}
	}
}

func (h *hub) publish(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.subs {
		s.put(e)
	}
}
