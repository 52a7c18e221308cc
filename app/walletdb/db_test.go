package walletdb_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"thistle/app/ledger"
	"thistle/app/walletdb"
)

func TestSaveAndLoad(t *testing.T) {
	t.Parallel()
	w := newWallet(t)
	w.fillUp()
	kinds := make(map[ledger.RowKind]int)
	for _, r := range w.l.Rows() {
		kinds[r.Key().Kind]++
	}
	for k := ledger.RowConfig; k <= ledger.RowDelivery; k++ {
		if kinds[k] == 0 {
			t.Errorf("no %v among the rows: the test tests nothing", k)
		}
	}
	c := w.reopen()
	w.same(c)
	if len(c.Settings) != 2 || string(c.Settings["birthday"]) != "2023-11-14" {
		t.Errorf("settings %q", c.Settings)
	}
	if _, err := ledger.Load(keychains, c.Rows); err != nil {
		t.Fatal(err)
	}
	if err := w.db.SaveAll(map[string][]byte{"birthday": nil, "created": []byte("x")}); err != nil {
		t.Fatal(err)
	}
	w.block(3)
	c = w.reopen()
	w.same(c)
	if len(c.Settings) != 1 || string(c.Settings["created"]) != "x" {
		t.Errorf("settings %q", c.Settings)
	}
}

func TestChangesInOrder(t *testing.T) {
	t.Parallel()
	w := newWallet(t)
	key := ledger.LabelRow{Text: "x"}.Key()
	put := func(s string) ledger.Change { return ledger.Change{Put: []ledger.Row{ledger.LabelRow{Text: s}}} }
	gone := ledger.Change{Delete: []ledger.Key{key}}
	for name, step := range map[string]struct {
		changes []ledger.Change
		want    string
	}{
		"last wins":    {[]ledger.Change{put("a"), put("b")}, "b"},
		"deleted":      {[]ledger.Change{put("a"), gone}, ""},
		"deleted none": {[]ledger.Change{gone, gone}, ""},
		"put again":    {[]ledger.Change{put("a"), gone, put("c")}, "c"},
	} {
		if err := w.db.Save(step.changes...); err != nil {
			t.Fatal(err)
		}
		c, err := w.db.Load()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := ""
		for _, r := range c.Rows {
			if l, ok := r.(ledger.LabelRow); ok {
				got = l.Text
			}
		}
		if got != step.want {
			t.Errorf("%s: %q", name, got)
		}
		if err := w.db.Save(gone); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.db.Save(ledger.Change{}); err != nil {
		t.Error(err)
	}
	if err := w.db.SaveAll(map[string][]byte{"big": make([]byte, 2<<20)}); err == nil {
		t.Error("a setting of 2 MiB")
	}
	w.same(w.reopen())
}

func TestWhoseFile(t *testing.T) {
	t.Parallel()
	w := newWallet(t)
	if _, err := walletdb.Open(w.path, options()); !errors.Is(err, walletdb.ErrInUse) {
		t.Errorf("open twice: %v", err)
	}
	if runtime.GOOS == "linux" {
		if _, err := walletdb.SetAside(w.path); !errors.Is(err, walletdb.ErrInUse) {
			t.Errorf("set aside while open: %v", err)
		}
	}
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.db.Close(); err != nil {
		t.Errorf("close twice: %v", err)
	}
	if _, err := w.db.Load(); !errors.Is(err, walletdb.ErrClosed) {
		t.Errorf("load after close: %v", err)
	}
	for name, change := range map[string]func(*walletdb.Options){
		"key":     func(o *walletdb.Options) { o.Key[31] ^= 1 },
		"network": func(o *walletdb.Options) { o.Network = "mainnet" },
		"genesis": func(o *walletdb.Options) { o.Genesis[0] ^= 1 },
		"wallet":  func(o *walletdb.Options) { o.WalletID[0] ^= 1 },
	} {
		o := options()
		change(&o)
		if _, err := walletdb.Open(w.path, o); !errors.Is(err, walletdb.ErrForeign) {
			t.Errorf("another %s: %v", name, err)
		}
	}
	if _, err := walletdb.Create(w.path, options()); !errors.Is(err, fs.ErrExist) {
		t.Errorf("create over a file: %v", err)
	}
	if _, err := walletdb.Open(w.path+"x", options()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open nothing: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(w.path), ".wallet.db-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestPlainFiles(t *testing.T) {
	t.Parallel()
	w := newWallet(t)
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" {
		if err := os.Chmod(w.path, 0o644); err != nil {
			t.Fatal(err)
		}
		w.reopen()
		if info, err := os.Stat(w.path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		link := w.path + ".link"
		if err := os.Symlink(w.path, link); err != nil {
			t.Fatal(err)
		}
		if _, err := walletdb.Open(link, options()); !errors.Is(err, walletdb.ErrCorrupt) {
			t.Errorf("open a link: %v", err)
		}
	}
	for name, content := range map[string][]byte{
		"empty": nil, "short": make([]byte, 100), "zeros": make([]byte, 1<<16), "text": bytes.Repeat([]byte("text"), 1<<14),
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := walletdb.Open(path, options()); !errors.Is(err, walletdb.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

func TestSetAside(t *testing.T) {
	t.Parallel()
	w := newWallet(t)
	var names []string
	for range 3 {
		if err := w.db.Close(); err != nil {
			t.Fatal(err)
		}
		before, err := os.ReadFile(w.path)
		if err != nil {
			t.Fatal(err)
		}
		aside, err := walletdb.SetAside(w.path)
		if err != nil {
			t.Fatal(err)
		}
		if after, err := os.ReadFile(aside); err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s differs: %v", aside, err)
		}
		names = append(names, filepath.Base(aside))
		if w.db, err = walletdb.Create(w.path, options()); err != nil {
			t.Fatal(err)
		}
	}
	w.db.Close()
	want := []string{"wallet.db.damaged", "wallet.db.damaged-2", "wallet.db.damaged-3"}
	for i := range want {
		if names[i] != want[i] {
			t.Errorf("set aside as %v", names)
		}
	}
}

// TestTellsNothing looks for what a wallet knows in its file.
func TestTellsNothing(t *testing.T) {
	t.Parallel()
	w := newWallet(t)
	w.fillUp()
	var secrets [][]byte
	for _, s := range []string{"secret", "rent", "baker", "somebody", "192.0.2", "birthday", "2023-11", "external", "proof"} {
		secrets = append(secrets, []byte(s))
	}
	for _, r := range w.l.Rows() {
		switch r := r.(type) {
		case ledger.ScriptRow:
			secrets = append(secrets, r.Script, r.Script[2:])
		case ledger.TxRow:
			secrets = append(secrets, r.TxID[:], r.Raw[:40])
		case ledger.BlockRow:
			secrets = append(secrets, r.Block.Hash[:])
		}
	}
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(w.path)
	if err != nil {
		t.Fatal(err)
	}
	if len(secrets) < 60 || !bytes.Contains(file, []byte("regtest")) {
		t.Fatal("the test tests nothing")
	}
	for _, s := range secrets {
		if bytes.Contains(file, s) || bytes.Contains(file, []byte(hex.EncodeToString(s))) {
			t.Errorf("the file tells %q", s)
		}
	}
}
