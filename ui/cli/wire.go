package cli

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"thistle/app"
)

// Between a command and the daemon: the command sends its arguments and how it is
// connected to a person. The daemon runs it, and calls back for all that happens
// where the person is: writing, reading, asking for a secret. In the end comes the
// exit code. Secrets pass as bytes that both ends clear.

// op says what a frame is.
type op byte

const (
	opRequest op = iota + 1 // to the daemon: a request
	opCancel                // to the daemon: the person has interrupted the command
	opDone                  // to the daemon: what a call has brought
	opFailed                // to the daemon: why a call could not be done

	opOut  // a call: write this
	opErr  // a call: write this to stderr
	opIn   // a call: read from stdin, at most so many bytes
	opAsk  // a call: have a secret typed after this prompt
	opFile // a call: read the file of this name

	opExit // the exit code; nothing follows
)

// request is a command to be run.
type request struct {
	Version string   `json:"version"`
	Args    []string `json:"args"`
	// In, Out and Err tell where a person sits.
	In     bool `json:"in"`
	Out    bool `json:"out"`
	Err    bool `json:"err"`
	Colour bool `json:"colour"`
	// Stop says that the daemon is to end, whatever its version.
	Stop bool `json:"stop"`
}

// maxFrame bounds what one frame carries, in bytes.
const maxFrame = 1 << 20

// errFrame says that the other end does not speak our language.
var errFrame = errors.New("the other program says something that makes no sense")

type frame struct {
	op      op
	id      uint32 // of the call
	payload []byte
}

// phone sends and receives frames. It keeps no copies of what they carry.
type phone struct {
	conn *app.Conn
	mu   sync.Mutex // one frame at a time is sent
}

const frameHead = 9

func (l *phone) send(o op, id uint32, payload []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return writeFrame(l.conn, frame{o, id, payload})
}

func (l *phone) receive() (frame, error) { return readFrame(l.conn) }

func writeFrame(w io.Writer, f frame) error {
	var head [frameHead]byte
	head[0] = byte(f.op)
	binary.BigEndian.PutUint32(head[1:], f.id)
	binary.BigEndian.PutUint32(head[5:], uint32(len(f.payload)))
	_, err := w.Write(head[:])
	if err == nil && len(f.payload) > 0 { // the other end may be done by now
		_, err = w.Write(f.payload)
	}
	return err
}

// readFrame reads one frame. What is too large, or of no known kind, is errFrame.
func readFrame(r io.Reader) (frame, error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	f := frame{op: op(head[0]), id: binary.BigEndian.Uint32(head[1:])}
	size := binary.BigEndian.Uint32(head[5:])
	if f.op < opRequest || f.op > opExit || size > maxFrame {
		return frame{}, errFrame
	}
	f.payload = make([]byte, size)
	if _, err := io.ReadFull(r, f.payload); err != nil {
		clear(f.payload)
		return frame{}, err
	}
	return f, nil
}

// caller is the daemon's end: a command that somebody has called to run.
type caller struct {
	phone
	mu      sync.Mutex // guards what follows
	last    uint32
	waiting map[uint32]chan frame
	gone    error // why nothing comes any more
}

// errHungUp says that the command's other end is gone.
var errHungUp = errors.New("the command's other end is gone")

// listen takes answers until the connection ends. cancel is told when the person
// interrupts the command, or is gone.
func (c *caller) listen(cancel func()) {
	defer cancel()
	for {
		f, err := c.receive()
		if err != nil {
			c.hangUp()
			return
		}
		switch f.op {
		case opCancel:
			cancel()
		case opDone, opFailed:
			c.answered(f)
		default:
			c.hangUp()
			return
		}
	}
}

// answered gives an answer to who waits for it. Under the lock, so that forget
// finds it: it may be a secret.
func (c *caller) answered(f frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	answer := c.waiting[f.id]
	delete(c.waiting, f.id)
	if answer == nil {
		clear(f.payload)
		return
	}
	answer <- f // there is room for one
}

// hangUp lets nobody wait for an answer that will not come.
func (c *caller) hangUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = errHungUp
	for id, answer := range c.waiting {
		answer <- frame{op: opFailed, payload: []byte(errHungUp.Error())}
		delete(c.waiting, id)
	}
}

// call has something done where the person is, and waits for what it brings.
func (c *caller) call(ctx context.Context, o op, payload []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	answer := make(chan frame, 1)
	c.mu.Lock()
	if c.gone != nil {
		c.mu.Unlock()
		return nil, c.gone
	}
	c.last++
	id := c.last
	if c.waiting == nil {
		c.waiting = make(map[uint32]chan frame)
	}
	c.waiting[id] = answer
	c.mu.Unlock()
	if err := c.send(o, id, payload); err != nil {
		return nil, fmt.Errorf("%w: %w", errHungUp, err)
	}
	select {
	case f := <-answer:
		if f.op == opFailed {
			return nil, errors.New(string(f.payload))
		}
		return f.payload, nil
	case <-ctx.Done():
		c.forget(id, answer)
		return nil, ctx.Err()
	}
}

// forget ends the waiting for an answer, and clears one that came meanwhile.
func (c *caller) forget(id uint32, answer chan frame) {
	c.mu.Lock()
	delete(c.waiting, id)
	c.mu.Unlock()
	select {
	case f := <-answer:
		clear(f.payload)
	default:
	}
}

func (c *caller) exit(code int) error {
	return c.send(opExit, 0, binary.BigEndian.AppendUint32(nil, uint32(code)))
}

// remote is a stream of the command's other end.
type remote struct {
	ctx context.Context
	c   *caller
	op  op
}

// Write returns when the bytes are written where the person is.
func (r remote) Write(b []byte) (int, error) {
	for n := 0; n < len(b); {
		part := b[n:min(n+maxFrame, len(b))]
		if _, err := r.c.call(r.ctx, r.op, part); err != nil {
			return n, err
		}
		n += len(part)
	}
	return len(b), nil
}

// Read returns when there is something to read where the person is.
func (r remote) Read(b []byte) (int, error) {
	most := binary.BigEndian.AppendUint32(nil, uint32(min(len(b), maxFrame)))
	got, err := r.c.call(r.ctx, r.op, most)
	if err != nil {
		return 0, err
	}
	if len(got) == 0 {
		return 0, io.EOF
	}
	defer clear(got)
	return copy(b, got), nil
}
