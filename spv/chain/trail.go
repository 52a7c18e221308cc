package chain

import (
	"slices"
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// Trail follows a branch that there is no room for beside the best chain, to
// learn how much work it has. It judges as the tree does, but keeps only the
// headers that the next ones are judged by.
type Trail struct {
	params *Params
	start  Tip
	tree   *Tree
}

// trailPeriods is how many whole periods a Trail keeps at most: the one before
// that of the next header holds all that the rules look back for.
const trailPeriods = 3

// trailForks bounds the forks of the branch that is followed.
const trailForks = 4

// Trail begins one after a known block, false if it is unknown.
func (t *Tree) Trail(from Tip) (*Trail, bool) {
	at, ok := t.locate(&from.Hash)
	if !ok || at.height() != from.Height {
		return nil, false
	}
	r := &Trail{params: t.rules.Params, start: from}
	var headers []Header
	bottom := max(t.line.base.Height+1, (from.Height/t.rules.period-1)*t.rules.period)
	for p := at; p.height() >= bottom && !p.isBase(); p = p.parent() {
		headers = append(headers, Header{Raw: [HeaderSize]byte(p.raw()), Hash: p.hash()})
	}
	base := t.line.base
	if bottom > base.Height+1 {
		below := at.at(bottom - 1)
		base = Base{Height: bottom - 1, Hash: below.hash(), Work: below.work(), Bits: headers[len(headers)-1].Bits()}
	}
	r.restart(base, headers)
	return r, true
}

// restart begins at base with headers that were judged, given highest first.
func (r *Trail) restart(base Base, headers []Header) {
	r.tree = New(r.params, base)
	r.tree.side.maxNodes, r.tree.side.maxLeaves = int(r.tree.rules.period), trailForks
	l := r.tree.line
	for _, h := range slices.Backward(headers[:len(headers)-l.n]) { // without genesis, if l has it
		l.push(&h, l.known.of(h.Bits()).work)
	}
}

// Add goes on along the branch. The error is that of Tree.Add.
func (r *Trail) Add(now time.Time, headers []Header) error {
	_, err := r.tree.Add(now, headers)
	if n, period := r.tree.line.n, int(r.tree.rules.period); n >= trailPeriods*period {
		r.forget(n/period*period - period)
	}
	return err
}

// forget drops the first n headers, which are whole periods.
func (r *Trail) forget(n int) {
	l := r.tree.line
	base := Base{Height: l.height(n - 1), Hash: l.hash(n - 1), Work: l.workThrough(n - 1), Bits: rawBits(l.raw(n))}
	var rest []Header
	for i := l.n - 1; i >= n; i-- {
		rest = append(rest, l.header(i))
	}
	r.restart(base, rest)
}

// Holds tells whether headers after this block can be added.
func (r *Trail) Holds(hash chainhash.Hash) bool {
	_, ok := r.tree.locate(&hash)
	return ok
}

// Start is where the trail began.
func (r *Trail) Start() Tip { return r.start }

// Tip is how far it has come.
func (r *Trail) Tip() Tip { return r.tree.Tip() }

// Work is summed from genesis through the tip.
func (r *Trail) Work() Work { return r.tree.Work() }

// Prefer makes the branch that ends in a known block the best chain though it
// has less work, and forgets the other: for a caller who knows, from a Trail,
// that there is more work beyond it. False if the block is not the end of a
// branch.
func (t *Tree) Prefer(end Tip) (Change, bool) {
	var c Change
	n, ok := t.side.nodes[end.Hash]
	if !ok || n.kids > 0 {
		return c, false
	}
	t.reorganize(n, &c, 0, false)
	return c, true
}
