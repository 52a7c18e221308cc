package spv_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"testing"

	"thistle/spv"
	"thistle/spv/sandbox"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// tunnel is a SOCKS5 server that leads from invented addresses to nodes.
type tunnel struct {
	nodes map[string]string // by what is asked for

	mu    sync.Mutex
	names map[string]string // what each user name asked for
	twice bool              // a name came twice
}

// dial leads to the server, and nowhere else.
func (s *tunnel) dial(_ context.Context, _, addr string) (net.Conn, error) {
	if addr != "127.0.0.1:9050" {
		return nil, fmt.Errorf("past the proxy: %s", addr)
	}
	near, far := net.Pipe()
	go func() {
		defer far.Close()
		_ = s.serve(far)
	}()
	return near, nil
}

func (s *tunnel) serve(conn net.Conn) error {
	var err error
	take := func(n int) []byte {
		b := make([]byte, n)
		if err == nil {
			_, err = io.ReadFull(conn, b)
		}
		return b
	}
	field := func() string { return string(take(int(take(1)[0]))) }
	say := func(b ...byte) { _, _ = conn.Write(b) }
	take(1)
	field()
	say(5, 2)
	take(1)
	name := field() + field()
	say(1, 0)
	head := take(4)
	if err != nil || head[3] != 1 {
		return errors.Join(err, errors.New("no IPv4 address"))
	}
	ip, port := net.IP(take(4)).String(), take(2)
	asked := fmt.Sprintf("%s:%d", ip, int(port[0])<<8|int(port[1]))
	s.mu.Lock()
	_, known := s.names[name]
	s.twice = s.twice || known
	s.names[name] = asked
	s.mu.Unlock()
	out, err := new(net.Dialer).Dial("tcp", s.nodes[asked])
	if err != nil {
		say(5, 5, 0, 1, 0, 0, 0, 0, 0, 0)
		return err
	}
	defer out.Close()
	say(5, 0, 0, 1, 0, 0, 0, 0, 0, 0)
	go func() {
		_, _ = io.Copy(out, conn)
		out.Close()
	}()
	_, err = io.Copy(conn, out)
	return err
}

// Through a proxy a transaction goes to three nodes that are not our peers, over
// connections that have nothing in common, and comes back from those that are.
func TestPrivateBroadcast(t *testing.T) {
	t.Parallel()
	cluster, err := sandbox.Network(t.Context(), 5)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cluster.Close()) })
	proxy := &tunnel{nodes: make(map[string]string), names: make(map[string]string)}
	cfg := config(t, t.TempDir())
	cfg.Proxy, cfg.Dial, cfg.Peers = "127.0.0.1:9050", proxy.dial, 2
	for i, addr := range cluster.Addrs() {
		invented := fmt.Sprintf("10.%d.0.1:18444", i)
		proxy.nodes[invented] = addr
		cfg.FixedSeeds = append(cfg.FixedSeeds, invented)
	}
	tx := anyones(t, cluster)
	txid := tx.TxHash()
	run(t, cfg, func(ctx context.Context, c *spv.Client, sub *spv.Subscription) {
		peers := make(map[string]bool)
		for len(peers) < 2 {
			peers[await(ctx, t, sub, func(spv.PeerUp) bool { return true }).Peer.Addr] = true
		}
		c.Broadcast(tx, 10_000)
		given := make(map[string]bool)
		echoes, propagated := 0, false
		for len(given) == 0 || echoes < 2 || !propagated {
			event, err := sub.Next(ctx)
			require.NoError(t, err, "given to %v, %d echoes, propagated %t", given, echoes, propagated)
			switch e := event.(type) {
			case spv.TxAcknowledged:
				require.False(t, peers[e.Peer.Addr], "a peer was told")
				given[e.Peer.Addr] = true
			case spv.TxEchoed:
				require.True(t, peers[e.Peer.Addr])
				echoes++
			case spv.TxPropagated:
				propagated = true
			case spv.PeerUp:
				require.True(t, peers[e.Peer.Addr])
			}
		}
		travel, ok := c.Travel(txid)
		require.True(t, ok)
		require.True(t, travel.Propagated)
	})
	proxy.mu.Lock()
	defer proxy.mu.Unlock()
	require.False(t, proxy.twice, "two connections under one name")
	require.GreaterOrEqual(t, len(proxy.names), 3)
}

// anyones spends a coin that anyone may spend. It has no witness: btcd takes none
// from whoever claims no services.
func anyones(t *testing.T, cluster sandbox.Cluster) *wire.MsgTx {
	t.Helper()
	const script = txscript.OP_TRUE
	hash := address.Hash160([]byte{script})
	to := slices.Concat([]byte{txscript.OP_HASH160, txscript.OP_DATA_20}, hash, []byte{txscript.OP_EQUAL})
	funding, err := cluster[0].Pay(to, 100_000)
	require.NoError(t, err)
	mined, err := cluster[0].Tx(funding)
	require.NoError(t, err)
	_, err = cluster[0].Mine(1, nil)
	require.NoError(t, err)
	require.NoError(t, cluster.Synced(t.Context()))
	tx := wire.NewMsgTx(2)
	for i, out := range mined.TxOut {
		if out.Value == 100_000 {
			tx.AddTxIn(wire.NewTxIn(&wire.OutPoint{Hash: funding, Index: uint32(i)}, []byte{txscript.OP_DATA_1, script}, nil))
		}
	}
	require.Len(t, tx.TxIn, 1)
	tx.AddTxOut(wire.NewTxOut(90_000, cluster[0].FaucetScript()))
	return tx
}
