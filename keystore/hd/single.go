package hd

import (
	"errors"
	"fmt"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"github.com/btcsuite/btcd/btcec/v2/schnorr"
	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/txscript/v2"
)

// Single is a private key without descendants: one of a path's end, or one from
// outside. Wipe it after use. It is not safe for concurrent use.
type Single struct {
	private func() *btcec.PrivateKey // nil once wiped
}

// MaxSignature is the longest signature Sign returns, in bytes: R may begin
// with a padding byte, S may not.
const MaxSignature = 71

// A private key has 51 characters, or 52 with the mark of a compressed public key.
const minWIF, maxWIF = 51, 52

// errFault means that the arithmetic went wrong: a broken processor, say.
var errFault = errors.New("signature does not verify")

// newSingle takes the key over.
func newSingle(private *btcec.PrivateKey) *Single {
	return &Single{private: func() *btcec.PrivateKey { return private }}
}

// Single is the key itself without what derives from it, to be wiped apart from
// k.
func (k *Key) Single() (*Single, error) {
	if k.extended == nil {
		return nil, ErrWiped
	}
	private, err := k.extended().ECPrivKey()
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	return newSingle(private), nil
}

// ParseWIF reads a private key in wallet import format, without white space
// around it, of the network; the test networks share theirs. compressed tells
// with which public key it was in use. Errors wrap ErrWIF and never contain the
// text.
func ParseWIF(text []byte, net *chaincfg.Params) (key *Single, compressed bool, err error) {
	if _, err := CoinType(net); err != nil {
		return nil, false, err
	}
	if len(text) < minWIF || len(text) > maxWIF {
		return nil, false, fmt.Errorf("%w: %d characters", ErrWIF, len(text))
	}
	wif, err := btcutil.DecodeWIF(string(text))
	if err != nil {
		return nil, false, fmt.Errorf("%w: %w", ErrWIF, err)
	}
	if !wif.IsForNet(net) { // DecodeWIF takes any
		wif.PrivKey.Zero()
		return nil, false, fmt.Errorf("%w: of another network", ErrWIF)
	}
	return newSingle(wif.PrivKey), wif.CompressPubKey, nil
}

// Wipe clears the key, which is of no use afterwards.
func (s *Single) Wipe() {
	if s == nil || s.private == nil {
		return
	}
	s.private().Zero()
	s.private = nil
}

// PublicKey returns the public key, 33 bytes compressed or 65 uncompressed; nil
// once wiped.
func (s *Single) PublicKey(compressed bool) []byte {
	if s.private == nil {
		return nil
	}
	if compressed {
		return s.private().PubKey().SerializeCompressed()
	}
	return s.private().PubKey().SerializeUncompressed()
}

// Sign returns a DER signature of a 32-byte hash: deterministic (RFC 6979), low
// S (BIP62), at most MaxSignature bytes. The signature has been verified.
func (s *Single) Sign(hash *[32]byte) ([]byte, error) {
	if s.private == nil {
		return nil, ErrWiped
	}
	sig := ecdsa.Sign(s.private(), hash[:])
	if !sig.Verify(hash[:], s.private().PubKey()) {
		return nil, fmt.Errorf("sign: %w", errFault)
	}
	return sig.Serialize(), nil
}

// SignCompact returns a signature of 65 bytes from which the public key can be
// recovered, its first byte telling how and of which form the key is. The
// signature has been verified.
func (s *Single) SignCompact(hash *[32]byte, compressed bool) ([]byte, error) {
	if s.private == nil {
		return nil, ErrWiped
	}
	sig := ecdsa.SignCompact(s.private(), hash[:], compressed)
	public, form, err := ecdsa.RecoverCompact(sig, hash[:])
	if err != nil || form != compressed || !public.IsEqual(s.private().PubKey()) {
		return nil, fmt.Errorf("sign: %w", errFault)
	}
	return sig, nil
}

// SignTaproot returns a signature of 64 bytes (BIP340) by the key tweaked with
// itself and no script (BIP341, BIP86), whose output script is ScriptP2TR's. aux
// is 32 fresh random bytes. The signature has been verified.
func (s *Single) SignTaproot(hash, aux *[32]byte) ([]byte, error) {
	tweaked, err := s.tweak(nil)
	if err != nil {
		return nil, err
	}
	defer tweaked.Wipe()
	return tweaked.signSchnorr(hash, aux)
}

// tweak is BIP341's taproot_tweak_seckey, with the root of a tree of scripts or
// nil.
func (s *Single) tweak(root []byte) (*Single, error) {
	if s.private == nil {
		return nil, ErrWiped
	}
	return newSingle(txscript.TweakTaprootPrivKey(*s.private(), root)), nil
}

// signSchnorr signs as BIP340 says; the library verifies.
func (s *Single) signSchnorr(hash, aux *[32]byte) ([]byte, error) {
	if s.private == nil {
		return nil, ErrWiped
	}
	sig, err := schnorr.Sign(s.private(), hash[:], schnorr.CustomNonce(*aux))
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return sig.Serialize(), nil
}
