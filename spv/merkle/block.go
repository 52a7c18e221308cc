package merkle

import (
	"encoding/binary"
	"fmt"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// Match is one transaction that a merkle block proves.
type Match struct {
	TxID   chainhash.Hash
	Index  uint32
	Branch []chainhash.Hash // as in Proof
}

// Block is a merkle block that was found to be sound: the matches are under
// the header's root.
type Block struct {
	Header    [HeaderSize]byte
	BlockHash chainhash.Hash
	Total     uint32 // transactions in the block, as claimed
	Matches   []Match
}

// Proof is the proof of match i alone.
func (b *Block) Proof(i int) Proof {
	m := b.Matches[i]
	return Proof{Header: b.Header, Total: b.Total, Index: m.Index, TxID: m.TxID, Branch: m.Branch}
}

// ParseMerkleBlock reads what gettxoutproof gives, for one transaction or
// several, and checks all that the bytes alone can show: counts in range, the
// one canonical form and nothing after it, every flag and hash used, no
// repeated subtree, no ambiguous inner node above a match, the header's root.
// The error is one of the package's kinds.
func ParseMerkleBlock(b []byte) (*Block, error) {
	out, err := parse(b)
	if err == nil && len(out.Matches) == 0 {
		err = ErrEmpty
	}
	if err != nil {
		return nil, fmt.Errorf("parse merkle block: %w", err)
	}
	return out, nil
}

// ParseFiltered is ParseMerkleBlock for the answer of a node that was given a
// filter (BIP37), to which no transaction may match.
func ParseFiltered(b []byte) (*Block, error) {
	out, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("parse filtered block: %w", err)
	}
	return out, nil
}

func parse(b []byte) (*Block, error) {
	if len(b) < HeaderSize+4 {
		return nil, fmt.Errorf("%d bytes: %w", len(b), ErrFormat)
	}
	out := &Block{
		Header: [HeaderSize]byte(b),
		Total:  binary.LittleEndian.Uint32(b[HeaderSize:]),
	}
	out.BlockHash = chainhash.DoubleHashH(out.Header[:])
	// Before any arithmetic with it.
	if out.Total == 0 || out.Total > MaxTransactions {
		return nil, fmt.Errorf("%d: %w", out.Total, ErrCount)
	}
	hashes, flags, err := lists(b[HeaderSize+4:])
	if err != nil {
		return nil, err
	}
	nHashes := len(hashes) / chainhash.HashSize
	if nHashes > int(out.Total) || len(flags)*8 < nHashes {
		return nil, fmt.Errorf("%d hashes, %d bytes of flags: %w", nHashes, len(flags), ErrTree)
	}
	w := walk{total: out.Total, hashes: hashes, flags: flags}
	root, matches := w.node(depth(out.Total), 0)
	if w.err != nil {
		return nil, w.err
	}
	if err := w.spent(); err != nil {
		return nil, err
	}
	if root != rootOf(&out.Header) {
		return nil, fmt.Errorf("%v: %w", root, ErrRoot)
	}
	out.Matches = matches
	return out, nil
}

// lists splits the hashes from the flags. Nothing may follow them.
func lists(b []byte) (hashes, flags []byte, err error) {
	n, b, ok := compactSize(b)
	if !ok || n > uint64(len(b)/chainhash.HashSize) {
		return nil, nil, fmt.Errorf("list of hashes: %w", ErrFormat)
	}
	hashes, b = b[:n*chainhash.HashSize], b[n*chainhash.HashSize:]
	n, b, ok = compactSize(b)
	if !ok || n != uint64(len(b)) {
		return nil, nil, fmt.Errorf("flags: %w", ErrFormat)
	}
	return hashes, b, nil
}

// compactSize reads a length in its shortest form. Longer than five bytes
// nothing here can be.
func compactSize(b []byte) (n uint64, rest []byte, ok bool) {
	switch {
	case len(b) >= 1 && b[0] < 0xfd:
		return uint64(b[0]), b[1:], true
	case len(b) >= 3 && b[0] == 0xfd:
		n = uint64(binary.LittleEndian.Uint16(b[1:]))
		return n, b[3:], n >= 0xfd
	case len(b) >= 5 && b[0] == 0xfe:
		n = uint64(binary.LittleEndian.Uint32(b[1:]))
		return n, b[5:], n > 0xffff
	}
	return 0, nil, false
}

// walk goes through the tree depth first, as the flags direct. MaxTransactions
// bounds its depth by 15.
type walk struct {
	total     uint32
	hashes    []byte
	flags     []byte
	usedHash  int
	usedFlags int
	err       error
}

// node is the hash of one node and the matches below it, their branches ending
// at this node.
func (w *walk) node(level int, at uint32) (chainhash.Hash, []Match) {
	on := w.flag()
	if level == 0 || !on {
		h := w.hash()
		if w.err == nil && on {
			return h, []Match{{TxID: h, Index: at}}
		}
		return h, nil
	}
	left, matches := w.node(level-1, 2*at)
	right := left
	var more []Match
	if 2*at+1 < width(w.total, level-1) {
		right, more = w.node(level-1, 2*at+1)
		if w.err == nil && left == right {
			w.err = fmt.Errorf("level %d: %w", level, ErrDuplicate)
		}
	}
	switch {
	case w.err != nil:
		return chainhash.Hash{}, nil
	case len(matches)+len(more) == 0:
		// The sender flagged a node above a match, and there is none.
		w.err = fmt.Errorf("level %d: no match below: %w", level, ErrTree)
		return chainhash.Hash{}, nil
	case isTransaction(&left, &right):
		w.err = fmt.Errorf("level %d: %w", level, ErrAmbiguous)
		return chainhash.Hash{}, nil
	}
	for i := range matches {
		matches[i].Branch = append(matches[i].Branch, right)
	}
	for i := range more {
		more[i].Branch = append(more[i].Branch, left)
	}
	return parent(&left, &right), append(matches, more...)
}

func (w *walk) flag() bool {
	if w.usedFlags >= 8*len(w.flags) {
		w.fail("too few flags")
		return false
	}
	f := w.flags[w.usedFlags/8]>>(w.usedFlags%8)&1 == 1
	w.usedFlags++
	return f
}

func (w *walk) hash() (h chainhash.Hash) {
	off := w.usedHash * chainhash.HashSize
	if off >= len(w.hashes) {
		w.fail("too few hashes")
		return h
	}
	copy(h[:], w.hashes[off:])
	w.usedHash++
	return h
}

func (w *walk) fail(what string) {
	if w.err == nil {
		w.err = fmt.Errorf("%s: %w", what, ErrTree)
	}
}

// spent checks that nothing is left but the bits that fill the last byte, and
// that those are zero.
func (w *walk) spent() error {
	if w.usedHash*chainhash.HashSize != len(w.hashes) {
		return fmt.Errorf("hashes left over: %w", ErrTree)
	}
	if (w.usedFlags+7)/8 != len(w.flags) {
		return fmt.Errorf("flags left over: %w", ErrTree)
	}
	if pad := w.usedFlags % 8; pad != 0 && w.flags[len(w.flags)-1]>>pad != 0 {
		return fmt.Errorf("flags after the last: %w", ErrTree)
	}
	return nil
}
