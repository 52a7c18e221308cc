package sandbox

import (
	"net"
	"strconv"
	"time"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

// maxQueued is how many bulky messages wait for a slow peer before its next
// request is looked at.
const maxQueued = 16

// window queues messages for a peer and waits when too many are under way.
type window struct {
	l    *link
	done chan struct{}
	open int
}

func (l *link) window() *window {
	return &window{l: l, done: make(chan struct{}, maxQueued)}
}

// send is false if the peer is gone.
func (w *window) send(m wire.Message, enc wire.MessageEncoding) bool {
	if w.open == maxQueued {
		select {
		case <-w.done:
			w.open--
		case <-w.l.Done():
			return false
		}
	}
	w.open++
	w.l.QueueMessageWithEncoding(m, w.done, enc)
	return w.l.Connected()
}

func (l *link) onGetHeaders(m *wire.MsgGetHeaders) {
	headers := l.n.chain.LocateHeaders(m.BlockLocatorHashes, &m.HashStop)
	reply := &wire.MsgHeaders{Headers: make([]*wire.BlockHeader, len(headers))}
	for i := range headers {
		reply.Headers[i] = &headers[i]
	}
	l.QueueMessage(reply, nil)
	switch {
	case len(headers) > 0:
		l.setKnown(headers[len(headers)-1].BlockHash())
	case len(m.BlockLocatorHashes) > 0:
		l.setKnown(*m.BlockLocatorHashes[0])
	}
}

func (l *link) setKnown(hash chainhash.Hash) {
	l.mu.Lock()
	l.known = hash
	l.mu.Unlock()
}

func (l *link) onGetBlocks(m *wire.MsgGetBlocks) {
	inv := wire.NewMsgInv()
	for _, hash := range l.n.chain.LocateBlocks(m.BlockLocatorHashes, &m.HashStop, wire.MaxBlocksPerMsg) {
		_ = inv.AddInvVect(wire.NewInvVect(wire.InvTypeBlock, &hash)) // fewer than the limit
	}
	if len(inv.InvList) > 0 {
		l.QueueMessage(inv, nil)
	}
}

func (l *link) onGetData(m *wire.MsgGetData) {
	missing := wire.NewMsgNotFound()
	w := l.window()
	for _, iv := range m.InvList {
		msg, enc := l.find(iv)
		if msg == nil {
			_ = missing.AddInvVect(iv) // as many as were asked for, at most
			continue
		}
		if !w.send(msg, enc) {
			return
		}
	}
	if len(missing.InvList) > 0 {
		w.send(missing, wire.BaseEncoding)
	}
}

// find returns what was asked for, or nil.
func (l *link) find(iv *wire.InvVect) (wire.Message, wire.MessageEncoding) {
	enc := wire.BaseEncoding
	switch iv.Type {
	case wire.InvTypeWitnessBlock:
		enc = wire.WitnessEncoding
		fallthrough
	case wire.InvTypeBlock:
		if block, err := l.n.fetchBlock(&iv.Hash); err == nil {
			return block, enc
		}
	case wire.InvTypeWitnessTx:
		enc = wire.WitnessEncoding
		fallthrough
	case wire.InvTypeTx:
		if tx, err := l.n.pool.FetchTransaction(&iv.Hash); err == nil {
			return tx.MsgTx(), enc
		}
	}
	return nil, enc
}

func (l *link) onGetCFilters(m *wire.MsgGetCFilters) {
	hashes := l.filterRange(m.FilterType, m.StartHeight, &m.StopHash, wire.MaxGetCFiltersReqRange)
	if len(hashes) == 0 {
		return
	}
	filters, err := l.n.index.FiltersByBlockHashes(hashes, m.FilterType)
	if err != nil {
		l.n.log.Debug("getcfilters", "err", err)
		return
	}
	w := l.window()
	for i, filter := range filters {
		if len(filter) == 0 || !w.send(wire.NewMsgCFilter(m.FilterType, hashes[i], filter), wire.BaseEncoding) {
			return
		}
	}
}

func (l *link) onGetCFHeaders(m *wire.MsgGetCFHeaders) {
	hashes := l.filterRange(m.FilterType, m.StartHeight, &m.StopHash, wire.MaxCFHeadersPerMsg)
	if len(hashes) == 0 {
		return
	}
	filters, err := l.n.index.FilterHashesByBlockHashes(hashes, m.FilterType)
	if err != nil {
		l.n.log.Debug("getcfheaders", "err", err)
		return
	}
	reply := wire.NewMsgCFHeaders()
	reply.FilterType, reply.StopHash = m.FilterType, m.StopHash
	if m.StartHeight > 0 {
		first, err := l.n.chain.HeaderByHash(hashes[0])
		if err != nil || !l.filterHeader(m.FilterType, &first.PrevBlock, &reply.PrevFilterHeader) {
			return
		}
	}
	for _, raw := range filters {
		hash, err := chainhash.NewHash(raw)
		if err != nil || reply.AddCFHash(hash) != nil {
			return
		}
	}
	l.QueueMessage(reply, nil)
}

func (l *link) onGetCFCheckpt(m *wire.MsgGetCFCheckpt) {
	if m.FilterType != wire.GCSFilterRegular {
		return
	}
	hashes, err := l.n.chain.IntervalBlockHashes(&m.StopHash, wire.CFCheckptInterval)
	if err != nil {
		l.n.log.Debug("getcfcheckpt", "err", err)
		return
	}
	reply := wire.NewMsgCFCheckpt(m.FilterType, &m.StopHash, len(hashes))
	for i := range hashes {
		header := new(chainhash.Hash)
		if !l.filterHeader(m.FilterType, &hashes[i], header) || reply.AddCFHeader(header) != nil {
			return
		}
	}
	l.QueueMessage(reply, nil)
}

// filterRange lists the blocks from a height to a block, nil if the request is
// one nobody has to answer.
func (l *link) filterRange(t wire.FilterType, from uint32, stop *chainhash.Hash, most int) []*chainhash.Hash {
	if t != wire.GCSFilterRegular {
		return nil
	}
	hashes, err := l.n.chain.HeightToHashRange(int32(from), stop, most)
	if err != nil {
		l.n.log.Debug("filters asked for", "err", err)
		return nil
	}
	ptrs := make([]*chainhash.Hash, len(hashes))
	for i := range hashes {
		ptrs[i] = &hashes[i]
	}
	return ptrs
}

func (l *link) filterHeader(t wire.FilterType, block, into *chainhash.Hash) bool {
	raw, err := l.n.index.FilterHeaderByBlockHash(block, t)
	return err == nil && into.SetBytes(raw) == nil
}

// onGetAddr tells of this node and of those it is linked to, once.
func (l *link) onGetAddr(*wire.MsgGetAddr) {
	if l.addrsSent {
		return
	}
	l.addrsSent = true
	addrs := []string{l.n.Addr()}
	for _, other := range l.n.readyLinks() {
		if !other.Inbound() {
			addrs = append(addrs, other.Addr())
		}
	}
	var v1 []*wire.NetAddress
	var v2 []*wire.NetAddressV2
	for _, addr := range addrs {
		host, port, err := net.SplitHostPort(addr)
		ip := net.ParseIP(host)
		num, perr := strconv.ParseUint(port, 10, 16)
		if err != nil || perr != nil || ip == nil {
			continue
		}
		seen := time.Unix(time.Now().Unix(), 0)
		v1 = append(v1, wire.NewNetAddressTimestamp(seen, services, ip, uint16(num)))
		v2 = append(v2, wire.NetAddressV2FromBytes(seen, services, ip, uint16(num)))
	}
	if l.WantsAddrV2() {
		_, _ = l.PushAddrV2Msg(v2) // fails only on too many
		return
	}
	_, _ = l.PushAddrMsg(v1)
}
