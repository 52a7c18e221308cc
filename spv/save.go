package spv

import (
	"maps"
	"math/big"
	"time"

	"thistle/spv/chain"
	"thistle/spv/protocol"
	"thistle/spv/store"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
)

// flushHeaders is after how many headers, and flushAfter after what time, a commit
// is made even if more is coming.
const (
	flushHeaders = 20_000
	flushAfter   = time.Second
)

// saver gathers what belongs on disk and publishes news once it is there.
type saver struct {
	c       *Client
	batch   store.Batch
	headers int
	dirty   bool // the batch holds something
	filters bool // filters were written since the last sync
	news    []protocol.Event
	below   int32 // filters below are to be deleted, 0 if none are
}

// saveLoop carries out Save and Emit outputs in order. While more is waiting it
// puts off the commit, so that a fast sync costs few.
func (r *runner) saveLoop() error {
	s := &saver{c: r.c}
	flushed := time.Now()
	for outs := range r.saves {
		for _, out := range outs {
			if err := s.do(out); err != nil {
				return kindOf("save", err)
			}
		}
		if len(r.saves) > 0 && s.headers < flushHeaders && time.Since(flushed) < flushAfter {
			continue
		}
		if err := s.flush(); err != nil {
			return kindOf("save", err)
		}
		flushed = time.Now()
	}
	return s.flush()
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
		s.batch.Headers = append(s.batch.Headers, out.Change)
		s.headers += len(out.Change.Connected)
		s.dirty = true
	case protocol.ResetFilterHeaders:
		if err := s.commit(); err != nil { // a batch resets first
			return err
		}
		s.batch.FilterBase = &store.FilterBase{Height: out.From, PrevHeader: out.Prev}
		s.dirty = true
	case protocol.SaveFilterHeaders:
		s.batch.FilterHeaders = append(s.batch.FilterHeaders, store.FilterHeaderRun{From: out.From, Headers: out.Headers})
		s.dirty = true
	case protocol.SaveDirect:
		s.batch.Direct = append(s.batch.Direct, out.Height)
		s.dirty = true
	case protocol.SaveFilter:
		s.filters = true
		if out.Height < s.below { // wanted again
			if err := s.drop(); err != nil {
				return err
			}
		}
		return s.c.store.PutFilter(out.Height, out.Block, out.Data)
	case protocol.DropFilters:
		s.below = max(s.below, out.Below)
	case protocol.Emit:
		s.news = append(s.news, out.Event)
	}
	return nil
}

func (s *saver) commit() error {
	if !s.dirty {
		return nil
	}
	err := s.c.store.Commit(s.batch)
	s.batch, s.headers, s.dirty = store.Batch{}, 0, false
	return err
}

func (s *saver) flush() error {
	if err := s.commit(); err != nil {
		return err
	}
	if s.filters {
		if err := s.c.store.SyncFilters(); err != nil {
			return err
		}
		s.filters = false
	}
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
	s.Current = current && s.HeadersCurrent && s.Tip == tip
	s.Tip, s.FiltersTip = tip, filtersTip
	return s
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
// call the client.
func (c *Client) Look(fn func(v View)) {
	tip := c.Tip()
	c.mu.RLock()
	defer c.mu.RUnlock()
	hash, ok := c.tree.HashAt(tip.Height)
	fn(View{Tip: tip, OnChain: ok && hash == tip.Hash, c: c})
}

// HashAt is the hash of the block at a height.
func (v View) HashAt(height int32) (chainhash.Hash, bool) { return v.c.tree.HashAt(height) }

// Fork is the last block of the chain that a block seen earlier in this run
// descends from, or that block itself.
func (v View) Fork(block chainhash.Hash) (Tip, bool) { return v.c.tree.Fork(block) }

// FilterHeader is the filter header of the block at a height, where it is agreed.
func (v View) FilterHeader(height int32) (chainhash.Hash, bool) {
	return v.c.machine.FilterHeader(height)
}

// Base is the height of the first header kept.
func (c *Client) Base() int32 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.tree.Base().Height + 1
}
