package app_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"thistle/app"
	"thistle/app/units"
	"thistle/spv/sandbox"

	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/btcutil/v2/bloom"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

const ownAddr = "10.99.0.1:18444"

// ownNode is the person's own node, which has the sandbox's chain and answers by
// Bloom filters. What is said to others is tapped.
type ownNode struct {
	n      *sandbox.Node
	others tap
	group  sync.WaitGroup

	mu    sync.Mutex
	spoil func(block *wire.MsgBlock, said []wire.Message) (say []wire.Message, goOn bool)
	asked int // blocks
}

func newOwnNode(t *testing.T) (*ownNode, *app.Env) {
	t.Helper()
	o := &ownNode{n: lone(t, sandbox.Options{})}
	t.Cleanup(o.group.Wait)
	env := newEnv(t, o.n.Addr())
	env.Peering.Bloom, env.Peering.NoV2, env.Dial = ownAddr, true, o.dial
	return o, env
}

func (o *ownNode) set(spoil func(*wire.MsgBlock, []wire.Message) ([]wire.Message, bool)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.spoil = spoil
}

// served tells of how many blocks it has told since it was asked last.
func (o *ownNode) served() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := o.asked
	o.asked = 0
	return n
}

// told tells whether others have heard a command.
func (o *ownNode) told(command string) bool {
	o.others.mu.Lock()
	defer o.others.mu.Unlock()
	return bytes.Contains(o.others.sent, append([]byte(command), 0))
}

func (o *ownNode) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if addr != ownAddr {
		return o.others.dial(ctx, network, addr)
	}
	ours, theirs := net.Pipe()
	o.group.Go(func() {
		defer theirs.Close()
		o.talk(theirs)
	})
	return ours, nil
}

func (o *ownNode) talk(conn net.Conn) {
	queue := make(chan wire.Message, 10_000)
	defer close(queue)
	o.group.Go(func() {
		for m := range queue {
			_, _ = wire.WriteMessageWithEncodingN(conn, m, wire.ProtocolVersion, wire.TestNet, wire.BaseEncoding) // the reader ends it
		}
	})
	var filter *bloom.Filter
	for {
		_, msg, _, err := wire.ReadMessageWithEncodingN(conn, wire.ProtocolVersion, wire.TestNet, wire.WitnessEncoding)
		if errors.Is(err, wire.ErrUnknownMessage) {
			continue
		}
		if err != nil {
			return
		}
		switch msg := msg.(type) {
		case *wire.MsgVersion:
			queue <- &wire.MsgVersion{
				ProtocolVersion: int32(wire.ProtocolVersion), Services: wire.SFNodeNetwork | wire.SFNodeWitness | wire.SFNodeBloom,
				Timestamp: time.Now(), Nonce: msg.Nonce + 1, UserAgent: "/own/",
			}
			queue <- wire.NewMsgVerAck()
		case *wire.MsgPing:
			queue <- wire.NewMsgPong(msg.Nonce)
		case *wire.MsgFilterLoad:
			filter = bloom.LoadFilter(msg)
		case *wire.MsgGetData:
			for _, inv := range msg.InvList {
				if inv.Type != wire.InvTypeFilteredBlock {
					continue
				}
				say, goOn := o.answer(inv, filter)
				for _, m := range say {
					queue <- m
				}
				if !goOn {
					return
				}
			}
		}
	}
}

func (o *ownNode) answer(inv *wire.InvVect, filter *bloom.Filter) (say []wire.Message, goOn bool) {
	block, err := o.n.Block(inv.Hash)
	if err != nil {
		return nil, true
	}
	merkle, matched := bloom.NewMerkleBlock(btcutil.NewBlock(block), filter)
	say = append(say, merkle)
	for _, i := range matched {
		say = append(say, block.Transactions[i])
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked++
	if o.spoil != nil {
		return o.spoil(block, say)
	}
	return say, true
}

// A wallet asks its own node and nobody else, in one run and the next, and has to
// the last satoshi what it would have by filters: what it receives, what it sends,
// and what was sent with the same words elsewhere, in a block that does not name
// it. If the node will not or lies, filters tell the rest; a new wallet of the same
// words finds the same from the beginning.
func TestOwnNode(t *testing.T) {
	t.Parallel()
	words, keys := keysElsewhere(t)
	own, env := newOwnNode(t)
	restore := func(env *app.Env) *app.Wallet {
		_, err := app.Restore(env, app.RestoreParams{Mnemonic: words, Password: secret("correct horse"), Birthday: "1"})
		require.NoError(t, err)
		return open(t, env)
	}
	w := restore(env)
	has := func(want units.Amount) {
		t.Helper()
		online(t, w, func(context.Context) {})
		height, _ := own.n.Tip()
		b := w.Balance()
		require.Equal(t, want, b.Confirmed)
		require.Equal(t, want, b.Total)
		require.Equal(t, height, b.Height)
		require.True(t, b.Final)
	}
	pay(t, own.n, keys, 0, 1_000_000)
	mine(t, own.n, 3)
	has(1_000_000)
	var sent *app.SendResult
	online(t, w, func(ctx context.Context) {
		res, err := w.Send(ctx, sendParams(t, env, own.n, "0.001", 0))
		require.NoError(t, err)
		inPool(t, own.n, res.TxID)
		sent = res
	})
	mine(t, own.n, 1)
	left := 900_000 - sent.Fee
	has(left)
	require.NoError(t, w.Close())

	pay(t, own.n, keys, 25, 500_000)
	mine(t, own.n, 2)
	w = open(t, env)
	has(left + 500_000)
	require.Positive(t, own.served())

	// What was sent and received is mined again in another branch.
	require.NoError(t, own.n.Reorg(3, 4, sandbox.Return))
	mine(t, own.n, 1)
	has(left + 500_000)

	// All of it goes away elsewhere.
	byFilters := newEnv(t, own.n.Addr())
	elsewhere := restore(byFilters)
	online(t, elsewhere, func(ctx context.Context) {
		require.Equal(t, left+500_000, elsewhere.Balance().Confirmed)
		res, err := elsewhere.Send(ctx, sendParams(t, byFilters, own.n, app.MaxWord, 0))
		require.NoError(t, err)
		inPool(t, own.n, res.TxID)
	})
	mine(t, own.n, 5)
	has(0)
	for _, never := range []string{"getcfilters", "getcfheaders", "getcfcheckpt", "filterload"} {
		require.False(t, own.told(never), never)
	}

	// A false proof is not believed.
	own.set(func(_ *wire.MsgBlock, said []wire.Message) ([]wire.Message, bool) {
		hashes := said[0].(*wire.MsgMerkleBlock).Hashes
		hashes[len(hashes)-1] = &chainhash.Hash{1}
		return said, true
	})
	pay(t, own.n, keys, 40, 300_000)
	mine(t, own.n, 2)
	has(300_000)
	require.True(t, own.told("getcfilters"))
	own.set(func(*wire.MsgBlock, []wire.Message) ([]wire.Message, bool) { return nil, false })
	pay(t, own.n, keys, 41, 200_000)
	mine(t, own.n, 2)
	has(500_000)

	own.set(nil)
	require.NoError(t, w.Close())
	pay(t, own.n, keys, 45, 100_000)
	mine(t, own.n, 2)
	w = open(t, env)
	has(600_000)
	again := newEnv(t, own.n.Addr())
	again.Peering, again.Dial = env.Peering, env.Dial
	before := w.History(0, -1)
	own.served()
	w = restore(again)
	has(600_000)
	require.Positive(t, own.served())
	require.Len(t, w.History(0, -1), len(before))
	require.False(t, own.told("filterload"))
}
