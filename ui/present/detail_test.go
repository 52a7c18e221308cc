package present_test

import (
	"bytes"
	"testing"
	"time"

	"thistle/app"
	"thistle/app/units"
	"thistle/ui/present"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

func sent() *app.Payment {
	return &app.Payment{
		HistoryEntry: app.HistoryEntry{
			TxID: chainhash.Hash{31: 0x7d}, State: app.StateConfirmed, Confirmations: 2, Height: 925_317, Amount: -6_101_240, Outgoing: true,
			Fee: fee(1_240), Label: "Rent, November", Time: noon,
		},
		VSize: 141, FeeRate: 8_794, BlockTime: noon.Add(-time.Hour), Raw: []byte{1, 0xab},
		Recipients: []app.PaymentRecipient{
			{Address: somebody, Amount: 6_100_000}, {Address: "mine", Amount: 5, Ours: true}, {Address: "change", Amount: 70, Ours: true, Change: true},
		},
	}
}

func TestPaymentDetails(t *testing.T) {
	t.Parallel()
	d := present.PaymentOf(sent(), nil, present.Prefs{}, noon)
	require.Equal(t, &present.Payment{
		TxID: chainhash.Hash{31: 0x7d}.String(), Title: "Rent, November", Label: "Rent, November",
		State:  present.Text{Words: "2 of 6 confirmations", Tone: present.Accent},
		Amount: present.Text{Words: narrow("−0.061 012 40")}, Unit: "BTC",
		Fee:   narrow("0.000 012 40") + "\u00a0BTC · 8.8 sat/vB · 141 vB",
		Mined: "block 925 317 · 22 Nov 2026 11:00",
		Recipients: []present.PaymentLine{
			{Address: somebody, Amount: narrow("0.061 000 00") + "\u00a0BTC", Note: "paid to"},
			{Address: "mine", Amount: narrow("0.000 000 05") + "\u00a0BTC", Note: "your own address"},
			{Address: "change", Amount: narrow("0.000 000 70") + "\u00a0BTC", Note: "back to you", Change: true},
		},
		NoProof: "The proof of this payment is not kept.", Raw: "01ab",
	}, d)
}

func TestFees(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change func(*app.Payment)
		prefs  present.Prefs
		want   string
	}{
		{func(p *app.Payment) { p.Fee = nil }, present.Prefs{}, ""},
		{func(p *app.Payment) { p.VSize, p.FeeRate = 0, 0 }, present.Prefs{Unit: present.UnitSat}, narrow("1 240") + "\u00a0sat"},
		{func(p *app.Payment) { p.FeeRate = 0 }, present.Prefs{Unit: present.UnitSat}, narrow("1 240") + "\u00a0sat · 8.8 sat/vB · 141 vB"},
		{func(*app.Payment) {}, present.Prefs{Hide: true}, "•••\u00a0BTC"},
	} {
		p := sent()
		c.change(p)
		require.Equal(t, c.want, present.PaymentOf(p, nil, c.prefs, noon).Fee)
	}
}

// TestWhatWeReceive: only our part is shown.
func TestWhatWeReceive(t *testing.T) {
	t.Parallel()
	p := sent()
	p.Amount, p.Outgoing, p.Fee = 5, false, nil
	p.Recipients = []app.PaymentRecipient{{Address: somebody, Amount: 9}, {Address: "mine", Amount: 5, Ours: true, Label: "Invoice\n"}}
	lines := present.PaymentOf(p, nil, present.Prefs{}, noon).Recipients
	require.Equal(t, []present.PaymentLine{{Address: "mine", Amount: narrow("0.000 000 05") + "\u00a0BTC", Note: "Invoice?"}}, lines)
	p.Recipients[1].Label = ""
	require.Equal(t, "to your address", present.PaymentOf(p, nil, present.Prefs{}, noon).Recipients[0].Note)
}

// TestExplanations: whatever did not go the usual way is explained.
func TestExplanations(t *testing.T) {
	t.Parallel()
	winner := chainhash.Hash{31: 0xee}
	seen := map[string]bool{}
	for _, c := range []struct {
		state    app.TxState
		amount   units.Amount
		explains bool
	}{
		{app.StateConfirmed, 5, false}, {app.StateConfirmed, -5, false},
		{app.StatePending, 5, true}, {app.StatePending, -5, false},
		{app.StateReplaced, 5, true}, {app.StateReplaced, -5, true},
		{app.StateConflicted, 5, true}, {app.StateConflicted, -5, true},
		{app.StateAbandoned, -5, true},
	} {
		p := sent()
		p.State, p.Amount, p.Outgoing, p.ReplacedBy = c.state, c.amount, c.amount < 0, &winner
		d := present.PaymentOf(p, nil, present.Prefs{}, noon)
		require.Equal(t, c.explains, d.Explain.Words != "", "%v %v", c.state, c.amount)
		require.False(t, c.explains && seen[d.Explain.Words], "said of two things: %s", d.Explain.Words)
		seen[d.Explain.Words] = true
		require.Equal(t, winner.String(), d.Winner)
		require.Equal(t, c.state == app.StateConfirmed, d.Mined != "")
		require.Equal(t, c.state != app.StateConfirmed, d.When != "")
		require.Equal(t, c.state == app.StatePending && c.amount < 0, d.Delivery.Words != "")
	}
}

func TestNewlyMinedCoins(t *testing.T) {
	t.Parallel()
	mined := wire.NewMsgTx(2)
	mined.AddTxIn(wire.NewTxIn(wire.NewOutPoint(&chainhash.Hash{}, wire.MaxPrevOutIndex), []byte{1, 2}, nil))
	mined.AddTxOut(wire.NewTxOut(5, []byte{0x51}))
	paid := mined.Copy()
	paid.TxIn[0].PreviousOutPoint.Hash[0] = 1
	for _, c := range []struct {
		tx            *wire.MsgTx
		confirmations int32
		want          string
	}{
		{mined, 1, "Newly mined coins can be spent after 100 confirmations: 99 blocks to go."},
		{mined, 99, "Newly mined coins can be spent after 100 confirmations: 1 block to go."},
		{mined, 100, ""},
		{paid, 1, ""},
	} {
		var raw bytes.Buffer
		require.NoError(t, c.tx.Serialize(&raw))
		p := &app.Payment{HistoryEntry: app.HistoryEntry{State: app.StateConfirmed, Amount: 5, Confirmations: c.confirmations}, Raw: raw.Bytes()}
		require.Equal(t, c.want, present.PaymentOf(p, nil, present.Prefs{}, noon).Explain.Words)
	}
}

// TestHowFarItTravelled: in the words of the screen that sent it.
func TestHowFarItTravelled(t *testing.T) {
	t.Parallel()
	for _, travel := range []app.Travel{
		{State: app.Queued, Peers: 4},
		{State: app.Acknowledged, Acknowledged: []string{"a"}, Peers: 1},
		{State: app.Acknowledged, Acknowledged: []string{"a", "b"}, Peers: 4},
		{State: app.Echoed, Acknowledged: []string{"a", "b"}, Echoed: 3, Peers: 4},
	} {
		p := sent()
		p.State, p.Travel = app.StatePending, travel
		d := present.PaymentOf(p, nil, present.Prefs{}, noon)
		require.Equal(t, present.TravelOf(travel, 0).Headline, d.Delivery)
		require.NotEmpty(t, d.Delivery.Words)
	}
}
