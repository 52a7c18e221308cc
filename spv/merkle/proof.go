package merkle

import (
	"encoding/binary"
	"fmt"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// HeaderSize is the length of a block header in bytes.
const HeaderSize = 80

// rootOf reads the Merkle root out of a raw header.
func rootOf(header *[HeaderSize]byte) chainhash.Hash { return chainhash.Hash(header[36:68]) }

// Proof is one transaction's inclusion under a header. Branch holds the hash
// beside the path on each level from the leaves up; where the path's node has
// no neighbour it is that node's own hash.
type Proof struct {
	Header [HeaderSize]byte
	Total  uint32 // transactions in the block
	Index  uint32 // of this one
	TxID   chainhash.Hash
	Branch []chainhash.Hash
}

// Prove makes the proof of the transaction at index, given all txids of the
// block in order. It fails with ErrIndex, ErrCount, ErrDuplicate, or ErrRoot
// when they are not what the header commits to.
func Prove(header [HeaderSize]byte, txids []chainhash.Hash, index int) (Proof, error) {
	if len(txids) == 0 || len(txids) > MaxTransactions {
		return Proof{}, fmt.Errorf("prove: %d: %w", len(txids), ErrCount)
	}
	if index < 0 || index >= len(txids) {
		return Proof{}, fmt.Errorf("prove: %d of %d: %w", index, len(txids), ErrIndex)
	}
	p := Proof{Header: header, Total: uint32(len(txids)), Index: uint32(index), TxID: txids[index]}
	row := append([]chainhash.Hash(nil), txids...)
	for at := index; len(row) > 1; at /= 2 {
		p.Branch = append(p.Branch, row[min(at^1, len(row)-1)])
		var mutated bool
		if row, mutated = reduce(row); mutated {
			return Proof{}, fmt.Errorf("prove: %w", ErrDuplicate)
		}
	}
	if row[0] != rootOf(&header) {
		return Proof{}, fmt.Errorf("prove: %v: %w", row[0], ErrRoot)
	}
	return p, nil
}

// Verify checks the proof against the Merkle root in Header. That the header
// is on the best chain is the caller's to check. It fails with ErrCount,
// ErrIndex, ErrTree, ErrDuplicate, ErrAmbiguous or ErrRoot. ErrAmbiguous says
// that the proof convinces nobody who did not see the block, not that the
// transaction is false.
func (p *Proof) Verify() error {
	if err := p.shape(); err != nil {
		return fmt.Errorf("verify proof: %w", err)
	}
	node, at := p.TxID, p.Index
	for level, sibling := range p.Branch {
		left, right := &node, &sibling
		if at%2 == 1 {
			left, right = right, left
		}
		alone := at^1 >= width(p.Total, level)
		switch {
		case alone && sibling != node:
			return fmt.Errorf("verify proof: level %d has no such neighbour: %w", level, ErrTree)
		case !alone && sibling == node:
			return fmt.Errorf("verify proof: level %d: %w", level, ErrDuplicate)
		case isTransaction(left, right):
			return fmt.Errorf("verify proof: level %d: %w", level, ErrAmbiguous)
		}
		node = parent(left, right)
		at /= 2
	}
	if node != rootOf(&p.Header) {
		return fmt.Errorf("verify proof: %v: %w", node, ErrRoot)
	}
	return nil
}

// shape checks the numbers before anything is hashed.
func (p *Proof) shape() error {
	switch {
	case p.Total == 0 || p.Total > MaxTransactions:
		return fmt.Errorf("%d: %w", p.Total, ErrCount)
	case p.Index >= p.Total:
		return fmt.Errorf("%d of %d: %w", p.Index, p.Total, ErrIndex)
	case len(p.Branch) != depth(p.Total):
		return fmt.Errorf("branch of %d for %d transactions: %w", len(p.Branch), p.Total, ErrTree)
	}
	return nil
}

// MerkleBlock is the proof in the form of Bitcoin Core's gettxoutproof for
// this one transaction, which is that of BIP37's merkleblock message. The
// proof must be one that Verify accepts.
func (p *Proof) MerkleBlock() []byte {
	// Depth first, left before right: what is left of the path comes on the
	// way down, what is right of it on the way back up.
	var hashes []chainhash.Hash
	flags := []bool{true}
	for level := len(p.Branch) - 1; level >= 0; level-- {
		if p.Index>>level&1 == 1 {
			hashes = append(hashes, p.Branch[level])
			flags = append(flags, false)
		}
		flags = append(flags, true)
	}
	hashes = append(hashes, p.TxID)
	for level, sibling := range p.Branch {
		if at := p.Index >> level; at&1 == 0 && at+1 < width(p.Total, level) {
			hashes = append(hashes, sibling)
			flags = append(flags, false)
		}
	}
	return encode(&p.Header, p.Total, hashes, flags)
}

// encode writes a merkle block. Proofs of one transaction have less than 253
// of anything, so counts take one byte.
func encode(header *[HeaderSize]byte, total uint32, hashes []chainhash.Hash, flags []bool) []byte {
	packed := make([]byte, (len(flags)+7)/8)
	for i, f := range flags {
		if f {
			packed[i/8] |= 1 << (i % 8)
		}
	}
	out := make([]byte, 0, HeaderSize+6+len(hashes)*chainhash.HashSize+len(packed))
	out = append(out, header[:]...)
	out = binary.LittleEndian.AppendUint32(out, total)
	out = append(out, byte(len(hashes)))
	for i := range hashes {
		out = append(out, hashes[i][:]...)
	}
	out = append(out, byte(len(packed)))
	return append(out, packed...)
}
