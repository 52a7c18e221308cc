package hd

import (
	"fmt"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/schnorr"
	"github.com/btcsuite/btcd/txscript/v2"
)

// Script is the output script that accounts of a purpose have for a compressed
// public key: P2PKH, 25 bytes, for BIP44; P2WPKH inside of P2SH, 23 bytes, for
// BIP49; P2WPKH, 22 bytes, for BIP84; P2TR without scripts, 34 bytes, for BIP86.
// Errors wrap ErrPath for another purpose and ErrChild for what is no key.
func Script(purpose uint32, publicKey []byte) ([]byte, error) {
	switch purpose {
	case PurposeBIP44:
		return ScriptP2PKH(publicKey), nil
	case PurposeBIP49:
		return ScriptP2SHP2WPKH(publicKey), nil
	case PurposeBIP84:
		return ScriptP2WPKH(publicKey), nil
	case PurposeBIP86:
		return ScriptP2TR(publicKey)
	}
	return nil, fmt.Errorf("%w: no scripts of purpose %d", ErrPath, purpose)
}

// ScriptP2PK is the output script that names a public key, compressed or not.
func ScriptP2PK(publicKey []byte) []byte {
	b := append([]byte{byte(len(publicKey))}, publicKey...)
	return append(b, txscript.OP_CHECKSIG)
}

// ScriptP2PKH is the output script of a public key, compressed or not, from before
// segwit: 25 bytes.
func ScriptP2PKH(publicKey []byte) []byte {
	b := append([]byte{txscript.OP_DUP, txscript.OP_HASH160, txscript.OP_DATA_20}, address.Hash160(publicKey)...)
	return append(b, txscript.OP_EQUALVERIFY, txscript.OP_CHECKSIG)
}

// ScriptP2SHP2WPKH is the output script that hides ScriptP2WPKH behind its hash
// (BIP141): 23 bytes.
func ScriptP2SHP2WPKH(publicKey []byte) []byte {
	b := append([]byte{txscript.OP_HASH160, txscript.OP_DATA_20}, address.Hash160(ScriptP2WPKH(publicKey))...)
	return append(b, txscript.OP_EQUAL)
}

// ScriptP2WPKH is the output script of a compressed public key (BIP141): 22
// bytes.
func ScriptP2WPKH(publicKey []byte) []byte {
	return append([]byte{txscript.OP_0, txscript.OP_DATA_20}, address.Hash160(publicKey)...)
}

// ScriptP2TR is the taproot output script of an internal key that commits to no
// scripts (BIP86): 34 bytes. Errors wrap ErrChild.
func ScriptP2TR(publicKey []byte) ([]byte, error) {
	internal, err := btcec.ParsePubKey(publicKey)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChild, err)
	}
	output := schnorr.SerializePubKey(txscript.ComputeTaprootKeyNoScript(internal))
	return append([]byte{txscript.OP_1, txscript.OP_DATA_32}, output...), nil
}
