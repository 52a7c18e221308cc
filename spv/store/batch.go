package store

import (
	"encoding/binary"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"

	"thistle/spv/chain"
)

// Batch is what is saved together. Its parts are done in the order of its
// fields; a nil or empty part changes nothing.
type Batch struct {
	// Reset forgets all headers and filter headers and begins at a base.
	Reset *chain.Base
	// Headers are changes of the best chain, in order. The stored chain is cut
	// at each one's Fork, which it must hold, and extended; what was disconnected
	// need not be told. Filter headers and disputes above the fork go too, and
	// if the fork is below the filter base, that goes with them.
	Headers []chain.Change
	// Lower puts headers below the stored ones, one after the other.
	Lower []Lower
	// FilterBase forgets all filter headers and says where they begin from now on:
	// not below the first header, and at most one above the tip.
	FilterBase *FilterBase
	// FilterHeaders are runs of filter headers. Whatever stood at or above From
	// is cut first; From must not leave a gap, and no run may pass the tip. A run
	// without headers only cuts.
	FilterHeaders []FilterHeaderRun
	// Direct are heights whose filter is disputed, so that the block itself is
	// to be scanned; Settled are heights for which that is over.
	Direct, Settled []int32
}

// Lower is headers that join Base to the stored base, raw, in pieces, each a
// whole number of headers. Where Base is that below genesis, genesis itself is
// not among them. What is stored does not move.
type Lower struct {
	Base    chain.Base
	Headers [][]byte
}

// FilterBase says where filter headers begin: at Height, after the filter
// header of the block below it.
type FilterBase struct {
	Height     int32
	PrevHeader chainhash.Hash
}

// FilterHeaderRun is the filter headers of the heights From, From+1, and so on.
type FilterHeaderRun struct {
	From    int32
	Headers []chainhash.Hash
}

// Commit saves a batch, all of it or nothing. When it returns nil the batch is
// on disk. A batch that was saved although an error came back may be committed
// again. Errors: [ErrMismatch], [ErrDiskFull], [ErrDamaged], [ErrClosed], or the
// system's.
func (s *Store) Commit(b Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loaded = nil // out of date from now on
	cut := true
	err := s.guarded("commit", func(db *bolt.DB) error {
		return db.Update(func(tx *bolt.Tx) error {
			st, err := s.state(tx)
			if err != nil {
				return err
			}
			defer func() { cut = st.cut }()
			if err := st.apply(tx, s.net, &b); err != nil {
				return err
			}
			return s.putState(tx, &st)
		})
	})
	if cut || err != nil {
		s.headers.forget()
		s.filterHeaders.forget()
	}
	return err
}

// apply does a batch to the series in tx and to the state.
func (st *state) apply(tx *bolt.Tx, net *chaincfg.Params, b *Batch) error {
	if b.Reset != nil {
		if err := st.reset(tx, *b.Reset); err != nil {
			return err
		}
	}
	for i := range b.Headers {
		if err := st.change(tx, &b.Headers[i]); err != nil {
			return err
		}
	}
	for i := range b.Lower {
		if err := st.lower(tx, net, &b.Lower[i]); err != nil {
			return err
		}
	}
	if b.FilterBase != nil {
		if err := st.rebase(tx, *b.FilterBase); err != nil {
			return err
		}
	}
	for _, run := range b.FilterHeaders {
		if err := st.filterRun(tx, run); err != nil {
			return err
		}
	}
	return st.mark(b.Direct, b.Settled)
}

func (st *state) reset(tx *bolt.Tx, base chain.Base) error {
	if base.Height < -1 || (base.Height+1)%chunk != 0 {
		return fmt.Errorf("%w: base at %d", ErrMismatch, base.Height)
	}
	if _, err := headerSeries.reset(tx, 0); err != nil {
		return err
	}
	if _, err := filterSeries.reset(tx, 0); err != nil {
		return err
	}
	*st = newState(base)
	st.cut = true
	return nil
}

// change moves the stored chain to a new tip.
func (st *state) change(tx *bolt.Tx, c *chain.Change) error {
	if c.Empty() {
		return nil
	}
	fork := c.Fork.Height
	if have, err := st.hashAt(tx, fork); err != nil {
		return err
	} else if have != c.Fork.Hash {
		return fmt.Errorf("%w: fork %v is not on the stored chain", ErrMismatch, c.Fork)
	}
	for i := range c.Connected {
		want := c.Fork.Hash
		if i > 0 {
			want = c.Connected[i-1].Hash
		}
		if c.Connected[i].Prev() != want {
			return fmt.Errorf("%w: header %d does not link", ErrMismatch, fork+1+int32(i))
		}
	}
	if err := st.cutAbove(tx, fork); err != nil {
		return err
	}
	records := make([]byte, 0, len(c.Connected)*chain.HeaderSize)
	for i := range c.Connected {
		records = append(records, c.Connected[i].Raw[:]...)
	}
	work, err := workOf(records)
	if err != nil {
		return err
	}
	st.headers, err = headerSeries.add(tx, st.headers, records)
	st.work, st.tip = st.work.Add(work), c.Tip()
	return err
}

// lower makes the stored chain begin earlier.
func (st *state) lower(tx *bolt.Tx, net *chaincfg.Params, l *Lower) error {
	missing := int(st.base.Height - l.Base.Height)
	if missing <= 0 || l.Base.Height < -1 {
		return fmt.Errorf("%w: base at %d is not below %d", ErrMismatch, l.Base.Height, st.base.Height)
	}
	records := make([]byte, 0, missing*chain.HeaderSize)
	if l.Base.Height < 0 {
		genesis := chain.FromWire(&net.GenesisBlock.Header)
		records = append(records, genesis.Raw[:]...)
	}
	for _, raw := range l.Headers {
		records = append(records, raw...)
	}
	if len(records) != missing*chain.HeaderSize || chainhash.Hash(records[4:36]) != l.Base.Hash ||
		chainhash.DoubleHashH(records[len(records)-chain.HeaderSize:]) != st.base.Hash {
		return fmt.Errorf("%w: %d bytes do not join %v to %v", ErrMismatch, len(records), l.Base.Tip(), st.base.Tip())
	}
	work, err := workOf(records)
	if err != nil {
		return err
	}
	if l.Base.Work.Add(work) != st.base.Work {
		return fmt.Errorf("%w: work from %d to %d does not add up", ErrMismatch, l.Base.Height, st.base.Height)
	}
	st.headers, err = headerSeries.prepend(tx, st.headers, records)
	st.base = l.Base
	return err
}

// hashAt is the hash of the stored chain's block at a height, the base's
// included.
func (st *state) hashAt(tx *bolt.Tx, height int32) (chainhash.Hash, error) {
	switch {
	case height == st.tip.Height:
		return st.tip.Hash, nil
	case height == st.base.Height:
		return st.base.Hash, nil
	case height < st.base.Height || height > st.tip.Height:
		return chainhash.Hash{}, fmt.Errorf("%w: no header at %d", ErrMismatch, height)
	}
	raw, err := headerSeries.read(tx, st.headers, height, height+1)
	if err != nil {
		return chainhash.Hash{}, err
	}
	return chainhash.DoubleHashH(raw), nil
}

// cutAbove removes all headers above the fork and what depended on them.
func (st *state) cutAbove(tx *bolt.Tx, fork int32) error {
	if fork >= st.tip.Height {
		return nil
	}
	st.cut = true
	gone, err := headerSeries.read(tx, st.headers, fork+1, st.headers.next())
	if err != nil {
		return err
	}
	work, err := workOf(gone)
	if err != nil {
		return err
	}
	if st.headers, err = headerSeries.cut(tx, st.headers, fork+1); err != nil {
		return err
	}
	st.work = st.work.Sub(work)
	if !st.begun {
		return nil
	}
	if fork+1 < st.filters.first {
		st.begun, st.filterPrev, st.direct = false, chainhash.Hash{}, nil
		st.filters, err = filterSeries.reset(tx, 0)
		return err
	}
	st.direct = slices.DeleteFunc(st.direct, func(h int32) bool { return h > fork })
	st.filters, err = filterSeries.cut(tx, st.filters, fork+1)
	return err
}

// workOf sums the work of raw headers.
func workOf(records []byte) (chain.Work, error) {
	var sum, each chain.Work
	var bits uint32
	for ; len(records) > 0; records = records[chain.HeaderSize:] {
		if b := binary.LittleEndian.Uint32(records[72:]); b != bits {
			w, err := chain.BlockWork(b)
			if err != nil {
				return sum, fmt.Errorf("%w: %w", ErrMismatch, err)
			}
			bits, each = b, w
		}
		sum = sum.Add(each)
	}
	return sum, nil
}

func (st *state) rebase(tx *bolt.Tx, f FilterBase) error {
	if f.Height < st.headers.first || f.Height > st.headers.next() {
		return fmt.Errorf("%w: filter base at %d", ErrMismatch, f.Height)
	}
	var err error
	st.begun, st.filterPrev, st.cut = true, f.PrevHeader, true
	st.direct = slices.DeleteFunc(st.direct, func(h int32) bool { return h < f.Height })
	st.filters, err = filterSeries.reset(tx, f.Height)
	return err
}

func (st *state) filterRun(tx *bolt.Tx, run FilterHeaderRun) error {
	var err error
	switch end := int64(run.From) + int64(len(run.Headers)); {
	case len(run.Headers) == 0 && (!st.begun || run.From >= st.filters.next()):
		return nil // nothing to forget: a reorg in the same batch has done it
	case !st.begun:
		return fmt.Errorf("%w: no filter base", ErrMismatch)
	case run.From < st.filters.first || run.From > st.filters.next() || end > int64(st.headers.next()):
		return fmt.Errorf("%w: filter headers %d to %d", ErrMismatch, run.From, end-1)
	}
	st.cut = st.cut || run.From < st.filters.next()
	if st.filters, err = filterSeries.cut(tx, st.filters, run.From); err != nil {
		return err
	}
	records := make([]byte, 0, len(run.Headers)*chainhash.HashSize)
	for i := range run.Headers {
		records = append(records, run.Headers[i][:]...)
	}
	st.filters, err = filterSeries.add(tx, st.filters, records)
	return err
}

// mark notes and forgets disputes.
func (st *state) mark(direct, settled []int32) error {
	for _, h := range direct {
		if !st.begun || h < st.filters.first || h > st.tip.Height {
			return fmt.Errorf("%w: dispute at %d", ErrMismatch, h)
		}
		if i, ok := slices.BinarySearch(st.direct, h); !ok {
			st.direct = slices.Insert(st.direct, i, h)
		}
	}
	for _, h := range settled {
		if i, ok := slices.BinarySearch(st.direct, h); ok {
			st.direct = slices.Delete(st.direct, i, i+1)
		}
	}
	if len(st.direct) > maxDirect {
		return fmt.Errorf("%w: %d disputes", ErrMismatch, len(st.direct))
	}
	return nil
}

var (
	metaBucket = []byte("meta")
	stateKey   = []byte("state")
)

var errNoState = fmt.Errorf("%w: no state", ErrDamaged)

// state reads the state. It is read anew in every transaction: after a commit
// that failed only the file knows which state stands.
func (s *Store) state(tx *bolt.Tx) (state, error) {
	b := tx.Bucket(metaBucket)
	if b == nil {
		return state{}, errNoState
	}
	v := b.Get(stateKey)
	if v == nil {
		return state{}, errNoState
	}
	return decodeState(v, s.net)
}

func (s *Store) putState(tx *bolt.Tx, st *state) error {
	if !st.valid() {
		return fmt.Errorf("%w: state contradicts itself", ErrMismatch)
	}
	b, err := tx.CreateBucketIfNotExists(metaBucket)
	if err != nil {
		return err
	}
	return b.Put(stateKey, st.encode(s.net))
}
