package hd

import (
	"testing"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Our candidates against btcec's, with extra data and without, several deep.
func TestNonces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) [32]byte {
			return [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, name))
		}
		key, hash := draw("key"), draw("hash")
		var extra []byte
		if rapid.Bool().Draw(t, "with extra") {
			e := draw("extra")
			extra = e[:]
		}
		stream := newNonces(&key, &hash, extra)
		for i := range uint32(3) {
			want := btcec.NonceRFC6979(key[:], hash[:], extra, nil, i)
			require.True(t, want.Equals(stream.next()), "candidate %d", i)
		}
		stream.wipe()
		require.Equal(t, nonces{}, *stream)
	})
}

// Hashing stays on the stack, where it is overwritten, and leaves nothing on
// the heap.
func TestHashingDoesNotAllocate(t *testing.T) {
	var key, hash [32]byte
	require.Zero(t, testing.AllocsPerRun(10, func() { hmacSHA512(key[:], hash[:]) }))
	n := newNonces(&key, &hash, nil)
	require.Zero(t, testing.AllocsPerRun(10, func() { n.hmac(key[:], hash[:]) }))
}
