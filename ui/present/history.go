package present

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"thistle/app"
	"thistle/app/units"

	"github.com/btcsuite/btcd/chainhash/v2"
)

// Show is which payments the history lists.
type Show int

// The choices.
const (
	ShowAll Show = iota
	ShowReceived
	ShowSent
	ShowUnconfirmed
)

// Shows lists all choices.
func Shows() []Show { return []Show{ShowAll, ShowReceived, ShowSent, ShowUnconfirmed} }

// String is the choice's name on the screen.
func (s Show) String() string {
	if s < ShowAll || s > ShowUnconfirmed {
		s = ShowAll
	}
	return [...]string{"All types", "Received", "Sent", "Unconfirmed"}[s]
}

// Filter is what the history is searched for. The zero Filter lists everything.
type Filter struct {
	Show Show
	Text string // in a label, an address, an amount or a transaction id
}

// HistoryState is the list of payments, newest first. Rows are made when they
// are asked for, so that a long history costs no more than what is seen of it.
type HistoryState struct {
	// now stands first: whoever compares two states need not go through entries.
	now time.Time

	// Unit stands above the amounts.
	Unit string
	// Empty is said in place of the list if there is no payment at all.
	Empty string

	entries []app.HistoryEntry
	picked  []int32 // what the filter lets through; nil if that is everything
	filter  Filter
	prefs   Prefs
}

// HistoryRow is one payment of the list.
type HistoryRow struct {
	TxID   string
	Date   string
	Title  string
	State  Text
	Quiet  bool // the state is settled and wants no attention
	Amount Text
}

// HistoryOf makes the list.
func HistoryOf(s Snapshot, f Filter) HistoryState {
	h := HistoryState{Unit: s.Prefs.Unit.String(), entries: s.History, prefs: s.Prefs, now: s.Now}
	if len(s.History) == 0 {
		h.Empty = nothingYet(asOf(s))
	}
	return h.With(f)
}

// With is the same history through another filter.
func (h HistoryState) With(f Filter) HistoryState {
	h.filter, h.picked = f, nil
	m := matcherOf(f, h.prefs)
	if m.all() {
		return h
	}
	h.picked = []int32{}
	for i := range h.entries {
		if m.match(&h.entries[i]) {
			h.picked = append(h.picked, int32(i))
		}
	}
	return h
}

// Following is h through the filter of last, taking over what last let through
// if nothing changed by which it chose.
func (h HistoryState) Following(last HistoryState) HistoryState {
	if matcherOf(last.filter, h.prefs).all() {
		return h.With(last.filter)
	}
	same := h.prefs == last.prefs && slices.EqualFunc(h.entries, last.entries, func(a, b app.HistoryEntry) bool {
		return a.TxID == b.TxID && a.State == b.State && a.Amount == b.Amount && a.Label == b.Label && a.Address == b.Address
	})
	if !same {
		return h.With(last.filter)
	}
	h.filter, h.picked = last.filter, last.picked
	return h
}

// Len is how many payments the filter lets through.
func (h HistoryState) Len() int {
	if h.picked != nil {
		return len(h.picked)
	}
	return len(h.entries)
}

// All is how many payments there are.
func (h HistoryState) All() int { return len(h.entries) }

// Row is a payment that the filter lets through, empty if there is none at i.
func (h HistoryState) Row(i int) HistoryRow {
	if i < 0 || i >= h.Len() {
		return HistoryRow{}
	}
	e := h.entry(i)
	return HistoryRow{
		TxID: e.TxID.String(), Date: Day(e.Time, h.now), Title: titleOf(e),
		State: brief(e), Quiet: settled(e), Amount: netOf(e, h.prefs),
	}
}

func (h HistoryState) entry(i int) *app.HistoryEntry {
	if h.picked != nil {
		i = int(h.picked[i])
	}
	return &h.entries[i]
}

// Find is the row of a payment, -1 if the filter hides it or it is not there.
func (h HistoryState) Find(txid string) int {
	id, err := chainhash.NewHashFromStr(txid)
	if err != nil || txid == "" {
		return -1
	}
	for i := range h.Len() {
		if h.entry(i).TxID == *id {
			return i
		}
	}
	return -1
}

// Widest is the longest amount of all, so that a column can be made for it.
func (h HistoryState) Widest() string {
	var low, high units.Amount
	for i := range h.entries {
		low, high = min(low, h.entries[i].Amount), max(high, h.entries[i].Amount)
	}
	a, _ := SignedMoney(low, h.prefs)
	b, _ := SignedMoney(high, h.prefs)
	if len(a) > len(b) {
		return a
	}
	return b
}

// Moved says whether what can be told of a payment may be another than it was in
// an earlier state: an unconfirmed one travels without its row showing it.
func (h HistoryState) Moved(last HistoryState, txid string) bool {
	now, before := h.whole(txid), last.whole(txid)
	if now == nil || before == nil {
		return now != before
	}
	return now.State == app.StatePending || h.prefs != last.prefs ||
		now.State != before.State || now.Confirmations != before.Confirmations || now.Height != before.Height ||
		now.Label != before.Label || now.Proved != before.Proved
}

// whole is an entry, filtered or not.
func (h HistoryState) whole(txid string) *app.HistoryEntry {
	h.picked = nil
	if i := h.Find(txid); i >= 0 {
		return h.entry(i)
	}
	return nil
}

// matcher is a filter made ready for many entries.
type matcher struct {
	show   Show
	text   string // in small letters
	figure string // the text if it may be part of an amount, without groups
	unit   Unit
	id     bool // the text may begin an id
	blind  bool // amounts are hidden, so they are not searched either
}

func matcherOf(f Filter, p Prefs) matcher {
	m := matcher{show: f.Show, text: strings.ToLower(strings.TrimSpace(f.Text)), unit: p.Unit, blind: p.Hide}
	m.id = strings.Trim(m.text, "0123456789abcdef") == "" && len(m.text) <= chainhash.MaxHashStringSize
	figure := ungroup.Replace(m.text)
	if digits := strings.TrimLeft(figure, "+−"); digits != "" && strings.Trim(digits, "0123456789.") == "" {
		m.figure = figure
	}
	return m
}

// ungroup takes the groups out of amounts, and a typed minus for a printed one.
var ungroup = strings.NewReplacer(group, "", "\u00a0", "", " ", "", "-", "−")

func (m matcher) all() bool { return m.show == ShowAll && m.text == "" }

func (m matcher) match(e *app.HistoryEntry) bool {
	switch m.show {
	case ShowReceived:
		if wayOf(e) != In {
			return false
		}
	case ShowSent:
		if wayOf(e) == In {
			return false
		}
	case ShowUnconfirmed:
		if e.State != app.StatePending {
			return false
		}
	}
	return m.text == "" || m.matchText(e)
}

func (m matcher) matchText(e *app.HistoryEntry) bool {
	if strings.Contains(strings.ToLower(titleOf(e)), m.text) || strings.Contains(strings.ToLower(e.Address), joined(m.text)) {
		return true
	}
	if m.figure != "" && !m.blind {
		var room [32]byte
		if bytes.Contains(appendFigure(room[:0], e.Amount, m.unit), []byte(m.figure)) {
			return true
		}
	}
	return m.id && strings.HasPrefix(e.TxID.String(), m.text)
}

// appendFigure writes an amount as SignedMoney does, but without groups: a
// search does it for every payment.
func appendFigure(b []byte, a units.Amount, u Unit) []byte {
	sat := int64(a)
	switch {
	case a > 0:
		b = append(b, '+')
	case a < 0:
		b, sat = append(b, "−"...), -sat
	}
	scale := int64(1)
	for range u.decimals() {
		scale *= 10
	}
	b = strconv.AppendInt(b, sat/scale, 10)
	if scale == 1 {
		return b
	}
	point := len(b)
	b = strconv.AppendInt(b, scale+sat%scale, 10) // one figure too many, which keeps the zeros
	b[point] = '.'
	return b
}

// joined takes the groups out of an address as screens show it.
func joined(s string) string { return strings.ReplaceAll(s, " ", "") }
