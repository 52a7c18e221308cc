package walletdb

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"math/bits"

	"golang.org/x/crypto/chacha20poly1305"
)

const (
	nameSize     = sha256.Size
	minPadded    = 128
	sealOverhead = chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead
)

// sealer turns records into what is stored.
type sealer struct {
	version uint16
	aead    cipher.AEAD
	names   []byte
	sums    []byte
	commit  [32]byte
}

// newSealer derives its keys from the wallet's and the header, so that nothing
// sealed for one wallet or network opens in another.
func newSealer(key [32]byte, h header) (*sealer, error) {
	salt := h.encode()
	derive := func(purpose string) ([]byte, error) {
		return hkdf.Key(sha256.New, key[:], salt, "thistle/wallet.db/"+purpose, 32)
	}
	s := &sealer{version: h.version}
	k, err := derive("seal")
	if err != nil {
		return nil, err
	}
	if s.aead, err = chacha20poly1305.NewX(k); err != nil {
		return nil, err
	}
	if s.names, err = derive("names"); err != nil {
		return nil, err
	}
	if s.sums, err = derive("sums"); err != nil {
		return nil, err
	}
	commit, err := derive("commit")
	copy(s.commit[:], commit)
	return s, err
}

func (s *sealer) committed(b []byte) bool { return subtle.ConstantTimeCompare(s.commit[:], b) == 1 }

// name is what a record is stored under.
func (s *sealer) name(kind byte, id string) []byte {
	h := hmac.New(sha256.New, s.names)
	h.Write([]byte{kind})
	h.Write([]byte(id))
	return h.Sum(nil)
}

// aad binds a value to its place: bucket|name|version.
func (s *sealer) aad(bucket, name []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(len(bucket)))
	b = append(append(b, bucket...), name...)
	return binary.BigEndian.AppendUint16(b, s.version)
}

func (s *sealer) seal(bucket, name, plain []byte) []byte {
	out := make([]byte, chacha20poly1305.NonceSizeX, sealOverhead+len(plain))
	// Since Go 1.24 this cannot fail.
	_, _ = rand.Read(out)
	return s.aead.Seal(out, out, plain, s.aad(bucket, name))
}

func (s *sealer) open(bucket, name, sealed []byte) ([]byte, error) {
	if len(sealed) < sealOverhead {
		return nil, corrupt("a value is too short")
	}
	nonce, text := sealed[:chacha20poly1305.NonceSizeX], sealed[chacha20poly1305.NonceSizeX:]
	plain, err := s.aead.Open(nil, nonce, text, s.aad(bucket, name))
	if err != nil {
		return nil, corrupt("a value does not open")
	}
	return plain, nil
}

// sum is a number of 256 bits, little-endian in words: the sum over all rows of a
// keyed hash of each. Whoever does not know the key cannot find other rows with
// the same sum.
type sum [4]uint64

func (s *sealer) hash(name, sealed []byte) sum {
	h := hmac.New(sha256.New, s.sums)
	h.Write(name) // of fixed length
	h.Write(sealed)
	return parseSum(h.Sum(nil))
}

func parseSum(b []byte) (out sum) {
	for i := range out {
		out[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return out
}

func (a sum) bytes() []byte {
	var b []byte
	for _, w := range a {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return b
}

func (a sum) add(b sum) (out sum) {
	var carry uint64
	for i := range out {
		out[i], carry = bits.Add64(a[i], b[i], carry)
	}
	return out
}

func (a sum) sub(b sum) (out sum) {
	var borrow uint64
	for i := range out {
		out[i], borrow = bits.Sub64(a[i], b[i], borrow)
	}
	return out
}

// padded returns the length to which n bytes are filled up: at least 128, and
// with only the first four bits of the length telling (at most 12% more), so that
// lengths say little about transactions.
func padded(n int) int {
	if n <= minPadded {
		return minPadded
	}
	step := 1 << (bits.Len(uint(n)) - 4)
	return (n + step - 1) / step * step
}
