package cfilter_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/btcsuite/btcd/btcutil/v2/gcs"
	"github.com/btcsuite/btcd/btcutil/v2/gcs/builder"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/cfilter"
)

// bitString packs the digits of s, ignoring spaces, into bytes behind a count.
func bitString(count byte, s string) []byte {
	out := []byte{count}
	n := 0
	for _, c := range s {
		if c == ' ' {
			continue
		}
		if n%8 == 0 {
			out = append(out, 0)
		}
		if c == '1' {
			out[len(out)-1] |= 0x80 >> (n % 8)
		}
		n++
	}
	return out
}

const zeros = "0 0000000000000000000" // quotient and remainder 0

func TestMalformed(t *testing.T) {
	t.Parallel()
	ones := func(n int) string { return string(bytes.Repeat([]byte{'1'}, n)) }
	cases := map[string]struct {
		filter []byte
		ok     bool
	}{
		"nothing":                     {nil, false},
		"empty set":                   {[]byte{0}, true},
		"empty set with a byte":       {[]byte{0, 0}, false},
		"count cut":                   {[]byte{0xfd, 1}, false},
		"count cut 4":                 {[]byte{0xfe, 1, 2, 3}, false},
		"count cut 8":                 {[]byte{0xff, 1, 2, 3, 4, 5, 6, 7}, false},
		"count too long":              {append([]byte{0xfd, 1, 0}, bitString(0, zeros)[1:]...), false},
		"count too long 4":            {append([]byte{0xfe, 0xff, 0xff, 0, 0}, make([]byte, 200_000)...), false},
		"count too long 8":            {append([]byte{0xff, 1, 0, 0, 0, 0, 0, 0, 0}, 0, 0, 0), false},
		"count without end":           {[]byte{0xff, 255, 255, 255, 255, 255, 255, 255, 255}, false},
		"count beyond the length":     {bitString(2, zeros), false},
		"count of 4 billion":          {append([]byte{0xfe, 255, 255, 255, 255}, make([]byte, 262144)...), false},
		"one zero":                    {bitString(1, zeros), true},
		"two zeros":                   {bitString(2, zeros+zeros), true},
		"a bit missing":               {bitString(2, "10 0000000000000000000"+zeros[:len(zeros)-1]), false},
		"unary never ends":            {bitString(1, ones(24)), false},
		"unary never ends, long":      {bitString(100, ones(8*300)), false},
		"largest value":               {bitString(1, "10"+binary19(784930-1<<19)), true},
		"M itself":                    {bitString(1, "10"+binary19(784931-1<<19)), false},
		"quotient out of range":       {bitString(1, "110 0000000000000000000"), false},
		"long quotient out of range":  {bitString(1, ones(70)+zeros), false},
		"a whole byte over":           {append(bitString(1, zeros), 0), false},
		"padding not zero":            {bitString(1, zeros+"0001"), false},
		"padding zero":                {bitString(1, zeros+"0000"), true},
		"remainder cut by long unary": {bitString(200, ones(230)+"0"+string(bytes.Repeat([]byte{'0'}, 3800))), false},
	}

	var m cfilter.Matcher
	var block chainhash.Hash
	q := cfilter.NewQuery([][]byte{{1}, {2}})
	for name, c := range cases {
		_, err := m.Match(c.filter, &block, q)
		if c.ok {
			require.NoError(t, err, name)
		} else {
			require.ErrorIs(t, err, cfilter.ErrMalformed, name)
		}
	}
	require.Len(t, cases, 25)
}

func binary19(v int) string {
	s := make([]byte, 19)
	for i := range s {
		s[i] = '0' + byte(v>>(18-i)&1)
	}
	return string(s)
}

// TestLongQuotient decodes quotients of every length around the size of a load.
func TestLongQuotient(t *testing.T) {
	t.Parallel()
	var m cfilter.Matcher
	var block chainhash.Hash
	for q := 1; q < 200; q++ {
		for before := range 8 { // shifts the bit the run begins at
			codes := bytes.Repeat([]byte(zeros), before)
			codes = append(codes, bytes.Repeat([]byte{'1'}, q)...)
			codes = append(codes, zeros...)
			n := before + 1
			for ; n < 200; n++ {
				codes = append(codes, zeros...)
			}
			f := bitString(byte(n), string(codes))
			_, err := m.Match(f, &block, cfilter.NewQuery(nil))
			require.NoError(t, err, q)
			require.Equal(t, uint64(n), count(t, f))
			_, err = m.Match(f[:len(f)-1], &block, cfilter.NewQuery(nil))
			require.ErrorIs(t, err, cfilter.ErrMalformed)
		}
	}
}

func count(t *testing.T, filter []byte) uint64 {
	t.Helper()
	n, err := cfilter.Count(filter)
	require.NoError(t, err)
	return n
}

// TestCutAndFlipped cuts and flips a real filter everywhere: never a panic, and
// a cut one is always malformed.
func TestCutAndFlipped(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 9))
	block := randomHash(r)
	inside := fill(r, 300, 0)
	filter := cfilter.Build(inside, &block)
	q := cfilter.NewQuery(inside)
	var m cfilter.Matcher
	for i := range filter {
		_, err := m.Match(filter[:i], &block, q)
		require.ErrorIs(t, err, cfilter.ErrMalformed, i)
	}
	for i := range len(filter) * 8 {
		bad := bytes.Clone(filter)
		bad[i/8] ^= 1 << (i % 8)
		_, err := m.Match(bad, &block, q)
		if err != nil {
			require.ErrorIs(t, err, cfilter.ErrMalformed)
		}
	}
}

// FuzzDecode feeds arbitrary bytes: what we take, btcutil must take and answer
// alike; what we refuse, we refuse with ErrMalformed.
func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, n := range []int{0, 1, 2, 40, 300} {
		block := randomHash(r)
		f.Add(cfilter.Build(fill(r, n, 0), &block), block[:16])
	}
	f.Add([]byte{0xff, 255, 255, 255, 255, 255, 255, 255, 255}, []byte("0123456789abcdef"))
	f.Add(bitString(100, string(bytes.Repeat([]byte{'1'}, 2400))), []byte{})
	f.Fuzz(func(t *testing.T, filter, key []byte) {
		var block chainhash.Hash
		copy(block[:16], key)
		// Enough questions that a dense small filter answers some with yes.
		var asked [][]byte
		for i := range 64 {
			asked = append(asked, binary.LittleEndian.AppendUint32(nil, uint32(i)))
		}
		var m cfilter.Matcher
		got, err := m.Match(filter, &block, cfilter.NewQuery(asked))
		if err != nil {
			require.ErrorIs(t, err, cfilter.ErrMalformed)
			return
		}
		if count(t, filter) == 0 {
			require.Nil(t, got)
			return
		}
		theirs, err := gcs.FromNBytes(builder.DefaultP, builder.DefaultM, filter)
		require.NoError(t, err)
		var want []int
		for i, s := range asked {
			ok, err := theirs.Match(builder.DeriveKey(&block), s)
			require.NoError(t, err)
			if ok {
				want = append(want, i)
			}
		}
		require.Equal(t, want, got)
	})
}

// FuzzBuild builds from arbitrary scripts: the bytes are btcutil's, and every
// script is found, by us and by btcutil.
func FuzzBuild(f *testing.F) {
	f.Add([]byte("a script|another|a script||third"), []byte("0123456789abcdef"), byte('|'))
	f.Add(bytes.Repeat([]byte{0, 1}, 400), []byte{}, byte(0))
	f.Fuzz(func(t *testing.T, data, key []byte, sep byte) {
		var block chainhash.Hash
		copy(block[:16], key)
		scripts := bytes.Split(data, []byte{sep})
		var inside [][]byte
		seen := map[string]bool{}
		for _, s := range scripts {
			if len(s) > 0 && !seen[string(s)] {
				seen[string(s)] = true
				inside = append(inside, s)
			}
		}
		filter := cfilter.Build(scripts, &block)
		theirs, err := gcs.BuildGCSFilter(builder.DefaultP, builder.DefaultM, builder.DeriveKey(&block), inside)
		require.NoError(t, err)
		want, err := theirs.NBytes()
		require.NoError(t, err)
		require.Equal(t, want, filter)

		var m cfilter.Matcher
		got, err := m.Match(filter, &block, cfilter.NewQuery(scripts))
		require.NoError(t, err)
		n := 0
		for i, s := range scripts {
			if len(s) == 0 {
				continue
			}
			require.Less(t, n, len(got))
			require.Equal(t, i, got[n])
			n++
			ok, err := theirs.Match(builder.DeriveKey(&block), s)
			require.NoError(t, err)
			require.True(t, ok)
		}
		require.Len(t, got, n)
	})
}
