package keystore

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/keystore/hd"
)

const (
	// maxSignatureText bounds a signature: a transaction has at most 400,000
	// bytes where nodes pass it on.
	maxSignatureText = 600_000
	// maxStack and maxElement bound a witness.
	maxStack, maxElement = 1000, 400_000
	// messageFlags are BIP322's required and upgradeable rules.
	messageFlags = txscript.StandardVerifyFlags | txscript.ScriptVerifyConstScriptCode
)

// Held is from when a signature of a message holds (BIP322): both are zero, for
// always, unless the script has time locks.
type Held struct {
	LockTime uint32 // at this block height or time, as a transaction's
	Sequence uint32 // at this age of an output, as an input's
}

// VerifyMessage verifies that whoever can spend an output script, of any kind,
// signed a message: in the legacy form for P2PKH, or by BIP322's simple or full
// form. Proofs of funds are not verified: whether the funds are there is not known
// here. No keystore and no secret is needed. Errors wrap ErrMessageForm or
// ErrMessage.
func VerifyMessage(script, message []byte, signature string) (Held, error) {
	held, err := verifyMessage(script, message, signature)
	if err != nil {
		return Held{}, fmt.Errorf("verify message: %w", err)
	}
	return held, nil
}

func verifyMessage(script, message []byte, text string) (Held, error) {
	if len(text) > maxSignatureText {
		return Held{}, fmt.Errorf("%w: %d characters", ErrMessageForm, len(text))
	}
	prefix := ""
	for _, p := range []string{prefixSimple, prefixFull, prefixFunds} {
		if rest, ok := strings.CutPrefix(text, p); ok {
			prefix, text = p, rest
			break
		}
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return Held{}, fmt.Errorf("%w: not base64", ErrMessageForm)
	}
	switch {
	case prefix == prefixFunds:
		return Held{}, fmt.Errorf("%w: a proof of funds", ErrMessageForm)
	case prefix == prefixFull:
		return verifyFull(script, message, raw)
	case prefix == "" && txscript.IsPayToPubKeyHash(script):
		return Held{}, verifyLegacy(script, message, raw)
	}
	witness, err := readWitness(raw)
	if err != nil {
		return Held{}, err
	}
	plan := planMessage(plannedInput{script: script}, message)
	plan.tx.TxIn[0].Witness = witness
	return Held{}, plan.verifyMessage()
}

func verifyLegacy(script, message, sig []byte) error {
	if len(sig) != 65 {
		return fmt.Errorf("%w: %d bytes", ErrMessageForm, len(sig))
	}
	public, compressed, err := ecdsa.RecoverCompact(sig, legacyHash(message)[:])
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMessage, err)
	}
	key := public.SerializeUncompressed()
	if compressed {
		key = public.SerializeCompressed()
	}
	if !bytes.Equal(hd.ScriptP2PKH(key), script) {
		return ErrMessage
	}
	return nil
}

// verifyFull wants the transaction that the message asks for, but for its version,
// its lock time and its input's sequence.
func verifyFull(script, message, raw []byte) (Held, error) {
	plan := planMessage(plannedInput{script: script}, message)
	want := plan.tx.Copy()
	r := bytes.NewReader(raw)
	got := &wire.MsgTx{}
	if err := got.Deserialize(r); err != nil || r.Len() != 0 {
		return Held{}, fmt.Errorf("%w: not a transaction", ErrMessageForm)
	}
	if len(got.TxIn) != 1 || len(got.TxOut) != 1 || got.Version != 0 && got.Version != 2 {
		return Held{}, fmt.Errorf("%w: a transaction of another shape", ErrMessageForm)
	}
	want.Version, want.LockTime, want.TxIn[0].Sequence = got.Version, got.LockTime, got.TxIn[0].Sequence
	want.TxIn[0].SignatureScript = got.TxIn[0].SignatureScript
	if want.TxHash() != got.TxHash() {
		return Held{}, fmt.Errorf("%w: another transaction", ErrMessage)
	}
	plan.tx = got
	if err := plan.verifyMessage(); err != nil {
		return Held{}, err
	}
	return Held{LockTime: got.LockTime, Sequence: got.TxIn[0].Sequence}, nil
}

// verifyMessage runs the script, after a look at the hash types, which must cover
// everything.
func (s *signPlan) verifyMessage() error {
	script := s.inputs[0].script
	for _, e := range signatures(script, s.tx.TxIn[0]) {
		if e[len(e)-1] != byte(txscript.SigHashAll) {
			return fmt.Errorf("%w: hash type", ErrMessage)
		}
	}
	hashes := txscript.NewTxSigHashes(s.tx, s.prevOuts)
	engine, err := txscript.NewEngine(script, s.tx, 0, messageFlags, nil, hashes, 0, s.prevOuts)
	if err == nil {
		err = engine.Execute()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMessage, err)
	}
	return nil
}

// signatures lists what unlocks an output and looks like a signature with its
// hash type at the end.
func signatures(script []byte, in *wire.TxIn) (all [][]byte) {
	stack := [][]byte(in.Witness)
	if txscript.IsPayToTaproot(script) {
		if len(stack) > 1 {
			stack = stack[:len(stack)-2] // script and control block
		}
		for _, e := range stack {
			if len(e) == 65 {
				all = append(all, e)
			}
		}
		return all
	}
	for t := txscript.MakeScriptTokenizer(0, in.SignatureScript); t.Next(); {
		stack = append(stack, t.Data())
	}
	for _, e := range stack {
		if len(e) < 9 {
			continue
		}
		if _, err := ecdsa.ParseDERSignature(e[:len(e)-1]); err == nil {
			all = append(all, e)
		}
	}
	return all
}

// readWitness reads a witness as a transaction has it, and nothing behind it.
func readWitness(raw []byte) (wire.TxWitness, error) {
	r := bytes.NewReader(raw)
	count, err := wire.ReadVarInt(r, 0)
	if err != nil || count > maxStack {
		return nil, fmt.Errorf("%w: not a witness", ErrMessageForm)
	}
	var witness wire.TxWitness
	for range count {
		e, err := wire.ReadVarBytes(r, 0, maxElement, "witness")
		if err != nil {
			return nil, fmt.Errorf("%w: not a witness", ErrMessageForm)
		}
		witness = append(witness, e)
	}
	if r.Len() != 0 {
		return nil, fmt.Errorf("%w: something behind the witness", ErrMessageForm)
	}
	return witness, nil
}
