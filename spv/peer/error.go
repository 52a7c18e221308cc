package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"thistle/spv/protocol"
)

// Error is why an address could not be used or a connection ended.
type Error struct {
	Op     string // "dial", "handshake", "read", "write"
	Reason protocol.Reason
	Err    error
}

func (e *Error) Error() string {
	if e.Reason == protocol.ReasonNone {
		return fmt.Sprintf("%s: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("%s: %v: %v", e.Op, e.Reason, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// ReasonOf returns the Reason carried by an error of Dial, ReasonNone if there
// is none.
func ReasonOf(err error) protocol.Reason {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return protocol.ReasonNone
}

// fault is a reason found deep in a decoder; explain turns it into an Error.
type fault struct {
	reason protocol.Reason
	err    error
}

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// broken marks a fault that can be proved: bytes no honest peer sends.
func broken(format string, args ...any) error {
	return &fault{protocol.ReasonProtocol, fmt.Errorf(format, args...)}
}

func flood(what string) error {
	return &fault{protocol.ReasonFlood, errors.New(what)}
}

var errQueueFull = errors.New("send queue full")

// explain finds the reason behind an error. What only the network can have
// done proves nothing; a deadline missed by a peer that had begun is slowness.
func explain(op string, err error) *Error {
	var f *fault
	var timeout net.Error
	e := &Error{Op: op, Err: err}
	switch {
	case errors.As(err, &f):
		e.Reason = f.reason
	case errors.Is(err, context.Canceled):
		e.Reason = protocol.ReasonShutdown
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &timeout) && timeout.Timeout():
		e.Reason = protocol.ReasonSlow
	}
	return e
}
