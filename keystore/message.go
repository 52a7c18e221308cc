package keystore

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/psbt/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/keystore/hd"
)

// How BIP322's signatures begin.
const (
	prefixSimple = "smp" // the witness follows
	prefixFull   = "ful" // the whole transaction follows
)

const legacyMagic = "Bitcoin Signed Message:\n"

// SignMessage signs a message, of any bytes, for the address at
// m/purpose'/coin'/account'/chain/index, and returns the signature as text: the
// legacy form for BIP44, BIP322's simple form for BIP84 and BIP86, and its full
// form for BIP49, which has no other. The keystore must be unlocked, and the
// password is needed again. Errors wrap ErrNoAccount, ErrSignature, or those of
// Unlock.
func (k *Keystore) SignMessage(password []byte, purpose, account, chain, index uint32, message []byte) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.view == nil {
		return "", fmt.Errorf("sign message: %w", ErrLocked)
	}
	a := k.view().accounts.find(purpose, account)
	if a == nil || chain > 1 || index >= hd.Hardened {
		return "", fmt.Errorf("sign message: %w: m/%d'/*'/%d'/%d/%d", ErrNoAccount, purpose, account, chain, index)
	}
	script, _, err := a.script(chain, index)
	if err != nil {
		return "", fmt.Errorf("sign message: %w", err)
	}
	var text string
	in := plannedInput{kind: kindOf(purpose), account: a, chain: chain, index: index, script: script}
	err = k.withKeysLocked(password, func(keys *accountKeys) error {
		return keys.use(&in, func(key *hd.Single) (err error) {
			text, err = signMessage(key, in, message, k.opts.Rand)
			return err
		})
	})
	if err != nil {
		return "", fmt.Errorf("sign message: %w", err)
	}
	return text, nil
}

// signMessage signs with the key of an output. The signature has been verified.
func signMessage(key *hd.Single, in plannedInput, message []byte, rand io.Reader) (string, error) {
	if in.kind == p2pkh {
		return signLegacy(key, !in.uncompressed, message)
	}
	return signBIP322(key, in, message, rand)
}

func signLegacy(key *hd.Single, compressed bool, message []byte) (string, error) {
	sig, err := key.SignCompact(legacyHash(message), compressed)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return base64.StdEncoding.EncodeToString(sig), nil
}

func signBIP322(key *hd.Single, in plannedInput, message []byte, rand io.Reader) (string, error) {
	plan := planMessage(in, message)
	lend := func(_ *plannedInput, f func(*hd.Single) error) error { return f(key) }
	if err := plan.sign(lend, rand); err != nil {
		return "", err
	}
	var b bytes.Buffer
	prefix := prefixSimple
	var err error
	if tx := plan.tx; len(tx.TxIn[0].SignatureScript) == 0 {
		err = psbt.WriteTxWitness(&b, tx.TxIn[0].Witness)
	} else { // the simple form has no room for a redeem script
		prefix = prefixFull
		err = tx.Serialize(&b)
	}
	if err != nil {
		return "", fmt.Errorf("encode signature: %w", err)
	}
	return prefix + base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// planMessage is BIP322's to_sign, which spends an output that never was.
func planMessage(in plannedInput, message []byte) *signPlan {
	spent := toSpend(in.script, message)
	tx := &wire.MsgTx{}
	tx.AddTxIn(&wire.TxIn{PreviousOutPoint: wire.OutPoint{Hash: spent.TxHash()}})
	tx.AddTxOut(wire.NewTxOut(0, []byte{txscript.OP_RETURN}))
	prevOuts := txscript.NewMultiPrevOutFetcher(nil)
	prevOuts.AddPrevOut(tx.TxIn[0].PreviousOutPoint, spent.TxOut[0])
	return &signPlan{tx: tx, inputs: []plannedInput{in}, prevOuts: prevOuts}
}

// toSpend is BIP322's transaction whose output stands for the message.
func toSpend(script, message []byte) *wire.MsgTx {
	hash := chainhash.TaggedHash([]byte("BIP0322-signed-message"), message)
	tx := &wire.MsgTx{}
	tx.AddTxIn(&wire.TxIn{
		PreviousOutPoint: wire.OutPoint{Index: wire.MaxPrevOutIndex},
		SignatureScript:  append([]byte{txscript.OP_0, txscript.OP_DATA_32}, hash[:]...),
	})
	tx.AddTxOut(wire.NewTxOut(0, script))
	return tx
}

// legacyHash is double SHA-256 of magic and message, each after its length.
func legacyHash(message []byte) *[32]byte {
	var b bytes.Buffer
	for _, part := range [][]byte{[]byte(legacyMagic), message} {
		_ = wire.WriteVarBytes(&b, 0, part) // a buffer takes everything
	}
	return (*[32]byte)(chainhash.DoubleHashB(b.Bytes()))
}
