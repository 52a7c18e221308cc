package cfilter

import (
	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// Hash returns a filter's hash, the double SHA-256 of its bytes as a cfilter
// message carries them (BIP157).
func Hash(filter []byte) chainhash.Hash {
	return chainhash.DoubleHashH(filter)
}

// NextHeader returns the filter header of a block from its filter's hash and
// the filter header of the block before it (BIP157).
func NextHeader(filterHash, prev chainhash.Hash) chainhash.Hash {
	var b [2 * chainhash.HashSize]byte
	copy(b[:chainhash.HashSize], filterHash[:])
	copy(b[chainhash.HashSize:], prev[:])
	return chainhash.DoubleHashH(b[:])
}

// GenesisHeader returns the filter header of a network's first block, computed
// from that block; its parent's filter header is 32 zero bytes.
func GenesisHeader(net *chaincfg.Params) chainhash.Hash {
	return NextHeader(Hash(GenesisFilter(net)), chainhash.Hash{})
}

// GenesisFilter makes the filter of a network's first block, which spends nothing.
func GenesisFilter(net *chaincfg.Params) []byte {
	var scripts [][]byte
	for _, tx := range net.GenesisBlock.Transactions {
		for _, out := range tx.TxOut {
			if filtered(out.PkScript) {
				scripts = append(scripts, out.PkScript)
			}
		}
	}
	return Build(scripts, net.GenesisHash)
}
