package sandbox_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/sandbox"
)

func confirmedTx(t *testing.T, n *sandbox.Node, txid chainhash.Hash) *wire.MsgTx {
	t.Helper()
	hash, err := n.HashAt(confirmedAt(t, n, txid))
	require.NoError(t, err)
	block, err := n.Block(hash)
	require.NoError(t, err)
	for _, tx := range block.Transactions {
		if tx.TxHash() == txid {
			return tx
		}
	}
	require.Fail(t, "not in the block")
	return nil
}

func TestMinesManyBlocksQuickly(t *testing.T) {
	t.Parallel()
	n := start(t, sandbox.Options{})
	began := time.Now()
	hashes, err := n.Mine(2000, script(1))
	require.NoError(t, err)
	took := time.Since(began)
	t.Logf("2,000 blocks in %v", took)
	require.Len(t, hashes, 2000)
	require.Less(t, took, 30*time.Second, "a second or so on an idle machine")

	prev := genesis()
	last := time.Time{}
	for height := int32(1); height <= 2200; height++ {
		hash, err := n.HashAt(height)
		require.NoError(t, err)
		block, err := n.Block(hash)
		require.NoError(t, err)
		require.Equal(t, prev, block.Header.PrevBlock)
		require.True(t, block.Header.Timestamp.After(last), "height %d", height)
		prev, last = hash, block.Header.Timestamp
		if height > 200 {
			require.Equal(t, script(1), block.Transactions[0].TxOut[0].PkScript)
		}
	}
	require.WithinDuration(t, time.Now().Add(2000*time.Second), last, 5*time.Minute)

	// More than one batch of headers for a newcomer.
	late := start(t, sandbox.Options{Connect: []string{n.Addr()}})
	require.NoError(t, late.Await(t.Context(), func() bool { h, _ := late.Tip(); return h == 2200 }))
}

// With a clock that stands still, blocks run ahead of it but never so far that
// others refuse them.
func TestBlockTimesStayNearTheClock(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	clock := func() time.Time { return now }
	n := start(t, sandbox.Options{Now: clock})
	_, err := n.Mine(6000, nil)
	require.NoError(t, err)
	_, tip := n.Tip()
	block, err := n.Block(tip)
	require.NoError(t, err)
	lead := block.Header.Timestamp.Sub(now)
	require.Greater(t, lead, 80*time.Minute)
	require.Less(t, lead, 110*time.Minute)
	require.NoError(t, n.Reorg(3, 4))
}

func TestPayFromManyAndConfirmTogether(t *testing.T) {
	t.Parallel()
	n := start(t, sandbox.Options{})
	want := map[chainhash.Hash]bool{}
	for i := range 300 { // more than there are coins: change of change
		txid, err := n.PayMany([]*wire.TxOut{wire.NewTxOut(1e5, script(byte(i))), wire.NewTxOut(2e5, script(7))})
		require.NoError(t, err, "payment %d", i)
		want[txid] = true
	}
	require.Len(t, n.Mempool(), 300)
	hashes, err := n.Mine(1, nil)
	require.NoError(t, err)
	require.Empty(t, n.Mempool())
	block, err := n.Block(hashes[0])
	require.NoError(t, err)
	requireSound(t, block)
	require.Len(t, block.Transactions, 301)
	for _, tx := range block.Transactions[1:] {
		require.True(t, want[tx.TxHash()])
		require.EqualValues(t, 1e5, tx.TxOut[0].Value)
		require.EqualValues(t, 2e5, tx.TxOut[1].Value)
	}
	require.Greater(t, block.Transactions[0].TxOut[0].Value, int64(25e8), "subsidy and fees")
	_, err = n.Pay(script(1), 2000e8) // forty coins
	require.NoError(t, err)
}

func TestReopensItsFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "node")
	first := start(t, sandbox.Options{DataDir: dir})
	_, err := first.Pay(script(1), 1e6)
	require.NoError(t, err)
	_, err = first.Mine(3, nil)
	require.NoError(t, err)
	height, tip := first.Tip()
	require.NoError(t, first.Close())

	second := start(t, sandbox.Options{DataDir: dir})
	h, hash := second.Tip()
	require.Equal(t, height, h)
	require.Equal(t, tip, hash)
	require.Equal(t, first.FaucetScript(), second.FaucetScript())
	txid, err := second.Pay(script(1), 4000e8)
	require.NoError(t, err, "the coins were found again")
	_, err = second.Mine(1, nil)
	require.NoError(t, err)
	require.Equal(t, height+1, confirmedAt(t, second, txid))
}

func TestMute(t *testing.T) {
	t.Parallel()
	n := start(t, sandbox.Options{Mute: []string{wire.CmdGetData}})
	c := dial(t, n.Addr(), false)
	_, tip := n.Tip()
	c.get(wire.InvTypeWitnessBlock, tip)
	for _, m := range c.sync() {
		require.NotEqual(t, wire.CmdBlock, m.Command())
	}
	require.Len(t, c.headers(genesis()), 200, "hears the rest")
	n.Unmute(wire.CmdGetData)
	requireSound(t, c.block(tip, wire.InvTypeWitnessBlock))

	// Everything: the connection stands, the handshake never comes.
	n.Mute(sandbox.Everything)
	mute := dialRaw(t, n.Addr())
	mute.send(&wire.MsgVersion{ProtocolVersion: pver, Timestamp: time.Unix(1, 0)})
	require.NoError(t, mute.conn.SetReadDeadline(time.Now().Add(200*time.Millisecond)))
	_, err := mute.conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
}

func TestClosedNode(t *testing.T) {
	t.Parallel()
	n := start(t, sandbox.Options{Premine: 1})
	addr := n.Addr()
	require.NoError(t, n.Close())
	require.NoError(t, n.Close())
	_, err := n.Mine(1, nil)
	require.ErrorIs(t, err, sandbox.ErrClosed)
	_, err = n.Pay(script(1), 1e6)
	require.ErrorIs(t, err, sandbox.ErrClosed)
	require.ErrorIs(t, n.Reorg(1, 2), sandbox.ErrClosed)
	require.ErrorIs(t, n.Await(t.Context(), func() bool { return false }), sandbox.ErrClosed)
	_, err = net.Dial("tcp", addr)
	require.Error(t, err)
}

func TestStartFailsCleanly(t *testing.T) {
	t.Parallel()
	_, err := sandbox.Start(t.Context(), sandbox.Options{Listen: "256.0.0.1:1", Premine: 1})
	require.Error(t, err)
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = sandbox.Start(t.Context(), sandbox.Options{DataDir: file})
	require.Error(t, err)
	_, err = sandbox.Network(t.Context(), 0)
	require.Error(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = sandbox.Network(ctx, 2)
	require.Error(t, err)
}

// Readers, miners, payers and reorganisers at once, and Close in the middle.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c, err := sandbox.Network(ctx, 3)
	require.NoError(t, err)
	done := make(chan error)
	work := func(f func(i int) error) {
		go func() {
			for i := range 15 {
				if err := f(i); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for i, n := range c {
		work(func(int) error { _, err := n.Mine(1, nil); return err })
		work(func(k int) error { _, err := n.Pay(script(byte(k)), 1e5); return err })
		if i == 0 {
			work(func(int) error { return n.Reorg(2, 3) })
		}
		cl := dial(t, n.Addr(), false)
		work(func(int) error { cl.headers(genesis()); return nil })
	}
	for range 3*3 + 1 {
		require.NoError(t, <-done)
	}
	// Whatever happened, one more block on one node settles it.
	longest := c[0]
	for _, n := range c {
		a, _ := n.Tip()
		if b, _ := longest.Tip(); a > b {
			longest = n
		}
	}
	_, err = longest.Mine(3, nil)
	require.NoError(t, err)
	_, tip := longest.Tip()
	for _, n := range c {
		require.NoError(t, n.Await(ctx, func() bool { _, h := n.Tip(); return h == tip }))
	}
	go func() { _, err := c[0].Mine(100_000, nil); done <- err }()
	require.NoError(t, c.Close())
	require.True(t, errors.Is(<-done, sandbox.ErrClosed))
}

// Not parallel: it looks at all goroutines of the process that run our or
// btcd's code.
func TestCloseLeavesNothing(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	before := strangers()
	c, err := sandbox.Network(t.Context(), 3)
	require.NoError(t, err)
	dial(t, c[0].Addr(), false)
	_, err = c[1].Mine(5, nil)
	require.NoError(t, err)
	half := dialRaw(t, c[2].Addr()) // in mid-handshake
	half.send(&wire.MsgVersion{ProtocolVersion: pver, Timestamp: time.Unix(1, 0)})
	require.NoError(t, c.Close())

	ctx, cancel := context.WithCancel(t.Context())
	n, err := sandbox.Start(ctx, sandbox.Options{Premine: 1, Connect: []string{"127.0.0.1:1"}})
	require.NoError(t, err)
	cancel() // closes as well
	require.ErrorIs(t, n.Await(t.Context(), func() bool { return false }), sandbox.ErrClosed)
	require.NoError(t, n.Close())

	require.Eventually(t, func() bool { return strangers() <= before }, patient, time.Millisecond, "goroutines left")
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	require.Empty(t, left)
}

// strangers counts the goroutines of nodes.
func strangers() int {
	buf := make([]byte, 4<<20)
	count := 0
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(g, "btcsuite/btcd/") || strings.Contains(g, "goleveldb") || strings.Contains(g, "thistle/spv/sandbox.") {
			count++
		}
	}
	return count
}

func BenchmarkMine(b *testing.B) {
	// A clock that keeps up, or the blocks would come too far ahead of it.
	var ticks atomic.Int64
	n := start(b, sandbox.Options{Now: func() time.Time { return time.Unix(1_700_000_000+ticks.Add(1), 0) }})
	for b.Loop() {
		_, err := n.Mine(1, nil)
		require.NoError(b, err)
	}
}

func BenchmarkPay(b *testing.B) {
	n := start(b, sandbox.Options{})
	for i := 0; b.Loop(); i++ {
		_, err := n.Pay(script(1), 1e4)
		require.NoError(b, err)
		if i%50 == 49 {
			_, err := n.Mine(1, nil)
			require.NoError(b, err)
		}
	}
}
