package peer

import (
	"time"

	"thistle/spv/protocol"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// Caps on what others ask of us, in bytes.
const (
	// maxLocator is how many hashes a locator may have: as many as Bitcoin Core
	// takes.
	maxLocator         = 101
	maxGetHeaders      = 4 + 1 + maxLocator*chainhash.HashSize + chainhash.HashSize
	getFiltersSize     = 1 + 4 + chainhash.HashSize // getcfilters and getcfheaders
	getCheckpointsSize = 1 + chainhash.HashSize
)

// requestAllowance is for what others ask of us while we serve: a peer like us
// that syncs the whole chain asks some twenty times a second.
func requestAllowance() allowance {
	return allowance{
		messages: bucket{rate: 100, size: 5_000},
		bytes:    bucket{rate: 128 << 10, size: 8 << 20},
	}
}

// request is how a message is received by which others ask of us.
func request(most uint32, empty func() wire.Message) reading {
	return reading{max: most, served: true, read: func(c *Conn, h frame) (protocol.Input, error) {
		if !c.requests.take(time.Now(), h.length) {
			return nil, flood("more requests than can be of use")
		}
		payload, err := c.in.payload(h)
		if err != nil {
			return nil, err
		}
		msg := empty()
		if _, ok := msg.(*wire.MsgGetHeaders); ok {
			if err := checkGetHeaders(payload); err != nil {
				return nil, err
			}
		}
		if err := decode(msg, payload, c.version); err != nil {
			return nil, err
		}
		return c.message(msg), nil
	}}
}

// checkGetHeaders tells whether a payload is a version, a locator and a stop
// hash.
func checkGetHeaders(payload []byte) error {
	c := cursor{b: payload}
	c.skip(4)
	n := c.count(chainhash.HashSize)
	if n > maxLocator {
		return broken("a locator of %d hashes", n)
	}
	c.skip((n + 1) * chainhash.HashSize)
	if !c.whole() {
		return broken("a locator that is not as long as it says")
	}
	return nil
}
