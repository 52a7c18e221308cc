package keystoretest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/psbt/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/keystore/hd"
	"thistle/keystore/mnemonic"
)

// Signer signs like a keystore, without file, password or checks.
type Signer struct {
	master *hd.Key
	net    *chaincfg.Params
}

// NewSigner is a signer for these words without a passphrase.
func NewSigner(t testing.TB, net *chaincfg.Params, words string) *Signer {
	t.Helper()
	seed, err := mnemonic.Seed([]byte(words), nil)
	if err != nil {
		t.Fatal(err)
	}
	master, err := hd.NewMaster(seed)
	if err != nil {
		t.Fatal(err)
	}
	return &Signer{master: master, net: net}
}

// Fingerprint is the master key's.
func (s *Signer) Fingerprint() ([4]byte, error) { return s.master.Fingerprint() }

// AccountXpub is the extended public key of any account.
func (s *Signer) AccountXpub(purpose, account uint32) (string, error) {
	path, err := hd.AccountPath(s.net, purpose, account)
	if err != nil {
		return "", err
	}
	key, err := s.master.Derive(path)
	if err != nil {
		return "", err
	}
	pub, err := key.Public(s.net)
	if err != nil {
		return "", err
	}
	return pub.Text(), nil
}

// SignPSBT signs and finalises all inputs, which must be P2WPKH and carry a
// derivation; it believes what they say. The password is ignored.
func (s *Signer) SignPSBT(_ []byte, p *psbt.Packet) error {
	prevOuts := txscript.NewMultiPrevOutFetcher(nil)
	for i, in := range p.UnsignedTx.TxIn {
		if p.Inputs[i].WitnessUtxo == nil {
			p.Inputs[i].WitnessUtxo = p.Inputs[i].NonWitnessUtxo.TxOut[in.PreviousOutPoint.Index]
		}
		prevOuts.AddPrevOut(in.PreviousOutPoint, p.Inputs[i].WitnessUtxo)
	}
	hashes := txscript.NewTxSigHashes(p.UnsignedTx, prevOuts)
	for i := range p.Inputs {
		if err := s.signInput(p, hashes, i); err != nil {
			return fmt.Errorf("input %d: %w", i, err)
		}
	}
	return nil
}

func (s *Signer) signInput(p *psbt.Packet, hashes *txscript.TxSigHashes, i int) error {
	in := &p.Inputs[i]
	key, err := s.master.Derive(in.Bip32Derivation[0].Bip32Path)
	if err != nil {
		return err
	}
	out := in.WitnessUtxo
	sum, err := txscript.CalcWitnessSigHash(out.PkScript, hashes, txscript.SigHashAll, p.UnsignedTx, i, out.Value)
	if err != nil {
		return err
	}
	sig, err := key.Sign((*[32]byte)(sum))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	witness := wire.TxWitness{append(sig, byte(txscript.SigHashAll)), key.PublicKey()}
	if err := psbt.WriteTxWitness(&b, witness); err != nil {
		return err
	}
	in.FinalScriptWitness, in.Bip32Derivation = b.Bytes(), nil
	return nil
}

// Derivation is the BIP32 derivation of m/84'/coin'/0'/chain/index, for the
// inputs and the change of a packet.
func (s *Signer) Derivation(t testing.TB, chain, index uint32) *psbt.Bip32Derivation {
	t.Helper()
	path, err := hd.AccountPath(s.net, hd.PurposeBIP84, 0)
	if err != nil {
		t.Fatal(err)
	}
	return s.derivation(t, append(path, chain, index))
}

func (s *Signer) derivation(t testing.TB, path hd.Path) *psbt.Bip32Derivation {
	t.Helper()
	key, err := s.master.Derive(path)
	if err != nil {
		t.Fatal(err)
	}
	fp, err := s.master.Fingerprint()
	if err != nil {
		t.Fatal(err)
	}
	return &psbt.Bip32Derivation{
		PubKey:               key.PublicKey(),
		MasterKeyFingerprint: binary.LittleEndian.Uint32(fp[:]),
		Bip32Path:            path,
	}
}

// Script is the output script at m/84'/coin'/0'/chain/index.
func (s *Signer) Script(t testing.TB, chain, index uint32) []byte {
	t.Helper()
	return hd.ScriptP2WPKH(s.Derivation(t, chain, index).PubKey)
}

// At is what packets say about the key of m/purpose'/coin'/account'/chain/index:
// the script it owns, and the fields of an input that spends it and of an output
// that pays to it.
func (s *Signer) At(t testing.TB, purpose, account, chain, index uint32) (script []byte, in psbt.PInput, out psbt.POutput) {
	t.Helper()
	path, err := hd.AccountPath(s.net, purpose, account)
	if err != nil {
		t.Fatal(err)
	}
	path = append(path, chain, index)
	d := s.derivation(t, path)
	if script, err = hd.Script(purpose, d.PubKey); err != nil {
		t.Fatal(err)
	}
	switch purpose {
	case hd.PurposeBIP49:
		in.RedeemScript = hd.ScriptP2WPKH(d.PubKey)
	case hd.PurposeBIP86:
		in.TaprootInternalKey = d.PubKey[1:]
		in.TaprootBip32Derivation = []*psbt.TaprootBip32Derivation{{
			XOnlyPubKey: d.PubKey[1:], MasterKeyFingerprint: d.MasterKeyFingerprint, Bip32Path: d.Bip32Path,
		}}
		return script, in, psbt.POutput{TaprootInternalKey: in.TaprootInternalKey, TaprootBip32Derivation: in.TaprootBip32Derivation}
	}
	in.Bip32Derivation = []*psbt.Bip32Derivation{d}
	return script, in, psbt.POutput{RedeemScript: in.RedeemScript, Bip32Derivation: in.Bip32Derivation}
}
