package hd

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/btcsuite/btcd/address/v2/base58"
	"github.com/btcsuite/btcd/btcutil/v2/hdkeychain"
	"github.com/btcsuite/btcd/chaincfg/v2"
)

// Public is an extended public key. What it holds reveals addresses, so it is
// kept out of logs, but it cannot spend.
type Public struct {
	x *hdkeychain.ExtendedKey
}

// An extended key has 78 bytes and a checksum: 107 to 112 characters.
const (
	extendedSize = 78
	extendedText = 120
)

// ParsePublic reads an extended public key of the network (xpub on mainnet,
// tpub on the test networks) after Check. Errors wrap ErrExtendedKey.
func ParsePublic(text string, net *chaincfg.Params) (*Public, error) {
	private, err := Check(text, net)
	if err != nil {
		return nil, err
	}
	if private {
		return nil, fmt.Errorf("%w: private", ErrExtendedKey)
	}
	x, err := hdkeychain.NewKeyFromString(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrExtendedKey, err)
	}
	return &Public{x: x}, nil
}

// Check tells whether text is a valid extended key of the network, and whether
// it is a private one, by every rule of BIP32, of which hdkeychain knows some:
// version and key must both be private or both public; a master key has neither
// parent nor index; the key lies on the curve or below its order; the text is
// the one encoding of what it says. Errors wrap ErrExtendedKey and never
// contain the text.
func Check(text string, net *chaincfg.Params) (private bool, err error) {
	if len(text) > extendedText {
		return false, fmt.Errorf("%w: %d characters", ErrExtendedKey, len(text))
	}
	raw := base58.Decode(text)
	defer clear(raw)
	if len(raw) != extendedSize+4 {
		return false, fmt.Errorf("%w: length", ErrExtendedKey)
	}
	if private, err = checkFields(raw, net); err != nil {
		return private, err
	}
	x, err := hdkeychain.NewKeyFromString(text)
	if err != nil {
		return private, fmt.Errorf("%w: %w", ErrExtendedKey, err)
	}
	defer x.Zero()
	if x.String() != text {
		return private, fmt.Errorf("%w: not in its canonical form", ErrExtendedKey)
	}
	return private, nil
}

func checkFields(raw []byte, net *chaincfg.Params) (private bool, err error) {
	switch version := raw[:4]; {
	case bytes.Equal(version, net.HDPrivateKeyID[:]):
		private = true
	case bytes.Equal(version, net.HDPublicKeyID[:]):
	default:
		return false, fmt.Errorf("%w: version %x is not of %s", ErrExtendedKey, version, net.Name)
	}
	if private != (raw[45] == 0) {
		return private, fmt.Errorf("%w: version and key disagree on being private", ErrExtendedKey)
	}
	depth, parent, index := raw[4], raw[5:9], binary.BigEndian.Uint32(raw[9:13])
	if depth == 0 && (index != 0 || !bytes.Equal(parent, make([]byte, 4))) {
		return private, fmt.Errorf("%w: a master key with a parent or an index", ErrExtendedKey)
	}
	return private, nil
}

// PublicSize is the size of Public's fields without depth and index, in bytes.
const PublicSize = 4 + 32 + 33

// AppendFields appends the parent's fingerprint 4 ‖ chain code 32 ‖ public key 33.
func (p *Public) AppendFields(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, p.x.ParentFingerprint())
	b = append(b, p.x.ChainCode()...)
	public, err := p.x.ECPubKey()
	if err != nil {
		return b // every Public has been made of a valid key
	}
	return append(b, public.SerializeCompressed()...)
}

// ParseFields reads what AppendFields appended, for the depth and index of the
// key, which is not the master. Errors wrap ErrExtendedKey.
func ParseFields(b []byte, depth uint8, index uint32, net *chaincfg.Params) (*Public, error) {
	if len(b) != PublicSize || depth == 0 {
		return nil, fmt.Errorf("%w: fields", ErrExtendedKey)
	}
	b = bytes.Clone(b)
	x := hdkeychain.NewExtendedKey(net.HDPublicKeyID[:], b[36:], b[4:36], b[:4], depth, index, false)
	if key, err := x.ECPubKey(); err != nil || !bytes.Equal(key.SerializeCompressed(), b[36:]) {
		return nil, fmt.Errorf("%w: not a compressed public key", ErrExtendedKey)
	}
	return &Public{x: x}, nil
}

// Text returns the extended public key as text. It is not called String, so
// that nothing prints it by accident.
func (p *Public) Text() string { return p.x.String() }

// Depth is the number of levels below the master key.
func (p *Public) Depth() int { return int(p.x.Depth()) }

// Index is the last index of the path, Hardened included.
func (p *Public) Index() uint32 { return p.x.ChildIndex() }

// PublicKey derives the compressed public key, 33 bytes, at indices below p,
// none of them hardened.
func (p *Public) PublicKey(path ...uint32) ([]byte, error) {
	at := p.x
	for _, index := range path {
		next, err := at.Derive(index)
		if err != nil {
			return nil, fmt.Errorf("%w: %v: %w", ErrChild, Path(path), err)
		}
		at = next
	}
	pub, err := at.ECPubKey()
	if err != nil {
		return nil, fmt.Errorf("%w: %v: %w", ErrChild, Path(path), err)
	}
	return pub.SerializeCompressed(), nil
}
