package spv

import (
	"encoding/binary"
	"maps"
	"math/big"
	"slices"
	"time"

	"thistle/spv/chain"
	"thistle/spv/protocol"
	"thistle/spv/store"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

const (
	// smallBatch is how many headers and filter headers are committed at once,
	// as a new block's must be.
	smallBatch = 64
	// More is gathered for gatherFor, since each commit waits for the disk, but
	// not beyond gatherMost headers and filter headers.
	gatherFor  = 200 * time.Millisecond
	gatherMost = 20_000
	// Filters are made durable after syncAfter or syncBytes: one that is lost
	// with the power is noticed and fetched again.
	syncAfter = 5 * time.Second
	syncBytes = 64 << 20
)

// saver gathers what belongs on disk and publishes news once it is there.
type saver struct {
	c        *Client
	serve    func(protocol.Serve) // what was saved before can be read
	batch    store.Batch
	gathered int // headers and filter headers in the batch
	dirty    bool
	flushed  time.Time

	unsynced int       // bytes of filters
	syncAt   time.Time // when they are to be made durable, zero if there are none

	news  []protocol.Event
	below int32 // filters below are to be deleted, 0 if none are
}

// saveLoop carries out Save and Emit outputs in order.
func (r *runner) saveLoop() error {
	s := &saver{c: r.c, serve: r.serve}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		var err error
		select {
		case outs, more := <-r.saves:
			if !more {
				return s.finish()
			}
			err = s.take(outs, len(r.saves) > 0)
			r.queued.done(weigh(outs))
		case <-timer.C:
			err = s.due()
		}
		if err != nil {
			return kindOf("save", err)
		}
		timer.Reset(s.pause())
	}
}

// take carries out one step's outputs; busy tells that more are waiting.
func (s *saver) take(outs []protocol.Output, busy bool) error {
	for _, out := range outs {
		if err := s.do(out); err != nil {
			return err
		}
		if s.gathered < gatherMost {
			continue
		}
		// One step may put many ranges of old headers below, and a commit holds
		// several copies of what is in it.
		if err := s.commit(); err != nil {
			return err
		}
	}
	small := s.gathered <= smallBatch && !busy
	if small || s.gathered >= gatherMost || time.Since(s.flushed) >= gatherFor {
		if err := s.flush(); err != nil {
			return err
		}
	}
	return s.sync(false)
}

// due does what was put off for long enough.
func (s *saver) due() error {
	if s.waiting() && time.Since(s.flushed) >= gatherFor {
		if err := s.flush(); err != nil {
			return err
		}
	}
	return s.sync(false)
}

func (s *saver) waiting() bool { return s.dirty || len(s.news) > 0 }

// pause is how long nothing is due.
func (s *saver) pause() time.Duration {
	pause := time.Hour
	if s.waiting() {
		pause = gatherFor - time.Since(s.flushed)
	}
	if !s.syncAt.IsZero() {
		pause = min(pause, time.Until(s.syncAt))
	}
	return max(pause, time.Millisecond)
}

// finish leaves nothing undone.
func (s *saver) finish() error {
	if err := s.flush(); err != nil {
		return kindOf("save", err)
	}
	if err := s.sync(true); err != nil {
		return kindOf("save", err)
	}
	return nil
}

func (s *saver) do(out protocol.Output) error {
	switch out := out.(type) {
	case protocol.SaveHeaders:
		// A batch cuts headers before it adds filter headers; those that came
		// before the cut must be in already.
		if len(out.Change.Disconnected) > 0 {
			if err := s.commit(); err != nil {
				return err
			}
		}
		s.addHeaders(out.Change)
		s.gathered += len(out.Change.Connected)
		s.dirty = true
	case protocol.SaveLower:
		lower := store.Lower{Base: out.Base}
		for _, run := range out.Runs {
			lower.Headers = append(lower.Headers, run.Raw())
			s.gathered += run.Len()
		}
		s.batch.Lower = append(s.batch.Lower, lower)
		s.dirty = true
	case protocol.ResetFilterHeaders:
		if err := s.commit(); err != nil { // a batch resets first
			return err
		}
		s.batch.FilterBase = &store.FilterBase{Height: out.From, PrevHeader: out.Prev}
		s.dirty = true
	case protocol.SaveFilterHeaders:
		s.addFilterHeaders(out)
		s.gathered += len(out.Headers)
		s.dirty = true
	case protocol.SaveDirect:
		s.batch.Direct = append(s.batch.Direct, out.Height)
		s.dirty = true
	case protocol.SaveFilter:
		return s.putFilter(out)
	case protocol.SaveBook:
		s.c.saveBook(out.Book)
	case protocol.DropFilters:
		s.below = max(s.below, out.Below)
	case protocol.Serve:
		s.serve(out)
	case protocol.Emit:
		s.news = append(s.news, out.Event)
	}
	return nil
}

// addHeaders and addFilterHeaders make one of what follows on the last: a store
// that gets it in pieces writes the end of each record by record, to gather them
// again with the next.
func (s *saver) addHeaders(c chain.Change) {
	if n := len(s.batch.Headers); n > 0 && len(c.Disconnected) == 0 && s.batch.Headers[n-1].Tip() == c.Fork {
		last := &s.batch.Headers[n-1]
		last.Connected = append(last.Connected, c.Connected...)
		return
	}
	c.Connected = slices.Clip(c.Connected) // the machine's
	s.batch.Headers = append(s.batch.Headers, c)
}

func (s *saver) addFilterHeaders(out protocol.SaveFilterHeaders) {
	if n := len(s.batch.FilterHeaders); n > 0 && len(out.Headers) > 0 {
		last := &s.batch.FilterHeaders[n-1]
		if len(last.Headers) > 0 && last.From+int32(len(last.Headers)) == out.From {
			last.Headers = append(last.Headers, out.Headers...)
			return
		}
	}
	s.batch.FilterHeaders = append(s.batch.FilterHeaders, store.FilterHeaderRun{From: out.From, Headers: slices.Clip(out.Headers)})
}

func (s *saver) putFilter(f protocol.SaveFilter) error {
	if f.Height < s.below { // wanted again
		if err := s.drop(); err != nil {
			return err
		}
	}
	if s.unsynced += len(f.Data) + 1; s.syncAt.IsZero() {
		s.syncAt = time.Now().Add(syncAfter)
	}
	return s.c.store.PutFilter(f.Height, f.Block, f.Data)
}

func (s *saver) commit() error {
	if !s.dirty {
		return nil
	}
	err := s.c.store.Commit(s.batch)
	s.batch, s.gathered, s.dirty = store.Batch{}, 0, false
	if err != nil {
		return err
	}
	return s.c.release()
}

// flush commits, and tells what happened up to here.
func (s *saver) flush() error {
	if err := s.commit(); err != nil {
		return err
	}
	s.flushed = time.Now()
	for _, e := range s.news {
		s.c.noteSaved(e)
		s.c.hub.publish(e)
	}
	s.news = s.news[:0]
	if err := s.drop(); err != nil { // nobody relies on them any more
		return err
	}
	s.trim()
	return nil
}

// sync makes filters durable if it is time.
func (s *saver) sync(now bool) error {
	if s.unsynced == 0 || !now && s.unsynced < syncBytes && time.Now().Before(s.syncAt) {
		return nil
	}
	s.unsynced, s.syncAt = 0, time.Time{}
	return s.c.store.SyncFilters()
}

// release lets the machine forget old headers that are on disk.
func (c *Client) release() error {
	held, err := c.store.Held()
	if err != nil {
		return err
	}
	d := protocol.OnDisk{Base: held.Base, Tip: held.Tip, FilterBase: held.FilterBase, FilterTip: held.FilterBase - 1}
	if held.FilterCount > 0 {
		d.FilterTip += held.FilterCount
		if err := c.store.FilterHeaders().ReadRecords(d.FilterTip, d.FilterHeader[:]); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.machine.Release(d)
	return nil
}

// noteSaved keeps the state that others may rely on in step with the disk.
func (c *Client) noteSaved(e protocol.Event) {
	c.savedMu.Lock()
	defer c.savedMu.Unlock()
	switch e := e.(type) {
	case protocol.HeadersAdvanced:
		c.savedTip = e.Change.Tip()
		if fork := e.Change.Fork; len(e.Change.Disconnected) > 0 && c.filtersTip.Height > fork.Height {
			c.filtersTip = fork
		}
		c.current = false
	case protocol.HeadersCurrent:
		c.current = e.Tip == c.savedTip
	case protocol.FiltersAdvanced:
		c.filtersFrom, c.filtersTip = e.From, e.Tip
	case protocol.FiltersReverted:
		if c.filtersTip.Height >= e.Height {
			c.filtersTip = Tip{Height: e.Height - 1}
		}
	}
}

// noteDirect keeps the heights whose blocks must be read in step with the
// machine.
func (c *Client) noteDirect(out protocol.Output) {
	switch out := out.(type) {
	case protocol.SaveDirect:
		c.mu.Lock()
		c.direct[out.Height] = true
		c.mu.Unlock()
	case protocol.SaveHeaders:
		if len(out.Change.Disconnected) > 0 {
			c.mu.Lock()
			maps.DeleteFunc(c.direct, func(h int32, _ bool) bool { return h > out.Change.Fork.Height })
			c.mu.Unlock()
		}
	}
}

// Tip is the end of the best chain, as it is on disk.
func (c *Client) Tip() Tip {
	c.savedMu.RLock()
	defer c.savedMu.RUnlock()
	return c.savedTip
}

// Filters tells which filters are on disk without a gap: from a height, -1 if
// none were asked for, to a block.
func (c *Client) Filters() (from int32, tip Tip) {
	c.savedMu.RLock()
	defer c.savedMu.RUnlock()
	return c.filtersFrom, c.filtersTip
}

// Status is how the client is doing.
type Status struct {
	Progress
	Peers []PeerInfo
	// Current: Progress.HeadersCurrent, and the tip is on disk.
	Current bool
	// Settled: no connection is being opened.
	Settled bool
}

// Status tells how the client is doing now.
func (c *Client) Status() Status {
	c.savedMu.RLock()
	current, tip, filtersTip := c.current, c.savedTip, c.filtersTip
	c.savedMu.RUnlock()
	c.mu.Lock() // asking may make the machine note when to look again
	defer c.mu.Unlock()
	s := Status{Progress: c.machine.Progress(), Peers: c.machine.Peers(), Settled: c.machine.Settled()}
	s.Current = current && s.HeadersCurrent && s.Tip == tip && c.looks == 0
	s.Tip, s.FiltersTip = tip, filtersTip
	c.lines.count(s.Peers)
	return s
}

// Given tells what was given to others since Open.
func (c *Client) Given() Given {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.machine.Given()
}

// HashAt is the hash of the best chain's block at a height.
func (c *Client) HashAt(height int32) (chainhash.Hash, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.tree.HashAt(height)
}

// HeaderAt is the best chain's header at a height.
func (c *Client) HeaderAt(height int32) (chain.Header, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.tree.HeaderAt(height)
}

// WorkFrom is the summed work of the best chain's blocks from a height on, that
// block included: how many hashes it takes, on average, to make them anew.
func (c *Client) WorkFrom(height int32) (*big.Int, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	work, ok := c.tree.WorkFrom(height)
	sum := work.Bytes()
	return new(big.Int).SetBytes(sum[:]), ok
}

// HeightOf finds a block of the best chain.
func (c *Client) HeightOf(block chainhash.Hash) (int32, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	tip, best, ok := c.tree.Find(block)
	return tip.Height, best && ok
}

// View is the best chain while Client.Look shows it.
type View struct {
	// Tip is the end of the chain as it is on disk. OnChain is false while a
	// reorg that leaves it behind is being saved.
	Tip     Tip
	OnChain bool
	c       *Client
}

// Look shows the best chain, which does not change until fn returns. fn must not
// call the client. It reports false where the chain cannot be read back from disk,
// which ends Run: what fn saw is not the chain then.
func (c *Client) Look(fn func(v View)) bool {
	tip := c.Tip()
	c.mu.RLock()
	defer c.mu.RUnlock()
	hash, ok := c.tree.HashAt(tip.Height)
	fn(View{Tip: tip, OnChain: ok && hash == tip.Hash, c: c})
	return c.sound()
}

// HashAt is the hash of the block at a height.
func (v View) HashAt(height int32) (chainhash.Hash, bool) { return v.c.tree.HashAt(height) }

// Fork is the last block of the chain that a block seen earlier in this run
// descends from, or that block itself.
func (v View) Fork(block chainhash.Hash) (Tip, bool) { return v.c.tree.Fork(block) }

// FilterMark stands for what is searched by when filters up to a height are, as
// far as that is agreed: MatchResult.EndMark.
func (v View) FilterMark(height int32) (chainhash.Hash, bool) {
	header, ok := v.c.machine.FilterHeader(height)
	return v.c.mark(height, header), ok
}

// mark is a filter header, and which blocks up to there must be read themselves:
// such a block was searched by its filter before that came to be in doubt. c.mu
// is held.
func (c *Client) mark(height int32, header chainhash.Hash) chainhash.Hash {
	var heights []int32
	for h := range c.direct {
		if h <= height {
			heights = append(heights, h)
		}
	}
	if len(heights) == 0 || header == (chainhash.Hash{}) {
		return header
	}
	slices.Sort(heights)
	sum := header[:]
	for _, h := range heights {
		sum = binary.BigEndian.AppendUint32(sum, uint32(h))
	}
	return chainhash.HashH(sum)
}

// Base is the height of the first header kept.
func (c *Client) Base() int32 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.tree.Base().Height + 1
}
