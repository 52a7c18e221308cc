package sandbox_test

import (
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/btcsuite/btcd/blockchain"
	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/sandbox"
)

const (
	pver    = 70016
	patient = 20 * time.Second // for whatever must come
)

// client is a bare peer: it speaks wire messages over TCP and checks nothing
// by itself.
type client struct {
	t       testing.TB
	conn    net.Conn
	version *wire.MsgVersion // the node's
	seen    []wire.Message   // all that came, in order
}

// dial connects and shakes hands. noRelay asks to be spared transactions.
func dial(t testing.TB, addr string, noRelay bool) *client {
	t.Helper()
	c := dialRaw(t, addr)
	c.send(&wire.MsgVersion{
		ProtocolVersion: pver, Services: wire.SFNodeWitness, Timestamp: time.Unix(1700000000, 0),
		Nonce: 7, UserAgent: "/test/", DisableRelayTx: noRelay,
	})
	c.version = expect[*wire.MsgVersion](c)
	expect[*wire.MsgVerAck](c)
	c.send(wire.NewMsgVerAck())
	c.sync()
	return c
}

func dialRaw(t testing.TB, addr string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return &client{t: t, conn: conn}
}

func (c *client) send(m wire.Message) {
	c.t.Helper()
	_, err := wire.WriteMessageWithEncodingN(c.conn, m, pver, wire.TestNet, wire.WitnessEncoding)
	require.NoError(c.t, err)
}

// next reads a message, answering pings.
func (c *client) next() wire.Message {
	c.t.Helper()
	require.NoError(c.t, c.conn.SetReadDeadline(time.Now().Add(patient)))
	for {
		_, m, _, err := wire.ReadMessageWithEncodingN(c.conn, pver, wire.TestNet, wire.WitnessEncoding)
		require.NoError(c.t, err)
		c.seen = append(c.seen, m)
		if ping, ok := m.(*wire.MsgPing); ok {
			c.send(wire.NewMsgPong(ping.Nonce))
			continue
		}
		return m
	}
}

// expect reads until a message of type M comes.
func expect[M wire.Message](c *client) M {
	c.t.Helper()
	for {
		if m, ok := c.next().(M); ok {
			return m
		}
	}
}

// sync pings and reads until the pong: whatever was asked before and not
// answered by now will not be. It returns what came before the pong.
func (c *client) sync() []wire.Message {
	c.t.Helper()
	before := len(c.seen)
	nonce := uint64(len(c.seen)) + 1000
	c.send(wire.NewMsgPing(nonce))
	for {
		if pong, ok := c.next().(*wire.MsgPong); ok && pong.Nonce == nonce {
			return c.seen[before : len(c.seen)-1]
		}
	}
}

// headers asks for all headers after the locator.
func (c *client) headers(locator ...chainhash.Hash) []*wire.BlockHeader {
	c.t.Helper()
	m := wire.NewMsgGetHeaders()
	for i := range locator {
		require.NoError(c.t, m.AddBlockLocatorHash(&locator[i]))
	}
	c.send(m)
	return expect[*wire.MsgHeaders](c).Headers
}

func (c *client) block(hash chainhash.Hash, typ wire.InvType) *wire.MsgBlock {
	c.t.Helper()
	c.get(typ, hash)
	return expect[*wire.MsgBlock](c)
}

func (c *client) get(typ wire.InvType, hash chainhash.Hash) {
	c.t.Helper()
	m := wire.NewMsgGetData()
	require.NoError(c.t, m.AddInvVect(wire.NewInvVect(typ, &hash)))
	c.send(m)
}

// awaitInv reads until the node announces a hash.
func (c *client) awaitInv(hash chainhash.Hash) {
	c.t.Helper()
	for {
		for _, iv := range expect[*wire.MsgInv](c).InvList {
			if iv.Hash == hash {
				return
			}
		}
	}
}

// invs lists the hashes announced by inv in the given messages.
func invs(ms []wire.Message) []chainhash.Hash {
	var hashes []chainhash.Hash
	for _, m := range ms {
		if inv, ok := m.(*wire.MsgInv); ok {
			for _, iv := range inv.InvList {
				hashes = append(hashes, iv.Hash)
			}
		}
	}
	return hashes
}

func start(t testing.TB, o sandbox.Options) *sandbox.Node {
	t.Helper()
	n, err := sandbox.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.Close()) })
	return n
}

func network(t testing.TB, count int, o ...sandbox.Options) sandbox.Cluster {
	t.Helper()
	c, err := sandbox.Network(t.Context(), count, o...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// script is a P2WPKH script nobody has the key of, different for each tag.
func script(tag byte) []byte {
	return append([]byte{0, 20}, bytes.Repeat([]byte{tag}, 20)...)
}

func genesis() chainhash.Hash { return *chaincfg.RegressionNetParams.GenesisHash }

// confirmed says in which of the last blocks of the chain a transaction is; -1
// if in none.
func confirmedAt(t testing.TB, n *sandbox.Node, txid chainhash.Hash) int32 {
	t.Helper()
	tip, _ := n.Tip()
	for height := tip; height > max(0, tip-20); height-- {
		hash, err := n.HashAt(height)
		require.NoError(t, err)
		block, err := n.Block(hash)
		require.NoError(t, err)
		for _, tx := range block.Transactions {
			if tx.TxHash() == txid {
				return height
			}
		}
	}
	return -1
}

// requireSound checks what commits to a block's transactions.
func requireSound(t testing.TB, m *wire.MsgBlock) {
	t.Helper()
	block := btcutil.NewBlock(m)
	root := blockchain.CalcMerkleRoot(block.Transactions(), false)
	require.Equal(t, m.Header.MerkleRoot, root)
	require.NoError(t, blockchain.ValidateWitnessCommitment(block))
}
