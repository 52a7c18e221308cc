package ledger_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/ledger"
)

// hashed derives scripts without keys: benchmarks sign nothing.
type hashed struct{ name string }

func (s hashed) Script(i uint32) ([]byte, error) {
	h := sha256.Sum256(binary.BigEndian.AppendUint32([]byte(s.name), i))
	return append([]byte{0, 20}, h[:20]...), nil
}

func (s hashed) String() string { return s.name }

const benchTxs = 100_000

var hashedConfig = ledger.Config{External: hashed{"ext"}, Internal: hashed{"int"}}

// bigRows are the rows of a wallet of 100,000 transactions, in blocks of 10; every
// fourth spends an output of an earlier one.
var bigRows = sync.OnceValue(func() []ledger.Row {
	l, chain := fillLedger(benchTxs)
	_ = chain
	return l.Rows()
})

func fillLedger(n int) (*ledger.Ledger, *testChain) {
	l, _, err := ledger.New(hashedConfig)
	if err != nil {
		panic(err)
	}
	chain := &testChain{}
	at := time.Unix(1_600_000_000, 0)
	var unspent []wire.OutPoint
	index := uint32(0)
	for made := 0; made < n; made += 10 {
		txs := []*wire.MsgTx{{TxIn: []*wire.TxIn{{PreviousOutPoint: wire.OutPoint{Index: 0xffffffff}}}, TxOut: []*wire.TxOut{{Value: int64(made)}}}}
		for i := range 10 {
			tx := wire.NewMsgTx(2)
			op := foreign(uint64(made + i + 1)).op
			if i%4 == 3 && len(unspent) > 0 {
				op, unspent = unspent[0], unspent[1:]
			}
			tx.AddTxIn(wire.NewTxIn(&op, nil, wire.TxWitness{make([]byte, 72), make([]byte, 33)}))
			script, _ := hashedConfig.External.Script(index)
			tx.AddTxOut(wire.NewTxOut(1000, script))
			tx.AddTxOut(wire.NewTxOut(1000, foreignScript))
			if index++; index%50 == 0 {
				index -= 40
			}
			txs = append(txs, tx)
			unspent = append(unspent, wire.OutPoint{Hash: tx.TxHash()})
		}
		at = at.Add(10 * time.Minute)
		b := chain.mine(at, txs...)
		if _, err := l.Apply(b.applied()); err != nil {
			panic(err)
		}
	}
	move, _ := l.Reconcile(chain.tip(), chain.hashAt)
	if _, err := l.Apply(move); err != nil {
		panic(err)
	}
	return l, chain
}

func BenchmarkLoad(b *testing.B) {
	rows := bigRows()
	for b.Loop() {
		if _, err := ledger.Load(hashedConfig, rows); err != nil {
			b.Fatal(err)
		}
	}
}

func bigLedger(b *testing.B) *ledger.Ledger {
	b.Helper()
	l, err := ledger.Load(hashedConfig, bigRows())
	if err != nil {
		b.Fatal(err)
	}
	return l
}

// BenchmarkSeen is one more payment in a big wallet.
func BenchmarkSeen(b *testing.B) {
	l := bigLedger(b)
	script, _ := hashedConfig.External.Script(7)
	n := uint64(1 << 40)
	for b.Loop() {
		n++
		op := foreign(n).op
		tx := wire.NewMsgTx(2)
		tx.AddTxIn(wire.NewTxIn(&op, nil, nil))
		tx.AddTxOut(wire.NewTxOut(1, script))
		if _, err := l.Apply(ledger.Seen{Tx: tx, At: time.Unix(int64(n), 0)}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBlock is one more block of 3,000 transactions, two of them ours.
func BenchmarkBlock(b *testing.B) {
	l := bigLedger(b)
	script, _ := hashedConfig.External.Script(7)
	chain := &testChain{made: 1 << 20}
	n := uint64(1 << 41)
	for b.Loop() {
		b.StopTimer()
		var txs []*wire.MsgTx
		for i := range 3000 {
			n++
			op := foreign(n).op
			tx := wire.NewMsgTx(2)
			tx.AddTxIn(wire.NewTxIn(&op, nil, wire.TxWitness{make([]byte, 72), make([]byte, 33)}))
			tx.AddTxOut(wire.NewTxOut(1, foreignScript))
			if i < 2 {
				tx.TxOut[0].PkScript = script
			}
			txs = append(txs, tx)
		}
		f := chain.mine(time.Unix(int64(n), 0), txs...).applied()
		f.Block.Height += 100_000 // far above the view
		b.StartTimer()
		if _, err := l.Apply(f); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBalance(b *testing.B) {
	l := bigLedger(b)
	for b.Loop() {
		if l.Balance().Total == 0 {
			b.Fatal("nothing")
		}
	}
}

// BenchmarkHistory is the first page after a change, and again.
func BenchmarkHistory(b *testing.B) {
	b.Run("changed", func(b *testing.B) {
		l := bigLedger(b)
		at := int64(2_000_000_000)
		script, _ := hashedConfig.External.Script(7)
		tx := wire.NewMsgTx(2)
		op := foreign(1 << 42).op
		tx.AddTxIn(wire.NewTxIn(&op, nil, nil))
		tx.AddTxOut(wire.NewTxOut(1, script))
		for b.Loop() {
			at--
			if _, err := l.Apply(ledger.Seen{Tx: tx, At: time.Unix(at, 0)}); err != nil {
				b.Fatal(err)
			}
			if len(l.History(0, 50)) != 50 {
				b.Fatal("no page")
			}
		}
	})
	b.Run("same", func(b *testing.B) {
		l := bigLedger(b)
		for b.Loop() {
			if len(l.History(0, 50)) != 50 {
				b.Fatal("no page")
			}
		}
	})
}

// BenchmarkScan is a search of a million blocks, in the app's steps, of which far
// scripts hit one in 400; by a wallet of one batch, and by one whose coverage has
// come apart.
func BenchmarkScan(b *testing.B) {
	const blocks, step = 1_000_000, 4 * 2016
	for _, pieces := range []int{1, 20} {
		b.Run(fmt.Sprint(pieces, " batches"), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				l := scanLedger(b, blocks, pieces)
				b.StartTimer()
				rows := 0
				for gaps := l.Missing(); len(gaps) > 0; gaps = l.Missing() {
					g := gaps[0]
					g.From = max(g.From, g.To-step+1)
					scripts := l.Scripts(g.Batch)
					f := ledger.Scanned{Gap: g, End: numbered(g.To).Hash}
					for h := g.From; h <= g.To; h++ {
						if h%400 == 0 && (g.Far || pieces == 1) {
							f.Hits = append(f.Hits, ledger.Hit{BlockRef: numbered(h), Scripts: []int{len(scripts) - 1}})
						}
					}
					c, err := l.Apply(f)
					if err != nil {
						b.Fatal(err)
					}
					rows += len(c.Put)
					if l.Balance().Total != 0 || len(l.Unapplied()) > 0 {
						b.Fatal("far hits count")
					}
				}
				if !l.Final() || pieces == 1 && rows < blocks/400 {
					b.Fatalf("%d rows", rows)
				}
			}
		})
	}
}

func numbered(height int32) (r ledger.BlockRef) {
	binary.BigEndian.PutUint32(r.Hash[:], uint32(height))
	r.Height = height
	return r
}

func scanLedger(b *testing.B, blocks int32, pieces int) *ledger.Ledger {
	b.Helper()
	l, _, err := ledger.New(hashedConfig)
	if err != nil {
		b.Fatal(err)
	}
	do := func(f ledger.Fact) {
		b.Helper()
		if _, err := l.Apply(f); err != nil {
			b.Fatal(err)
		}
	}
	do(ledger.BirthdaySet{Height: 1})
	do(ledger.ViewMoved{Tip: numbered(blocks)})
	for i := range int32(pieces - 1) {
		g := l.Missing()[0]
		g.From, g.To = 1+1000*i, 100+1000*i
		do(ledger.Scanned{Gap: g, End: numbered(g.To).Hash})
		do(ledger.Revealed{Ref: ledger.Ref{Index: uint32(100 * (i + 1))}})
	}
	do(ledger.LookFurther{Scripts: 1 << 20})
	return l
}
