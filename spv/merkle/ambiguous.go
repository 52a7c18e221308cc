package merkle

import (
	"encoding/binary"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// maxMoney is 21 million bitcoins in satoshis.
const maxMoney = 21_000_000 * 100_000_000

// isTransaction reports whether the 64 bytes before the hash of two nodes are
// a transaction as well. There is only one shape of that size: one input, one
// output, four bytes of script between them. For honest hashes the chance is
// 5 in 2^45.
func isTransaction(left, right *chainhash.Hash) bool {
	b := join(left, right)
	const inputs, inScript = 4, 4 + 1 + 36 // offsets: count of inputs, length of its script
	if b[inputs] != 1 || b[inScript] > 4 {
		return false
	}
	spare := 4 - b[inScript]
	outputs := inScript + 1 + int(b[inScript]) + 4
	if b[outputs] != 1 || b[outputs+9] != spare {
		return false
	}
	return binary.LittleEndian.Uint64(b[outputs+1:]) <= maxMoney
}
