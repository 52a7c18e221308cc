package vault_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"thistle/keystore/keystoretest"
	"thistle/keystore/vault"
)

// damage is one way of spoiling a file.
type damage struct {
	name string
	do   func(b []byte, dice *keystoretest.Dice) []byte
}

const page = 16 << 10

func damages() []damage {
	fill := func(b []byte, dice *keystoretest.Dice) { _, _ = dice.Read(b) }
	span := func(b []byte, dice *keystoretest.Dice, size int) []byte {
		at := dice.Intn(len(b)/size) * size
		return b[at : at+size]
	}
	return []damage{
		{"bit flip", func(b []byte, d *keystoretest.Dice) []byte {
			b[d.Intn(len(b))] ^= 1 << d.Intn(8)
			return b
		}},
		// Most of the file is empty: aim at what is not.
		{"bit flip in use", func(b []byte, d *keystoretest.Dice) []byte {
			for {
				if at := d.Intn(len(b)); b[at] != 0 {
					b[at] ^= 1 << d.Intn(8)
					return b
				}
			}
		}},
		{"page header", func(b []byte, d *keystoretest.Dice) []byte {
			b[d.Intn(len(b)/page)*page+d.Intn(48)] = byte(d.Intn(256))
			return b
		}},
		{"zeroed sector", func(b []byte, d *keystoretest.Dice) []byte { clear(span(b, d, 512)); return b }},
		{"zeroed page", func(b []byte, d *keystoretest.Dice) []byte { clear(span(b, d, page)); return b }},
		{"garbage page", func(b []byte, d *keystoretest.Dice) []byte { fill(span(b, d, page), d); return b }},
		{"swapped pages", func(b []byte, d *keystoretest.Dice) []byte {
			x, y := span(b, d, page), span(b, d, page)
			z := bytes.Clone(x)
			copy(x, y)
			copy(y, z)
			return b
		}},
		{"garbage behind a good header", func(b []byte, d *keystoretest.Dice) []byte {
			fill(span(b, d, page)[16:], d)
			return b
		}},
		{"truncation", func(b []byte, d *keystoretest.Dice) []byte { return b[:d.Intn(len(b))] }},
		{"truncation at a page", func(b []byte, d *keystoretest.Dice) []byte { return b[:d.Intn(len(b)/page)*page] }},
		{"both meta pages", func(b []byte, d *keystoretest.Dice) []byte { fill(b[:2*page], d); return b }},
	}
}

// A damaged file gives its contents or ErrCorrupt: no panic, no wrong data, no
// other kind of error, and the damaged file is left as it is.
func TestDamage(t *testing.T) {
	t.Parallel()
	want := contents(t, 1, 3)
	f, path := create(t, want)
	require.NoError(t, f.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)

	const each = 40
	cases, whole0 := 0, 0
	for _, d := range damages() {
		for seed := range uint64(each) {
			name := fmt.Sprintf("%s, seed %d", d.name, seed)
			b := d.do(bytes.Clone(whole), keystoretest.NewDice(seed))
			p := filepath.Join(filepath.Dir(path), "damaged.db")
			require.NoError(t, os.WriteFile(p, b, 0o600))
			f, err := vault.Open(p, wait)
			if err == nil {
				require.Equal(t, want, f.Contents(), name)
				require.NoError(t, f.Close(), name)
				whole0++
			} else if !errors.Is(err, vault.ErrCorrupt) {
				t.Errorf("%s: %v", name, err)
			}
			after, err := os.ReadFile(p)
			require.NoError(t, err)
			require.True(t, bytes.Equal(b, after), name)
			cases++
		}
	}
	require.Equal(t, 11*each, cases)
	t.Logf("%d of %d damaged files still gave their contents", whole0, cases)
	require.Greater(t, whole0, 20, "damage in unused parts should not cost a wallet")
	require.Greater(t, cases-whole0, 200)
}

// Pages in a loop, and lengths of billions, which a reader of all pages or a writer
// would follow until the program has no stack or no memory left.
func TestImpossiblePages(t *testing.T) {
	t.Parallel()
	want := contents(t, 1, 3)
	f, path := create(t, want)
	require.NoError(t, f.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	native := binary.NativeEndian
	p := filepath.Join(filepath.Dir(path), "impossible.db")
	noticed, unharmed := 0, 0
	for at := 2 * page; at+page <= len(whole); at += page {
		id := native.Uint64(whole[at:])
		if id != uint64(at/page) {
			continue
		}
		for what, harm := range map[string]func(b []byte){
			"a branch at itself": func(b []byte) {
				native.PutUint16(b[8:], 1)
				for element := 16; element < 16+16*int(native.Uint16(b[10:])); element += 16 {
					native.PutUint64(b[element+8:], id)
				}
			},
			"overflow":    func(b []byte) { native.PutUint32(b[12:], 1<<32-1) },
			"count":       func(b []byte) { native.PutUint16(b[10:], 1<<16-1) },
			"large count": func(b []byte) { native.PutUint16(b[10:], 1<<16-1); native.PutUint64(b[16:], 1<<40) },
		} {
			b := bytes.Clone(whole)
			harm(b[at:])
			require.NoError(t, os.WriteFile(p, b, 0o600))
			f, err := vault.Open(p, wait)
			if err != nil {
				require.ErrorIs(t, err, vault.ErrCorrupt, "%s, page %d", what, id)
				noticed++
				continue
			}
			require.Equal(t, want, f.Contents(), "%s, page %d", what, id)
			require.NoError(t, f.Replace(contents(t, 2, 2)), "written anew beside it")
			require.NoError(t, f.Close())
			unharmed++
		}
	}
	require.Positive(t, noticed)
	require.Positive(t, unharmed)
}

// A file cut while it is mapped: what is read afterwards faults.
func TestGuard(t *testing.T) {
	t.Parallel()
	require.ErrorIs(t, vault.Guarded(func() error { panic("torn page") }), vault.ErrCorrupt)
	require.ErrorIs(t, vault.Guarded(func() error { var p *[4]int; p[2]++; return nil }), vault.ErrCorrupt)
	require.NoError(t, vault.Guarded(func() error { return nil }))
	plain := errors.New("plain")
	require.ErrorIs(t, vault.Guarded(func() error { return plain }), plain)
}
