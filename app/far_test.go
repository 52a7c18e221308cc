package app_test

import (
	"context"
	"testing"

	"thistle/app"
	"thistle/app/descriptor"
	"thistle/app/units"
	"thistle/spv/sandbox"

	"github.com/stretchr/testify/require"
)

// A restored wallet whose addresses were paid the last first finds all of it, and
// reads the blocks of its payments and hardly another: not that of an address too
// far for it to be the wallet's, until it comes within reach.
func TestRestoreOfGapsInReverseOrder(t *testing.T) {
	t.Parallel()
	words, keys := keysElsewhere(t)
	n := lone(t, sandbox.Options{})
	pay(t, n, keys, 900, 7_000_000)
	mine(t, n, 1)
	far, _ := n.Tip()
	var want []int32
	for _, index := range []uint32{430, 340, 250, 160, 70} {
		pay(t, n, keys, index, 1_000_000)
		mine(t, n, 1)
		height, _ := n.Tip()
		want = append(want, height)
		mine(t, n, 3)
	}
	env := newEnv(t, n.Addr())
	_, err := app.Restore(env, app.RestoreParams{Mnemonic: words, Password: secret("correct horse")})
	require.NoError(t, err)
	w := open(t, env)
	events := w.Events()
	defer events.Close()
	online(t, w, func(context.Context) {})
	require.Equal(t, units.Amount(5_000_000), w.Balance().Confirmed)
	require.True(t, w.Balance().Final)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	var read []int32
	for {
		event, err := events.Next(over)
		if err != nil {
			break
		}
		if e, ok := event.(app.BlockScanned); ok {
			read = append(read, e.Height)
		}
	}
	require.Subset(t, read, want)
	require.NotContains(t, read, far)
	require.Less(t, len(read), len(want)+5, "a filter may name a block for nothing now and then")
	require.Equal(t, units.Amount(7_000_000), bridge(t, w, keys, 900, n))
}

// bridge pays addresses up to one within reach of a far one, and tells what that
// brings beside.
func bridge(t *testing.T, w *app.Wallet, keys *descriptor.Descriptor, far uint32, n *sandbox.Node) units.Amount {
	t.Helper()
	before := w.Balance().Confirmed
	sent := units.Amount(0)
	for next := uint32(520); next+100 <= far; next += 90 {
		pay(t, n, keys, next, 1000)
		sent += 1000
	}
	pay(t, n, keys, far-90, 1000)
	sent += 1000
	mine(t, n, 1)
	online(t, w, func(context.Context) {})
	return w.Balance().Confirmed - before - sent
}
