package app_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"sync"
	"testing"

	"thistle/app"
	"thistle/spv/sandbox"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// A payment whose wallet was locked while it was being signed is announced all the
// same: it is saved, and the person meant it.
func TestLockedWhileSigning(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	require.NoError(t, funded(t, n, env, 1).Close())
	s := session(t, env)
	w, err := s.Open("", secret("correct horse"))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- w.Run(ctx) }()
	syncedTo(t, w, n)
	stopRun := sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-ran)
	})
	res, err := w.SendDraft(t.Context(), draftOf(t, w, sendParams(t, env, n, "0.001", 0)), func() []byte {
		stopRun()
		return []byte("correct horse")
	}, 0)
	require.NoError(t, err)
	require.Equal(t, app.Queued, res.State)
	require.NoError(t, w.Close())
	inPool(t, n, res.TxID)
}

// What becomes of a payment while its wallet is locked is known afterwards.
func TestDeliveredWhileLocked(t *testing.T) {
	t.Parallel()
	net := network(t, 2)
	env := newEnv(t, net.Addrs()...)
	require.NoError(t, funded(t, net[0], env, 1).Close())
	require.NoError(t, net.Synced(t.Context()))
	s := session(t, env)
	w, lock := unlock(t, s, "")
	syncedTo(t, w, net[0])
	for _, n := range net {
		n.Mute("inv", "tx", "getdata")
	}
	res, err := w.SendDraft(t.Context(), draftOf(t, w, sendParams(t, env, net[0], "0.001", 0)), secret("correct horse"), 0)
	require.NoError(t, err)
	require.Equal(t, app.Queued, res.State)
	lock()
	for _, n := range net {
		n.Unmute()
		n.DropPeers()
	}
	inPool(t, net[0], res.TxID)
	inPool(t, net[1], res.TxID)
	eventually(t, func() bool { return s.Progress().Peers == 2 })
	w, _ = unlock(t, s, "")
	eventually(t, func() bool { return w.Travel(res.TxID).State != app.Queued })
}

// tap hears what is sent on all connections of an environment.
type tap struct {
	mu   sync.Mutex
	sent []byte
}

type tapped struct {
	net.Conn
	tap *tap
}

func (c tapped) Write(b []byte) (int, error) {
	c.tap.mu.Lock()
	c.tap.sent = append(c.tap.sent, b...)
	c.tap.mu.Unlock()
	return c.Conn.Write(b)
}

func (p *tap) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return tapped{conn, p}, nil
}

// announced counts how often a transaction has been announced since it was asked
// last. To ask for it, once others announce it, is another type of inventory.
func (p *tap) announced(txid chainhash.Hash) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	kind := binary.LittleEndian.AppendUint32(nil, uint32(wire.InvTypeTx))
	n := bytes.Count(p.sent, append(kind, txid[:]...))
	p.sent = nil
	return n
}

// A payment that has travelled is not announced while its wallet is locked: only
// its sender would go on once it has confirmed. Unlocked, the wallet sees to it,
// once it has looked.
func TestQuietWhileLocked(t *testing.T) {
	t.Parallel()
	net := network(t, 2)
	env := newEnv(t, net.Addrs()...)
	var sent tap
	env.Dial = sent.dial
	require.NoError(t, funded(t, net[0], env, 2).Close())
	require.NoError(t, net.Synced(t.Context()))
	s := session(t, env)
	w, lock := unlock(t, s, "")
	syncedTo(t, w, net[0])
	res, err := w.SendDraft(t.Context(), draftOf(t, w, sendParams(t, env, net[0], "0.001", 0)), secret("correct horse"), 0)
	require.NoError(t, err)
	eventually(t, func() bool { return w.Travel(res.TxID).State == app.Echoed })
	lock()
	require.Positive(t, sent.announced(res.TxID))
	heard := s.Events()
	defer heard.Close()
	for _, n := range net {
		n.DropPeers()
	}
	for range net {
		await(within(t), t, heard, func(app.PeerConnected) bool { return true })
	}
	mine(t, net[0], 1)
	height, _ := net[0].Tip()
	await(within(t), t, heard, func(e app.Headers) bool { return e.Height == height })
	require.NoError(t, net.Synced(t.Context()))
	eventually(t, func() bool { return s.Progress().Current })
	require.Zero(t, sent.announced(res.TxID), "it has travelled")

	w, _ = unlock(t, s, "")
	syncedTo(t, w, net[0])
	require.Equal(t, app.StateConfirmed, w.History(0, 1)[0].State)
	require.Zero(t, sent.announced(res.TxID), "it has confirmed, as was to be found out first")
}

// A payment that has travelled and not confirmed is announced again once its wallet
// is open and knows that.
func TestAnnouncedAfterUnlocking(t *testing.T) {
	t.Parallel()
	net := network(t, 2)
	env := newEnv(t, net.Addrs()...)
	var sent tap
	env.Dial = sent.dial
	require.NoError(t, funded(t, net[0], env, 1).Close())
	require.NoError(t, net.Synced(t.Context()))
	s := session(t, env)
	w, lock := unlock(t, s, "")
	syncedTo(t, w, net[0])
	res, err := w.SendDraft(t.Context(), draftOf(t, w, sendParams(t, env, net[0], "0.001", 0)), secret("correct horse"), 0)
	require.NoError(t, err)
	eventually(t, func() bool { return w.Travel(res.TxID).State == app.Echoed })
	lock()
	sent.announced(res.TxID)
	w, _ = unlock(t, s, "")
	syncedTo(t, w, net[0])
	for _, n := range net {
		n.DropPeers()
	}
	eventually(t, func() bool { return sent.announced(res.TxID) > 0 })
}
