package chain

import (
	"fmt"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// Recheck judges the newest headers held anew, one whole period at least: links,
// proof of work, targets and summed work. Whoever is about to blame others calls
// it first: memory and disks fail too. What it finds, an ErrStored, is what Err
// says from then on.
func (t *Tree) Recheck() error {
	if t.Err() == nil {
		if err := t.recheck(true); err != nil {
			t.line.raws.fail(err)
		}
	}
	return t.Err()
}

// Linked is an ErrStored where the newest headers do not link: what was damaged
// in memory may have been saved.
func (t *Tree) Linked() error { return t.recheck(false) }

func (t *Tree) recheck(targets bool) error {
	l := t.line
	if l.n == 0 {
		return nil
	}
	from := max(0, (l.n-1)/l.period-1) * l.period
	work, prev := l.starts[from/l.period], l.hash(from-1)
	for i := from; i < l.n; i++ {
		raw := l.raw(i)
		e, hash := l.known.of(rawBits(raw)), chainhash.DoubleHashH(raw)
		switch {
		case chainhash.Hash(raw[4:36]) != prev:
			return fmt.Errorf("header %d does not link: %w", l.height(i), ErrStored)
		case targets && l.height(i) > 0 && (!e.ok || hashNumber(&hash).cmp(e.target) > 0):
			return fmt.Errorf("header %d lacks work: %w", l.height(i), ErrStored)
		case targets && i > from && rawBits(raw) != t.nextBits(place{t: t, pos: i - 1}, rawTime(raw)):
			return fmt.Errorf("header %d has another target: %w", l.height(i), ErrStored)
		}
		work, prev = work.Add(e.work), hash
	}
	if prev != l.tip || work != l.work {
		return fmt.Errorf("tip %v with work %v is not what the headers make: %w", t.Tip(), l.work, ErrStored)
	}
	return nil
}
