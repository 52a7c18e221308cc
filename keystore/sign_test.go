package keystore_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/psbt/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/keystore"
	"thistle/keystore/hd"
	"thistle/keystore/keystoretest"
)

// coin is an output of ours to spend.
type coin struct {
	chain, index uint32
	amount       int64
}

// prevTx pays the coin in its second output, after one that is not ours.
func prevTx(t testing.TB, s *keystoretest.Signer, c coin) *wire.MsgTx {
	t.Helper()
	tx := &wire.MsgTx{Version: 2}
	tx.AddTxIn(&wire.TxIn{PreviousOutPoint: wire.OutPoint{Hash: [32]byte{byte(c.index), byte(c.chain), 1}}, Witness: wire.TxWitness{{1}}})
	tx.AddTxOut(wire.NewTxOut(777, []byte{txscript.OP_TRUE}))
	tx.AddTxOut(wire.NewTxOut(c.amount, s.Script(t, c.chain, c.index)))
	return tx
}

// packet spends the coins: 10,000 sat to somebody, the rest less 1,000 sat to
// our change address number 5.
func packet(t testing.TB, s *keystoretest.Signer, coins ...coin) *psbt.Packet {
	t.Helper()
	tx := &wire.MsgTx{Version: 2, LockTime: 500}
	p := &psbt.Packet{UnsignedTx: tx}
	var total int64
	for _, c := range coins {
		prev := prevTx(t, s, c)
		tx.AddTxIn(&wire.TxIn{PreviousOutPoint: wire.OutPoint{Hash: prev.TxHash(), Index: 1}, Sequence: 0xfffffffd})
		p.Inputs = append(p.Inputs, psbt.PInput{
			NonWitnessUtxo:  prev,
			WitnessUtxo:     prev.TxOut[1],
			SighashType:     txscript.SigHashAll,
			Bip32Derivation: []*psbt.Bip32Derivation{s.Derivation(t, c.chain, c.index)},
		})
		total += c.amount
	}
	tx.AddTxOut(wire.NewTxOut(10_000, append([]byte{0, 20}, bytes.Repeat([]byte{9}, 20)...)))
	tx.AddTxOut(wire.NewTxOut(total-11_000, s.Script(t, 1, 5)))
	p.Outputs = []psbt.POutput{{}, {Bip32Derivation: []*psbt.Bip32Derivation{s.Derivation(t, 1, 5)}}}
	return p
}

func serialize(t testing.TB, p *psbt.Packet) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, p.Serialize(&b))
	return b.Bytes()
}

func TestSignPSBT(t *testing.T) {
	t.Parallel()
	for _, net := range networks {
		t.Run(net.Name, func(t *testing.T) {
			t.Parallel()
			k, _ := keystoretest.New(t, net, keystoretest.Words12)
			s := keystoretest.NewSigner(t, net, keystoretest.Words12)
			p := packet(t, s, coin{0, 0, 50_000}, coin{1, 7, 60_000}, coin{0, 1<<31 - 1, 70_000})
			// The packet as it comes over a wire.
			p, err := psbt.NewFromRawBytes(bytes.NewReader(serialize(t, p)), false)
			require.NoError(t, err)
			reference, err := psbt.NewFromRawBytes(bytes.NewReader(serialize(t, p)), false)
			require.NoError(t, err)

			require.NoError(t, k.SignPSBT(password, p))
			require.True(t, p.IsComplete())
			tx, err := psbt.Extract(p)
			require.NoError(t, err)
			require.Equal(t, p.UnsignedTx.TxHash(), tx.TxHash())
			verify(t, reference, tx)

			// The plain signer without checks makes the same signatures.
			require.NoError(t, s.SignPSBT(nil, reference))
			want, err := psbt.Extract(reference)
			require.NoError(t, err)
			require.Equal(t, want.WitnessHash(), tx.WitnessHash())
		})
	}
}

// verify runs each input through the script engine, and looks at its shape.
func verify(t *testing.T, unsigned *psbt.Packet, tx *wire.MsgTx) {
	t.Helper()
	prevOuts := txscript.NewMultiPrevOutFetcher(nil)
	for i, in := range tx.TxIn {
		prevOuts.AddPrevOut(in.PreviousOutPoint, unsigned.Inputs[i].NonWitnessUtxo.TxOut[1])
	}
	hashes := txscript.NewTxSigHashes(tx, prevOuts)
	for i, in := range tx.TxIn {
		out := unsigned.Inputs[i].NonWitnessUtxo.TxOut[1]
		engine, err := txscript.NewEngine(out.PkScript, tx, i, txscript.StandardVerifyFlags, nil, hashes, out.Value, prevOuts)
		require.NoError(t, err)
		require.NoError(t, engine.Execute())
		require.Empty(t, in.SignatureScript)
		require.Len(t, in.Witness, 2)
		sig := in.Witness[0]
		require.LessOrEqual(t, len(sig), hd.MaxSignature+1)
		require.Equal(t, byte(txscript.SigHashAll), sig[len(sig)-1])
		require.NoError(t, ecdsa.VerifyLowS(sig[:len(sig)-1]))
	}
}

// A packet without the optional WitnessUtxo, and with no hash type named.
func TestSignPSBTMinimal(t *testing.T) {
	t.Parallel()
	k, _ := keystoretest.New(t, regtest, keystoretest.Words12)
	s := keystoretest.NewSigner(t, regtest, keystoretest.Words12)
	p := packet(t, s, coin{0, 3, 50_000})
	p.Inputs[0].WitnessUtxo, p.Inputs[0].SighashType = nil, 0
	// A payment to somebody who marks it as theirs is not our concern.
	p.Outputs[0].Bip32Derivation = []*psbt.Bip32Derivation{{PubKey: s.Derivation(t, 0, 9).PubKey, MasterKeyFingerprint: 1, Bip32Path: []uint32{1}}}
	require.NoError(t, k.SignPSBT(password, p))
	tx, err := psbt.Extract(p)
	require.NoError(t, err)
	verify(t, packet(t, s, coin{0, 3, 50_000}), tx)
}

func TestSignPSBTRefuses(t *testing.T) {
	t.Parallel()
	k, _ := keystoretest.New(t, regtest, keystoretest.Words12)
	s := keystoretest.NewSigner(t, regtest, keystoretest.Words12)
	stranger := keystoretest.NewSigner(t, regtest, keystoretest.Other12)
	mainnet := keystoretest.NewSigner(t, &chaincfg.MainNetParams, keystoretest.Words12)
	claim := func(d *psbt.Bip32Derivation) *psbt.Bip32Derivation { // somebody else's key under our name
		d.MasterKeyFingerprint = s.Derivation(t, 0, 0).MasterKeyFingerprint
		return d
	}
	cases := map[string]struct {
		change func(p *psbt.Packet)
		want   error
	}{
		// The previous transaction and the amount.
		"no previous transaction": {func(p *psbt.Packet) { p.Inputs[1].NonWitnessUtxo = nil }, keystore.ErrPrevTx},
		"another previous transaction": {func(p *psbt.Packet) {
			p.Inputs[1].NonWitnessUtxo = p.Inputs[0].NonWitnessUtxo
		}, keystore.ErrPrevTx},
		"amount changed in it": {func(p *psbt.Packet) {
			p.Inputs[1].NonWitnessUtxo.TxOut[1].Value += 5_000
			p.Inputs[1].WitnessUtxo.Value = p.Inputs[1].NonWitnessUtxo.TxOut[1].Value
		}, keystore.ErrPrevTx},
		"amount of the witness output": {func(p *psbt.Packet) {
			p.Inputs[1].WitnessUtxo = wire.NewTxOut(1, p.Inputs[1].WitnessUtxo.PkScript)
		}, keystore.ErrPrevTx},
		"script of the witness output": {func(p *psbt.Packet) {
			p.Inputs[1].WitnessUtxo = wire.NewTxOut(p.Inputs[1].WitnessUtxo.Value, s.Script(t, 0, 9))
		}, keystore.ErrPrevTx},
		"output number out of range": {func(p *psbt.Packet) { p.UnsignedTx.TxIn[1].PreviousOutPoint.Index = 2 }, keystore.ErrPrevTx},
		"output number huge":         {func(p *psbt.Packet) { p.UnsignedTx.TxIn[1].PreviousOutPoint.Index = 1<<32 - 1 }, keystore.ErrPrevTx},
		// Whose it is.
		"an output of a stranger": {func(p *psbt.Packet) { p.UnsignedTx.TxIn[1].PreviousOutPoint.Index = 0; p.Inputs[1].WitnessUtxo = nil }, keystore.ErrNotOurs},
		"no derivation":           {func(p *psbt.Packet) { p.Inputs[1].Bip32Derivation = nil }, keystore.ErrNotOurs},
		"nil derivation":          {func(p *psbt.Packet) { p.Inputs[1].Bip32Derivation[0] = nil }, keystore.ErrNotOurs},
		"two derivations": {func(p *psbt.Packet) {
			p.Inputs[1].Bip32Derivation = append(p.Inputs[1].Bip32Derivation, s.Derivation(t, 0, 0))
		}, keystore.ErrNotOurs},
		"another fingerprint": {func(p *psbt.Packet) { p.Inputs[1].Bip32Derivation[0].MasterKeyFingerprint++ }, keystore.ErrNotOurs},
		"another index":       {func(p *psbt.Packet) { p.Inputs[1].Bip32Derivation[0].Bip32Path[4]++ }, keystore.ErrNotOurs},
		"another chain":       {func(p *psbt.Packet) { p.Inputs[1].Bip32Derivation[0].Bip32Path[3] = 2 }, keystore.ErrNotOurs},
		"hardened index":      {func(p *psbt.Packet) { p.Inputs[1].Bip32Derivation[0].Bip32Path[4] |= hd.Hardened }, keystore.ErrNotOurs},
		"another account":     {func(p *psbt.Packet) { p.Inputs[1].Bip32Derivation[0].Bip32Path[2]++ }, keystore.ErrNotOurs},
		"another purpose":     {func(p *psbt.Packet) { p.Inputs[1].Bip32Derivation[0].Bip32Path[0]++ }, keystore.ErrNotOurs},
		"coin type of mainnet": {func(p *psbt.Packet) {
			p.Inputs[1].Bip32Derivation[0] = mainnet.Derivation(t, 0, 1)
		}, keystore.ErrNotOurs},
		"short path": {func(p *psbt.Packet) {
			p.Inputs[1].Bip32Derivation[0].Bip32Path = p.Inputs[1].Bip32Derivation[0].Bip32Path[:4]
		}, keystore.ErrNotOurs},
		"no path":            {func(p *psbt.Packet) { p.Inputs[1].Bip32Derivation[0].Bip32Path = nil }, keystore.ErrNotOurs},
		"another public key": {func(p *psbt.Packet) { p.Inputs[1].Bip32Derivation[0].PubKey = s.Derivation(t, 0, 9).PubKey }, keystore.ErrNotOurs},
		"a stranger's coin under our name": {func(p *psbt.Packet) {
			prev := prevTx(t, stranger, coin{0, 1, 60_000})
			p.UnsignedTx.TxIn[1].PreviousOutPoint.Hash = prev.TxHash()
			p.Inputs[1].NonWitnessUtxo, p.Inputs[1].WitnessUtxo = prev, prev.TxOut[1]
			p.Inputs[1].Bip32Derivation[0] = claim(stranger.Derivation(t, 0, 1))
		}, keystore.ErrNotOurs},
		// Hash types.
		"none":             {func(p *psbt.Packet) { p.Inputs[1].SighashType = txscript.SigHashNone }, keystore.ErrSighash},
		"single":           {func(p *psbt.Packet) { p.Inputs[1].SighashType = txscript.SigHashSingle }, keystore.ErrSighash},
		"anyone can pay":   {func(p *psbt.Packet) { p.Inputs[1].SighashType = txscript.SigHashAll | txscript.SigHashAnyOneCanPay }, keystore.ErrSighash},
		"unknown hash":     {func(p *psbt.Packet) { p.Inputs[1].SighashType = 0x41 }, keystore.ErrSighash},
		"hash beyond byte": {func(p *psbt.Packet) { p.Inputs[1].SighashType = 0x101 }, keystore.ErrSighash},
		// Change.
		"change to a stranger under our name": {func(p *psbt.Packet) {
			p.UnsignedTx.TxOut[1].PkScript = stranger.Script(t, 1, 5)
			p.Outputs[1].Bip32Derivation[0] = claim(stranger.Derivation(t, 1, 5))
		}, keystore.ErrForeignChange},
		"change script replaced":    {func(p *psbt.Packet) { p.UnsignedTx.TxOut[1].PkScript = stranger.Script(t, 1, 5) }, keystore.ErrForeignChange},
		"change at another index":   {func(p *psbt.Packet) { p.Outputs[1].Bip32Derivation[0].Bip32Path[4]++ }, keystore.ErrForeignChange},
		"change in another account": {func(p *psbt.Packet) { p.Outputs[1].Bip32Derivation[0].Bip32Path[2]++ }, keystore.ErrForeignChange},
		"change on another chain":   {func(p *psbt.Packet) { p.Outputs[1].Bip32Derivation[0].Bip32Path[3] = 7 }, keystore.ErrForeignChange},
		"change hardened":           {func(p *psbt.Packet) { p.Outputs[1].Bip32Derivation[0].Bip32Path[4] |= hd.Hardened }, keystore.ErrForeignChange},
		"change with another key":   {func(p *psbt.Packet) { p.Outputs[1].Bip32Derivation[0].PubKey = nil }, keystore.ErrForeignChange},
		"payment marked as ours":    {func(p *psbt.Packet) { p.Outputs[0].Bip32Derivation = p.Outputs[1].Bip32Derivation }, keystore.ErrForeignChange},
		"taproot output marked ours": {func(p *psbt.Packet) {
			p.Outputs[0].TaprootBip32Derivation = []*psbt.TaprootBip32Derivation{{MasterKeyFingerprint: s.Derivation(t, 0, 0).MasterKeyFingerprint}}
		}, keystore.ErrForeignChange},
		"one mark of two false": {func(p *psbt.Packet) {
			p.Outputs[1].Bip32Derivation = append(p.Outputs[1].Bip32Derivation, s.Derivation(t, 1, 6))
		}, keystore.ErrForeignChange},
		// Shape and amounts.
		"no transaction":        {func(p *psbt.Packet) { p.UnsignedTx = nil }, keystore.ErrPSBT},
		"no inputs":             {func(p *psbt.Packet) { p.UnsignedTx.TxIn, p.Inputs = nil, nil }, keystore.ErrPSBT},
		"no outputs":            {func(p *psbt.Packet) { p.UnsignedTx.TxOut, p.Outputs = nil, nil }, keystore.ErrPSBT},
		"fewer packet inputs":   {func(p *psbt.Packet) { p.Inputs = p.Inputs[:1] }, keystore.ErrPSBT},
		"fewer packet outputs":  {func(p *psbt.Packet) { p.Outputs = p.Outputs[:1] }, keystore.ErrPSBT},
		"nil input":             {func(p *psbt.Packet) { p.UnsignedTx.TxIn[0] = nil }, keystore.ErrPSBT},
		"nil output":            {func(p *psbt.Packet) { p.UnsignedTx.TxOut[0] = nil }, keystore.ErrPSBT},
		"script in transaction": {func(p *psbt.Packet) { p.UnsignedTx.TxIn[0].SignatureScript = []byte{1} }, keystore.ErrPSBT},
		"witness there":         {func(p *psbt.Packet) { p.UnsignedTx.TxIn[0].Witness = wire.TxWitness{{1}} }, keystore.ErrPSBT},
		"spent twice": {func(p *psbt.Packet) {
			p.UnsignedTx.TxIn[1], p.Inputs[1] = p.UnsignedTx.TxIn[0], p.Inputs[0]
		}, keystore.ErrPSBT},
		"outputs exceed inputs": {func(p *psbt.Packet) { p.UnsignedTx.TxOut[0].Value += 1_001 }, keystore.ErrPSBT},
		"negative output":       {func(p *psbt.Packet) { p.UnsignedTx.TxOut[0].Value = -1 }, keystore.ErrPSBT},
		"more than all money":   {func(p *psbt.Packet) { p.UnsignedTx.TxOut[0].Value = 21e14 + 1 }, keystore.ErrPSBT},
		"overflowing sum": {func(p *psbt.Packet) {
			p.UnsignedTx.TxOut[0].Value, p.UnsignedTx.TxOut[1].Value = 21e14, 21e14
		}, keystore.ErrPSBT},
		"signed already": {func(p *psbt.Packet) { p.Inputs[0].FinalScriptWitness = []byte{0} }, keystore.ErrPSBT},
		"final script":   {func(p *psbt.Packet) { p.Inputs[0].FinalScriptSig = []byte{0} }, keystore.ErrPSBT},
		"partly signed":  {func(p *psbt.Packet) { p.Inputs[0].PartialSigs = []*psbt.PartialSig{{}} }, keystore.ErrPSBT},
		"redeem script":  {func(p *psbt.Packet) { p.Inputs[0].RedeemScript = []byte{0} }, keystore.ErrPSBT},
		"witness script": {func(p *psbt.Packet) { p.Inputs[0].WitnessScript = []byte{0} }, keystore.ErrPSBT},
		"taproot":        {func(p *psbt.Packet) { p.Inputs[0].TaprootInternalKey = make([]byte, 32) }, keystore.ErrPSBT},
	}
	for name, c := range cases {
		p := packet(t, s, coin{0, 0, 50_000}, coin{0, 1, 60_000})
		c.change(p)
		before := fmt.Sprintf("%+v", p.Inputs)
		// The wrong password shows that a packet is refused before any attempt.
		err := k.SignPSBT([]byte("wrong"), p)
		require.ErrorIs(t, err, c.want, name)
		require.ErrorIs(t, k.SignPSBT(password, p), c.want, name)
		require.Equal(t, before, fmt.Sprintf("%+v", p.Inputs), "%s: the packet is as it was", name)
	}
	require.Equal(t, 57, len(cases))
	require.ErrorIs(t, k.SignPSBT(password, nil), keystore.ErrPSBT)
}

// A wrong password leaves the packet as it was; so does a locked keystore.
func TestSignPSBTPassword(t *testing.T) {
	t.Parallel()
	k, _ := keystoretest.New(t, regtest, keystoretest.Words12)
	s := keystoretest.NewSigner(t, regtest, keystoretest.Words12)
	p := packet(t, s, coin{0, 0, 50_000})
	before := serialize(t, p)
	require.ErrorIs(t, k.SignPSBT([]byte("wrong"), p), keystore.ErrWrongPassword)
	require.ErrorIs(t, k.SignPSBT(nil, p), keystore.ErrPassword)
	require.Equal(t, before, serialize(t, p))
	k.Lock()
	require.ErrorIs(t, k.SignPSBT(password, p), keystore.ErrLocked)
	require.Equal(t, before, serialize(t, p))
	require.NoError(t, k.Unlock(password))
	require.NoError(t, k.SignPSBT(password, p))
	require.ErrorIs(t, k.SignPSBT(password, p), keystore.ErrPSBT, "a second time")
}

// A wallet with a passphrase signs with the keys that belong to it.
func TestSignPSBTPassphrase(t *testing.T) {
	t.Parallel()
	params := keystoretest.Params(t, regtest, keystoretest.Words12)
	params.Passphrase = keystore.Hold([]byte("TREZOR"))
	k, err := keystore.Create(t.TempDir()+"/k", params)
	require.NoError(t, err)
	defer k.Close()
	s := keystoretest.NewSigner(t, regtest, keystoretest.Words12) // the wallet without
	require.ErrorIs(t, k.SignPSBT(password, packet(t, s, coin{0, 0, 50_000})), keystore.ErrNotOurs)
}

// Many inputs, as a wallet that has saved for long has them.
func TestSignPSBTMany(t *testing.T) {
	t.Parallel()
	k, _ := keystoretest.New(t, regtest, keystoretest.Words24)
	s := keystoretest.NewSigner(t, regtest, keystoretest.Words24)
	var coins []coin
	for i := range uint32(60) {
		coins = append(coins, coin{i % 2, i, 20_000})
	}
	p := packet(t, s, coins...)
	require.NoError(t, k.SignPSBT(password, p))
	tx, err := psbt.Extract(p)
	require.NoError(t, err)
	verify(t, packet(t, s, coins...), tx)
}

func BenchmarkSignPSBT(b *testing.B) {
	k, _ := keystoretest.New(b, regtest, keystoretest.Words12)
	s := keystoretest.NewSigner(b, regtest, keystoretest.Words12)
	for b.Loop() {
		p := packet(b, s, coin{0, 0, 50_000}, coin{0, 1, 60_000})
		if err := k.SignPSBT(password, p); err != nil {
			b.Fatal(err)
		}
	}
}
