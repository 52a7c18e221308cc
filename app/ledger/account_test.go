package ledger_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/btcsuite/btcd/btcutil/v2/hdkeychain"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/descriptor"
	"thistle/app/ledger"
)

// TestRealAccount uses the descriptors of a real BIP84 account, and a spend signed
// with its key.
func TestRealAccount(t *testing.T) {
	t.Parallel()
	net := &chaincfg.RegressionNetParams
	key, err := hdkeychain.NewMaster(bytes.Repeat([]byte{7}, 32), net)
	if err != nil {
		t.Fatal(err)
	}
	path := []uint32{84 | descriptor.Hardened, 1 | descriptor.Hardened, descriptor.Hardened}
	for _, i := range path {
		if key, err = key.Derive(i); err != nil {
			t.Fatal(err)
		}
	}
	xpub, err := key.Neuter()
	if err != nil {
		t.Fatal(err)
	}
	var cfg ledger.Config
	if cfg.External, err = descriptor.WPKH([4]byte{1}, path, xpub.String(), descriptor.External); err != nil {
		t.Fatal(err)
	}
	if cfg.Internal, err = descriptor.WPKH([4]byte{1}, path, xpub.String(), descriptor.Internal); err != nil {
		t.Fatal(err)
	}
	l, _, err := ledger.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if n := l.ScriptCount(); n != 2*ledger.DefaultLookahead {
		t.Errorf("%d scripts", n)
	}
	script := l.Script(ledger.Ref{Index: 5})
	fund := wire.NewMsgTx(2)
	op := foreign(1).op
	fund.AddTxIn(wire.NewTxIn(&op, nil, nil))
	fund.AddTxOut(wire.NewTxOut(1000, script))
	spend := wire.NewMsgTx(2)
	spend.AddTxIn(wire.NewTxIn(&wire.OutPoint{Hash: fund.TxHash()}, nil, nil))
	spend.AddTxOut(wire.NewTxOut(900, l.Script(ledger.Ref{Keychain: descriptor.Internal, Index: 2})))
	for _, i := range []uint32{0, 5} {
		if key, err = key.Derive(i); err != nil {
			t.Fatal(err)
		}
	}
	priv, err := key.ECPrivKey()
	if err != nil {
		t.Fatal(err)
	}
	prevs := txscript.NewCannedPrevOutputFetcher(script, 1000)
	spend.TxIn[0].Witness, err = txscript.WitnessSignature(
		spend, txscript.NewTxSigHashes(spend, prevs), 0, 1000, script, txscript.SigHashAll, priv, true)
	if err != nil {
		t.Fatal(err)
	}
	// The spend is seen first.
	for i, tx := range []*wire.MsgTx{spend, fund} {
		if _, err := l.Apply(ledger.Seen{Tx: tx, At: time.Unix(int64(1000+i), 0)}); err != nil {
			t.Fatal(err)
		}
	}
	if b := l.Balance(); b.UntrustedPending != 900 || b.Total != 900 {
		t.Errorf("%+v", b)
	}
	if e, ok := l.Entry(spend.TxHash()); !ok || *e.Fee != 100 || e.Amount != -100 {
		t.Errorf("%+v", e)
	}
	if next, _ := l.Next(descriptor.Internal); next != 3 {
		t.Errorf("next change %d", next)
	}
	back, err := ledger.Load(cfg, l.Rows())
	if err != nil || dump(back) != dump(l) {
		t.Errorf("loaded ledger differs: %v", err)
	}
}
