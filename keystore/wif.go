package keystore

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/psbt/v2"

	"thistle/keystore/hd"
)

// WIFOutput is an output that one private key can own, and what a packet must say
// about an input that spends it.
type WIFOutput struct {
	Script       []byte // pkScript
	RedeemScript []byte // P2SH-P2WPKH only
	InternalKey  []byte // P2TR only: x-only, 32 bytes
	PublicKey    []byte // compressed, 33 bytes, or not, 65 bytes: how long an input gets
	Segwit       bool   // unlocked by a witness; an input may carry the WitnessUtxo
}

// wifKey is what a private key from outside owns.
type wifKey []wifOutput

type wifOutput struct {
	WIFOutput
	kind scriptKind
}

// WIFOutputs lists every output that a private key in wallet import format can
// own: P2PK and P2PKH with the public key in both forms, P2SH-P2WPKH, P2WPKH and
// P2TR (as BIP86). The form that the text names is not taken for the only one:
// coins on the other would be lost. Errors wrap ErrWIF and never contain the text.
func WIFOutputs(net *chaincfg.Params, wif []byte) ([]WIFOutput, error) {
	var list []WIFOutput
	err := withWIF(net, wif, func(_ *hd.Single, ours wifKey) error {
		for _, out := range ours {
			list = append(list, out.WIFOutput)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	return list, nil
}

// SignWithWIF signs and finalises every input of the packet, or none, with a
// private key in wallet import format, no keystore needed. It checks what SignPSBT
// checks, but that inputs must spend what WIFOutputs lists, with RedeemScript and
// TaprootInternalKey as told there and without derivations; and that it does not
// know whose the outputs are: the caller pays to scripts of its own making. Errors
// wrap ErrWIF, ErrPSBT, ErrSighash, ErrPrevTx, ErrNotOurs or ErrSignature.
func SignWithWIF(net *chaincfg.Params, wif []byte, p *psbt.Packet) error {
	return signWithWIF(net, wif, p, rand.Reader)
}

func signWithWIF(net *chaincfg.Params, wif []byte, p *psbt.Packet, rand io.Reader) error {
	err := withWIF(net, wif, func(key *hd.Single, ours wifKey) error {
		plan, err := examinePSBT(p, ours)
		if err != nil {
			return err
		}
		lend := func(_ *plannedInput, f func(*hd.Single) error) error { return f(key) }
		if err := plan.sign(lend, rand); err != nil {
			return err
		}
		return plan.finalise(p)
	})
	if err != nil {
		return fmt.Errorf("sign with private key: %w", err)
	}
	return nil
}

// withWIF reads a private key for the time of f, and overwrites what it left in
// memory.
func withWIF(net *chaincfg.Params, wif []byte, f func(*hd.Single, wifKey) error) error {
	return shielded(func() error {
		key, _, err := hd.ParseWIF(wif, net)
		if err != nil {
			return err
		}
		defer key.Wipe()
		ours, err := newWIFKey(key)
		if err != nil {
			return err
		}
		return f(key, ours)
	}, DefaultKDF())
}

func newWIFKey(key *hd.Single) (wifKey, error) {
	public, long := key.PublicKey(true), key.PublicKey(false)
	taproot, err := hd.ScriptP2TR(public)
	if err != nil {
		return nil, err
	}
	var list wifKey
	for _, x := range []struct {
		kind           scriptKind
		script, public []byte
	}{
		{p2pk, hd.ScriptP2PK(public), public},
		{p2pk, hd.ScriptP2PK(long), long},
		{p2pkh, hd.ScriptP2PKH(public), public},
		{p2pkh, hd.ScriptP2PKH(long), long},
		{p2shP2wpkh, hd.ScriptP2SHP2WPKH(public), public},
		{p2wpkh, hd.ScriptP2WPKH(public), public},
		{p2tr, taproot, public},
	} {
		list = append(list, wifOutput{kind: x.kind, WIFOutput: WIFOutput{
			Script: x.script, RedeemScript: x.kind.redeem(x.public), InternalKey: x.kind.internal(x.public),
			PublicKey: x.public, Segwit: x.kind.segwit(),
		}})
	}
	return list, nil
}

func (list wifKey) input(in *psbt.PInput, script []byte) (*plannedInput, error) {
	if n := len(in.Bip32Derivation) + len(in.TaprootBip32Derivation); n != 0 {
		return nil, fmt.Errorf("%w: %d derivations", ErrNotOurs, n)
	}
	for _, out := range list {
		if !bytes.Equal(out.Script, script) {
			continue
		}
		if err := out.kind.checkFields(in, out.PublicKey); err != nil {
			return nil, err
		}
		return &plannedInput{kind: out.kind, uncompressed: len(out.PublicKey) == 65}, nil
	}
	return nil, ErrNotOurs
}

// output: a key alone marks nothing as its own.
func (wifKey) output(*psbt.POutput, []byte) error { return nil }
