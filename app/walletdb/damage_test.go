package walletdb_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"thistle/app/ledger"
	"thistle/app/walletdb"
)

const page = 4096

// damages are ways in which a file can go bad. Each returns the damaged file, nil
// if it cannot be done. older is the file as it was many transactions before.
var damages = []struct {
	name string
	do   func(rng *rand.Rand, file, older []byte) []byte
}{
	{"flip a bit", func(rng *rand.Rand, f, _ []byte) []byte {
		f[rng.IntN(len(f))] ^= 1 << rng.IntN(8)
		return f
	}},
	{"flip a bit of a page's head", func(rng *rand.Rand, f, _ []byte) []byte {
		f[rng.IntN(len(f)/page)*page+rng.IntN(200)] ^= 1 << rng.IntN(8)
		return f
	}},
	{"write a small number over a page's head", func(rng *rand.Rand, f, _ []byte) []byte {
		f[rng.IntN(len(f)/page)*page+rng.IntN(25)*4] = byte(rng.IntN(len(f) / page))
		return f
	}},
	{"zero a sector", func(rng *rand.Rand, f, _ []byte) []byte {
		clear(f[rng.IntN(len(f)/512)*512:][:512])
		return f
	}},
	{"zero a page", func(rng *rand.Rand, f, _ []byte) []byte {
		clear(f[rng.IntN(len(f)/page)*page:][:page])
		return f
	}},
	{"garbage in a page", func(rng *rand.Rand, f, _ []byte) []byte {
		at := rng.IntN(len(f)/page) * page
		for i := range page {
			f[at+i] = byte(rng.Uint32())
		}
		return f
	}},
	{"truncate", func(rng *rand.Rand, f, _ []byte) []byte { return f[:rng.IntN(len(f))] }},
	{"an old page comes back", func(rng *rand.Rand, f, older []byte) []byte {
		at := rng.IntN(len(older)/page) * page
		copy(f[at:at+page], older[at:])
		return f
	}},
	{"swap two pages", func(rng *rand.Rand, f, _ []byte) []byte {
		a, b := rng.IntN(len(f)/page)*page, rng.IntN(len(f)/page)*page
		tmp := bytes.Clone(f[a : a+page])
		copy(f[a:a+page], f[b:b+page])
		copy(f[b:b+page], tmp)
		return f
	}},
	{"one page twice", func(rng *rand.Rand, f, _ []byte) []byte {
		a, b := rng.IntN(len(f)/page)*page, rng.IntN(len(f)/page)*page
		copy(f[a+8:a+page], f[b+8:b+page]) // under its own number
		return f
	}},
}

// TestDamage damages files in seeded ways. Each must give an error or all of the
// truth, before and after another change; never a panic, and never something else.
func TestDamage(t *testing.T) {
	t.Parallel()
	w := newWallet(t)
	w.fillUp()
	older := w.file()
	for i := range uint32(10) {
		w.block(i)
	}
	file := w.file()
	truth := w.l.Rows()
	first, last := uint64(1), uint64(60*len(damages))
	if *seedFlag != 0 {
		first, last = *seedFlag, *seedFlag
	}
	noticed := make(map[string]int)
	for seed := first; seed <= last; seed++ {
		d := damages[seed%uint64(len(damages))]
		rng := rand.New(rand.NewPCG(seed, 3))
		bad := d.do(rng, bytes.Clone(file), older)
		path := filepath.Join(t.TempDir(), "wallet.db")
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		err := survives(t, path, truth)
		switch {
		case errors.Is(err, walletdb.ErrCorrupt):
			noticed[d.name]++
		case err != nil:
			t.Errorf("seed %d: %s: %v", seed, d.name, err)
		}
		if after, err := os.ReadFile(path); err != nil || len(after) == 0 && len(bad) > 0 {
			t.Errorf("seed %d: %s: the damaged file is gone: %v", seed, d.name, err)
		}
	}
	for _, d := range damages {
		if noticed[d.name] == 0 && *seedFlag == 0 {
			t.Errorf("%q was never noticed: the test damages nothing", d.name)
		}
	}
	t.Logf("noticed of 60 each: %v", noticed)
}

// TestImpossiblePages harms each page in the ways that bbolt would follow until
// the program has no memory or no stack left, some of them at the next Save only.
func TestImpossiblePages(t *testing.T) {
	w := newWallet(t)
	w.fillUp()
	file := w.file()
	truth := w.l.Rows()
	native := binary.NativeEndian
	ways := map[string]func(page []byte, id uint64) bool{
		"overflow of billions": func(p []byte, _ uint64) bool { native.PutUint32(p[12:], 1<<32-1); return true },
		"overflow in bounds":   func(p []byte, _ uint64) bool { p[12]++; return true },
		"a count too large":    func(p []byte, _ uint64) bool { native.PutUint16(p[10:], 1<<16-1); return true },
		"a branch at itself": func(p []byte, id uint64) bool {
			native.PutUint64(p[24:], id)
			return p[8] == 1
		},
	}
	for what, harm := range ways {
		noticed := 0
		for at := 2 * page; at < len(file); at += page {
			id := uint64(at / page)
			bad := bytes.Clone(file)
			if native.Uint64(bad[at:]) != id || !harm(bad[at:], id) {
				continue
			}
			path := filepath.Join(t.TempDir(), "wallet.db")
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := survives(t, path, truth)
			runtime.ReadMemStats(&after)
			if errors.Is(err, walletdb.ErrCorrupt) {
				noticed++
			} else if err != nil {
				t.Errorf("%s, page %d: %v", what, id, err)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 50<<20 {
				t.Errorf("%s, page %d: %d bytes", what, id, took)
			}
		}
		if noticed == 0 {
			t.Errorf("%s: nothing was harmed", what)
		}
		t.Logf("%s: noticed %d", what, noticed)
	}
}

// file returns the file's content.
func (w *wallet) file() []byte {
	w.Helper()
	w.reopen()
	if err := w.db.Close(); err != nil {
		w.Fatal(err)
	}
	b, err := os.ReadFile(w.path)
	if err != nil {
		w.Fatal(err)
	}
	w.reopen()
	return b
}

// survives opens a file and reads it, changes it and reads it again, and compares
// with the truth. It returns the first error of the package.
func survives(t *testing.T, path string, truth []ledger.Row) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- survive(path, truth) }()
	select {
	case err := <-done:
		return err
	case <-time.After(time.Minute):
		return errors.New("it takes for ever")
	}
}

func survive(path string, truth []ledger.Row) error {
	db, err := walletdb.Open(path, options())
	if err != nil {
		return err
	}
	defer db.Close()
	check := func(want []ledger.Row) error {
		c, err := db.Load()
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(c.Rows, want) {
			return fmt.Errorf("silently wrong: %d rows, want %d", len(c.Rows), len(want))
		}
		return nil
	}
	if err := check(truth); err != nil {
		return err
	}
	more := ledger.DeliveryRow{Echoed: []ledger.Receipt{{Peer: string(make([]byte, 20_000)), At: 1}}}
	if err := db.Save(ledger.Change{Put: []ledger.Row{more}}); err != nil {
		return err
	}
	// The id of zeros comes first among the deliveries.
	var want []ledger.Row
	for i, r := range truth {
		if r.Key().Kind == ledger.RowDelivery {
			want = append(append(append(want, truth[:i]...), more), truth[i:]...)
			break
		}
	}
	if err := check(want); err != nil {
		return fmt.Errorf("after a change: %w", err)
	}
	return db.Check()
}

// TestForgedRows changes rows behind the package's back, as someone could who has
// the file but not the key.
func TestForgedRows(t *testing.T) {
	t.Parallel()
	rows, head := []byte("rows"), []byte("head")
	for name, forge := range map[string]func(now, old *bolt.Tx) error{
		"a row is gone": func(now, _ *bolt.Tx) error {
			k, _ := now.Bucket(rows).Cursor().First()
			return now.Bucket(rows).Delete(k)
		},
		"a row is old": func(now, old *bolt.Tx) error {
			return old.Bucket(rows).ForEach(func(k, v []byte) error { return now.Bucket(rows).Put(k, v) })
		},
		"a deleted row is back": func(now, old *bolt.Tx) error {
			return old.Bucket(rows).ForEach(func(k, v []byte) error {
				if now.Bucket(rows).Get(k) != nil {
					return nil
				}
				return now.Bucket(rows).Put(k, v)
			})
		},
		"two rows are swapped": func(now, _ *bolt.Tx) error {
			c := now.Bucket(rows).Cursor()
			k1, v1 := c.First()
			k2, v2 := c.Next()
			v1, v2 = bytes.Clone(v1), bytes.Clone(v2)
			return errors.Join(now.Bucket(rows).Put(k1, v2), now.Bucket(rows).Put(k2, v1))
		},
		"the manifest is old": func(now, old *bolt.Tx) error {
			return now.Bucket(head).Put([]byte("manifest"), old.Bucket(head).Get([]byte("manifest")))
		},
		"the manifest is gone": func(now, _ *bolt.Tx) error { return now.Bucket(head).Delete([]byte("manifest")) },
		"the header is gone":   func(now, _ *bolt.Tx) error { return now.Bucket(head).Delete([]byte("header")) },
		"the rows are gone":    func(now, _ *bolt.Tx) error { return now.DeleteBucket(rows) },
		"an empty value": func(now, _ *bolt.Tx) error {
			k, _ := now.Bucket(rows).Cursor().Last()
			return now.Bucket(rows).Put(k, nil)
		},
		"a bucket among the rows": func(now, _ *bolt.Tx) error {
			_, err := now.Bucket(rows).CreateBucket([]byte("x"))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWallet(t)
			tx := w.payment(0)
			w.do(ledger.Seen{Tx: tx, At: w.now()})
			label := ledger.LabelRow{Text: "to be deleted"}
			w.save(ledger.Change{Put: []ledger.Row{label}})
			oldPath := w.path + ".old"
			if err := os.WriteFile(oldPath, w.file(), 0o600); err != nil {
				t.Fatal(err)
			}
			w.save(ledger.Change{Delete: []ledger.Key{label.Key()}})
			w.block(0, 1)
			if err := w.db.Close(); err != nil {
				t.Fatal(err)
			}
			withBolt(t, oldPath, func(old *bolt.Tx) error {
				withBolt(t, w.path, func(now *bolt.Tx) error { return forge(now, old) })
				return nil
			})
			if err := survives(t, w.path, w.l.Rows()); !errors.Is(err, walletdb.ErrCorrupt) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func withBolt(t *testing.T, path string, f func(tx *bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(f), db.Close()); err != nil {
		t.Fatal(err)
	}
}
