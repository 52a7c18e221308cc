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

// TestBtcdPeer holds a conversation with btcd's own peer code, encrypted if it can
// be, whoever calls whom.
func TestBtcdPeer(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		theirsV2, oursV2, inbound bool
		want                      protocol.Transport
	}{
		"plain":               {false, false, false, protocol.TransportV1},
		"encrypted":           {true, true, false, protocol.TransportV2},
		"falls back":          {false, true, false, protocol.TransportV1},
		"does not try":        {true, false, false, protocol.TransportV1},
		"inbound, encrypted":  {true, true, true, protocol.TransportV2},
		"inbound, plain":      {false, true, true, protocol.TransportV1},
		"inbound, plain only": {false, false, true, protocol.TransportV1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer listener.Close()
			cfg := peer.Config{Params: &chaincfg.RegressionNetParams, NoV2: !c.oursV2, Plain: new(peer.PlainSet)}
			var talks []*btcdTalk
			var conn *peer.Conn
			if c.inbound {
				talk := newBtcdTalk(t, c.theirsV2, true)
				sock, err := net.Dial("tcp", listener.Addr().String())
				require.NoError(t, err)
				talk.peer.AssociateConnection(sock)
				talks = append(talks, talk)
				far, err := listener.Accept()
				require.NoError(t, err)
				conn, err = peer.Accept(t.Context(), cfg, id, far)
				require.NoError(t, err)
			} else {
				served := make(chan *btcdTalk, 8)
				go func() {
					for {
						sock, err := listener.Accept()
						if err != nil {
							return
						}
						talk := newBtcdTalk(t, c.theirsV2, false)
						talk.peer.AssociateConnection(sock)
						served <- talk
					}
				}()
				conn, err = peer.Dial(t.Context(), cfg, id, listener.Addr().String())
				require.NoError(t, err)
				talks = append(talks, <-served)
				if c.oursV2 && !c.theirsV2 {
					talks = append(talks, <-served)
					again, err := peer.Dial(t.Context(), cfg, id, listener.Addr().String())
					require.NoError(t, err, "the second time in plain text at once")
					again.Close(protocol.ReasonNone)
					(<-served).peer.WaitForDisconnect()
					require.Empty(t, served)
				}
			}
			require.Equal(t, c.want, conn.Info().Transport)
			require.Equal(t, c.inbound, conn.Info().Inbound)
			converse(t, conn, talks[len(talks)-1])
			for _, talk := range talks {
				talk.peer.WaitForDisconnect()
			}
		})
	}
}

// btcdTalk is btcd's side of a connection.
type btcdTalk struct {
	peer    *btcdpeer.Peer
	version chan *wire.MsgVersion
}

func newBtcdTalk(t *testing.T, v2, calls bool) *btcdTalk {
	genesis := chaincfg.RegressionNetParams.GenesisBlock
	talk := &btcdTalk{version: make(chan *wire.MsgVersion, 1)}
	services := wire.SFNodeNetwork | wire.SFNodeWitness | wire.SFNodeCF
	if v2 {
		services |= wire.SFNodeP2PV2
	}
	cfg := &btcdpeer.Config{
		UserAgentName: "btcd", UserAgentVersion: "0.26.2",
		ChainParams: &chaincfg.RegressionNetParams,
		Services:    services, UsingV2Conn: v2, AllowSelfConns: true,
		NewestBlock: func() (*chainhash.Hash, int32, error) { return chaincfg.RegressionNetParams.GenesisHash, 0, nil },
		Listeners: btcdpeer.MessageListeners{
			OnVersion: func(_ *btcdpeer.Peer, m *wire.MsgVersion) *wire.MsgReject { talk.version <- m; return nil },
			OnGetData: func(p *btcdpeer.Peer, m *wire.MsgGetData) {
				p.QueueMessageWithEncoding(genesis, nil, wire.WitnessEncoding)
			},
			OnGetHeaders: func(p *btcdpeer.Peer, _ *wire.MsgGetHeaders) {
				p.QueueMessage(&wire.MsgHeaders{Headers: []*wire.BlockHeader{&genesis.Header}}, nil)
			},
		},
	}
	if !calls {
		talk.peer = btcdpeer.NewInboundPeer(cfg)
		return talk
	}
	var err error
	talk.peer, err = btcdpeer.NewOutboundPeer(cfg, "127.0.0.1:18444")
	require.NoError(t, err)
	return talk
}

// converse asks for headers, a block and an answer to a ping, and hangs up.
func converse(t *testing.T, conn *peer.Conn, theirs *btcdTalk) {
	genesis := chaincfg.RegressionNetParams.GenesisBlock
	require.Equal(t, wire.SFNodeWitness, (<-theirs.version).Services)
	require.Contains(t, conn.Info().UserAgent, "btcd:0.26.2")
	require.True(t, conn.Info().ServesFilters())
	require.True(t, conn.Info().AddrV2)
	require.True(t, theirs.peer.IsWitnessEnabled())
	require.WithinDuration(t, time.Now(), conn.Info().Since, time.Minute)
	require.Less(t, conn.Info().ClockAhead.Abs(), time.Minute)

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
	for n := range uint64(1000) { // through several changes of keys
		require.True(t, conn.Send(&wire.MsgPing{Nonce: n}))
		require.Equal(t, protocol.MessageReceived{Peer: id, Msg: &wire.MsgPong{Nonce: n}}, <-inputs)
	}
	require.True(t, theirs.peer.WantsAddrV2())
	cancel()
	require.Equal(t, protocol.ReasonShutdown, <-done)
}
