package hd

import (
	"crypto/sha256"

	"github.com/btcsuite/btcd/btcec/v2"
)

// nonces is the stream of candidates of RFC 6979, section 3.2, for SHA-256, with
// additional data as in section 3.6. btcec's leaves the private key in hash
// states which nobody clears; this one works in buffers that are.
type nonces struct {
	k, v [sha256.Size]byte
	buf  [sha256.BlockSize + sha256.Size + 1 + 3*32]byte // HMAC's message

	started bool
}

// newNonces starts the stream. extra has 32 bytes or none.
func newNonces(key, hash *[32]byte, extra []byte) *nonces {
	n := &nonces{}
	for i := range n.v {
		n.v[i] = 1
	}
	for separator := range byte(2) { // steps d to g
		n.k = n.hmac(n.v[:], []byte{separator}, key[:], hash[:], extra)
		n.v = n.hmac(n.v[:])
	}
	return n
}

// next is step h: the next candidate between 1 and the order less 1. The caller
// clears it.
func (n *nonces) next() *btcec.ModNScalar {
	nonce := new(btcec.ModNScalar)
	for {
		if n.started {
			n.k = n.hmac(n.v[:], []byte{0})
			n.v = n.hmac(n.v[:])
		}
		n.started = true
		n.v = n.hmac(n.v[:])
		if overflow := nonce.SetBytes(&n.v); overflow == 0 && !nonce.IsZero() {
			return nonce
		}
	}
}

// hmac is HMAC-SHA256 under k.
func (n *nonces) hmac(parts ...[]byte) [sha256.Size]byte {
	defer clear(n.buf[:])
	size := n.pad(0x36)
	for _, p := range parts {
		size += copy(n.buf[size:], p)
	}
	inner := sha256.Sum256(n.buf[:size])
	defer clear(inner[:])
	size = n.pad(0x5c)
	size += copy(n.buf[size:], inner[:])
	return sha256.Sum256(n.buf[:size])
}

func (n *nonces) pad(with byte) int {
	for i := range sha256.BlockSize {
		n.buf[i] = with
		if i < len(n.k) {
			n.buf[i] ^= n.k[i]
		}
	}
	return sha256.BlockSize
}

func (n *nonces) wipe() { *n = nonces{} }
