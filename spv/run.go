package spv

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"thistle/spv/peer"
	"thistle/spv/protocol"

	"golang.org/x/sync/errgroup"
)

// commandQueue holds what the program wants until the machine takes it.
type commandQueue struct {
	mu    sync.Mutex
	queue []protocol.Input
	more  chan struct{}
}

func (q *commandQueue) put(in protocol.Input) {
	q.mu.Lock()
	q.queue = append(q.queue, in)
	q.mu.Unlock()
	q.wake()
}

// wake has Run look up from whatever it waits for.
func (q *commandQueue) wake() {
	select {
	case q.more <- struct{}{}:
	default:
	}
}

func (q *commandQueue) take() []protocol.Input {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := q.queue
	q.queue = nil
	return taken
}

// runner is one run of the client: its connections and the way to the disk.
type runner struct {
	c      *Client
	ctx    context.Context
	group  *errgroup.Group
	saves  chan []protocol.Output
	queued backlog       // of saves
	lastID atomic.Uint64 // of the connections
	nonces peer.NonceSet
	server *server
	plain  peer.PlainSet
}

// Run talks to the network until ctx ends; then its error is nil. Any other
// error is the disk's: of the kinds ErrDiskFull and ErrDamaged, or the system's.
func (c *Client) Run(ctx context.Context) error {
	group, inner := errgroup.WithContext(ctx)
	r := &runner{c: c, ctx: inner, group: group, saves: make(chan []protocol.Output, 512), server: newServer(c)}
	r.queued.less = make(chan struct{}, 1)
	group.Go(r.loop)
	group.Go(r.saveLoop)
	if c.cfg.Listen != "" {
		group.Go(r.listen)
	}
	if c.cfg.Bloom != "" {
		group.Go(r.keepOwnNode)
	}
	err := group.Wait()
	c.keepBook()
	if ctx.Err() != nil && (err == nil || err == context.Canceled) {
		return nil
	}
	return err
}

// loop is the one goroutine that steps the machine.
func (r *runner) loop() error {
	defer close(r.saves)
	c := r.c
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var outs []protocol.Output
		select {
		case <-r.ctx.Done():
			return nil
		case <-timer.C:
			outs = c.tick()
		case in := <-c.inputs:
			outs = c.step(in)
		case <-c.commands.more:
			for _, in := range c.commands.take() {
				outs = append(outs, c.step(in)...)
			}
		}
		if err := c.failed(); err != nil {
			return kindOf("read chain data", err)
		}
		if !r.execute(outs) {
			return nil
		}
		r.rearm(timer)
	}
}

// rearm sets the timer for when the machine wants to be called.
func (r *runner) rearm(timer *time.Timer) {
	r.c.mu.RLock()
	next := r.c.machine.Next()
	r.c.mu.RUnlock()
	pause := time.Hour
	if !next.IsZero() {
		// A wake-up in the past must not spin.
		pause = max(next.Sub(r.c.cfg.Now()), time.Millisecond)
	}
	timer.Reset(pause)
}

func (c *Client) step(in protocol.Input) []protocol.Output {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := in.(protocol.LookAround); ok {
		c.looks--
	}
	return c.machine.Step(c.cfg.Now(), in)
}

// failed is why the chain cannot be read back from disk, if it cannot. It is
// found damaged then and set aside when it is opened next.
func (c *Client) failed() error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.machine.Err()
}

// sound reports whether all that was asked of the chain could be read. If not, Run
// ends at once. c.mu is held.
func (c *Client) sound() bool {
	if c.machine.Err() == nil {
		return true
	}
	c.commands.wake()
	return false
}

func (c *Client) tick() []protocol.Output {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.machine.Tick(c.cfg.Now())
}

// execute carries out outputs in order. What concerns the disk, and all news,
// goes through the saver, so that news never overtakes the disk. False means
// that the run has ended.
func (r *runner) execute(outs []protocol.Output) bool {
	var saves []protocol.Output
	for _, out := range outs {
		switch out := out.(type) {
		case protocol.Dial:
			r.dial(out)
		case protocol.Disconnect:
			if conn := r.c.lines.get(out.Peer); conn != nil {
				conn.Close(out.Reason)
			}
		case protocol.Send:
			if conn := r.c.lines.get(out.Peer); conn != nil {
				conn.Send(out.Msg)
			}
		case protocol.Resolve:
			r.resolve()
		case protocol.Emit:
			if b, ok := out.Event.(protocol.BlockArrived); ok {
				r.c.blockArrived(&b)
				continue
			}
			saves = append(saves, out)
		default:
			r.c.noteDirect(out)
			saves = append(saves, out)
		}
	}
	if len(saves) == 0 {
		return true
	}
	if !r.queued.add(r.ctx, weigh(saves)) {
		return false
	}
	select {
	case r.saves <- saves:
		return true
	case <-r.ctx.Done():
		return false
	}
}

// deliver hands an input to the machine, or ends with the run.
func (r *runner) deliver(in protocol.Input) error {
	select {
	case r.c.inputs <- in:
		return nil
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}

func (r *runner) resolve() {
	r.group.Go(func() error {
		ctx, cancel := context.WithTimeout(r.ctx, 15*time.Second)
		defer cancel()
		answers := peer.Resolve(ctx, r.c.cfg.Resolver, r.c.cfg.Params.Net)
		found := 0
		for _, a := range answers {
			found += len(a.Addrs)
		}
		r.c.log.Info("asked dns seeds", "found", found)
		_ = r.deliver(protocol.AddressesFound{Answers: answers})
		return nil
	})
}
