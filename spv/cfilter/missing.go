package cfilter

import (
	wire "github.com/btcsuite/btcd/wire/v2"
)

// opReturn begins a script that can never be spent.
const opReturn = 0x6a

// filtered tells whether BIP158 puts the script of an output into the filter.
func filtered(pkScript []byte) bool {
	return len(pkScript) > 0 && pkScript[0] != opReturn
}

// Missing returns the output scripts of a block, in the block's order and each
// once, that its filter must hold and does not: one of them proves the filter
// false. None proves little, since a false filter may leave out only scripts
// that the block spends from, which the block itself does not show; nothing is
// ever inferred from inputs. The scripts are the block's own memory. A filter
// that does not decode is [ErrMalformed]. The caller has checked the block
// against its header.
func Missing(filter []byte, block *wire.MsgBlock) ([][]byte, error) {
	hash := block.BlockHash()
	var scripts [][]byte
	seen := make(map[string]bool)
	for _, tx := range block.Transactions {
		for _, out := range tx.TxOut {
			if filtered(out.PkScript) && !seen[string(out.PkScript)] {
				seen[string(out.PkScript)] = true
				scripts = append(scripts, out.PkScript)
			}
		}
	}
	var m Matcher
	found, err := m.Match(filter, &hash, NewQuery(scripts))
	if err != nil {
		return nil, err
	}
	var missing [][]byte
	for i, s := range scripts {
		if len(found) > 0 && found[0] == i {
			found = found[1:]
			continue
		}
		missing = append(missing, s)
	}
	return missing, nil
}
