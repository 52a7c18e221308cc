package store

import (
	"fmt"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	bolt "go.etcd.io/bbolt"

	"thistle/spv/chain"
)

// Loaded is what chain.db holds.
type Loaded struct {
	Base    chain.Base
	Headers []byte // the best chain from Base.Height+1 on, 80 bytes each; nil if none
	Tip     chain.Tip
	Work    chain.Work
	// FilterBase is the height of the first filter header, -1 when no filter
	// base was set; FilterBaseHeader is the filter header of the block below it.
	FilterBase       int32
	FilterBaseHeader chainhash.Hash
	FilterHeaders    []chainhash.Hash // of the heights FilterBase, FilterBase+1, ...
	Direct           []int32          // heights whose filter is disputed, ascending
	// SetAside are the files that Open found unfit and renamed, to be told to
	// the person. Only the first Load after Open tells.
	SetAside []string
}

// Load returns what chain.db holds, checked. A chain.db never written to holds
// the network's genesis base and no headers. Errors: [ErrDamaged] if the file
// was damaged since Open, [ErrClosed].
func (s *Store) Load() (Loaded, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.loaded
	if l == nil || s.bad != nil {
		var err error
		if l, err = s.read(); err != nil {
			return Loaded{}, err
		}
	}
	s.loaded = nil
	l.SetAside, s.setAside = s.setAside, nil
	return *l, nil
}

// genesisBase is where a chain begins until somebody says otherwise.
func genesisBase(net *chaincfg.Params) chain.Base {
	return (&chain.Params{Net: net}).Genesis()
}

// read reads and checks everything.
func (s *Store) read() (*Loaded, error) {
	l := &Loaded{}
	err := s.guarded("load", func(db *bolt.DB) error {
		return db.View(func(tx *bolt.Tx) error {
			st, err := s.state(tx)
			if err != nil {
				return err
			}
			l.Base, l.Tip, l.Work, l.Direct = st.base, st.tip, st.work, st.direct
			l.FilterBase = -1
			if st.begun {
				l.FilterBase, l.FilterBaseHeader = st.filters.first, st.filterPrev
			}
			if l.Headers, err = headerSeries.read(tx, st.headers, st.headers.first, st.headers.next()); err != nil {
				return err
			}
			if err := ends(l); err != nil {
				return err
			}
			l.FilterHeaders = make([]chainhash.Hash, 0, st.filters.count)
			return filterSeries.walk(tx, st.filters, st.filters.first, st.filters.next(),
				func(_ int32, records []byte) error {
					for ; len(records) > 0; records = records[chainhash.HashSize:] {
						l.FilterHeaders = append(l.FilterHeaders, chainhash.Hash(records))
					}
					return nil
				})
		})
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// ends checks that the headers join the base to the tip. That they link to each
// other was checked when they were stored, and the checksum holds them to it.
func ends(l *Loaded) error {
	n := len(l.Headers)
	if n == 0 {
		return nil
	}
	if chainhash.Hash(l.Headers[4:36]) != l.Base.Hash {
		return fmt.Errorf("%w: the first header does not link to the base", ErrDamaged)
	}
	if chainhash.DoubleHashH(l.Headers[n-chain.HeaderSize:]) != l.Tip.Hash {
		return fmt.Errorf("%w: the last header is not the tip", ErrDamaged)
	}
	return nil
}

// Check reads everything there is, filters included, and tests what Load takes
// on trust: that headers link and work adds up. It returns nil or an error that
// wraps [ErrDamaged], and is for tests and for a person in doubt; it takes
// seconds where there are many filters.
func (s *Store) Check() error {
	s.mu.Lock()
	l, err := s.read()
	s.mu.Unlock()
	if err != nil {
		return err
	}
	prev := l.Base.Hash
	for raw := l.Headers; len(raw) > 0; raw = raw[chain.HeaderSize:] {
		if chainhash.Hash(raw[4:36]) != prev {
			return fmt.Errorf("check: %w: a header does not link", ErrDamaged)
		}
		prev = chainhash.DoubleHashH(raw[:chain.HeaderSize])
	}
	work, err := workOf(l.Headers)
	if err != nil {
		return fmt.Errorf("check: %w: %w", ErrDamaged, err)
	}
	if l.Base.Work.Add(work) != l.Work {
		return fmt.Errorf("check: %w: work does not add up", ErrDamaged)
	}
	return s.filters.check()
}
