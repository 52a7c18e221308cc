package boltpages_test

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"thistle/boltpages"
)

const pageSize = 1024 // of a sample

func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f()
}

// free are the free pages of a sample.
func free(b []byte) []uint64 {
	at := int(native.Uint64(b[newest(b)+16+32:])) * pageSize
	var ids []uint64
	for i := range int(native.Uint16(b[at+10:])) {
		ids = append(ids, native.Uint64(b[at+16+8*i:]))
	}
	return ids
}

// used calls f with the place of each page in use of a kind.
func used(b []byte, kind uint16, f func(at int)) {
	unused := map[uint64]bool{0: true, 1: true}
	for _, id := range free(b) {
		unused[id] = true
	}
	for id := 0; id < pages(b); id++ {
		if at := id * pageSize; !unused[uint64(id)] {
			if native.Uint16(b[at+8:]) == kind {
				f(at)
			}
			id += int(native.Uint32(b[at+12:]))
		}
	}
}

const (
	branch   = 1
	leaf     = 2
	freelist = 16
)

// A page that says something impossible is noticed, soon and in little memory.
func TestDamage(t *testing.T) {
	good := sample(t)
	cases := 0
	harm := func(what string, do func(b []byte)) {
		t.Helper()
		b := bytes.Clone(good)
		do(b)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := check(b)
		runtime.ReadMemStats(&after)
		require.ErrorIs(t, err, boltpages.ErrDamaged, what)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), what)
		cases++
	}
	unused := free(good)
	require.NotEmpty(t, unused)
	for _, kind := range []uint16{branch, leaf, freelist} {
		found := 0
		used(good, kind, func(at int) {
			found++
			id := uint64(at / pageSize)
			what := fmt.Sprintf("page %d of kind %d: ", id, kind)
			for bit := range 32 {
				if kind == freelist && bit == 0 && native.Uint32(good[at+12:]) == 0 {
					continue // a list may have room, and the next page may be free
				}
				harm(fmt.Sprint(what, "bit of overflow ", bit), func(b []byte) { b[at+12+bit/8] ^= 1 << (bit % 8) })
			}
			harm(what+"all of overflow", func(b []byte) { native.PutUint32(b[at+12:], 0xFFFFFFFF) })
			if native.Uint32(good[at+12:]) > 0 {
				harm(what+"no overflow", func(b []byte) { native.PutUint32(b[at+12:], 0) })
			}
			harm(what+"id", func(b []byte) { native.PutUint64(b[at:], id^1) })
			harm(what+"kind", func(b []byte) { native.PutUint16(b[at+8:], 4) })
			harm(what+"two kinds", func(b []byte) { native.PutUint16(b[at+8:], 3) })
			harm(what+"count", func(b []byte) { native.PutUint16(b[at+10:], 0xFFFE) })
			harm(what+"most of counts", func(b []byte) { native.PutUint16(b[at+10:], 0xFFFF) })
		})
		require.Positive(t, found, "kind %d", kind)
	}
	root := native.Uint64(good[newest(good)+16+16:])
	used(good, branch, func(at int) {
		for name, id := range map[string]uint64{
			"itself": uint64(at / pageSize), "the root": root, "a free page": unused[0], "a meta page": 1,
			"its sibling": native.Uint64(good[at+16+16+8:]), "beyond": uint64(pages(good)), "far beyond": 1 << 60,
		} {
			harm("a branch points at "+name, func(b []byte) { native.PutUint64(b[at+16+8:], id) })
		}
		harm("an empty branch", func(b []byte) { native.PutUint16(b[at+10:], 0) })
	})
	used(good, leaf, func(at int) {
		if native.Uint16(good[at+10:]) == 0 {
			return
		}
		for name, field := range map[string]int{"kind": 0, "position": 4, "key": 8, "value": 12} {
			for _, v := range []uint32{0xFFFFFFFF, 1 << 31, 1 << 20, native.Uint32(good[at+16+field:]) + 1} {
				harm("a wrong "+name, func(b []byte) { native.PutUint32(b[at+16+field:], v) })
			}
		}
		harm("keys out of order", func(b []byte) {
			b[at+16+int(native.Uint32(b[at+16+4:]))] = 0xFF
		})
	})
	list := int(native.Uint64(good[newest(good)+16+32:])) * pageSize
	for _, id := range []uint64{0, 1, root, unused[1], uint64(pages(good)), 1 << 40, 1<<64 - 1} {
		harm(fmt.Sprint("free page ", id), func(b []byte) { native.PutUint64(b[list+16:], id) })
	}
	for _, n := range []uint64{1 << 63, 1 << 40, uint64(pages(good)), 200} {
		harm(fmt.Sprint("free pages: ", n), func(b []byte) {
			native.PutUint16(b[list+10:], 0xFFFF)
			native.PutUint64(b[list+16:], n)
		})
	}
	// The bucket "small" is inline, and the last of the root.
	element := int(root)*pageSize + 16 + 2*16
	inline := element + int(native.Uint32(good[element+4:])+native.Uint32(good[element+8:])) + 16
	require.EqualValues(t, leaf, native.Uint16(good[inline+8:]))
	for at, what := range map[int]string{
		0: "id", 7: "id", 8: "kind", 10: "count", 11: "count", 12: "overflow", 15: "overflow", 16: "bucket in a bucket",
		16 + 4: "position", 16 + 8: "key", 16 + 15: "value",
	} {
		harm("inline bucket: "+what, func(b []byte) { b[inline+at] ^= 1 })
	}
	harm("a page for an inline bucket", func(b []byte) { native.PutUint64(b[inline-16:], unused[0]) })
	t.Logf("%d cases", cases)
}

// The meta pages: one may be lost, none may be wrong.
func TestMetas(t *testing.T) {
	t.Parallel()
	good := sample(t)
	metas := func(b []byte) ([]boltpages.Meta, error) {
		return boltpages.Metas(bytes.NewReader(b), int64(len(b)))
	}
	both, err := metas(good)
	require.NoError(t, err)
	require.Len(t, both, 2)
	for n, at := range []int{0, pageSize} {
		for i := range 64 {
			b := bytes.Clone(good)
			b[at+16+i] ^= 0x10
			one, err := metas(b)
			require.NoError(t, err)
			require.Len(t, one, 1, "byte %d", i)
			require.EqualValues(t, 1-n, one[0].Tx%2)
			require.NoError(t, one[0].Check(bytes.NewReader(b), int64(len(b))))
		}
	}
	b := bytes.Clone(good)
	copy(b[:pageSize], good[pageSize:])
	_, err = metas(b)
	require.ErrorIs(t, err, boltpages.ErrDamaged, "in a place not its own")
	clear(b[:2*pageSize])
	_, err = metas(b)
	require.ErrorIs(t, err, boltpages.ErrDamaged, "none")
	for size := range len(good) / 64 {
		require.ErrorIs(t, check(good[:size*64]), boltpages.ErrDamaged, "cut")
	}
}

// TestEveryBit flips the bits of heads, tables and keys one by one. What is still
// taken for sound is given to bbolt.
func TestEveryBit(t *testing.T) {
	good := sample(t)
	flips, accepted := 0, 0
	flip := func(at int) {
		for bit := range 8 {
			b := bytes.Clone(good)
			b[at] ^= 1 << bit
			flips++
			if check(b) == nil {
				if accepted++; accepted%16 == 0 {
					use(t, b)
				}
			}
		}
	}
	structure := func(at int) {
		n := int(native.Uint16(good[at+10:]))
		for i := range min(16+16*n+200, pageSize) {
			flip(at + i)
		}
	}
	done := 0
	used(good, leaf, func(at int) {
		if done++; done%4 == 0 || native.Uint32(good[at+12:]) > 0 || at/pageSize == int(native.Uint64(good[newest(good)+16+16:])) {
			structure(at)
		}
	})
	used(good, branch, structure)
	used(good, freelist, structure)
	t.Logf("%d bits, %d accepted", flips, accepted)
	require.Greater(t, flips-accepted, 5000)
	require.Positive(t, accepted)
}

// FuzzCheck must come to an end, whatever the pages say, and so must bbolt with
// what is accepted.
func FuzzCheck(f *testing.F) {
	f.Add(make([]byte, 5*pageSize), uint32(0), uint64(0))
	good := sample(f)
	for at := range 4 {
		f.Add(good, uint32(at*3*pageSize+8), uint64(3))
	}
	f.Fuzz(func(t *testing.T, file []byte, at uint32, value uint64) {
		file = bytes.Clone(file)
		if len(file) >= 8 {
			native.PutUint64(file[int(at)%(len(file)-7):], value)
		}
		if len(file) < 1<<20 && check(file) == nil {
			use(t, file)
		}
	})
}
