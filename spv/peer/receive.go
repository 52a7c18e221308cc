package peer

import (
	"bytes"
	"time"

	"thistle/spv/addrmgr"
	"thistle/spv/chain"
	"thistle/spv/merkle"
	"thistle/spv/protocol"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// Caps on payloads in bytes, by command. They are compared with the length a
// header claims, before anything is read.
const (
	maxVersionPayload   = 512
	nonceSize           = 8 // ping, pong, feefilter
	maxHeadersPayload   = 3 + wire.MaxBlockHeadersPerMsg*headerStride
	maxInvPayload       = 3 + wire.MaxInvPerMsg*invStride
	maxAddrPayload      = 30_003
	maxAddrV2Payload    = 540_003
	maxCFHeadersPayload = 64_100
	maxCFCheckptPayload = 64_100
	maxCFilterPayload   = 262_200
	maxBlockPayload     = maxPayload
	maxTxPayload        = 400_000
	maxMerklePayload    = blockHeaderSize + 4 + 3 + merkle.MaxTransactions*chainhash.HashSize + 3 + merkle.MaxTransactions/4 + 1

	// maxNewsItems is how many inventory vectors are accepted in one message.
	// Announcements of honest peers hold at most 1,000; larger ones, up to the
	// protocol's 50,000, are skipped.
	maxNewsItems = 1000
)

var (
	cmdVersion    = commandOf(wire.CmdVersion)
	cmdVerAck     = commandOf(wire.CmdVerAck)
	cmdWTxIDRelay = commandOf(wire.CmdWTxIdRelay)
	cmdSendAddrV2 = commandOf(wire.CmdSendAddrV2)
)

// reading says how one kind of message is received: the cap on its payload, and
// what reads that payload. A nil read skips it, as does one that is served if we
// serve nobody.
type reading struct {
	max    uint32
	read   func(*Conn, frame) (protocol.Input, error)
	served bool
}

// readings is every command that is known. Any other is skipped.
var readings = map[command]reading{
	cmdVersion: {max: maxVersionPayload, read: func(*Conn, frame) (protocol.Input, error) { return nil, broken("%w", errVersionTwice) }},
	cmdVerAck:  {max: 0, read: func(*Conn, frame) (protocol.Input, error) { return nil, broken("%w", errVerAckTwice) }},

	commandOf(wire.CmdHeaders):     {max: maxHeadersPayload, read: (*Conn).readHeaders},
	commandOf(wire.CmdInv):         {max: maxInvPayload, read: (*Conn).readInv},
	commandOf(wire.CmdGetData):     {max: maxInvPayload, read: (*Conn).readGetData},
	commandOf(wire.CmdNotFound):    {max: maxInvPayload, read: (*Conn).readNotFound},
	commandOf(wire.CmdAddr):        {max: maxAddrPayload, read: readAddrs(addrmgr.DecodeAddr)},
	commandOf(wire.CmdPing):        {max: nonceSize, read: readSmall(func() wire.Message { return new(wire.MsgPing) })},
	commandOf(wire.CmdPong):        {max: nonceSize, read: readSmall(func() wire.Message { return new(wire.MsgPong) })},
	commandOf(wire.CmdFeeFilter):   {max: nonceSize, read: readSmall(func() wire.Message { return new(wire.MsgFeeFilter) })},
	commandOf(wire.CmdCFHeaders):   {max: maxCFHeadersPayload, read: (*Conn).readCFHeaders},
	commandOf(wire.CmdCFCheckpt):   {max: maxCFCheckptPayload, read: (*Conn).readCFCheckpt},
	commandOf(wire.CmdCFilter):     {max: maxCFilterPayload, read: (*Conn).readCFilter},
	commandOf(wire.CmdBlock):       {max: maxBlockPayload, read: (*Conn).readBlock},
	commandOf(wire.CmdMerkleBlock): {max: maxMerklePayload, read: (*Conn).readFiltered},
	commandOf(wire.CmdTx):          {max: maxTxPayload, read: (*Conn).readTx},
	commandOf(wire.CmdAddrV2):      {max: maxAddrV2Payload, read: readAddrs(addrmgr.DecodeAddrV2)},

	commandOf(wire.CmdGetHeaders):   request(maxGetHeaders, func() wire.Message { return new(wire.MsgGetHeaders) }),
	commandOf(wire.CmdGetCFHeaders): request(getFiltersSize, func() wire.Message { return new(wire.MsgGetCFHeaders) }),
	commandOf(wire.CmdGetCFilters):  request(getFiltersSize, func() wire.Message { return new(wire.MsgGetCFilters) }),
	commandOf(wire.CmdGetCFCheckpt): request(getCheckpointsSize, func() wire.Message { return new(wire.MsgGetCFCheckpt) }),
	commandOf(wire.CmdGetAddr):      request(0, func() wire.Message { return new(wire.MsgGetAddr) }),

	commandOf(wire.CmdSendHeaders): {max: 0, read: readSmall(func() wire.Message { return new(wire.MsgSendHeaders) })},
	cmdSendAddrV2:                  {max: 0},
	cmdWTxIDRelay:                  {max: 0},
}

// receive reads the payload of h and makes an Input of it, nil if there is none
// to make.
func (c *Conn) receive(h frame) (protocol.Input, error) {
	how, known := readings[h.command]
	if !known || how.served && !c.cfg.Serve {
		return nil, c.discard(h)
	}
	if h.length > how.max {
		return nil, broken("%d bytes where %d are the most", h.length, how.max)
	}
	if how.read == nil {
		return nil, c.discard(h)
	}
	return how.read(c, h)
}

// discard skips what is of no use, at the peer's cost.
func (c *Conn) discard(h frame) error {
	if !c.junk.take(time.Now(), h.length) {
		return flood("more than is of use")
	}
	return c.in.skip(h)
}

// unasked charges for what is of use though nobody asked.
func (c *Conn) unasked(length uint32) error {
	if !c.news.take(time.Now(), length) {
		return flood("more news than there can be")
	}
	return nil
}

func (c *Conn) message(m wire.Message) protocol.Input {
	return protocol.MessageReceived{Peer: c.id, Msg: m}
}

// readHeaders tells by a glance at the first header what a message answers.
func (c *Conn) readHeaders(h frame) (protocol.Input, error) {
	head, err := c.in.peek(h, min(int(h.length), headersGlance))
	if err != nil {
		return nil, err
	}
	prev, empty := firstPrev(head)
	asked, ranged := false, false
	if empty {
		asked, ranged = c.asked.takeNoHeaders()
	} else {
		asked, ranged = c.asked.takeHeaders(prev, *c.cfg.Params.GenesisHash)
	}
	switch {
	case !asked:
		if err := c.unasked(h.length); err != nil {
			return nil, err
		}
	case ranged && !empty:
		return c.readRange(h)
	}
	payload, err := c.in.payload(h)
	if err != nil {
		return nil, err
	}
	headers, err := parseHeaders(payload)
	if err != nil {
		return nil, err
	}
	if ranged {
		return protocol.RangeReceived{Peer: c.id}, nil
	}
	return protocol.HeadersReceived{Peer: c.id, Headers: headers}, nil
}

// readRange reads headers that go on from where they were asked to. They are
// checked here, so that the machine need not. The sum over the message is left
// out: every byte stands under a proof of work.
func (c *Conn) readRange(h frame) (protocol.Input, error) {
	payload, err := c.in.own(h, maxHeadersPayload)
	if err != nil {
		return nil, err
	}
	raw, err := rawHeaders(payload)
	if err != nil {
		return nil, err
	}
	run, err := chain.CheckRun(&c.rules, raw)
	if err != nil {
		return nil, &fault{protocol.ReasonBadHeaders, err}
	}
	return protocol.RangeReceived{Peer: c.id, Run: run}, nil
}

func (c *Conn) readInv(h frame) (protocol.Input, error) {
	return c.readNews(h, new(wire.MsgInv))
}

func (c *Conn) readGetData(h frame) (protocol.Input, error) {
	return c.readNews(h, new(wire.MsgGetData))
}

// readNews reads an unasked list of inventory vectors.
func (c *Conn) readNews(h frame, msg wire.Message) (protocol.Input, error) {
	if h.length > 3+maxNewsItems*invStride {
		return nil, c.discard(h)
	}
	if err := c.unasked(h.length); err != nil {
		return nil, err
	}
	return c.readList(h, msg, 0, invStride, wire.MaxInvPerMsg)
}

func (c *Conn) readNotFound(h frame) (protocol.Input, error) {
	blocks, txs := c.asked.items()
	if blocks+txs == 0 || h.length > uint32(3+max(maxNewsItems, blocks+txs)*invStride) {
		return nil, c.discard(h)
	}
	if err := c.unasked(h.length); err != nil {
		return nil, err
	}
	msg := new(wire.MsgNotFound)
	input, err := c.readList(h, msg, 0, invStride, wire.MaxInvPerMsg)
	c.asked.refused(msg)
	return input, err
}

func readAddrs(decode func([]byte) ([]addrmgr.Heard, error)) func(*Conn, frame) (protocol.Input, error) {
	return func(c *Conn, h frame) (protocol.Input, error) {
		if err := c.unasked(h.length); err != nil {
			return nil, err
		}
		payload, err := c.in.payload(h)
		if err != nil {
			return nil, err
		}
		list, err := decode(payload)
		if err != nil {
			return nil, broken("%w", err)
		}
		return protocol.AddressesHeard{Peer: c.id, Addrs: list}, nil
	}
}

func readSmall(empty func() wire.Message) func(*Conn, frame) (protocol.Input, error) {
	return func(c *Conn, h frame) (protocol.Input, error) {
		if err := c.unasked(h.length); err != nil {
			return nil, err
		}
		payload, err := c.in.payload(h)
		if err != nil {
			return nil, err
		}
		msg := empty()
		if err := decode(msg, payload, c.version); err != nil {
			return nil, err
		}
		return c.message(msg), nil
	}
}

func (c *Conn) readCFHeaders(h frame) (protocol.Input, error) {
	return c.readByStopHash(h, new(wire.MsgCFHeaders), c.asked.takeCFHeaders, 65, wire.MaxCFHeadersPerMsg)
}

func (c *Conn) readCFCheckpt(h frame) (protocol.Input, error) {
	return c.readByStopHash(h, new(wire.MsgCFCheckpt), c.asked.takeCFCheckpt, 33, maxCFCheckptPayload/chainhash.HashSize)
}

// readByStopHash reads a reply that begins with filter type and stop hash and
// ends, after fixed bytes in all, with a list of hashes.
func (c *Conn) readByStopHash(h frame, msg wire.Message, take func(chainhash.Hash) bool, fixed, most int) (protocol.Input, error) {
	if int(h.length) <= fixed {
		return nil, broken("%d bytes are too few", h.length)
	}
	head, err := c.in.peek(h, 1+chainhash.HashSize)
	if err != nil {
		return nil, err
	}
	if head[0] != byte(wire.GCSFilterRegular) || !take(chainhash.Hash(head[1:])) {
		return nil, c.discard(h)
	}
	return c.readList(h, msg, fixed, chainhash.HashSize, most)
}

// readList reads a message that is fixed bytes, a count, and so many items of
// stride bytes.
func (c *Conn) readList(h frame, msg wire.Message, fixed, stride, most int) (protocol.Input, error) {
	payload, err := c.in.payload(h)
	if err != nil {
		return nil, err
	}
	if err := checkList(payload, fixed, stride, most); err != nil {
		return nil, err
	}
	if err := decode(msg, payload, c.version); err != nil {
		return nil, err
	}
	return c.message(msg), nil
}

func (c *Conn) readCFilter(h frame) (protocol.Input, error) {
	if h.length <= filterPrefix {
		return nil, broken("%d bytes are too few", h.length)
	}
	head, err := c.in.peek(h, filterPrefix)
	if err != nil {
		return nil, err
	}
	block := chainhash.Hash(head[1:])
	if head[0] != byte(wire.GCSFilterRegular) || !c.asked.takeFilter(block) {
		return nil, c.discard(h)
	}
	payload, err := c.in.own(h, firstGrab)
	if err != nil {
		return nil, err
	}
	data, hash, err := parseFilter(payload)
	if err != nil {
		return nil, err
	}
	return protocol.FilterReceived{Peer: c.id, Block: block, FilterHash: hash, Data: data}, nil
}

func (c *Conn) readBlock(h frame) (protocol.Input, error) {
	if h.length <= blockHeaderSize {
		return nil, broken("%d bytes are too few", h.length)
	}
	if n, _ := c.asked.items(); n == 0 {
		return nil, c.discard(h)
	}
	head, err := c.in.peek(h, blockHeaderSize)
	if err != nil {
		return nil, err
	}
	want := chainhash.DoubleHashH(head)
	if !c.asked.takeBlock(want) {
		return nil, c.discard(h)
	}
	payload, err := c.in.payload(h)
	if err != nil {
		return nil, err
	}
	block, verdict, err := c.checkedBlock(want, payload)
	if err != nil {
		return nil, err
	}
	return protocol.BlockReceived{Peer: c.id, Hash: want, Block: block, Err: verdict}, nil
}

// checkedBlock decodes a block and has it checked. verdict is about what the
// block says, err about its form.
func (c *Conn) checkedBlock(want chainhash.Hash, payload []byte) (block *wire.MsgBlock, verdict, err error) {
	if err := checkBlockForm(payload); err != nil {
		return nil, nil, err
	}
	block = new(wire.MsgBlock)
	if err := decode(block, payload, c.version); err != nil {
		return nil, nil, err
	}
	err = guard(func() error {
		verdict = c.cfg.CheckBlock(c.cfg.Params, want, block)
		return nil
	})
	return block, verdict, err
}

// readFiltered reads what matches of a block that was asked for so. Nobody else
// is listened to.
func (c *Conn) readFiltered(h frame) (protocol.Input, error) {
	if h.length <= blockHeaderSize {
		return nil, broken("%d bytes are too few", h.length)
	}
	head, err := c.in.peek(h, blockHeaderSize)
	if err != nil {
		return nil, err
	}
	want := chainhash.DoubleHashH(head)
	if !c.asked.takeFiltered(want) {
		return nil, c.discard(h)
	}
	payload, err := c.in.payload(h)
	if err != nil {
		return nil, err
	}
	block, verdict := merkle.ParseFiltered(payload)
	if verdict == nil {
		c.asked.expectTxs(block.Matches)
	}
	return protocol.FilteredReceived{Peer: c.id, Hash: want, Block: block, Err: verdict}, nil
}

func (c *Conn) readTx(h frame) (protocol.Input, error) {
	if _, n := c.asked.items(); n == 0 {
		return nil, c.discard(h)
	}
	payload, err := c.in.payload(h)
	if err != nil {
		return nil, err
	}
	tx, err := parseTx(payload, c.version)
	if err != nil {
		return nil, err
	}
	if !c.asked.takeTx(tx.TxHash()) && !c.asked.takeTx(tx.WitnessHash()) {
		if !c.junk.take(time.Now(), h.length) {
			return nil, flood("more than is of use")
		}
		return nil, nil
	}
	return protocol.TxReceived{Peer: c.id, Tx: tx}, nil
}

// decode lets package wire read a payload whole. Whatever it objects to, a
// panic included, is the peer's fault.
func decode(msg wire.Message, payload []byte, version uint32) error {
	return guard(func() error {
		b := bytes.NewBuffer(payload)
		if err := msg.BtcDecode(b, version, wire.WitnessEncoding); err != nil {
			return broken("decode: %w", err)
		}
		if b.Len() > 0 {
			return broken("%d bytes too many", b.Len())
		}
		return nil
	})
}

// guard runs f and turns a panic into a fault: a stranger's bytes must not end
// the program.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = broken("panic: %v", p)
		}
	}()
	return f()
}
