package peer_test

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"io"
	"testing"

	"thistle/assets/assetstest"
	"thistle/spv/merkle"
	"thistle/spv/peer"
	"thistle/spv/protocol"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// realBlocks are blocks of all ages: of 2011, 2013, 2014, 2015 and 2017, the
// last two around the activation of segwit.
func realBlocks(t testing.TB) map[string][]byte {
	blocks := map[string][]byte{}
	for _, name := range []string{"block169482", "block227836", "block370661", "block481815", "block481829"} {
		blocks[name] = assetstest.Vector(t, "blocks/"+name+".dat")
	}
	b, err := io.ReadAll(bzip2.NewReader(bytes.NewReader(assetstest.Vector(t, "btcd_head/277647.dat.bz2"))))
	require.NoError(t, err)
	blocks["block277647"] = b[8:] // magic and length
	require.Len(t, blocks, 6)
	return blocks
}

func parseBlock(t testing.TB, raw []byte) *wire.MsgBlock {
	b := new(wire.MsgBlock)
	require.NoError(t, b.Deserialize(bytes.NewReader(raw)))
	return b
}

// askBlock asks for the block with this header, answers with payload, and
// returns what came of it.
func (s *session) askBlock(payload []byte) (protocol.BlockReceived, bool) {
	s.t.Helper()
	s.ask(getData(wire.InvTypeWitnessBlock, chainhash.DoubleHashH(payload[:80])))
	s.try(s.frame("block", payload))
	select {
	case in := <-s.inputs:
		return in.(protocol.BlockReceived), true
	case r := <-s.reason:
		s.reason <- r
		return protocol.BlockReceived{}, false
	}
}

func serialize(t testing.TB, b *wire.MsgBlock) []byte {
	var w bytes.Buffer
	require.NoError(t, b.Serialize(&w))
	return w.Bytes()
}

func TestRealBlocks(t *testing.T) {
	t.Parallel()
	for name, raw := range realBlocks(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				s := connect(t)
				defer s.close()
				got, ok := s.askBlock(raw)
				require.True(t, ok)
				require.NoError(t, got.Err)
				require.Equal(t, chainhash.DoubleHashH(raw[:80]), got.Hash)
				require.Equal(t, raw, serialize(t, got.Block))
			})
		})
	}
}

// TestFirstBlocks sends thousands of real blocks through one connection.
func TestFirstBlocks(t *testing.T) {
	t.Parallel()
	all := assetstest.Vector(t, "blocks/blk_0_to_14131.trimmed.dat")
	bubble(t, func(t *testing.T) {
		s := connect(t)
		defer s.close()
		count := 0
		for len(all) >= 8 {
			size := binary.LittleEndian.Uint32(all[4:])
			got, ok := s.askBlock(all[8:][:size])
			require.True(t, ok)
			require.NoError(t, got.Err)
			all = all[8+size:]
			count++
		}
		require.Equal(t, 14_132, count)
	})
}

// withWitness gives one transaction of a real segwit block a witness and makes
// the block whole again: the vectors' blocks hold none but the coinbase's.
func withWitness(t testing.TB, raw []byte, at int) []byte {
	b := parseBlock(t, raw)
	b.Transactions[at].TxIn[0].Witness = wire.TxWitness{make([]byte, 71), make([]byte, 33)}
	txids, wtxids := []chainhash.Hash{}, []chainhash.Hash{{}}
	for _, tx := range b.Transactions[1:] {
		wtxids = append(wtxids, tx.WitnessHash())
	}
	root, _ := merkle.Root(wtxids)
	coinbase, magic := b.Transactions[0], []byte{0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed}
	placed := false
	for _, out := range coinbase.TxOut {
		if bytes.HasPrefix(out.PkScript, magic) {
			copy(out.PkScript[len(magic):], chainhash.DoubleHashB(append(root[:], coinbase.TxIn[0].Witness[0]...)))
			placed = true
		}
	}
	require.True(t, placed)
	for _, tx := range b.Transactions {
		txids = append(txids, tx.TxHash())
	}
	b.Header.MerkleRoot, _ = merkle.Root(txids)
	return serialize(t, b)
}

// TestAlteredBlocks: the header is right, the body is not. The verdict comes as
// an input that names the block, so that the machine asks another peer.
func TestAlteredBlocks(t *testing.T) {
	t.Parallel()
	raw := assetstest.Vector(t, "blocks/block481829.dat")
	const witnessed = 3
	raw = withWitness(t, raw, witnessed)
	cases := map[string]struct {
		change func(*wire.MsgBlock)
		want   error
	}{
		"as it is":      {func(*wire.MsgBlock) {}, nil},
		"amount":        {func(b *wire.MsgBlock) { b.Transactions[3].TxOut[0].Value++ }, protocol.ErrBlockMerkle},
		"left out":      {func(b *wire.MsgBlock) { b.Transactions = b.Transactions[:len(b.Transactions)-1] }, protocol.ErrBlockMerkle},
		"order":         {func(b *wire.MsgBlock) { x := b.Transactions; x[3], x[4] = x[4], x[3] }, protocol.ErrBlockMerkle},
		"witness":       {func(b *wire.MsgBlock) { b.Transactions[witnessed].TxIn[0].Witness[0][5] ^= 1 }, protocol.ErrBlockCommitment},
		"witness gone":  {func(b *wire.MsgBlock) { stripWitness(b.Transactions[witnessed]) }, protocol.ErrBlockCommitment},
		"witness nonce": {func(b *wire.MsgBlock) { b.Transactions[0].TxIn[0].Witness[0][0] ^= 1 }, protocol.ErrBlockCommitment},
		"no coinbase":   {func(b *wire.MsgBlock) { b.Transactions = b.Transactions[1:] }, protocol.ErrBlockCoinbase},
		"empty":         {func(b *wire.MsgBlock) { b.Transactions = nil }, protocol.ErrBlockEmpty},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				block := parseBlock(t, raw)
				c.change(block)
				s := connect(t)
				defer s.close()
				got, ok := s.askBlock(serialize(t, block))
				require.True(t, ok)
				require.ErrorIs(t, got.Err, c.want)
				require.Equal(t, chainhash.DoubleHashH(raw[:80]), got.Hash)
			})
		})
	}
}

func stripWitness(tx *wire.MsgTx) {
	for _, in := range tx.TxIn {
		in.Witness = nil
	}
}

// TestDuplicatedTail is CVE-2012-2459: a block with an odd number of
// transactions whose last is repeated has the same Merkle root.
func TestDuplicatedTail(t *testing.T) {
	t.Parallel()
	ran := 0
	for _, raw := range realBlocks(t) {
		block := parseBlock(t, raw)
		n := len(block.Transactions)
		if n%2 == 0 {
			continue
		}
		ran++
		block.Transactions = append(block.Transactions, block.Transactions[n-1])
		bubble(t, func(t *testing.T) {
			s := connect(t)
			defer s.close()
			got, ok := s.askBlock(serialize(t, block))
			require.True(t, ok)
			require.ErrorIs(t, got.Err, protocol.ErrBlockMutated)
		})
	}
	require.NotZero(t, ran)
}

// TestMalformedBlocks: what is not even a block ends the connection.
func TestMalformedBlocks(t *testing.T) {
	t.Parallel()
	raw := assetstest.Vector(t, "blocks/block481829.dat")
	for name, payload := range map[string][]byte{
		"cut":      raw[:len(raw)-1],
		"halved":   raw[:len(raw)/2],
		"header":   raw[:81],
		"trailing": append(bytes.Clone(raw), 0),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				s := connect(t)
				_, ok := s.askBlock(payload)
				require.False(t, ok)
				s.ends(protocol.ReasonProtocol)
			})
		})
	}
}

// TestManyWitnessItems are blocks that consensus allows and old decoders
// refused (CVE-2022-44797, CVE-2022-39389): a huge witness item, and very many
// small ones.
func TestManyWitnessItems(t *testing.T) {
	t.Parallel()
	for name, witness := range map[string]wire.TxWitness{
		"3.9 MB in one item": {make([]byte, 3_900_000)},
		"600,000 items":      make(wire.TxWitness, 600_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			block := parseBlock(t, assetstest.Vector(t, "blocks/block169482.dat"))
			block.Transactions = block.Transactions[:2]
			block.Transactions[1].TxIn[0].Witness = witness
			bubble(t, func(t *testing.T) {
				accept := func(*chaincfg.Params, chainhash.Hash, *wire.MsgBlock) error { return nil }
				s := connect(t, func(c *peer.Config) { c.CheckBlock = accept })
				defer s.close()
				got, ok := s.askBlock(serialize(t, block))
				require.True(t, ok)
				require.Len(t, got.Block.Transactions[1].TxIn[0].Witness, len(witness))
			})
		})
	}
}
