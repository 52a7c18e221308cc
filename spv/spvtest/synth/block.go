package synth

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"thistle/spv/cfilter"

	"github.com/btcsuite/btcd/btcutil/v2/gcs"
	"github.com/btcsuite/btcd/btcutil/v2/gcs/builder"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

const (
	// poolSize is how many filters of mainnet's size there are; they are used
	// again and again, each time under another block hash.
	poolSize = 256
	// poolElements is how many elements such a filter has, to a tenth.
	poolElements = 8000
)

type poolFilter struct {
	data []byte
	hash chainhash.Hash
}

// newPool encodes random elements with btcutil's encoder.
func newPool(seed uint64) ([]poolFilter, error) {
	c := Chain{opt: Options{Seed: seed}}
	pool := make([]poolFilter, poolSize)
	err := inParallel(0, poolSize-1, func(i int32) error {
		n := poolElements*9/10 + int(c.dice(i, saltPool)%(poolElements/5))
		elements := make([][]byte, n)
		for e := range elements {
			elements[e] = c.noise(i<<14+int32(e), saltPool, 22)
		}
		f, err := gcs.BuildGCSFilter(builder.DefaultP, builder.DefaultM, [gcs.KeySize]byte(c.noise(i, saltScript, gcs.KeySize)), elements)
		if err != nil {
			return err
		}
		data, err := f.NBytes()
		pool[i] = poolFilter{data, cfilter.Hash(data)}
		return err
	})
	return pool, err
}

// noise is n bytes, 32 at most, that follow from the seed.
func (c *Chain) noise(of int32, salt uint64, n int) []byte {
	var b [32]byte
	for i := 0; i < n; i += 8 {
		binary.LittleEndian.PutUint64(b[i:], c.dice(of, salt<<4+uint64(i)))
	}
	return b[:n]
}

// Script is what the coinbase at a height pays, unless filters are large.
func (c *Chain) Script(height int32) []byte {
	return append([]byte{0, 20}, c.noise(height, saltScript, 20)...)
}

// coinbase pays a script of its own. With large filters, of which none holds
// any, it pays nobody but at genesis, whose filter everyone computes.
func (c *Chain) coinbase(height int32) *wire.MsgTx {
	tx := wire.NewMsgTx(2)
	sig := append([]byte{4}, binary.LittleEndian.AppendUint32(nil, uint32(height))...)
	sig = binary.LittleEndian.AppendUint64(append(sig, 8), c.opt.Seed)
	tx.AddTxIn(wire.NewTxIn(&wire.OutPoint{Index: wire.MaxPrevOutIndex}, sig, nil))
	script := []byte{0x6a}
	if !c.opt.Large || height == 0 {
		script = c.Script(height)
	}
	tx.AddTxOut(wire.NewTxOut(5_000_000_000, script))
	return tx
}

// transactions are a block's, and the scripts of the outputs they spend.
func (c *Chain) transactions(height int32) (txs []*wire.MsgTx, spent [][]byte) {
	txs = []*wire.MsgTx{c.coinbase(height)}
	if c.opt.Pay == nil || height == 0 {
		return txs, nil
	}
	outs := c.opt.Pay(height)
	if len(outs) == 0 {
		return txs, nil
	}
	// The payer is nobody we know: an output that no block here made.
	from := wire.OutPoint{Hash: chainhash.Hash(c.noise(height, saltSpend, 32))}
	tx := wire.NewMsgTx(2)
	tx.AddTxIn(wire.NewTxIn(&from, append([]byte{32}, c.noise(height, saltSpend+1, 32)...), nil))
	tx.TxOut = outs
	return append(txs, tx), [][]byte{append([]byte{0, 20}, c.noise(height, saltSpend+2, 20)...)}
}

func (c *Chain) merkleRoot(height int32) chainhash.Hash {
	txs, _ := c.transactions(height)
	root := txs[0].TxHash()
	if len(txs) > 1 {
		second := txs[1].TxHash()
		root = chainhash.DoubleHashH(append(root[:], second[:]...))
	}
	return root
}

// Block makes the block at a height, which must be there.
func (c *Chain) Block(height int32) *wire.MsgBlock {
	header := c.Header(height)
	block := new(wire.MsgBlock)
	block.Transactions, _ = c.transactions(height)
	if err := block.Header.Deserialize(bytes.NewReader(header[:])); err != nil {
		panic(err) // 80 bytes are a header
	}
	return block
}

// Filter is the filter of the block at a height, which must be there. It must
// not be changed.
func (c *Chain) Filter(height int32) []byte {
	c.mu.RLock()
	hash := c.hash(height)
	c.mu.RUnlock()
	data, _, err := c.filter(height, hash)
	if err != nil {
		panic(err) // it was built once before
	}
	return data
}

func (c *Chain) filter(height int32, block chainhash.Hash) ([]byte, chainhash.Hash, error) {
	if c.opt.Large && height > 0 {
		f := &c.pool[c.dice(height, saltPool)%poolSize]
		return f.data, f.hash, nil
	}
	txs, spent := c.transactions(height)
	b := builder.WithKeyHash(&block)
	for _, tx := range txs {
		for _, out := range tx.TxOut {
			if len(out.PkScript) > 0 && out.PkScript[0] != 0x6a {
				b.AddEntry(out.PkScript)
			}
		}
	}
	f, err := b.AddEntries(spent).Build()
	if err != nil {
		return nil, chainhash.Hash{}, fmt.Errorf("filter %d: %w", height, err)
	}
	data, err := f.NBytes()
	return data, cfilter.Hash(data), err
}

// growFilters continues the filter headers. c.mu is held.
func (c *Chain) growFilters(from, to int32) error {
	if from > 0 && len(c.headers) == 0 {
		from = 0
	}
	c.hashes = append(c.hashes, make([]chainhash.Hash, to-from+1)...)
	err := inParallel(from, to, func(h int32) (err error) {
		_, c.hashes[h], err = c.filter(h, c.hash(h))
		return err
	})
	if err != nil {
		return err
	}
	var prev chainhash.Hash
	if from > 0 {
		prev = c.headers[from-1]
	}
	for h := from; h <= to; h++ {
		prev = cfilter.NextHeader(c.hashes[h], prev)
		c.headers = append(c.headers, prev)
	}
	return nil
}
