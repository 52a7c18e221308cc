package keystore

import (
	"bytes"
	"fmt"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/psbt/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/keystore/hd"
)

// SignPSBT signs and finalises every input of the packet, or none: on an error
// the packet is as it was. The keystore must be unlocked, and the password is
// needed again.
//
// Every input must spend a P2WPKH output of ours, with one BIP32 derivation of
// ours, the whole previous transaction (NonWitnessUtxo), and no other signature
// hash type than ALL asked for. Outputs that carry a derivation of ours must be
// ours. Errors wrap ErrPSBT, ErrSighash, ErrPrevTx, ErrNotOurs,
// ErrForeignChange, ErrSignature, or those of Unlock. The packet is examined
// before the password is tried.
func (k *Keystore) SignPSBT(password []byte, p *psbt.Packet) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.view == nil {
		return fmt.Errorf("sign: %w", ErrLocked)
	}
	plan, err := examinePSBT(p, k.view().accounts)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	err = k.withRootLocked(password, func(root *hd.Key) error {
		return plan.sign(root, k.net)
	})
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	return plan.finalise(p)
}

// sign fills the witnesses of the plan's own copy of the transaction, and runs
// each through the script engine.
func (s *signPlan) sign(root *hd.Key, net *chaincfg.Params) error {
	keys := map[*account]*hd.Key{}
	defer func() {
		for _, key := range keys {
			key.Wipe()
		}
	}()
	hashes := txscript.NewTxSigHashes(s.tx, s.prevOuts)
	for i := range s.inputs {
		a := s.inputs[i].account
		if keys[a] == nil {
			key, err := a.key(root, net)
			if err != nil {
				return fmt.Errorf("input %d: %w", i, err)
			}
			keys[a] = key
		}
		if err := s.signInput(keys[a], hashes, i); err != nil {
			return fmt.Errorf("input %d: %w", i, err)
		}
	}
	for i, in := range s.inputs {
		engine, err := txscript.NewEngine(in.script, s.tx, i, txscript.StandardVerifyFlags, nil, hashes, in.amount, s.prevOuts)
		if err != nil {
			return fmt.Errorf("input %d: %w: %w", i, ErrSignature, err)
		}
		if err := engine.Execute(); err != nil {
			return fmt.Errorf("input %d: %w: %w", i, ErrSignature, err)
		}
	}
	return nil
}

func (s *signPlan) signInput(account *hd.Key, hashes *txscript.TxSigHashes, i int) error {
	breathe()
	in := s.inputs[i]
	key, err := account.Derive(hd.Path{in.chain, in.index})
	if err != nil {
		return err
	}
	defer key.Wipe()
	public := key.PublicKey()
	if !bytes.Equal(hd.ScriptP2WPKH(public), in.script) {
		return ErrNotOurs
	}
	sum, err := txscript.CalcWitnessSigHash(in.script, hashes, txscript.SigHashAll, s.tx, i, in.amount)
	if err != nil {
		return fmt.Errorf("signature hash: %w", err)
	}
	sig, err := key.Sign((*[32]byte)(sum))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	s.tx.TxIn[i].Witness = wire.TxWitness{append(sig, byte(txscript.SigHashAll)), public}
	return nil
}

// finalise puts the witnesses into the packet, and takes out of the inputs what
// BIP174 wants a finaliser to take out.
func (s *signPlan) finalise(p *psbt.Packet) error {
	witnesses := make([][]byte, len(s.inputs))
	for i := range s.inputs {
		var b bytes.Buffer
		if err := psbt.WriteTxWitness(&b, s.tx.TxIn[i].Witness); err != nil {
			return fmt.Errorf("finalise input %d: %w", i, err)
		}
		witnesses[i] = b.Bytes()
	}
	for i := range p.Inputs {
		in := &p.Inputs[i]
		in.FinalScriptWitness = witnesses[i]
		in.SighashType = 0
		in.PartialSigs, in.Bip32Derivation = nil, nil
	}
	return nil
}
