package merkle_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/assets/assetstest"
	"thistle/spv/merkle"
)

// block is what the package needs of a block.
type block struct {
	header [merkle.HeaderSize]byte
	txids  []chainhash.Hash
	msg    *wire.MsgBlock
}

func readBlock(t testing.TB, raw []byte) block {
	t.Helper()
	var m wire.MsgBlock
	require.NoError(t, m.Deserialize(bytes.NewReader(raw)))
	b := block{header: [merkle.HeaderSize]byte(raw), msg: &m}
	for _, tx := range m.Transactions {
		b.txids = append(b.txids, tx.TxHash())
	}
	return b
}

// modernBlocks are whole blocks with many transactions, two of them with
// segwit, one of testnet.
func modernBlocks(t testing.TB) []block {
	t.Helper()
	names := []string{"block169482", "block227836", "block370661", "block481815", "block481829", "block_testnet32768"}
	var out []block
	for _, n := range names {
		out = append(out, readBlock(t, assetstest.Vector(t, "blocks/"+n+".dat")))
	}
	return out
}

// earlyBlocks are the mainnet blocks 0 to 14,131, as node software stores
// them: magic, length, block.
func earlyBlocks(t testing.TB) []block {
	t.Helper()
	b := assetstest.Vector(t, "blocks/blk_0_to_14131.trimmed.dat")
	var out []block
	for len(b) >= 8 && binary.LittleEndian.Uint32(b) == uint32(wire.MainNet) {
		n := int(binary.LittleEndian.Uint32(b[4:]))
		out = append(out, readBlock(t, b[8:8+n]))
		b = b[8+n:]
	}
	require.Len(t, out, 14_132)
	return out
}

// fakeBlock has n made-up txids and a header that commits to them.
func fakeBlock(n int, seed byte) block {
	var b block
	for i := range n {
		b.txids = append(b.txids, chainhash.DoubleHashH([]byte{seed, byte(i), byte(i >> 8)}))
	}
	b.commit()
	return b
}

func (b *block) commit() {
	root := naiveRoot(b.txids)
	copy(b.header[36:], root[:])
}

// naiveRoot is the definition of the root, without any care for speed.
func naiveRoot(txids []chainhash.Hash) chainhash.Hash {
	if len(txids) == 1 {
		return txids[0]
	}
	var up []chainhash.Hash
	for i := 0; i < len(txids); i += 2 {
		l, r := txids[i], txids[min(i+1, len(txids)-1)]
		up = append(up, chainhash.DoubleHashH(append(append([]byte(nil), l[:]...), r[:]...)))
	}
	return naiveRoot(up)
}
