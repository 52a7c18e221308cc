package app_test

import (
	"context"
	"math/big"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"thistle/app"
	"thistle/app/descriptor"
	"thistle/app/units"
	"thistle/spv/chain"
	"thistle/spv/sandbox"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"
)

// session begins a session that runs until the test ends.
func session(t *testing.T, env *app.Env) *app.Session {
	t.Helper()
	s, err := app.Begin(env)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ran)
		require.NoError(t, s.End())
	})
	return s
}

// unlock opens a wallet of the session and runs it; lock ends that and closes it.
func unlock(t *testing.T, s *app.Session, name string) (w *app.Wallet, lock func()) {
	t.Helper()
	w, err := s.Open(name, secret("correct horse"))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- w.Run(ctx) }()
	lock = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-ran)
		require.NoError(t, w.Close())
	})
	t.Cleanup(lock)
	return w, lock
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// syncedTo waits until the wallet knows all up to the node's tip.
func syncedTo(t *testing.T, w *app.Wallet, n *sandbox.Node) {
	t.Helper()
	for {
		height, hash := n.Tip()
		res, err := w.Sync(within(t))
		require.NoError(t, err)
		if res.Height == height && res.Hash == hash {
			return
		}
	}
}

func eventually(t *testing.T, cond func() bool) {
	t.Helper()
	require.Eventually(t, cond, patience, 5*time.Millisecond)
}

// A session without a wallet follows the chain, and says how far it is.
func TestSessionWithoutWallet(t *testing.T) {
	t.Parallel()
	net := network(t, 2)
	env := newEnv(t, net.Addrs()...)
	s := session(t, env)
	events := s.Events()
	defer events.Close()
	eventually(t, func() bool { return s.Progress().Current })
	height, hash := net[0].Tip()
	p := s.Progress()
	require.Equal(t, height, p.Height)
	require.Equal(t, hash, p.Hash)
	require.Equal(t, height, p.Target)
	require.True(t, p.Running)
	require.Equal(t, 2, p.Peers)
	require.Equal(t, 2, p.FilterPeers)
	require.Zero(t, p.Base)
	require.Equal(t, int32(-1), p.FiltersFrom, "no wallet wants filters")
	require.WithinDuration(t, time.Now(), p.TipTime, time.Hour)
	require.Len(t, s.Peers(), 2)

	mine(t, net[0], 1)
	await(within(t), t, events, func(e app.Headers) bool { return e.Height == height+1 })
	require.NoError(t, net[0].Reorg(2, 3))
	reorg := await(within(t), t, events, func(app.Reorg) bool { return true })
	require.Equal(t, app.Reorg{Fork: height - 1, Disconnected: 2, Height: height + 2, Hash: reorg.Hash}, reorg)
	wallets, err := s.Wallets()
	require.NoError(t, err)
	require.Empty(t, wallets)

	// The folder is this program's alone.
	_, err = app.Begin(env)
	require.Equal(t, app.KindInUse, app.KindOf(err))
	_, err = app.Create(env, app.CreateParams{Words: 12, Password: secret("correct horse")})
	require.Equal(t, app.KindInUse, app.KindOf(err))
	require.Equal(t, app.KindInUse, app.KindOf(s.Run(t.Context())), "it runs already")
}

// Before it runs, and when it has ended, a session knows what is on disk.
func TestProgressAtRest(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	newWallet(t, env).Close()
	s, err := app.Begin(env)
	require.NoError(t, err)
	p := s.Progress()
	require.False(t, p.Running)
	require.Zero(t, p.Height, "the first block is known to everybody")
	require.Zero(t, p.Stages)
	require.Nil(t, s.Peers())
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx) }()
	w, lock := unlock(t, s, "")
	eventually(t, func() bool { p = s.Progress(); return p.Filters == p.Height && p.Current })
	require.Positive(t, p.FiltersFrom)
	require.Equal(t, app.Stage{Done: 1, Total: 1}, p.Stages.Peers)
	require.Equal(t, app.Stage{Done: p.Height - p.Base + 1, Total: p.Height - p.Base + 1}, p.Stages.Headers)
	require.Equal(t, p.Height-p.FiltersFrom+1, p.Stages.Filters.Total)
	require.True(t, p.Stages.Filters.Complete() && p.Stages.FilterHeaders.Complete())
	eventually(t, func() bool { return w.Progress() == s.Progress() })
	require.Equal(t, p.Height, p.FilterHeaders)
	lock()
	cancel()
	require.NoError(t, <-ran)
	rest := s.Progress()
	require.False(t, rest.Running)
	require.False(t, rest.Current)
	require.Zero(t, rest.Peers)
	require.Zero(t, rest.Stages)
	require.Equal(t, p.Hash, rest.Hash)
	require.Equal(t, int32(-1), w.Progress().Height)
	require.NoError(t, s.End())
	require.NoError(t, s.End())
	require.Equal(t, int32(-1), s.Progress().Height)
	require.Equal(t, app.KindLocked, app.KindOf(s.Run(t.Context())))
	_, err = s.Open("", secret("correct horse"))
	require.Equal(t, app.KindLocked, app.KindOf(err))
	_, err = s.Create(app.CreateParams{Name: "late", Words: 12, Password: secret("correct horse")})
	require.Equal(t, app.KindLocked, app.KindOf(err))
	_, err = s.Restore(app.RestoreParams{Name: "late", Mnemonic: secret("x"), Password: secret("correct horse")})
	require.Equal(t, app.KindLocked, app.KindOf(err))
}

// With nobody to connect to, a session says so, and what is on disk can be seen.
func TestSessionWithoutPeers(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	newWallet(t, env).Close()
	s, err := app.Begin(env)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.End()) }()
	err = s.Run(t.Context())
	require.Equal(t, app.KindNoPeers, app.KindOf(err))
	require.ErrorContains(t, err, "name one to connect to")
	w, err := s.Open("", secret("correct horse"))
	require.NoError(t, err)
	_, err = w.Receive("", "", false)
	require.NoError(t, err)
	require.NoError(t, w.Close())
}

// A wallet made in a running session is paid, and locked; what is paid to it then
// it knows as soon as it is unlocked, confirmed or not, without another block.
func TestPaidWhileLocked(t *testing.T) {
	t.Parallel()
	net := network(t, 2)
	env := newEnv(t, net.Addrs()...)
	s := session(t, env)
	eventually(t, func() bool { return s.Progress().Current })
	words, err := app.NewWords(12)
	require.NoError(t, err)
	_, err = s.Create(app.CreateParams{Mnemonic: words, Password: secret("correct horse")})
	require.NoError(t, err)

	w, lock := unlock(t, s, "")
	external := ahead(t, w, descriptor.External)
	syncedTo(t, w, net[0])
	events := w.Events()
	pay(t, net[0], external, 0, 1_000_000)
	await(within(t), t, events, func(e app.TxSeen) bool { return e.Amount == 1_000_000 })
	mine(t, net[0], 1)
	await(within(t), t, events, func(app.TxConfirmed) bool { return true })
	events.Close()
	lock()

	heard := s.Events()
	defer heard.Close()
	pay(t, net[0], external, 1, 2_000_000)
	mine(t, net[0], 1)
	pay(t, net[0], external, 2, 4_000_000)
	height, _ := net[0].Tip()
	await(within(t), t, heard, func(e app.Headers) bool { return e.Height == height })
	require.True(t, s.Progress().Running, "the peer goes on")

	w, lock = unlock(t, s, "")
	syncedTo(t, w, net[0])
	require.Equal(t, units.Amount(3_000_000), w.Balance().Confirmed)
	eventually(t, func() bool { return w.Balance().UntrustedPending == 4_000_000 })
	lock()

	// Two at once are refused, one after the other are not.
	w, _ = unlock(t, s, "")
	_, err = s.Open("default", secret("correct horse"))
	require.Equal(t, app.KindInUse, app.KindOf(err))
	list, err := s.Wallets()
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, app.WalletInfo{Name: "default", Network: "regtest", CreatedAt: list[0].CreatedAt, Birthday: w.Status().Birthday}, list[0])
	require.False(t, list[0].CreatedAt.IsZero())
}

// A closed wallet knows nothing any more, and nothing can be done with it.
func TestClosedWallet(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	w := funded(t, n, env, 1)
	online(t, w, func(context.Context) {})
	txid := w.History(0, 1)[0].TxID
	draft, err := w.Draft(sendParams(t, env, n, "0.001", 0))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.Equal(t, app.Balance{Height: -1}, w.Balance())
	require.Empty(t, w.History(0, -1))
	require.Empty(t, w.Status().Descriptors)
	require.Empty(t, w.Peers())
	require.Equal(t, app.Travel{TxID: txid}, w.Travel(txid))
	for name, do := range map[string]func() error{
		"receive":   func() error { _, err := w.Receive("", "", false); return err },
		"request":   func() error { _, err := w.Request(0, "", ""); return err },
		"addresses": func() error { _, err := w.Addresses(); return err },
		"proof":     func() error { _, err := w.Proof(txid.String()); return err },
		"payment":   func() error { _, err := w.Payment(txid.String()); return err },
		"label":     func() error { return w.Label(txid.String(), "x") },
		"draft":     func() error { _, err := w.Draft(sendParams(t, env, n, "0.001", 0)); return err },
		"abandon":   func() error { return w.Abandon(txid) },
		"words":     func() error { _, _, err := w.Words(secret("correct horse")); return err },
		"password":  func() error { return w.ChangePassword(secret("correct horse"), secret("b")) },
		"backup":    w.SetBackedUp,
		"run":       func() error { return w.Run(t.Context()) },
	} {
		require.Equal(t, app.KindLocked, app.KindOf(do()), name)
	}
	_, err = w.SendDraft(t.Context(), draft, secret("correct horse"), 0)
	require.Equal(t, app.KindNoPeers, app.KindOf(err))
	require.NoError(t, w.Close())
}

// What was sent and not fetched by anybody goes on being announced while the
// wallet is locked.
func TestAnnouncedWhileLocked(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	w := funded(t, n, env, 2)
	online(t, w, func(context.Context) {})
	require.NoError(t, w.Close())
	s := session(t, env)
	w, lock := unlock(t, s, "")
	syncedTo(t, w, n)
	n.Mute("inv")
	draft, err := w.Draft(sendParams(t, env, n, "0.001", 0))
	require.NoError(t, err)
	res, err := w.SendDraft(t.Context(), draft, secret("correct horse"), 0)
	require.NoError(t, err)
	require.Equal(t, app.Queued, res.State)
	lock()
	require.NotContains(t, n.Mempool(), res.TxID)
	n.Unmute()
	n.DropPeers() // it tells the next one
	inPool(t, n, res.TxID)
	mine(t, n, 1)

	w, _ = unlock(t, s, "")
	syncedTo(t, w, n)
	require.Equal(t, app.StateConfirmed, w.History(0, 1)[0].State)
}

// checkpointed has a node whose chain has passed a checkpoint, with a payment to
// the first address of each wallet's keys in the blocks before; and rules that
// know the checkpoint.
func checkpointed(t *testing.T, old []*descriptor.Descriptor) (*sandbox.Node, *chain.Params) {
	t.Helper()
	var behind atomic.Int64
	behind.Store(int64(60 * 24 * time.Hour))
	n := lone(t, sandbox.Options{Now: func() time.Time { return time.Now().Add(-time.Duration(behind.Load())) }})
	for _, d := range old {
		pay(t, n, d, 0, 1_000_000)
	}
	mine(t, n, 1900)
	behind.Store(0)
	mine(t, n, 10)
	return n, passed(t, n)
}

// passed makes rules that know the checkpoint which a node's chain has passed.
func passed(t *testing.T, n *sandbox.Node) *chain.Params {
	t.Helper()
	const period = 2016
	work, err := chain.BlockWork(chaincfg.RegressionNetParams.PowLimitBits)
	require.NoError(t, err)
	each := work.Bytes()
	sum := new(big.Int).Mul(new(big.Int).SetBytes(each[:]), big.NewInt(period))
	prev, err := n.HashAt(period - 1)
	require.NoError(t, err)
	first, err := n.HashAt(period)
	require.NoError(t, err)
	block, err := n.Block(first)
	require.NoError(t, err)
	row := chain.Row{Height: period, Prev: prev, Bits: chaincfg.RegressionNetParams.PowLimitBits, Time: block.Header.Timestamp.Unix()}
	sum.FillBytes(row.Work[:])
	params, err := chain.ParamsFor(&chaincfg.RegressionNetParams, []chain.Row{row})
	require.NoError(t, err)
	return params
}

// keysElsewhere makes words, and tells what their wallet will watch.
func keysElsewhere(t *testing.T) (app.Secret, *descriptor.Descriptor) {
	t.Helper()
	words, err := app.NewWords(12)
	require.NoError(t, err)
	env := newEnv(t)
	_, err = app.Create(env, app.CreateParams{Mnemonic: words, Password: secret("correct horse")})
	require.NoError(t, err)
	return words, ahead(t, open(t, env), descriptor.External)
}

// A wallet older than the chain that the session began with makes it begin
// earlier: nothing of it is missed, and a wallet open meanwhile goes on.
func TestOlderWalletWidensTheChain(t *testing.T) {
	t.Parallel()
	words1, keys1 := keysElsewhere(t)
	words2, keys2 := keysElsewhere(t)
	n, params := checkpointed(t, []*descriptor.Descriptor{keys1, keys2})
	env := newEnv(t, n.Addr())
	env.Params = params
	s := session(t, env)
	eventually(t, func() bool { return s.Progress().Current })
	require.Equal(t, int32(2016), s.Progress().Base, "no wallet needs more")

	_, err := s.Create(app.CreateParams{Name: "young", Words: 12, Password: secret("correct horse")})
	require.NoError(t, err)
	young, _ := unlock(t, s, "young")
	syncedTo(t, young, n)
	require.Equal(t, int32(2016), s.Progress().Base)

	_, err = s.Restore(app.RestoreParams{Name: "by height", Mnemonic: words1, Password: secret("correct horse"), Birthday: "100"})
	require.NoError(t, err)
	byHeight, lock := unlock(t, s, "by height")
	syncedTo(t, byHeight, n)
	require.Zero(t, s.Progress().Base)
	require.Equal(t, int32(1), *byHeight.Status().BirthdayHeight)
	require.Equal(t, units.Amount(1_000_000), byHeight.Balance().Confirmed)
	require.True(t, byHeight.Balance().Final)

	events := young.Events()
	defer events.Close()
	pay(t, n, ahead(t, young, descriptor.External), 0, 5_000)
	mine(t, n, 1)
	await(within(t), t, events, func(app.TxConfirmed) bool { return true })
	lock()

	// A day stands for a month more, which only the open wallet can tell.
	day := time.Now().AddDate(0, 0, -50).Format(time.DateOnly)
	_, err = s.Restore(app.RestoreParams{Name: "by day", Mnemonic: words2, Password: secret("correct horse"), Birthday: day})
	require.NoError(t, err)
	byDay, _ := unlock(t, s, "by day")
	syncedTo(t, byDay, n)
	require.Equal(t, units.Amount(1_000_000), byDay.Balance().Confirmed)
}

// Another choice of what is fetched and kept holds at once: the peer begins anew,
// and an open wallet goes on with it.
func TestSessionTakesAnotherChoiceOfData(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	newWallet(t, env).Close()
	s := session(t, env)
	w, _ := unlock(t, s, "")
	syncedTo(t, w, n)
	events := w.Events()
	defer events.Close()
	begun := s.Peers()[0].Since
	s.SetData(app.Data{})
	s.SetData(app.Data{FilterLimit: 1e9})
	s.SetData(app.Data{FilterLimit: 1e9, FullBlocks: -1})
	eventually(t, func() bool { list := s.Peers(); return len(list) == 1 && list[0].Since.After(begun) })
	mine(t, n, 1)
	await(within(t), t, events, func(e app.Synced) bool { height, _ := n.Tip(); return e.Height == height })
}

// A session that begins keeps the chain as it is until an open wallet needs more:
// what its keystore tells may lie years before what it needs.
func TestSessionBeginsWithWallets(t *testing.T) {
	t.Parallel()
	words, keys := keysElsewhere(t)
	n, params := checkpointed(t, []*descriptor.Descriptor{keys})
	env := newEnv(t, n.Addr())
	env.Params = params
	_, err := app.Create(env, app.CreateParams{Name: "young", Words: 12, Password: secret("correct horse")})
	require.NoError(t, err)
	runs := func(do func(s *app.Session)) {
		s, err := app.Begin(env)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- s.Run(ctx) }()
		eventually(t, func() bool { return s.Progress().Current })
		do(s)
		cancel()
		require.NoError(t, <-ran)
		require.NoError(t, s.End())
	}
	runs(func(s *app.Session) { require.Equal(t, int32(2016), s.Progress().Base) })

	_, err = app.Restore(env, app.RestoreParams{Mnemonic: words, Password: secret("correct horse"), Birthday: "100"})
	require.NoError(t, err)
	runs(func(s *app.Session) {
		require.Equal(t, int32(2016), s.Progress().Base)
		w, lock := unlock(t, s, "")
		syncedTo(t, w, n)
		require.Zero(t, s.Progress().Base)
		require.Equal(t, units.Amount(1_000_000), w.Balance().Confirmed)
		lock()
		w, lock = unlock(t, s, "young")
		syncedTo(t, w, n)
		require.Zero(t, s.Progress().Base, "what is there stays")
		lock()
	})
	runs(func(s *app.Session) { require.Zero(t, s.Progress().Base) })
}

// A wallet waits for its session to run, goes on when it runs again, and ends
// without an error.
func TestWalletWaitsForSession(t *testing.T) {
	t.Parallel()
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	newWallet(t, env).Close()
	s, err := app.Begin(env)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.End()) })
	w, lock := unlock(t, s, "")
	_, err = w.Draft(sendParams(t, env, n, "0.001", 0))
	require.Equal(t, app.KindInsufficient, app.KindOf(err), "a draft needs no peer")
	require.Empty(t, w.Peers())
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- s.Run(ctx) }()
		mine(t, n, 1)
		syncedTo(t, w, n)
		require.Len(t, w.Peers(), 1)
		cancel()
		require.NoError(t, <-ran)
		require.Empty(t, w.Peers())
	}
	// Of two runs of one wallet the second is refused.
	require.Equal(t, app.KindInUse, app.KindOf(w.Run(t.Context())))
	lock()
}

// Whenever a session is ended, whatever goes on: nothing hangs, nothing of it is
// left, and the folder is free.
func TestEndSessionAnytime(t *testing.T) {
	n := lone(t, sandbox.Options{})
	env := newEnv(t, n.Addr())
	newWallet(t, env).Close()
	for after := time.Duration(0); after < 200*time.Millisecond; after = after*3/2 + time.Millisecond {
		s, err := app.Begin(env)
		require.NoError(t, err)
		var group sync.WaitGroup
		group.Go(func() { mayEnd(t, s.Run(context.Background())) })
		group.Go(func() {
			for range 3 {
				w, err := s.Open("", secret("correct horse"))
				if err != nil {
					mayEnd(t, err)
					return
				}
				over := make(chan struct{})
				go func() { defer close(over); mayEnd(t, w.Run(context.Background())) }()
				_, _ = w.Sync(within(t))
				_, _ = w.Receive("", "", false)
				_ = s.Progress()
				if w.Close() != nil {
					return
				}
				<-over
			}
		})
		group.Go(func() { _, _ = s.Wallets() })
		timer := time.NewTimer(after)
		<-timer.C
		require.NoError(t, s.End())
		_, err = s.Open("", nil)
		require.Equal(t, app.KindLocked, app.KindOf(err))
		waitFor(t, &group)
		requireQuiet(t)
	}
	w := open(t, env)
	online(t, w, func(context.Context) {})
}

// mayEnd accepts what a call may say that was ended.
func mayEnd(t *testing.T, err error) {
	if err != nil && app.KindOf(err) != app.KindLocked {
		t.Errorf("ended with %v", err)
	}
}

func waitFor(t *testing.T, group *sync.WaitGroup) {
	t.Helper()
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	select {
	case <-done:
	case <-within(t).Done():
		t.Fatal("something does not end")
	}
}
