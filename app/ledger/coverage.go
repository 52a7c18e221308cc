package ledger

import "github.com/btcsuite/btcd/chainhash/v2"

// Interval is a run of heights that has been searched, both ends included, up to
// the block End at height To.
type Interval struct {
	From, To int32
	End      chainhash.Hash
}

// Range is a run of heights, both ends included.
type Range struct{ From, To int32 }

// addInterval returns the union of set, which is sorted and has gaps between its
// intervals, and one more. It reports false, and changes nothing, if the two
// cannot be of one chain: they end at the same height in different blocks.
func addInterval(set []Interval, in Interval) ([]Interval, bool) {
	out := make([]Interval, 0, len(set)+1)
	for i, s := range set {
		if s.To == in.To && s.End != in.End {
			return set, false
		}
		if s.To < in.From-1 {
			out = append(out, s)
			continue
		}
		if s.From > in.To+1 {
			return append(append(out, in), set[i:]...), true
		}
		in.From = min(in.From, s.From)
		if s.To > in.To {
			in.To, in.End = s.To, s.End
		}
	}
	return append(out, in), true
}

// cutIntervals returns the part of set up to the block at.
func cutIntervals(set []Interval, at BlockRef) []Interval {
	var out []Interval
	for _, s := range set {
		if s.From > at.Height {
			break
		}
		if s.To > at.Height {
			s.To, s.End = at.Height, at.Hash
		}
		out = append(out, s)
	}
	return out
}

// lacking returns what set leaves out of within.
func lacking(set []Interval, within Range) []Range {
	var out []Range
	next := within.From
	for _, s := range set {
		if s.To < next {
			continue
		}
		if s.From > within.To {
			break
		}
		if s.From > next {
			out = append(out, Range{next, s.From - 1})
		}
		next = s.To + 1
	}
	if next <= within.To {
		out = append(out, Range{next, within.To})
	}
	return out
}

// common returns the heights that both a and b hold.
func common(a, b []Range) []Range {
	var out []Range
	for len(a) > 0 && len(b) > 0 {
		from, to := max(a[0].From, b[0].From), min(a[0].To, b[0].To)
		if from <= to {
			out = append(out, Range{from, to})
		}
		if a[0].To < b[0].To {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return out
}

func ranges(set []Interval) []Range {
	out := make([]Range, len(set))
	for i, s := range set {
		out[i] = Range{s.From, s.To}
	}
	return out
}
