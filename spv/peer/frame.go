package peer

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"time"

	wire "github.com/btcsuite/btcd/wire/v2"
)

const (
	headerSize = wire.MessageHeaderSize // magic 4, command 12, length 4, checksum 4

	// maxPayload is the most any message may claim, known to us or not.
	maxPayload = wire.MaxProtocolMessageLength

	// readBuffer is the buffer each connection keeps for reading, in bytes.
	readBuffer = 32 << 10

	// firstGrab is how much of a payload is allocated on its claim alone.
	// Filters, the bulk of what we fetch, fit.
	firstGrab = 64 << 10

	// keepScratch is the largest payload buffer kept for the next message.
	keepScratch = 256 << 10
)

// command is the name of a message as it stands in a frame header, padded with
// NUL. Used as a map key, a name with bytes after its NUL is simply unknown.
type command [wire.CommandSize]byte

func commandOf(name string) (c command) {
	copy(c[:], name)
	return c
}

// frame is a frame header without its magic.
type frame struct {
	command  command
	length   uint32
	checksum [4]byte
}

// parseFrame reads a frame header of headerSize bytes.
func parseFrame(b []byte, magic wire.BitcoinNet) (f frame, err error) {
	if got := binary.LittleEndian.Uint32(b); got != uint32(magic) {
		return f, broken("magic %08x is not of this network", got)
	}
	copy(f.command[:], b[4:16])
	f.length = binary.LittleEndian.Uint32(b[16:])
	copy(f.checksum[:], b[20:24])
	if f.length > maxPayload {
		return f, broken("payload of %d bytes claimed", f.length)
	}
	return f, nil
}

// deadliner is the part of a net.Conn that the frame reader needs.
type deadliner interface {
	io.Reader
	SetReadDeadline(time.Time) error
}

// frames reads frames off a connection. A frame once begun has deadlines; the
// silence between frames has none, unless until is set.
type frames struct {
	conn           deadliner
	in             *bufio.Reader
	magic          wire.BitcoinNet
	headerTimeout  time.Duration
	payloadTimeout time.Duration
	payloadRate    int64 // bytes per second

	until   time.Time // absolute deadline of the handshake
	armed   bool
	fresh   bool // a header has been read, and nothing of its payload
	scratch []byte
}

func newFrames(conn deadliner, cfg *Config) *frames {
	return &frames{
		conn:           conn,
		in:             bufio.NewReaderSize(conn, readBuffer),
		magic:          cfg.Net,
		headerTimeout:  cfg.HeaderTimeout,
		payloadTimeout: cfg.PayloadTimeout,
		payloadRate:    cfg.PayloadRate,
	}
}

// next waits for a frame header, for ever if need be until its first byte is
// there. The payload must then be read or skipped whole.
func (f *frames) next() (frame, error) {
	if f.in.Buffered() == 0 {
		if err := f.disarm(); err != nil {
			return frame{}, err
		}
		if _, err := f.in.Peek(1); err != nil {
			return frame{}, err
		}
	}
	if f.in.Buffered() < headerSize {
		if err := f.arm(f.headerTimeout); err != nil {
			return frame{}, err
		}
	}
	b, err := f.in.Peek(headerSize)
	if err != nil {
		return frame{}, midway(err)
	}
	h, err := parseFrame(b, f.magic)
	if err != nil {
		return frame{}, err
	}
	f.in.Discard(headerSize)
	f.fresh = true
	return h, nil
}

// begin sets the deadline of the payload of h, once.
func (f *frames) begin(h frame) error {
	if !f.fresh || f.in.Buffered() >= int(h.length) {
		return nil
	}
	f.fresh = false
	return f.arm(f.payloadTimeout + time.Duration(int64(h.length)*int64(time.Second)/f.payloadRate))
}

// peek returns the first n bytes of the payload of h, which must have them, and
// leaves them to be read. n must not exceed the read buffer.
func (f *frames) peek(h frame, n int) ([]byte, error) {
	if err := f.begin(h); err != nil {
		return nil, err
	}
	b, err := f.in.Peek(n)
	return b, midway(err)
}

// skip drops the payload of h.
func (f *frames) skip(h frame) error {
	if err := f.begin(h); err != nil {
		return err
	}
	_, err := f.in.Discard(int(h.length))
	return midway(err)
}

// payload reads the payload of h into a buffer that is overwritten by the next
// call, and verifies its checksum.
func (f *frames) payload(h frame) ([]byte, error) {
	b, err := f.fill(f.scratch[:0], h)
	if err != nil {
		return nil, err
	}
	if cap(b) <= keepScratch {
		f.scratch = b
	}
	once := sha256.Sum256(b)
	twice := sha256.Sum256(once[:])
	if [4]byte(twice[:4]) != h.checksum {
		return nil, broken("checksum does not fit")
	}
	return b, nil
}

// own reads the payload of h into a buffer of its own and leaves the checksum
// unverified.
func (f *frames) own(h frame) ([]byte, error) {
	return f.fill(nil, h)
}

// fill reads the payload of h into b. The buffer grows with what has arrived: a
// claim alone costs at most firstGrab.
func (f *frames) fill(b []byte, h frame) ([]byte, error) {
	if err := f.begin(h); err != nil {
		return nil, err
	}
	n := int(h.length)
	for len(b) < n {
		if len(b) == cap(b) {
			grown := make([]byte, len(b), min(n, max(firstGrab, 2*len(b))))
			copy(grown, b)
			b = grown
		}
		had := len(b)
		b = b[:min(n, cap(b))]
		if _, err := io.ReadFull(f.in, b[had:]); err != nil {
			return nil, midway(err)
		}
	}
	return b, nil
}

func (f *frames) arm(d time.Duration) error {
	f.armed = true
	t := time.Now().Add(d)
	if !f.until.IsZero() && f.until.Before(t) {
		t = f.until
	}
	return f.conn.SetReadDeadline(t)
}

func (f *frames) disarm() error {
	if !f.armed {
		return nil
	}
	f.armed = false
	return f.conn.SetReadDeadline(f.until)
}

// limit sets the absolute deadline for everything until it is set anew; the
// zero time lifts it.
func (f *frames) limit(t time.Time) {
	f.until = t
	f.armed = true // whatever is set on the connection is no longer right
}

// midway turns the end of the stream inside a frame into what it is.
func midway(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
