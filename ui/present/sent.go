package present

import (
	"fmt"
	"slices"

	"thistle/app"
	"thistle/app/units"
)

// SentStep is one stage of a payment's way, in words.
type SentStep struct {
	Words string
	Done  bool
}

// Sent is how far a payment has come.
type Sent struct {
	TxID     string
	Headline Text
	Steps    [3]SentStep // signed, fetched, sent
	// Confirmed is empty until a block holds the payment.
	Confirmed Text
}

// SendState is what the screen shows beside what was typed.
type SendState struct {
	Unit Unit
	// Wait says why nothing can be sent now, empty if it can.
	Wait string
	// Coins is what can be spent: when it changes, a form is looked at again.
	Coins units.Amount
	// Sent is the payment sent last, until the person goes on to another.
	Sent *Sent
}

// SendOf is the state of the screen. t is the payment just sent, nil for none.
func SendOf(s Snapshot, t *app.Travel) SendState {
	state := SendState{Unit: s.Prefs.Unit, Coins: s.Balance.Spendable, Wait: sendWait(s)}
	if t == nil {
		return state
	}
	if len(s.Peers) == 1 && !slices.Contains(t.Acknowledged, s.Peers[0].Addr) {
		other := *t
		other.Peers = 2 // the one that fetched it has left: it was not the only one
		t = &other
	}
	at := slices.IndexFunc(s.History, func(e app.HistoryEntry) bool { return e.TxID == t.TxID })
	if at < 0 {
		sent := TravelOf(*t, 0)
		state.Sent = &sent
		return state
	}
	e := &s.History[at]
	sent := TravelOf(*t, e.Confirmations)
	if e.State != app.StatePending && e.State != app.StateConfirmed {
		sent.Headline = Text{standing(e).Words, Bad}
	}
	state.Sent = &sent
	return state
}

// sendWait says why a payment cannot be worked out yet: coins may be spent, or
// others have come, in blocks that the wallet has not read.
func sendWait(s Snapshot) string {
	const until = " A payment can be reviewed once the wallet knows all its coins."
	switch {
	case s.Balance.Final && s.Progress.Current:
		return ""
	case s.Progress.Peers == 0:
		return "No peer is connected yet." + until
	case s.Balance.Height < 0 || s.Progress.Height < 0:
		return "The wallet is catching up." + until
	}
	newest := max(s.Progress.Height, s.Progress.Target)
	if s.Balance.Height >= newest {
		return "The wallet is catching up: nearly done." + until
	}
	return fmt.Sprintf("The wallet is catching up: block %s of %s.", Height(s.Balance.Height), Height(newest)) + until
}

// TravelOf says how far a payment has travelled. "Sent" is said only after an
// echo, to a peer that is the only one, or when a block holds the payment.
func TravelOf(t app.Travel, confirmations int32) Sent {
	sent := Sent{TxID: t.TxID.String()}
	fetched := Count(len(t.Acknowledged), "peer", "peers")
	sent.Steps[0] = SentStep{"Signed and saved", true}
	sent.Steps[1] = SentStep{"Fetched by " + fetched, true}
	sent.Steps[2] = SentStep{"Waiting for another peer to tell of it", false}
	if len(t.Acknowledged) == 0 {
		sent.Steps[1].Words = "Fetched by a peer"
	}
	switch {
	case t.State == app.Echoed:
		sent.Headline = Text{"Sent — seen by " + Count(len(t.Acknowledged)+t.Echoed, "peer", "peers"), Good}
		if t.Groups > 1 {
			sent.Headline.Words += " in " + parts(t.Groups)
		}
		sent.Steps[2] = SentStep{sent.Headline.Words, true}
	case confirmations > 0:
		sent.Headline = Text{"Sent — it is in a block", Good}
		sent.Steps[2] = SentStep{sent.Headline.Words, true}
	case len(t.Stalled) > 0:
		sent.Headline = Text{StallWords(t.Stalled) + ". It is kept, and offered again", Warn}
		sent.Steps[1].Done = len(t.Acknowledged) > 0
	case t.State == app.Acknowledged && t.Peers == 1 && len(t.Acknowledged) == 1:
		sent.Headline = Text{"Sent to your only peer; no second peer can confirm it", Warn}
		sent.Steps[2] = SentStep{"No second peer is connected that could tell of it", false}
	case t.State == app.Acknowledged:
		sent.Headline = Text{"Fetched by " + fetched + "; not yet heard of from others", Neutral}
	default:
		sent.Headline = Text{"Not sent yet; it is kept, and offered again whenever the wallet is connected", Warn}
		sent.Steps[1] = SentStep{"No peer has fetched it yet", false}
		sent.Steps[2].Words = "Not seen by other peers yet"
	}
	switch {
	case confirmations >= firm:
		sent.Confirmed = Text{"Confirmed", Good}
	case confirmations > 0:
		sent.Confirmed = Text{fmt.Sprintf("%d of %d confirmations", confirmations, firm), Good}
	}
	return sent
}
