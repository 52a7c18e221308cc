package protocol_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"testing"

	"thistle/assets/assetstest"
	"thistle/spv/merkle"
	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

func realBlock(t testing.TB, name string) *wire.MsgBlock {
	t.Helper()
	var b wire.MsgBlock
	r := bytes.NewReader(assetstest.Vector(t, name))
	require.NoError(t, b.Deserialize(r))
	require.Zero(t, r.Len())
	return &b
}

const (
	beforeSegwit = "blocks/block481815.dat"
	afterSegwit  = "blocks/block481829.dat"
)

var realBlocks = map[string]*chaincfg.Params{
	"blocks/block169482.dat":        &chaincfg.MainNetParams,
	"blocks/block227836.dat":        &chaincfg.MainNetParams,
	"blocks/block370661.dat":        &chaincfg.MainNetParams,
	beforeSegwit:                    &chaincfg.MainNetParams,
	afterSegwit:                     &chaincfg.MainNetParams,
	"blocks/block_testnet32768.dat": &chaincfg.TestNet3Params,
}

func TestCheckBlockTakesRealBlocks(t *testing.T) {
	t.Parallel()
	for name, net := range realBlocks {
		b := realBlock(t, name)
		require.NoError(t, protocol.CheckBlock(net, b.BlockHash(), b), name)
	}
}

// TestCheckBlockTakesOldBlocks goes through the first 14,132 blocks of mainnet.
func TestCheckBlockTakesOldBlocks(t *testing.T) {
	t.Parallel()
	data := assetstest.Vector(t, "blocks/blk_0_to_14131.trimmed.dat")
	n := 0
	for r := bytes.NewReader(data); r.Len() >= 8; n++ {
		var head [8]byte
		_, err := r.Read(head[:])
		require.NoError(t, err)
		require.Equal(t, uint32(wire.MainNet), binary.LittleEndian.Uint32(head[:]))
		var b wire.MsgBlock
		require.NoError(t, b.Deserialize(r))
		require.NoError(t, protocol.CheckBlock(&chaincfg.MainNetParams, b.BlockHash(), &b), "block %d", n)
	}
	require.Equal(t, 14132, n)
}

// vectorBlocks are the blocks of BIP158's vectors, of testnet3.
func vectorBlocks(t testing.TB) []*wire.MsgBlock {
	t.Helper()
	var rows [][]any
	require.NoError(t, json.Unmarshal(assetstest.Vector(t, "bips/bip-0158_testnet-19.json"), &rows))
	var list []*wire.MsgBlock
	for _, row := range rows[1:] {
		raw, err := hex.DecodeString(row[2].(string))
		require.NoError(t, err)
		var b wire.MsgBlock
		require.NoError(t, b.Deserialize(bytes.NewReader(raw)))
		list = append(list, &b)
	}
	return list
}

// withWitness is a real block that holds witnesses of others than its coinbase.
func withWitness(t testing.TB) *wire.MsgBlock {
	t.Helper()
	for _, b := range vectorBlocks(t) {
		for _, tx := range b.Transactions[1:] {
			if tx.HasWitness() {
				return b
			}
		}
	}
	t.Fatal("no vector holds a witness")
	return nil
}

func TestCheckBlockTakesVectorBlocks(t *testing.T) {
	t.Parallel()
	blocks := vectorBlocks(t)
	require.Len(t, blocks, 10)
	for _, b := range blocks {
		require.NoError(t, protocol.CheckBlock(&chaincfg.TestNet3Params, b.BlockHash(), b))
	}
	require.NotNil(t, withWitness(t))
}

// witnessTx is the index of the first transaction with a witness but the
// coinbase.
func witnessTx(t testing.TB, b *wire.MsgBlock) int {
	t.Helper()
	for i, tx := range b.Transactions[1:] {
		if tx.HasWitness() {
			return i + 1
		}
	}
	t.Fatal("the block holds no witness")
	return 0
}

func TestCheckBlockRefuses(t *testing.T) {
	t.Parallel()
	main := &chaincfg.MainNetParams
	cases := []struct {
		name   string
		block  string
		want   error
		change func(b *wire.MsgBlock)
	}{
		{"another header", afterSegwit, protocol.ErrBlockHash, func(b *wire.MsgBlock) { b.Header.Nonce++ }},
		{"no transactions", afterSegwit, protocol.ErrBlockEmpty, func(b *wire.MsgBlock) { b.Transactions = nil }},
		{"an amount", afterSegwit, protocol.ErrBlockMerkle, func(b *wire.MsgBlock) { b.Transactions[9].TxOut[0].Value++ }},
		{"a signature", beforeSegwit, protocol.ErrBlockMerkle, func(b *wire.MsgBlock) { b.Transactions[9].TxIn[0].SignatureScript[3] ^= 1 }},
		{"two swapped", afterSegwit, protocol.ErrBlockMerkle, func(b *wire.MsgBlock) {
			b.Transactions[4], b.Transactions[5] = b.Transactions[5], b.Transactions[4]
		}},
		{"one left out", afterSegwit, protocol.ErrBlockMerkle, func(b *wire.MsgBlock) { b.Transactions = b.Transactions[:len(b.Transactions)-1] }},
		{"coinbase left out", afterSegwit, protocol.ErrBlockCoinbase, func(b *wire.MsgBlock) { b.Transactions = b.Transactions[1:] }},
		{"two coinbases", afterSegwit, protocol.ErrBlockCoinbase, func(b *wire.MsgBlock) { b.Transactions = append(b.Transactions, b.Transactions[0]) }},
		{"a witness", "", protocol.ErrBlockCommitment, func(b *wire.MsgBlock) {
			for _, in := range b.Transactions[witnessTx(t, b)].TxIn {
				for _, item := range in.Witness {
					if len(item) > 0 {
						item[0] ^= 1
					}
				}
			}
		}},
		{"a witness left out", "", protocol.ErrBlockCommitment, func(b *wire.MsgBlock) {
			for _, in := range b.Transactions[witnessTx(t, b)].TxIn {
				in.Witness = nil
			}
		}},
		{"all witnesses left out", "", protocol.ErrBlockCommitment, func(b *wire.MsgBlock) {
			for _, tx := range b.Transactions {
				for _, in := range tx.TxIn {
					in.Witness = nil
				}
			}
		}},
		{"another witness nonce", afterSegwit, protocol.ErrBlockCommitment, func(b *wire.MsgBlock) {
			b.Transactions[0].TxIn[0].Witness[0][0] ^= 1
		}},
		{"a witness nonce too long", afterSegwit, protocol.ErrBlockCommitment, func(b *wire.MsgBlock) {
			b.Transactions[0].TxIn[0].Witness[0] = append(b.Transactions[0].TxIn[0].Witness[0], 0)
		}},
		{"a witness added", beforeSegwit, protocol.ErrBlockCommitment, func(b *wire.MsgBlock) {
			b.Transactions[1].TxIn[0].Witness = wire.TxWitness{{1}}
		}},
		{"a witness added, long ago", "blocks/block169482.dat", protocol.ErrBlockCommitment, func(b *wire.MsgBlock) {
			b.Transactions[1].TxIn[0].Witness = wire.TxWitness{{1}}
		}},
		{"too heavy", "", protocol.ErrBlockWeight, func(b *wire.MsgBlock) {
			b.Transactions[witnessTx(t, b)].TxIn[0].Witness = wire.TxWitness{make([]byte, 4_000_000)}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			net := main
			b := new(wire.MsgBlock)
			if c.block == "" {
				b, net = withWitness(t), &chaincfg.TestNet3Params
			} else {
				b = realBlock(t, c.block)
			}
			want := b.BlockHash()
			c.change(b)
			require.ErrorIs(t, protocol.CheckBlock(net, want, b), c.want)
		})
	}
}

// TestCheckBlockTellsRepeatedTail: CVE-2012-2459. The last transactions of an
// odd level repeated give the same root.
func TestCheckBlockTellsRepeatedTail(t *testing.T) {
	t.Parallel()
	found := 0
	for name, net := range realBlocks {
		b := realBlock(t, name)
		n := len(b.Transactions)
		for width := 1; width < n; width *= 2 {
			nodes := (n + width - 1) / width
			if nodes%2 == 0 || n%width != 0 {
				continue
			}
			m := *b
			m.Transactions = append(append([]*wire.MsgTx{}, b.Transactions...), b.Transactions[n-width:]...)
			require.Equal(t, b.Header.MerkleRoot, rootOf(&m), "the forgery has the right root")
			require.ErrorIs(t, protocol.CheckBlock(net, b.BlockHash(), &m), protocol.ErrBlockMutated, "%s by %d", name, width)
			found++
		}
	}
	require.GreaterOrEqual(t, found, 2)
}

func rootOf(b *wire.MsgBlock) chainhash.Hash {
	ids := make([]chainhash.Hash, len(b.Transactions))
	for i, tx := range b.Transactions {
		ids[i] = tx.TxHash()
	}
	root, _ := merkle.Root(ids)
	return root
}

// sized is a transaction of so many bytes without witness.
func sized(coinbase bool, size int) *wire.MsgTx {
	tx := wire.NewMsgTx(1)
	op := wire.OutPoint{Hash: chainhash.HashH([]byte{byte(size)})}
	if coinbase {
		op = wire.OutPoint{Index: wire.MaxPrevOutIndex}
	}
	tx.AddTxIn(wire.NewTxIn(&op, nil, nil))
	tx.AddTxOut(wire.NewTxOut(1, nil))
	tx.TxOut[0].PkScript = bytes.Repeat([]byte{0x51}, size-tx.SerializeSizeStripped())
	return tx
}

// TestCheckBlockAnd64Bytes: a list of nothing but 64-byte transactions may be
// the inner nodes of the true list; one such among others is a transaction.
func TestCheckBlockAnd64Bytes(t *testing.T) {
	t.Parallel()
	net := &chaincfg.RegressionNetParams
	block := func(txs ...*wire.MsgTx) *wire.MsgBlock {
		b := &wire.MsgBlock{Transactions: txs}
		b.Header.MerkleRoot = rootOf(b)
		return b
	}
	for name, c := range map[string]struct {
		b    *wire.MsgBlock
		want error
	}{
		"only 64 bytes":     {block(sized(true, 64), sized(false, 64)), protocol.ErrBlockShortTx},
		"coinbase alone":    {block(sized(true, 64)), protocol.ErrBlockShortTx},
		"one among others":  {block(sized(true, 90), sized(false, 64)), nil},
		"coinbase among":    {block(sized(true, 64), sized(false, 91)), nil},
		"63 and 65 are not": {block(sized(true, 63), sized(false, 65)), nil},
	} {
		require.ErrorIs(t, protocol.CheckBlock(net, c.b.BlockHash(), c.b), c.want, name)
		if c.want == nil {
			require.NoError(t, protocol.CheckBlock(net, c.b.BlockHash(), c.b), name)
		}
	}
}

// TestCheckBlockBeforeSegwit: an output that looks like a commitment binds
// nobody before BIP141 came into force, and the last one counts after.
func TestCheckBlockBeforeSegwit(t *testing.T) {
	t.Parallel()
	lookalike := append([]byte{0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed}, make([]byte, 32)...)
	at := func(version, height int32) *wire.MsgBlock {
		cb := sized(true, 90)
		cb.TxIn[0].SignatureScript = []byte{3, byte(height), byte(height >> 8), byte(height >> 16)}
		cb.AddTxOut(wire.NewTxOut(0, lookalike))
		b := &wire.MsgBlock{Transactions: []*wire.MsgTx{cb}}
		b.Header.Version = version
		b.Header.MerkleRoot = rootOf(b)
		return b
	}
	check := func(net *chaincfg.Params, b *wire.MsgBlock) error { return protocol.CheckBlock(net, b.BlockHash(), b) }
	main := &chaincfg.MainNetParams
	require.NoError(t, check(main, at(4, 481_823)))
	require.NoError(t, check(main, at(1, 481_900)), "version 1 is older than heights in coinbases")
	require.ErrorIs(t, check(main, at(4, 481_824)), protocol.ErrBlockCommitment)
	require.ErrorIs(t, check(&chaincfg.RegressionNetParams, at(4, 5)), protocol.ErrBlockCommitment)

	// The real one before segwit stays good with such an output's kind in it.
	b := realBlock(t, beforeSegwit)
	require.NoError(t, check(main, b))

	// Of two commitments the last counts.
	g := spvtest.NewGenerator(spvtest.Options{Seed: 1})
	blk := g.Mine(g.Genesis(), 104).Tip()
	m := blk.Msg.Copy()
	outs := m.Transactions[0].TxOut
	m.Transactions[0].TxOut = append([]*wire.TxOut{outs[0], wire.NewTxOut(0, lookalike)}, outs[1:]...)
	m.Header.MerkleRoot = rootOf(m)
	require.NoError(t, check(&chaincfg.RegressionNetParams, m))
	m.Transactions[0].AddTxOut(wire.NewTxOut(0, lookalike))
	m.Header.MerkleRoot = rootOf(m)
	require.ErrorIs(t, check(&chaincfg.RegressionNetParams, m), protocol.ErrBlockCommitment)
}

func BenchmarkCheckBlock(b *testing.B) {
	block := realBlock(b, afterSegwit)
	want := block.BlockHash()
	b.SetBytes(int64(block.SerializeSize()))
	for b.Loop() {
		if err := protocol.CheckBlock(&chaincfg.MainNetParams, want, block); err != nil {
			b.Fatal(err)
		}
	}
}
