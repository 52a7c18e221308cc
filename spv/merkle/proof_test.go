package merkle_test

import (
	"bytes"
	"testing"

	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/btcutil/v2/bloom"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"thistle/spv/merkle"
)

// everyIndex is what to prove of a block: all of a small one, a spread of a
// large one with both ends.
func everyIndex(n int) []int {
	step := max(1, n/37)
	var out []int
	for i := 0; i < n; i += step {
		out = append(out, i)
	}
	return append(out, n-1)
}

func TestProofsOfRealBlocks(t *testing.T) {
	t.Parallel()
	proofs, compared := 0, 0
	for _, b := range append(earlyBlocks(t), modernBlocks(t)...) {
		whole := btcutil.NewBlock(b.msg)
		for _, i := range everyIndex(len(b.txids)) {
			p, err := merkle.Prove(b.header, b.txids, i)
			require.NoError(t, err)
			require.NoError(t, p.Verify())
			raw := p.MerkleBlock()
			sameAsWire(t, b, p, raw)
			compared += sameAsBloom(t, b, whole, p, raw)
			back, err := merkle.ParseMerkleBlock(raw)
			require.NoError(t, err)
			require.Equal(t, b.msg.BlockHash(), back.BlockHash)
			require.Len(t, back.Matches, 1)
			require.Equal(t, p, back.Proof(0))
			proofs++
		}
	}
	require.Greater(t, proofs, 2*14_132)
	require.Greater(t, compared, 14_132)
}

// sameAsWire reads the bytes with btcd.
func sameAsWire(t *testing.T, b block, p merkle.Proof, raw []byte) {
	t.Helper()
	var m wire.MsgMerkleBlock
	r := bytes.NewReader(raw)
	require.NoError(t, m.BtcDecode(r, wire.ProtocolVersion, wire.BaseEncoding))
	require.Zero(t, r.Len())
	require.Equal(t, b.msg.Header, m.Header)
	require.Equal(t, uint32(len(b.txids)), m.Transactions)
}

// sameAsBloom compares the bytes with the merkle block that btcd's bloom
// package builds for a filter holding this txid alone, and returns how many
// were compared. Large blocks take long there, so of them only some are.
func sameAsBloom(t *testing.T, b block, whole *btcutil.Block, p merkle.Proof, raw []byte) int {
	t.Helper()
	if len(b.txids) > 100 && p.Index%5 != 0 {
		return 0
	}
	f := bloom.NewFilter(1, 0, 1e-9, wire.BloomUpdateNone)
	f.AddHash(&p.TxID)
	theirs, indices := bloom.NewMerkleBlock(whole, f)
	// The filter may match more, as spenders of the transaction do.
	if len(indices) != 1 || indices[0] != p.Index {
		return 0
	}
	var buf bytes.Buffer
	require.NoError(t, theirs.BtcEncode(&buf, wire.ProtocolVersion, wire.BaseEncoding))
	require.Equal(t, buf.Bytes(), raw)
	return 1
}

// Trees of every size to 130 and beyond, every transaction of each.
func TestProofsOfEverySize(t *testing.T) {
	t.Parallel()
	sizes := []int{255, 256, 257, 1000, 2047, 2048, 2049}
	for n := 1; n <= 130; n++ {
		sizes = append(sizes, n)
	}
	for _, n := range sizes {
		b := fakeBlock(n, 5)
		for _, i := range everyIndex(n) {
			p, err := merkle.Prove(b.header, b.txids, i)
			require.NoError(t, err)
			require.NoError(t, p.Verify(), "%d of %d", i, n)
			back, err := merkle.ParseMerkleBlock(p.MerkleBlock())
			require.NoError(t, err)
			require.Equal(t, p, back.Proof(0))
		}
	}
}

func TestProveRefuses(t *testing.T) {
	t.Parallel()
	b := fakeBlock(7, 6)
	for _, i := range []int{-1, 7} {
		_, err := merkle.Prove(b.header, b.txids, i)
		require.ErrorIs(t, err, merkle.ErrIndex)
	}
	_, err := merkle.Prove(b.header, nil, 0)
	require.ErrorIs(t, err, merkle.ErrCount)
	_, err = merkle.Prove(b.header, make([]chainhash.Hash, merkle.MaxTransactions+1), 0)
	require.ErrorIs(t, err, merkle.ErrCount)
	_, err = merkle.Prove(b.header, b.txids[:6], 0)
	require.ErrorIs(t, err, merkle.ErrRoot)
	_, err = merkle.Prove(b.header, append(b.txids, b.txids[6]), 0)
	require.ErrorIs(t, err, merkle.ErrDuplicate)
}

// Whatever is changed in a sound proof, it does not verify.
func TestVerifyNoticesEveryChange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 200).Draw(t, "n")
		b := fakeBlock(n, 7)
		p, err := merkle.Prove(b.header, b.txids, rapid.IntRange(0, n-1).Draw(t, "index"))
		if err != nil || p.Verify() != nil {
			t.Fatal(err, p.Verify())
		}
		bit := rapid.IntRange(0, 255).Draw(t, "bit")
		flip := func(h []byte) { h[bit/8] ^= 1 << (bit % 8) }
		switch rapid.IntRange(0, 5).Draw(t, "what") {
		case 0:
			flip(p.TxID[:])
		case 1:
			flip(p.Header[36:68])
		case 2:
			if len(p.Branch) == 0 {
				t.Skip()
			}
			flip(p.Branch[rapid.IntRange(0, len(p.Branch)-1).Draw(t, "level")][:])
		case 3:
			p.Index ^= 1 << rapid.IntRange(0, 9).Draw(t, "index bit")
		case 4:
			p.Branch = append(p.Branch, p.TxID)
		case 5:
			if len(p.Branch) == 0 {
				t.Skip()
			}
			p.Branch = p.Branch[:len(p.Branch)-1]
		}
		if p.Verify() == nil {
			t.Fatal("a changed proof verified")
		}
	})
}

// The header does not commit to the count, but the count decides the depth, so
// only counts of the same shape can pass.
func TestVerifyCount(t *testing.T) {
	t.Parallel()
	b := fakeBlock(6, 8)
	p, err := merkle.Prove(b.header, b.txids, 2)
	require.NoError(t, err)
	for _, total := range []uint32{0, merkle.MaxTransactions + 1, 1 << 31, 1<<32 - 1} {
		p.Total = total
		require.ErrorIs(t, p.Verify(), merkle.ErrCount)
	}
	for _, total := range []uint32{3, 4, 9, 16} {
		p.Total = total
		require.ErrorIs(t, p.Verify(), merkle.ErrTree)
	}
	p.Total, p.Index = 6, 6
	require.ErrorIs(t, p.Verify(), merkle.ErrIndex)

	// The last of an odd level proved a second time at the place where its
	// copy would stand.
	b = fakeBlock(3, 8)
	p, err = merkle.Prove(b.header, b.txids, 2)
	require.NoError(t, err)
	p.Total, p.Index = 4, 3
	require.ErrorIs(t, p.Verify(), merkle.ErrDuplicate)
}

func BenchmarkVerify(b *testing.B) {
	blk := fakeBlock(3000, 9)
	p, err := merkle.Prove(blk.header, blk.txids, 1234)
	require.NoError(b, err)
	for b.Loop() {
		if err := p.Verify(); err != nil {
			b.Fatal(err)
		}
	}
}
