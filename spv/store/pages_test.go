package store_test

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"thistle/spv/chain"
	"thistle/spv/store"
)

var everyWay = flag.Bool("everyway", false, "TestEveryPage harms each page in each way")

const page = 4096

var native = binary.NativeEndian

// sample commits a chain with whole periods, periods put below them, tails and a
// small reorganisation. No commit writes pages of two buckets, nor takes away more
// than fits on a page: bbolt does that in the order of a map, and the file would be
// another one in each run. It returns all that was ever committed, the last at the
// end, as losing a meta page brings back the commit before.
func sample(t testing.TB) (dir string, history []*model) {
	t.Helper()
	r := rand.New(rand.NewPCG(6, 40))
	dir = t.TempDir()
	s, m := open(t, dir), newModel()
	base := m.startLate(r, 2)
	first := base.Height + 1
	commit := func(b store.Batch) {
		t.Helper()
		require.NoError(t, s.Commit(b))
		if b.Reset == nil {
			m.apply(&b)
		}
		history = append(history, m.clone())
	}
	extend := func(depth, n int, seq uint64) {
		commit(store.Batch{Headers: []chain.Change{m.change(r, depth, n, seq)}})
	}
	filters := func(from int32, n int) {
		commit(store.Batch{FilterHeaders: []store.FilterHeaderRun{{From: from, Headers: hashes(r, n)}}})
	}
	commit(store.Batch{Reset: &base})
	extend(0, 2016, 1)
	extend(0, 700, 2)
	commit(store.Batch{FilterBase: &store.FilterBase{Height: first, PrevHeader: hashes(r, 1)[0]}})
	filters(first, 2016)
	filters(first+2016, 300)
	commit(store.Batch{Lower: m.lower(r)[:1]})
	commit(store.Batch{Direct: []int32{first, first + 2000}})
	extend(3, 40, 3)
	require.NoError(t, s.Close())
	return dir, history
}

// TestSameFile: the same commits give the same file, so that what damage does to
// it does not differ from run to run.
func TestSameFile(t *testing.T) {
	t.Parallel()
	var files [2][]byte
	for i := range files {
		dir, _ := sample(t)
		var err error
		files[i], err = os.ReadFile(filepath.Join(dir, "chain.db"))
		require.NoError(t, err)
	}
	require.True(t, bytes.Equal(files[0], files[1]))
}

// chosen tells whether a page is harmed in the nth of so many ways: the first in
// each, those with a head in two, of those that only go on with values a few in one.
func chosen(file []byte, id, n, ways int) bool {
	switch {
	case id < 6:
		return true
	case native.Uint64(file[id*page:]) == uint64(id):
		return id%ways == n || (id+4)%ways == n
	}
	return id%4 == 0 && id/4%ways == n
}

// TestEveryPage harms each page of chain.db in one of many ways, the torn end of
// a write among them. What is loaded then was stored once, or nothing is and the file was
// set aside; the store goes on from there.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 41))
	good, history := sample(t)
	m := history[len(history)-1]
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
			if !*everyWay && !chosen(full, at/page, n, len(ways)) {
				continue
			}
			seed++
			what := fmt.Sprintf("%s: page %d of %d", way.name, at/page, len(full)/page)
			dir := quickDir(t)
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
			goOn(t, r, dir, s, from.clone(), seed)
			require.NoError(t, os.RemoveAll(dir))
		}
	}
	t.Logf("%d cases: %d unharmed, %d fell back, %d set aside", seed, same, older, aside)
	require.Positive(t, older)
	require.Positive(t, aside)
}

// TestImpossiblePages: what bbolt would believe until it has no memory or no stack
// left is set aside, at once and cheaply.
func TestImpossiblePages(t *testing.T) {
	good, _ := sample(t)
	full, err := os.ReadFile(filepath.Join(good, "chain.db"))
	require.NoError(t, err)
	meta := 16
	if native.Uint64(full[page+16+48:]) > native.Uint64(full[16+48:]) {
		meta += page
	}
	root, list := int(native.Uint64(full[meta+16:]))*page, int(native.Uint64(full[meta+32:]))*page
	free := map[int]bool{}
	for i := range int(native.Uint16(full[list+10:])) {
		free[int(native.Uint64(full[list+16+8*i:]))] = true
	}
	var branch, long, short int // pages in use: one that branches, one with overflow, one without
	for at := 2 * page; at < int(native.Uint64(full[meta+40:]))*page; at += page {
		switch kind := native.Uint16(full[at+8:]); {
		case free[at/page]:
		case kind == 1:
			branch = at
		case native.Uint32(full[at+12:]) > 0:
			long = at
			at += int(native.Uint32(full[at+12:])) * page
		case kind == 2:
			short = at
		}
	}
	require.True(t, branch > 0 && long > 0 && short > 0, "%d %d %d", branch, long, short)
	unused := slices.Min(slices.Collect(maps.Keys(free)))

	harm := func(what string, do func(b []byte)) {
		t.Helper()
		dir := quickDir(t)
		b := bytes.Clone(full)
		do(b)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "chain.db"), b, 0o600))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s := open(t, dir)
		l := load(t, s)
		runtime.ReadMemStats(&after)
		require.Len(t, l.SetAside, 1, what)
		newModel().require(t, l, what)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20), what)
		require.NoError(t, s.Close())
	}
	for what, at := range map[string]int{"branch": branch, "long leaf": long, "leaf": short, "root": root, "free list": list} {
		harm(what+": overflow of billions", func(b []byte) { native.PutUint32(b[at+12:], 1<<32-1) })
		harm(what+": overflow in bounds", func(b []byte) { native.PutUint32(b[at+12:], native.Uint32(b[at+12:])+2) })
		harm(what+": count", func(b []byte) { native.PutUint16(b[at+10:], 1<<16-2) })
		harm(what+": id", func(b []byte) { b[at] ^= 1 })
	}
	harm("no overflow", func(b []byte) { native.PutUint32(b[long+12:], 0) })
	for what, id := range map[string]int{"itself": branch / page, "the root": root / page, "a free page": unused, "the free list": list / page} {
		harm("a branch points at "+what, func(b []byte) { native.PutUint64(b[branch+16+8:], uint64(id)) })
	}
	for _, id := range []uint64{1 << 60, 1, uint64(root / page)} {
		harm("a free page that is none", func(b []byte) { native.PutUint64(b[list+16:], id) })
	}
	harm("billions of free pages", func(b []byte) {
		native.PutUint16(b[list+10:], 1<<16-1)
		native.PutUint64(b[list+16:], 1<<40)
	})
}
