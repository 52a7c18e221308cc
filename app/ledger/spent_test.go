package ledger_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/descriptor"
	"thistle/app/ledger"
)

// search matches what is missing from a height on, exactly, but for a block.
func (w *world) search(from int32, but *testBlock) {
	w.t.Helper()
	w.follow()
	for range 20 {
		gaps := slices.DeleteFunc(w.l.Missing(), func(g ledger.Gap) bool { return g.To < from })
		if len(gaps) == 0 {
			return
		}
		g := gaps[0]
		g.From = max(g.From, from)
		scripts := placesOf(w.l.Scripts(g.Batch))
		var hits []ledger.Hit
		for _, b := range w.chain.blocks[g.From : g.To+1] {
			if places := concerned(b, scripts, w.prevScript); len(places) > 0 && b != but {
				hits = append(hits, ledger.Hit{BlockRef: b.ref, Scripts: places})
			}
		}
		end, _ := w.chain.hashAt(g.To)
		f, ok := g.Answer(end, hits, w.chain.hashAt)
		if !ok {
			w.t.Fatal("no answer")
		}
		w.apply(f)
	}
	w.t.Fatal("never searched")
}

// read fetches what is wanted, newest first, and returns the heights.
func (w *world) read() (heights []int32) {
	w.t.Helper()
	for range 20 {
		w.restart()
		wanted := w.l.Unapplied()
		if len(wanted) == 0 {
			return heights
		}
		heights = append(heights, wanted[0].Height)
		w.apply(w.chain.blocks[wanted[0].Height].applied())
	}
	w.t.Fatal("never read")
	return nil
}

func (w *world) mine(txs ...*wire.MsgTx) *testBlock {
	all := []*wire.MsgTx{coinbase(w.t, int32(len(w.chain.blocks)), w.fresh(), toOthers(50e8))}
	for _, tx := range append(all, txs...) {
		w.add(tx)
	}
	return w.chain.mine(w.tick(), append(all, txs...)...)
}

// paidAndSpent is a payment to an address and a spend of it, with or without
// something for us.
func (w *world) paidAndSpent(index uint32, back ...out) (payment, spend *wire.MsgTx) {
	payment = w.sources.build(w.t, []prev{foreign(w.fresh())}, []out{toUs(1000, descriptor.External, index), toOthers(5)})
	in := outputOf(payment, 0, &ledger.Ref{Index: index})
	return payment, w.sources.build(w.t, []prev{in}, append([]out{toOthers(600)}, back...))
}

// has checks that all is known and what there is.
func (w *world) has(total int64) {
	w.t.Helper()
	if b := w.l.Balance(); !b.Final || int64(b.Total) != total {
		w.t.Errorf("balance %+v, want %d", b, total)
	}
	for _, r := range w.l.Rows() {
		if s, ok := r.(ledger.SpentRow); ok {
			w.t.Errorf("kept in vain: %+v", s)
		}
	}
}

func onKinds(t *testing.T, test func(w *world)) {
	t.Helper()
	for name, set := range map[string]sourceSet{"P2WPKH": sources, "P2TR": taprootSources} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1, set)
			for w.l.FarLacking() > 0 {
				w.apply(ledger.LookFurther{Scripts: 100})
			}
			test(w)
		})
	}
}

// Newest first, the spend is met before what it spends.
func TestSpendMetFirst(t *testing.T) {
	t.Parallel()
	onKinds(t, func(w *world) {
		w.apply(ledger.BirthdaySet{Height: 1})
		gone, spend := w.paidAndSpent(1)
		kept, change := w.paidAndSpent(2, toUs(300, descriptor.Internal, 0))
		w.mine(gone, kept)
		w.mine(spend)
		w.mine(change)
		w.search(6, nil)
		if got := fmt.Sprint(w.read()); got != "[7 6]" {
			t.Errorf("read %v", got)
		}
		w.search(1, nil)
		// The spend with change for us is known already.
		want := "[5]"
		if w.sources[0].taproot {
			want = "[5 6]"
		}
		if got := fmt.Sprint(w.read()); got != want {
			t.Errorf("read %v, not %s", got, want)
		}
		w.has(300)
	})
}

// A block may be read before scripts whose outputs it spends come into the window.
func TestSpendOfFarScript(t *testing.T) {
	t.Parallel()
	onKinds(t, func(w *world) {
		w.apply(ledger.BirthdaySet{Height: 1})
		far, spend := w.paidAndSpent(testLookahead + 15)
		w.mine(far)
		w.mine(spend, w.sources.build(w.t, []prev{foreign(w.fresh())}, []out{toUs(300, descriptor.External, 0)}))
		w.search(1, nil)
		if got := fmt.Sprint(w.read()); got != "[6]" {
			t.Errorf("read %v", got)
		}
		w.has(300)
		w.apply(ledger.Revealed{Ref: ledger.Ref{Index: 25}, At: w.tick()})
		w.read()
		w.search(1, nil)
		w.read()
		w.has(300)
		if n := len(w.l.History(0, -1)); n != 3 {
			t.Errorf("%d lines", n)
		}
	})
}

// A block may be read before the view has got there.
func TestSpendAboveTheView(t *testing.T) {
	t.Parallel()
	onKinds(t, func(w *world) {
		w.apply(ledger.BirthdaySet{Height: 1})
		w.search(1, nil)
		payment, spend := w.paidAndSpent(1)
		w.mine(payment)
		w.apply(w.mine(spend).applied())
		w.search(1, nil)
		w.read()
		w.has(0)
	})
}

// What was read of another branch counts when the view goes there.
func TestSpendOnAnotherBranch(t *testing.T) {
	t.Parallel()
	onKinds(t, func(w *world) {
		w.apply(ledger.BirthdaySet{Height: 1})
		w.mine()
		w.mine()
		w.search(1, nil)
		w.chain.cut(2)
		payment, spend := w.paidAndSpent(1)
		w.mine(payment)
		w.apply(w.mine(spend).applied())
		w.mine()
		w.search(1, nil)
		w.read()
		w.has(0)
	})
}

// A filter that kept something back is found out later.
func TestSpendAfterRescan(t *testing.T) {
	t.Parallel()
	onKinds(t, func(w *world) {
		w.apply(ledger.BirthdaySet{Height: 1})
		payment, spend := w.paidAndSpent(1)
		liar := w.mine(payment)
		w.mine(spend)
		w.search(1, liar)
		w.read()
		w.has(0)
		w.apply(ledger.Rescan{From: 2})
		w.search(1, nil)
		w.read()
		w.has(0)
		if n := len(w.l.History(0, -1)); n != 2 {
			t.Errorf("%d lines", n)
		}
	})
}

// Signatures of taproot cover all that is spent: an announced transaction is
// believed only if all of that is known.
func TestTaprootSignatures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, taprootSources)
	payment, _ := w.paidAndSpent(1)
	w.apply(ledger.Seen{Tx: payment, At: w.tick()})
	ours := outputOf(payment, 0, &ledger.Ref{Index: 1})
	joint := w.sources.build(t, []prev{ours, outputOf(payment, 1, nil)}, []out{toOthers(700)})
	for name, c := range map[string]struct {
		tx   *wire.MsgTx
		kept bool
	}{
		"an unknown output": {w.sources.build(t, []prev{ours, foreign(w.fresh())}, []out{toOthers(800)}), false},
		"all known":         {joint, true},
	} {
		change := w.apply(ledger.Seen{Tx: c.tx, At: w.tick()})
		if refused := told(change.Notices, ledger.TxRefused, c.tx); w.known(c.tx) != c.kept || refused == c.kept {
			t.Errorf("%s: kept %t, refused %t", name, w.known(c.tx), refused)
		}
	}
}
