package spv_test

import (
	"context"
	"net"
	"testing"
	"time"

	"thistle/spv"
	"thistle/spv/peer"
	"thistle/spv/protocol"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// Others can connect to a client that listens, encrypted or not; not to itself.
func TestListen(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cfg := config(t, t.TempDir())
	cfg.Listen = "127.0.0.1:0"
	c, err := spv.Open(cfg)
	require.NoError(t, err)
	defer c.Close()
	require.Empty(t, c.ListenAddr())
	run := make(chan error, 1)
	running, stop := context.WithCancel(ctx)
	go func() { run <- c.Run(running) }()
	require.Eventually(t, func() bool { return c.ListenAddr() != "" }, patience, time.Millisecond)
	addr := c.ListenAddr()
	sub := c.Subscribe()
	for _, noV2 := range []bool{false, true} {
		conn, err := peer.Dial(ctx, peer.Config{Params: &chaincfg.RegressionNetParams, NoV2: noV2}, 1, addr)
		require.NoError(t, err)
		require.Equal(t, noV2, conn.Info().Transport == protocol.TransportV1)
		require.Equal(t, wire.SFNodeWitness|wire.SFNodeP2PV2, conn.Info().Services)
		up := await(ctx, t, sub, func(spv.PeerUp) bool { return true })
		require.True(t, up.Peer.Inbound)
		require.Equal(t, conn.Info().Transport, up.Peer.Transport)
		talk, hang := context.WithCancel(ctx)
		heard, ended := make(chan protocol.Input, 10), make(chan protocol.Reason, 1)
		go func() {
			ended <- conn.Run(talk, func(in protocol.Input) error { heard <- in; return nil })
		}()
		require.True(t, conn.Send(&wire.MsgPing{Nonce: 5}))
		for in := range heard {
			if m, ok := in.(protocol.MessageReceived); ok && m.Msg.Command() == wire.CmdPong {
				break
			}
		}
		peers := c.Status().Peers
		require.Len(t, peers, 1)
		require.Greater(t, peers[0].Received, uint64(100))
		require.Greater(t, peers[0].Sent, uint64(100))
		hang()
		require.Equal(t, protocol.ReasonShutdown, <-ended)
		await(ctx, t, sub, func(spv.PeerDown) bool { return true })
	}

	other := cfg
	other.Dir, other.Listen = t.TempDir(), addr
	late, err := spv.Open(other)
	require.NoError(t, err)
	defer late.Close()
	go func() { run <- late.Run(running) }()
	require.Eventually(t, func() bool { return late.ListenError() != nil }, patience, time.Millisecond)
	require.Empty(t, late.ListenAddr(), "one port, one client; the other goes on without")

	stop()
	require.NoError(t, <-run)
	require.NoError(t, <-run)
	require.Empty(t, c.ListenAddr())
	_, err = net.Dial("tcp", addr)
	require.Error(t, err)
}
