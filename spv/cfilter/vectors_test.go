package cfilter_test

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"testing"

	"github.com/btcsuite/btcd/btcutil/v2/gcs/builder"
	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/assets/assetstest"
	"thistle/spv/cfilter"
)

// vector is one row of BIP158's testnet-19.json.
type vector struct {
	height             int
	block              wire.MsgBlock
	prevScripts        [][]byte
	prevHeader, header chainhash.Hash
	filter             []byte
	notes              string
}

func vectors(t *testing.T) []vector {
	t.Helper()
	var rows [][]json.RawMessage
	require.NoError(t, json.Unmarshal(assetstest.Vector(t, "bips/bip-0158_testnet-19.json"), &rows))
	var vs []vector
	for _, row := range rows[1:] { // the first row names the columns
		var v vector
		var blockHash, block, prevHeader, filter, header string
		var prev []string
		for i, p := range []any{&v.height, &blockHash, &block, &prev, &prevHeader, &filter, &header, &v.notes} {
			require.NoError(t, json.Unmarshal(row[i], p))
		}
		require.NoError(t, v.block.Deserialize(bytes.NewReader(unhex(t, block))))
		require.Equal(t, blockHash, v.block.BlockHash().String())
		for _, p := range prev {
			v.prevScripts = append(v.prevScripts, unhex(t, p))
		}
		v.prevHeader, v.header = hash(t, prevHeader), hash(t, header)
		v.filter = unhex(t, filter)
		vs = append(vs, v)
	}
	return vs
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

func hash(t *testing.T, s string) chainhash.Hash {
	t.Helper()
	h, err := chainhash.NewHashFromStr(s)
	require.NoError(t, err)
	return *h
}

// contents returns what BIP158 puts into a block's filter.
func contents(block *wire.MsgBlock, prevScripts [][]byte) [][]byte {
	var all [][]byte
	for _, tx := range block.Transactions {
		for _, out := range tx.TxOut {
			if len(out.PkScript) > 0 && out.PkScript[0] != 0x6a {
				all = append(all, out.PkScript)
			}
		}
	}
	for _, s := range prevScripts {
		if len(s) > 0 {
			all = append(all, s)
		}
	}
	return all
}

func TestVectors(t *testing.T) {
	t.Parallel()
	var m cfilter.Matcher
	cases := 0
	for _, v := range vectors(t) {
		cases++
		blockHash := v.block.BlockHash()
		inside := contents(&v.block, v.prevScripts)
		require.Equal(t, v.filter, cfilter.Build(inside, &blockHash), "%d: %s", v.height, v.notes)
		require.Equal(t, v.header, cfilter.NextHeader(cfilter.Hash(v.filter), v.prevHeader), v.height)

		got, err := m.Match(v.filter, &blockHash, cfilter.NewQuery(inside))
		require.NoError(t, err, v.height)
		require.Len(t, got, len(inside), v.height)
		for i, g := range got {
			require.Equal(t, i, g)
		}
		absent := make([][]byte, 100)
		for i := range absent {
			absent[i] = binary.BigEndian.AppendUint32([]byte("no such script"), uint32(i))
		}
		got, err = m.Match(v.filter, &blockHash, cfilter.NewQuery(absent))
		require.NoError(t, err)
		require.Nil(t, got, v.height)

		missing, err := cfilter.Missing(v.filter, &v.block)
		require.NoError(t, err)
		require.Empty(t, missing, v.height)
	}
	require.Equal(t, 10, cases)
}

func TestGenesisHeader(t *testing.T) {
	t.Parallel()
	vs := vectors(t)
	require.Equal(t, 0, vs[0].height)
	require.Equal(t, vs[0].header, cfilter.GenesisHeader(&chaincfg.TestNet3Params))
	nets := []*chaincfg.Params{
		&chaincfg.MainNetParams, &chaincfg.TestNet4Params, &chaincfg.SigNetParams, &chaincfg.RegressionNetParams,
	}
	for _, net := range nets {
		f, err := builder.BuildBasicFilter(net.GenesisBlock, nil)
		require.NoError(t, err)
		want, err := builder.MakeHeaderForFilter(f, chainhash.Hash{})
		require.NoError(t, err)
		require.Equal(t, want, cfilter.GenesisHeader(net), net.Name)
	}
}

// TestMainnetBlocks walks the first 14,132 blocks of mainnet: the filter built
// by btcutil is ours byte for byte, the filter headers are the published ones,
// and every script of a block is found again.
func TestMainnetBlocks(t *testing.T) {
	t.Parallel()
	published, err := io.ReadAll(bzip2.NewReader(bytes.NewReader(
		assetstest.Vector(t, "headers/filter-headers-mainnet-0-99999.bz2"))))
	require.NoError(t, err)
	published = published[10:] // a prefix that names format and start

	raw := assetstest.Vector(t, "blocks/blk_0_to_14131.trimmed.dat")
	scripts := make(map[wire.OutPoint][]byte)
	var m cfilter.Matcher
	var header chainhash.Hash
	height, spends := 0, 0
	for len(raw) > 8 {
		size := int(binary.LittleEndian.Uint32(raw[4:]))
		var block wire.MsgBlock
		require.NoError(t, block.Deserialize(bytes.NewReader(raw[8:8+size])))
		raw = raw[8+size:]

		prev := resolve(t, scripts, &block)
		spends += len(prev)
		blockHash := block.BlockHash()
		theirs, err := builder.BuildBasicFilter(&block, prev)
		require.NoError(t, err)
		filter, err := theirs.NBytes()
		require.NoError(t, err)
		inside := contents(&block, prev)
		require.Equal(t, filter, cfilter.Build(inside, &blockHash), height)

		header = cfilter.NextHeader(cfilter.Hash(filter), header)
		require.Equal(t, published[32*height:32*height+32], header[:], height)

		got, err := m.Match(filter, &blockHash, cfilter.NewQuery(inside))
		require.NoError(t, err)
		require.Len(t, got, len(inside), height)
		missing, err := cfilter.Missing(filter, &block)
		require.NoError(t, err)
		require.Empty(t, missing, height)
		height++
	}
	require.Equal(t, 14132, height)
	require.Positive(t, spends)
	t.Logf("%d blocks, %d inputs resolved", height, spends)
}

// resolve returns the scripts that a block's inputs spend, and remembers the
// block's own.
func resolve(t *testing.T, scripts map[wire.OutPoint][]byte, block *wire.MsgBlock) [][]byte {
	t.Helper()
	var prev [][]byte
	for i, tx := range block.Transactions {
		for _, in := range tx.TxIn {
			if i == 0 {
				break // a coinbase spends nothing
			}
			s, ok := scripts[in.PreviousOutPoint]
			require.True(t, ok, in.PreviousOutPoint)
			prev = append(prev, s)
		}
		id := tx.TxHash()
		for n, out := range tx.TxOut {
			scripts[wire.OutPoint{Hash: id, Index: uint32(n)}] = out.PkScript
		}
	}
	return prev
}
