package app_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"thistle/app"
	"thistle/app/descriptor"
	"thistle/app/units"
	"thistle/spv/sandbox"

	"github.com/stretchr/testify/require"
)

// drafting is a running wallet with so many confirmed coins of 0.01 BTC.
func drafting(t *testing.T, coins int) (*app.Wallet, *sandbox.Node, *app.Env) {
	t.Helper()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	w := funded(t, n, env, coins)
	require.NoError(t, w.Close())
	s := session(t, env)
	w, _ = unlock(t, s, "")
	syncedTo(t, w, n)
	return w, n, env
}

func draftOf(t *testing.T, w *app.Wallet, p app.SendParams) *app.Draft {
	t.Helper()
	d, err := w.Draft(p)
	require.NoError(t, err)
	return d
}

// requireStale requires that a draft is refused and that nothing came of it.
func requireStale(t *testing.T, w *app.Wallet, d *app.Draft) {
	t.Helper()
	before := w.History(0, -1)
	_, err := w.SendDraft(t.Context(), d, secret("correct horse"), patience)
	require.Equal(t, app.KindStale, app.KindOf(err), "%v", err)
	require.Equal(t, before, w.History(0, -1))
}

// What is sent is what was drafted, to the last number; a draft needs no password
// and leaves no trace.
func TestDraftIsWhatIsSent(t *testing.T) {
	t.Parallel()
	w, n, env := drafting(t, 2)
	before := w.Status()
	params := sendParams(t, env, n, "0.0015", 0)
	params.Password, params.Label, params.FeeRate = nil, "rent", "3"
	for range 5 {
		draftOf(t, w, params)
	}
	d := draftOf(t, w, params)
	require.Equal(t, before, w.Status())
	require.Len(t, w.History(0, -1), 2)
	require.Equal(t, []app.DraftRecipient{{Address: params.Recipients[0].Address, Amount: 150_000}}, d.Recipients)
	require.Equal(t, units.Amount(150_000), d.Amount)
	require.Equal(t, d.Amount+d.Fee, d.Total)
	require.Equal(t, 2_000_000-d.Total, d.Left)
	require.Equal(t, units.FeeRate(3_000), d.FeeRate)
	require.Equal(t, d.FeeRate.Fee(d.VSize), d.Fee)
	require.Equal(t, units.Amount(1_000_000*d.Inputs)-d.Total, d.Change)
	require.Equal(t, "rent", d.Label)
	require.Empty(t, d.Warnings)

	_, err := w.SendDraft(t.Context(), d, secret("wrong"), patience)
	require.Equal(t, app.KindPassword, app.KindOf(err))
	res, err := w.SendDraft(t.Context(), d, secret("correct horse"), patience)
	require.NoError(t, err)
	require.Equal(t, app.Acknowledged, res.State)
	require.Equal(t, d.Fee, res.Fee)
	require.Equal(t, d.Amount, res.Amount)
	require.Equal(t, d.Change, res.Change)
	inPool(t, n, res.TxID)
	entry := w.History(0, 1)[0]
	require.Equal(t, "rent", entry.Label)
	require.Equal(t, -d.Total, entry.Amount)
	require.Equal(t, d.Left, w.Balance().Total)

	// No address for change was used up by looking.
	p, err := w.Payment(res.TxID.String())
	require.NoError(t, err)
	first, err := ahead(t, w, descriptor.Internal).Address(0, env.Params.Net)
	require.NoError(t, err)
	require.Equal(t, app.PaymentRecipient{Address: first, Amount: d.Change, Ours: true, Change: true}, p.Recipients[1])
}

// A draft is refused once anything that it rests on has changed.
func TestStaleDrafts(t *testing.T) {
	t.Parallel()
	w, n, env := drafting(t, 1)
	params := sendParams(t, env, n, "0.001", 0)

	// The address for its change was paid.
	d := draftOf(t, w, params)
	events := w.Events()
	defer events.Close()
	pay(t, n, ahead(t, w, descriptor.Internal), 0, 5_000)
	await(within(t), t, events, func(app.TxSeen) bool { return true })
	requireStale(t, w, d)

	// Its coin is not certain any more.
	d = draftOf(t, w, params)
	require.NoError(t, n.Reorg(1, 2, sandbox.Return))
	await(within(t), t, events, func(e app.TxChanged) bool { return e.State == app.StatePending })
	requireStale(t, w, d)
	_, err := w.Draft(params)
	require.Equal(t, app.KindInsufficient, app.KindOf(err))
	mine(t, n, 1)
	syncedTo(t, w, n)

	// Its coin was spent by another payment, or by itself.
	d = draftOf(t, w, params)
	rival := draftOf(t, w, sendParams(t, env, n, app.MaxWord, 0))
	res, err := w.SendDraft(t.Context(), rival, secret("correct horse"), patience)
	require.NoError(t, err)
	inPool(t, n, res.TxID)
	requireStale(t, w, d)
	requireStale(t, w, rival)

	// It is of another wallet, or of none.
	requireStale(t, w, &app.Draft{})
	requireStale(t, w, nil)
	other, _, _ := drafting(t, 1)
	requireStale(t, other, rival)
}

// However often a draft is sent at once, it is sent once.
func TestDraftSentOnce(t *testing.T) {
	t.Parallel()
	w, n, env := drafting(t, 3)
	d := draftOf(t, w, sendParams(t, env, n, "0.001", 0))
	var group sync.WaitGroup
	var mu sync.Mutex
	var sent int
	for range 4 {
		group.Go(func() {
			_, err := w.SendDraft(context.Background(), d, secret("correct horse"), 0)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				sent++
			} else if app.KindOf(err) != app.KindStale {
				t.Error(err)
			}
		})
	}
	group.Wait()
	require.Equal(t, 1, sent)
	require.Len(t, w.History(0, -1), 4)
}

// A draft says whom it pays: ourselves, somebody known, and all there is.
func TestDraftRecipients(t *testing.T) {
	t.Parallel()
	w, n, env := drafting(t, 2)
	own, err := w.Receive("", "", false)
	require.NoError(t, err)
	params := sendParams(t, env, n, "0.001", 0)
	params.Recipients = append(params.Recipients, app.Recipient{Address: own.Address, Amount: "0.002"})
	d := draftOf(t, w, params)
	require.Equal(t, []app.DraftRecipient{
		{Address: params.Recipients[0].Address, Amount: 100_000}, {Address: own.Address, Amount: 200_000, Ours: true},
	}, d.Recipients)
	require.Equal(t, units.Amount(300_000), d.Amount)
	require.Equal(t, 2_000_000-100_000-d.Fee, d.Left, "what we pay ourselves stays ours")
	_, err = w.SendDraft(t.Context(), d, secret("correct horse"), 0)
	require.NoError(t, err)

	all := draftOf(t, w, sendParams(t, env, n, app.MaxWord, 0))
	require.True(t, all.Recipients[0].PaidBefore)
	require.False(t, all.Recipients[0].Ours)
	require.Zero(t, all.Change)
	require.Equal(t, w.Balance().Spendable, all.Total)
	require.Equal(t, all.Recipients[0].Amount, all.Amount)
	require.Zero(t, all.Left)

	// What was given up does not count as paid.
	fresh := sendParams(t, env, n, "0.001", 0)
	external := ahead(t, w, descriptor.External)
	fresh.Recipients[0].Address, err = external.Address(90, env.Params.Net)
	require.NoError(t, err)
	res, err := w.SendDraft(t.Context(), draftOf(t, w, fresh), secret("correct horse"), 0)
	require.NoError(t, err)
	require.True(t, draftOf(t, w, fresh).Recipients[0].PaidBefore)
	require.NoError(t, w.Abandon(res.TxID))
	require.False(t, draftOf(t, w, fresh).Recipients[0].PaidBefore)

	for amount, kind := range map[string]app.Kind{"0": app.KindAmount, "0.00000001": app.KindDust, "5": app.KindInsufficient} {
		_, err = w.Draft(sendParams(t, env, n, amount, 0))
		require.Equal(t, kind, app.KindOf(err), amount)
	}
}

// Travel tells how far a payment has come, also when nobody is connected.
func TestTravel(t *testing.T) {
	t.Parallel()
	net := network(t, 2)
	env := newEnv(t, net.Addrs()...)
	w := funded(t, net[0], env, 1)
	require.NoError(t, net.Synced(t.Context()))
	incoming := func() app.Travel { return w.Travel(w.History(1, 1)[0].TxID) }
	var res *app.SendResult
	online(t, w, func(ctx context.Context) {
		var err error
		res, err = w.SendDraft(ctx, draftOf(t, w, sendParams(t, env, net[0], "0.001", 0)), secret("correct horse"), 0)
		require.NoError(t, err)
		eventually(t, func() bool { return w.Travel(res.TxID).State == app.Echoed })
		travel := w.Travel(res.TxID)
		require.Equal(t, 2, travel.Peers)
		require.Equal(t, 1, travel.Echoed)
		require.Len(t, travel.Acknowledged, 1)
		require.True(t, slices.Contains(env.Peering.Connect, travel.Acknowledged[0]))
		require.Empty(t, incoming().State, "others' payments are not ours to announce")
	})
	require.Zero(t, w.Travel(res.TxID).Peers)
	require.Equal(t, app.Echoed, w.Travel(res.TxID).State)
}

// A payment is told with everything: whom, what comes back, its block and the work
// on it.
func TestPaymentInFull(t *testing.T) {
	t.Parallel()
	w, n, env := drafting(t, 2)
	in := w.History(0, -1)[0]
	p, err := w.Payment(in.TxID.String())
	require.NoError(t, err)
	require.Equal(t, in, p.HistoryEntry)
	require.False(t, p.Outgoing)
	require.Equal(t, []app.PaymentRecipient{{Address: in.Address, Amount: 1_000_000, Ours: true}}, p.Recipients)
	tx, err := n.Tx(in.TxID)
	if err == nil {
		require.Equal(t, tx.SerializeSize(), len(p.Raw))
	}
	height, hash := n.Tip()
	require.Equal(t, height, p.Height)
	require.Equal(t, hash, p.BlockHash)
	block, err := n.Block(hash)
	require.NoError(t, err)
	require.Equal(t, block.Header.Timestamp.UTC(), p.BlockTime)
	require.Equal(t, "2", p.Work, "one block of regtest")
	require.Nil(t, p.Fee)
	require.Zero(t, p.FeeRate)
	require.Positive(t, p.VSize)

	res, err := w.SendDraft(t.Context(), draftOf(t, w, sendParams(t, env, n, "0.003", 0)), secret("correct horse"), patience)
	require.NoError(t, err)
	p, err = w.Payment(res.TxID.String())
	require.NoError(t, err)
	require.True(t, p.Outgoing)
	require.Equal(t, res.Raw, p.Raw)
	require.Equal(t, res.Fee, *p.Fee)
	require.Equal(t, res.FeeRate, p.FeeRate)
	require.Equal(t, res.VSize, p.VSize)
	require.Equal(t, app.Acknowledged, p.Travel.State)
	require.Equal(t, 1, p.Travel.Peers)
	require.Empty(t, p.Work)
	require.True(t, p.BlockTime.IsZero())
	require.Len(t, p.Recipients, 2)
	require.Equal(t, p.Address, p.Recipients[0].Address)
	require.Equal(t, app.PaymentRecipient{Address: p.Address, Amount: 300_000}, p.Recipients[0])
	require.True(t, p.Recipients[1].Change)
	require.Equal(t, w.Balance().Total, p.Balance)

	mine(t, n, 3)
	syncedTo(t, w, n)
	p, err = w.Payment(in.TxID.String())
	require.NoError(t, err)
	require.Equal(t, "8", p.Work)

	_, err = w.Payment("00")
	require.Equal(t, app.KindTxID, app.KindOf(err))
	_, err = w.Payment(hexOf(make([]byte, 32)))
	require.Equal(t, app.KindUnknownTx, app.KindOf(err))
}

// The last word on a label counts, also if the clock stands still or goes back.
func TestLabels(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	w := funded(t, n, env, 1)
	online(t, w, func(context.Context) {})
	require.NoError(t, w.Close())
	now := time.Now()
	env.Now = func() time.Time { return now }
	w = open(t, env)
	id := w.History(0, 1)[0].TxID.String()
	for _, text := range []string{"rent", "a", "z", "", "rent"} {
		require.NoError(t, w.Label(id, text))
		require.Equal(t, text, w.History(0, 1)[0].Label)
		now = now.Add(-time.Hour)
	}
	require.NoError(t, w.Close())
	w = open(t, env)
	require.Equal(t, "rent", w.History(0, 1)[0].Label)
	require.Equal(t, app.KindUnknownTx, app.KindOf(w.Label(hexOf(make([]byte, 32)), "x")))
	require.Equal(t, app.KindTxID, app.KindOf(w.Label("x", "x")))
}

// A request can be changed and cleared, for addresses that were handed out only.
func TestRequest(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	w := newWallet(t, env)
	first, err := w.Receive("rent", "0.5", false)
	require.NoError(t, err)
	now := time.Now().AddDate(0, 0, -1)
	env.Now = func() time.Time { return now }
	for _, c := range []struct{ label, amount string }{{"food", "0.1"}, {"food", "0.2"}, {"", "0.2"}, {"", ""}, {"zoo", ""}} {
		a, err := w.Request(0, c.label, c.amount)
		require.NoError(t, err)
		require.Equal(t, first.Address, a.Address)
		require.Equal(t, c.label, a.Label)
		list, err := w.Addresses()
		require.NoError(t, err)
		require.Equal(t, []app.Address{a}, list)
	}
	list, _ := w.Addresses()
	require.Zero(t, list[0].Amount)
	require.Equal(t, "bitcoin:"+first.Address+"?label=zoo", list[0].URI)
	_, err = w.Request(1, "x", "")
	require.Equal(t, app.KindAddress, app.KindOf(err))
	_, err = w.Request(0, "x", "-1")
	require.Equal(t, app.KindAmount, app.KindOf(err))
	again, err := w.Receive("bar", "", true)
	require.NoError(t, err)
	require.Equal(t, first.Address, again.Address)
	require.Equal(t, "bar", again.Label)
	env.Now = nil

	// What came to an address, and whether some of it is on its way.
	pay(t, n, ahead(t, w, descriptor.External), 0, 30_000)
	mine(t, n, 1)
	online(t, w, func(context.Context) {
		list, err := w.Addresses()
		require.NoError(t, err)
		require.Equal(t, units.Amount(30_000), list[0].Received)
		require.False(t, list[0].Arriving)
		pay(t, n, ahead(t, w, descriptor.External), 0, 12_000)
		eventually(t, func() bool { list, err = w.Addresses(); return err == nil && list[0].Arriving })
		require.Equal(t, units.Amount(42_000), list[0].Received)
	})
}

// TestBeyondGap: the warning stays with an address that other wallets would not
// find again, however it is asked for.
func TestBeyondGap(t *testing.T) {
	t.Parallel()
	env := newEnv(t, "127.0.0.1:1")
	w := newWallet(t, env)
	for i := range 22 {
		a, err := w.Receive("", "", false)
		require.NoError(t, err)
		require.Equal(t, i >= 20, a.BeyondGap, "address %d", i)
	}
	again, err := w.Receive("", "", true)
	require.NoError(t, err)
	require.True(t, again.BeyondGap)
	described, err := w.Request(again.Index, "rent", "")
	require.NoError(t, err)
	require.True(t, described.BeyondGap)
	list, err := w.Addresses()
	require.NoError(t, err)
	for i, a := range list {
		require.Equal(t, i >= 20, a.BeyondGap, "address %d", i)
	}
}

// TestAddressesAreSearchedAtOnce: when addresses are handed out more are derived
// ahead, which are searched for without waiting for anything to happen outside.
func TestAddressesAreSearchedAtOnce(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	w := newWallet(t, env)
	online(t, w, func(ctx context.Context) {
		_, err := w.Sync(ctx)
		require.NoError(t, err)
		grown := 0
		for range 30 {
			before := w.Status().Scripts
			_, err = w.Receive("", "", false)
			require.NoError(t, err)
			if w.Status().Scripts > before {
				grown++
			}
			eventually(t, func() bool { return w.Balance().Final })
		}
		require.Positive(t, grown)
	})
}
