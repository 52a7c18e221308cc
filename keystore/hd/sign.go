package hd

import (
	"errors"
	"fmt"

	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
)

// MaxSignature is the longest signature Sign returns, in bytes: R may begin
// with a padding byte, S may not.
const MaxSignature = 71

// errFault means that the arithmetic went wrong: a broken processor, say.
var errFault = errors.New("signature does not verify")

// Sign returns a DER signature of a 32-byte hash: deterministic (RFC 6979), low
// S (BIP62), at most MaxSignature bytes. The signature has been verified.
func (k *Key) Sign(hash *[32]byte) ([]byte, error) {
	if k.extended == nil {
		return nil, ErrWiped
	}
	private, err := k.extended().ECPrivKey()
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	defer private.Zero()
	sig := ecdsa.Sign(private, hash[:])
	if !sig.Verify(hash[:], private.PubKey()) {
		return nil, fmt.Errorf("sign: %w", errFault)
	}
	return sig.Serialize(), nil
}
