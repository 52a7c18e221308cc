package merkle_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/merkle"
)

// multi writes a merkle block for several transactions the slow way: by the
// definition, top down, asking at each node whether a match is below.
func multi(b block, matched func(int) bool) []byte {
	var bits []bool
	var hashes []chainhash.Hash
	var visit func(level, at int)
	n := len(b.txids)
	width := func(level int) int { return (n + 1<<level - 1) >> level }
	top := 0
	for width(top) > 1 {
		top++
	}
	visit = func(level, at int) {
		leaves := b.txids[at<<level : min((at+1)<<level, n)]
		hit := false
		for i := range leaves {
			hit = hit || matched(at<<level+i)
		}
		bits = append(bits, hit)
		if !hit || level == 0 {
			hashes = append(hashes, subtree(leaves, level))
			return
		}
		visit(level-1, 2*at)
		if 2*at+1 < width(level-1) {
			visit(level-1, 2*at+1)
		}
	}
	visit(top, 0)
	return write(b.header, uint32(n), hashes, bits)
}

// subtree is the node this high above the leaves, pairing the last with itself
// where the tree ends.
func subtree(leaves []chainhash.Hash, level int) chainhash.Hash {
	if level == 0 {
		return leaves[0]
	}
	half := 1 << (level - 1)
	l := subtree(leaves[:min(half, len(leaves))], level-1)
	r := l
	if len(leaves) > half {
		r = subtree(leaves[half:], level-1)
	}
	return chainhash.DoubleHashH(append(append([]byte(nil), l[:]...), r[:]...))
}

func write(header [merkle.HeaderSize]byte, total uint32, hashes []chainhash.Hash, bits []bool) []byte {
	packed := make([]byte, (len(bits)+7)/8)
	for i, on := range bits {
		if on {
			packed[i/8] |= 1 << (i % 8)
		}
	}
	buf := bytes.NewBuffer(append([]byte(nil), header[:]...))
	_ = binary.Write(buf, binary.LittleEndian, total)
	_ = wire.WriteVarInt(buf, 0, uint64(len(hashes)))
	for _, h := range hashes {
		buf.Write(h[:])
	}
	_ = wire.WriteVarBytes(buf, 0, packed)
	return buf.Bytes()
}

func TestParseSeveral(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		b := fakeBlock(1+rng.IntN(300), 10)
		odds := []int{1, 2, 10, 100}[rng.IntN(4)]
		var want []uint32
		hit := map[int]bool{}
		for i := range b.txids {
			if rng.IntN(odds) == 0 {
				hit[i] = true
				want = append(want, uint32(i))
			}
		}
		m, err := merkle.ParseMerkleBlock(multi(b, func(i int) bool { return hit[i] }))
		if len(want) == 0 {
			require.ErrorIs(t, err, merkle.ErrEmpty)
			continue
		}
		require.NoError(t, err)
		require.Len(t, m.Matches, len(want))
		for i, match := range m.Matches {
			require.Equal(t, want[i], match.Index)
			require.Equal(t, b.txids[match.Index], match.TxID)
			p := m.Proof(i)
			require.NoError(t, p.Verify())
			if i%8 != 0 {
				continue // proving each anew is quadratic
			}
			direct, err := merkle.Prove(b.header, b.txids, int(match.Index))
			require.NoError(t, err)
			require.Equal(t, direct, p)
		}
	}
}

// Bytes as gettxoutproof gives them are sound; with any bit flipped, any byte
// gone or one more they are not. The bits of the header outside the root are
// another header's business, as are bits of the count that keep the shape.
func TestParseNoticesEveryBit(t *testing.T) {
	t.Parallel()
	flips := 0
	for _, n := range []int{1, 2, 3, 7, 8, 11} {
		b := fakeBlock(n, 11)
		p, err := merkle.Prove(b.header, b.txids, n/2)
		require.NoError(t, err)
		good := p.MerkleBlock()
		for bit := 36 * 8; bit < len(good)*8; bit++ {
			if bit >= 68*8 && bit < 84*8 {
				continue
			}
			bad := slices.Clone(good)
			bad[bit/8] ^= 1 << (bit % 8)
			m, err := merkle.ParseMerkleBlock(bad)
			if err == nil {
				// A flag may move the match to a neighbour whose hash is there.
				require.Greater(t, bit/8, bytes.LastIndex(good, p.TxID[:]), "n %d bit %d", n, bit)
				require.NotEqual(t, []merkle.Match{{TxID: p.TxID, Index: p.Index, Branch: p.Branch}}, m.Matches)
			}
			flips++
		}
		for cut := range good {
			_, err := merkle.ParseMerkleBlock(good[:cut])
			require.ErrorIs(t, err, merkle.ErrFormat)
		}
		_, err = merkle.ParseMerkleBlock(append(good, 0))
		require.ErrorIs(t, err, merkle.ErrFormat)
	}
	require.Greater(t, flips, 3000)
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	h := func(i byte) chainhash.Hash { return chainhash.DoubleHashH([]byte{i}) }
	pair := func(l, r chainhash.Hash) chainhash.Hash {
		return chainhash.DoubleHashH(append(append([]byte(nil), l[:]...), r[:]...))
	}
	header := func(root chainhash.Hash) (b [merkle.HeaderSize]byte) {
		copy(b[36:], root[:])
		return b
	}
	on, off := true, false
	two := []chainhash.Hash{h(1), h(2)}
	root2 := header(pair(h(1), h(2)))
	many := make([]chainhash.Hash, 300)

	cases := []struct {
		name string
		raw  []byte
		want error
	}{
		{"nothing", nil, merkle.ErrFormat},
		{"no transactions", write(root2, 0, two, []bool{on, on, off}), merkle.ErrCount},
		{"more than a block holds", write(root2, merkle.MaxTransactions+1, two, []bool{on, on, off}), merkle.ErrCount},
		{"width overflows", write(root2, 1<<32-1, two, []bool{on, on, off}), merkle.ErrCount},
		{"sound", write(root2, 2, two, []bool{on, on, off}), nil},
		{"both", write(root2, 2, two, []bool{on, on, on}), nil},
		{"more hashes than transactions", write(root2, 2, append(two, h(3)), []bool{on, on, on}), merkle.ErrTree},
		{"fewer flags than hashes", write(header(h(1)), 300, many, []bool{on}), merkle.ErrTree},
		{"no flags", write(header(h(1)), 1, nil, nil), merkle.ErrTree},
		{"no hashes", write(header(h(1)), 1, nil, []bool{on}), merkle.ErrTree},
		{"hash left over", write(header(h(1)), 2, two, []bool{off}), merkle.ErrTree},
		{"hash missing", write(root2, 2, two[:1], []bool{on, on, off}), merkle.ErrTree},
		{"flags left over", write(root2, 2, two, []bool{on, on, off, off, off, off, off, off, off}), merkle.ErrTree},
		{"padding not zero", write(root2, 2, two, []bool{on, on, off, off, on}), merkle.ErrTree},
		{"empty promise", write(root2, 2, two, []bool{on, off, off}), merkle.ErrTree},
		{"no match", write(header(h(1)), 5, []chainhash.Hash{h(1)}, []bool{off}), merkle.ErrEmpty},
		{"other root", write(header(h(9)), 2, two, []bool{on, on, off}), merkle.ErrRoot},
		{"left equals right", write(header(pair(h(1), h(1))), 2, []chainhash.Hash{h(1), h(1)}, []bool{on, on, off}), merkle.ErrDuplicate},
		{"long form of a short count", longCount(root2, two), merkle.ErrFormat},
		{"count beyond the bytes", append(append(root2[:], 2, 0, 0, 0), 0xfe, 0xff, 0xff, 0xff, 0xff), merkle.ErrFormat},
		{"count of 64 bits", append(append(root2[:], 2, 0, 0, 0), 0xff, 1, 0, 0, 0, 0, 0, 0, 0), merkle.ErrFormat},
	}
	for _, c := range cases {
		_, err := merkle.ParseMerkleBlock(c.raw)
		if c.want == nil {
			require.NoError(t, err, c.name)
			continue
		}
		require.ErrorIs(t, err, c.want, c.name)
	}
}

// longCount writes the count of two hashes in three bytes.
func longCount(header [merkle.HeaderSize]byte, two []chainhash.Hash) []byte {
	raw := write(header, 2, two, []bool{true, true, false})
	at := merkle.HeaderSize + 4
	return slices.Concat(raw[:at], []byte{0xfd, 2, 0}, raw[at+1:])
}

// The attack of CVE-2017-12842: a real transaction of 64 bytes is a leaf, and
// the proof goes one level deeper, below it, to a transaction that does not
// exist.
func TestDeeperThanTheTree(t *testing.T) {
	t.Parallel()
	for script := range 5 {
		// One input, one output, four bytes of script shared out.
		raw := slices.Concat([]byte{1, 0, 0, 0, 1}, make([]byte, 36), []byte{byte(script)}, make([]byte, script),
			[]byte{0xff, 0xff, 0xff, 0xff, 1}, []byte{0, 0xe1, 0xf5, 5, 0, 0, 0, 0}, []byte{byte(4 - script)},
			make([]byte, 4-script), []byte{0, 0, 0, 0})
		require.Len(t, raw, merkle.AmbiguousSize)
		var tx wire.MsgTx
		require.NoError(t, tx.Deserialize(bytes.NewReader(raw)))

		b := fakeBlock(4, 12)
		b.txids[0] = tx.TxHash()
		b.commit()
		// The block has four transactions; the proof says eight.
		p := merkle.Proof{Header: b.header, Total: 8, Index: 1, TxID: chainhash.Hash(raw[32:])}
		p.Branch = append(p.Branch, chainhash.Hash(raw[:32]))
		honest, err := merkle.Prove(b.header, b.txids, 0)
		require.NoError(t, err)
		p.Branch = append(p.Branch, honest.Branch...)
		require.ErrorIs(t, p.Verify(), merkle.ErrAmbiguous)
		_, err = merkle.ParseMerkleBlock(p.MerkleBlock())
		require.ErrorIs(t, err, merkle.ErrAmbiguous)
	}
}

// TestNothingMatches: a node that was given a filter answers for each block.
func TestNothingMatches(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 3, 7, 100} {
		b := fakeBlock(n, 14)
		raw := multi(b, func(int) bool { return false })
		m, err := merkle.ParseFiltered(raw)
		require.NoError(t, err)
		require.Empty(t, m.Matches)
		require.Equal(t, b.header, m.Header)
		_, err = merkle.ParseMerkleBlock(raw)
		require.ErrorIs(t, err, merkle.ErrEmpty)
		for bit := range 8 * len(raw) {
			if at := bit / 8; at < 36 || at >= 68 && at < merkle.HeaderSize+4 {
				continue // the rest of the header, and a count that no branch holds to
			}
			damaged := slices.Clone(raw)
			damaged[bit/8] ^= 1 << (bit % 8)
			m, err := merkle.ParseFiltered(damaged)
			if n == 1 && bit == 8*(len(raw)-1) {
				require.Len(t, m.Matches, 1) // the root itself
				continue
			}
			require.Error(t, err, "bit %d", bit)
		}
	}
}

// FuzzParse looks for bytes that make the parser panic, or that it reads in a
// way its own writer would not write.
func FuzzParse(f *testing.F) {
	for _, n := range []int{1, 2, 3, 5, 16, 100} {
		b := fakeBlock(n, 13)
		p, err := merkle.Prove(b.header, b.txids, n-1)
		require.NoError(f, err)
		f.Add(p.MerkleBlock())
		f.Add(multi(b, func(i int) bool { return i%2 == 0 }))
		f.Add(multi(b, func(int) bool { return false }))
	}
	f.Add([]byte{})
	f.Add(make([]byte, 90))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if root, ok := merkle.WalkRoot(raw); ok {
			// Nobody finds a root by chance: put the right one in.
			raw = slices.Clone(raw)
			copy(raw[36:], root[:])
		}
		m, err := merkle.ParseMerkleBlock(raw)
		if f, ferr := merkle.ParseFiltered(raw); (err == nil) != (ferr == nil) && !(errors.Is(err, merkle.ErrEmpty) && len(f.Matches) == 0) {
			t.Fatal(err, ferr)
		}
		if err != nil {
			return
		}
		hit := map[uint32]bool{}
		for i, match := range m.Matches {
			hit[match.Index] = true
			p := m.Proof(i)
			if err := p.Verify(); err != nil {
				t.Fatal(err)
			}
			one, err := merkle.ParseMerkleBlock(p.MerkleBlock())
			if err != nil || len(one.Matches) != 1 || one.Matches[0].TxID != match.TxID {
				t.Fatal(err, one)
			}
		}
		var w wire.MsgMerkleBlock
		if err := w.BtcDecode(bytes.NewReader(raw), wire.ProtocolVersion, wire.BaseEncoding); err != nil {
			t.Fatal("btcd cannot read it:", err)
		}
		if len(hit) == int(m.Total) {
			// All leaves are known, so the whole tree can be built again.
			var b block
			b.header = m.Header
			for _, match := range m.Matches {
				b.txids = append(b.txids, match.TxID)
			}
			if !bytes.Equal(multi(b, func(int) bool { return true }), raw) {
				t.Fatal("not the one form")
			}
		}
	})
}
