package present

import (
	"fmt"

	"thistle/app"
)

// Event tells of an event in one sentence.
func Event(event app.Event) string {
	switch e := event.(type) {
	case app.PeerConnected:
		return fmt.Sprintf("Connected to %s %s, which is at block %s.", e.Peer.Addr, Plain(e.Peer.UserAgent), Height(e.Peer.StartHeight))
	case app.PeerLost:
		return fmt.Sprintf("Lost %s: %s.", e.Addr, Plain(e.Reason))
	case app.Headers:
		return "The newest block is " + Height(e.Height) + "."
	case app.BlockScanned:
		return "Block " + Height(e.Height) + " was read."
	case app.TxSeen:
		if e.Amount > 0 {
			return fmt.Sprintf("%s BTC are arriving, unconfirmed: %s", Signed(e.Amount), e.TxID)
		}
		return fmt.Sprintf("%s BTC are leaving, unconfirmed: %s", Signed(e.Amount), e.TxID)
	case app.TxConfirmed:
		return fmt.Sprintf("%s BTC confirmed in block %s: %s", Signed(e.Amount), Height(e.Height), e.TxID)
	case app.TxChanged:
		return changed(e)
	case app.Delivered:
		if e.State == app.Echoed {
			return fmt.Sprintf("%s has heard of the payment from others: %s", e.Peer, e.TxID)
		}
		return fmt.Sprintf("%s has fetched the payment: %s", e.Peer, e.TxID)
	case app.Reorg:
		return fmt.Sprintf("After block %s the chain took another branch: %s replaced, the newest is now %s.",
			Height(e.Fork), Count(e.Disconnected, "block", "blocks"), Height(e.Height))
	case app.Synced:
		return "All is known up to block " + Height(e.Height) + "."
	case app.Warning:
		return Plain(e.Text)
	}
	return fmt.Sprintf("%T", event)
}

func changed(e app.TxChanged) string {
	switch e.State {
	case app.StatePending:
		return fmt.Sprintf("Unconfirmed again: %s", e.TxID)
	case app.StateReplaced:
		if e.Winner != nil {
			return fmt.Sprintf("Replaced by %s: %s", e.Winner, e.TxID)
		}
		return fmt.Sprintf("Replaced: %s", e.TxID)
	case app.StateConflicted:
		return fmt.Sprintf("Displaced by another payment, and void: %s", e.TxID)
	case app.StateAbandoned:
		return fmt.Sprintf("Given up: %s", e.TxID)
	}
	return fmt.Sprintf("%s: %s", e.State, e.TxID)
}
