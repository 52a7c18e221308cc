package spvtest

import (
	"slices"

	"thistle/spv/cfilter"
	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// HeaderLie makes a false answer to getheaders of the true one; nil is silence.
type HeaderLie func(s *Sim, p *Peer, true []chain.Header) []chain.Header

// remake changes a header and, unless nonce is false, gives it work again.
func remake(s *Sim, h chain.Header, work bool, change func(*wire.BlockHeader)) chain.Header {
	w := h.Wire()
	change(&w)
	if work {
		s.gen.solve(&w)
	} else {
		unsolve(&w)
	}
	return chain.FromWire(&w)
}

// replaceLast puts another header in place of the last.
func replaceLast(hs []chain.Header, h chain.Header) []chain.Header {
	hs = slices.Clone(hs)
	hs[len(hs)-1] = h
	return hs
}

// BadPoW makes the last header one without work.
func BadPoW(s *Sim, _ *Peer, hs []chain.Header) []chain.Header {
	if len(hs) == 0 {
		return hs
	}
	return replaceLast(hs, remake(s, hs[len(hs)-1], false, func(*wire.BlockHeader) {}))
}

// BadBits gives the last header an easier target.
func BadBits(s *Sim, _ *Peer, hs []chain.Header) []chain.Header {
	if len(hs) == 0 {
		return hs
	}
	return replaceLast(hs, remake(s, hs[len(hs)-1], true, func(h *wire.BlockHeader) { h.Bits-- }))
}

// OldTime gives the last header a time before the median.
func OldTime(s *Sim, _ *Peer, hs []chain.Header) []chain.Header {
	if len(hs) == 0 {
		return hs
	}
	return replaceLast(hs, remake(s, hs[len(hs)-1], true, func(h *wire.BlockHeader) {
		h.Timestamp = s.gen.net.GenesisBlock.Header.Timestamp
	}))
}

// Gap leaves a header out in the middle.
func Gap(_ *Sim, _ *Peer, hs []chain.Header) []chain.Header {
	if len(hs) < 3 {
		return hs
	}
	return slices.Delete(slices.Clone(hs), len(hs)/2, len(hs)/2+1)
}

// Unconnecting answers with headers whose parent nobody knows.
func Unconnecting(s *Sim, _ *Peer, hs []chain.Header) []chain.Header {
	if len(hs) == 0 {
		return hs
	}
	h := remake(s, hs[0], true, func(h *wire.BlockHeader) { h.PrevBlock = chainhash.HashH(h.PrevBlock[:]) })
	return []chain.Header{h}
}

// FromFuture dates the last header a day ahead.
func FromFuture(s *Sim, _ *Peer, hs []chain.Header) []chain.Header {
	if len(hs) == 0 {
		return hs
	}
	return replaceLast(hs, remake(s, hs[len(hs)-1], true, func(h *wire.BlockHeader) {
		h.Timestamp = s.now.Add(24 * 3600e9)
	}))
}

// Drip gives one header at a time.
func Drip(_ *Sim, _ *Peer, hs []chain.Header) []chain.Header { return hs[:min(1, len(hs))] }

// Circle gives the same full messages again and again, never the end.
func Circle(_ *Sim, p *Peer, hs []chain.Header) []chain.Header {
	const full = wire.MaxBlockHeadersPerMsg
	if len(p.Chain) <= 2*full {
		return hs
	}
	p.answers++
	if p.answers/2%2 == 0 {
		return p.Chain.Headers(1, full)
	}
	return p.Chain.Headers(full+1, 2*full)
}

// FilterLie is a falsehood about filters, and where it is told. An honest
// looking liar tells it everywhere; others contradict themselves.
type FilterLie struct {
	// False makes the false filter of a block, nil where the truth is told.
	False         func(b *Block) []byte
	InHeaders     bool // cfheaders
	InCheckpoints bool // cfcheckpt
	InFilters     bool // cfilter
	Withholds     bool // never shows a filter
}

// Everywhere tells a falsehood consistently.
func Everywhere(f func(*Block) []byte) FilterLie {
	return FilterLie{False: f, InHeaders: true, InCheckpoints: true, InFilters: true}
}

// From tells a falsehood from a height on.
func From(height int32, f func(*Block) []byte) func(*Block) []byte {
	return func(b *Block) []byte {
		if b.Height < height {
			return nil
		}
		return f(b)
	}
}

// Every tells a falsehood at every n-th height.
func Every(n int32, f func(*Block) []byte) func(*Block) []byte {
	return func(b *Block) []byte {
		if b.Height%n != 0 {
			return nil
		}
		return f(b)
	}
}

// Omit leaves a script out wherever it occurs.
func Omit(script []byte) func(*Block) []byte {
	return func(b *Block) []byte {
		all := b.Scripts()
		rest := slices.DeleteFunc(slices.Clone(all), func(s []byte) bool { return slices.Equal(s, script) })
		if len(rest) == len(all) {
			return nil
		}
		return cfilter.Build(rest, &b.Hash)
	}
}

// OmitOutput leaves out one output script of each block, which the block
// disproves.
func OmitOutput(b *Block) []byte { return Omit(b.Scripts()[0])(b) }

// OmitSpent leaves out what the block spends, which the block cannot disprove.
func OmitSpent(b *Block) []byte {
	if len(b.Spent) == 0 {
		return nil
	}
	all := b.Scripts()
	return cfilter.Build(all[:len(all)-len(b.Spent)], &b.Hash)
}

// Superset adds elements, which the block cannot disprove.
func Superset(b *Block) []byte {
	return cfilter.Build(append(b.Scripts(), []byte("never"), []byte("paid")), &b.Hash)
}

// Garbage is no filter at all.
func Garbage(*Block) []byte { return []byte{0xff, 1, 2, 3} }

func (p *Peer) falsehood(b *Block) []byte {
	if p.Filters.False == nil || b.Height < 1 {
		return nil
	}
	return p.Filters.False(b)
}

func (p *Peer) hashOf(b *Block, lie bool) chainhash.Hash {
	if f := p.falsehood(b); lie && f != nil {
		return cfilter.Hash(f)
	}
	return b.FilterHash
}

// headerOf is the filter header the peer claims, computed from genesis on.
func (p *Peer) headerOf(b *Block, lie bool) chainhash.Hash {
	if p.Filters.False == nil || !lie {
		return b.FilterHeader
	}
	if p.claimed == nil {
		p.claimed = make(map[chainhash.Hash]chainhash.Hash)
	}
	var todo []*Block
	at := b
	for ; at.Prev != nil; at = at.Prev {
		if _, ok := p.claimed[at.Hash]; ok {
			break
		}
		todo = append(todo, at)
	}
	header := at.FilterHeader
	if at.Prev != nil {
		header = p.claimed[at.Hash]
	}
	for _, blk := range slices.Backward(todo) {
		header = cfilter.NextHeader(p.hashOf(blk, true), header)
		p.claimed[blk.Hash] = header
	}
	return header
}

// BlockLie makes a false block of a true one; nil is silence.
type BlockLie func(b *Block) *wire.MsgBlock

// AlteredTx pays somebody else.
func AlteredTx(b *Block) *wire.MsgBlock {
	m := b.Msg.Copy()
	m.Transactions[len(m.Transactions)-1].TxOut[0].Value--
	return m
}

// AlteredWitness changes a witness, or adds one where there is none.
func AlteredWitness(b *Block) *wire.MsgBlock {
	m := b.Msg.Copy()
	in := m.Transactions[len(m.Transactions)-1].TxIn[0]
	if len(in.Witness) == 0 {
		in.Witness = wire.TxWitness{{1}}
	} else {
		in.Witness[0] = append([]byte{1}, in.Witness[0]...)
	}
	return m
}

// RepeatedTail repeats the last transactions so that the Merkle root stays
// (CVE-2012-2459).
func RepeatedTail(b *Block) *wire.MsgBlock {
	m := b.Msg.Copy()
	n := len(m.Transactions)
	if n == 1 || n%2 == 0 {
		return AlteredTx(b)
	}
	m.Transactions = append(m.Transactions, m.Transactions[n-1])
	return m
}

// OtherBlock sends the block before.
func OtherBlock(b *Block) *wire.MsgBlock { return b.Prev.Msg }
