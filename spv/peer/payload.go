package peer

import (
	"encoding/binary"

	"thistle/spv/cfilter"
	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// Sizes on the wire in bytes.
const (
	blockHeaderSize = chain.HeaderSize
	headerStride    = blockHeaderSize + 1 // with the transaction count, always 0
	invStride       = 4 + chainhash.HashSize
	filterPrefix    = 1 + chainhash.HashSize // type and block hash
)

// cursor walks over a payload without allocating. Once it has run over the end
// or met a bad count, bad stays set and everything it returns is zero.
type cursor struct {
	b   []byte
	bad bool
}

// skip moves over n bytes.
func (c *cursor) skip(n uint64) {
	if c.bad || n > uint64(len(c.b)) {
		c.bad, c.b = true, nil
		return
	}
	c.b = c.b[n:]
}

// varInt reads a CompactSize and accepts only its shortest form.
func (c *cursor) varInt() uint64 {
	if c.bad || len(c.b) == 0 {
		c.bad = true
		return 0
	}
	first := c.b[0]
	c.b = c.b[1:]
	if first < 0xfd {
		return uint64(first)
	}
	size := 2 << (first - 0xfd)
	if len(c.b) < size {
		c.bad = true
		return 0
	}
	var wide [8]byte
	copy(wide[:], c.b[:size])
	c.b = c.b[size:]
	v := binary.LittleEndian.Uint64(wide[:])
	if least := [...]uint64{0xfd, 0x1_0000, 0x1_0000_0000}[first-0xfd]; v < least {
		c.bad = true
		return 0
	}
	return v
}

// count reads the number of items that follow, each at least size bytes long,
// and refuses more than there is room for.
func (c *cursor) count(size int) uint64 {
	n := c.varInt()
	if n > uint64(len(c.b)/size) {
		c.bad = true
		return 0
	}
	return n
}

// varBytes moves over a count and so many bytes.
func (c *cursor) varBytes() { c.skip(c.varInt()) }

// tx moves over one transaction (BIP144).
func (c *cursor) tx() {
	const minInput, minOutput = 36 + 1 + 4, 8 + 1
	c.skip(4)
	inputs, witness := c.count(1), false
	if inputs == 0 && !c.bad {
		if len(c.b) == 0 || c.b[0] != wire.WitnessFlag {
			c.bad = true
			return
		}
		c.skip(1)
		inputs, witness = c.count(minInput), true
	}
	if inputs > uint64(len(c.b)/minInput) {
		c.bad = true
	}
	for i := uint64(0); i < inputs && !c.bad; i++ {
		c.skip(36)
		c.varBytes()
		c.skip(4)
	}
	for i, n := uint64(0), c.count(minOutput); i < n && !c.bad; i++ {
		c.skip(8)
		c.varBytes()
	}
	for i := uint64(0); witness && i < inputs && !c.bad; i++ {
		for j, n := uint64(0), c.count(1); j < n && !c.bad; j++ {
			c.varBytes()
		}
	}
	c.skip(4)
}

// whole tells whether everything was read and nothing is left.
func (c *cursor) whole() bool { return !c.bad && len(c.b) == 0 }

// checkList tells whether a payload is fixed bytes, a count of at most most,
// and exactly so many items of stride bytes.
func checkList(payload []byte, fixed, stride, most int) error {
	c := cursor{b: payload}
	c.skip(uint64(fixed))
	n := c.count(stride)
	if n > uint64(most) {
		return broken("%d items where %d are the most", n, most)
	}
	c.skip(n * uint64(stride))
	if !c.whole() {
		return broken("a list that is not as long as it says")
	}
	return nil
}

// headersGlance is how much of a headers message shows what its first header
// follows: the count, the version and the link.
const headersGlance = 3 + 4 + chainhash.HashSize

// firstPrev is the link of a headers message's first header. empty means that
// there is no header, or no whole link.
func firstPrev(head []byte) (prev chainhash.Hash, empty bool) {
	c := cursor{b: head}
	n := c.varInt()
	c.skip(4)
	if c.bad || n == 0 || len(c.b) < chainhash.HashSize {
		return prev, true
	}
	return chainhash.Hash(c.b[:chainhash.HashSize]), false
}

// rawHeaders reads a headers message and returns its headers without what stands
// between them, in the payload's own memory.
func rawHeaders(payload []byte) ([]byte, error) {
	if err := checkList(payload, 0, headerStride, wire.MaxBlockHeadersPerMsg); err != nil {
		return nil, err
	}
	c := cursor{b: payload}
	n := int(c.varInt())
	for i := range n {
		one := c.b[i*headerStride:][:headerStride]
		if one[blockHeaderSize] != 0 {
			return nil, broken("a header that counts transactions")
		}
		copy(c.b[i*blockHeaderSize:], one[:blockHeaderSize])
	}
	return c.b[: n*blockHeaderSize : n*blockHeaderSize], nil
}

// parseHeaders reads a headers message and hashes its headers.
func parseHeaders(payload []byte) ([]chain.Header, error) {
	if err := checkList(payload, 0, headerStride, wire.MaxBlockHeadersPerMsg); err != nil {
		return nil, err
	}
	c := cursor{b: payload}
	headers := make([]chain.Header, c.varInt())
	for i := range headers {
		one := c.b[i*headerStride:][:headerStride]
		if one[blockHeaderSize] != 0 {
			return nil, broken("a header that counts transactions")
		}
		headers[i] = chain.NewHeader([blockHeaderSize]byte(one))
	}
	return headers, nil
}

// parseFilter reads a cfilter message, whose first filterPrefix bytes are known
// already, and hashes the filter. data shares the payload's memory.
func parseFilter(payload []byte) (data []byte, hash chainhash.Hash, err error) {
	if err := checkList(payload, filterPrefix, 1, wire.MaxCFilterDataSize); err != nil {
		return nil, hash, err
	}
	c := cursor{b: payload}
	c.skip(filterPrefix)
	n := c.varInt()
	data = c.b[:n:n]
	return data, cfilter.Hash(data), nil
}

// checkBlockForm tells whether a payload has the form of a block. It compares
// every count with the bytes there are, so that decoding can be afforded.
func checkBlockForm(payload []byte) error {
	const minTx = 4 + 1 + 1 + 4
	c := cursor{b: payload}
	c.skip(blockHeaderSize)
	for i, n := uint64(0), c.count(minTx); i < n && !c.bad; i++ {
		c.tx()
	}
	if !c.whole() {
		return broken("not the form of a block")
	}
	return nil
}

// parseTx reads a tx message.
func parseTx(payload []byte, version uint32) (*wire.MsgTx, error) {
	c := cursor{b: payload}
	c.tx()
	if !c.whole() {
		return nil, broken("not the form of a transaction")
	}
	tx := new(wire.MsgTx)
	if err := decode(tx, payload, version); err != nil {
		return nil, err
	}
	return tx, nil
}
