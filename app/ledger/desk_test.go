package ledger_test

import (
	"testing"
	"time"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/descriptor"
	"thistle/app/ledger"
)

// desk is a ledger and a chain for tests that tell one story.
type desk struct {
	*testing.T
	l     *ledger.Ledger
	chain testChain
	clock time.Time
	next  uint64
	known map[chainhash.Hash]*wire.MsgTx
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	l, _, err := ledger.New(config(testLookahead))
	if err != nil {
		t.Fatal(err)
	}
	lookFurther(t, l)
	d := &desk{T: t, l: l, clock: time.Unix(1_700_000_000, 0), known: make(map[chainhash.Hash]*wire.MsgTx)}
	d.mine()
	d.do(ledger.BirthdaySet{})
	return d
}

func (d *desk) now() time.Time {
	d.clock = d.clock.Add(time.Second)
	return d.clock
}

func (d *desk) foreign() prev {
	d.next++
	return foreign(d.next)
}

func (d *desk) do(f ledger.Fact) ledger.Change {
	d.Helper()
	c, err := d.l.Apply(f)
	if err != nil {
		d.Fatalf("apply %T: %v", f, err)
	}
	return c
}

// block adds a block to the chain without telling the ledger.
func (d *desk) block(txs ...*wire.MsgTx) *testBlock {
	d.Helper()
	d.next++
	if len(txs) == 0 || !isCoinbase(txs[0]) {
		txs = append([]*wire.MsgTx{coinbase(d, int32(len(d.chain.blocks)), d.next, toOthers(50e8))}, txs...)
	}
	for _, tx := range txs {
		d.known[tx.TxHash()] = tx
	}
	return d.chain.mine(d.now(), txs...)
}

// mine adds a block and tells the ledger everything about it.
func (d *desk) mine(txs ...*wire.MsgTx) []ledger.Notice {
	d.Helper()
	d.block(txs...)
	return d.sync()
}

// sync does what the app does until nothing is missing.
func (d *desk) sync() []ledger.Notice {
	d.Helper()
	var notices []ledger.Notice
	tell := func(f ledger.Fact) { notices = append(notices, d.do(f).Notices...) }
	if move, ok := d.l.Reconcile(d.chain.tip(), d.chain.hashAt); ok {
		tell(move)
	}
	for range 100 {
		gaps, hits := d.l.Missing(), d.l.Unapplied()
		if len(gaps)+len(hits) == 0 {
			return notices
		}
		for _, g := range gaps {
			if f, ok := d.answer(g); ok {
				tell(f)
			}
		}
		for _, h := range hits {
			tell(d.chain.blocks[h.Height].applied())
		}
	}
	d.Fatal("never final")
	return nil
}

// answer matches a gap exactly.
func (d *desk) answer(g ledger.Gap) (ledger.Scanned, bool) {
	scripts := placesOf(d.l.Scripts(g.Batch))
	var hits []ledger.Hit
	for h := g.From; h <= g.To; h++ {
		if places := d.hit(d.chain.blocks[h], scripts); len(places) > 0 {
			hits = append(hits, ledger.Hit{BlockRef: d.chain.blocks[h].ref, Scripts: places})
		}
	}
	end, _ := d.chain.hashAt(g.To)
	return g.Answer(end, hits, d.chain.hashAt)
}

// hit returns the places of the scripts that a block concerns.
func (d *desk) hit(b *testBlock, scripts map[string]int) []int {
	return concerned(b, scripts, func(op wire.OutPoint) []byte {
		if p := d.known[op.Hash]; p != nil {
			return p.TxOut[op.Index].PkScript
		}
		return nil
	})
}

// reorg replaces the last blocks by one more empty ones, the first of which holds
// txs.
func (d *desk) reorg(depth int, txs ...*wire.MsgTx) []ledger.Notice {
	d.Helper()
	d.chain.cut(depth)
	d.block(txs...)
	for range depth {
		d.block()
	}
	return d.sync()
}

// pay makes a payment of others to us.
func (d *desk) pay(value int64, index uint32) *wire.MsgTx {
	d.Helper()
	tx := build(d, []prev{d.foreign()}, []out{toUs(value, descriptor.External, index)})
	d.known[tx.TxHash()] = tx
	return tx
}

func (d *desk) see(tx *wire.MsgTx) ledger.Change {
	d.Helper()
	return d.do(ledger.Seen{Tx: tx, At: d.now()})
}

func (d *desk) create(tx *wire.MsgTx) ledger.Change {
	d.Helper()
	d.known[tx.TxHash()] = tx
	return d.do(ledger.Created{Tx: tx, At: d.now()})
}

func (d *desk) entry(tx *wire.MsgTx) ledger.Entry {
	d.Helper()
	e, ok := d.l.Entry(tx.TxHash())
	if !ok {
		d.Fatalf("%v is not in the history", tx.TxHash())
	}
	return e
}

// is checks a transaction's state and whom it lost to.
func (d *desk) is(tx *wire.MsgTx, state ledger.State, winner *wire.MsgTx) {
	d.Helper()
	e := d.entry(tx)
	if e.State != state {
		d.Errorf("%v is %v, not %v", tx.TxHash(), e.State, state)
	}
	switch {
	case winner == nil && e.Winner != nil:
		d.Errorf("%v lost to %v", tx.TxHash(), e.Winner)
	case winner != nil && (e.Winner == nil || *e.Winner != winner.TxHash()):
		d.Errorf("%v lost to %v, not %v", tx.TxHash(), e.Winner, winner.TxHash())
	}
}

// has checks the first four parts of the balance.
func (d *desk) has(confirmed, trusted, untrusted, immature int64) {
	d.Helper()
	b := d.l.Balance()
	got := [4]int64{int64(b.Confirmed), int64(b.TrustedPending), int64(b.UntrustedPending), int64(b.Immature)}
	if want := [4]int64{confirmed, trusted, untrusted, immature}; got != want {
		d.Errorf("balance %v, want %v", got, want)
	}
	if b.Spendable != b.Confirmed+b.TrustedPending || b.Total != b.Spendable+b.UntrustedPending+b.Immature {
		d.Errorf("sums of %+v", b)
	}
}

func told(notices []ledger.Notice, kind ledger.NoticeKind, tx *wire.MsgTx) bool {
	for _, n := range notices {
		if n.Kind == kind && n.TxID == tx.TxHash() {
			return true
		}
	}
	return false
}

// ext and in name scripts.
func ext(i uint32) *ledger.Ref { return &ledger.Ref{Keychain: descriptor.External, Index: i} }
func in(i uint32) *ledger.Ref  { return &ledger.Ref{Keychain: descriptor.Internal, Index: i} }
