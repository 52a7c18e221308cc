package light_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"thistle/spv/light"
	"thistle/spv/merkle"
	"thistle/spv/spvtest"

	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/btcutil/v2/bloom"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// node answers as btcd does.
type node struct {
	t      *testing.T
	chain  map[chainhash.Hash]*spvtest.Block
	filter *bloom.Filter
	omit   func(tx chainhash.Hash) bool
}

func newNode(t *testing.T, b spvtest.Branch) *node {
	n := &node{t: t, chain: make(map[chainhash.Hash]*spvtest.Block), omit: func(chainhash.Hash) bool { return false }}
	for _, blk := range b {
		n.chain[blk.Hash] = blk
	}
	return n
}

func (n *node) answer(r *light.Round, ask *wire.MsgGetData) {
	for _, inv := range ask.InvList {
		require.Equal(n.t, wire.InvTypeFilteredBlock, inv.Type)
		block := n.chain[inv.Hash].Msg
		msg, matched := bloom.NewMerkleBlock(btcutil.NewBlock(block), n.filter)
		var raw bytes.Buffer
		require.NoError(n.t, msg.BtcEncode(&raw, wire.ProtocolVersion, wire.BaseEncoding))
		found, err := merkle.ParseFiltered(raw.Bytes())
		require.NoError(n.t, err)
		r.Filtered(found)
		for _, i := range matched {
			if tx := block.Transactions[i]; !n.omit(tx.TxHash()) {
				r.Tx(tx)
			}
		}
	}
}

// search asks about heights from..to in rounds.
func (n *node) search(w *light.Watch, b spvtest.Branch, from, to int32, size int) (hits [][]int) {
	for first := from; first <= to; first += int32(size) {
		var blocks []chainhash.Hash
		for h := first; h <= min(to, first+int32(size)-1); h++ {
			blocks = append(blocks, b[h].Hash)
		}
		load, err := w.Filter(uint32(first))
		require.NoError(n.t, err)
		require.LessOrEqual(n.t, len(load.Filter), wire.MaxFilterLoadFilterSize)
		require.LessOrEqual(n.t, load.HashFuncs, uint32(wire.MaxFilterLoadHashFuncs))
		n.filter = bloom.LoadFilter(load)
		r := light.NewRound(w, blocks)
		n.answer(r, r.Ask())
		if silent, lacking := r.Left(); len(lacking) > 0 {
			require.Empty(n.t, silent)
			require.False(n.t, r.Complete())
			n.answer(r, r.Ask())
			if _, lacking = r.Left(); len(lacking) > 0 {
				for _, hash := range lacking {
					r.Whole(hash, n.chain[hash].Msg.Transactions)
				}
			}
		}
		require.True(n.t, r.Complete())
		hits = append(hits, r.Hits()...)
	}
	return hits
}

// naive is what hits must be: a block's scripts are those it pays and spends.
func naive(b spvtest.Branch, scripts [][]byte, from, to int32) [][]int {
	hits := make([][]int, to-from+1)
	for h := from; h <= to; h++ {
		for i, s := range scripts {
			if slices.ContainsFunc(b[h].Scripts(), func(have []byte) bool { return bytes.Equal(have, s) }) {
				hits[h-from] = append(hits[h-from], i)
			}
		}
	}
	return hits
}

// TestRoundsFindAll compares what rounds find with the blocks, whatever their size,
// and with nodes that leave transactions out once or always.
func TestRoundsFindAll(t *testing.T) {
	t.Parallel()
	spends := 0
	for seed := range uint64(8) {
		dice := rand.New(rand.NewPCG(seed, 1))
		g := spvtest.NewGenerator(spvtest.Options{Seed: seed})
		b := g.Mine(g.Genesis(), 150)
		var scripts [][]byte
		for _, blk := range b[1:] {
			if s := blk.Scripts(); dice.IntN(4) == 0 && len(s) > 0 {
				scripts = append(scripts, s[dice.IntN(len(s))])
			}
			spends += len(blk.Spent)
		}
		slices.SortFunc(scripts, bytes.Compare)
		scripts = slices.CompactFunc(scripts, bytes.Equal)
		want := naive(b, scripts, 1, 150)
		n := newNode(t, b)
		require.Equal(t, want, n.search(light.NewWatch(scripts), b, 1, 150, 1+dice.IntN(light.MaxRound)), "seed %d", seed)
		n.omit = func(chainhash.Hash) bool { return dice.IntN(3) == 0 }
		require.Equal(t, want, n.search(light.NewWatch(scripts), b, 1, 150, 40), "seed %d", seed)
		n.omit = func(chainhash.Hash) bool { return true }
		require.Equal(t, want, n.search(light.NewWatch(scripts), b, 1, 150, 40), "seed %d", seed)

		// What was paid before is found to be spent if the coins are named.
		n.omit = func(chainhash.Hash) bool { return false }
		w := light.NewWatch(scripts)
		for _, blk := range b[1:76] {
			for _, tx := range blk.Msg.Transactions {
				for i, out := range tx.TxOut {
					w.Know(wire.OutPoint{Hash: tx.TxHash(), Index: uint32(i)}, out.PkScript)
				}
			}
		}
		require.Equal(t, want[75:], n.search(w, b, 76, 150, 50), "seed %d", seed)
	}
	require.Greater(t, spends, 300)
}

// TestRoundTakesNoStrangers: what was not asked for, or was not named, is nothing.
func TestRoundTakesNoStrangers(t *testing.T) {
	t.Parallel()
	g := spvtest.NewGenerator(spvtest.Options{Seed: 9})
	b := g.Mine(g.Genesis(), 20)
	w := light.NewWatch(b[5].Scripts()[:1])
	r := light.NewRound(w, []chainhash.Hash{b[5].Hash, b[6].Hash})
	r.Filtered(&merkle.Block{BlockHash: b[7].Hash})
	r.Tx(b[5].Msg.Transactions[0])
	r.Whole(b[8].Hash, b[8].Msg.Transactions)
	silent, lacking := r.Left()
	require.Equal(t, []chainhash.Hash{b[5].Hash, b[6].Hash}, silent)
	require.Empty(t, lacking)

	// A block that names a transaction twice, or one of 64 bytes, is read whole.
	id := b[5].Msg.Transactions[0].TxHash()
	r.Filtered(&merkle.Block{BlockHash: b[5].Hash, Matches: []merkle.Match{{TxID: id}, {TxID: id}}})
	r.Tx(b[5].Msg.Transactions[0])
	small := wire.NewMsgTx(2)
	small.AddTxIn(&wire.TxIn{})
	small.AddTxOut(&wire.TxOut{PkScript: make([]byte, 4)})
	require.Equal(t, merkle.AmbiguousSize, small.SerializeSizeStripped())
	r.Filtered(&merkle.Block{BlockHash: b[6].Hash, Matches: []merkle.Match{{TxID: small.TxHash()}}})
	r.Tx(small)
	silent, lacking = r.Left()
	require.Empty(t, silent)
	require.Equal(t, []chainhash.Hash{b[5].Hash, b[6].Hash}, lacking)
	require.Len(t, r.Ask().InvList, 2)
	for _, blk := range b[5:7] {
		r.Whole(blk.Hash, blk.Msg.Transactions)
	}
	require.True(t, r.Complete())
	require.Empty(t, r.Ask().InvList)
	require.Equal(t, naive(b, b[5].Scripts()[:1], 5, 6), r.Hits())
}

// TestFilterOfManyScripts: the filter of the most there may be names one in some
// thousands by chance; more are refused.
func TestFilterOfManyScripts(t *testing.T) {
	t.Parallel()
	g := spvtest.NewGenerator(spvtest.Options{Seed: 10, Empty: true})
	scripts := make([][]byte, light.MaxElements)
	for i := range scripts {
		scripts[i] = g.Script()
	}
	w := light.NewWatch(append(scripts, scripts[0], []byte{0x51}))
	load, err := w.Filter(7)
	require.NoError(t, err)
	require.Len(t, load.Filter, wire.MaxFilterLoadFilterSize)
	f := bloom.LoadFilter(load)
	require.True(t, f.Matches(scripts[99][2:]))
	wrong := 0
	for range 20_000 {
		if f.Matches(g.Script()[2:]) {
			wrong++
		}
	}
	require.Less(t, wrong, 20)
	w.Know(wire.OutPoint{Index: 1}, []byte("another's"))
	_, err = w.Filter(7)
	require.NoError(t, err)
	w.Know(wire.OutPoint{Index: 1}, scripts[1])
	_, err = w.Filter(7)
	require.ErrorIs(t, err, light.ErrTooMany)

	small := light.NewWatch(scripts[:40])
	require.NotEqual(t, w.Key(), small.Key())
	require.Equal(t, light.NewWatch(scripts[:40]).Key(), small.Key())
	load, err = small.Filter(7)
	require.NoError(t, err)
	require.Less(t, len(load.Filter), 1500)
}
