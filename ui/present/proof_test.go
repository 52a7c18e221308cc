package present_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"thistle/app"
	"thistle/assets/assetstest"
	"thistle/ui/present"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// grown is a tree of hashes, leaves first, root last, made the naive way.
func grown(leaves []chainhash.Hash) [][]chainhash.Hash {
	rows := [][]chainhash.Hash{leaves}
	for row := leaves; len(row) > 1; {
		var above []chainhash.Hash
		for i := 0; i < len(row); i += 2 {
			right := row[min(i+1, len(row)-1)]
			above = append(above, chainhash.DoubleHashH(append(row[i][:], right[:]...)))
		}
		rows, row = append(rows, above), above
	}
	return rows
}

// proofIn is the proof of one leaf under a header that holds the tree's root.
func proofIn(header wire.BlockHeader, rows [][]chainhash.Hash, index int) *app.ProofInfo {
	header.MerkleRoot = rows[len(rows)-1][0]
	var raw bytes.Buffer
	_ = header.Serialize(&raw)
	p := &app.ProofInfo{TxID: rows[0][index], BlockHash: header.BlockHash(), Height: 925_317, Index: uint32(index), MerkleBlock: raw.Bytes()}
	for height, row := range rows[:len(rows)-1] {
		p.Branch = append(p.Branch, row[min(index>>height^1, len(row)-1)])
	}
	return p
}

func mined(id chainhash.Hash) *app.Payment {
	return &app.Payment{
		HistoryEntry: app.HistoryEntry{TxID: id, State: app.StateConfirmed, Confirmations: 2, Amount: 1, Time: noon, Height: 925_317, Proved: true},
		Work:         "123456789012345678901234",
	}
}

func leaves(n int) []chainhash.Hash {
	list := make([]chainhash.Hash, n)
	for i := range list {
		list[i] = chainhash.HashH([]byte{byte(i), byte(i >> 8)})
	}
	return list
}

// TestProofOfRealBlocks: every hash of the picture is found in the block's own
// tree, for every payment of a block.
func TestProofOfRealBlocks(t *testing.T) {
	t.Parallel()
	payments := 0
	for _, name := range []string{"block169482", "block227836", "block_testnet32768"} {
		var block wire.MsgBlock
		require.NoError(t, block.Deserialize(bytes.NewReader(assetstest.Vector(t, "blocks/"+name+".dat"))))
		var ids []chainhash.Hash
		for _, tx := range block.Transactions {
			ids = append(ids, tx.TxHash())
		}
		rows := grown(ids)
		require.Equal(t, block.Header.MerkleRoot, rows[len(rows)-1][0])
		for i, id := range ids {
			d := present.PaymentOf(mined(id), proofIn(block.Header, rows, i), present.Prefs{}, noon)
			require.Empty(t, d.NoProof)
			require.Equal(t, block.BlockHash().String(), d.Proof.Header.Hash)
			require.Equal(t, block.Header.MerkleRoot.String(), d.Proof.Root.Hash)
			checkLevels(t, d.Proof, rows, i)
			payments++
		}
	}
	require.Greater(t, payments, 100, "payments proved")
}

func checkLevels(t *testing.T, p *present.Proof, rows [][]chainhash.Hash, index int) {
	t.Helper()
	height := len(rows) - 1
	for _, l := range p.Levels {
		height -= 1 + l.LeftOut
		at, last := index>>height, len(rows[height])-1
		require.Equal(t, rows[height][at&^1].String(), l.Left.Hash)
		require.Equal(t, rows[height][min(at|1, last)].String(), l.Right.Hash)
		require.Equal(t, at&1 == 0, l.Left.Path)
		require.Equal(t, at&1 == 1, l.Right.Path)
	}
	require.Zero(t, height, "it ends at the payment")
}

func TestProofPicture(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		leaves, levels, leftOut int
		links, root             string
	}{
		{1, 0, 0, "The payment is the only one in its block: its id is the Merkle root", "Merkle root, and this payment"},
		{2, 1, 0, "1 hash links the payment to the block", "Merkle root"},
		{5, 3, 0, "3 hashes link the payment to the block", "Merkle root"},
		{9, 2, 2, "4 hashes link the payment to the block", "Merkle root"},
		{4000, 2, 10, "12 hashes link the payment to the block", "Merkle root"},
	} {
		rows := grown(leaves(c.leaves))
		p := present.PaymentOf(mined(rows[0][0]), proofIn(wire.BlockHeader{}, rows, 0), present.Prefs{}, noon).Proof
		require.Len(t, p.Levels, c.levels)
		require.Equal(t, c.links, p.Links)
		require.Equal(t, c.root, p.Root.Caption)
		require.Equal(t, "block header 925 317", p.Header.Caption)
		require.Equal(t, "2 blocks of work on top · 1.2 × 10²³ hashes", p.Work)
		if c.levels == 0 {
			continue
		}
		last := p.Levels[c.levels-1]
		require.Equal(t, c.leftOut, last.LeftOut)
		require.Equal(t, "this payment", last.Left.Caption)
		require.Equal(t, rows[0][0].String(), last.Left.Hash)
		require.Equal(t, present.Short(last.Left.Hash), last.Left.Short)
	}
}

// TestUnsoundProofsAreNotShown: the words "proved" are not said of anything that
// does not add up.
func TestUnsoundProofsAreNotShown(t *testing.T) {
	t.Parallel()
	rows := grown(leaves(5))
	for _, c := range []struct {
		name   string
		change func(*app.ProofInfo)
	}{
		{"branch", func(p *app.ProofInfo) { p.Branch[1][0] ^= 1 }},
		{"short branch", func(p *app.ProofInfo) { p.Branch = p.Branch[:2] }},
		{"long branch", func(p *app.ProofInfo) { p.Branch = append(p.Branch, chainhash.Hash{}) }},
		{"index", func(p *app.ProofInfo) { p.Index ^= 1 }},
		{"index beyond the tree", func(p *app.ProofInfo) { p.Index += 8 }},
		{"another payment", func(p *app.ProofInfo) { p.TxID = rows[0][1] }},
		{"another block", func(p *app.ProofInfo) { p.BlockHash[0] ^= 1 }},
		{"header", func(p *app.ProofInfo) { p.MerkleBlock[40] ^= 1 }},
		{"no bytes", func(p *app.ProofInfo) { p.MerkleBlock = nil }},
	} {
		proof := proofIn(wire.BlockHeader{}, rows, 2)
		c.change(proof)
		d := present.PaymentOf(mined(rows[0][2]), proof, present.Prefs{}, noon)
		require.Nil(t, d.Proof, c.name)
		require.Contains(t, d.NoProof, "does not fit", c.name)
	}
	good := proofIn(wire.BlockHeader{}, rows, 2)
	d := present.PaymentOf(mined(rows[0][2]), good, present.Prefs{}, noon)
	require.Equal(t, hex.EncodeToString(good.MerkleBlock), d.Proof.Bytes)
}

func TestNoProof(t *testing.T) {
	t.Parallel()
	for state, want := range map[app.TxState]string{
		app.StatePending: "before the first confirmation", app.StateReplaced: "in no block", app.StateConflicted: "in no block",
		app.StateAbandoned: "in no block", app.StateConfirmed: "is not kept",
	} {
		p := mined(chainhash.Hash{1})
		p.State = state
		d := present.PaymentOf(p, nil, present.Prefs{}, noon)
		require.Nil(t, d.Proof)
		require.Contains(t, d.NoProof, want)
	}
}

func TestMagnitude(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "0", "0": "0", "0007": "7", "999999": narrow("999 999"), "1000000": "1.0 × 10⁶", "1250000": "1.3 × 10⁶",
		"9940000": "9.9 × 10⁶", "9950000": "1.0 × 10⁷", "123456789012345678901234": "1.2 × 10²³",
	} {
		require.Equal(t, want, present.Magnitude(in))
	}
}
