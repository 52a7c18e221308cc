package peer_test

import (
	"context"
	"net"
	"testing"
	"time"

	"thistle/spv/peer"
	"thistle/spv/protocol"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	btcdpeer "github.com/btcsuite/btcd/peer"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// TestBtcdPeer holds a conversation with btcd's own peer code.
func TestBtcdPeer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()

	genesis := chaincfg.RegressionNetParams.GenesisBlock
	version := make(chan *wire.MsgVersion, 1)
	theirs := btcdpeer.NewInboundPeer(&btcdpeer.Config{
		UserAgentName: "btcd", UserAgentVersion: "0.26.2",
		ChainParams: &chaincfg.RegressionNetParams,
		Services:    wire.SFNodeNetwork | wire.SFNodeWitness | wire.SFNodeCF,
		NewestBlock: func() (*chainhash.Hash, int32, error) { return chaincfg.RegressionNetParams.GenesisHash, 0, nil },
		Listeners: btcdpeer.MessageListeners{
			OnVersion: func(_ *btcdpeer.Peer, m *wire.MsgVersion) *wire.MsgReject { version <- m; return nil },
			OnGetData: func(p *btcdpeer.Peer, m *wire.MsgGetData) {
				p.QueueMessageWithEncoding(genesis, nil, wire.WitnessEncoding)
			},
			OnGetHeaders: func(p *btcdpeer.Peer, _ *wire.MsgGetHeaders) {
				p.QueueMessage(&wire.MsgHeaders{Headers: []*wire.BlockHeader{&genesis.Header}}, nil)
			},
		},
	})
	go func() {
		if sock, err := listener.Accept(); err == nil {
			theirs.AssociateConnection(sock)
		}
	}()
	cfg := peer.Config{Params: &chaincfg.RegressionNetParams, StartHeight: func() int32 { return 5 }}
	conn, err := peer.Dial(t.Context(), cfg, id, listener.Addr().String())
	require.NoError(t, err)
	require.Equal(t, wire.SFNodeWitness, (<-version).Services)
	require.Contains(t, conn.Info().UserAgent, "btcd:0.26.2")
	require.True(t, conn.Info().ServesFilters())
	require.True(t, theirs.IsWitnessEnabled())
	require.WithinDuration(t, time.Now(), conn.Info().Since, time.Minute)

	ctx, cancel := context.WithCancel(t.Context())
	inputs, done := make(chan protocol.Input, 100), make(chan protocol.Reason, 1)
	go func() {
		done <- conn.Run(ctx, func(in protocol.Input) error { inputs <- in; return nil })
	}()
	require.True(t, conn.Send(&wire.MsgGetHeaders{ProtocolVersion: peer.ProtocolVersion}))
	headers := (<-inputs).(protocol.HeadersReceived)
	require.Len(t, headers.Headers, 1)
	require.True(t, conn.Send(getData(wire.InvTypeWitnessBlock, headers.Headers[0].Hash)))
	block := (<-inputs).(protocol.BlockReceived)
	require.NoError(t, block.Err)
	require.Equal(t, genesis.BlockHash(), block.Hash)
	require.True(t, conn.Send(&wire.MsgPing{Nonce: 77}))
	require.Equal(t, protocol.MessageReceived{Peer: id, Msg: &wire.MsgPong{Nonce: 77}}, <-inputs)
	cancel()
	require.Equal(t, protocol.ReasonShutdown, <-done)
	theirs.WaitForDisconnect()
}
