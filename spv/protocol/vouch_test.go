package protocol_test

import (
	"fmt"
	"testing"
	"time"

	"thistle/spv/protocol"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

func foreignTx(n uint32, size int) *wire.MsgTx {
	tx := wire.NewMsgTx(2)
	tx.AddTxIn(&wire.TxIn{PreviousOutPoint: wire.OutPoint{Hash: chainhash.Hash{9}, Index: n}, Witness: wire.TxWitness{make([]byte, size)}})
	tx.AddTxOut(wire.NewTxOut(1000, []byte{0x51}))
	return tx
}

func txInv(tx *wire.MsgTx) *wire.MsgInv {
	id := tx.TxHash()
	return &wire.MsgInv{InvList: []*wire.InvVect{wire.NewInvVect(wire.InvTypeTx, &id)}}
}

func fetch(inv *wire.MsgInv) *wire.MsgGetData {
	return &wire.MsgGetData{InvList: inv.InvList}
}

// announce has a peer tell of a transaction, and give it if it is asked.
func (h *host) announce(id protocol.PeerID, tx *wire.MsgTx) {
	if len(sent[*wire.MsgGetData](h.says(id, txInv(tx)), id)) > 0 {
		h.step(protocol.TxReceived{Peer: id, Tx: tx})
	}
}

// TestVouchedTransactionsAreHandedOn: two parts of the network must stand by a
// transaction; then each guest hears of it once, after a while, and may have it
// once.
func TestVouchedTransactionsAreHandedOn(t *testing.T) {
	t.Parallel()
	h := serving(t, 10, 0, nil)
	a, same, b := h.outbound("1.1.0.1:1"), h.outbound("1.1.0.2:1"), h.outbound("2.2.0.1:1")
	guest, second := h.guest("3.3.0.1:1"), h.guest("4.4.0.1:1")
	silent := h.last + 1
	h.last++
	h.step(protocol.PeerConnected{Info: protocol.PeerInfo{ID: silent, Addr: "5.5.0.1:1", Inbound: true, Services: wire.SFNodeWitness}})
	full := h.guest("6.6.0.1:1")
	h.says(full, &wire.MsgFeeFilter{MinFee: 2_100_000_000_000_000})
	tx := foreignTx(1, 10)

	h.announce(a, tx)
	h.announce(same, tx)
	require.Empty(t, sent[*wire.MsgInv](h.pass(time.Minute), guest), "one part of the network vouches")
	require.Empty(t, sent[*wire.MsgTx](h.says(guest, fetch(txInv(tx))), guest), "nor is it to be had")

	h.announce(b, tx)
	require.Empty(t, sent[*wire.MsgInv](h.pass(0), guest), "not at once")
	outs := h.pass(time.Minute)
	require.Equal(t, []*wire.MsgInv{txInv(tx)}, sent[*wire.MsgInv](outs, guest))
	require.Equal(t, []*wire.MsgInv{txInv(tx)}, sent[*wire.MsgInv](outs, second))
	require.Empty(t, sent[*wire.MsgInv](outs, silent), "it does not want any")
	require.Empty(t, sent[*wire.MsgInv](outs, full), "nor this one, by its fee floor")
	require.Empty(t, sent[*wire.MsgInv](outs, a), "who told us")
	require.Empty(t, sent[*wire.MsgTx](h.says(silent, fetch(txInv(tx))), silent))
	require.Equal(t, []*wire.MsgTx{tx}, sent[*wire.MsgTx](h.says(guest, fetch(txInv(tx))), guest))
	require.Empty(t, sent[*wire.MsgTx](h.says(guest, fetch(txInv(tx))), guest), "once")
	require.Equal(t, uint64(1), h.m.Given().Txs)

	// A quarter of an hour later it is forgotten.
	h.pass(15 * time.Minute)
	require.Empty(t, sent[*wire.MsgTx](h.says(second, fetch(txInv(tx))), second))
}

// TestOursLookLikeOthers: guests cannot have our transaction before it has come
// back from two parts of the network, and then it is offered as any other.
func TestOursLookLikeOthers(t *testing.T) {
	t.Parallel()
	h := serving(t, 10, 0, nil)
	peers := []protocol.PeerID{h.outbound("1.1.0.1:1"), h.outbound("2.2.0.1:1"), h.outbound("3.3.0.1:1"), h.outbound("4.4.0.1:1")}
	guest := h.guest("9.9.0.1:1")
	tx := foreignTx(1, 10)
	outs := h.step(protocol.SubmitTx{Tx: tx})
	outs = append(outs, h.pass(time.Minute)...)
	require.Empty(t, sent[*wire.MsgInv](outs, guest))
	require.Empty(t, sent[*wire.MsgTx](h.says(guest, fetch(txInv(tx))), guest))
	for i, p := range peers {
		h.says(p, txInv(tx))
		invs := sent[*wire.MsgInv](h.pass(time.Minute), guest)
		require.Len(t, invs, map[bool]int{i == 1: 1}[true], "after echo %d", i+1)
	}
	require.Equal(t, []*wire.MsgTx{tx}, sent[*wire.MsgTx](h.says(guest, fetch(txInv(tx))), guest))
	require.Zero(t, h.m.Given().Txs, "of others")
}

// TestOursGoToAllInTheEnd: who was listened to hears ours from us as it hears all
// else, when it has travelled; what it says of it then is no news.
func TestOursGoToAllInTheEnd(t *testing.T) {
	t.Parallel()
	h := serving(t, 10, 0, nil)
	var peers []protocol.PeerID
	for i := range 6 {
		peers = append(peers, h.outbound(fmt.Sprintf("%d.1.0.1:1", 20+i)))
	}
	tx := foreignTx(1, 10)
	outs := append(h.step(protocol.SubmitTx{Tx: tx}), h.pass(time.Second)...)
	var told, listeners []protocol.PeerID
	for _, p := range peers {
		if len(sent[*wire.MsgInv](outs, p)) > 0 {
			told = append(told, p)
		} else {
			listeners = append(listeners, p)
		}
	}
	require.Len(t, told, 3)
	for _, p := range told { // to its own sender, as btcd does
		h.says(p, txInv(tx))
	}
	outs = h.pass(30 * time.Second)
	for _, p := range listeners {
		require.Empty(t, sent[*wire.MsgInv](outs, p), "it is listened to")
	}
	outs = append(h.says(listeners[0], txInv(tx)), h.says(listeners[1], txInv(tx))...)
	outs = append(outs, h.pass(time.Minute)...)
	require.Equal(t, []*wire.MsgInv{txInv(tx)}, sent[*wire.MsgInv](outs, listeners[2]))
	require.Len(t, sent[*wire.MsgTx](h.says(listeners[2], fetch(txInv(tx))), listeners[2]), 1)
	before, _ := h.m.Travel(tx.TxHash())
	h.says(listeners[2], txInv(tx))
	after, _ := h.m.Travel(tx.TxHash())
	require.Equal(t, 2, before.Groups)
	require.Equal(t, before.Groups, after.Groups)
	for _, p := range told {
		require.Empty(t, sent[*wire.MsgInv](outs, p), "once is enough")
	}
}

// TestOutboundPeersHearWhatHalfStandsBy: two liars cannot have us tell the others
// nonsense.
func TestOutboundPeersHearWhatHalfStandsBy(t *testing.T) {
	t.Parallel()
	h := serving(t, 10, 0, nil)
	var peers []protocol.PeerID
	for i := range 6 {
		peers = append(peers, h.outbound(fmt.Sprintf("%d.1.0.1:1", 20+i)))
	}
	guest := h.guest("9.9.0.1:1")
	lie, tx := foreignTx(1, 10), foreignTx(2, 10)
	for _, p := range peers[:2] {
		h.announce(p, lie)
	}
	for _, p := range peers[:3] {
		h.announce(p, tx)
	}
	outs := h.pass(time.Minute)
	for _, p := range peers[3:] {
		require.Equal(t, []*wire.MsgInv{txInv(tx)}, sent[*wire.MsgInv](outs, p))
	}
	told := 0
	for _, inv := range sent[*wire.MsgInv](outs, guest) {
		told += len(inv.InvList)
	}
	require.Equal(t, 2, told)
}

func TestVouchedByBothNames(t *testing.T) {
	t.Parallel()
	h := serving(t, 10, 0, nil)
	a, b := h.outbound("1.1.0.1:1"), h.outbound("2.2.0.1:1")
	h.last++
	guest := h.last
	h.step(protocol.PeerConnected{Info: protocol.PeerInfo{ID: guest, Addr: "5.5.0.1:1", Inbound: true, Services: wire.SFNodeWitness, TxRelay: true, WTxID: true}})
	tx := foreignTx(1, 10)
	wtxid := tx.WitnessHash()
	named := &wire.MsgInv{InvList: []*wire.InvVect{wire.NewInvVect(protocol.InvTypeWTx, &wtxid)}}
	h.says(b, named)
	h.announce(a, tx)
	invs := sent[*wire.MsgInv](h.pass(time.Minute), guest)
	require.Equal(t, []*wire.MsgInv{named}, invs)
	require.Len(t, sent[*wire.MsgTx](h.says(guest, fetch(named)), guest), 1)
}

// TestVouchedIsBounded: what is held stays small, whatever is announced.
func TestVouchedIsBounded(t *testing.T) {
	t.Parallel()
	h := serving(t, 10, 0, nil)
	a, b := h.outbound("1.1.0.1:1"), h.outbound("2.2.0.1:1")
	guest := h.guest("5.5.0.1:1")
	for i := range uint32(80) {
		tx := foreignTx(i, 100_000)
		h.announce(a, tx)
		h.announce(b, tx)
	}
	offered := 0
	for _, inv := range sent[*wire.MsgInv](h.pass(time.Minute), guest) {
		for _, msg := range sent[*wire.MsgTx](h.says(guest, fetch(inv)), guest) {
			offered += msg.SerializeSize()
		}
	}
	require.Greater(t, offered, 4<<20)
	require.LessOrEqual(t, offered, 5<<20)
	low := serving(t, 10, 0, func(cfg *protocol.Config) { cfg.LowData = true })
	a, b, guest = low.outbound("1.1.0.1:1"), low.outbound("2.2.0.1:1"), low.guest("5.5.0.1:1")
	low.announce(a, foreignTx(1, 1))
	low.announce(b, foreignTx(1, 1))
	require.Empty(t, sent[*wire.MsgInv](low.pass(time.Minute), guest))
}

// TestHandedOverAlike: a peer gets what is handed on as it gets ours, with a ping
// after it.
func TestHandedOverAlike(t *testing.T) {
	t.Parallel()
	h := serving(t, 10, 0, nil)
	a, b, c := h.outbound("1.1.0.1:1"), h.outbound("2.2.0.1:1"), h.outbound("3.3.0.1:1")
	tx := foreignTx(1, 10)
	h.announce(a, tx)
	h.announce(b, tx)
	require.Len(t, sent[*wire.MsgInv](h.pass(time.Minute), c), 1)
	outs := h.says(c, fetch(txInv(tx)))
	require.Equal(t, []*wire.MsgTx{tx}, sent[*wire.MsgTx](outs, c))
	require.Len(t, sent[*wire.MsgPing](outs, c), 1)
}
