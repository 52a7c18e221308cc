package hd

import (
	"encoding/binary"
	"fmt"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcutil/v2/hdkeychain"
	"github.com/btcsuite/btcd/chaincfg/v2"
)

// Key is a private extended key. Wipe it after use. It is not safe for
// concurrent use.
type Key struct {
	extended func() *hdkeychain.ExtendedKey // private; nil once wiped
}

// anyNet stands in hdkeychain's keys, which want a network; ours have none
// until they are written.
var anyNet = &chaincfg.MainNetParams

// maxDepth is the depth below which BIP32 has no room for another level.
const maxDepth = 255

// NewMaster derives the master key of a seed of 16 to 64 bytes. Errors wrap
// ErrSeed.
func NewMaster(seed []byte) (*Key, error) {
	x, err := hdkeychain.NewMaster(seed, anyNet)
	if err != nil {
		return nil, fmt.Errorf("%w: %d bytes: %w", ErrSeed, len(seed), err)
	}
	return newKey(x), nil
}

// newKey takes x over.
func newKey(x *hdkeychain.ExtendedKey) *Key {
	return &Key{extended: func() *hdkeychain.ExtendedKey { return x }}
}

// ParsePrivate reads an extended private key of the network (xprv on mainnet,
// tprv on the test networks) after Check. What the library makes of text cannot
// be cleared; see package keystore. Errors wrap ErrExtendedKey.
func ParsePrivate(text []byte, net *chaincfg.Params) (*Key, error) {
	s := string(text)
	private, err := Check(s, net)
	if err != nil {
		return nil, err
	}
	if !private {
		return nil, fmt.Errorf("%w: public", ErrExtendedKey)
	}
	x, err := hdkeychain.NewKeyFromString(s)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrExtendedKey, err)
	}
	return newKey(x), nil
}

// Depth is the number of levels below the master key; 0 once wiped.
func (k *Key) Depth() int {
	if k.extended == nil {
		return 0
	}
	return int(k.extended().Depth())
}

// Index is the last index of the path, Hardened included; 0 once wiped.
func (k *Key) Index() uint32 {
	if k.extended == nil {
		return 0
	}
	return k.extended().ChildIndex()
}

// Wipe clears the key, which is of no use afterwards.
func (k *Key) Wipe() {
	if k == nil || k.extended == nil {
		return
	}
	k.extended().Zero()
	k.extended = nil
}

// Child derives one child key (BIP32's CKDpriv). Errors wrap ErrChild or
// ErrWiped.
func (k *Key) Child(index uint32) (*Key, error) {
	if k.extended == nil {
		return nil, ErrWiped
	}
	parent := k.extended()
	if parent.Depth() == maxDepth {
		return nil, fmt.Errorf("%w: too deep", ErrChild)
	}
	x, err := parent.Derive(index)
	if err != nil {
		return nil, fmt.Errorf("%w: %d: %w", ErrChild, index, err)
	}
	// hdkeychain does not look whether the sum is zero, which BIP32 forbids.
	private, err := x.ECPrivKey()
	if err != nil || private.Key.IsZero() {
		x.Zero()
		return nil, fmt.Errorf("%w: %d", ErrChild, index)
	}
	private.Zero()
	return newKey(x), nil
}

// Derive follows a path, clearing the keys in between. The result is always a
// key of its own, to be wiped apart from k. Errors wrap ErrChild or ErrWiped.
func (k *Key) Derive(path Path) (*Key, error) {
	at, err := k.clone()
	if err != nil {
		return nil, err
	}
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

// clone copies every buffer: hdkeychain's own copies share them, so that
// clearing one would clear the other.
func (k *Key) clone() (*Key, error) {
	if k.extended == nil {
		return nil, ErrWiped
	}
	x := k.extended()
	private, err := x.ECPrivKey()
	if err != nil {
		return nil, fmt.Errorf("copy key: %w", err)
	}
	defer private.Zero()
	return newKey(hdkeychain.NewExtendedKey(x.Version(), private.Serialize(), x.ChainCode(),
		parentOf(x), x.Depth(), x.ChildIndex(), true)), nil
}

// PublicKey returns the compressed public key, 33 bytes; nil once wiped.
func (k *Key) PublicKey() []byte {
	if k.extended == nil {
		return nil
	}
	public, err := k.extended().ECPubKey()
	if err != nil {
		return nil // a private key that is not zero has one
	}
	return public.SerializeCompressed()
}

// Fingerprint is the first 4 bytes of HASH160 of the public key.
func (k *Key) Fingerprint() (fp [4]byte, err error) {
	if k.extended == nil {
		return fp, ErrWiped
	}
	copy(fp[:], address.Hash160(k.PublicKey()))
	return fp, nil
}

// Public returns the public side, for the network's extended key format. It
// shares nothing with k, unlike hdkeychain's Neuter.
func (k *Key) Public(net *chaincfg.Params) (*Public, error) {
	if k.extended == nil {
		return nil, ErrWiped
	}
	x := k.extended()
	return &Public{x: hdkeychain.NewExtendedKey(net.HDPublicKeyID[:], k.PublicKey(), x.ChainCode(),
		parentOf(x), x.Depth(), x.ChildIndex(), false)}, nil
}

// parentOf is the parent's fingerprint, in a buffer of its own.
func parentOf(x *hdkeychain.ExtendedKey) []byte {
	return binary.BigEndian.AppendUint32(nil, x.ParentFingerprint())
}

// Sign is Single's, by this key.
func (k *Key) Sign(hash *[32]byte) ([]byte, error) {
	single, err := k.Single()
	if err != nil {
		return nil, err
	}
	defer single.Wipe()
	return single.Sign(hash)
}
