package walletdb_test

import (
	"fmt"
	"testing"

	"thistle/app/ledger"
)

// BenchmarkSave is a small change: two rows and one deleted.
func BenchmarkSave(b *testing.B) {
	w := newWallet(b)
	n := 0
	for b.Loop() {
		n++
		if err := w.db.Save(numbered(n)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoad reads 20,000 rows of the size of transactions.
func BenchmarkLoad(b *testing.B) {
	w := newWallet(b)
	var c ledger.Change
	for i := range 20_000 {
		row := ledger.TxRow{Raw: make([]byte, 250), Anchors: []ledger.Anchor{{Proof: make([]byte, 500)}}}
		copy(row.TxID[:], fmt.Sprint(i))
		c.Put = append(c.Put, row)
	}
	w.save(c)
	for b.Loop() {
		got, err := w.db.Load()
		if err != nil || len(got.Rows) < len(c.Put) {
			b.Fatal(err)
		}
	}
}
