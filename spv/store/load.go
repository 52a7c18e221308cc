package store

import (
	"fmt"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	bolt "go.etcd.io/bbolt"

	"thistle/spv/chain"
)

// Loaded is what chain.db holds. The records themselves are read through
// [Store.Headers] and [Store.FilterHeaders].
type Loaded struct {
	Base chain.Base // headers are kept from Base.Height+1 on
	Tip  chain.Tip  // the last header's, Base's if there is none
	Work chain.Work
	// FilterBase is the height of the first filter header, -1 when no filter
	// base was set; FilterBaseHeader is the filter header of the block below it.
	FilterBase       int32
	FilterBaseHeader chainhash.Hash
	FilterCount      int32   // filter headers of the heights FilterBase, FilterBase+1, ...
	Direct           []int32 // heights whose filter is disputed, ascending
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

// Held is what chain.db holds now, as the last commit left it. It checks little
// and does not wait for a Commit. Errors: as those of [Store.Load].
func (s *Store) Held() (l Loaded, err error) {
	err = s.beside(func(tx *bolt.Tx) error {
		st, err := s.state(tx)
		l = st.loaded()
		return err
	})
	return l, err
}

func (st *state) loaded() Loaded {
	l := Loaded{Base: st.base, Tip: st.tip, Work: st.work, Direct: st.direct, FilterBase: -1}
	if st.begun {
		l.FilterBase, l.FilterBaseHeader, l.FilterCount = st.filters.first, st.filterPrev, st.filters.count
	}
	return l
}

// read reads and checks everything.
func (s *Store) read() (*Loaded, error) {
	var l Loaded
	err := s.guarded("load", func(db *bolt.DB) error {
		return db.View(func(tx *bolt.Tx) error {
			st, err := s.state(tx)
			if err != nil {
				return err
			}
			l = st.loaded()
			if err := st.checkHeaders(tx); err != nil {
				return err
			}
			return filterSeries.walk(tx, st.filters, st.filters.first, st.filters.next(),
				func(int32, []byte) error { return nil })
		})
	})
	if err != nil {
		return nil, err
	}
	return &l, nil
}

// checkHeaders checks that the headers are what was stored and join the base to
// the tip. That they link to each other was checked when they were stored, and
// the checksum holds them to it.
func (st *state) checkHeaders(tx *bolt.Tx) error {
	return headerSeries.walk(tx, st.headers, st.headers.first, st.headers.next(), func(at int32, records []byte) error {
		n := len(records)
		if at == st.headers.first && chainhash.Hash(records[4:36]) != st.base.Hash {
			return fmt.Errorf("%w: the first header does not link to the base", ErrDamaged)
		}
		if at+int32(n/chain.HeaderSize) == st.headers.next() && chainhash.DoubleHashH(records[n-chain.HeaderSize:]) != st.tip.Hash {
			return fmt.Errorf("%w: the last header is not the tip", ErrDamaged)
		}
		return nil
	})
}

// Check reads everything there is, filters included, and tests what Load takes
// on trust: that headers link and work adds up. It returns nil or an error that
// wraps [ErrDamaged], and is for tests and for a person in doubt; it takes
// seconds where there are many filters.
func (s *Store) Check() error {
	s.mu.Lock()
	_, err := s.read()
	if err == nil {
		err = s.guarded("check", s.checkLinks)
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.filters.check()
}

// checkLinks tests every link and sums the work.
func (s *Store) checkLinks(db *bolt.DB) error {
	return db.View(func(tx *bolt.Tx) error {
		st, err := s.state(tx)
		if err != nil {
			return err
		}
		prev, work := st.base.Hash, st.base.Work
		err = headerSeries.walk(tx, st.headers, st.headers.first, st.headers.next(), func(at int32, records []byte) error {
			sum, err := workOf(records)
			if err != nil {
				return fmt.Errorf("%w: %w", ErrDamaged, err)
			}
			work = work.Add(sum)
			for ; len(records) > 0; records = records[chain.HeaderSize:] {
				if chainhash.Hash(records[4:36]) != prev {
					return fmt.Errorf("%w: a header does not link, %d or after", ErrDamaged, at)
				}
				prev = chainhash.DoubleHashH(records[:chain.HeaderSize])
			}
			return nil
		})
		if err == nil && work != st.work {
			return fmt.Errorf("%w: work does not add up", ErrDamaged)
		}
		return err
	})
}
