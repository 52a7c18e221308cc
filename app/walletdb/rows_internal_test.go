package walletdb

import (
	"bytes"
	"errors"
	"math/rand"
	"path/filepath"
	"reflect"
	"testing"
	"testing/quick"

	"github.com/btcsuite/btcd/chainhash/v2"

	"thistle/app/ledger"
)

var rowTypes = []ledger.Row{
	ledger.ConfigRow{}, ledger.ViewRow{}, ledger.ScriptRow{}, ledger.AddressRow{}, ledger.BatchRow{},
	ledger.BlockRow{}, ledger.TxRow{}, ledger.LabelRow{}, ledger.DeliveryRow{}, ledger.SpentRow{},
}

// TestRowsRoundTrip fills rows of every type with random values, every field of
// them, and reads them back.
func TestRowsRoundTrip(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewSource(1))
	for _, kind := range rowTypes {
		for i := range 300 {
			v, ok := quick.Value(reflect.TypeOf(kind), rng)
			if !ok {
				t.Fatalf("%T cannot be made", kind)
			}
			row := noEmpty(v).Interface().(ledger.Row)
			rec, err := encodeRow(row)
			if err != nil {
				t.Fatal(err)
			}
			back, err := decodeRecord(rec.encode())
			if err != nil || !reflect.DeepEqual(back, rec) {
				t.Fatalf("%d: record %+v came back as %+v, %v", i, rec, back, err)
			}
			got, err := decodeRow(back)
			if err != nil || !reflect.DeepEqual(got, row) {
				t.Fatalf("%d: row %+v came back as %+v, %v", i, row, got, err)
			}
			// Of a shorter or longer value nothing is made.
			for _, value := range [][]byte{rec.Value[:len(rec.Value)-1], append(bytes.Clone(rec.Value), 0)} {
				bad := rec
				bad.Value = value
				if _, err := decodeRow(bad); !errors.Is(err, ErrCorrupt) {
					t.Fatalf("%d: %T of another length: %v", i, row, err)
				}
			}
			bad := rec
			bad.ID += "x"
			if _, err := decodeRow(bad); !errors.Is(err, ErrCorrupt) {
				t.Fatalf("%d: %T under another name: %v", i, row, err)
			}
		}
	}
}

// noEmpty makes empty slices nil, as they are read back.
func noEmpty(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.Slice:
		if v.Len() == 0 {
			out.SetZero()
			return out
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			out.Index(i).Set(noEmpty(v.Index(i)))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			out.Field(i).Set(noEmpty(v.Field(i)))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(noEmpty(v.Elem()))
		}
	}
	return out
}

func seeds(f *testing.F) {
	rng := rand.New(rand.NewSource(2))
	for _, kind := range rowTypes {
		for range 3 {
			v, _ := quick.Value(reflect.TypeOf(kind), rng)
			rec, err := encodeRow(v.Interface().(ledger.Row))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(rec.Kind, rec.ID, rec.Value)
		}
	}
	f.Add(byte(ledger.RowTx), string(make([]byte, 32)), bytes.Repeat([]byte{0xff}, 200))
}

// FuzzDecodeRow: whatever decodes encodes to the same bytes.
func FuzzDecodeRow(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, kind byte, id string, value []byte) {
		rec := Record{Kind: kind, ID: id, Value: value}
		row, err := decodeRow(rec)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatalf("error %v", err)
			}
			return
		}
		back, err := encodeRow(row)
		if err != nil || back.Kind != kind || back.ID != id || !bytes.Equal(back.Value, value) {
			t.Fatalf("%x became %x, %v", value, back.Value, err)
		}
	})
}

// FuzzDecodeRecord: whatever decodes encodes to the same bytes, padding aside.
func FuzzDecodeRecord(f *testing.F) {
	f.Add(Record{Kind: 1, ID: "id", Value: []byte("value")}.encode())
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeRecord(b)
		if err != nil {
			return
		}
		got, want := bytes.TrimRight(r.encode(), "\x00"), bytes.TrimRight(b, "\x00")
		if !bytes.Equal(got, want) {
			t.Fatalf("%x became %x", want, got)
		}
	})
}

// FuzzParseHeader must not panic, and must accept only what seal makes.
func FuzzParseHeader(f *testing.F) {
	h := header{version: 1, network: "regtest", genesis: chainhash.Hash{1}, walletID: [16]byte{2}}
	f.Add(h.seal([32]byte{3}))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, commit, err := parseHeader(b, Version)
		if err == nil && !bytes.Equal(h.seal([32]byte(commit)), b) {
			t.Fatalf("%x is not its own header", b)
		}
	})
}

// A closed file has let its keys go, and says that it is closed.
func TestClosedWithoutKeys(t *testing.T) {
	t.Parallel()
	db, err := Create(filepath.Join(t.TempDir(), "wallet.db"), Options{Network: "regtest"})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil || db.sealer != nil {
		t.Fatalf("%v, %v", err, db.sealer)
	}
	if _, err := db.Load(); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
	if err := db.SaveAll(map[string][]byte{"a": {1}}); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
}

func TestPadding(t *testing.T) {
	t.Parallel()
	sizes := make(map[int]bool)
	for n := range 100_000 {
		p := padded(n)
		if p < n || p < minPadded || n > minPadded && p > n+n/8+1 {
			t.Fatalf("%d is padded to %d", n, p)
		}
		sizes[p] = true
	}
	if len(sizes) > 100 {
		t.Errorf("%d different lengths", len(sizes))
	}
}

func TestSums(t *testing.T) {
	t.Parallel()
	err := quick.Check(func(a, b, c sum) bool {
		return a.add(b) == b.add(a) && a.add(b).sub(b) == a && a.add(b).add(c).sub(b) == a.add(c) &&
			parseSum(a.bytes()) == a
	}, nil)
	if err != nil {
		t.Error(err)
	}
	ones := sum{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
	if ones.add(sum{1}) != (sum{}) || (sum{}).sub(sum{1}) != ones {
		t.Error("no carry")
	}
}
