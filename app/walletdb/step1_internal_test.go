package walletdb

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"
	"time"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/ledger"
)

type source1 struct{ name string }

func (s source1) Script(i uint32) ([]byte, error) {
	h := sha256.Sum256(binary.BigEndian.AppendUint32([]byte(s.name), i))
	return append([]byte{0, 20}, h[:20]...), nil
}

func (s source1) String() string { return s.name }

// as1 is a row as version 1 stored it.
func as1(t *testing.T, row ledger.Row, scripts map[ledger.Ref]uint32) Record {
	t.Helper()
	rec, err := encodeRow(row)
	if err != nil {
		t.Fatal(err)
	}
	switch r := row.(type) {
	case ledger.ConfigRow, ledger.ScriptRow:
		rec.Value = rec.Value[:len(rec.Value)-4]
	case ledger.BlockRow:
		rec.Value = rec.Value[:len(rec.Value)-2]
	case ledger.BatchRow:
		s := r.Spans[len(r.Spans)-1]
		epoch := scripts[ledger.Ref{Keychain: s.Keychain, Index: s.Last}] - 1
		rec.Value = append(binary.BigEndian.AppendUint32(rec.Value[:4:4], epoch), rec.Value[4:]...)
	}
	return rec
}

// A wallet of version 1 is the same afterwards: what was searched for counts, and
// the far look-ahead is one more batch that nothing waits for.
func TestWalletOfVersion1(t *testing.T) {
	t.Parallel()
	cfg := ledger.Config{External: source1{"external"}, Internal: source1{"internal"}, Lookahead: 20}
	l, _, err := ledger.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	do := func(f ledger.Fact) {
		t.Helper()
		if _, err := l.Apply(f); err != nil {
			t.Fatal(err)
		}
	}
	search := func() {
		t.Helper()
		tip, _ := l.View()
		for _, g := range l.Missing() {
			do(ledger.Scanned{Gap: g, End: tip.Hash, Hits: []ledger.Hit{{BlockRef: tip}}})
		}
		script, _ := cfg.External.Script(10)
		tx := wire.NewMsgTx(2)
		tx.AddTxIn(wire.NewTxIn(&wire.OutPoint{Hash: tip.Hash}, nil, wire.TxWitness{{1}, {2}}))
		tx.AddTxOut(wire.NewTxOut(1000, script))
		for _, b := range l.Unapplied() {
			do(ledger.BlockApplied{Block: b, Time: time.Unix(1_700_000_000, 0), Txs: []*wire.MsgTx{tx}})
		}
	}
	do(ledger.BirthdaySet{Height: 1})
	do(ledger.ViewMoved{Tip: ledger.Tip{Height: 9, Hash: chainhash.Hash{9}}})
	search() // the window moves
	search()
	before := l.Balance()
	if !before.Final || before.Confirmed != 1000 {
		t.Fatalf("%+v", before)
	}
	scripts := make(map[ledger.Ref]uint32)
	var records []Record
	for _, row := range l.Rows() {
		if s, ok := row.(ledger.ScriptRow); ok {
			scripts[s.Ref] = s.Since
		}
		records = append(records, as1(t, row, scripts))
	}
	if records, err = step1(records); err != nil {
		t.Fatal(err)
	}
	if records, err = step2(records); err != nil {
		t.Fatal(err)
	}
	var rows []ledger.Row
	for _, r := range records {
		row, err := decodeRow(r)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if l, err = ledger.Load(cfg, rows); err != nil {
		t.Fatal(err)
	}
	if after := l.Balance(); after != before || len(l.Missing()) > 0 {
		t.Errorf("%+v, missing %+v", after, l.Missing())
	}
	if n := l.FarLacking(); n != 2*farOf2 {
		t.Errorf("%d far scripts are lacking", n)
	}
	do(ledger.LookFurther{Scripts: 2 * farOf2})
	if gaps := l.Missing(); len(gaps) != 1 || !gaps[0].Far || gaps[0].From != 1 || !l.Final() {
		t.Errorf("missing %+v, final %t", gaps, l.Final())
	}
}
