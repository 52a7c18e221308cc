package spv

import (
	"context"
	"runtime"
	"testing"
	"weak"

	"thistle/spv/chain"
	"thistle/spv/protocol"

	"github.com/stretchr/testify/require"
)

// What overflows first are transactions; the rest is still told.
func TestOverflowShedsTransactions(t *testing.T) {
	t.Parallel()
	var h hub
	sub := h.subscribe()
	h.publish(FiltersReverted{Height: 9})
	for i := range 2 * subscriptionSize {
		h.publish(TxSeen{})
		if i == subscriptionSize+5 {
			h.publish(TxAcknowledged{})
		}
	}
	events := drain(sub)
	require.LessOrEqual(t, len(events), subscriptionSize+1)
	require.Equal(t, Overflow{}, events[0])
	require.Equal(t, FiltersReverted{Height: 9}, events[1])
	require.Contains(t, events, protocol.Event(TxAcknowledged{}))
}

// However much is lost, the lowest height to be searched again is not.
func TestOverflowKeepsReverts(t *testing.T) {
	t.Parallel()
	var h hub
	sub := h.subscribe()
	for i := range 3*subscriptionSize + 7 {
		if i%(subscriptionSize/2) == 3 {
			h.publish(FiltersReverted{Height: int32(1000 - i%7)})
			continue
		}
		h.publish(HeadersAdvanced{})
	}
	h.publish(FiltersReverted{Height: 500})
	for range subscriptionSize {
		h.publish(HeadersAdvanced{})
	}
	events := drain(sub)
	require.LessOrEqual(t, len(events), subscriptionSize+1)
	require.Equal(t, Overflow{}, events[0])
	require.Contains(t, events, protocol.Event(FiltersReverted{Height: 500}))
}

func drain(s *Subscription) (events []Event) {
	for {
		e, ok := s.TryNext()
		if !ok {
			return events
		}
		events = append(events, e)
	}
}

// Whoever waits is woken by the next event, and by the end of the context.
func TestNextWakes(t *testing.T) {
	t.Parallel()
	var h hub
	sub := h.subscribe()
	got := make(chan Event)
	go func() {
		for range 2 {
			e, _ := sub.Next(t.Context())
			got <- e
		}
	}()
	h.publish(FiltersReverted{Height: 1})
	require.Equal(t, FiltersReverted{Height: 1}, <-got)
	h.publish(FiltersReverted{Height: 2})
	require.Equal(t, FiltersReverted{Height: 2}, <-got)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := sub.Next(ctx)
	require.ErrorIs(t, err, context.Canceled)
	sub.Close()
	h.publish(FiltersReverted{Height: 3})
	require.Empty(t, drain(sub))
}

// What was read is not kept: an event may hold 200 kB of headers.
func TestReadEventsAreForgotten(t *testing.T) {
	t.Parallel()
	var h hub
	sub := h.subscribe()
	header := new([2000]chain.Header)
	gone := weak.Make(header)
	h.publish(HeadersAdvanced{Change: Change{Connected: header[:]}})
	h.publish(HeadersCurrent{})
	header = nil
	_, ok := sub.TryNext()
	require.True(t, ok)
	runtime.GC()
	require.True(t, gone.Value() == nil, "what was read is forgotten")
	_, ok = sub.TryNext()
	require.True(t, ok)
}
