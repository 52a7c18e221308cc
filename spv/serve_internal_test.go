package spv

import (
	"log/slog"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"thistle/spv/store"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
)

// TestBudget: after a quiet time much may be given at once, in the long run a rate,
// and who waits for somebody who is gone waits no longer.
func TestBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := budget{rate: 100, burst: 1000}
		begun := time.Now()
		for range 10 {
			require.True(t, b.wait(nil, 100))
		}
		require.Zero(t, time.Since(begun))
		for range 20 {
			require.True(t, b.wait(nil, 100))
		}
		require.Equal(t, 20*time.Second, time.Since(begun))
		time.Sleep(5 * time.Second)
		require.True(t, b.wait(nil, 500))
		require.Equal(t, 25*time.Second, time.Since(begun))
		gone := make(chan struct{})
		time.AfterFunc(time.Second, func() { close(gone) })
		require.False(t, b.wait(gone, 5000))
		require.Equal(t, 26*time.Second, time.Since(begun))
		time.Sleep(time.Hour)
		require.True(t, b.wait(nil, 1000), "never more than the burst")
		begun = time.Now()
		require.True(t, b.wait(nil, 100))
		require.Equal(t, time.Second, time.Since(begun))
	})
}

// BenchmarkFilterHashes is the work behind one cfheaders message: 2,000 filters of
// 21 kB are read and hashed.
func BenchmarkFilterHashes(b *testing.B) {
	st, err := store.Open(store.Options{Dir: b.TempDir(), Net: &chaincfg.RegressionNetParams})
	require.NoError(b, err)
	defer func() { require.NoError(b, st.Close()) }()
	rng := rand.NewChaCha8([32]byte{1})
	filter := make([]byte, 21_000)
	var blocks []chainhash.Hash
	for h := range int32(2000) {
		_, _ = rng.Read(filter)
		blocks = append(blocks, chainhash.Hash{byte(h), byte(h >> 8), 1})
		require.NoError(b, st.PutFilter(h+1, blocks[h], filter))
	}
	c := &Client{store: st, log: slog.New(slog.DiscardHandler)}
	gone := make(chan struct{})
	close(gone) // nobody rests
	b.SetBytes(int64(len(filter) * len(blocks)))
	for b.Loop() {
		_, err := newServer(c).hashesOf(1, blocks, gone)
		require.NoError(b, err)
	}
}

// TestPeriodsOfHashesAreFew: those used last are kept.
func TestPeriodsOfHashesAreFew(t *testing.T) {
	t.Parallel()
	s := newServer(new(Client))
	for n := range int32(40) {
		s.period(n).blocks[0] = chainhash.Hash{1}
		s.period(0)
	}
	require.Len(t, s.hashes, keepHashes)
	require.Equal(t, chainhash.Hash{1}, s.period(0).blocks[0])
	require.Zero(t, s.period(10).blocks[0])
}
