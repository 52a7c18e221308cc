package ledger_test

import (
	"errors"
	"testing"
	"time"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/descriptor"
	"thistle/app/ledger"
)

var _ ledger.Source = (*descriptor.Descriptor)(nil)

func TestPaymentThereAndBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	tx := d.pay(1000, 0)
	if c := d.see(tx); !told(c.Notices, ledger.TxSeen, tx) {
		t.Errorf("notices %v", c.Notices)
	}
	d.is(tx, ledger.Pending, nil)
	d.has(0, 0, 1000, 0)
	if c := d.see(tx); !c.Empty() {
		t.Errorf("seen again: %+v", c)
	}
	if n := d.mine(tx); !told(n, ledger.TxConfirmed, tx) {
		t.Errorf("notices %v", n)
	}
	d.is(tx, ledger.Confirmed, nil)
	d.has(1000, 0, 0, 0)
	d.mine()
	if e := d.entry(tx); e.Confirmations != 2 || e.Height != 1 || !e.Proved || !e.Time.Equal(d.chain.blocks[1].time) {
		t.Errorf("%+v", e)
	}
	if n := d.reorg(2); !told(n, ledger.TxUnconfirmed, tx) {
		t.Errorf("notices %v", n)
	}
	d.is(tx, ledger.Pending, nil)
	d.has(0, 0, 1000, 0)
	if n := d.mine(tx); !told(n, ledger.TxConfirmed, tx) {
		t.Errorf("notices %v", n)
	}
	d.has(1000, 0, 0, 0)
	if !d.l.Balance().Final {
		t.Error("not final")
	}
}

func TestReorgAndBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	tx := d.pay(1000, 0)
	d.mine(tx)
	d.mine()
	old := d.chain
	old.blocks = append([]*testBlock(nil), old.blocks...)
	d.reorg(2)
	d.is(tx, ledger.Pending, nil)
	// The old branch gets longer: the anchor counts again before anything is fetched.
	d.chain.blocks = old.blocks
	d.block()
	d.block()
	move, ok := d.l.Reconcile(d.chain.tip(), d.chain.hashAt)
	if !ok || len(move.Connected) == 0 {
		t.Fatalf("%+v %t", move, ok)
	}
	d.do(move)
	d.is(tx, ledger.Confirmed, nil)
	if d.l.Balance().Final {
		t.Error("final before the branch was searched again")
	}
	d.sync()
	d.has(1000, 0, 0, 0)
}

func TestCoinbase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	cb := coinbase(t, 1, 1, toUs(50e8, descriptor.External, 0))
	d.mine(cb)
	d.has(0, 0, 0, 50e8)
	for range ledger.CoinbaseDepth - 2 {
		d.mine()
	}
	if e := d.entry(cb); e.Confirmations != 100 || !e.Coinbase || e.Fee != nil {
		t.Errorf("%+v", e)
	}
	d.has(0, 0, 0, 50e8)
	d.mine()
	d.has(50e8, 0, 0, 0)
	spend := build(t, []prev{outputOf(cb, 0, ext(0))}, []out{toUs(49e8, descriptor.Internal, 0)})
	d.create(spend)
	d.has(0, 49e8, 0, 0)
	// Without its block a coinbase is nothing, and neither is what it paid for.
	if n := d.reorg(101); !told(n, ledger.TxConflicted, cb) || !told(n, ledger.TxConflicted, spend) {
		t.Errorf("notices %v", n)
	}
	d.is(cb, ledger.Conflicted, nil)
	d.is(spend, ledger.Conflicted, nil)
	d.has(0, 0, 0, 0)
	if q := d.l.Queue(); len(q) != 0 {
		t.Errorf("queued: %v", q)
	}
}

func TestReplaced(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	fund := d.pay(1000, 0)
	d.mine(fund)
	first := build(t, []prev{outputOf(fund, 0, ext(0))}, []out{toOthers(500), toUs(450, descriptor.Internal, 0)})
	d.create(first)
	d.has(0, 450, 0, 0)
	child := build(t, []prev{outputOf(first, 1, in(0))}, []out{toUs(400, descriptor.Internal, 1)})
	d.create(child)
	d.has(0, 400, 0, 0)
	second := build(t, []prev{outputOf(fund, 0, ext(0))}, []out{toOthers(500), toUs(300, descriptor.Internal, 2)})
	if c := d.create(second); !told(c.Notices, ledger.TxReplaced, first) || !told(c.Notices, ledger.TxConflicted, child) {
		t.Errorf("notices %v", c.Notices)
	}
	d.is(first, ledger.Replaced, second)
	d.is(child, ledger.Conflicted, second)
	d.has(0, 300, 0, 0)
	// Yet the first is mined, with its child: it was no replacement of the second.
	if n := d.mine(first, child); !told(n, ledger.TxConflicted, second) {
		t.Errorf("notices %v", n)
	}
	d.is(first, ledger.Confirmed, nil)
	d.is(child, ledger.Confirmed, nil)
	d.is(second, ledger.Conflicted, first)
	d.has(400, 0, 0, 0)
	// And undone.
	d.reorg(1)
	d.is(second, ledger.Pending, nil)
	d.is(first, ledger.Replaced, second)
	d.has(0, 300, 0, 0)
	d.mine(second)
	d.is(first, ledger.Replaced, second)
	d.has(300, 0, 0, 0)
}

func TestDoubleSpentBySender(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	coin := d.foreign()
	tx := build(t, []prev{coin}, []out{toUs(1000, descriptor.External, 0)})
	d.see(tx)
	bumped := build(t, []prev{coin}, []out{toUs(900, descriptor.External, 0)})
	d.see(bumped)
	d.is(tx, ledger.Replaced, bumped)
	d.has(0, 0, 900, 0)
	// The winner pays somebody else. Its block was fetched for another reason.
	theft := build(t, []prev{coin}, []out{toOthers(1)})
	other := d.pay(5, 1)
	d.mine(theft, other)
	d.is(tx, ledger.Conflicted, theft)
	d.is(bumped, ledger.Conflicted, theft)
	d.has(5, 0, 0, 0)
	if n := d.l.HistoryLen(); n != 3 {
		t.Errorf("%d lines of history", n)
	}
	if _, ok := d.l.Entry(theft.TxHash()); ok {
		t.Error("a transaction of others is in the history")
	}
	// Without its block the theft is still the latest word, but not the last.
	d.reorg(1)
	d.is(bumped, ledger.Conflicted, theft)
	d.has(0, 0, 5, 0)
	d.mine(bumped)
	d.is(bumped, ledger.Confirmed, nil)
	d.is(tx, ledger.Replaced, bumped)
	d.has(900, 0, 5, 0)
}

func TestAbandoned(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	fund := d.pay(1000, 0)
	d.mine(fund)
	tx := build(t, []prev{outputOf(fund, 0, ext(0))}, []out{toUs(900, descriptor.Internal, 0)})
	child := build(t, []prev{outputOf(tx, 0, in(0))}, []out{toOthers(800)})
	d.create(tx)
	d.create(child)
	d.has(0, 0, 0, 0)
	at := d.now()
	if c := d.do(ledger.Abandoned{TxID: tx.TxHash(), At: at}); !told(c.Notices, ledger.TxAbandoned, tx) {
		t.Errorf("notices %v", c.Notices)
	}
	d.is(tx, ledger.GivenUp, nil)
	d.is(child, ledger.GivenUp, nil)
	d.has(1000, 0, 0, 0)
	if c := d.do(ledger.Abandoned{TxID: tx.TxHash(), At: at}); !c.Empty() {
		t.Errorf("given up twice: %+v", c)
	}
	// Made anew it lives again.
	if c := d.create(tx); !told(c.Notices, ledger.TxRevived, tx) {
		t.Errorf("notices %v", c.Notices)
	}
	d.is(child, ledger.Pending, nil)
	d.do(ledger.Abandoned{TxID: tx.TxHash(), At: d.now()})
	// The network does not care.
	d.mine(tx)
	d.is(tx, ledger.Confirmed, nil)
	d.is(child, ledger.Pending, nil)
	if _, err := d.l.Apply(ledger.Abandoned{TxID: tx.TxHash(), At: d.now()}); !errors.Is(err, ledger.ErrConfirmed) {
		t.Errorf("error %v", err)
	}
	if _, err := d.l.Apply(ledger.Abandoned{TxID: chainhash.Hash{1}, At: d.now()}); !errors.Is(err, ledger.ErrUnknown) {
		t.Errorf("error %v", err)
	}
}

func TestTrust(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, b := d.pay(1000, 0), d.pay(2000, 1)
	d.mine(a)
	d.see(b)
	d.has(1000, 0, 2000, 0)
	change := build(t, []prev{outputOf(a, 0, ext(0))}, []out{toOthers(100), toUs(800, descriptor.Internal, 0)})
	d.create(change)
	d.has(0, 800, 2000, 0)
	again := build(t, []prev{outputOf(change, 1, in(0))}, []out{toUs(700, descriptor.External, 2)})
	d.create(again)
	d.has(0, 700, 2000, 0)
	coins := d.l.Coins()
	if len(coins) != 2 || coins[1].State != ledger.CoinTrusted || coins[1].Ancestors != 2 || coins[0].Ancestors != 1 {
		t.Errorf("%+v", coins)
	}
	// One untrusted input spoils it.
	mixed := build(t, []prev{outputOf(again, 0, ext(2)), outputOf(b, 0, ext(1))}, []out{toUs(2600, descriptor.Internal, 1)})
	d.create(mixed)
	d.has(0, 0, 2600, 0)
	if e := d.entry(mixed); e.Trusted || e.Fee == nil || *e.Fee != 100 || e.Amount != -100 {
		t.Errorf("%+v", e)
	}
	d.mine(b)
	d.has(0, 2600, 0, 0)
	// So does a foreign one.
	joint := build(t, []prev{outputOf(mixed, 0, in(1)), d.foreign()}, []out{toUs(5000, descriptor.External, 4)})
	d.see(joint)
	d.has(0, 0, 5000, 0)
	if e := d.entry(joint); e.Fee != nil || e.Amount != 2400 || !e.Outgoing {
		t.Errorf("%+v", e)
	}
}

func TestForgery(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	fund := d.pay(1000, 0)
	d.mine(fund)
	forged := build(t, []prev{outputOf(fund, 0, ext(0))}, []out{toUs(5, descriptor.External, 1)})
	forged.TxOut[0].Value = 6
	c := d.see(forged)
	if len(c.Put) != 0 || !told(c.Notices, ledger.TxRefused, forged) {
		t.Errorf("%+v", c)
	}
	d.has(1000, 0, 0, 0)
	// The parent comes after: until then nobody can tell.
	parent := d.pay(700, 2)
	forged = build(t, []prev{outputOf(parent, 0, ext(2))}, []out{toUs(7, descriptor.External, 1)})
	forged.TxOut[0].Value = 8
	d.see(forged)
	d.has(1000, 0, 8, 0)
	if c := d.see(parent); !told(c.Notices, ledger.TxRefused, forged) || len(c.Delete) != 1 {
		t.Errorf("%+v", c)
	}
	d.has(1000, 0, 700, 0)
	genuine := build(t, []prev{outputOf(parent, 0, ext(2))}, []out{toOthers(7)})
	d.see(genuine)
	d.has(1000, 0, 0, 0)
}

func TestWitnessOfTheBlockStays(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	tx := d.pay(1000, 0)
	announced := tx.Copy()
	announced.TxIn[0].Witness = wire.TxWitness{[]byte("nonsense")}
	d.see(announced)
	d.mine(tx)
	kept, ok := d.l.Tx(tx.TxHash())
	if !ok || kept.WitnessHash() != tx.WitnessHash() {
		t.Error("the announced witness stayed")
	}
}

func TestInvented(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, tx := range map[string]*wire.MsgTx{
		"too much":      build(t, []prev{d.foreign()}, []out{toUs(21e14+1, descriptor.External, 0)}),
		"negative":      build(t, []prev{d.foreign()}, []out{toUs(-1, descriptor.External, 0)}),
		"sum too much":  build(t, []prev{d.foreign()}, []out{toUs(21e14, descriptor.External, 0), toUs(1, descriptor.External, 0)}),
		"twice the in":  build(t, []prev{foreign(9), foreign(9)}, []out{toUs(1, descriptor.External, 0)}),
		"coinbase":      coinbase(t, 5, 5, toUs(1, descriptor.External, 0)),
		"no inputs":     build(t, nil, []out{toUs(1, descriptor.External, 0)}),
		"not ours":      build(t, []prev{d.foreign()}, []out{toOthers(1)}),
		"one to a hole": build(t, []prev{d.foreign()}, []out{{value: 1, ref: nil}}),
	} {
		if c := d.see(tx); !c.Empty() {
			t.Errorf("%s: %+v", name, c)
		}
	}
	d.has(0, 0, 0, 0)
	var txs []*wire.MsgTx
	for range 1010 {
		tx := d.pay(21e14, 0)
		txs = append(txs, tx)
		d.see(tx)
	}
	if n := d.l.HistoryLen(); n != 1000 {
		t.Errorf("%d invented payments are kept", n)
	}
	if b := d.l.Balance(); b.UntrustedPending != 1000*21e14 || b.Spendable != 0 {
		t.Errorf("%+v", b)
	}
	if _, ok := d.l.Entry(txs[9].TxHash()); ok {
		t.Error("not the oldest were dropped")
	}
	d.is(txs[10], ledger.Pending, nil)
}

func TestNewestFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	fund := d.pay(1000, 0)
	spend := build(t, []prev{outputOf(fund, 0, ext(0))}, []out{toOthers(900), toUs(50, descriptor.Internal, 0)})
	away := build(t, []prev{outputOf(spend, 1, in(0))}, []out{toOthers(40)})
	a, b, c := d.block(fund), d.block(spend), d.block(away)
	move, _ := d.l.Reconcile(d.chain.tip(), d.chain.hashAt)
	d.do(move)
	d.do(c.applied())
	if n := d.l.HistoryLen(); n != 0 {
		t.Errorf("%d lines: what spends something unknown is not shown", n)
	}
	d.do(b.applied())
	d.has(0, 0, 0, 0)
	if e := d.entry(spend); e.Amount != 50 || e.Fee != nil {
		t.Errorf("%+v", e)
	}
	d.do(a.applied())
	if e := d.entry(spend); e.Amount != -950 || e.Fee == nil || *e.Fee != 50 {
		t.Errorf("%+v", e)
	}
	if e := d.entry(away); e.Amount != -50 || *e.Fee != 10 {
		t.Errorf("%+v", e)
	}
	if d.l.Balance().Final {
		t.Error("final before anything was searched")
	}
	d.sync()
	d.has(0, 0, 0, 0)
}

func TestLookaheadExtendedLate(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	// 38 is paid before 18, which makes the ledger look that far; and 38 makes it
	// look at 55, paid first of all.
	txs := []*wire.MsgTx{d.pay(1, 55), d.pay(10, 38), d.pay(100, 18)}
	spend := build(t, []prev{outputOf(txs[1], 0, ext(38))}, []out{toOthers(1)})
	d.block(txs[0])
	d.block(txs[1])
	d.block(spend)
	d.block(txs[2])
	d.sync()
	d.has(101, 0, 0, 0)
	if n := d.l.ScriptCount(); n < 55+1+testLookahead {
		t.Errorf("%d scripts", n)
	}
	if c := d.l.Coverage(); len(c) != 1 || c[0] != (ledger.Range{From: 0, To: d.chain.tip().Height}) {
		t.Errorf("coverage %v", c)
	}
	if gaps := batches(d); gaps != 1 {
		t.Errorf("%d batches are left", gaps)
	}
	if used, ok := d.l.Used(descriptor.External); !ok || used != 55 {
		t.Errorf("used up to %d", used)
	}
}

// batches counts batches by asking for a rescan.
func batches(d *desk) int {
	d.do(ledger.Rescan{})
	n := len(d.l.Missing())
	d.sync()
	return n
}

func TestStaleAnswers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.block()
	d.block()
	move, _ := d.l.Reconcile(d.chain.tip(), d.chain.hashAt)
	d.do(move)
	gap := d.l.Missing()[0]
	late, ok := d.answer(gap)
	if !ok {
		t.Fatal("no answer")
	}
	d.chain.cut(1)
	d.block()
	if _, ok := d.answer(gap); ok {
		t.Error("an answer of another branch")
	}
	d.block()
	move, _ = d.l.Reconcile(d.chain.tip(), d.chain.hashAt)
	d.do(move)
	if c := d.do(late); !c.Empty() {
		t.Errorf("an old answer did %+v", c)
	}
	d.sync()
	// A merged batch does not answer to its old names.
	gap = ledger.Gap{Batch: 1, From: 0, To: d.chain.tip().Height, View: d.chain.tip()}
	d.do(ledger.Revealed{Ref: ledger.Ref{Index: 5}, At: d.now()})
	d.sync()
	d.do(ledger.Rescan{From: 1})
	if f, ok := d.answer(gap); !ok || !d.do(f).Empty() {
		t.Error("an answer for a batch that is gone")
	}
	bad := []ledger.Scanned{
		{Gap: ledger.Gap{Batch: 1, From: 3, To: 2, View: d.chain.tip()}},
		{Gap: ledger.Gap{Batch: 1, From: -1, To: 2, View: d.chain.tip()}},
		{Gap: ledger.Gap{Batch: 1, From: 0, To: 99, View: d.chain.tip()}},
		{Gap: ledger.Gap{Batch: 1, From: 0, To: d.chain.tip().Height, View: d.chain.tip()}, End: chainhash.Hash{1}},
		{Gap: ledger.Gap{Batch: 1, From: 1, To: 2, View: d.chain.tip()}, Hits: []ledger.Hit{{BlockRef: ledger.BlockRef{Height: 3}}}},
		{Gap: ledger.Gap{Batch: 1, From: 1, To: 2, View: d.chain.tip()}, Hits: []ledger.Hit{{BlockRef: ledger.BlockRef{Height: 1}, Scripts: []int{-1}}}},
	}
	for i, f := range bad {
		if _, err := d.l.Apply(f); !errors.Is(err, ledger.ErrFact) {
			t.Errorf("%d: error %v", i, err)
		}
	}
}

func TestClockPutBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	fund := d.pay(1000, 0)
	d.mine(fund)
	old := build(t, []prev{outputOf(fund, 0, ext(0))}, []out{toUs(900, descriptor.Internal, 0)})
	child := build(t, []prev{outputOf(old, 0, in(0))}, []out{toUs(800, descriptor.Internal, 1)})
	d.create(old)
	d.create(child)
	d.clock = d.clock.Add(-time.Hour)
	bump := build(t, []prev{outputOf(fund, 0, ext(0))}, []out{toUs(700, descriptor.Internal, 2)})
	d.create(bump)
	d.is(bump, ledger.Pending, nil)
	d.is(old, ledger.Replaced, bump)
	d.is(child, ledger.Conflicted, bump)
	if e := d.entry(bump); !e.Time.Equal(d.clock) {
		t.Errorf("shown at %v, made at %v", e.Time, d.clock)
	}
}

func TestConflictWithOwnAncestor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x, y := d.foreign(), d.foreign()
	p := build(t, []prev{x}, []out{toOthers(10), toUs(1, descriptor.External, 0)})
	c := build(t, []prev{outputOf(p, 0, nil)}, []out{toOthers(10), toUs(2, descriptor.External, 0)})
	// r spends what its own grandparent spends: it can never be.
	r := build(t, []prev{x, outputOf(c, 0, nil)}, []out{toUs(4, descriptor.External, 0)})
	for _, tx := range []*wire.MsgTx{p, c, r} {
		d.see(tx)
	}
	d.is(p, ledger.Pending, nil)
	d.is(c, ledger.Pending, nil)
	d.is(r, ledger.Conflicted, p)
	d.has(0, 0, 3, 0)
	// Two pairs that each need the other's loser: the latest decides.
	p1 := build(t, []prev{y}, []out{toOthers(10), toUs(8, descriptor.External, 0)})
	z := d.foreign()
	p2 := build(t, []prev{z}, []out{toOthers(10), toUs(16, descriptor.External, 0)})
	r1 := build(t, []prev{y, outputOf(p2, 0, nil)}, []out{toUs(32, descriptor.External, 0)})
	r2 := build(t, []prev{z, outputOf(p1, 0, nil)}, []out{toUs(64, descriptor.External, 0)})
	for _, tx := range []*wire.MsgTx{p1, p2, r1, r2} {
		d.see(tx)
	}
	d.is(r2, ledger.Pending, nil)
	d.is(p1, ledger.Pending, nil)
	d.is(p2, ledger.Replaced, r2)
	d.is(r1, ledger.Conflicted, p1)
	d.has(0, 0, 3+8+64, 0)
}

func TestCreatedErrors(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if _, err := d.l.Apply(ledger.Created{Tx: d.pay(1, 0), At: d.now()}); !errors.Is(err, ledger.ErrNotOurs) {
		t.Errorf("error %v", err)
	}
	fund := d.pay(1000, 0)
	d.mine(fund)
	spend := build(t, []prev{outputOf(fund, 0, ext(0))}, []out{toOthers(1)})
	d.mine(spend)
	late := build(t, []prev{outputOf(fund, 0, ext(0))}, []out{toOthers(2)})
	if _, err := d.l.Apply(ledger.Created{Tx: late, At: d.now()}); !errors.Is(err, ledger.ErrSpent) {
		t.Errorf("error %v", err)
	}
	if _, err := d.l.Apply(ledger.Created{At: d.now()}); !errors.Is(err, ledger.ErrFact) {
		t.Errorf("error %v", err)
	}
	if c := d.do(ledger.Seen{Tx: late, At: d.now()}); len(c.Put) != 1 {
		t.Errorf("%+v", c)
	}
	d.is(late, ledger.Replaced, spend)
}

func TestScriptsDerivedAfterTheirTransactions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	// One output is watched from the start, the other is not yet.
	two := build(t, []prev{d.foreign()}, []out{toUs(1, descriptor.External, 0), toUs(10, descriptor.External, 35)})
	d.see(two)
	d.has(0, 0, 1, 0)
	// A transaction of a block that was applied before its script was derived.
	unknown := d.pay(100, 36)
	d.mine(d.pay(1000, 1), unknown)
	if _, ok := d.l.Entry(unknown.TxHash()); ok {
		t.Fatal("the script is known already: the test tests nothing")
	}
	c := d.do(ledger.Revealed{Ref: ledger.Ref{Index: 19}, At: d.now()})
	if len(c.Put) < testLookahead || d.l.Balance().Final {
		t.Errorf("%d rows, final %t", len(c.Put), d.l.Balance().Final)
	}
	d.has(1000, 0, 11, 0)
	d.sync()
	d.has(1100, 0, 11, 0)
	if again := d.do(d.chain.blocks[1].applied()); !again.Empty() {
		t.Errorf("%+v", again)
	}
}

func TestHitsOfAShrunkChain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.block()
	d.block(d.pay(1, 0))
	move, _ := d.l.Reconcile(d.chain.tip(), d.chain.hashAt)
	d.do(move)
	for _, g := range d.l.Missing() {
		f, _ := d.answer(g)
		d.do(f)
	}
	if len(d.l.Unapplied()) != 1 {
		t.Fatalf("%v", d.l.Unapplied())
	}
	d.chain.cut(1)
	d.sync()
	if !d.l.Final() || d.l.HistoryLen() != 0 {
		t.Error("waits for a block that is gone")
	}
}
