package keystore

import (
	"bytes"
	"fmt"
	"io"

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
// Every input must spend an output of one of our accounts, with the whole
// previous transaction (NonWitnessUtxo), and no more said about its key than:
//
//   - P2PKH (BIP44) and P2WPKH (BIP84): one Bip32Derivation;
//   - P2SH-P2WPKH (BIP49): that and the RedeemScript;
//   - P2TR (BIP86): one TaprootBip32Derivation without leaves, and the
//     TaprootInternalKey.
//
// WitnessUtxo may be there too, but not for P2PKH. The signature hash type, if
// any, must be ALL, and the default for P2TR. Outputs that carry a derivation of
// ours must be ours. Errors wrap ErrPSBT, ErrSighash, ErrPrevTx, ErrNotOurs,
// ErrForeignChange, ErrSignature, or those of Unlock. The packet is examined
// before the password is tried.
func (k *Keystore) SignPSBT(password []byte, p *psbt.Packet) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.signLocked(password, p); err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	return nil
}

func (k *Keystore) signLocked(password []byte, p *psbt.Packet) error {
	if k.view == nil {
		return ErrLocked
	}
	plan, err := examinePSBT(p, k.view().accounts)
	if err != nil {
		return err
	}
	err = k.withKeysLocked(password, func(keys *accountKeys) error {
		return plan.sign(keys.use, k.opts.Rand)
	})
	if err != nil {
		return err
	}
	return plan.finalise(p)
}

// withKeysLocked lends the accounts' private keys, for the time of f.
func (k *Keystore) withKeysLocked(password []byte, f func(*accountKeys) error) error {
	return k.withRootLocked(password, func(root *hd.Key) error {
		keys := &accountKeys{root: root, net: k.net, derived: map[*account]*hd.Key{}}
		defer keys.wipe()
		return f(keys)
	})
}

// accountKeys derives each account's private key once.
type accountKeys struct {
	root    *hd.Key
	net     *chaincfg.Params
	derived map[*account]*hd.Key
}

func (k *accountKeys) wipe() {
	for _, key := range k.derived {
		key.Wipe()
	}
}

// use derives the key of an input, for the time of f.
func (k *accountKeys) use(in *plannedInput, f func(*hd.Single) error) error {
	parent := k.derived[in.account]
	if parent == nil {
		var err error
		if parent, err = in.account.key(k.root, k.net); err != nil {
			return err
		}
		k.derived[in.account] = parent
	}
	leaf, err := parent.Derive(hd.Path{in.chain, in.index})
	if err != nil {
		return err
	}
	defer leaf.Wipe()
	key, err := leaf.Single()
	if err != nil {
		return err
	}
	defer key.Wipe()
	return f(key)
}

// sign fills the scripts and witnesses of the plan's own copy of the transaction,
// and runs each through the script engine. use lends the key of an input.
func (s *signPlan) sign(use func(*plannedInput, func(*hd.Single) error) error, rand io.Reader) error {
	hashes := txscript.NewTxSigHashes(s.tx, s.prevOuts)
	for i := range s.inputs {
		breathe()
		err := use(&s.inputs[i], func(key *hd.Single) error { return s.signInput(key, hashes, i, rand) })
		if err != nil {
			return fmt.Errorf("input %d: %w", i, err)
		}
	}
	for i := range s.inputs {
		if err := s.verify(hashes, i); err != nil {
			return fmt.Errorf("input %d: %w: %w", i, ErrSignature, err)
		}
	}
	return nil
}

func (s *signPlan) verify(hashes *txscript.TxSigHashes, i int) error {
	in := s.inputs[i]
	engine, err := txscript.NewEngine(in.script, s.tx, i, txscript.StandardVerifyFlags, nil, hashes, in.amount, s.prevOuts)
	if err != nil {
		return err
	}
	return engine.Execute()
}

// signInput unlocks an output by its kind. That the key is the output's is seen
// by the script engine.
func (s *signPlan) signInput(key *hd.Single, hashes *txscript.TxSigHashes, i int, rand io.Reader) error {
	in, tx := &s.inputs[i], s.tx.TxIn[i]
	public := key.PublicKey(!in.uncompressed)
	sig, err := s.signature(key, hashes, i, rand)
	if err != nil {
		return err
	}
	switch in.kind {
	case p2pk:
		tx.SignatureScript, err = pushes(sig)
	case p2pkh:
		tx.SignatureScript, err = pushes(sig, public)
	case p2shP2wpkh:
		tx.Witness = wire.TxWitness{sig, public}
		tx.SignatureScript, err = pushes(in.kind.redeem(public))
	case p2wpkh:
		tx.Witness = wire.TxWitness{sig, public}
	case p2tr:
		tx.Witness = wire.TxWitness{sig}
	default:
		err = fmt.Errorf("%w: kind %d", ErrPSBT, in.kind)
	}
	return err
}

// signature signs an input, with the hash type at its end but for taproot, whose
// default has none.
func (s *signPlan) signature(key *hd.Single, hashes *txscript.TxSigHashes, i int, rand io.Reader) ([]byte, error) {
	in := &s.inputs[i]
	if in.kind == p2tr {
		return s.taprootSignature(key, hashes, i, rand)
	}
	var sum []byte
	var err error
	if in.kind.segwit() {
		code := in.script
		if redeem := in.kind.redeem(key.PublicKey(true)); redeem != nil {
			code = redeem
		}
		sum, err = txscript.CalcWitnessSigHash(code, hashes, txscript.SigHashAll, s.tx, i, in.amount)
	} else {
		sum, err = txscript.CalcSignatureHash(in.script, txscript.SigHashAll, s.tx, i)
	}
	if err != nil {
		return nil, fmt.Errorf("signature hash: %w", err)
	}
	sig, err := key.Sign((*[32]byte)(sum))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return append(sig, byte(txscript.SigHashAll)), nil
}

func (s *signPlan) taprootSignature(key *hd.Single, hashes *txscript.TxSigHashes, i int, rand io.Reader) ([]byte, error) {
	var aux [32]byte
	defer clear(aux[:])
	if _, err := io.ReadFull(rand, aux[:]); err != nil {
		return nil, fmt.Errorf("draw randomness: %w", err)
	}
	sum, err := txscript.CalcTaprootSignatureHash(hashes, txscript.SigHashDefault, s.tx, i, s.prevOuts)
	if err != nil {
		return nil, fmt.Errorf("signature hash: %w", err)
	}
	sig, err := key.SignTaproot((*[32]byte)(sum), &aux)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return sig, nil
}

// pushes is a script that puts these on the stack.
func pushes(data ...[]byte) ([]byte, error) {
	b := txscript.NewScriptBuilder()
	for _, d := range data {
		b.AddData(d)
	}
	return b.Script()
}

// finalise puts scripts and witnesses into the packet, and takes out of the
// inputs what BIP174 and BIP371 want a finaliser to take out.
func (s *signPlan) finalise(p *psbt.Packet) error {
	witnesses := make([][]byte, len(s.inputs))
	for i := range s.inputs {
		if len(s.tx.TxIn[i].Witness) == 0 {
			continue
		}
		var b bytes.Buffer
		if err := psbt.WriteTxWitness(&b, s.tx.TxIn[i].Witness); err != nil {
			return fmt.Errorf("finalise input %d: %w", i, err)
		}
		witnesses[i] = b.Bytes()
	}
	for i := range p.Inputs {
		in := &p.Inputs[i]
		in.FinalScriptSig, in.FinalScriptWitness = s.tx.TxIn[i].SignatureScript, witnesses[i]
		in.SighashType, in.PartialSigs, in.RedeemScript = 0, nil, nil
		in.Bip32Derivation, in.TaprootBip32Derivation, in.TaprootInternalKey = nil, nil, nil
	}
	return nil
}
