package ledger_test

import (
	"slices"
	"testing"

	"thistle/app/descriptor"
	"thistle/app/ledger"
)

// counter is a driver that counts what it costs to get to know everything.
type counter struct {
	*desk
	asked   map[int32]int // how often the filter of a height was asked
	fetched []int32       // heights of the blocks read
	// lie adds to what the filter of a height says about a batch; something empty
	// takes the place of that.
	lie func(height int32, scripts [][]byte) []int
}

// newCounter has a chain of as many blocks, of which the ledger knows the tip.
func newCounter(t *testing.T) *counter {
	t.Helper()
	d := newDesk(t)
	return &counter{desk: d, asked: make(map[int32]int), lie: func(int32, [][]byte) []int { return nil }}
}

// run works until nothing is missing, and loads the ledger anew after every step.
func (c *counter) run() {
	c.Helper()
	if move, ok := c.l.Reconcile(c.chain.tip(), c.chain.hashAt); ok {
		c.do(move)
	}
	for range 1000 {
		c.reload()
		switch gaps, wanted := c.l.Missing(), c.l.Unapplied(); {
		case len(wanted) > 0:
			c.fetched = append(c.fetched, wanted[0].Height)
			c.do(c.chain.blocks[wanted[0].Height].applied())
		case len(gaps) > 0:
			c.scan(gaps[0])
		default:
			return
		}
	}
	c.Fatal("never final")
}

// scan answers the last few heights of a gap.
func (c *counter) scan(g ledger.Gap) {
	c.Helper()
	g.From = max(g.From, g.To-6)
	f, ok := c.answer(g)
	if !ok {
		c.Fatal("no answer")
	}
	scripts := c.l.Scripts(g.Batch)
	for h := g.From; h <= g.To; h++ {
		c.asked[h]++
		if lie := c.lie(h, scripts); lie != nil {
			if len(lie) == 0 {
				f.Hits = slices.DeleteFunc(f.Hits, func(hit ledger.Hit) bool { return hit.Height == h })
			}
			f.Hits = append(f.Hits, ledger.Hit{BlockRef: c.chain.blocks[h].ref, Scripts: lie})
		}
	}
	c.do(f)
}

func (c *counter) reload() {
	c.Helper()
	l, err := ledger.Load(config(0), c.l.Rows())
	if err != nil {
		c.Fatal(err)
	}
	if a, b := dump(c.l), dump(l); a != b {
		c.Fatalf("loaded ledger differs:\n%s", diff(a, b))
	}
	c.l = l
}

// Payments whose gaps run against the heights are found in one pass over the
// filters, and nothing but their blocks is read, however often filters name far
// scripts for nothing.
func TestGapsInReverseOrder(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	want := int64(0)
	var blocks []int32
	// The window holds 20 at first and every one after needs the one below.
	for index := uint32(55); int32(index) > 0; index -= 15 {
		want += int64(index)
		blocks = append(blocks, c.block(c.pay(int64(index), index)).ref.Height)
		for range 5 {
			c.block()
		}
	}
	c.lie = func(h int32, scripts [][]byte) []int {
		return []int{len(scripts) - 1 - int(h)%10} // of the change keychain, far beyond the window
	}
	c.run()
	c.has(want, 0, 0, 0)
	for h := range c.chain.blocks {
		if n := c.asked[int32(h)]; h > 0 && n != 1 {
			t.Errorf("the filter of %d was asked %d times", h, n)
		}
	}
	if len(c.fetched) != len(blocks) {
		t.Errorf("read %v, not %v", c.fetched, blocks)
	}
	if n := c.l.FarHits(); n < len(c.chain.blocks)-len(blocks)-1 {
		t.Errorf("only %d blocks are remembered", n)
	}
	if !c.l.Balance().Final {
		t.Error("what is far is waited for")
	}
}

// A far hit becomes a wish when its script comes into the window, by whatever
// way, and is gone with its block.
func TestFarHit(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	paid := c.block(c.pay(7, 40))
	spend := c.block(build(t, []prev{outputOf(paid.txs[1], 0, ext(40))}, []out{toUs(5, descriptor.Internal, 30)}))
	c.block()
	c.run()
	c.has(0, 0, 0, 0)
	if len(c.fetched) > 0 || c.l.FarHits() != 2 || !c.l.Final() {
		t.Fatalf("read %v, %d remembered, final %t", c.fetched, c.l.FarHits(), c.l.Final())
	}
	change := c.do(ledger.Revealed{Ref: ledger.Ref{Index: 25}, At: c.now()})
	if got := c.l.Unapplied(); len(got) != 2 || c.l.Final() || len(change.Put) == 0 {
		t.Fatalf("wanted %v", got)
	}
	asked := len(c.asked)
	c.run()
	c.has(0, 0, 0, 0)
	c.is(paid.txs[1], ledger.Confirmed, nil)
	c.is(spend.txs[1], ledger.Confirmed, nil)
	// The change lies beyond the change keychain's window, and is remembered.
	if c.l.FarHits() != 1 || len(c.asked) != asked {
		t.Errorf("%d remembered, filters asked again: %t", c.l.FarHits(), len(c.asked) != asked)
	}
	c.do(ledger.Revealed{Ref: ledger.Ref{Keychain: descriptor.Internal, Index: 15}, At: c.now()})
	c.run()
	c.has(5, 0, 0, 0)

	other := c.block(c.pay(9, 75))
	c.run()
	if c.l.FarHits() != 1 {
		t.Fatalf("%d remembered", c.l.FarHits())
	}
	c.chain.cut(1)
	c.block()
	c.block()
	c.run()
	if c.l.FarHits() != 0 {
		t.Error("a block that is gone is remembered")
	}
	c.do(ledger.Revealed{Ref: ledger.Ref{Index: 58}, At: c.now()})
	for _, ref := range c.l.Unapplied() {
		if ref == other.ref {
			t.Error("a block that is gone is wanted")
		}
	}
}

// A block that only itself can tell about is read once, and then again only for
// scripts that it does concern.
func TestWholeBlocks(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	c.block(c.pay(1, 50))
	c.block()
	c.lie = func(int32, [][]byte) []int { return []int{} }
	c.run()
	if len(c.fetched) != 3 || c.l.FarHits() != 1 {
		t.Fatalf("read %v, %d remembered", c.fetched, c.l.FarHits())
	}
	c.do(ledger.Revealed{Ref: ledger.Ref{Index: 15}, At: c.now()})
	if got := c.l.Unapplied(); len(got) != 0 {
		t.Fatalf("wanted %v", got)
	}
	c.do(ledger.Revealed{Ref: ledger.Ref{Index: 35}, At: c.now()})
	c.run()
	if len(c.fetched) != 4 || c.l.FarHits() != 0 {
		t.Errorf("read %v, %d remembered", c.fetched, c.l.FarHits())
	}
	c.has(1, 0, 0, 0)
}

// What else was asked about along with a batch is wanted, and says nothing about
// the batch.
func TestClaimHit(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	c.block()
	c.lie = func(_ int32, scripts [][]byte) []int { return []int{len(scripts)} }
	c.run()
	if len(c.fetched) != 2 || c.l.FarHits() != 0 {
		t.Errorf("read %v, %d remembered", c.fetched, c.l.FarHits())
	}
}

// The far look-ahead is derived in steps and matched when it is whole; more of it
// is derived when half of it is used up, and nothing waits for that.
func TestFarLookahead(t *testing.T) {
	t.Parallel()
	l, _, err := ledger.New(config(testLookahead))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{T: t, l: l}
	if n := l.FarLacking(); n != 2*testFarLookahead {
		t.Fatalf("%d are lacking", n)
	}
	for left := 2 * testFarLookahead; left > 20; left -= 20 {
		if c := d.do(ledger.LookFurther{Scripts: 20}); !c.Empty() || l.FarLacking() != left-20 {
			t.Fatalf("%d are lacking, %+v", l.FarLacking(), c)
		}
	}
	c := d.do(ledger.LookFurther{Scripts: 1000})
	if l.FarLacking() != 0 || len(c.Put) < 2*testFarLookahead {
		t.Fatalf("%d are lacking, %d rows", l.FarLacking(), len(c.Put))
	}
	if n := l.ScriptCount(); n != 2*testLookahead-2 {
		t.Errorf("%d scripts are ours", n)
	}
	if far := scriptOf(t, ledger.Ref{Index: testLookahead}); l.Script(ledger.Ref{Index: testLookahead}) != nil {
		t.Errorf("%x is told", far)
	} else if _, ok := l.Owns(far); ok {
		t.Errorf("%x is ours", far)
	}

	// One batch at first: everything is searched for at once.
	counted := newCounter(t)
	for range 10 {
		counted.block()
	}
	counted.run()
	counted.do(ledger.Revealed{Ref: ledger.Ref{Index: 25}, At: counted.now()})
	if counted.l.FarLacking() != 0 {
		t.Error("half of it is not used up yet")
	}
	counted.do(ledger.Revealed{Ref: ledger.Ref{Index: 35}, At: counted.now()})
	if !counted.l.Final() || counted.l.FarLacking() != 40 {
		t.Fatalf("final %t, %d are lacking", counted.l.Final(), counted.l.FarLacking())
	}
	lookFurther(t, counted.l)
	missing := counted.l.Missing()
	if !counted.l.Final() || len(missing) != 1 || !missing[0].Far || len(counted.l.Coverage()) != 1 {
		t.Fatalf("final %t, missing %+v", counted.l.Final(), missing)
	}
	// What the window needs is asked first, also where it is older.
	counted.block()
	move, _ := counted.l.Reconcile(counted.chain.tip(), counted.chain.hashAt)
	counted.do(move)
	if missing := counted.l.Missing(); len(missing) != 2 || missing[0].Far || !missing[1].Far {
		t.Errorf("missing %+v", missing)
	}
	counted.run()
	if n := batches(counted.desk); n != 1 {
		t.Errorf("%d batches are left", n)
	}
	// A window that moves beyond all that is derived waits for its scripts.
	counted.do(ledger.Revealed{Ref: ledger.Ref{Index: 400}, At: counted.now()})
	if counted.l.Final() {
		t.Error("final without having searched")
	}
	counted.run()
}
