package spv

import (
	"errors"
	"slices"
	"sync"
	"time"

	"thistle/spv/cfilter"
	"thistle/spv/chain"
	"thistle/spv/peer"
	"thistle/spv/protocol"
	"thistle/spv/store"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

const (
	// uploadRate is how many bytes a second go to those who ask us, all together;
	// uploadBurst may go at once after a quiet time: it is what a client needs
	// that was away for some days.
	uploadRate  = 1 << 20
	uploadBurst = 32 << 20
	// maxRequests is how many requests of one peer may wait. The machine allows
	// fewer.
	maxRequests = 128
	// keepHashes is how many periods of filter hashes are kept (129 kB each): to
	// have one, 40 MB of filters must be read. That is done by hashAtOnce filters,
	// and no faster than readRate bytes a second in the long run: who asks for the
	// hashes of ever other filters must not have the disk to itself. readBurst is
	// what a client like us asks for at once.
	keepHashes = 16
	hashAtOnce = 100
	readRate   = 32 << 20
	readBurst  = 256 << 20
	// usualFilter is more than almost all filters take.
	usualFilter = 64 << 10
	// pointEvery is BIP157's distance between filter checkpoints; pointsAtOnce is
	// how many are looked up while the machine waits.
	pointEvery   = 1000
	pointsAtOnce = 16
)

var (
	errGone  = errors.New("what was asked for is here no more")
	errOther = errors.New("the filters are not those agreed on")
	errLeft  = errors.New("who asked is gone")
)

// server answers requests of peers from disk, beside the machine: each peer's in
// order, one after the other.
type server struct {
	c      *Client
	upload budget
	read   budget

	mu    sync.Mutex
	lines map[protocol.PeerID]chan protocol.Serve

	hashing sync.Mutex // held by who reads filters to hash them
	hashes  []*hashPeriod

	pointMu sync.Mutex
	points  []chainhash.Hash
}

// hashPeriod is the filter hashes of one period, with the blocks they are of.
type hashPeriod struct {
	number         int32
	blocks, hashes [protocol.FilterPeriod]chainhash.Hash
}

func newServer(c *Client) *server {
	return &server{
		c: c, upload: budget{rate: uploadRate, burst: uploadBurst}, read: budget{rate: readRate, burst: readBurst},
		lines: make(map[protocol.PeerID]chan protocol.Serve),
	}
}

// serve puts a request in its peer's line, which lives as long as the connection.
func (r *runner) serve(out protocol.Serve) {
	conn := r.c.lines.get(out.Peer)
	if conn == nil {
		return
	}
	s := r.server
	s.mu.Lock()
	defer s.mu.Unlock()
	line := s.lines[out.Peer]
	if line == nil {
		line = make(chan protocol.Serve, maxRequests)
		s.lines[out.Peer] = line
		r.group.Go(func() error { r.serveLine(conn, out.Peer, line); return nil })
	}
	select {
	case line <- out:
	default:
		conn.Close(protocol.ReasonFlood)
	}
}

func (r *runner) serveLine(conn *peer.Conn, id protocol.PeerID, line <-chan protocol.Serve) {
	for {
		select {
		case <-conn.Done(): // as it is at the end of the run
			r.server.mu.Lock()
			delete(r.server.lines, id)
			r.server.mu.Unlock()
			return
		case out := <-line:
			done := protocol.Served{Peer: id}
			err := r.server.answer(out, conn.Done(), func(msg wire.Message, size int) error {
				if !r.server.upload.wait(conn.Done(), size) || !conn.SendPatiently(r.ctx, msg) {
					return errLeft
				}
				done.Messages++
				done.Bytes += uint64(size)
				return nil
			})
			if err != nil {
				r.c.log.Debug("not served", "peer", uint64(id), "what", out.What.String(), "err", err)
			}
			_ = r.deliver(done)
		}
	}
}

// give queues one message of so many bytes.
type give func(msg wire.Message, size int) error

func (s *server) answer(out protocol.Serve, gone <-chan struct{}, to give) error {
	switch out.What {
	case protocol.ServeHeaders:
		return s.headers(out, to)
	case protocol.ServeFilters:
		return s.filters(out, to)
	case protocol.ServeFilterHashes:
		return s.filterHashes(out, gone, to)
	case protocol.ServeFilterPoints:
		return s.filterPoints(out, to)
	}
	return nil
}

// look shows the chain while it still ends, or passes through, what was asked for.
func (s *server) look(stop Tip, fn func() bool) error {
	s.c.mu.RLock()
	defer s.c.mu.RUnlock()
	if hash, ok := s.c.tree.HashAt(stop.Height); !ok || hash != stop.Hash || !fn() || !s.c.sound() {
		return errGone
	}
	return nil
}

func (s *server) headers(out protocol.Serve, to give) error {
	msg := &wire.MsgHeaders{}
	err := s.look(out.Stop, func() bool {
		for h := out.From; h <= out.Stop.Height; h++ {
			header, ok := s.c.tree.HeaderAt(h)
			if !ok {
				return false
			}
			plain := header.Wire()
			msg.Headers = append(msg.Headers, &plain)
		}
		return true
	})
	if err != nil {
		return err
	}
	return to(msg, 1+len(msg.Headers)*(chain.HeaderSize+1))
}

// blocks lists the hashes of the blocks asked for.
func (s *server) blocks(out protocol.Serve) ([]chainhash.Hash, error) {
	blocks := make([]chainhash.Hash, 0, out.Stop.Height-out.From+1)
	err := s.look(out.Stop, func() bool {
		for h := out.From; h <= out.Stop.Height; h++ {
			hash, ok := s.c.tree.HashAt(h)
			if !ok {
				return false
			}
			blocks = append(blocks, hash)
		}
		return true
	})
	return blocks, err
}

func (s *server) filters(out protocol.Serve, to give) error {
	blocks, err := s.blocks(out)
	if err != nil {
		return err
	}
	for i, block := range blocks {
		filter, err := s.filter(nil, out.From+int32(i), block)
		if err != nil {
			return err
		}
		if err := to(wire.NewMsgCFilter(wire.GCSFilterRegular, &block, filter), len(filter)+40); err != nil {
			return err
		}
	}
	return nil
}

// filter reads the filter of a block, and has it fetched again if it is gone.
func (s *server) filter(buf []byte, height int32, block chainhash.Hash) ([]byte, error) {
	if height == 0 {
		return cfilter.GenesisFilter(s.c.cfg.Params.Net), nil
	}
	filter, err := s.c.store.FilterInto(buf, height, block)
	if errors.Is(err, store.ErrMissing) {
		s.c.filterGone(height, block, err)
	}
	return filter, err
}

func (s *server) filterHashes(out protocol.Serve, gone <-chan struct{}, to give) error {
	blocks, err := s.blocks(out)
	if err != nil {
		return err
	}
	hashes, err := s.agreed(out, blocks, gone)
	if errors.Is(err, errOther) {
		// Those kept may be of filters that were found to be false.
		s.forgetHashes(out.From, blocks)
		hashes, err = s.agreed(out, blocks, gone)
	}
	if err != nil {
		return err
	}
	return to(hashes, 67+len(hashes.FilterHashes)*chainhash.HashSize)
}

// agreed is the answer to a question for filter hashes: errOther if what lies on
// disk, or is kept, is of another time than what is agreed.
func (s *server) agreed(out protocol.Serve, blocks []chainhash.Hash, gone <-chan struct{}) (*wire.MsgCFHeaders, error) {
	hashes, err := s.hashesOf(out.From, blocks, gone)
	if err != nil {
		return nil, err
	}
	msg := &wire.MsgCFHeaders{FilterType: wire.GCSFilterRegular, StopHash: out.Stop.Hash}
	var end chainhash.Hash
	err = s.look(out.Stop, func() bool {
		known := true
		if out.From > 0 {
			msg.PrevFilterHeader, known = s.c.machine.FilterHeader(out.From - 1)
		}
		header, ok := s.c.machine.FilterHeader(out.Stop.Height)
		end = header
		return known && ok
	})
	if err != nil {
		return nil, err
	}
	header := msg.PrevFilterHeader
	for i := range hashes {
		header = cfilter.NextHeader(hashes[i], header)
		msg.FilterHashes = append(msg.FilterHashes, &hashes[i])
	}
	if header != end {
		return nil, errOther
	}
	return msg, nil
}

// hashesOf are the filter hashes of blocks from a height on, as long as somebody
// is there to hear of them.
func (s *server) hashesOf(from int32, blocks []chainhash.Hash, gone <-chan struct{}) ([]chainhash.Hash, error) {
	hashes := make([]chainhash.Hash, 0, len(blocks))
	for some := range slices.Chunk(blocks, hashAtOnce) {
		select {
		case <-gone:
			return nil, errLeft
		default:
		}
		read := 0
		var err error
		if hashes, read, err = s.hashSome(hashes, from, some, gone); err != nil {
			return nil, err
		}
		if from += int32(len(some)); !s.read.wait(gone, read) {
			return nil, errLeft
		}
	}
	return hashes, nil
}

// hashSome appends the filter hashes of a few blocks, and counts the bytes that
// had to be read. That takes no more than half of one processor's time.
func (s *server) hashSome(hashes []chainhash.Hash, from int32, blocks []chainhash.Hash, gone <-chan struct{}) (_ []chainhash.Hash, read int, err error) {
	s.hashing.Lock()
	defer s.hashing.Unlock()
	begun := time.Now()
	buf := make([]byte, 0, usualFilter)
	for i, block := range blocks {
		height := from + int32(i)
		known, at := s.period(height/protocol.FilterPeriod), height%protocol.FilterPeriod
		if known.blocks[at] != block {
			filter, err := s.filter(buf, height, block)
			if err != nil {
				return nil, 0, err
			}
			known.blocks[at], known.hashes[at] = block, cfilter.Hash(filter)
			read += len(filter)
		}
		hashes = append(hashes, known.hashes[at])
	}
	if read > 0 {
		rest(gone, time.Since(begun))
	}
	return hashes, read, nil
}

// forgetHashes has the filters of some blocks read again.
func (s *server) forgetHashes(from int32, blocks []chainhash.Hash) {
	s.hashing.Lock()
	defer s.hashing.Unlock()
	for i := range blocks {
		height := from + int32(i)
		s.period(height / protocol.FilterPeriod).blocks[height%protocol.FilterPeriod] = chainhash.Hash{}
	}
}

// period finds the hashes of a period, for which those not used for longest make
// room.
func (s *server) period(number int32) *hashPeriod {
	i := slices.IndexFunc(s.hashes, func(p *hashPeriod) bool { return p.number == number })
	p := &hashPeriod{number: number}
	if i >= 0 {
		p = s.hashes[i]
		s.hashes = slices.Delete(s.hashes, i, i+1)
	} else if len(s.hashes) == keepHashes {
		s.hashes = slices.Delete(s.hashes, 0, 1)
	}
	s.hashes = append(s.hashes, p)
	return p
}

func (s *server) filterPoints(out protocol.Serve, to give) error {
	points, err := s.pointsTo(out.Stop)
	if err != nil {
		return err
	}
	msg := &wire.MsgCFCheckpt{FilterType: wire.GCSFilterRegular, StopHash: out.Stop.Hash}
	for i := range points {
		msg.FilterHeaders = append(msg.FilterHeaders, &points[i])
	}
	return to(msg, 36+len(points)*chainhash.HashSize)
}

// pointsTo are the filter headers of every thousandth block up to stop. They are
// kept, and begun anew when the last one kept is another by now.
func (s *server) pointsTo(stop Tip) ([]chainhash.Hash, error) {
	s.pointMu.Lock()
	defer s.pointMu.Unlock()
	want := int(stop.Height / pointEvery)
	for len(s.points) < want || !s.pointsStand() {
		err := s.look(stop, func() bool {
			for range pointsAtOnce {
				if len(s.points) == want {
					break
				}
				point, ok := s.c.machine.FilterPoint(int32(len(s.points)+1) * pointEvery)
				if !ok {
					return false
				}
				s.points = append(s.points, point)
			}
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	return slices.Clone(s.points[:want]), nil
}

// pointsStand tells whether the last point is as it was, or forgets all.
func (s *server) pointsStand() bool {
	n := len(s.points)
	if n == 0 {
		return true
	}
	s.c.mu.RLock()
	point, ok := s.c.machine.FilterPoint(int32(n) * pointEvery)
	s.c.mu.RUnlock()
	if !ok || point != s.points[n-1] {
		s.points = nil
		return false
	}
	return true
}

// budget is how much may be given, and when: whoever wants to give waits in the
// order of asking.
type budget struct {
	rate, burst float64 // bytes a second, bytes

	mu   sync.Mutex
	paid time.Time // when all that was given will have been earned
}

// wait spends n bytes and waits for them. False means that the one who would get
// them is gone.
func (b *budget) wait(gone <-chan struct{}, n int) bool {
	b.mu.Lock()
	now := time.Now()
	if full := now.Add(-seconds(b.burst / b.rate)); b.paid.Before(full) {
		b.paid = full
	}
	b.paid = b.paid.Add(seconds(float64(n) / b.rate))
	pause := b.paid.Sub(now)
	b.mu.Unlock()
	return rest(gone, pause)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// rest waits so long, or until somebody is gone: then it is false.
func rest(gone <-chan struct{}, pause time.Duration) bool {
	if pause <= 0 {
		return true
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-gone:
		return false
	}
}
