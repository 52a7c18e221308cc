package keystore_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/psbt/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/keystore"
)

func wifOf(t testing.TB, net *chaincfg.Params, n byte, compressed bool) []byte {
	t.Helper()
	private, _ := btcec.PrivKeyFromBytes([]byte{n})
	wif, err := btcutil.NewWIF(private, net, compressed)
	require.NoError(t, err)
	return []byte(wif.String())
}

// sweeping spends 50,000 sat of each output to somebody.
func sweeping(outputs ...keystore.WIFOutput) *psbt.Packet {
	p := &psbt.Packet{UnsignedTx: &wire.MsgTx{Version: 2}, Outputs: []psbt.POutput{{}}}
	for i, out := range outputs {
		prev := &wire.MsgTx{Version: 1}
		prev.AddTxIn(&wire.TxIn{PreviousOutPoint: wire.OutPoint{Hash: [32]byte{2, byte(i)}}})
		prev.AddTxOut(wire.NewTxOut(50_000, out.Script))
		in := psbt.PInput{NonWitnessUtxo: prev, RedeemScript: out.RedeemScript, TaprootInternalKey: out.InternalKey}
		if out.Segwit {
			in.WitnessUtxo = prev.TxOut[0]
		}
		p.UnsignedTx.AddTxIn(wire.NewTxIn(&wire.OutPoint{Hash: prev.TxHash()}, nil, nil))
		p.Inputs = append(p.Inputs, in)
	}
	p.UnsignedTx.AddTxOut(wire.NewTxOut(int64(len(outputs))*49_000, append([]byte{0, 20}, bytes.Repeat([]byte{9}, 20)...)))
	return p
}

// Every output a key can own, one by one and all together, whichever form the
// text names.
func TestSignWithWIF(t *testing.T) {
	t.Parallel()
	classes := map[txscript.ScriptClass]int{}
	for _, compressed := range []bool{true, false} {
		wif := wifOf(t, regtest, 7, compressed)
		outputs, err := keystore.WIFOutputs(regtest, wif)
		require.NoError(t, err)
		for i := range outputs {
			classes[txscript.GetScriptClass(outputs[i].Script)]++
			signSweep(t, wif, sweeping(outputs[i]))
		}
		signSweep(t, wif, sweeping(outputs...))
	}
	require.Equal(t, map[txscript.ScriptClass]int{
		txscript.PubKeyTy: 4, txscript.PubKeyHashTy: 4, txscript.ScriptHashTy: 2, txscript.WitnessV0PubKeyHashTy: 2, txscript.WitnessV1TaprootTy: 2,
	}, classes)
}

func signSweep(t testing.TB, wif []byte, p *psbt.Packet) {
	t.Helper()
	p = reread(t, p)
	reference := reread(t, p)
	require.NoError(t, keystore.SignWithWIF(regtest, wif, p))
	tx, err := psbt.Extract(reread(t, p))
	require.NoError(t, err)
	require.Equal(t, reference.UnsignedTx.TxHash(), p.UnsignedTx.TxHash())
	execute(t, reference, tx)
}

func TestSignWithWIFRefuses(t *testing.T) {
	t.Parallel()
	wif := wifOf(t, regtest, 7, true)
	outputs, err := keystore.WIFOutputs(regtest, wif)
	require.NoError(t, err)
	const pk, pkh, sh, wpkh, tr = 0, 2, 4, 5, 6 // among outputs
	foreign, err := keystore.WIFOutputs(regtest, wifOf(t, regtest, 8, true))
	require.NoError(t, err)
	cases := map[string]struct {
		change func(p *psbt.Packet)
		want   error
	}{
		"an output of another key":      {func(p *psbt.Packet) { *p = *sweeping(outputs[wpkh], foreign[pkh]) }, keystore.ErrNotOurs},
		"no previous transaction":       {func(p *psbt.Packet) { p.Inputs[tr].NonWitnessUtxo = nil }, keystore.ErrPrevTx},
		"another amount":                {func(p *psbt.Packet) { p.Inputs[wpkh].NonWitnessUtxo.TxOut[0].Value++ }, keystore.ErrPrevTx},
		"another redeem script":         {func(p *psbt.Packet) { p.Inputs[sh].RedeemScript = foreign[sh].RedeemScript }, keystore.ErrPSBT},
		"no redeem script":              {func(p *psbt.Packet) { p.Inputs[sh].RedeemScript = nil }, keystore.ErrPSBT},
		"another internal key":          {func(p *psbt.Packet) { p.Inputs[tr].TaprootInternalKey = foreign[tr].InternalKey }, keystore.ErrPSBT},
		"no internal key":               {func(p *psbt.Packet) { p.Inputs[tr].TaprootInternalKey = nil }, keystore.ErrPSBT},
		"a witness output without":      {func(p *psbt.Packet) { p.Inputs[pk].WitnessUtxo = p.Inputs[pk].NonWitnessUtxo.TxOut[0] }, keystore.ErrPSBT},
		"a derivation":                  {func(p *psbt.Packet) { p.Inputs[pkh].Bip32Derivation = []*psbt.Bip32Derivation{{}} }, keystore.ErrNotOurs},
		"a taproot derivation":          {func(p *psbt.Packet) { p.Inputs[tr].TaprootBip32Derivation = []*psbt.TaprootBip32Derivation{{}} }, keystore.ErrNotOurs},
		"another hash type":             {func(p *psbt.Packet) { p.Inputs[pkh].SighashType = txscript.SigHashSingle }, keystore.ErrSighash},
		"another hash type for taproot": {func(p *psbt.Packet) { p.Inputs[tr].SighashType = txscript.SigHashAll }, keystore.ErrSighash},
		"signed in part":                {func(p *psbt.Packet) { p.Inputs[sh].PartialSigs = []*psbt.PartialSig{{}} }, keystore.ErrPSBT},
		"more than is there":            {func(p *psbt.Packet) { p.UnsignedTx.TxOut[0].Value = 7*50_000 + 1 }, keystore.ErrPSBT},
	}
	for name, c := range cases {
		p := sweeping(outputs...)
		c.change(p)
		before := fmt.Sprintf("%+v", p.Inputs)
		require.ErrorIs(t, keystore.SignWithWIF(regtest, wif, p), c.want, name)
		require.Equal(t, before, fmt.Sprintf("%+v", p.Inputs), name)
	}
	require.Len(t, cases, 14)
	for _, text := range [][]byte{nil, []byte("K"), wifOf(t, &chaincfg.MainNetParams, 7, true), append(wif, ' ')} {
		require.ErrorIs(t, keystore.SignWithWIF(regtest, text, sweeping(outputs...)), keystore.ErrWIF)
		_, err := keystore.WIFOutputs(regtest, text)
		require.ErrorIs(t, err, keystore.ErrWIF)
	}
}
