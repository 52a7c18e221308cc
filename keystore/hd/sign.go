package hd

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
)

// MaxSignature is the longest signature Sign returns, in bytes.
const MaxSignature = 70

// errFault means that the arithmetic went wrong: a broken processor, say.
var errFault = errors.New("signature does not verify")

// Sign returns a DER signature of a 32-byte hash: deterministic (RFC 6979), low
// S (BIP62), and low R, so that it has at most MaxSignature bytes. R is made
// low as in Bitcoin Core: without extra entropy first, then with a counter in
// little endian as the 32 extra bytes. The signature has been verified.
func (k *Key) Sign(hash *[32]byte) ([]byte, error) {
	if k.secret == nil {
		return nil, ErrWiped
	}
	s := k.secret()
	priv, pub := btcec.PrivKeyFromBytes(s.key[:])
	defer priv.Zero()
	for counter := uint32(0); ; counter++ {
		var extra []byte
		if counter > 0 {
			extra = make([]byte, 32)
			binary.LittleEndian.PutUint32(extra, counter)
		}
		sig, ok := signWith(s, &priv.Key, hash, extra)
		if !ok {
			continue
		}
		if !sig.Verify(hash[:], pub) {
			return nil, fmt.Errorf("sign: %w", errFault)
		}
		return sig.Serialize(), nil
	}
}

// signWith makes one signature and reports whether its R is low.
func signWith(s *secret, d *btcec.ModNScalar, hash *[32]byte, extra []byte) (*ecdsa.Signature, bool) {
	stream := newNonces(&s.key, hash, extra)
	defer stream.wipe()
	for {
		nonce := stream.next()
		r, sVal, ok := signNonce(d, nonce, hash)
		nonce.Zero()
		if !ok {
			continue
		}
		rb := r.Bytes()
		return ecdsa.NewSignature(&r, &sVal), rb[0] < 0x80
	}
}

// signNonce is the signing equation of SEC 1, section 4.1.3, with s negated
// where it is above half the order. It fails where r or s would be zero.
func signNonce(d, nonce *btcec.ModNScalar, hash *[32]byte) (r, s btcec.ModNScalar, ok bool) {
	var point btcec.JacobianPoint
	btcec.ScalarBaseMultNonConst(nonce, &point)
	point.ToAffine()
	r.SetBytes(point.X.Bytes()) // reduced modulo the order
	if r.IsZero() {
		return r, s, false
	}
	var e, inverse btcec.ModNScalar
	defer inverse.Zero()
	e.SetBytes(hash)
	inverse.InverseValNonConst(nonce)
	s.Mul2(d, &r).Add(&e).Mul(&inverse)
	if s.IsZero() {
		return r, s, false
	}
	if s.IsOverHalfOrder() {
		s.Negate()
	}
	return r, s, true
}
