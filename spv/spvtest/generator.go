package spvtest

import (
	"encoding/binary"
	"math/big"
	"math/rand/v2"
	"time"

	"thistle/spv/cfilter"
	"thistle/spv/chain"
	"thistle/spv/merkle"

	"github.com/btcsuite/btcd/btcutil/v2/gcs/builder"
	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// Block is one generated block with everything a full node knows of it.
type Block struct {
	Height int32
	Hash   chainhash.Hash
	Header chain.Header
	Msg    *wire.MsgBlock
	Prev   *Block // nil for genesis

	Spent        [][]byte // scripts of the outputs its inputs spend
	Filter       []byte
	FilterHash   chainhash.Hash
	FilterHeader chainhash.Hash
}

// Branch is a chain of blocks from genesis; the index is the height.
type Branch []*Block

// Tip is the last block.
func (b Branch) Tip() *Block { return b[len(b)-1] }

// To is the branch up to a height, safe to grow.
func (b Branch) To(height int32) Branch { return b[: height+1 : height+1] }

// Headers are the headers from a height to another, both included.
func (b Branch) Headers(from, to int32) []chain.Header {
	hs := make([]chain.Header, 0, to-from+1)
	for _, blk := range b[from : to+1] {
		hs = append(hs, blk.Header)
	}
	return hs
}

// Options say what network a Generator makes.
type Options struct {
	Seed uint64
	// Period turns on retargeting, with that many blocks a period, from an easy
	// target on. 0 is regtest.
	Period int
	// Spacing is the time between blocks, ten minutes if 0.
	Spacing time.Duration
	// Empty leaves out payments, which makes long chains quicker to mine.
	Empty bool
}

// Generator mines blocks.
type Generator struct {
	opt    Options
	net    *chaincfg.Params
	params *chain.Params
	rng    *rand.Rand
	byHash map[chainhash.Hash]*Block
	start  *Block
}

// NewGenerator makes a generator and its genesis block.
func NewGenerator(opt Options) *Generator {
	if opt.Spacing == 0 {
		opt.Spacing = 10 * time.Minute
	}
	g := &Generator{
		opt:    opt,
		net:    &chaincfg.RegressionNetParams,
		rng:    rand.New(rand.NewPCG(opt.Seed, 0x6765_6e65)),
		byHash: make(map[chainhash.Hash]*Block),
	}
	if opt.Period > 0 {
		g.net = retargetingNet(opt.Period)
	}
	g.params = &chain.Params{Net: g.net}
	g.start = g.finish(nil, g.net.GenesisBlock, nil)
	return g
}

// retargetingNet is mainnet's rules with short periods and regtest's limit.
func retargetingNet(period int) *chaincfg.Params {
	net := chaincfg.MainNetParams
	easy := chaincfg.RegressionNetParams
	net.Name = "retargeting"
	net.Net = easy.Net
	net.PowLimit, net.PowLimitBits = new(big.Int).Set(easy.PowLimit), easy.PowLimitBits
	net.TargetTimespan = time.Duration(period) * net.TargetTimePerBlock
	net.GenesisBlock, net.GenesisHash = easy.GenesisBlock, easy.GenesisHash
	net.BIP0034Height, net.BIP0065Height, net.BIP0066Height = 1, 1, 1
	net.Checkpoints = nil
	return &net
}

// Params are the rules of the generator's network. A test may add Checkpoints.
func (g *Generator) Params() *chain.Params { return g.params }

// Genesis is the branch that holds only the first block.
func (g *Generator) Genesis() Branch { return Branch{g.start} }

// Find looks a block of any branch up.
func (g *Generator) Find(hash chainhash.Hash) *Block { return g.byHash[hash] }

// Mine puts n blocks on a branch.
func (g *Generator) Mine(b Branch, n int) Branch {
	b = b[:len(b):len(b)]
	for range n {
		b = append(b, g.mine(b, nil, time.Time{}))
	}
	return b
}

// MineAt puts one block on a branch that claims a time of its own.
func (g *Generator) MineAt(b Branch, when time.Time) Branch {
	return append(b[:len(b):len(b)], g.mine(b, nil, when))
}

// Pay puts one block on a branch that pays each script an amount in satoshi.
func (g *Generator) Pay(b Branch, amount int64, scripts ...[]byte) Branch {
	var outs []*wire.TxOut
	for _, s := range scripts {
		outs = append(outs, wire.NewTxOut(amount, s))
	}
	return append(b[:len(b):len(b)], g.mine(b, outs, time.Time{}))
}

// Checkpoint is a base at a height of a branch, which must end a period.
func (g *Generator) Checkpoint(b Branch, height int32) chain.Base {
	work := chain.Work{}
	for _, blk := range b[:height+1] {
		w, err := chain.BlockWork(blk.Header.Bits())
		if err != nil {
			panic(err) // our own block
		}
		work = work.Add(w)
	}
	bits := g.net.PowLimitBits
	if int(height)+1 < len(b) {
		bits = b[height+1].Header.Bits()
	}
	return chain.Base{Height: height, Hash: b[height].Hash, Work: work, Bits: bits,
		Time: b[height].Time().Add(g.opt.Spacing).UTC()}
}

// mine makes the block that follows a branch, by its own time or, if that is
// zero, after the usual pause.
func (g *Generator) mine(b Branch, pays []*wire.TxOut, when time.Time) *Block {
	parent := b.Tip()
	if when.IsZero() {
		when = parent.Time().Add(g.opt.Spacing)
	}
	height := parent.Height + 1
	coinbase := g.coinbase(height)
	txs := []*wire.MsgTx{coinbase}
	spent := [][]byte{}
	add := func(from *wire.MsgTx, outs []*wire.TxOut) {
		tx := wire.NewMsgTx(2)
		hash := from.TxHash()
		tx.AddTxIn(wire.NewTxIn(wire.NewOutPoint(&hash, 0), nil, wire.TxWitness{g.bytes(71), g.bytes(33)}))
		tx.TxOut = outs
		spent = append(spent, from.TxOut[0].PkScript)
		txs = append(txs, tx)
	}
	if old := height - 100; old > 0 && (pays != nil || !g.opt.Empty && height%2 == 0) {
		outs := append([]*wire.TxOut{wire.NewTxOut(1_000_000, g.Script())}, pays...)
		if height%6 == 0 {
			outs = append(outs, wire.NewTxOut(0, append([]byte{0x6a, 4}, g.bytes(4)...)))
		}
		add(b[old].Msg.Transactions[0], outs)
	} else if pays != nil {
		// No coinbase is old enough: the new one pays.
		coinbase.TxOut = append(pays, coinbase.TxOut...)
	}
	if old := height - 6; old > 0 && !g.opt.Empty {
		if from := b[old].Msg.Transactions; len(from) > 1 {
			add(from[1], []*wire.TxOut{wire.NewTxOut(900_000, g.Script())})
		}
	}
	if len(txs) > 1 {
		commit(txs)
	}
	block := &wire.MsgBlock{Transactions: txs, Header: wire.BlockHeader{
		Version:   0x2000_0000,
		PrevBlock: parent.Hash,
		Timestamp: when,
		Bits:      g.bits(b),
	}}
	block.Header.MerkleRoot = rootOf(txs, (*wire.MsgTx).TxHash)
	g.solve(&block.Header)
	return g.finish(parent, block, spent)
}

// Script is a fresh pay-to-witness-pubkey-hash script.
func (g *Generator) Script() []byte { return append([]byte{0, 20}, g.bytes(20)...) }

func (g *Generator) bytes(n int) []byte {
	b := make([]byte, 0, n+8)
	for len(b) < n {
		b = binary.LittleEndian.AppendUint64(b, g.rng.Uint64())
	}
	return b[:n:n]
}

func (g *Generator) coinbase(height int32) *wire.MsgTx {
	tx := wire.NewMsgTx(2)
	sig := append([]byte{4}, binary.LittleEndian.AppendUint32(nil, uint32(height))...)
	sig = append(append(sig, 8), g.bytes(8)...)
	tx.AddTxIn(wire.NewTxIn(&wire.OutPoint{Index: wire.MaxPrevOutIndex}, sig, nil))
	tx.AddTxOut(wire.NewTxOut(5_000_000_000, g.Script()))
	return tx
}

// commit puts BIP141's commitment into the coinbase.
func commit(txs []*wire.MsgTx) {
	nonce := make([]byte, 32)
	txs[0].TxIn[0].Witness = wire.TxWitness{nonce}
	root := rootOf(txs, func(tx *wire.MsgTx) chainhash.Hash {
		if tx == txs[0] {
			return chainhash.Hash{}
		}
		return tx.WitnessHash()
	})
	script := append([]byte{0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed}, chainhash.DoubleHashB(append(root[:], nonce...))...)
	txs[0].AddTxOut(wire.NewTxOut(0, script))
}

func rootOf(txs []*wire.MsgTx, id func(*wire.MsgTx) chainhash.Hash) chainhash.Hash {
	ids := make([]chainhash.Hash, len(txs))
	for i, tx := range txs {
		ids[i] = id(tx)
	}
	root, _ := merkle.Root(ids)
	return root
}

// bits is the target the next block must meet, in plain big integers.
func (g *Generator) bits(b Branch) uint32 {
	last := b.Tip().Header
	n := len(b)
	if g.opt.Period == 0 || n%g.opt.Period != 0 {
		return last.Bits()
	}
	first := b[n-g.opt.Period].Header
	span := int64(g.net.TargetTimespan / time.Second)
	took := min(max(int64(last.Time())-int64(first.Time()), span/4), span*4)
	target := compactToBig(last.Bits())
	target.Mul(target, big.NewInt(took)).Div(target, big.NewInt(span))
	if target.Cmp(g.net.PowLimit) > 0 {
		target.Set(g.net.PowLimit)
	}
	return bigToCompact(target)
}

// solve finds a nonce.
func (g *Generator) solve(h *wire.BlockHeader) {
	target := compactToBig(h.Bits)
	for !meets(h.BlockHash(), target) {
		h.Nonce++
	}
}

// unsolve finds a nonce that does not do.
func unsolve(h *wire.BlockHeader) {
	target := compactToBig(h.Bits)
	for meets(h.BlockHash(), target) {
		h.Nonce++
	}
}

func meets(hash chainhash.Hash, target *big.Int) bool {
	for i, j := 0, len(hash)-1; i < j; i, j = i+1, j-1 {
		hash[i], hash[j] = hash[j], hash[i]
	}
	return new(big.Int).SetBytes(hash[:]).Cmp(target) <= 0
}

func compactToBig(c uint32) *big.Int {
	n := big.NewInt(int64(c & 0x7fffff))
	if e := int(c>>24) - 3; e >= 0 {
		return n.Lsh(n, uint(8*e))
	} else {
		return n.Rsh(n, uint(-8*e))
	}
}

func bigToCompact(n *big.Int) uint32 {
	size := (n.BitLen() + 7) / 8
	m := new(big.Int)
	if size > 3 {
		m.Rsh(n, uint(8*(size-3)))
	} else {
		m.Lsh(n, uint(8*(3-size)))
	}
	c := uint32(m.Uint64())
	if c&0x800000 != 0 {
		c >>= 8
		size++
	}
	return c | uint32(size)<<24
}

// finish computes what follows from a block. The filter comes from btcutil, not
// from our own encoder.
func (g *Generator) finish(parent *Block, msg *wire.MsgBlock, spent [][]byte) *Block {
	f, err := builder.BuildBasicFilter(msg, spent)
	if err != nil {
		panic(err) // our own block
	}
	data, err := f.NBytes()
	if err != nil {
		panic(err)
	}
	b := &Block{Prev: parent, Msg: msg, Header: chain.FromWire(&msg.Header), Spent: spent, Filter: data}
	b.Hash = b.Header.Hash
	b.FilterHash = cfilter.Hash(data)
	var prev chainhash.Hash
	if parent != nil {
		b.Height = parent.Height + 1
		prev = parent.FilterHeader
	}
	b.FilterHeader = cfilter.NextHeader(b.FilterHash, prev)
	g.byHash[b.Hash] = b
	return b
}

// Time is when the block says that it was mined.
func (b *Block) Time() time.Time { return time.Unix(int64(b.Header.Time()), 0) }

// Scripts are all scripts the block's true filter holds.
func (b *Block) Scripts() [][]byte {
	var all [][]byte
	for _, tx := range b.Msg.Transactions {
		for _, out := range tx.TxOut {
			if len(out.PkScript) > 0 && out.PkScript[0] != 0x6a {
				all = append(all, out.PkScript)
			}
		}
	}
	return append(all, b.Spent...)
}

// Range lists the blocks from a height up to b.
func (b *Block) Range(from int32) []*Block {
	if from > b.Height {
		return nil
	}
	list := make([]*Block, b.Height-from+1)
	for at := b; at != nil && at.Height >= from; at = at.Prev {
		list[at.Height-from] = at
	}
	return list
}
