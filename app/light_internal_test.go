package app

import (
	"crypto/sha256"
	"testing"

	"thistle/app/ledger"
	"thistle/spv"
	"thistle/spv/chain"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
)

// searched is a wallet whose birthday is at 50 and which has searched all up to 100,
// with the person's own node or without.
func searched(t *testing.T, ownNode bool) *Wallet {
	t.Helper()
	w := busy(t, 1)
	hashAt := func(height int32) (chainhash.Hash, bool) { return sha256.Sum256([]byte{byte(height)}), true }
	require.NoError(t, w.apply(ledger.BirthdaySet{Height: 50}))
	tip := ledger.Tip{Height: 100}
	tip.Hash, _ = hashAt(100)
	require.NoError(t, w.apply(ledger.ViewMoved{Tip: tip}))
	var settings map[string][]byte
	if ownNode {
		settings = map[string][]byte{settingOwnNode: {1}}
	}
	for gap, more := w.led.Oldest(); more; gap, more = w.led.Oldest() {
		end, _ := hashAt(gap.To)
		fact, ok := gap.Answer(end, nil, hashAt)
		require.True(t, ok)
		require.NoError(t, w.applyWith(settings, fact))
	}
	require.Equal(t, []ledger.Range{{From: 50, To: 100}}, w.led.Coverage())
	return w
}

// The person's own node could not tell of the spending of coins that came before
// the birthday. If that is earlier after all, it is asked again about everything, by
// whoever opens the wallet; filters need not be.
func TestEarlierBirthdaySearchesAgain(t *testing.T) {
	t.Parallel()
	params, err := chain.ParamsFor(&chaincfg.RegressionNetParams, nil)
	require.NoError(t, err)
	client, err := spv.Open(spv.Config{Params: params, Dir: t.TempDir(), NoDNS: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	for _, ownNode := range []bool{false, true} {
		w := searched(t, ownNode)
		require.NoError(t, w.loadLedger())
		require.NoError(t, w.setBirthday(client, 60))
		require.Equal(t, []ledger.Range{{From: 50, To: 100}}, w.led.Coverage(), "a later one changes nothing")
		require.NoError(t, w.setBirthday(client, 20))
		require.NoError(t, w.loadLedger())
		height, _, _ := w.birthday()
		require.EqualValues(t, 20, height)
		gap, more := w.led.Oldest()
		require.True(t, more)
		require.EqualValues(t, 20, gap.From)
		if ownNode {
			require.Empty(t, w.led.Coverage())
			require.EqualValues(t, 100, gap.To)
		} else {
			require.Equal(t, []ledger.Range{{From: 50, To: 100}}, w.led.Coverage())
			require.EqualValues(t, 49, gap.To)
		}
	}
}
