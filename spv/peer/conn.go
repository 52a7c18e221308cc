package peer

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"thistle/spv/chain"
	"thistle/spv/protocol"

	wire "github.com/btcsuite/btcd/wire/v2"
	"golang.org/x/sync/errgroup"
)

// Conn is a connection whose version handshake is done. Run must be called
// once, or Close.
type Conn struct {
	cfg     *Config
	rules   chain.Params // what headers can be checked by alone
	id      protocol.PeerID
	info    protocol.PeerInfo
	version uint32 // negotiated protocol version

	sock *counted
	in   *frames
	out  *queue
	seal *sealer // nil in plain text; of whoever writes

	asked    asked
	news     allowance // reader only
	junk     allowance // reader only
	requests allowance // reader only

	once   sync.Once
	done   chan struct{} // closed at the end
	reason protocol.Reason
	cause  error // may be nil
}

func newConn(cfg *Config, id protocol.PeerID, addr string, plain net.Conn) *Conn {
	sock := &counted{Conn: plain}
	return &Conn{
		cfg:      cfg,
		rules:    chain.Params{Net: cfg.Params},
		id:       id,
		info:     protocol.PeerInfo{ID: id, Addr: addr, Purpose: cfg.Purpose, Transport: protocol.TransportV1},
		version:  ProtocolVersion,
		sock:     sock,
		in:       newFrames(sock, cfg),
		out:      newQueue(),
		news:     newsAllowance(),
		junk:     junkAllowance(),
		requests: requestAllowance(),
		done:     make(chan struct{}),
	}
}

// counted counts the bytes of a connection.
type counted struct {
	net.Conn
	in, out atomic.Uint64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.in.Add(uint64(n))
	return n, err
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.out.Add(uint64(n))
	return n, err
}

// Info returns what the handshake told. UserAgent is escaped and at most 256
// bytes long.
func (c *Conn) Info() protocol.PeerInfo { return c.info }

// Run reads and writes until the connection ends, and returns the reason of its
// end: ReasonNone if the other side closed it, ReasonSlow if it missed a
// deadline, ReasonShutdown if ctx ended or deliver returned an error, what
// Close was given, or what the peer did. All its goroutines have ended when it
// returns.
//
// deliver is called from one goroutine and may block; the peer then waits. It
// owns what it is given.
func (c *Conn) Run(ctx context.Context, deliver func(protocol.Input) error) protocol.Reason {
	var g errgroup.Group
	g.Go(func() error { c.fail("read", c.read(deliver)); return nil })
	g.Go(func() error { c.fail("write", c.write()); return nil })
	g.Go(func() error {
		select {
		case <-ctx.Done():
			c.end(protocol.ReasonShutdown, context.Cause(ctx))
		case <-c.done:
		}
		return nil
	})
	g.Wait() // outcomes go through end, where the first one stays
	why := ""
	if c.cause != nil {
		why = quote(c.cause.Error())
	}
	c.cfg.Log.Debug("peer gone", "peer", uint64(c.id), "addr", c.info.Addr, "reason", c.reason.String(), "err", why)
	return c.reason
}

// Send queues a message and notes what it asks for. It never blocks. False
// means that the connection has ended, be it because the peer does not read
// and the queue is full.
func (c *Conn) Send(msg wire.Message) bool {
	b, err := c.encode(msg)
	if err != nil {
		c.end(protocol.ReasonNone, err)
		return false
	}
	select {
	case <-c.done:
		return false
	default:
	}
	c.asked.note(msg)
	if !c.out.put(b) {
		c.end(protocol.ReasonSlow, errQueueFull)
		return false
	}
	return true
}

// SendPatiently is Send for what is large and can wait: it does so until the peer
// has read most of what was sent before. One goroutine at a time may call it.
func (c *Conn) SendPatiently(ctx context.Context, msg wire.Message) bool {
	for !c.out.low() {
		select {
		case <-c.out.less:
		case <-c.done:
			return false
		case <-ctx.Done():
			return false
		}
	}
	return c.Send(msg)
}

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Traffic returns how many bytes have come and gone so far.
func (c *Conn) Traffic() (in, out uint64) { return c.sock.in.Load(), c.sock.out.Load() }

// Close ends the connection. The first reason given stays; later ones are
// ignored.
func (c *Conn) Close(reason protocol.Reason) { c.end(reason, nil) }

func (c *Conn) end(reason protocol.Reason, cause error) {
	c.once.Do(func() {
		c.reason, c.cause = reason, cause
		close(c.done)
		c.sock.Close()
	})
}

// largest is the longest payload that is of use now: only a block may be larger
// than all else.
func (c *Conn) largest() uint32 {
	if blocks, _ := c.asked.items(); blocks > 0 {
		return maxBlockPayload
	}
	return maxAddrV2Payload
}

func (c *Conn) fail(op string, err error) {
	e := explain(op, err)
	c.end(e.Reason, e)
}

// read turns frames into inputs until it fails.
func (c *Conn) read(deliver func(protocol.Input) error) error {
	for {
		h, err := c.in.next()
		if err != nil {
			return err
		}
		input, err := c.receive(h)
		if err != nil {
			return err
		}
		if input == nil {
			continue
		}
		if err := deliver(input); err != nil {
			return &fault{protocol.ReasonShutdown, err}
		}
	}
}

// write empties the queue into the socket until it fails or the connection
// ends.
func (c *Conn) write() error {
	for {
		select {
		case <-c.done:
			return net.ErrClosed
		case <-c.out.ready:
		}
		for b := c.out.first(); b != nil; b = c.out.first() {
			packed, err := c.pack(b)
			if err != nil {
				return err
			}
			if err := c.sock.SetWriteDeadline(time.Now().Add(c.cfg.WriteTimeout)); err != nil {
				return err
			}
			if _, err := c.sock.Write(packed); err != nil {
				return err
			}
			c.out.drop()
		}
	}
}
