package hd

import (
	"crypto/sha512"
	"encoding/binary"
	"fmt"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcutil/v2/hdkeychain"
	"github.com/btcsuite/btcd/chaincfg/v2"
)

// Key is a private extended key. Wipe it after use. It is not safe for
// concurrent use.
type Key struct {
	secret func() *secret // nil once wiped
}

type secret struct {
	key    [32]byte
	chain  [32]byte
	public [33]byte
	parent [4]byte // fingerprint
	depth  uint8
	index  uint32
}

// NewMaster derives the master key of a seed of 16 to 64 bytes.
func NewMaster(seed []byte) (*Key, error) {
	if len(seed) < 16 || len(seed) > 64 {
		return nil, fmt.Errorf("%w: %d bytes", ErrSeed, len(seed))
	}
	sum := hmacSHA512([]byte("Bitcoin seed"), seed)
	defer clear(sum[:])
	var scalar btcec.ModNScalar
	defer scalar.Zero()
	if overflow := scalar.SetByteSlice(sum[:32]); overflow || scalar.IsZero() {
		return nil, ErrSeed
	}
	s := &secret{}
	copy(s.key[:], sum[:32])
	copy(s.chain[:], sum[32:])
	return newKey(s), nil
}

func newKey(s *secret) *Key {
	priv, pub := btcec.PrivKeyFromBytes(s.key[:])
	copy(s.public[:], pub.SerializeCompressed())
	priv.Zero()
	return &Key{secret: func() *secret { return s }}
}

// Wipe clears the key, which is of no use afterwards.
func (k *Key) Wipe() {
	if k == nil || k.secret == nil {
		return
	}
	*k.secret() = secret{}
	k.secret = nil
}

// Child derives one child key (BIP32's CKDpriv).
func (k *Key) Child(index uint32) (*Key, error) {
	if k.secret == nil {
		return nil, ErrWiped
	}
	s := k.secret()
	if s.depth == 255 {
		return nil, fmt.Errorf("%w: too deep", ErrChild)
	}
	var data [37]byte
	defer clear(data[:])
	if index&Hardened != 0 {
		copy(data[1:], s.key[:])
	} else {
		copy(data[:], s.public[:])
	}
	binary.BigEndian.PutUint32(data[33:], index)
	sum := hmacSHA512(s.chain[:], data[:])
	defer clear(sum[:])

	var tweak, parent btcec.ModNScalar
	defer tweak.Zero()
	defer parent.Zero()
	if overflow := tweak.SetByteSlice(sum[:32]); overflow {
		return nil, fmt.Errorf("%w: %d", ErrChild, index)
	}
	parent.SetByteSlice(s.key[:])
	if tweak.Add(&parent).IsZero() {
		return nil, fmt.Errorf("%w: %d", ErrChild, index)
	}
	child := &secret{depth: s.depth + 1, index: index, parent: fingerprint(&s.public)}
	tweak.PutBytes(&child.key)
	copy(child.chain[:], sum[32:])
	return newKey(child), nil
}

// Derive follows a path, clearing the keys in between. The result is always a
// key of its own, to be wiped apart from k.
func (k *Key) Derive(path Path) (*Key, error) {
	if k.secret == nil {
		return nil, ErrWiped
	}
	s := *k.secret()
	at := &Key{secret: func() *secret { return &s }}
	for _, index := range path {
		next, err := at.Child(index)
		at.Wipe()
		if err != nil {
			return nil, fmt.Errorf("derive %v: %w", path, err)
		}
		at = next
	}
	return at, nil
}

// PublicKey returns the compressed public key, 33 bytes; nil once wiped.
func (k *Key) PublicKey() []byte {
	if k.secret == nil {
		return nil
	}
	pub := k.secret().public
	return pub[:]
}

// Fingerprint is the first 4 bytes of HASH160 of the public key.
func (k *Key) Fingerprint() ([4]byte, error) {
	if k.secret == nil {
		return [4]byte{}, ErrWiped
	}
	return fingerprint(&k.secret().public), nil
}

// Public returns the public side, for the network's extended key format.
func (k *Key) Public(net *chaincfg.Params) (*Public, error) {
	if k.secret == nil {
		return nil, ErrWiped
	}
	s := k.secret()
	pub, chain, parent := s.public, s.chain, s.parent
	return &Public{x: hdkeychain.NewExtendedKey(net.HDPublicKeyID[:], pub[:], chain[:], parent[:],
		s.depth, s.index, false)}, nil
}

func fingerprint(public *[33]byte) (fp [4]byte) {
	copy(fp[:], address.Hash160(public[:]))
	return fp
}

// hmacSHA512 is HMAC (RFC 2104) for keys of at most one block, in buffers that
// are cleared; crypto/hmac keeps the message's tail until it is collected.
func hmacSHA512(key, message []byte) [sha512.Size]byte {
	var inner [sha512.BlockSize + 64]byte
	var outer [sha512.BlockSize + sha512.Size]byte
	defer clear(inner[:])
	defer clear(outer[:])
	copy(inner[:], key)
	copy(outer[:], key)
	for i := range sha512.BlockSize {
		inner[i] ^= 0x36
		outer[i] ^= 0x5c
	}
	n := copy(inner[sha512.BlockSize:], message)
	sum := sha512.Sum512(inner[:sha512.BlockSize+n])
	copy(outer[sha512.BlockSize:], sum[:])
	clear(sum[:])
	return sha512.Sum512(outer[:])
}
