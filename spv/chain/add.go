package chain

import (
	"fmt"
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// Add judges consecutive headers, of which the first is known or links to a
// known one, on the best chain or a branch. Headers already known are passed
// over. If one is refused, those before it are kept and the error is a
// *RuleError. If the tree has failed it is Err. now is the local clock.
func (t *Tree) Add(now time.Time, headers []Header) (Result, error) {
	res, err := t.add(now, headers)
	if failed := t.Err(); failed != nil {
		return Result{}, failed // whatever was concluded rests on nothing
	}
	return res, err
}

func (t *Tree) add(now time.Time, headers []Header) (Result, error) {
	var res Result
	if len(headers) == 0 {
		return res, nil
	}
	at, err := t.start(&headers[0])
	if err != nil {
		return res, err
	}
	a := adder{t: t, now: now.Unix(), at: at, res: &res}
	for i := range headers {
		h := &headers[i]
		if i == 0 && h.Hash == a.at.hash() {
			res.Last = a.at.tip()
			continue
		}
		if err := a.next(h, len(headers)-i); err != nil {
			return res, err
		}
	}
	return res, nil
}

// start is where a batch attaches: at its first header if that is known, else
// at the parent.
func (t *Tree) start(first *Header) (place, error) {
	if p, ok := t.locate(&first.Hash); ok {
		return p, nil
	}
	prev := first.Prev()
	if p, ok := t.locate(&prev); ok {
		return p, nil
	}
	return place{}, &RuleError{Kind: UnknownParent, Tip: Tip{-1, first.Hash}, Detail: "parent " + prev.String()}
}

// adder walks one batch up the tree.
type adder struct {
	t   *Tree
	now int64
	at  place // the last header known
	res *Result
}

// next takes the header after a.at. left is the number of headers still to
// come, this one included.
func (a *adder) next(h *Header, left int) error {
	prev := a.at.hash()
	if h.Prev() != prev {
		return &RuleError{Kind: NotLinked, Tip: Tip{a.at.height() + 1, h.Hash}, Detail: "after " + prev.String()}
	}
	if p, ok := a.child(h); ok {
		a.at = p
		a.res.Last = p.tip()
		return nil
	}
	e, err := a.t.check(a.at, h, a.now)
	if err != nil {
		return err
	}
	if a.at.isTip() {
		a.connect(h, e.work, left)
	} else if err := a.branch(h, e.work, left); err != nil {
		return err
	}
	a.res.Added++
	a.res.Last = a.at.tip()
	return nil
}

// child finds h, which links to a.at, among the headers known. It needs no
// look into the large index.
func (a *adder) child(h *Header) (place, bool) {
	t := a.t
	if a.at.n == nil && !a.at.isTip() && t.line.hash(a.at.pos+1) == h.Hash {
		return place{t: t, pos: a.at.pos + 1}, true
	}
	if len(t.side.nodes) > 0 {
		if n, ok := t.side.nodes[h.Hash]; ok {
			return place{t: t, n: n}, true
		}
	}
	return place{}, false
}

// connect appends h to the best chain.
func (a *adder) connect(h *Header, work Work, left int) {
	t, c := a.t, &a.res.Change
	if c.Empty() {
		c.Fork = a.at.tip()
		c.Connected = make([]Header, 0, left)
	}
	t.line.push(h, work)
	c.Connected = append(c.Connected, *h)
	a.at = t.top()
	height := a.at.height()
	if _, ok := t.rules.checkpointAt(height); ok {
		// Whatever is beside the chain left it below.
		t.floor = height
		t.side.clear()
	}
}

// branch puts h beside the best chain, and makes its branch the best if that
// has more work now.
func (a *adder) branch(h *Header, work Work, left int) error {
	t := a.t
	height, sum := a.at.height()+1, a.at.work().Add(work)
	wins := sum.Cmp(t.line.work) > 0
	n, ok := t.side.add(h, height, sum, a.at.n, wins)
	if !ok {
		return &RuleError{Kind: TooManyForks, Tip: Tip{height, h.Hash},
			Detail: fmt.Sprintf("%d headers beside the best chain", len(t.side.nodes))}
	}
	a.at = place{t: t, n: n}
	if wins {
		t.reorganize(n, &a.res.Change, left, true)
		a.at = t.top()
	}
	return nil
}

// reorganize makes the branch that ends in n the best chain, and fills in c.
// left is the room to leave for headers that follow; keep tells whether what
// was the best chain stays as a branch.
func (t *Tree) reorganize(n *node, c *Change, left int, keep bool) {
	var path []*node // upwards
	for m := n; m != nil; m = m.parent {
		path = append(path, m)
	}
	root := path[len(path)-1]
	fork := t.line.position(root.height - 1)
	c.Fork = Tip{root.height - 1, t.line.hash(fork)}
	for i := t.line.n - 1; i > fork; i-- {
		c.Disconnected = append(c.Disconnected, Tip{t.line.height(i), t.line.hash(i)})
	}
	if keep {
		t.demote(fork)
	}
	t.line.truncate(fork + 1)
	c.Connected = make([]Header, 0, len(path)+left)
	for i := len(path) - 1; i >= 0; i-- {
		m := path[i]
		delete(t.side.nodes, m.h.Hash)
		t.line.push(&m.h, t.line.known.of(m.h.Bits()).work)
		c.Connected = append(c.Connected, m.h)
		if _, ok := t.rules.checkpointAt(m.height); ok {
			t.floor = m.height
		}
	}
	t.side.settle(t.floor, func(h *chainhash.Hash) bool {
		p, ok := t.locate(h)
		return ok && p.n == nil
	})
}

// demote puts the best chain above position fork among the side branches, as
// far as there can be room.
func (t *Tree) demote(fork int) {
	work := t.line.workThrough(fork)
	for i := fork + 1; i < min(t.line.n, fork+1+t.side.maxNodes); i++ {
		h := t.line.header(i)
		work = work.Add(t.line.known.of(h.Bits()).work)
		t.side.insert(&h, t.line.height(i), work)
	}
}
