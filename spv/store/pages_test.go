package store_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var everyWay = flag.Bool("everyway", false, "TestEveryPage harms each page in each way")

// TestEveryPage harms each page of chain.db in one of many ways, the torn end of
// a write among them. What is loaded then was stored once, or nothing is and the file was
// set aside; the store goes on from there.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	const page = 4096
	r := rand.New(rand.NewPCG(6, 40))
	good := t.TempDir()
	s, m := open(t, good), newModel()
	history := []*model{m.clone()}
	for i := range uint64(4) {
		b := m.batch(r, i, 900)
		require.NoError(t, s.Commit(b))
		history = append(history, m.clone())
	}
	require.NoError(t, s.Close())
	full, err := os.ReadFile(filepath.Join(good, "chain.db"))
	require.NoError(t, err)
	ways := []struct {
		name string
		do   func(b []byte, at int) []byte
	}{
		{"zeroed", func(b []byte, at int) []byte { clear(b[at : at+page]); return b }},
		{"garbage", func(b []byte, at int) []byte {
			for i := range page {
				b[at+i] = byte(r.Uint32())
			}
			return b
		}},
		{"second half of zeros", func(b []byte, at int) []byte { clear(b[at+page/2 : at+page]); return b }},
		{"a bit of the head", func(b []byte, at int) []byte { b[at+r.IntN(16)] ^= 1 << r.IntN(8); return b }},
		{"a bit of the keys", func(b []byte, at int) []byte { b[at+16+r.IntN(200)] ^= 1 << r.IntN(8); return b }},
		{"a bit", func(b []byte, at int) []byte { b[at+r.IntN(page)] ^= 1 << r.IntN(8); return b }},
		{"cut before", func(b []byte, at int) []byte { return b[:at] }},
		{"cut inside", func(b []byte, at int) []byte { return b[:at+1+r.IntN(page-1)] }},
		{"zeros from here", func(b []byte, at int) []byte { clear(b[at:]); return b }},
	}
	same, older, aside, seed := 0, 0, 0, uint64(0)
	for n, way := range ways {
		for at := 0; at < len(full); at += page {
			if at/page > 5 && at/page%len(ways) != n && !*everyWay {
				continue
			}
			seed++
			what := fmt.Sprintf("%s: page %d of %d", way.name, at/page, len(full)/page)
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "chain.db"), way.do(bytes.Clone(full), at), 0o600))
			s := open(t, dir)
			l := load(t, s)
			from := m
			switch {
			case len(l.SetAside) > 0:
				aside++
				from = newModel()
				from.require(t, l, what)
			case m.equal(l):
				same++
			default:
				older++
				from = nil
				for _, h := range history {
					if h.equal(l) {
						from = h
					}
				}
				require.NotNil(t, from, "silently wrong: %s", what)
			}
			goOn(t, r, dir, s, from.clone(), nil, seed)
		}
	}
	t.Logf("%d cases: %d unharmed, %d fell back, %d set aside", seed, same, older, aside)
	require.Positive(t, older)
	require.Positive(t, aside)
}
