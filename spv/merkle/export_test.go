package merkle

import chainhash "github.com/btcsuite/btcd/chainhash/v2"

// WalkRoot is the root that the lists of a merkle block give, false when they
// are not sound.
func WalkRoot(b []byte) (chainhash.Hash, bool) {
	if len(b) < HeaderSize+4 {
		return chainhash.Hash{}, false
	}
	total := uint32(b[HeaderSize]) | uint32(b[HeaderSize+1])<<8
	hashes, flags, err := lists(b[HeaderSize+4:])
	if err != nil || total == 0 || total > MaxTransactions {
		return chainhash.Hash{}, false
	}
	w := walk{total: total, hashes: hashes, flags: flags}
	root, _ := w.node(depth(total), 0)
	return root, w.err == nil
}
