package app

import (
	"encoding/binary"
	"testing"
	"time"

	"thistle/app/descriptor"
	"thistle/app/ledger"
	"thistle/keystore/keystoretest"
	"thistle/spv"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// busy is a wallet that was paid so many times, to a hundred addresses.
func busy(tb testing.TB, payments int) *Wallet {
	tb.Helper()
	env := &Env{
		DataDir: tb.TempDir(), Network: "regtest", Params: &spv.Params{Net: &chaincfg.RegressionNetParams},
		Peering: Peering{NoDNS: true}, Keys: keystoretest.CheapOptions(),
	}
	password := func() []byte { return []byte("x") }
	_, err := Create(env, CreateParams{Words: 12, Password: password})
	require.NoError(tb, err)
	w, err := Open(env, "", password)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = w.Close() })
	var txs []*wire.MsgTx
	for i := range payments {
		script, err := w.source[descriptor.External].Script(uint32(i % 100))
		require.NoError(tb, err)
		tx := &wire.MsgTx{Version: 2}
		in := wire.OutPoint{Index: uint32(i)}
		binary.BigEndian.PutUint32(in.Hash[:], uint32(i+1))
		tx.AddTxIn(&wire.TxIn{PreviousOutPoint: in, Witness: wire.TxWitness{make([]byte, 64)}})
		tx.AddTxOut(&wire.TxOut{Value: 5_000, PkScript: script})
		tx.AddTxOut(&wire.TxOut{Value: 7_000, PkScript: append([]byte{0, 20}, in.Hash[:20]...)})
		txs = append(txs, tx)
	}
	block := ledger.BlockRef{Height: 1, Hash: chainhash.Hash{1}}
	require.NoError(tb, w.apply(ledger.BlockApplied{Block: block, Time: time.Unix(1_700_000_000, 0), Txs: txs}))
	require.Len(tb, w.History(0, -1), payments)
	return w
}

// The whole history is drawn anew at every change.
func BenchmarkHistory(b *testing.B) {
	w := busy(b, 10_000)
	for b.Loop() {
		if len(w.History(0, -1)) != 10_000 {
			b.Fatal("not all")
		}
	}
}

func BenchmarkPayment(b *testing.B) {
	w := busy(b, 10_000)
	id := w.History(0, 1)[0].TxID.String()
	for b.Loop() {
		if _, err := w.Payment(id); err != nil {
			b.Fatal(err)
		}
	}
}

// What a session announces for a locked wallet ends when the wallet, open again,
// learns that it has confirmed, been given up, or never was.
func TestOutboxAfterLocking(t *testing.T) {
	t.Parallel()
	w := busy(t, 1)
	s := &Session{env: w.env, changed: make(chan struct{}), wallets: make(map[*Wallet]bool), posts: make(map[string][]*post)}
	w.session = s
	old := &wire.MsgTx{Version: 2}
	s.setPosts(w.name, []ledger.Outgoing{{Tx: old, TxID: old.TxHash()}}, true)
	require.Len(t, s.posts[w.name], 1)
	w.syncOutbox()
	require.Empty(t, s.posts[w.name])
}
