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
	case app.Propagated:
		return fmt.Sprintf("The payment is passed on in %s: %s", parts(e.Groups), e.TxID)
	case app.Stalled:
		if len(e.Why) == 0 {
			return "The payment gets on again: " + e.TxID.String()
		}
		return StallWords(e.Why) + ": " + e.TxID.String()
	case app.TxHeard:
		return fmt.Sprintf("Announced in %s: %s", parts(e.Groups), e.TxID)
	case app.DoubleSpend:
		return doubleSpend(e)
	case app.HealthChanged:
		o := HealthOf(Snapshot{Health: &e.Health})
		return both(o.Words, o.Do)
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

func doubleSpend(e app.DoubleSpend) string {
	whose := "The coins of a payment to you"
	if e.Ours {
		whose = "Coins of yours"
	}
	if e.Confirmed {
		return fmt.Sprintf("%s were spent by another payment, %s, which is in a block; lost: %s", whose, e.Rival, e.TxID)
	}
	return fmt.Sprintf("%s are being spent twice, also by %s; until one is in a block do not rely on %s", whose, e.Rival, e.TxID)
}

func both(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

// stallWords are the likely reasons why a payment does not get on, as clauses.
var stallWords = map[app.StallReason]string{
	app.StallNoPeers: "no connected peer takes payments", app.StallFeeFloor: "its fee is lower than any connected peer passes on",
	app.StallFeeLow: "its fee is lower than some peers pass on", app.StallDoubleSpent: "another payment spends the same coins",
	app.StallParents: "it spends coins that are unconfirmed themselves", app.StallUnasked: "no peer has asked for it, perhaps since they have it",
	app.StallSilent: "nobody passes it on",
}

// StallWords says that a payment does not get on, and the likeliest reasons.
func StallWords(why []app.StallReason) string {
	text := "Probably not accepted"
	for i, w := range why {
		words, ok := stallWords[w]
		switch {
		case !ok:
			continue
		case i == 0:
			text += ": " + words
		default:
			text += "; or " + words
		}
	}
	return text
}
