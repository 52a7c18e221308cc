package synth

import (
	"crypto/sha256"
	"encoding/binary"

	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// frameHeader fills in the 24 bytes before a payload of two parts.
func frameHeader(h *[wire.MessageHeaderSize]byte, net wire.BitcoinNet, command string, first, second []byte) {
	binary.LittleEndian.PutUint32(h[:], uint32(net))
	copy(h[4:16], command)
	binary.LittleEndian.PutUint32(h[16:], uint32(len(first)+len(second)))
	d := sha256.New()
	d.Write(first)
	d.Write(second)
	once := d.Sum(nil)
	twice := sha256.Sum256(once)
	copy(h[20:], twice[:4])
}

// answer replies to a request. One that no honest client makes is not answered.
func (p *Peer) answer(w *writer, msg wire.Message) error {
	switch msg := msg.(type) {
	case *wire.MsgGetHeaders:
		from, to := p.headersWanted(hashesOf(msg.BlockLocatorHashes), msg.HashStop)
		return p.writeHeaders(w, from, to)
	case *wire.MsgGetData:
		return p.writeBlocks(w, msg)
	}
	if p.manners.NoFilters {
		return nil
	}
	switch msg := msg.(type) {
	case *wire.MsgGetCFCheckpt:
		return p.writeCheckpoints(w, msg.StopHash)
	case *wire.MsgGetCFHeaders:
		return p.writeFilterHeaders(w, int32(msg.StartHeight), msg.StopHash)
	case *wire.MsgGetCFilters:
		return p.writeFilters(w, int32(msg.StartHeight), msg.StopHash)
	}
	return nil
}

// headersWanted is which headers follow a locator, up to the stop hash.
func (p *Peer) headersWanted(locator []chainhash.Hash, stop chainhash.Hash) (from, to int32) {
	p.chain.mu.RLock()
	defer p.chain.mu.RUnlock()
	from, to = 1, p.height.Load()
	end, ends := p.find(stop)
	if len(locator) == 0 {
		if !ends {
			return 0, -1
		}
		return end, end
	}
	for _, hash := range locator {
		if h, ok := p.find(hash); ok {
			from = h + 1
			break
		}
	}
	if ends && end >= from {
		to = end
	}
	return from, min(to, from+wire.MaxBlockHeadersPerMsg-1)
}

func (p *Peer) writeHeaders(w *writer, from, to int32) error {
	n := int(max(to-from+1, 0))
	b := appendCount(w.payload[:0], n)
	p.chain.mu.RLock()
	for h := from; h <= to; h++ {
		b = append(append(b, p.chain.row(h)...), 0)
		if p.manners.Spoil != nil {
			p.manners.Spoil(h, b[len(b)-chain.HeaderSize-1:len(b)-1])
		}
	}
	p.chain.mu.RUnlock()
	w.payload = b
	p.headers.Add(int64(n))
	return w.frame(wire.CmdHeaders, b, nil)
}

// appendCount appends a CompactSize below 65,536.
func appendCount(b []byte, n int) []byte {
	if n < 0xfd {
		return append(b, byte(n))
	}
	return binary.LittleEndian.AppendUint16(append(b, 0xfd), uint16(n))
}

// stop finds where a request about filters ends, and tells whether it asks for
// 1 to most blocks.
func (p *Peer) stop(start int32, hash chainhash.Hash, most int32) (int32, bool) {
	end, ok := p.find(hash)
	return end, ok && start >= 0 && start <= end && end-start < most
}

func (p *Peer) writeCheckpoints(w *writer, stop chainhash.Hash) error {
	p.chain.mu.RLock()
	end, ok := p.find(stop)
	b := append(append(w.payload[:0], byte(wire.GCSFilterRegular)), stop[:]...)
	if ok {
		b = appendCount(b, int(end/wire.CFCheckptInterval))
		for h := int32(wire.CFCheckptInterval); h <= end; h += wire.CFCheckptInterval {
			header := p.filterHeader(h)
			b = append(b, header[:]...)
		}
	}
	p.chain.mu.RUnlock()
	w.payload = b
	if !ok {
		return nil
	}
	return w.frame(wire.CmdCFCheckpt, b, nil)
}

func (p *Peer) writeFilterHeaders(w *writer, start int32, stop chainhash.Hash) error {
	p.chain.mu.RLock()
	end, ok := p.stop(start, stop, wire.MaxCFHeadersPerMsg)
	b := append(append(w.payload[:0], byte(wire.GCSFilterRegular)), stop[:]...)
	if ok {
		var prev chainhash.Hash
		if start > 0 {
			prev = p.filterHeader(start - 1)
		}
		b = appendCount(append(b, prev[:]...), int(end-start+1))
		for h := start; h <= end; h++ {
			hash := p.filterHash(h)
			b = append(b, hash[:]...)
		}
	}
	p.chain.mu.RUnlock()
	w.payload = b
	if !ok {
		return nil
	}
	p.filterHeaders.Add(int64(end - start + 1))
	return w.frame(wire.CmdCFHeaders, b, nil)
}

func (p *Peer) writeFilters(w *writer, start int32, stop chainhash.Hash) error {
	p.chain.mu.RLock()
	end, ok := p.stop(start, stop, wire.MaxGetCFiltersReqRange)
	p.chain.mu.RUnlock()
	if !ok {
		return nil
	}
	for h := start; h <= end; h++ {
		hash := p.chain.HashAt(h)
		data, err := p.filter(h, hash)
		if err != nil {
			return err
		}
		b := append(append(w.payload[:0], byte(wire.GCSFilterRegular)), hash[:]...)
		w.payload = appendCount(b, len(data))
		p.filters.Add(1)
		if err := w.frame(wire.CmdCFilter, w.payload, data); err != nil {
			return err
		}
	}
	return nil
}

func (p *Peer) writeBlocks(w *writer, msg *wire.MsgGetData) error {
	missing := wire.NewMsgNotFound()
	for _, inv := range msg.InvList {
		p.chain.mu.RLock()
		h, ok := p.find(inv.Hash)
		p.chain.mu.RUnlock()
		if !ok || inv.Type&^wire.InvWitnessFlag != wire.InvTypeBlock {
			missing.InvList = append(missing.InvList, inv)
			continue
		}
		p.blocks.Add(1)
		if err := w.message(p.chain.Block(h)); err != nil {
			return err
		}
	}
	if len(missing.InvList) == 0 {
		return nil
	}
	return w.message(missing)
}
