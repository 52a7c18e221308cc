package app

import (
	"testing"
	"time"

	"thistle/app/descriptor"
	"thistle/app/ledger"
	"thistle/app/units"
	"thistle/spv"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// rivals are two transactions that spend the same: one that pays the wallet, and
// one that does not.
func rivals(t *testing.T, w *Wallet, index uint32) (payment, rival *wire.MsgTx) {
	t.Helper()
	script, err := w.source[descriptor.External].Script(index)
	require.NoError(t, err)
	coin := wire.OutPoint{Hash: chainhash.Hash{7, byte(index)}, Index: index}
	payment, rival = wire.NewMsgTx(2), wire.NewMsgTx(2)
	for _, tx := range []*wire.MsgTx{payment, rival} {
		tx.AddTxIn(wire.NewTxIn(&coin, nil, wire.TxWitness{make([]byte, 64)}))
	}
	payment.AddTxOut(wire.NewTxOut(9_000, script))
	rival.AddTxOut(wire.NewTxOut(8_000, append([]byte{0, 20}, make([]byte, 20)...)))
	return payment, rival
}

func drain(events *Events) (list []DoubleSpend) {
	events.mu.Lock()
	defer events.mu.Unlock()
	for _, e := range events.queue {
		if d, ok := e.(DoubleSpend); ok {
			list = append(list, d)
		}
	}
	events.queue = nil
	return list
}

// TestContestedInEitherOrder: it is told once that an arriving payment competes
// with another, whether that came before or after; nothing of it can be spent.
func TestContestedInEitherOrder(t *testing.T) {
	t.Parallel()
	w := busy(t, 1)
	events := w.Events()
	defer events.Close()
	pending := w.Balance().UntrustedPending
	for i, order := range []string{"before", "after"} {
		spendable := w.Balance().Spendable
		payment, rival := rivals(t, w, uint32(i+1))
		want := []DoubleSpend{{TxID: payment.TxHash(), Rival: rival.TxHash(), Amount: 9_000}}
		switch order {
		case "before":
			require.NoError(t, w.seen(rival, time.Now(), nil))
			require.Empty(t, drain(events))
			require.NoError(t, w.seen(payment, time.Now(), []chainhash.Hash{rival.TxHash()}))
		case "after":
			require.NoError(t, w.seen(payment, time.Now(), nil))
			require.Empty(t, drain(events))
			require.NoError(t, w.seen(rival, time.Now(), []chainhash.Hash{payment.TxHash()}))
		}
		require.Equal(t, want, drain(events), order)
		require.NoError(t, w.seen(rival, time.Now(), []chainhash.Hash{payment.TxHash()}))
		require.Empty(t, drain(events), "it was told")
		p, err := w.Payment(payment.TxHash().String())
		require.NoError(t, err)
		require.Equal(t, StatePending, p.State)
		require.True(t, p.Contested && p.Unverified)
		require.Equal(t, spendable, w.Balance().Spendable)
	}
	require.Equal(t, pending+18_000, w.Balance().UntrustedPending)
}

// TestManyRivals: rivals can be made up without end. One of a payment is told, and
// of many payments not all; nor are all remembered.
func TestManyRivals(t *testing.T) {
	t.Parallel()
	w := busy(t, 1)
	events := w.Events()
	defer events.Close()
	payment, rival := rivals(t, w, 6)
	require.NoError(t, w.seen(payment, time.Now(), nil))
	for range 5 {
		rival.TxOut[0].Value--
		require.NoError(t, w.seen(rival, time.Now(), []chainhash.Hash{payment.TxHash()}))
	}
	require.Len(t, drain(events), 1)
	for i := range maxRivals {
		w.rivals[chainhash.Hash{byte(i), byte(i >> 8)}] = chainhash.Hash{}
	}
	n := len(w.rivals)
	less := payment.Copy()
	less.TxOut[0].Value--
	require.NoError(t, w.seen(less, time.Now().Add(time.Second), nil))
	require.Empty(t, drain(events))
	require.Len(t, w.rivals, n)
}

// TestReplacedForLess: a payment to us that its sender replaces is a double spend
// if the new one gives us less.
func TestReplacedForLess(t *testing.T) {
	t.Parallel()
	w := busy(t, 1)
	events := w.Events()
	defer events.Close()
	payment, _ := rivals(t, w, 3)
	require.NoError(t, w.seen(payment, time.Now(), nil))
	more, less := payment.Copy(), payment.Copy()
	more.TxOut[0].Value++
	less.TxOut[0].Value -= 5_000
	require.NoError(t, w.seen(more, time.Now().Add(time.Second), []chainhash.Hash{payment.TxHash()}))
	require.Empty(t, drain(events))
	require.NoError(t, w.seen(less, time.Now().Add(time.Minute), []chainhash.Hash{more.TxHash()}))
	require.Equal(t, []DoubleSpend{{TxID: more.TxHash(), Rival: less.TxHash(), Amount: 9_001}}, drain(events))
	entry := w.History(0, 1)[0]
	require.Equal(t, less.TxHash(), entry.TxID)
	require.True(t, entry.Contested)
}

// TestHeardOfWhileLocked: a wallet that is opened later learns of both.
func TestHeardOfWhileLocked(t *testing.T) {
	t.Parallel()
	w := busy(t, 1)
	s := &Session{env: w.env, changed: make(chan struct{}), wallets: make(map[*Wallet]bool), posts: make(map[string][]*post)}
	payment, rival := rivals(t, w, 4)
	s.ears.keep(spv.TxSeen{Tx: rival, At: time.Now()})
	s.ears.keep(spv.TxSeen{Tx: payment, At: time.Now(), Rivals: []chainhash.Hash{rival.TxHash()}})
	w.session = s
	events := w.Events()
	defer events.Close()
	require.NoError(t, w.catchUp(t.Context()))
	require.Equal(t, []DoubleSpend{{TxID: payment.TxHash(), Rival: rival.TxHash(), Amount: 9_000}}, drain(events))
}

// TestWhyStalled: what is known of a payment is said with what peers do.
func TestWhyStalled(t *testing.T) {
	t.Parallel()
	w := busy(t, 1)
	chain, err := w.env.openChain(w.origin())
	require.NoError(t, err)
	defer func() { require.NoError(t, chain.Close()) }()
	events := w.Events()
	defer events.Close()

	arriving, _ := rivals(t, w, 5)
	require.NoError(t, w.seen(arriving, time.Now(), nil))
	tx := wire.NewMsgTx(2)
	tx.AddTxIn(wire.NewTxIn(&wire.OutPoint{Hash: arriving.TxHash()}, nil, nil))
	tx.AddTxOut(wire.NewTxOut(7_000, append([]byte{0, 20}, make([]byte, 20)...)))
	id := tx.TxHash()
	require.NoError(t, w.apply(ledger.Created{Tx: tx, At: time.Now()}))
	require.Equal(t, units.Amount(2_000), w.led.Queue()[0].Fee)

	stalled := func(why spv.Stall) []StallReason {
		require.NoError(t, w.handle(chain, spv.TxStalled{TxID: id, Why: why}))
		events.mu.Lock()
		defer events.mu.Unlock()
		for i := range events.queue {
			if e, ok := events.queue[i].(Stalled); ok && e.TxID == id {
				events.queue = nil
				return append([]StallReason{}, e.Why...)
			}
		}
		return nil
	}
	require.Equal(t, []StallReason{StallNoPeers}, stalled(spv.StallNobody))
	require.Equal(t, []StallReason{StallFeeFloor}, stalled(spv.StallFee))
	require.Equal(t, []StallReason{StallUnasked}, stalled(spv.StallUnasked))
	require.Equal(t, []StallReason{StallParents, StallSilent}, stalled(spv.StallSilent))
	w.rivals = map[chainhash.Hash]chainhash.Hash{id: {1}}
	require.Equal(t, []StallReason{StallDoubleSpent, StallParents, StallSilent}, stalled(spv.StallSilent))
	require.Equal(t, []StallReason{}, stalled(spv.StallNone), "it gets on again")
	// It has travelled once: that nobody asks now means that all have it.
	require.NoError(t, w.apply(ledger.Echoed{TxID: id, Peer: "a", At: time.Now()}))
	require.Nil(t, stalled(spv.StallUnasked))
}
