package protocol

import (
	"bytes"
	"errors"

	"thistle/spv/merkle"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// What can be wrong with a block that a peer sends for a known header.
var (
	ErrBlockHash       = errors.New("block is not the one asked for")
	ErrBlockEmpty      = errors.New("block has no transactions")
	ErrBlockMerkle     = errors.New("transactions do not give the header's merkle root")
	ErrBlockMutated    = errors.New("block repeats transactions (CVE-2012-2459)")
	ErrBlockShortTx    = errors.New("block has only 64-byte transactions (CVE-2017-12842)")
	ErrBlockCoinbase   = errors.New("block has no coinbase first, or more than one")
	ErrBlockCommitment = errors.New("witnesses do not give the coinbase's commitment (BIP141)")
	ErrBlockWeight     = errors.New("block is heavier than consensus allows")
)

const (
	maxBlockWeight  = 4_000_000
	witnessScale    = 4
	innerNodeSize   = 64 // bytes of two hashes, which a transaction must not have
	commitmentSize  = 38
	witnessNonceLen = 32
)

// commitmentMagic begins the coinbase output that commits to the witnesses
// (BIP141): OP_RETURN, push of 36 bytes, 0xaa21a9ed.
var commitmentMagic = []byte{0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed}

// CheckBlock checks that a block is what the header with hash want commits to,
// completely: every transaction with its witnesses, none left out, none
// repeated. It needs no context and does not check scripts, amounts or proof of
// work: the header has been checked, and miners are trusted as far as its work
// goes.
//
// An inner node of the Merkle tree has 64 bytes before it is hashed, and so may
// a transaction. With the whole list at hand the two can be confused only level
// by level, which makes every transaction of the false list 64 bytes long. So
// that is what is refused: a block that merely contains such a transaction is
// valid, and refusing it would hide our payments in it.
func CheckBlock(params *chaincfg.Params, want chainhash.Hash, block *wire.MsgBlock) error {
	if block.BlockHash() != want {
		return ErrBlockHash
	}
	if len(block.Transactions) == 0 {
		return ErrBlockEmpty
	}
	if weight := block.SerializeSizeStripped()*(witnessScale-1) + block.SerializeSize(); weight > maxBlockWeight {
		return ErrBlockWeight
	}
	txids := make([]chainhash.Hash, len(block.Transactions))
	short := 0
	for i, tx := range block.Transactions {
		if tx.SerializeSizeStripped() == innerNodeSize {
			short++
		}
		if isCoinbase(tx) != (i == 0) {
			return ErrBlockCoinbase
		}
		txids[i] = tx.TxHash()
	}
	if short == len(txids) {
		return ErrBlockShortTx
	}
	root, mutated := merkle.Root(txids)
	if root != block.Header.MerkleRoot {
		return ErrBlockMerkle
	}
	if mutated {
		return ErrBlockMutated
	}
	return checkCommitment(params, block)
}

func isCoinbase(tx *wire.MsgTx) bool {
	return len(tx.TxIn) == 1 && tx.TxIn[0].PreviousOutPoint == wire.OutPoint{Index: wire.MaxPrevOutIndex}
}

// checkCommitment checks the witness commitment of BIP141: the last fitting
// output of the coinbase counts; without one no witness may be present. Blocks
// from before segwit bind nobody to an output that looks like one.
func checkCommitment(params *chaincfg.Params, block *wire.MsgBlock) error {
	coinbase := block.Transactions[0]
	var commitment []byte
	for _, out := range coinbase.TxOut {
		if len(out.PkScript) >= commitmentSize && bytes.HasPrefix(out.PkScript, commitmentMagic) {
			commitment = out.PkScript[len(commitmentMagic):commitmentSize]
		}
	}
	if commitment == nil || beforeSegwit(params, block) {
		for _, tx := range block.Transactions {
			if tx.HasWitness() {
				return ErrBlockCommitment
			}
		}
		return nil
	}
	nonce := coinbase.TxIn[0].Witness
	if len(nonce) != 1 || len(nonce[0]) != witnessNonceLen {
		return ErrBlockCommitment
	}
	wtxids := make([]chainhash.Hash, len(block.Transactions))
	for i, tx := range block.Transactions[1:] {
		wtxids[i+1] = tx.WitnessHash()
	}
	root, _ := merkle.Root(wtxids)
	if got := chainhash.DoubleHashB(append(root[:], nonce[0]...)); !bytes.Equal(got, commitment) {
		return ErrBlockCommitment
	}
	return nil
}

// segwitHeight is where BIP141 came into force on mainnet. The other networks
// served here have it from their first blocks on.
const segwitHeight = 481_824

// beforeSegwit tells whether a mainnet block is older than segwit, by the
// height that BIP34 puts into its coinbase. A version below 2 means older still.
func beforeSegwit(params *chaincfg.Params, block *wire.MsgBlock) bool {
	if params.Net != wire.MainNet {
		return false
	}
	script := block.Transactions[0].TxIn[0].SignatureScript
	if block.Header.Version < 2 || len(script) < 4 || script[0] != 3 {
		return block.Header.Version < 2
	}
	return int(script[1])|int(script[2])<<8|int(script[3])<<16 < segwitHeight
}
