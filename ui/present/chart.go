package present

import (
	"math"
	"slices"
	"time"

	"thistle/app"
	"thistle/app/units"
)

// Span is how much time the chart of the balance shows, up to now.
type Span int

// The spans.
const (
	Month Span = iota
	HalfYear
	Year
	Ever
)

// Spans lists all spans, the shortest first.
func Spans() []Span { return []Span{Month, HalfYear, Year, Ever} }

// String is the span's name on the screen.
func (s Span) String() string {
	if s < Month || s > Ever {
		s = Ever
	}
	return [...]string{"1M", "6M", "1Y", "All"}[s]
}

// since is where the span begins. Ever begins shortly before the first payment,
// so that the first step is seen, and is never shorter than a minute.
func (s Span) since(first, now time.Time) time.Time {
	switch s {
	case Month:
		return now.AddDate(0, -1, 0)
	case HalfYear:
		return now.AddDate(0, -6, 0)
	case Year:
		return now.AddDate(-1, 0, 0)
	}
	start := first.Add(-now.Sub(first) / 25)
	return earlier(start, now.Add(-time.Minute))
}

// Step is a place where the balance takes a new value, which then holds until
// the next step. X goes from the start of the span, 0, to now, 1; Y from nothing,
// 0, to the largest balance shown, 1.
type Step struct{ X, Y float64 }

const (
	// maxSteps bounds what is drawn: no screen shows more.
	maxSteps = 500
	// fineness is in how many places a step can be. Time goes on between any two
	// states; this lets the same chart be the same.
	fineness = 2000
)

// level is a balance from a moment on.
type level struct {
	x       float64
	balance units.Amount
}

// chartOf makes the chart of a history, which is newest first. The first step is
// at 0 with what the balance was before the span; without payments there is none.
func chartOf(history []app.HistoryEntry, span Span, now time.Time) []Step {
	levels := levelsOf(history, span, now)
	if len(levels) == 0 {
		return nil
	}
	levels = thin(levels)
	low, high := units.Amount(0), units.Amount(0)
	for _, l := range levels {
		low, high = min(low, l.balance), max(high, l.balance)
	}
	steps := make([]Step, len(levels))
	for i, l := range levels {
		steps[i].X = math.Round(l.x*fineness) / fineness
		if high > low {
			steps[i].Y = float64(l.balance-low) / float64(high-low)
		}
	}
	return steps
}

// levelsOf goes through the history from its oldest end. Balances belong to the
// history's order, which blocks give it; their clocks may disagree a little, so
// time here never runs backwards, and never past now.
func levelsOf(history []app.HistoryEntry, span Span, now time.Time) []level {
	first, found := oldest(history)
	if !found {
		return nil
	}
	start := span.since(earlier(first, now), now)
	width := float64(now.Sub(start))
	levels := []level{{}}
	for i := range history {
		e := &history[len(history)-1-i]
		if dead(e.State) {
			continue
		}
		last := &levels[len(levels)-1]
		x := max(float64(earlier(e.Time, now).Sub(start))/width, last.x)
		switch {
		case x == last.x:
			last.balance = e.Balance
		case e.Balance != last.balance:
			levels = append(levels, level{x, e.Balance})
		}
	}
	return levels
}

func oldest(history []app.HistoryEntry) (first time.Time, found bool) {
	for i := range history {
		if e := &history[i]; !dead(e.State) && (!found || e.Time.Before(first)) {
			first, found = e.Time, true
		}
	}
	return first, found
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// thin leaves at most maxSteps levels. Of each slice of time it keeps the level
// that lasts, and the one that is farthest from it, so that no peak is lost.
func thin(levels []level) []level {
	if len(levels) <= maxSteps {
		return levels
	}
	const slots = maxSteps/2 - 1
	slot := func(l level) int { return min(int(l.x*slots), slots-1) }
	kept := levels[:1:1]
	for rest := levels[1:]; len(rest) > 0; {
		n := slices.IndexFunc(rest, func(l level) bool { return slot(l) != slot(rest[0]) })
		if n < 0 {
			n = len(rest)
		}
		last := rest[n-1]
		far := last
		for _, l := range rest[:n-1] {
			if distance(l, last) > distance(far, last) {
				far = l
			}
		}
		if far != last {
			kept = append(kept, far)
		}
		kept = append(kept, last)
		rest = rest[n:]
	}
	return kept
}

func distance(a, b level) units.Amount { return max(a.balance-b.balance, b.balance-a.balance) }
