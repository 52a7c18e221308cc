package spv_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"thistle/spv"
	"thistle/spv/sandbox"
	"thistle/spv/spvtest/synth"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// asker is a peer that speaks plain bytes.
type asker struct {
	t    *testing.T
	sock net.Conn
	// version is what the other side said of itself.
	version *wire.MsgVersion
}

func ask(t *testing.T, addr string) *asker {
	t.Helper()
	sock, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { sock.Close() })
	require.NoError(t, sock.SetDeadline(time.Now().Add(patience)))
	a := &asker{t: t, sock: sock}
	a.say(&wire.MsgVersion{
		ProtocolVersion: 70016, Services: wire.SFNodeWitness, Timestamp: time.Unix(time.Now().Unix(), 0),
		Nonce: 7, UserAgent: "/asker:1/",
	})
	a.version = new(wire.MsgVersion)
	require.NoError(t, a.version.BtcDecode(bytes.NewBuffer(a.hear("version")), 70016, wire.WitnessEncoding))
	a.say(&wire.MsgVerAck{})
	a.hear("verack")
	return a
}

func (a *asker) say(msg wire.Message) {
	a.t.Helper()
	_, err := wire.WriteMessageWithEncodingN(a.sock, msg, 70016, chaincfg.RegressionNetParams.Net, wire.WitnessEncoding)
	require.NoError(a.t, err)
}

// hear returns the payload of the next message of some kind.
func (a *asker) hear(command string) []byte {
	a.t.Helper()
	for {
		var head [24]byte
		_, err := io.ReadFull(a.sock, head[:])
		require.NoError(a.t, err, "waiting for %s", command)
		payload := make([]byte, binary.LittleEndian.Uint32(head[16:]))
		_, err = io.ReadFull(a.sock, payload)
		require.NoError(a.t, err)
		if string(bytes.TrimRight(head[4:16], "\x00")) == command {
			return payload
		}
	}
}

// listening is a config of a client that serves, with all filters of a node.
func listening(t *testing.T, nodes ...*sandbox.Node) spv.Config {
	cfg := config(t, t.TempDir(), nodes...)
	cfg.Listen = "127.0.0.1:0"
	return cfg
}

// synced waits until the client has all filters and says so.
func synced(ctx context.Context, t *testing.T, c *spv.Client, sub *spv.Subscription, n *sandbox.Node) {
	t.Helper()
	c.KeepFilters(1)
	filtersTo(ctx, t, sub, n)
	_, hash := n.Tip()
	if !c.Status().Current {
		await(ctx, t, sub, func(e spv.HeadersCurrent) bool { return e.Tip.Hash == hash })
	}
}

// TestServesLikeBtcd: to every question that btcd's own code answers we give the
// same bytes.
func TestServesLikeBtcd(t *testing.T) {
	t.Parallel()
	n, err := sandbox.Start(t.Context(), sandbox.Options{Premine: 2100})
	require.NoError(t, err)
	t.Cleanup(func() { _ = n.Close() })
	payAndMine(t, n, script(1), script(2), script(3))
	run(t, listening(t, n), func(ctx context.Context, c *spv.Client, sub *spv.Subscription) {
		synced(ctx, t, c, sub, n)
		height, tip := n.Tip()
		at := func(h int32) chainhash.Hash {
			hash, err := n.HashAt(h)
			require.NoError(t, err)
			return hash
		}
		locator := func(heights ...int32) (list []*chainhash.Hash) {
			for _, h := range heights {
				hash := at(h)
				list = append(list, &hash)
			}
			return list
		}
		unknown := chainhash.Hash{1}
		questions := []struct {
			ask    wire.Message
			answer string
			times  int
		}{
			{&wire.MsgGetHeaders{ProtocolVersion: 70016, BlockLocatorHashes: locator(0)}, "headers", 1},
			{&wire.MsgGetHeaders{ProtocolVersion: 70016, BlockLocatorHashes: locator(2000, 1000, 0)}, "headers", 1},
			{&wire.MsgGetHeaders{ProtocolVersion: 70016, BlockLocatorHashes: append([]*chainhash.Hash{&unknown}, locator(1999)...)}, "headers", 1},
			{&wire.MsgGetHeaders{ProtocolVersion: 70016, BlockLocatorHashes: []*chainhash.Hash{&unknown}}, "headers", 1},
			{&wire.MsgGetHeaders{ProtocolVersion: 70016, BlockLocatorHashes: locator(10), HashStop: at(20)}, "headers", 1},
			{&wire.MsgGetHeaders{ProtocolVersion: 70016, BlockLocatorHashes: locator(height)}, "headers", 1},
			{&wire.MsgGetHeaders{ProtocolVersion: 70016, HashStop: at(77)}, "headers", 1},
			{&wire.MsgGetCFHeaders{StartHeight: 0, StopHash: at(1999)}, "cfheaders", 1},
			{&wire.MsgGetCFHeaders{StartHeight: 1, StopHash: at(2000)}, "cfheaders", 1},
			{&wire.MsgGetCFHeaders{StartHeight: uint32(height), StopHash: tip}, "cfheaders", 1},
			{&wire.MsgGetCFCheckpt{StopHash: tip}, "cfcheckpt", 1},
			{&wire.MsgGetCFCheckpt{StopHash: at(999)}, "cfcheckpt", 1},
			{&wire.MsgGetCFilters{StartHeight: 0, StopHash: at(50)}, "cfilter", 51},
			{&wire.MsgGetCFilters{StartHeight: uint32(height - 5), StopHash: tip}, "cfilter", 6},
		}
		btcd, ours := ask(t, n.Addr()), ask(t, c.ListenAddr())
		require.Equal(t, wire.SFNodeWitness|wire.SFNodeCF, ours.version.Services&^wire.SFNodeP2PV2)
		for i, q := range questions {
			btcd.say(q.ask)
			ours.say(q.ask)
			for range q.times {
				require.Equal(t, btcd.hear(q.answer), ours.hear(q.answer), "question %d", i)
			}
		}
		require.Positive(t, c.Given().Bytes)
	})
}

// TestFirstServesSecond: a client whose only other peer is another of us gets
// headers and filters from it alone, follows new blocks, and has blocks from
// elsewhere.
func TestFirstServesSecond(t *testing.T) {
	t.Parallel()
	n := node(t)
	mined := payAndMine(t, n, script(1), script(2))
	run(t, listening(t, n), func(ctx context.Context, first *spv.Client, sub1 *spv.Subscription) {
		first.KeepFilters(150)
		filtersTo(ctx, t, sub1, n)
		cfg := config(t, t.TempDir())
		cfg.Connect = []string{first.ListenAddr()}
		run(t, cfg, func(ctx context.Context, second *spv.Client, sub2 *spv.Subscription) {
			second.KeepFilters(150)
			filtersTo(ctx, t, sub2, n)
			more := payAndMine(t, n, script(3))
			filtersTo(ctx, t, sub1, n)
			filtersTo(ctx, t, sub2, n)
			height, _ := n.Tip()
			res, err := second.Match(ctx, [][]byte{script(1), script(3)}, 150, height)
			require.NoError(t, err)
			requireHits(t, n, [][]byte{script(1), script(3)}, res.Hits, hitOf(height-2, mined[0], 0), hitOf(height, more[0], 1))
			require.Zero(t, first.Status().Progress.Peers-1, "who connected to us is no peer of ours")
			require.Len(t, first.Status().Peers, 2)
			soon, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
			defer cancel()
			_, err = second.Block(soon, more[0])
			require.ErrorIs(t, err, context.DeadlineExceeded, "nobody here has blocks")
		})
		// With a node beside it, it has blocks.
		cfg = config(t, t.TempDir(), n)
		cfg.Connect = append(cfg.Connect, first.ListenAddr())
		run(t, cfg, func(ctx context.Context, third *spv.Client, sub3 *spv.Subscription) {
			third.KeepFilters(190)
			filtersTo(ctx, t, sub3, n)
			block, err := third.Block(ctx, mined[1])
			require.NoError(t, err)
			require.Equal(t, mined[1], block.Hash)
		})
	})
}

// TestServesWithoutWallets: what was kept for wallets is served also while none
// is open.
func TestServesWithoutWallets(t *testing.T) {
	t.Parallel()
	n := node(t)
	cfg := listening(t, n)
	run(t, cfg, func(ctx context.Context, first *spv.Client, sub *spv.Subscription) {
		first.KeepFilters(150)
		filtersTo(ctx, t, sub, n)
	})
	payAndMine(t, n, script(1))
	run(t, cfg, func(ctx context.Context, first *spv.Client, sub *spv.Subscription) {
		filtersTo(ctx, t, sub, n)
		other := config(t, t.TempDir())
		other.Connect = []string{first.ListenAddr()}
		run(t, other, func(ctx context.Context, second *spv.Client, sub2 *spv.Subscription) {
			second.KeepFilters(150)
			filtersTo(ctx, t, sub2, n)
		})
	})
}

// TestServesManyBlocks: far behind, a second client has filter checkpoints from
// one that holds everything, and goes on in small steps with one that does not.
func TestServesManyBlocks(t *testing.T) {
	t.Parallel()
	long, err := synth.New(synth.Options{Seed: 5, Height: 7_100})
	require.NoError(t, err)
	facts, err := long.Facts(6_500)
	require.NoError(t, err)
	params, err := facts.Params()
	require.NoError(t, err)
	listener, err := synth.Listen(t.Context())
	require.NoError(t, err)
	served := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { served <- synth.NewPeer(long, synth.Manners{}).Serve(ctx, listener) }()
	t.Cleanup(func() { cancel(); require.NoError(t, <-served) })

	all := func(ctx context.Context, t *testing.T, c *spv.Client, sub *spv.Subscription, from int32) {
		t.Helper()
		c.KeepFilters(from)
		await(ctx, t, sub, func(e spv.FiltersAdvanced) bool { return e.Tip == long.Tip() && e.From <= from })
	}
	for name, birthday := range map[string]int32{"everything": 1, "the newer part": 2100} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := spv.Config{Params: params, Dir: t.TempDir(), NoDNS: true, BirthdayHeight: birthday}
			cfg.Connect, cfg.Listen = []string{listener.Addr().String()}, "127.0.0.1:0"
			run(t, cfg, func(ctx context.Context, first *spv.Client, sub *spv.Subscription) {
				all(ctx, t, first, sub, birthday)
				from, _ := first.Filters()
				require.Equal(t, max(birthday-birthday%2016, 1), from, "nobody learns the birthday")
				cfg.Connect, cfg.Listen, cfg.Dir = []string{first.ListenAddr()}, "", t.TempDir()
				run(t, cfg, func(ctx context.Context, second *spv.Client, sub *spv.Subscription) {
					all(ctx, t, second, sub, birthday)
					require.Equal(t, birthday == 1, second.Status().Peers[0].ServesFilters())
				})
			})
		})
	}
}
