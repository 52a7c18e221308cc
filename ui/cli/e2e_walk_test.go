//go:build e2e

package cli_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"thistle/ui/cli/e2etest"

	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/btcutil/v2/bloom"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

const coin = 100_000_000 // sat

// TestE2EWalk is the whole life of a wallet among three nodes, the first of
// which mines to it.
func TestE2EWalk(t *testing.T) {
	t.Parallel()
	home := e2etest.NewHome(t, bins)
	account := e2etest.NewAccount(t, create(t, home))
	first := home.Receive()
	require.Equal(t, e2etest.AddressOf(t, account.External(0)), first.Address)
	require.Equal(t, "m/84'/1'/0'/0/0", first.Path)

	a := e2etest.StartNode(t, bins, e2etest.NodeOptions{MiningAddr: first.Address})
	b := e2etest.StartNode(t, bins, e2etest.NodeOptions{Follow: []*e2etest.Node{a}})
	c := e2etest.StartNode(t, bins, e2etest.NodeOptions{Follow: []*e2etest.Node{a}})
	w := &walk{t: t, home: home.With(a.Addr, b.Addr, c.Addr), account: account, a: a, b: b, c: c}

	w.mineToWallet()
	w.seeUnconfirmed()
	w.send()
	w.reorg()
	w.lists()
}

// walk is where TestE2EWalk has come to.
type walk struct {
	t       *testing.T
	home    *e2etest.Home
	account *e2etest.Account
	a, b, c *e2etest.Node
	faucet  *e2etest.Faucet
	balance int64
}

// level waits until all nodes have the first one's chain.
func (w *walk) level() {
	w.t.Helper()
	w.b.AwaitTip(w.a)
	w.c.AwaitTip(w.a)
}

// mineToWallet: a coinbase of ours is immature first, and then to be spent.
func (w *walk) mineToWallet() {
	t := w.t
	w.a.Generate(1)
	w.a.Mine(98, nil)
	w.level()
	synced := w.home.Sync()
	require.EqualValues(t, 99, synced.Height)
	require.Equal(t, w.a.TipHash().String(), synced.Hash)
	require.Equal(t, 3, synced.Peers)
	require.Equal(t, [][2]int32{{1, 99}}, synced.Coverage)
	balance := w.home.Balance()
	require.EqualValues(t, 50*coin, balance.Immature)
	require.Zero(t, balance.Spendable)
	require.True(t, balance.Final)

	w.faucet = e2etest.NewFaucet(t, w.a, 5)
	w.level()
	w.home.Sync()
	w.balance = 50 * coin
	balance = w.home.Balance()
	require.Zero(t, balance.Immature)
	require.Equal(t, w.balance, balance.Confirmed)
	require.Equal(t, w.balance, balance.Spendable)
}

// seeUnconfirmed: a payment is seen while watch runs, kept, and then confirmed.
func (w *walk) seeUnconfirmed() {
	t := w.t
	second := w.home.Receive()
	require.Equal(t, e2etest.AddressOf(t, w.account.External(1)), second.Address)
	watch := w.home.Start("watch")
	watch.AwaitSynced(w.a)
	w.home.Fail(1, "in_use", "balance")
	paid := w.a.Submit(w.faucet.Pay(coin/2, e2etest.ScriptOf(t, second.Address))).String()
	require.EqualValues(t, coin/2, watch.AwaitTx("tx_seen", paid).Amount)
	watch.Interrupt()

	history := w.home.History()
	require.Len(t, history, 2)
	entry := history[0]
	require.Equal(t, paid, entry.TxID)
	require.Equal(t, "pending", entry.State)
	require.Nil(t, entry.Height)
	require.Nil(t, entry.Fee)
	require.Zero(t, entry.Confirmations)
	require.False(t, entry.Proved)
	require.EqualValues(t, coin/2, entry.Amount)
	balance := w.home.Balance()
	require.EqualValues(t, coin/2, balance.UntrustedPending)
	require.Equal(t, w.balance, balance.Spendable, "what others may take back is not spent")

	watch = w.home.Start("watch")
	watch.AwaitSynced(w.a)
	w.a.MinePool()
	w.level()
	watch.AwaitAll("the block", e2etest.Confirmed(txID(t, paid)), e2etest.SyncedTo(w.a))
	watch.Interrupt()
	w.balance += coin / 2
	require.Equal(t, w.balance, w.home.Balance().Confirmed)
}

// send: a payment of ours is acknowledged, echoed by another node, and mined.
func (w *walk) send() {
	t := w.t
	to := e2etest.AddressOf(t, w.faucet.Script)
	var dry, sent e2etest.Sent
	w.home.Get(&dry, "send", to, "0.1", "--fee-rate", "3", "--dry-run")
	require.Empty(t, dry.State)
	require.False(t, w.a.InPool(txID(t, dry.TxID)))

	w.home.Get(&sent, "send", to, "0.1", "--fee-rate", "3", "--label", "rent")
	require.Equal(t, "echoed", sent.State)
	require.NotEmpty(t, sent.Acknowledged)
	require.LessOrEqual(t, len(sent.Acknowledged), 2, "it is offered to half of the peers, rounded up")
	require.Equal(t, 1, sent.Echoed, "the third announces it")
	require.EqualValues(t, coin/10, sent.Amount)
	require.InDelta(t, 3, sent.FeeRate, 0.05)
	tx := decodeTx(t, sent.Hex)
	require.Equal(t, sent.TxID, tx.TxHash().String())
	require.Equal(t, sent.VSize, (int64(tx.SerializeSizeStripped())*3+int64(tx.SerializeSize())+3)/4)
	for _, in := range tx.TxIn {
		require.Equal(t, uint32(wire.MaxTxInSequenceNum-2), in.Sequence, "it can be replaced")
	}
	for _, n := range []*e2etest.Node{w.a, w.b, w.c} {
		n.AwaitInPool(tx.TxHash())
	}
	w.balance -= sent.Amount + sent.Fee
	balance := w.home.Balance()
	require.Equal(t, w.balance, balance.Total)
	require.Equal(t, sent.Change, balance.TrustedPending)
	require.Equal(t, w.balance, balance.Spendable, "our own change can be spent at once")

	w.a.MinePool()
	w.level()
	w.home.Sync()
	entry := w.home.History()[0]
	require.Equal(t, sent.TxID, entry.TxID)
	require.Equal(t, "confirmed", entry.State)
	require.Equal(t, -sent.Amount-sent.Fee, entry.Amount)
	require.Equal(t, sent.Fee, *entry.Fee)
	require.Equal(t, "rent", entry.Label)
	require.Equal(t, w.balance, entry.Balance)
	require.True(t, entry.Proved)
}

// reorg: a confirmed payment is taken out of the chain, and put back in.
func (w *walk) reorg() {
	t := w.t
	pay := w.faucet.Pay(coin/4, w.account.External(2))
	others := []*wire.MsgTx{pay}
	for range 5 {
		others = append(others, w.faucet.Pay(coin/100, w.faucet.Script))
	}
	block := w.a.MineAll([][]*wire.MsgTx{others}, nil)[0]
	height := w.a.Height()
	w.level()
	watch := w.home.Start("watch")
	watch.AwaitAll("the block", e2etest.Confirmed(pay.TxHash()), e2etest.SyncedTo(w.a))

	w.a.Invalidate(block)
	w.a.Mine(2, nil)
	w.level()
	event := watch.Await("reorg", func(e e2etest.Event) bool { return e.Event == "reorg" })
	require.Equal(t, height-1, event.Fork)
	require.Equal(t, 1, event.Disconnected)
	watch.AwaitSynced(w.a)
	watch.Interrupt()
	entry := w.home.History()[0]
	require.Equal(t, pay.TxHash().String(), entry.TxID)
	require.Equal(t, "pending", entry.State)
	require.Nil(t, entry.Height)
	require.False(t, entry.Proved)
	balance := w.home.Balance()
	require.Equal(t, w.balance, balance.Confirmed)
	require.EqualValues(t, coin/4, balance.UntrustedPending)

	w.a.MineAll([][]*wire.MsgTx{others}, nil)
	w.level()
	w.home.Sync()
	entry = w.home.History()[0]
	require.Equal(t, "confirmed", entry.State)
	require.Equal(t, height+2, *entry.Height)
	require.EqualValues(t, 1, entry.Confirmations)
	w.balance += coin / 4
	require.Equal(t, w.balance, entry.Balance)
	balance = w.home.Balance()
	require.Equal(t, w.balance, balance.Confirmed)
	require.Equal(t, w.balance, balance.Total)
	w.proof(pay.TxHash(), 1)
}

// lists: who is there, and what was handed out.
func (w *walk) lists() {
	t := w.t
	var peers []struct {
		Addr    string
		Height  int32
		Filters bool
	}
	w.home.Get(&peers, "peers")
	var addrs []string
	for _, p := range peers {
		addrs = append(addrs, p.Addr)
		require.True(t, p.Filters)
	}
	require.ElementsMatch(t, w.home.Connect, addrs)
	var addresses []struct {
		Address string
		Index   uint32
		Used    bool
	}
	w.home.Get(&addresses, "addresses")
	require.GreaterOrEqual(t, len(addresses), 2)
	for i, a := range addresses {
		require.EqualValues(t, i, a.Index)
		require.Equal(t, e2etest.AddressOf(t, w.account.External(a.Index)), a.Address)
		require.True(t, a.Used)
	}
}

// proof: it is what gettxoutproof gives, and nothing else is accepted.
func (w *walk) proof(txid chainhash.Hash, index uint32) {
	t := w.t
	var proof e2etest.Proof
	w.home.Get(&proof, "proof", txid.String())
	tip := w.a.TipHash()
	require.Equal(t, txid.String(), proof.TxID)
	require.Equal(t, tip.String(), proof.BlockHash)
	require.Equal(t, index, proof.Index)
	block, err := w.a.RPC.GetBlock(&tip)
	require.NoError(t, err)
	require.Len(t, block.Transactions, 7)
	require.Len(t, proof.Branch, 3)

	filter := bloom.NewFilter(1, 0, 1e-9, wire.BloomUpdateNone)
	filter.AddHash(&txid)
	message, matched := bloom.NewMerkleBlock(btcutil.NewBlock(block), filter)
	require.Equal(t, []uint32{index}, matched)
	var want bytes.Buffer
	require.NoError(t, message.BtcEncode(&want, wire.ProtocolVersion, wire.LatestEncoding))
	require.Equal(t, hex.EncodeToString(want.Bytes()), proof.MerkleBlock)

	var verified e2etest.Verified
	w.home.Get(&verified, "verify-proof", proof.MerkleBlock)
	require.Equal(t, []string{txid.String()}, verified.TxIDs)
	require.Equal(t, proof.BlockHash, verified.BlockHash)
	require.EqualValues(t, 1, verified.Confirmations)

	raw := want.Bytes()
	hashes := 80 + 4 + 1 // header, count of transactions, count of hashes
	for _, at := range []int{0, 5, 40, 70, 79, 84, hashes, hashes + 33, hashes + 3*32, len(raw) - 2, len(raw) - 1} {
		bad := bytes.Clone(raw)
		bad[at] ^= 1
		w.home.Fail(2, "bad_proof", "verify-proof", hex.EncodeToString(bad))
	}
	w.home.Fail(2, "bad_proof", "verify-proof", proof.MerkleBlock+"00")
	w.home.Fail(2, "bad_proof", "verify-proof", proof.MerkleBlock[:len(proof.MerkleBlock)-2])
}

func txID(t *testing.T, text string) chainhash.Hash {
	t.Helper()
	id, err := chainhash.NewHashFromStr(text)
	require.NoError(t, err)
	return *id
}

func decodeTx(t *testing.T, text string) *wire.MsgTx {
	t.Helper()
	raw, err := hex.DecodeString(text)
	require.NoError(t, err)
	var tx wire.MsgTx
	require.NoError(t, tx.Deserialize(bytes.NewReader(raw)))
	return &tx
}
