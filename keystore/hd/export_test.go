package hd

import (
	"bytes"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcutil/v2/hdkeychain"
	"github.com/btcsuite/btcd/chaincfg/v2"
)

// Xprv is the extended private key as text, for the vectors only.
func (k *Key) Xprv(net *chaincfg.Params) string {
	x, err := k.extended().CloneWithVersion(net.HDPrivateKeyID[:])
	if err != nil {
		panic(err)
	}
	return x.String()
}

// Raw is the private key.
func (k *Key) Raw() [32]byte {
	private, err := k.extended().ECPrivKey()
	if err != nil {
		panic(err)
	}
	return private.Key.Bytes()
}

// FromRaw is a key without a chain.
func FromRaw(key []byte) *Key {
	return newKey(hdkeychain.NewExtendedKey(anyNet.HDPrivateKeyID[:], bytes.Clone(key), make([]byte, 32), make([]byte, 4), 0, 0, true))
}

// SingleFromRaw is a private key.
func SingleFromRaw(key []byte) *Single {
	private, _ := btcec.PrivKeyFromBytes(key)
	return newSingle(private)
}

// Raw is the private key.
func (s *Single) Raw() [32]byte { return s.private().Key.Bytes() }

// Tweak is the key tweaked with the root of a tree of scripts.
func (s *Single) Tweak(root []byte) (*Single, error) { return s.tweak(root) }

// SignSchnorr is BIP340's signature by the key as it is.
func (s *Single) SignSchnorr(hash, aux *[32]byte) ([]byte, error) { return s.signSchnorr(hash, aux) }
