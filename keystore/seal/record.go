package seal

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
)

const (
	recordVersion = 1
	// MaxRecord is the largest plaintext of a record, in bytes.
	MaxRecord  = 4 << 10
	recordInfo = "keystore/v1/"
	recordAAD  = "thistle/record/1\x00"
	recordMin  = 1 + nonceSize + tagSize + sha256.Size
)

// RecordOverhead is how much longer a record is than its plaintext, in bytes.
const RecordOverhead = recordMin

// Place is where a record belongs; a record moved elsewhere does not open.
type Place struct {
	WalletID     [16]byte
	Bucket, Name string
}

// SealRecord encrypts plaintext under a key derived from one of the two:
//
//	version 1 ‖ nonce 24 ‖ ciphertext ‖ tag 16 ‖ SHA-256 32
func SealRecord(rand io.Reader, key []byte, p Place, plaintext []byte) ([]byte, error) {
	if len(plaintext) > MaxRecord {
		return nil, fmt.Errorf("seal record %s/%s: %d bytes", p.Bucket, p.Name, len(plaintext))
	}
	b := make([]byte, 1+nonceSize, recordMin+len(plaintext))
	b[0] = recordVersion
	if _, err := io.ReadFull(rand, b[1:]); err != nil {
		return nil, fmt.Errorf("seal record %s/%s: draw nonce: %w", p.Bucket, p.Name, err)
	}
	sub, err := Subkey(key, recordInfo+p.Bucket)
	if err != nil {
		return nil, fmt.Errorf("seal record %s/%s: %w", p.Bucket, p.Name, err)
	}
	defer clear(sub[:])
	return appendSum(sealX(b, sub[:], b[1:1+nonceSize], plaintext, p.aad())), nil
}

// OpenRecord decrypts a record; the caller clears the result. Errors wrap
// ErrCorrupt, ErrVersion or ErrTampered.
func OpenRecord(key []byte, p Place, record []byte) ([]byte, error) {
	if err := CheckRecord(record); err != nil {
		return nil, fmt.Errorf("record %s/%s: %w", p.Bucket, p.Name, err)
	}
	sub, err := Subkey(key, recordInfo+p.Bucket)
	if err != nil {
		return nil, fmt.Errorf("record %s/%s: %w", p.Bucket, p.Name, err)
	}
	defer clear(sub[:])
	body := record[1 : len(record)-sha256.Size]
	plain, ok := openX(sub[:], body[:nonceSize], body[nonceSize:], p.aad())
	if !ok {
		return nil, fmt.Errorf("record %s/%s: %w", p.Bucket, p.Name, ErrTampered)
	}
	return plain, nil
}

// CheckRecord tells without any key whether a record is whole. Errors wrap
// ErrCorrupt or ErrVersion.
func CheckRecord(record []byte) error {
	if len(record) < recordMin || len(record) > recordMin+MaxRecord {
		return fmt.Errorf("%w: %d bytes", ErrCorrupt, len(record))
	}
	if _, err := checkSum(record); err != nil {
		return err
	}
	if record[0] != recordVersion {
		return fmt.Errorf("%w: %d", ErrVersion, record[0])
	}
	return nil
}

// Subkey derives a key for one purpose by HKDF-SHA256 (RFC 5869). From the
// derived key nothing follows about the key or its other derivations.
func Subkey(key []byte, info string) (sub [KeySize]byte, err error) {
	if len(key) != KeySize {
		return sub, fmt.Errorf("derive key: %d bytes", len(key))
	}
	derived, err := hkdf.Key(sha256.New, key, nil, info, KeySize)
	if err != nil {
		return sub, fmt.Errorf("derive key: %w", err)
	}
	defer clear(derived)
	copy(sub[:], derived)
	return sub, nil
}

func (p Place) aad() []byte {
	b := append([]byte(recordAAD), p.WalletID[:]...)
	for _, s := range []string{p.Bucket, p.Name} {
		b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
		b = append(b, s...)
	}
	return append(b, recordVersion)
}
