package chain

import (
	"encoding/binary"
	"fmt"
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// HeaderSize is the length of a serialized block header in bytes.
const HeaderSize = 80

// Tip names a block: the end of a chain, or any place on one.
type Tip struct {
	Height int32
	Hash   chainhash.Hash
}

func (t Tip) String() string { return fmt.Sprintf("%d %v", t.Height, t.Hash) }

// Header is a block header as it travels, with its hash. Make one with
// NewHeader or FromWire only: the rules trust that Hash belongs to Raw.
type Header struct {
	Raw  [HeaderSize]byte
	Hash chainhash.Hash
}

// NewHeader hashes raw. It is the one expensive step of judging a header and
// needs no context, so readers do it, in parallel.
func NewHeader(raw [HeaderSize]byte) Header {
	return Header{Raw: raw, Hash: chainhash.DoubleHashH(raw[:])}
}

// FromWire turns btcd's form into ours.
func FromWire(w *wire.BlockHeader) Header {
	var raw [HeaderSize]byte
	binary.LittleEndian.PutUint32(raw[0:], uint32(w.Version))
	copy(raw[4:], w.PrevBlock[:])
	copy(raw[36:], w.MerkleRoot[:])
	binary.LittleEndian.PutUint32(raw[68:], uint32(w.Timestamp.Unix()))
	binary.LittleEndian.PutUint32(raw[72:], w.Bits)
	binary.LittleEndian.PutUint32(raw[76:], w.Nonce)
	return NewHeader(raw)
}

// Wire turns h into btcd's form.
func (h *Header) Wire() wire.BlockHeader {
	return wire.BlockHeader{
		Version:    h.Version(),
		PrevBlock:  h.Prev(),
		MerkleRoot: h.MerkleRoot(),
		Timestamp:  time.Unix(int64(h.Time()), 0),
		Bits:       h.Bits(),
		Nonce:      h.Nonce(),
	}
}

// Version is signed, as the rules compare it.
func (h *Header) Version() int32 { return int32(binary.LittleEndian.Uint32(h.Raw[0:])) }

// Prev is the hash of the block before.
func (h *Header) Prev() chainhash.Hash { return chainhash.Hash(h.Raw[4:36]) }

// MerkleRoot commits to the block's transactions.
func (h *Header) MerkleRoot() chainhash.Hash { return chainhash.Hash(h.Raw[36:68]) }

// Time is the miner's claim, in seconds since 1970.
func (h *Header) Time() uint32 { return rawTime(h.Raw[:]) }

// Bits is the target in compact form.
func (h *Header) Bits() uint32 { return rawBits(h.Raw[:]) }

// Nonce is the number the miner turned.
func (h *Header) Nonce() uint32 { return binary.LittleEndian.Uint32(h.Raw[76:]) }

func rawTime(raw []byte) uint32 { return binary.LittleEndian.Uint32(raw[68:]) }
func rawBits(raw []byte) uint32 { return binary.LittleEndian.Uint32(raw[72:]) }
