package walletdb_test

import (
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/ledger"
	"thistle/app/walletdb"
)

var seedFlag = flag.Uint64("walletdb.seed", 0, "run this damage only")

func TestMain(m *testing.M) {
	if job := os.Getenv("WALLETDB_TEST_JOB"); job != "" {
		os.Exit(child(job))
	}
	os.Exit(m.Run())
}

// hashed derives scripts from hashes.
type hashed struct{ name string }

func (s hashed) Script(i uint32) ([]byte, error) {
	h := sha256.Sum256(binary.BigEndian.AppendUint32([]byte(s.name), i))
	return append([]byte{0, 20}, h[:20]...), nil
}

func (s hashed) String() string { return s.name }

var keychains = ledger.Config{External: hashed{"external"}, Internal: hashed{"internal"}, Lookahead: 20}

func options() walletdb.Options {
	return walletdb.Options{
		Key: [32]byte{1, 2, 3}, Network: "regtest", Genesis: chainhash.Hash{4, 5}, WalletID: [16]byte{6, 7},
	}
}

// wallet is a ledger that is saved.
type wallet struct {
	testing.TB
	db    *walletdb.DB
	l     *ledger.Ledger
	path  string
	clock int64
	tip   ledger.Tip
}

func newWallet(t testing.TB) *wallet {
	t.Helper()
	w := &wallet{TB: t, path: filepath.Join(t.TempDir(), "wallet.db"), clock: 1_700_000_000}
	db, err := walletdb.Create(w.path, options())
	if err != nil {
		t.Fatal(err)
	}
	w.db = db
	t.Cleanup(func() { db.Close() })
	l, change, err := ledger.New(keychains)
	if err != nil {
		t.Fatal(err)
	}
	w.l = l
	w.save(change)
	return w
}

func (w *wallet) save(c ledger.Change) {
	w.Helper()
	if err := w.db.Save(c); err != nil {
		w.Fatal(err)
	}
}

func (w *wallet) do(f ledger.Fact) {
	w.Helper()
	c, err := w.l.Apply(f)
	if err != nil {
		w.Fatal(err)
	}
	w.save(c)
}

func (w *wallet) now() time.Time {
	w.clock++
	return time.Unix(w.clock, 0)
}

// payment is a transaction of others to us.
func (w *wallet) payment(index uint32) *wire.MsgTx {
	tx := wire.NewMsgTx(2)
	w.clock++
	in := wire.OutPoint{Hash: sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(w.clock)))}
	tx.AddTxIn(wire.NewTxIn(&in, nil, wire.TxWitness{make([]byte, 71), make([]byte, 33)}))
	script, _ := keychains.External.Script(index)
	tx.AddTxOut(wire.NewTxOut(w.clock%1e8, script))
	return tx
}

// block lets the view grow by a block that pays us.
func (w *wallet) block(indices ...uint32) {
	w.Helper()
	var txs []*wire.MsgTx
	for _, i := range indices {
		txs = append(txs, w.payment(i))
	}
	fork := w.tip
	w.tip = ledger.Tip{Height: w.tip.Height + 1, Hash: sha256.Sum256(fmt.Appendf(nil, "block %d", w.clock))}
	w.do(ledger.ViewMoved{Tip: w.tip, Fork: fork})
	if len(txs) > 0 {
		w.do(ledger.BlockApplied{Block: w.tip, Time: w.now(), Txs: txs, Proof: func(i int) []byte {
			return fmt.Appendf(nil, "proof %d", i)
		}})
	}
}

// fillUp gives the wallet some of everything.
func (w *wallet) fillUp() {
	w.Helper()
	w.do(ledger.BirthdaySet{Height: 1})
	for i := range uint32(12) {
		w.do(ledger.Revealed{Ref: ledger.Ref{Index: i}, Label: fmt.Sprint("rent of month ", i), Amount: 5, At: w.now()})
		w.block(i, i+1)
	}
	for _, g := range w.l.Missing() {
		w.do(ledger.Scanned{Gap: g, End: w.tip.Hash, Hits: []ledger.Hit{{BlockRef: w.tip}}})
	}
	for i := range uint32(5) {
		tx := w.payment(i)
		w.do(ledger.Seen{Tx: tx, At: w.now()})
		w.do(ledger.Labelled{TxID: tx.TxHash(), Text: "secret label", At: w.now()})
		w.do(ledger.Echoed{TxID: tx.TxHash(), Peer: "192.0.2.7:8333", At: w.now()})
	}
	coin := w.l.Coins()[0]
	tx := wire.NewMsgTx(2)
	tx.AddTxIn(wire.NewTxIn(&coin.OutPoint, nil, wire.TxWitness{make([]byte, 71), make([]byte, 33)}))
	tx.AddTxOut(wire.NewTxOut(3, []byte("somebody's script")))
	w.do(ledger.Created{Tx: tx, At: w.now(), Label: "bread", Recipients: []ledger.Recipient{
		{Script: []byte("somebody's script"), Amount: 3, Label: "baker"},
	}})
	w.do(ledger.Acknowledged{TxID: tx.TxHash(), Peer: "192.0.2.8:8333", At: w.now()})
	w.do(ledger.ViewMoved{
		Tip: ledger.Tip{Height: 12, Hash: chainhash.Hash{9}}, Fork: ledger.Tip{Height: 10, Hash: w.l.Rows()[1].(ledger.ViewRow).Trail[9].Hash},
		Disconnected: []ledger.BlockRef{w.tip},
	})
	w.tip = ledger.Tip{Height: 12, Hash: chainhash.Hash{9}}
	if err := w.db.SaveAll(map[string][]byte{"birthday": []byte("2023-11-14"), "created": {1}}); err != nil {
		w.Fatal(err)
	}
}

// same compares what a file holds with the ledger.
func (w *wallet) same(c walletdb.Contents) {
	w.Helper()
	want := w.l.Rows()
	if len(c.Rows) != len(want) {
		w.Fatalf("%d rows, want %d", len(c.Rows), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(c.Rows[i], want[i]) {
			w.Fatalf("row %d\n got %+v\nwant %+v", i, c.Rows[i], want[i])
		}
	}
}

// reopen closes the file and opens it again.
func (w *wallet) reopen() walletdb.Contents {
	w.Helper()
	if err := w.db.Close(); err != nil {
		w.Fatal(err)
	}
	db, err := walletdb.Open(w.path, options())
	if err != nil {
		w.Fatal(err)
	}
	w.db = db
	w.Cleanup(func() { db.Close() })
	if err := db.Check(); err != nil {
		w.Fatal(err)
	}
	c, err := db.Load()
	if err != nil {
		w.Fatal(err)
	}
	return c
}
