package keystore_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"github.com/btcsuite/btcd/btcec/v2/schnorr"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/psbt/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/assets/assetstest"
	"thistle/keystore"
	"thistle/keystore/hd"
	"thistle/keystore/keystoretest"
)

// place is a key of ours.
type place struct{ purpose, account, chain, index uint32 }

// allPlaces have each kind of script, in two accounts and on both chains.
func allPlaces() (all []place) {
	for _, purpose := range hd.Purposes() {
		all = append(all, place{purpose, 0, 0, 3}, place{purpose, 1, 1, 1<<31 - 1})
	}
	return all
}

// spend is a packet that spends 50,000 sat at each place, pays 10,000 sat to
// somebody and gives back to a place of each kind.
func spend(t testing.TB, s *keystoretest.Signer, places ...place) *psbt.Packet {
	t.Helper()
	tx := &wire.MsgTx{Version: 2}
	p := &psbt.Packet{UnsignedTx: tx}
	for i, at := range places {
		script, in, _ := s.At(t, at.purpose, at.account, at.chain, at.index)
		prev := &wire.MsgTx{Version: 2}
		prev.AddTxIn(&wire.TxIn{PreviousOutPoint: wire.OutPoint{Hash: [32]byte{1, byte(i)}}})
		prev.AddTxOut(wire.NewTxOut(777, []byte{txscript.OP_TRUE}))
		prev.AddTxOut(wire.NewTxOut(50_000, script))
		in.NonWitnessUtxo = prev
		if at.purpose != hd.PurposeBIP44 {
			in.WitnessUtxo = prev.TxOut[1]
		}
		tx.AddTxIn(&wire.TxIn{PreviousOutPoint: wire.OutPoint{Hash: prev.TxHash(), Index: 1}, Sequence: 0xfffffffd})
		p.Inputs = append(p.Inputs, in)
	}
	tx.AddTxOut(wire.NewTxOut(10_000, append([]byte{0, 20}, bytes.Repeat([]byte{9}, 20)...)))
	p.Outputs = append(p.Outputs, psbt.POutput{})
	for _, purpose := range hd.Purposes() {
		script, _, out := s.At(t, purpose, 1, 1, 5)
		tx.AddTxOut(wire.NewTxOut(6_000, script))
		p.Outputs = append(p.Outputs, out)
	}
	return p
}

// signer is a keystore that knows two accounts of each kind, and its shadow.
func signer(t testing.TB, net *chaincfg.Params) (*keystore.Keystore, *keystoretest.Signer) {
	t.Helper()
	k, _ := keystoretest.New(t, net, keystoretest.Words12)
	return k, keystoretest.NewSigner(t, net, keystoretest.Words12)
}

// execute runs every input of a finished packet through the script engine.
func execute(t testing.TB, unsigned *psbt.Packet, tx *wire.MsgTx) {
	t.Helper()
	prevOuts := txscript.NewMultiPrevOutFetcher(nil)
	out := func(i int) *wire.TxOut {
		return unsigned.Inputs[i].NonWitnessUtxo.TxOut[tx.TxIn[i].PreviousOutPoint.Index]
	}
	for i, in := range tx.TxIn {
		prevOuts.AddPrevOut(in.PreviousOutPoint, out(i))
	}
	hashes := txscript.NewTxSigHashes(tx, prevOuts)
	for i := range tx.TxIn {
		engine, err := txscript.NewEngine(out(i).PkScript, tx, i, txscript.StandardVerifyFlags, nil, hashes, out(i).Value, prevOuts)
		require.NoError(t, err)
		require.NoError(t, engine.Execute(), "input %d", i)
	}
}

// reread is the packet as it comes over a wire.
func reread(t testing.TB, p *psbt.Packet) *psbt.Packet {
	t.Helper()
	p, err := psbt.NewFromRawBytes(bytes.NewReader(serialize(t, p)), false)
	require.NoError(t, err)
	return p
}

// Each kind alone, and all in one transaction.
func TestSignKinds(t *testing.T) {
	t.Parallel()
	for _, net := range []*chaincfg.Params{&chaincfg.MainNetParams, regtest} {
		k, s := signer(t, net)
		cases := [][]place{allPlaces()}
		for _, at := range allPlaces() {
			cases = append(cases, []place{at})
		}
		for _, places := range cases {
			p := spend(t, s, places...)
			if len(places) == 1 {
				p.UnsignedTx.TxOut, p.Outputs = p.UnsignedTx.TxOut[:2], p.Outputs[:2]
			}
			reference := reread(t, p)
			p = reread(t, p)
			require.NoError(t, k.SignPSBT(password, p), "%v", places)
			require.True(t, p.IsComplete())
			tx, err := psbt.Extract(reread(t, p))
			require.NoError(t, err)
			execute(t, reference, tx)
			for i, at := range places {
				checkUnlocking(t, at.purpose, tx.TxIn[i])
			}
			for i := range p.Inputs {
				in := p.Inputs[i]
				in.NonWitnessUtxo, in.WitnessUtxo, in.FinalScriptSig, in.FinalScriptWitness = nil, nil, nil, nil
				require.Equal(t, psbt.PInput{}, in, "nothing of the making is left")
			}
		}
		require.Len(t, cases, 9)
	}
}

// checkUnlocking looks at the shape of scripts and signatures.
func checkUnlocking(t testing.TB, purpose uint32, in *wire.TxIn) {
	t.Helper()
	stack := in.Witness
	if purpose == hd.PurposeBIP44 {
		require.Empty(t, in.Witness)
		for tok := txscript.MakeScriptTokenizer(0, in.SignatureScript); tok.Next(); {
			stack = append(stack, tok.Data())
		}
	} else {
		require.Equal(t, purpose == hd.PurposeBIP49, len(in.SignatureScript) == 23, "redeem script")
	}
	if purpose == hd.PurposeBIP86 {
		require.Len(t, stack, 1)
		require.Len(t, stack[0], schnorr.SignatureSize, "the default hash type is not written")
		return
	}
	require.Len(t, stack, 2)
	sig := stack[0]
	require.Equal(t, byte(txscript.SigHashAll), sig[len(sig)-1])
	require.NoError(t, ecdsa.VerifyLowS(sig[:len(sig)-1]))
	require.Len(t, stack[1], 33)
}

// Taproot's signatures are made with fresh randomness, and not without.
func TestSignRandomness(t *testing.T) {
	t.Parallel()
	sign := func(seed uint64) []byte {
		params := keystoretest.Params(t, regtest, keystoretest.Words12)
		params.Options.Rand = keystoretest.NewDice(seed)
		k, err := keystore.Create(t.TempDir()+"/k", params)
		require.NoError(t, err)
		defer k.Close()
		s := keystoretest.NewSigner(t, regtest, keystoretest.Words12)
		p := spend(t, s, allPlaces()...)
		require.NoError(t, k.SignPSBT(password, p))
		again := spend(t, s, allPlaces()...)
		require.NoError(t, k.SignPSBT(password, again))
		for i, at := range allPlaces() {
			same := bytes.Equal(p.Inputs[i].FinalScriptWitness, again.Inputs[i].FinalScriptWitness)
			require.Equal(t, at.purpose != hd.PurposeBIP86, same)
		}
		return p.Inputs[7].FinalScriptWitness
	}
	require.Equal(t, sign(1), sign(1))
	require.NotEqual(t, sign(1), sign(2))
}

// noDice has no randomness to give once it is empty.
type noDice struct {
	*keystoretest.Dice
	empty bool
}

var errNoDice = errors.New("no dice")

func (d *noDice) Read(p []byte) (int, error) {
	if d.empty {
		return 0, errNoDice
	}
	return d.Dice.Read(p)
}

func TestSignWithoutRandomness(t *testing.T) {
	t.Parallel()
	dice := &noDice{Dice: keystoretest.NewDice(1)}
	params := keystoretest.Params(t, regtest, keystoretest.Words12)
	params.Options.Rand = dice
	k, err := keystore.Create(t.TempDir()+"/k", params)
	require.NoError(t, err)
	defer k.Close()
	dice.empty = true
	p := spend(t, keystoretest.NewSigner(t, regtest, keystoretest.Words12), allPlaces()...)
	before := serialize(t, p)
	require.ErrorIs(t, k.SignPSBT(password, p), errNoDice)
	require.Equal(t, before, serialize(t, p), "all inputs or none")
}

// What is wrong about one input, of the kind in question, or one output.
func TestSignKindsRefuses(t *testing.T) {
	t.Parallel()
	k, s := signer(t, regtest)
	stranger := keystoretest.NewSigner(t, regtest, keystoretest.Other12)
	const pkh, sh, wpkh, tr = hd.PurposeBIP44, hd.PurposeBIP49, hd.PurposeBIP84, hd.PurposeBIP86
	other := func(purpose uint32) psbt.PInput { _, in, _ := s.At(t, purpose, 0, 0, 4); return in }
	type change func(p *psbt.Packet, in *psbt.PInput)
	cases := []struct {
		name     string
		purposes []uint32
		change   change
		want     error
	}{
		// The previous transaction is wanted for each kind, taproot too.
		{"no previous transaction", hd.Purposes(), func(_ *psbt.Packet, in *psbt.PInput) { in.NonWitnessUtxo = nil }, keystore.ErrPrevTx},
		{"another amount in it", hd.Purposes(), func(_ *psbt.Packet, in *psbt.PInput) { in.NonWitnessUtxo.TxOut[1].Value++ }, keystore.ErrPrevTx},
		{"another amount beside it", []uint32{sh, wpkh, tr}, func(_ *psbt.Packet, in *psbt.PInput) {
			in.WitnessUtxo = wire.NewTxOut(1, in.WitnessUtxo.PkScript)
		}, keystore.ErrPrevTx},
		{"a witness output without witness", []uint32{pkh}, func(_ *psbt.Packet, in *psbt.PInput) { in.WitnessUtxo = in.NonWitnessUtxo.TxOut[1] }, keystore.ErrPSBT},
		// The key.
		{"no derivation", hd.Purposes(), func(_ *psbt.Packet, in *psbt.PInput) {
			in.Bip32Derivation, in.TaprootBip32Derivation = nil, nil
		}, keystore.ErrNotOurs},
		{"the derivation of another key", hd.Purposes(), func(p *psbt.Packet, in *psbt.PInput) {
			for _, purpose := range hd.Purposes() {
				if script, _, _ := s.At(t, purpose, 0, 0, 3); bytes.Equal(script, in.NonWitnessUtxo.TxOut[1].PkScript) {
					in.Bip32Derivation, in.TaprootBip32Derivation = other(purpose).Bip32Derivation, other(purpose).TaprootBip32Derivation
				}
			}
		}, keystore.ErrNotOurs},
		{"both derivations", []uint32{pkh, sh, wpkh}, func(_ *psbt.Packet, in *psbt.PInput) { in.TaprootBip32Derivation = other(tr).TaprootBip32Derivation }, keystore.ErrNotOurs},
		{"both derivations of taproot", []uint32{tr}, func(_ *psbt.Packet, in *psbt.PInput) { in.Bip32Derivation = other(wpkh).Bip32Derivation }, keystore.ErrNotOurs},
		{"a path of another purpose", hd.Purposes(), func(_ *psbt.Packet, in *psbt.PInput) {
			for _, d := range in.Bip32Derivation {
				d.Bip32Path[0] ^= 1
			}
			for _, d := range in.TaprootBip32Derivation {
				d.Bip32Path[0] ^= 1
			}
		}, keystore.ErrNotOurs},
		{"taproot by a plain derivation", []uint32{tr}, func(_ *psbt.Packet, in *psbt.PInput) {
			d := in.TaprootBip32Derivation[0]
			in.TaprootBip32Derivation = nil
			in.Bip32Derivation = []*psbt.Bip32Derivation{{PubKey: d.XOnlyPubKey, MasterKeyFingerprint: d.MasterKeyFingerprint, Bip32Path: d.Bip32Path}}
		}, keystore.ErrNotOurs},
		{"a nil derivation", []uint32{tr}, func(_ *psbt.Packet, in *psbt.PInput) { in.TaprootBip32Derivation[0] = nil }, keystore.ErrNotOurs},
		{"another fingerprint", []uint32{tr}, func(_ *psbt.Packet, in *psbt.PInput) { in.TaprootBip32Derivation[0].MasterKeyFingerprint++ }, keystore.ErrNotOurs},
		{"another x-only key", []uint32{tr}, func(_ *psbt.Packet, in *psbt.PInput) {
			in.TaprootBip32Derivation[0].XOnlyPubKey = other(tr).TaprootInternalKey
		}, keystore.ErrNotOurs},
		{"a key in a script", []uint32{tr}, func(_ *psbt.Packet, in *psbt.PInput) {
			in.TaprootBip32Derivation[0].LeafHashes = [][]byte{make([]byte, 32)}
		}, keystore.ErrNotOurs},
		{"no internal key", []uint32{tr}, func(_ *psbt.Packet, in *psbt.PInput) { in.TaprootInternalKey = nil }, keystore.ErrPSBT},
		{"another internal key", []uint32{tr}, func(_ *psbt.Packet, in *psbt.PInput) { in.TaprootInternalKey = other(tr).TaprootInternalKey }, keystore.ErrPSBT},
		{"an internal key", []uint32{pkh, sh, wpkh}, func(_ *psbt.Packet, in *psbt.PInput) { in.TaprootInternalKey = other(tr).TaprootInternalKey }, keystore.ErrPSBT},
		// Scripts.
		{"no redeem script", []uint32{sh}, func(_ *psbt.Packet, in *psbt.PInput) { in.RedeemScript = nil }, keystore.ErrPSBT},
		{"another redeem script", []uint32{sh}, func(_ *psbt.Packet, in *psbt.PInput) { in.RedeemScript = other(sh).RedeemScript }, keystore.ErrPSBT},
		{"a redeem script", []uint32{pkh, wpkh, tr}, func(_ *psbt.Packet, in *psbt.PInput) { in.RedeemScript = other(sh).RedeemScript }, keystore.ErrPSBT},
		{"a witness script", hd.Purposes(), func(_ *psbt.Packet, in *psbt.PInput) { in.WitnessScript = []byte{1} }, keystore.ErrPSBT},
		{"a leaf script", hd.Purposes(), func(_ *psbt.Packet, in *psbt.PInput) {
			in.TaprootLeafScript = []*psbt.TaprootTapLeafScript{{}}
		}, keystore.ErrPSBT},
		{"a Merkle root", hd.Purposes(), func(_ *psbt.Packet, in *psbt.PInput) { in.TaprootMerkleRoot = make([]byte, 32) }, keystore.ErrPSBT},
		{"signed already", hd.Purposes(), func(_ *psbt.Packet, in *psbt.PInput) { in.TaprootKeySpendSig = make([]byte, 64) }, keystore.ErrPSBT},
		{"signed in a script", hd.Purposes(), func(_ *psbt.Packet, in *psbt.PInput) {
			in.TaprootScriptSpendSig = []*psbt.TaprootScriptSpendSig{{}}
		}, keystore.ErrPSBT},
		// Hash types.
		{"all, for taproot", []uint32{tr}, func(_ *psbt.Packet, in *psbt.PInput) { in.SighashType = txscript.SigHashAll }, keystore.ErrSighash},
		{"none", hd.Purposes(), func(_ *psbt.Packet, in *psbt.PInput) { in.SighashType = txscript.SigHashNone }, keystore.ErrSighash},
		{"anyone can pay", hd.Purposes(), func(_ *psbt.Packet, in *psbt.PInput) {
			in.SighashType = txscript.SigHashAll | txscript.SigHashAnyOneCanPay
		}, keystore.ErrSighash},
		// Change.
		{"change of each kind to a stranger", hd.Purposes(), func(p *psbt.Packet, in *psbt.PInput) {
			for i, purpose := range hd.Purposes() {
				if script, _, _ := s.At(t, purpose, 0, 0, 3); bytes.Equal(script, in.NonWitnessUtxo.TxOut[1].PkScript) {
					p.UnsignedTx.TxOut[1+i].PkScript, _, _ = stranger.At(t, purpose, 1, 1, 5)
				}
			}
		}, keystore.ErrForeignChange},
		{"taproot change with another key", []uint32{tr}, func(p *psbt.Packet, _ *psbt.PInput) {
			p.Outputs[4].TaprootBip32Derivation[0].XOnlyPubKey = make([]byte, 32)
		}, keystore.ErrForeignChange},
		{"taproot change with scripts", []uint32{tr}, func(p *psbt.Packet, _ *psbt.PInput) {
			p.Outputs[4].TaprootBip32Derivation[0].LeafHashes = [][]byte{make([]byte, 32)}
		}, keystore.ErrForeignChange},
		{"change of an account not known", hd.Purposes(), func(p *psbt.Packet, _ *psbt.PInput) {
			p.UnsignedTx.TxOut[1].PkScript, _, p.Outputs[1] = s.At(t, pkh, 20, 1, 5)
		}, keystore.ErrForeignChange},
	}
	ran := 0
	for _, c := range cases {
		for _, purpose := range c.purposes {
			p := spend(t, s, place{wpkh, 1, 0, 9}, place{purpose, 0, 0, 3})
			c.change(p, &p.Inputs[1])
			before := fmt.Sprintf("%+v", p.Inputs)
			require.ErrorIs(t, k.SignPSBT([]byte("wrong"), p), c.want, "%s %d", c.name, purpose)
			require.ErrorIs(t, k.SignPSBT(password, p), c.want, "%s %d", c.name, purpose)
			require.Equal(t, before, fmt.Sprintf("%+v", p.Inputs), "%s %d", c.name, purpose)
			ran++
		}
	}
	require.Equal(t, 32, len(cases))
	require.Equal(t, 82, ran)
}

// BIP174's and BIP371's packets. One of the 31 invalid ones is read by the library.
// What is read is not ours, so nothing is signed, whatever else is wrong about it.
// BIP174's four cases for signers are about keys that are not published; what they
// have in them is done to packets of ours in TestSignKindsRefuses: a witness output
// without witness, and another redeem script (two); there are no witness scripts
// here, which the fourth is about.
func TestSignPSBTVectors(t *testing.T) {
	t.Parallel()
	k, _ := signer(t, &chaincfg.MainNetParams)
	type vector struct{ Case, B64 string }
	groups := map[string]string{
		"The following are invalid PSBTs:": "invalid", "The following are valid PSBTs:": "valid", "Fails Signer checks": "signer",
	}
	counted := map[string]int{}
	for _, file := range []string{"bip174_psbt", "bip371_psbt"} {
		var sets map[string][]vector
		require.NoError(t, json.Unmarshal(assetstest.Vector(t, "extracted/"+file+".json"), &sets))
		for title, vectors := range sets {
			for _, v := range vectors {
				raw, err := base64.StdEncoding.DecodeString(v.B64)
				require.NoError(t, err)
				require.NotEmpty(t, raw, v.Case)
				p, err := psbt.NewFromRawBytes(bytes.NewReader(raw), false)
				if err != nil {
					counted[file[:6]+" "+groups[title]+" not read"]++
					continue
				}
				counted[file[:6]+" "+groups[title]+" not signed"]++
				before := fmt.Sprintf("%+v", p.Inputs)
				err = k.SignPSBT(password, p)
				require.Error(t, err, v.Case)
				require.NotErrorIs(t, err, keystore.ErrWrongPassword)
				require.Equal(t, before, fmt.Sprintf("%+v", p.Inputs))
			}
		}
	}
	require.Equal(t, map[string]int{
		"bip174 invalid not read": 19, "bip174 invalid not signed": 1, "bip174 valid not signed": 10, "bip174 signer not signed": 4,
		"bip371 invalid not read": 11, "bip371 valid not signed": 6,
	}, counted)
}
