package present

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"time"

	"thistle/app"
	"thistle/app/units"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

// maturity is how many confirmations newly mined coins need.
const maturity = 100

// Payment is all that is known of a payment, in words.
type Payment struct {
	TxID  string
	Title string
	Label string // what the person wrote, empty if nothing
	State Text

	Amount Text
	Unit   string

	// Explain says what became of a payment that did not happen, or may not;
	// Winner is the one that took its place, to be shown instead.
	Explain Text
	Winner  string
	// Delivery says how far an unconfirmed payment of ours has travelled.
	Delivery Text

	Fee  string // with rate and size, empty if unknown
	When string // when it was first seen or made; empty once it is mined
	// Mined is the block and its time, empty before.
	Mined string

	Recipients []PaymentLine

	// Proof is nil where there is none; NoProof says why.
	Proof   *Proof
	NoProof string

	Raw string // hexadecimal, empty if it is not kept
}

// PaymentLine is somebody paid.
type PaymentLine struct {
	Address string // whole, empty if the output has none
	Note    string // whose it is, as far as that is known
	Amount  string
	Change  bool // it comes back to us: not a payment
}

// PaymentOf puts into words what is known of a payment. proof may be nil.
func PaymentOf(p *app.Payment, proof *app.ProofInfo, prefs Prefs, now time.Time) *Payment {
	e := &p.HistoryEntry
	d := &Payment{
		TxID: e.TxID.String(), Title: titleOf(e), Label: e.Label, State: standing(e), Amount: netOf(e, prefs),
		Unit: prefs.Unit.String(), Fee: feeOf(p, prefs), Raw: hex.EncodeToString(p.Raw),
	}
	d.Explain = explain(e)
	if left := maturity - e.Confirmations; e.State == app.StateConfirmed && left > 0 && newlyMined(p.Raw) {
		d.Explain = Text{"Newly mined coins can be spent after 100 confirmations: " + Count(int(left), "block", "blocks") + " to go.", Accent}
	}
	if e.ReplacedBy != nil {
		d.Winner = e.ReplacedBy.String()
	}
	if e.State == app.StateConfirmed {
		d.Mined = "block " + Height(e.Height)
		if t := minedAt(p); !t.IsZero() {
			d.Mined += " · " + Moment(t, now)
		}
	} else {
		d.When = Moment(e.Time, now)
	}
	if e.State == app.StatePending && e.Outgoing {
		d.Delivery = TravelOf(p.Travel, 0).Headline
	}
	for _, r := range p.Recipients {
		if line, show := lineOf(r, e, prefs); show {
			d.Recipients = append(d.Recipients, line)
		}
	}
	d.Proof, d.NoProof = proofFor(p, proof)
	return d
}

func minedAt(p *app.Payment) time.Time {
	if !p.BlockTime.IsZero() {
		return p.BlockTime
	}
	return p.Time
}

// feeOf is the fee with its rate and the size it paid for, as far as known.
func feeOf(p *app.Payment, prefs Prefs) string {
	if p.Fee == nil {
		return ""
	}
	text := Sum(*p.Fee, prefs)
	rate := p.FeeRate
	if rate == 0 {
		rate = units.RateOf(*p.Fee, p.VSize)
	}
	if p.VSize > 0 && !prefs.Hide {
		text += fmt.Sprintf(" · %s sat/vB · %s vB", roundRate(rate), inGroups(strconv.FormatInt(int64(p.VSize), 10), true))
	}
	return text
}

// newlyMined says that a transaction made new coins: its one input spends
// nothing.
func newlyMined(raw []byte) bool {
	var tx wire.MsgTx
	if tx.Deserialize(bytes.NewReader(raw)) != nil || len(tx.TxIn) != 1 {
		return false
	}
	from := tx.TxIn[0].PreviousOutPoint
	return from.Index == math.MaxUint32 && from.Hash == chainhash.Hash{}
}

// roundRate is a rate in sat/vB to a tenth.
func roundRate(r units.FeeRate) string {
	const tenth = units.SatPerVB / 10
	return ((r + tenth/2) / tenth * tenth).SatVB()
}

// explain says what became of a payment that did not go the usual way.
func explain(e *app.HistoryEntry) Text {
	in := wayOf(e) == In
	switch e.State {
	case app.StateReplaced:
		if in {
			return Text{"The sender replaced this payment by another. It was never yours; the other may be.", Bad}
		}
		return Text{"Another payment of yours took the place of this one. Nothing left the wallet by it.", Warn}
	case app.StateConflicted:
		if in {
			return Text{"The sender spent the same coins in another payment, which is in a block. This one will not arrive.", Bad}
		}
		return Text{"Its coins were spent by another payment, which is in a block. Nothing left the wallet by this one.", Bad}
	case app.StateAbandoned:
		return Text{"You gave this payment up; it is not offered to peers any longer. Who has it already could still put it into a block.", Muted}
	case app.StatePending:
		return explainPending(e, in)
	}
	return Text{}
}

// explainPending says how far what is in no block can be trusted.
func explainPending(e *app.HistoryEntry, in bool) Text {
	switch {
	case e.Contested && in:
		return Text{"Another payment spends the same coins, so this one may never arrive. Do not rely on it before it is in a block.", Bad}
	case e.Contested:
		return Text{"Another payment spends the same coins of yours. Only one of them can get into a block.", Bad}
	case !in:
		return Text{}
	}
	text := "It is on its way, but in no block yet: until then the sender can take it back."
	if e.Unverified {
		text += " Whether the coins it spends exist cannot be checked here before that."
	}
	if e.Groups > 0 {
		text += " It was announced in " + parts(e.Groups) + "."
	}
	return Text{text, Warn}
}

// lineOf is an output in words. Of what we receive only our part is shown: the
// rest is the sender's business.
func lineOf(r app.PaymentRecipient, e *app.HistoryEntry, prefs Prefs) (line PaymentLine, show bool) {
	line = PaymentLine{Address: r.Address, Amount: Sum(r.Amount, prefs), Change: r.Change}
	switch {
	case r.Change:
		line.Note = "back to you"
	case r.Ours && wayOf(e) != In:
		line.Note = "your own address"
	case r.Label != "":
		line.Note = Plain(r.Label)
	case r.Ours:
		line.Note = "to your address"
	default:
		line.Note = "paid to"
	}
	return line, r.Ours || wayOf(e) != In
}
