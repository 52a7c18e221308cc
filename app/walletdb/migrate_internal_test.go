package walletdb

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/btcsuite/btcd/chainhash/v2"

	"thistle/app/descriptor"
	"thistle/app/ledger"
)

var update = flag.Bool("walletdb.update", false, "write testdata of the current version, once per version")

func testOptions() Options {
	o := Options{Network: "regtest", Genesis: chainhash.Hash{1}, WalletID: [16]byte{2}}
	for i := range o.Key {
		o.Key[i] = byte(i)
	}
	return o
}

// fixture is what the files in testdata hold: one row of each kind and a setting;
// that of version 1 as it is after migration, without what there was not.
func fixture(version uint16) ([]ledger.Row, map[string][]byte) {
	hash := func(b byte) (h chainhash.Hash) {
		for i := range h {
			h[i] = b
		}
		return h
	}
	block := ledger.BlockRef{Height: 101, Hash: hash(0xb1)}
	ref := ledger.Ref{Keychain: descriptor.Internal, Index: 7}
	rows := []ledger.Row{
		ledger.ConfigRow{External: "wpkh(external)", Internal: "wpkh(internal)", Lookahead: 100, FarLookahead: 1000, Birthday: 90, NextBatch: 3, Epoch: 2},
		ledger.ViewRow{Tip: ledger.Tip{Height: 102, Hash: hash(0xb2)}, Trail: []ledger.BlockRef{{Height: 100, Hash: hash(0xb0)}, block}},
		ledger.ScriptRow{Ref: ref, Script: append([]byte{0, 20}, bytes.Repeat([]byte{0x5c}, 20)...), Since: 2},
		ledger.AddressRow{Ref: ref, Label: "Ärger, 債", Amount: 123456789, RevealedAt: 1700000000000000001},
		ledger.BatchRow{
			ID: 2, Spans: []ledger.Span{{Keychain: 0, First: 0, Last: 99}, {Keychain: 1, First: 0, Last: 149}},
			Coverage: []ledger.Interval{{From: 90, To: 95, End: hash(0xaa)}, {From: 97, To: 102, End: hash(0xb2)}},
		},
		ledger.BlockRow{Block: block, Need: 2, Applied: 1, Stale: true},
		ledger.TxRow{
			TxID: hash(0x71), Raw: []byte("a transaction"), FirstSeen: 1700000000000000002, AbandonedAt: 3,
			Anchors: []ledger.Anchor{{Block: block, Time: 1700000300, Index: 5, Proof: []byte("proof")}},
			Created: &ledger.CreatedRow{At: 4, Order: 5, Label: "bread", Recipients: []ledger.Recipient{
				{Script: []byte("script"), Amount: 6, Label: "baker"},
			}},
		},
		ledger.LabelRow{TxID: hash(0x71), Text: "a label", At: 8},
		ledger.DeliveryRow{
			TxID: hash(0x71), Acknowledged: []ledger.Receipt{{Peer: "a:1", At: 9}}, Echoed: []ledger.Receipt{{Peer: "b:2", At: 10}},
		},
	}
	if version > 1 {
		rows[5] = ledger.BlockRow{Block: block, Need: 2, Applied: 1, Far: []ledger.Span{{Keychain: 1, First: 150, Last: 150}}, Loose: true}
	}
	if version > 2 {
		rows = append(rows, ledger.SpentRow{Block: block.Hash, Spent: []uint32{3, 0xfffffffe}})
	}
	return rows, map[string][]byte{"birthday": []byte("1700000000")}
}

// TestFrozen opens the files of every version that was ever released.
func TestFrozen(t *testing.T) {
	t.Parallel()
	if *update {
		rows, settings := fixture(Version)
		path := filepath.Join("testdata", fmt.Sprint("v", Version), "wallet.db")
		db, err := Create(path, testOptions())
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(db.SaveAll(settings, ledger.Change{Put: rows}), db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join("testdata", "v*", "wallet.db"))
	if err != nil || len(files) != int(Version) {
		t.Fatalf("%d frozen files of %d versions, %v", len(files), Version, err)
	}
	for i, file := range files {
		rows, settings := fixture(uint16(i + 1))
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "wallet.db")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := Open(path, testOptions())
		if err != nil {
			t.Fatal(err)
		}
		c, err := db.Load()
		if err := errors.Join(err, db.Check(), db.Close()); err != nil {
			t.Fatal(err)
		}
		got, _ := json.Marshal(c)
		want, _ := json.Marshal(Contents{rows, settings})
		if !bytes.Equal(got, want) {
			t.Errorf("%s:\n got %s\nwant %s", file, got, want)
		}
	}
}

// next is a made-up later version: it drops labels and marks every script.
var next = schema{version: Version + 1, steps: map[uint16]func([]Record) ([]Record, error){
	Version: func(records []Record) ([]Record, error) {
		var out []Record
		for _, r := range records {
			switch ledger.RowKind(r.Kind) {
			case ledger.RowLabel:
				continue
			case ledger.RowScript:
				r.Value = append(r.Value, "marked"...)
			}
			out = append(out, r)
		}
		return append(out, Record{Kind: 77, ID: "new", Value: []byte("row")}), nil
	},
}}

func oldFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wallet.db")
	db, err := Create(path, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	rows, settings := fixture(Version)
	if err := errors.Join(db.SaveAll(settings, ledger.Change{Put: rows}), db.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	path := oldFile(t)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// Left by an attempt that was cut short.
	if err := os.WriteFile(path+".migrated", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := openSchema(path, testOptions(), next)
	if err != nil {
		t.Fatal(err)
	}
	if db.MigratedFrom != path+fmt.Sprint(".v", Version) {
		t.Errorf("migrated from %q", db.MigratedFrom)
	}
	if kept, err := os.ReadFile(db.MigratedFrom); err != nil || !bytes.Equal(kept, before) {
		t.Errorf("the old file was not kept: %v", err)
	}
	checkMigrated(t, db)
	if db, err = openSchema(path, testOptions(), next); err != nil {
		t.Fatal(err)
	}
	if db.MigratedFrom != "" {
		t.Error("migrated twice")
	}
	checkMigrated(t, db)
	if _, err := Open(path, testOptions()); !errors.Is(err, ErrNewer) {
		t.Errorf("a newer file: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) != 2 {
		t.Errorf("files %v", left)
	}
}

func checkMigrated(t *testing.T, db *DB) {
	t.Helper()
	records, err := db.records()
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	var scripts, labels, added int
	for _, r := range records {
		switch {
		case r.Kind == byte(ledger.RowLabel):
			labels++
		case r.Kind == byte(ledger.RowScript) && bytes.HasSuffix(r.Value, []byte("marked")):
			scripts++
		case r.Kind == 77:
			added++
		}
	}
	if len(records) != 11 || scripts != 1 || labels != 0 || added != 1 {
		t.Errorf("%d records, %d scripts, %d labels, %d new", len(records), scripts, labels, added)
	}
}

func TestMigrationFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken step")
	for name, want := range map[string]schema{
		"no step": {version: Version + 1},
		"an error": {version: Version + 1, steps: map[uint16]func([]Record) ([]Record, error){
			Version: func([]Record) ([]Record, error) { return nil, broken },
		}},
		"one record twice": {version: Version + 1, steps: map[uint16]func([]Record) ([]Record, error){
			Version: func(r []Record) ([]Record, error) { return append(r, r[0]), nil },
		}},
	} {
		path := oldFile(t)
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := openSchema(path, testOptions(), want); err == nil {
			t.Fatalf("%s: no error", name)
		}
		// The old file is as it was, and not in use.
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s: the file was changed: %v", name, err)
		}
		db, err := Open(path, testOptions())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := errors.Join(db.Check(), db.Close()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
