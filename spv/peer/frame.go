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
	decoy    bool // says nothing (BIP324)
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

// frames reads frames off a connection, or packets that hold as much (BIP324). A frame once begun has deadlines; the
// silence between frames has none, unless until is set.
type frames struct {
	conn           deadliner
	in             *bufio.Reader
	magic          wire.BitcoinNet
	headerTimeout  time.Duration
	payloadTimeout time.Duration
	payloadRate    int64 // bytes per second

	open *opener // nil in plain text
	body []byte  // the payload of the packet read last
	// most is the longest payload that may come now. A frame is judged by its
	// name; a packet hides it until it is there.
	most func() uint32

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
		most:           func() uint32 { return maxEarlyPayload },
	}
}

// next waits for a frame header, for ever if need be until its first byte is
// there. The payload must then be read or skipped whole.
func (f *frames) next() (frame, error) {
	if f.open != nil {
		return f.nextPacket()
	}
	b, err := f.head(headerSize)
	if err != nil {
		return frame{}, err
	}
	h, err := parseFrame(b, f.magic)
	if err != nil {
		return frame{}, err
	}
	f.in.Discard(headerSize)
	f.fresh = true
	return h, nil
}

// head waits for what every message begins with.
func (f *frames) head(size int) ([]byte, error) {
	if f.in.Buffered() == 0 {
		if err := f.disarm(); err != nil {
			return nil, err
		}
		if _, err := f.in.Peek(1); err != nil {
			return nil, err
		}
	}
	if f.in.Buffered() < size {
		if err := f.arm(f.headerTimeout); err != nil {
			return nil, err
		}
	}
	b, err := f.in.Peek(size)
	return b, midway(err)
}

// nextPacket is next for packets, which come whole.
func (f *frames) nextPacket() (frame, error) {
	contents, decoy, err := f.packet()
	if err != nil {
		return frame{}, err
	}
	if decoy {
		f.body = nil
		return frame{length: uint32(len(contents)), decoy: true}, nil
	}
	name, body, err := splitType(contents)
	if err != nil {
		return frame{}, err
	}
	f.body = body
	return frame{command: name, length: uint32(len(body))}, nil
}

// packet reads and opens one packet.
func (f *frames) packet() (contents []byte, decoy bool, err error) {
	b, err := f.head(packetLenSize)
	if err != nil {
		return nil, false, err
	}
	n, err := f.open.length(b)
	if err != nil {
		return nil, false, err
	}
	if n > int(f.most())+longTypeSize {
		return nil, false, flood("a larger packet than is of use")
	}
	f.in.Discard(packetLenSize)
	f.fresh = true
	sealed, err := f.read(f.scratch[:0], frame{length: uint32(n + packetOverhead)})
	if err != nil {
		return nil, false, err
	}
	f.keep(sealed)
	return f.open.contents(sealed)
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
	if f.open != nil {
		return f.body[:n], nil
	}
	if err := f.begin(h); err != nil {
		return nil, err
	}
	b, err := f.in.Peek(n)
	return b, midway(err)
}

// skip drops the payload of h.
func (f *frames) skip(h frame) error {
	if f.open != nil {
		return nil
	}
	if err := f.begin(h); err != nil {
		return err
	}
	_, err := f.in.Discard(int(h.length))
	return midway(err)
}

// payload reads the payload of h into a buffer that is overwritten by the next
// call, and verifies its checksum.
func (f *frames) payload(h frame) ([]byte, error) {
	if f.open != nil {
		return f.body, nil
	}
	b, err := f.read(f.scratch[:0], h)
	if err != nil {
		return nil, err
	}
	f.keep(b)
	once := sha256.Sum256(b)
	twice := sha256.Sum256(once[:])
	if [4]byte(twice[:4]) != h.checksum {
		return nil, broken("checksum does not fit")
	}
	return b, nil
}

// keep takes a buffer for the next message, unless it is large.
func (f *frames) keep(b []byte) {
	if cap(b) <= keepScratch {
		f.scratch = b
	}
}

// own reads the payload of h into a buffer of its own and leaves the checksum
// unverified. Of grab bytes, room is made at once.
func (f *frames) own(h frame, grab int) ([]byte, error) {
	if f.open != nil {
		return f.body, nil
	}
	return f.read(make([]byte, 0, min(grab, int(h.length))), h)
}

// read reads the payload of h into b. The buffer grows with what has arrived: a
// claim alone costs at most firstGrab.
func (f *frames) read(b []byte, h frame) ([]byte, error) {
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
