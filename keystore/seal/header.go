package seal

import (
	"encoding/binary"
	"fmt"
)

const (
	magic         = "thistle\x00"
	headerVersion = 1
	kdfArgon2id   = 1
	argonVersion  = 0x13
	maxNetwork    = 32
	headerFixed   = len(magic) + 1 + 16 + 32 + 8 + 8 + 1 + 1 + 4 + 4 + 1 + saltSize + 1
)

// Header says whose vault it is and how its password is stretched. It is
// readable without the password and authenticated by it.
type Header struct {
	WalletID [16]byte // random, tells vaults apart
	Network  string   // chaincfg's name, ASCII
	Genesis  [32]byte // hash of the network's first block
	Created  int64    // Unix seconds
	Birthday int64    // Unix seconds: nothing of the wallet is older
	KDF      KDF
	Salt     [saltSize]byte
}

// Marshal returns the header's one and only encoding.
//
//	magic 8 ‖ version 1 ‖ wallet id 16 ‖ genesis 32 ‖ created 8 ‖ birthday 8 ‖
//	KDF 1 ‖ its version 1 ‖ passes 4 ‖ KiB 4 ‖ lanes 1 ‖ salt 16 ‖ length 1 ‖ network
//
// Integers are big endian.
func (h *Header) Marshal() ([]byte, error) {
	if err := checkNetwork(h.Network); err != nil {
		return nil, fmt.Errorf("encode header: %w", err)
	}
	b := make([]byte, 0, headerFixed+len(h.Network))
	b = append(b, magic...)
	b = append(b, headerVersion)
	b = append(b, h.WalletID[:]...)
	b = append(b, h.Genesis[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(h.Created))
	b = binary.BigEndian.AppendUint64(b, uint64(h.Birthday))
	b = append(b, h.kdfInput()...)
	b = append(b, byte(len(h.Network)))
	return append(b, h.Network...), nil
}

// kdfInput is the part of the header that decides which key a password gives.
func (h *Header) kdfInput() []byte {
	b := []byte{kdfArgon2id, argonVersion}
	b = binary.BigEndian.AppendUint32(b, h.KDF.Time)
	b = binary.BigEndian.AppendUint32(b, h.KDF.MemoryKiB)
	b = append(b, h.KDF.Threads)
	return append(b, h.Salt[:]...)
}

// ParseHeader decodes what Marshal wrote and takes nothing else. It does not
// judge the KDF's cost. Errors wrap ErrCorrupt or ErrVersion.
func ParseHeader(b []byte) (*Header, error) {
	if len(b) < len(magic)+1 || string(b[:len(magic)]) != magic {
		return nil, fmt.Errorf("header: %w: not a keystore", ErrCorrupt)
	}
	if v := b[len(magic)]; v != headerVersion {
		return nil, fmt.Errorf("header: %w: %d", ErrVersion, v)
	}
	if len(b) < headerFixed {
		return nil, fmt.Errorf("header: %w: cut short", ErrCorrupt)
	}
	r := b[len(magic)+1:]
	take := func(n int) []byte { p := r[:n]; r = r[n:]; return p }
	h := &Header{}
	copy(h.WalletID[:], take(16))
	copy(h.Genesis[:], take(32))
	h.Created = int64(binary.BigEndian.Uint64(take(8)))
	h.Birthday = int64(binary.BigEndian.Uint64(take(8)))
	if kind := take(2); kind[0] != kdfArgon2id || kind[1] != argonVersion {
		return nil, fmt.Errorf("header: %w: key derivation %x", ErrVersion, kind)
	}
	h.KDF.Time = binary.BigEndian.Uint32(take(4))
	h.KDF.MemoryKiB = binary.BigEndian.Uint32(take(4))
	h.KDF.Threads = take(1)[0]
	copy(h.Salt[:], take(saltSize))
	n := int(take(1)[0])
	if n != len(r) {
		return nil, fmt.Errorf("header: %w: length of the network's name", ErrCorrupt)
	}
	h.Network = string(r)
	if err := checkNetwork(h.Network); err != nil {
		return nil, fmt.Errorf("header: %w: %v", ErrCorrupt, err)
	}
	return h, nil
}

func checkNetwork(name string) error {
	if len(name) == 0 || len(name) > maxNetwork {
		return fmt.Errorf("network's name has %d bytes", len(name))
	}
	for _, c := range []byte(name) {
		if c < '!' || c > '~' {
			return fmt.Errorf("network's name is not plain ASCII")
		}
	}
	return nil
}
