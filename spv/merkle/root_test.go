package merkle_test

import (
	"testing"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"thistle/spv/merkle"
)

func TestRootOfRealBlocks(t *testing.T) {
	t.Parallel()
	blocks := append(earlyBlocks(t), modernBlocks(t)...)
	txs := 0
	for _, b := range blocks {
		root, mutated := merkle.Root(b.txids)
		require.False(t, mutated)
		require.Equal(t, b.msg.Header.MerkleRoot, root)
		txs += len(b.txids)
	}
	require.Equal(t, 14_138, len(blocks))
	require.Greater(t, txs, 14_138+115)
}

func TestRootAgainstDefinition(t *testing.T) {
	t.Parallel()
	root, mutated := merkle.Root(nil)
	require.Equal(t, chainhash.Hash{}, root)
	require.False(t, mutated)
	for n := 1; n <= 300; n++ {
		b := fakeBlock(n, 1)
		before := append([]chainhash.Hash(nil), b.txids...)
		root, mutated := merkle.Root(b.txids)
		require.Equal(t, naiveRoot(b.txids), root)
		require.False(t, mutated)
		require.Equal(t, before, b.txids, "the caller's list is not touched")
	}
}

// A list whose end is repeated so that a level becomes even has the same root,
// and is told apart (CVE-2012-2459).
func TestRootTellsRepeatedEnd(t *testing.T) {
	t.Parallel()
	cases := 0
	for n := 1; n <= 200; n++ {
		for level := 0; 1<<level <= n; level++ {
			if n>>level%2 == 0 || n%(1<<level) != 0 || n>>level == 1 {
				continue // only the last of an odd level can be repeated
			}
			b := fakeBlock(n, 2)
			longer := append(append([]chainhash.Hash(nil), b.txids...), b.txids[n-1<<level:]...)
			want, mutated := merkle.Root(b.txids)
			require.False(t, mutated)
			got, mutated := merkle.Root(longer)
			require.Equal(t, want, got, "%d repeated at level %d", n, level)
			require.True(t, mutated)
			cases++
		}
	}
	require.Equal(t, 200-8, cases, "each n has one such level, that of its lowest bit, but powers of two have none")
}

// Any adjacent pair of equal txids is a mutation, wherever it stands.
func TestRootEqualNeighbours(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 64).Draw(t, "n")
		i := rapid.IntRange(0, n/2-1).Draw(t, "pair")
		b := fakeBlock(n, 3)
		b.txids[2*i+1] = b.txids[2*i]
		_, mutated := merkle.Root(b.txids)
		if !mutated {
			t.Fatalf("pair %d of %d not noticed", i, n)
		}
		if _, err := merkle.Prove(b.header, b.txids, 0); err == nil {
			t.Fatal("proved from a mutated list")
		}
	})
}

func BenchmarkRoot(b *testing.B) {
	blk := fakeBlock(3000, 4)
	for b.Loop() {
		merkle.Root(blk.txids)
	}
}
