package hd

import (
	"github.com/btcsuite/btcd/btcutil/v2/hdkeychain"
	"github.com/btcsuite/btcd/chaincfg/v2"
)

// Xprv is the extended private key as text, for the vectors only.
func (k *Key) Xprv(net *chaincfg.Params) string {
	s := k.secret()
	return hdkeychain.NewExtendedKey(net.HDPrivateKeyID[:], s.key[:], s.chain[:], s.parent[:], s.depth, s.index, true).String()
}

// Raw is the private key.
func (k *Key) Raw() [32]byte { return k.secret().key }

// FromRaw is a key without a chain.
func FromRaw(key []byte) *Key {
	s := &secret{}
	copy(s.key[:], key)
	return newKey(s)
}
