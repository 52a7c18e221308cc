package app_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"thistle/app"
	"thistle/app/config"

	"github.com/stretchr/testify/require"
)

// keep is a session that keeps its wallets open, one of which is made.
func keep(t *testing.T, idle time.Duration, peers ...string) (*app.Session, *app.Keeper) {
	t.Helper()
	s := session(t, newEnv(t, peers...))
	k := s.Keep(idle)
	t.Cleanup(func() { require.NoError(t, k.Close()) })
	_, err := s.Create(app.CreateParams{Words: 12, Password: secret("correct horse")})
	require.NoError(t, err)
	return s, k
}

// The password is paid for once; who comes later borrows what is open, and finds
// it up to date.
func TestKeeper(t *testing.T) {
	t.Parallel()
	net := network(t, 1)
	_, k := keep(t, 0, net.Addrs()...)
	require.Nil(t, k.Borrow(""))
	_, err := k.Open("", secret("wrong"))
	require.Equal(t, app.KindPassword, app.KindOf(err))
	_, err = k.Open("other", secret("correct horse"))
	require.Equal(t, app.KindNoWallet, app.KindOf(err))

	first, err := k.Open("", secret("correct horse"))
	require.NoError(t, err)
	t.Cleanup(first.Release)
	second := k.Borrow(config.DefaultWallet)
	t.Cleanup(second.Release)
	require.Same(t, first.Wallet, second.Wallet)
	third, err := k.Open("", nil)
	require.NoError(t, err, "it is open")
	t.Cleanup(third.Release)
	syncedTo(t, first.Wallet, net[0])
	first.Release()
	first.Release()
	third.Release()

	events := second.Events()
	defer events.Close()
	mine(t, net[0], 1)
	height, _ := net[0].Tip()
	await(within(t), t, events, func(e app.Synced) bool { return e.Height == height })
	present := second.Present()
	require.Len(t, present, 2)
	require.Equal(t, net[0].Addr(), present[0].(app.PeerConnected).Peer.Addr)
	require.Equal(t, height, present[1].(app.Synced).Height)

	// Peers are asked for what they have not told yet.
	mine(t, net[0], 1)
	require.NoError(t, second.Online(within(t), func(ctx context.Context) error {
		res, err := second.Sync(ctx)
		require.NoError(t, err)
		require.Equal(t, height+1, res.Height)
		return nil
	}))
	second.Release()
}

// Locking ends what callers do with a wallet, and does not wait for what they do
// not do.
func TestKeeperLocks(t *testing.T) {
	t.Parallel()
	net := network(t, 1)
	s, k := keep(t, 0, net.Addrs()...)
	names, err := k.Lock()
	require.NoError(t, err)
	require.Empty(t, names)
	l, err := k.Open("", secret("correct horse"))
	require.NoError(t, err)
	t.Cleanup(l.Release)
	working, ended := make(chan bool), make(chan error, 1)
	go func() {
		defer l.Release()
		ended <- l.Online(t.Context(), func(ctx context.Context) error {
			close(working)
			<-ctx.Done()
			return ctx.Err()
		})
	}()
	<-working
	require.NoError(t, l.Locking().Err())
	names, err = k.Lock()
	require.NoError(t, err)
	require.Equal(t, []string{"default"}, names)
	require.Equal(t, app.KindLocked, app.KindOf(<-ended))
	require.Equal(t, app.KindLocked, app.KindOf(context.Cause(l.Locking())))
	require.Nil(t, k.Borrow(""))
	require.True(t, s.Progress().Running, "the peer goes on")

	again, err := k.Open("", secret("correct horse"))
	require.NoError(t, err)
	t.Cleanup(again.Release)
	require.NotSame(t, l.Wallet, again.Wallet)
	// What a caller has to say counts, and so does its own end.
	mistake := errors.New("mine")
	require.ErrorIs(t, again.Online(t.Context(), func(context.Context) error { return mistake }), mistake)
	ctx, cancel := context.WithCancel(t.Context())
	require.ErrorIs(t, again.Online(ctx, func(ctx context.Context) error { cancel(); <-ctx.Done(); return ctx.Err() }), context.Canceled)
	again.Release()
	require.NoError(t, k.Close())
	_, err = k.Open("", secret("correct horse"))
	require.Equal(t, app.KindLocked, app.KindOf(err))
}

// A wallet is locked when nobody has used it for a while, and not before.
func TestKeeperLocksWhatIsIdle(t *testing.T) {
	t.Parallel()
	net := network(t, 1)
	_, k := keep(t, 20*time.Millisecond, net.Addrs()...)
	l, err := k.Open("", secret("correct horse"))
	require.NoError(t, err)
	t.Cleanup(l.Release)
	other := k.Borrow("")
	other.Release()
	require.Never(t, func() bool { return l.Locking().Err() != nil }, 100*time.Millisecond, 5*time.Millisecond)
	l.Release()
	<-l.Locking().Done()
	eventually(t, func() bool { return k.Borrow("") == nil })
	again, err := k.Open("", secret("correct horse"))
	require.NoError(t, err)
	again.Release()
}

// A session does for its programs what commands do alone.
func TestSessionForCommands(t *testing.T) {
	t.Parallel()
	net := network(t, 2)
	s := session(t, newEnv(t, net.Addrs()...))
	_, err := s.VerifyProof("00")
	require.Equal(t, app.KindProof, app.KindOf(err))

	made, err := s.Create(app.CreateParams{Name: "unseen", Words: 12, Password: secret("correct horse")})
	require.NoError(t, err)
	require.NoError(t, s.Discard(made))
	wallets, err := s.Wallets()
	require.NoError(t, err)
	require.Empty(t, wallets)

	require.NoError(t, s.End())
	_, err = s.VerifyProof("00")
	require.Equal(t, app.KindProof, app.KindOf(err))
	require.Equal(t, app.KindLocked, app.KindOf(s.Discard(made)))
}
