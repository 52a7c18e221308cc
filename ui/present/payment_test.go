package present_test

import (
	"testing"

	"thistle/app"
	"thistle/ui/present"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
)

func TestStates(t *testing.T) {
	t.Parallel()
	winner := chainhash.Hash{31: 0xab}
	for _, c := range []struct {
		entry app.HistoryEntry
		want  string
	}{
		{app.HistoryEntry{State: app.StatePending, Amount: 1}, "Arriving · unconfirmed"},
		{app.HistoryEntry{State: app.StatePending, Amount: -1}, "Leaving · unconfirmed"},
		{app.HistoryEntry{State: app.StateConfirmed, Confirmations: 2}, "2 of 6 confirmations"},
		{app.HistoryEntry{State: app.StateConfirmed, Confirmations: 6}, "Confirmed"},
		{app.HistoryEntry{State: app.StateReplaced, ReplacedBy: &winner}, "Replaced by " + winner.String()},
		{app.HistoryEntry{State: app.StateReplaced}, "Replaced"},
		{app.HistoryEntry{State: app.StateConflicted, Amount: 1}, "Reversed by the sender"},
		{app.HistoryEntry{State: app.StateConflicted, Amount: -1}, "Displaced by another payment"},
		{app.HistoryEntry{State: app.StateAbandoned, Amount: -1}, "Given up"},
	} {
		require.Equal(t, c.want, present.State(c.entry))
	}
}

// TestSentIsSaidAfterAnEcho: nothing else may say so.
func TestSentIsSaidAfterAnEcho(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Sent — seen by 3 peers", present.Delivery(&app.SendResult{State: app.Echoed, Acknowledged: []string{"a"}, Echoed: 2}))
	for _, r := range []*app.SendResult{{State: app.Queued}, {State: app.Acknowledged, Acknowledged: []string{"a"}}, {}} {
		require.NotRegexp(t, "^Sent", present.Delivery(r))
	}
	require.Contains(t, present.Delivery(&app.SendResult{State: app.Acknowledged, Acknowledged: []string{"a"}}), "Fetched by 1 peer")
}

// TestEventsHaveWords goes through all of them.
func TestEventsHaveWords(t *testing.T) {
	t.Parallel()
	id, winner := chainhash.Hash{31: 1}, chainhash.Hash{31: 2}
	for _, c := range []struct {
		event app.Event
		want  string
	}{
		{app.PeerConnected{Peer: app.Peer{Addr: "h:1", UserAgent: "/x\x1b/", StartHeight: 5000}}, "Connected to h:1 /x?/, which is at block 5 000."},
		{app.PeerLost{Addr: "h:1", Reason: "too slow"}, "Lost h:1: too slow."},
		{app.Headers{Height: 5000}, "The newest block is 5 000."},
		{app.BlockScanned{Height: 5000}, "Block 5 000 was read."},
		{app.TxSeen{TxID: id, Amount: 1}, "+0.000 000 01 BTC are arriving, unconfirmed: " + id.String()},
		{app.TxSeen{TxID: id, Amount: -1}, "−0.000 000 01 BTC are leaving, unconfirmed: " + id.String()},
		{app.TxConfirmed{TxID: id, Amount: 1, Height: 5000}, "+0.000 000 01 BTC confirmed in block 5 000: " + id.String()},
		{app.TxChanged{TxID: id, State: app.StatePending}, "Unconfirmed again: " + id.String()},
		{app.TxChanged{TxID: id, State: app.StateReplaced, Winner: &winner}, "Replaced by " + winner.String() + ": " + id.String()},
		{app.TxChanged{TxID: id, State: app.StateReplaced}, "Replaced: " + id.String()},
		{app.TxChanged{TxID: id, State: app.StateConflicted}, "Displaced by another payment, and void: " + id.String()},
		{app.TxChanged{TxID: id, State: app.StateAbandoned}, "Given up: " + id.String()},
		{app.Delivered{TxID: id, State: app.Acknowledged, Peer: "h:1"}, "h:1 has fetched the payment: " + id.String()},
		{app.Delivered{TxID: id, State: app.Echoed, Peer: "h:1"}, "h:1 has heard of the payment from others: " + id.String()},
		{app.Reorg{Fork: 4999, Disconnected: 1, Height: 5001}, "After block 4 999 the chain took another branch: 1 block replaced, the newest is now 5 001."},
		{app.Synced{Height: 5000}, "All is known up to block 5 000."},
		{app.Warning{Text: "Mind the clock."}, "Mind the clock."},
	} {
		require.Equal(t, c.want, present.Event(c.event))
	}
}
