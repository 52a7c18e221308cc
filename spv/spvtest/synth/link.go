package synth

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"

	"golang.org/x/sync/errgroup"
)

const (
	protocolVersion uint32 = 70016
	// maxQueued is how many replies wait on one connection; whoever asks more
	// is not read for a while.
	maxQueued = 4096
	// writeBuffer spares system calls; a filter is about 21 kB.
	writeBuffer = 128 << 10
)

// reply is written when it is due, and made only then: a thousand filters must
// not wait in memory.
type reply struct {
	due   time.Time
	write func(*writer) error
}

// link is one connection.
type link struct {
	p           *Peer
	conn        net.Conn
	queue       chan reply
	sendHeaders atomic.Bool
}

var errHangUp = errors.New("synth: hung up")

// Talk speaks with one client until the connection or ctx ends. It closes conn.
func (p *Peer) Talk(ctx context.Context, conn net.Conn) error {
	l := &link{p: p, conn: conn, queue: make(chan reply, maxQueued)}
	group, inner := errgroup.WithContext(ctx)
	stop := context.AfterFunc(inner, func() { conn.Close() })
	defer stop()
	group.Go(func() error { return l.read(inner) })
	group.Go(func() error { return l.write(inner) })
	err := group.Wait()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
	return err
}

func (l *link) read(ctx context.Context) error {
	in := bufio.NewReader(l.conn)
	for {
		_, msg, _, err := wire.ReadMessageWithEncodingN(in, protocolVersion, l.p.chain.net.Net, wire.WitnessEncoding)
		if errors.Is(err, wire.ErrUnknownMessage) {
			continue
		}
		if err != nil {
			return err
		}
		write, err := l.take(msg)
		if err != nil {
			return err
		}
		if write == nil {
			continue
		}
		select {
		case l.queue <- reply{time.Now().Add(l.p.manners.Latency), write}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// take decides what to reply, nil for nothing.
func (l *link) take(msg wire.Message) (func(*writer) error, error) {
	switch msg := msg.(type) {
	case *wire.MsgVersion:
		nonce := msg.Nonce + 1
		return func(w *writer) error {
			if err := w.message(l.p.version(nonce)); err != nil {
				return err
			}
			return w.message(wire.NewMsgVerAck())
		}, nil
	case *wire.MsgVerAck:
		l.p.mu.Lock()
		l.p.links[l] = true
		l.p.mu.Unlock()
		return nil, nil
	case *wire.MsgPing:
		return func(w *writer) error { return w.message(wire.NewMsgPong(msg.Nonce)) }, nil
	case *wire.MsgSendHeaders:
		l.sendHeaders.Store(true)
		return nil, nil
	case *wire.MsgGetHeaders, *wire.MsgGetCFHeaders, *wire.MsgGetCFCheckpt, *wire.MsgGetCFilters, *wire.MsgGetData:
		n := l.p.requests.Add(1) - 1
		act := Answer
		if l.p.manners.Obey != nil {
			act = l.p.manners.Obey(n, msg)
		}
		return l.obey(act, msg)
	}
	return nil, nil
}

func (l *link) obey(act Act, msg wire.Message) (func(*writer) error, error) {
	data, isData := msg.(*wire.MsgGetData)
	switch {
	case act == HangUp:
		return nil, errHangUp
	case act == Refuse && isData:
		return func(w *writer) error { return w.message(&wire.MsgNotFound{InvList: data.InvList}) }, nil
	case act != Answer:
		return nil, nil
	}
	return func(w *writer) error { return l.p.answer(w, msg) }, nil
}

// announce is called with p.mu held and never waits: who reads so little need
// not know.
func (l *link) announce(from, to int32) {
	write := func(w *writer) error {
		if l.sendHeaders.Load() {
			return l.p.writeHeaders(w, from, to)
		}
		hash := l.p.chain.HashAt(to)
		inv := wire.NewMsgInv()
		_ = inv.AddInvVect(wire.NewInvVect(wire.InvTypeBlock, &hash)) // room for one
		return w.message(inv)
	}
	select {
	case l.queue <- reply{time.Now(), write}:
	default:
	}
}

func (l *link) write(ctx context.Context) error {
	w := &writer{p: l.p, ctx: ctx, out: bufio.NewWriterSize(l.conn, writeBuffer)}
	for {
		var r reply
		select {
		case r = <-l.queue:
		default:
			if err := w.out.Flush(); err != nil {
				return err
			}
			select {
			case r = <-l.queue:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err := w.until(r.due); err != nil {
			return err
		}
		if err := r.write(w); err != nil {
			return err
		}
	}
}

// writer frames messages.
type writer struct {
	p       *Peer
	ctx     context.Context
	out     *bufio.Writer
	free    time.Time // when the line has carried what was written
	payload []byte    // to be used again
}

// until waits for a moment. What is written already goes out first.
func (w *writer) until(t time.Time) error {
	pause := time.Until(t)
	if pause <= 0 {
		return nil
	}
	if err := w.out.Flush(); err != nil {
		return err
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
}

// message writes one of btcd's messages.
func (w *writer) message(m wire.Message) error {
	var b bytes.Buffer
	if _, err := wire.WriteMessageWithEncodingN(&b, m, protocolVersion, w.p.chain.net.Net, wire.WitnessEncoding); err != nil {
		return err
	}
	if err := w.carry(b.Len()); err != nil {
		return err
	}
	_, err := b.WriteTo(w.out)
	return err
}

// frame writes a payload in one or two parts.
func (w *writer) frame(command string, first, second []byte) error {
	var h [wire.MessageHeaderSize]byte
	frameHeader(&h, w.p.chain.net.Net, command, first, second)
	if err := w.carry(len(h) + len(first) + len(second)); err != nil {
		return err
	}
	for _, part := range [][]byte{h[:], first, second} {
		if _, err := w.out.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// carry lets the time pass that the line takes for so many bytes.
func (w *writer) carry(n int) error {
	w.p.bytes.Add(int64(n))
	if w.p.manners.Bandwidth == 0 {
		return nil
	}
	if now := time.Now(); w.free.Before(now) {
		w.free = now
	}
	w.free = w.free.Add(time.Duration(n) * time.Second / time.Duration(w.p.manners.Bandwidth))
	return w.until(w.free)
}

// hashesOf turns btcd's list of pointers into values.
func hashesOf(list []*chainhash.Hash) []chainhash.Hash {
	out := make([]chainhash.Hash, len(list))
	for i, h := range list {
		out[i] = *h
	}
	return out
}
