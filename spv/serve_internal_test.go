package spv

import (
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"thistle/spv/chain"
	"thistle/spv/protocol"
	"thistle/spv/spvtest"
	"thistle/spv/store"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
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
		s, from := newServer(c), int32(1)
		for some := range slices.Chunk(blocks, hashAtOnce) {
			_, _, err := s.hashSome(nil, from, some, gone)
			require.NoError(b, err)
			from += int32(len(some))
		}
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

// archive is a client with a chain and the filters of its blocks.
func archive(t *testing.T, blocks int) (*Client, spvtest.Branch) {
	t.Helper()
	g := spvtest.NewGenerator(spvtest.Options{Seed: 3})
	b := g.Mine(g.Genesis(), blocks)
	st, err := store.Open(store.Options{Dir: t.TempDir(), Net: g.Params().Net})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	tree := chain.New(g.Params(), g.Params().Genesis())
	_, err = tree.Add(b.Tip().Time(), b.Headers(1, int32(blocks)))
	require.NoError(t, err)
	state := protocol.FilterState{From: 1, Base: 1, Prev: b[0].FilterHeader}
	for _, blk := range b[1:] {
		state.Headers = append(state.Headers, blk.FilterHeader)
		require.NoError(t, st.PutFilter(blk.Height, blk.Hash, blk.Filter))
	}
	c := &Client{store: st, tree: tree, log: slog.New(slog.DiscardHandler)}
	c.machine = protocol.New(protocol.Config{Params: g.Params(), Tree: tree, Filters: state, Rand: rand.New(rand.NewPCG(1, 2))})
	return c, b
}

// TestHashesOfFalseFilters: what was kept of filters that turned out to be false
// does not keep the true ones from being served; where those are not here, nothing
// is said.
func TestHashesOfFalseFilters(t *testing.T) {
	t.Parallel()
	c, b := archive(t, 50)
	s := newServer(c)
	ask := func() (hashes []*chainhash.Hash, err error) {
		err = s.filterHashes(protocol.Serve{From: 1, Stop: Tip{Height: 50, Hash: b.Tip().Hash}}, nil, func(msg wire.Message, _ int) error {
			hashes = msg.(*wire.MsgCFHeaders).FilterHashes
			return nil
		})
		return hashes, err
	}
	require.NoError(t, c.store.PutFilter(20, b[20].Hash, []byte{1, 2, 3}))
	_, err := ask()
	require.ErrorIs(t, err, errOther)
	require.NoError(t, c.store.PutFilter(20, b[20].Hash, b[20].Filter))
	hashes, err := ask()
	require.NoError(t, err)
	require.Len(t, hashes, 50)
	require.Equal(t, b[20].FilterHash, *hashes[19])
}

// TestHashesForNobody: who hangs up has no more filters read, and who asks for ever
// other hashes has them read at a rate.
func TestHashesForNobody(t *testing.T) {
	t.Parallel()
	c, b := archive(t, 2*hashAtOnce)
	var blocks []chainhash.Hash
	size := 0
	for _, blk := range b[1:] {
		blocks = append(blocks, blk.Hash)
		size += len(blk.Filter)
	}
	gone := make(chan struct{})
	s := newServer(c)
	s.read = budget{rate: 1, burst: 1} // a wait without end
	time.AfterFunc(10*time.Millisecond, func() { close(gone) })
	_, err := s.hashesOf(1, blocks, gone)
	require.ErrorIs(t, err, errLeft)
	require.NotZero(t, s.period(0).blocks[hashAtOnce])
	require.Zero(t, s.period(0).blocks[hashAtOnce+1])

	s = newServer(c)
	s.read = budget{rate: float64(size), burst: 10 * float64(size)}
	for range 3 { // twice they are kept
		_, err = s.hashesOf(1, blocks, nil)
		require.NoError(t, err)
	}
	full := s.read.paid.Add(10 * time.Second)
	require.InDelta(t, 1, time.Until(full).Seconds(), 0.9)
}
