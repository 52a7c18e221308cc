package spv_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"thistle/spv"
	"thistle/spv/chain"
	"thistle/spv/sandbox"

	"github.com/btcsuite/btcd/btcutil/v2/gcs/builder"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

const patience = 30 * time.Second

func params(t *testing.T) *chain.Params {
	t.Helper()
	p, err := chain.ParamsFor(&chaincfg.RegressionNetParams, nil)
	require.NoError(t, err)
	return p
}

func config(t *testing.T, dir string, nodes ...*sandbox.Node) spv.Config {
	t.Helper()
	cfg := spv.Config{Params: params(t), Dir: dir, NoDNS: true, BirthdayHeight: 1}
	for _, n := range nodes {
		cfg.Connect = append(cfg.Connect, n.Addr())
	}
	return cfg
}

func node(t *testing.T) *sandbox.Node {
	t.Helper()
	n, err := sandbox.Start(t.Context(), sandbox.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = n.Close() })
	return n
}

// run opens a client and runs it while fn works with it.
func run(t *testing.T, cfg spv.Config, fn func(ctx context.Context, c *spv.Client, sub *spv.Subscription)) {
	t.Helper()
	c, err := spv.Open(cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	sub := c.Subscribe()
	defer sub.Close()
	ran := make(chan error, 1)
	go func() { ran <- c.Run(ctx) }()
	fn(ctx, c, sub)
	cancel()
	require.NoError(t, <-ran)
}

// await waits for an event of type E that pred accepts.
func await[E spv.Event](ctx context.Context, t *testing.T, sub *spv.Subscription, pred func(E) bool) E {
	t.Helper()
	for {
		event, err := sub.Next(ctx)
		require.NoError(t, err, "waiting for an event")
		if e, ok := event.(E); ok && pred(e) {
			return e
		}
	}
}

func filtersTo(ctx context.Context, t *testing.T, sub *spv.Subscription, n *sandbox.Node) {
	t.Helper()
	height, hash := n.Tip()
	await(ctx, t, sub, func(e spv.FiltersAdvanced) bool { return e.Tip == spv.Tip{Height: height, Hash: hash} })
}

func script(b byte) []byte { return append([]byte{0x00, 0x14}, strings.Repeat(string(rune(b)), 20)...) }

// payAndMine pays each script in a block of its own and returns the blocks.
func payAndMine(t *testing.T, n *sandbox.Node, scripts ...[]byte) []chainhash.Hash {
	t.Helper()
	var blocks []chainhash.Hash
	for _, s := range scripts {
		_, err := n.Pay(s, 100_000)
		require.NoError(t, err)
		mined, err := n.Mine(1, nil)
		require.NoError(t, err)
		blocks = append(blocks, mined...)
	}
	return blocks
}

// hitOf is the block at a height that matches some of the scripts asked about.
func hitOf(height int32, block chainhash.Hash, scripts ...int) spv.Hit {
	return spv.Hit{BlockRef: spv.BlockRef{Height: height, Hash: block}, Scripts: scripts}
}

// requireHits holds hits against those that must be there. One filter in 784,931
// names a script by chance, and the blocks are others each time: any other hit
// must be one by btcutil's word too.
func requireHits(t *testing.T, n *sandbox.Node, scripts [][]byte, hits []spv.Hit, want ...spv.Hit) {
	t.Helper()
	for _, w := range want {
		require.Contains(t, hits, w)
	}
	for _, h := range hits {
		if !slices.ContainsFunc(want, func(w spv.Hit) bool { return w.Hash == h.Hash }) {
			require.Equal(t, h.Scripts, namedBy(t, n, h.Hash, scripts), "block %d", h.Height)
		}
	}
}

// namedBy lists the scripts that the filter of a block, made by btcutil, names.
func namedBy(t *testing.T, n *sandbox.Node, hash chainhash.Hash, scripts [][]byte) (places []int) {
	t.Helper()
	block, err := n.Block(hash)
	require.NoError(t, err)
	outputs := make(map[wire.OutPoint][]byte)
	for at := block; at.Header.PrevBlock != (chainhash.Hash{}); {
		for _, tx := range at.Transactions {
			for i, out := range tx.TxOut {
				outputs[wire.OutPoint{Hash: tx.TxHash(), Index: uint32(i)}] = out.PkScript
			}
		}
		at, err = n.Block(at.Header.PrevBlock)
		require.NoError(t, err)
	}
	var spent [][]byte
	for _, tx := range block.Transactions[1:] {
		for _, in := range tx.TxIn {
			require.Contains(t, outputs, in.PreviousOutPoint)
			spent = append(spent, outputs[in.PreviousOutPoint])
		}
	}
	filter, err := builder.BuildBasicFilter(block, spent)
	require.NoError(t, err)
	for i, s := range scripts {
		named, err := filter.Match(builder.DeriveKey(&hash), s)
		require.NoError(t, err)
		if named {
			places = append(places, i)
		}
	}
	return places
}

func TestMatchAndBlock(t *testing.T) {
	t.Parallel()
	n := node(t)
	blocks := payAndMine(t, n, script(1), script(2))
	run(t, config(t, t.TempDir(), n), func(ctx context.Context, c *spv.Client, sub *spv.Subscription) {
		_, err := c.Match(ctx, [][]byte{script(1)}, 1, 10)
		require.ErrorIs(t, err, spv.ErrNotReady, "no filters were asked for")
		c.KeepFilters(1)
		filtersTo(ctx, t, sub, n)
		height, tip := n.Tip()

		res, err := c.Match(ctx, [][]byte{script(1), script(2), script(3)}, 1, height)
		require.NoError(t, err)
		require.Equal(t, tip, res.EndHash)
		requireHits(t, n, [][]byte{script(1), script(2), script(3)}, res.Hits, hitOf(height-1, blocks[0], 0), hitOf(height, blocks[1], 1))
		require.Contains(t, namedBy(t, n, blocks[1], [][]byte{script(1), script(2)}), 1)
		res, err = c.Match(ctx, [][]byte{script(2)}, 1, height-1)
		require.NoError(t, err)
		requireHits(t, n, [][]byte{script(2)}, res.Hits)
		_, err = c.Match(ctx, [][]byte{script(2)}, 1, height+1)
		require.ErrorIs(t, err, spv.ErrNotReady)

		block, err := c.Block(ctx, blocks[1])
		require.NoError(t, err)
		require.Equal(t, height, block.Height)
		proof, err := block.Prove(1)
		require.NoError(t, err)
		require.NoError(t, proof.Verify())
		require.Equal(t, script(2), block.Txs[1].TxOut[0].PkScript)
	})
}

// What is on disk is not downloaded again, and what is damaged there is.
func TestDamagedFilters(t *testing.T) {
	t.Parallel()
	n := node(t)
	payAndMine(t, n, script(1))
	dir := t.TempDir()
	run(t, config(t, dir, n), func(ctx context.Context, c *spv.Client, sub *spv.Subscription) {
		c.KeepFilters(1)
		filtersTo(ctx, t, sub, n)
	})
	height, hash := n.Tip()

	// All is here without a word from the node.
	n.Mute("getcfilters", "getcfheaders", "getcfcheckpt")
	run(t, config(t, dir, n), func(ctx context.Context, c *spv.Client, sub *spv.Subscription) {
		c.KeepFilters(1)
		filtersTo(ctx, t, sub, n)
		res, err := c.Match(ctx, [][]byte{script(1)}, 1, height)
		require.NoError(t, err)
		requireHits(t, n, [][]byte{script(1)}, res.Hits, hitOf(height, hash, 0))
	})
	n.Unmute()

	files, err := filepath.Glob(filepath.Join(dir, "filters", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		damage(t, f)
	}
	run(t, config(t, dir, n), func(ctx context.Context, c *spv.Client, sub *spv.Subscription) {
		c.KeepFilters(1)
		for {
			res, err := c.Match(ctx, [][]byte{script(1)}, 1, height)
			if err == nil {
				requireHits(t, n, [][]byte{script(1)}, res.Hits, hitOf(height, hash, 0))
				return
			}
			require.ErrorIs(t, err, spv.ErrNotReady)
			await(ctx, t, sub, func(e spv.FiltersAdvanced) bool { return true })
		}
	})
}

// Filters that turn out to be damaged when they are read are asked for together.
func TestDamagedWhileRunning(t *testing.T) {
	t.Parallel()
	n := node(t)
	payAndMine(t, n, script(1))
	height, hash := n.Tip()
	dir := t.TempDir()
	run(t, config(t, dir, n), func(ctx context.Context, c *spv.Client, sub *spv.Subscription) {
		c.KeepFilters(1)
		filtersTo(ctx, t, sub, n)
		files, err := filepath.Glob(filepath.Join(dir, "filters", "*"))
		require.NoError(t, err)
		for _, f := range files {
			damage(t, f)
		}
		for rounds := 0; ; rounds++ {
			require.Less(t, rounds, 20, "they are asked for one by one")
			res, err := c.Match(ctx, [][]byte{script(1)}, 1, height)
			if err == nil {
				require.Positive(t, rounds, "nothing was damaged")
				requireHits(t, n, [][]byte{script(1)}, res.Hits, hitOf(height, hash, 0))
				return
			}
			require.ErrorIs(t, err, spv.ErrNotReady)
			filtersTo(ctx, t, sub, n)
		}
	})
}

// damage flips a bit in every hundredth byte.
func damage(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	for i := 100; i < len(b); i += 100 {
		b[i] ^= 0x10
	}
	require.NoError(t, os.WriteFile(file, b, 0o600))
}

// An older birthday than before widens what is kept.
func TestEarlierBirthday(t *testing.T) {
	t.Parallel()
	n := node(t)
	blocks := payAndMine(t, n, script(1))
	_, err := n.Mine(50, nil)
	require.NoError(t, err)
	height, _ := n.Tip()
	dir := t.TempDir()
	run(t, config(t, dir, n), func(ctx context.Context, c *spv.Client, sub *spv.Subscription) {
		c.KeepFilters(height - 10)
		filtersTo(ctx, t, sub, n)
		_, err := c.Match(ctx, [][]byte{script(1)}, 1, height)
		require.ErrorIs(t, err, spv.ErrNotReady)
		c.KeepFilters(1)
		await(ctx, t, sub, func(e spv.FiltersAdvanced) bool { return e.From == 1 && e.Tip.Height == height })
		res, err := c.Match(ctx, [][]byte{script(1)}, 1, height)
		require.NoError(t, err)
		requireHits(t, n, [][]byte{script(1)}, res.Hits, hitOf(height-50, blocks[0], 0))
	})
}

// Run leaves no goroutine behind, and says nothing of a context that ended.
func TestRunEnds(t *testing.T) {
	n := node(t)
	run(t, config(t, t.TempDir(), n), func(ctx context.Context, c *spv.Client, sub *spv.Subscription) {
		await(ctx, t, sub, func(e spv.HeadersCurrent) bool { return true })
	})
	buf := make([]byte, 1<<20)
	stacks := string(buf[:runtime.Stack(buf, true)])
	for _, mine := range []string{"thistle/spv.(*runner)", "thistle/spv/peer."} {
		require.NotContains(t, stacks, mine)
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := config(t, dir)
	cfg.Existing = true
	_, err := spv.Open(cfg)
	require.ErrorIs(t, err, spv.ErrNoChain)
	cfg.Existing = false
	c, err := spv.Open(cfg)
	require.NoError(t, err)
	_, err = spv.Open(cfg)
	require.ErrorIs(t, err, spv.ErrInUse)
	require.NoError(t, c.Close())
	cfg.Existing = true
	c, err = spv.Open(cfg)
	require.NoError(t, err)
	require.NoError(t, c.Close())
}

// A chain.db that cannot be read is set aside and the chain downloaded again.
func TestSetAside(t *testing.T) {
	t.Parallel()
	n := node(t)
	dir := t.TempDir()
	current := func(ctx context.Context, c *spv.Client, sub *spv.Subscription) {
		await(ctx, t, sub, func(e spv.HeadersCurrent) bool { return true })
		height, hash := n.Tip()
		require.Equal(t, spv.Tip{Height: height, Hash: hash}, c.Tip())
	}
	run(t, config(t, dir, n), current)
	require.NoError(t, os.Truncate(filepath.Join(dir, "chain.db"), 5000))
	run(t, config(t, dir, n), func(ctx context.Context, c *spv.Client, sub *spv.Subscription) {
		require.Len(t, c.SetAside(), 1)
		current(ctx, c, sub)
	})
}

// A mainnet chain begins at the newest checkpoint, and the birthday decides from
// where on it is wanted.
func TestWantedBase(t *testing.T) {
	t.Parallel()
	p := mainnet(t)
	last := p.Checkpoints[len(p.Checkpoints)-1]
	wanted := func(dir string, height int32, when time.Time, keep bool) int32 {
		c, err := spv.Open(spv.Config{Params: p, Dir: dir, BirthdayHeight: height, BirthdayTime: when, KeepBase: keep,
			Connect: []string{"10.0.0.1:8333"}, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("refused") }})
		require.NoError(t, err)
		defer func() { require.NoError(t, c.Close()) }()
		require.Equal(t, last.Height+1, c.Base(), "begun again")
		ctx, stop := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		sub := c.Subscribe()
		go func() { ran <- c.Run(ctx) }()
		await(ctx, t, sub, func(spv.PeerFailed) bool { return true })
		stop()
		require.NoError(t, <-ran)
		return c.Status().BaseWanted
	}
	dir := t.TempDir()
	require.Equal(t, last.Height+1, wanted(dir, 0, last.Time.AddDate(1, 0, 0), false), "a new wallet needs nothing older")
	require.Equal(t, last.Height+1, wanted(dir, 0, time.Time{}, false), "no wish changes nothing")
	require.Equal(t, int32(481_824), wanted(dir, 481_900, time.Time{}, false), "an older wallet wants more")
	require.Equal(t, last.Height+1, wanted(dir, 481_900, time.Time{}, true), "not if it is to stay as it is")
	require.Equal(t, int32(0), wanted(t.TempDir(), 0, time.Time{}, false), "a new one without a wish is wanted whole")
	require.Equal(t, int32(481_824), wanted(t.TempDir(), 481_900, time.Time{}, true))
}
