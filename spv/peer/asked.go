package peer

import (
	"slices"
	"sync"

	"thistle/spv/merkle"
	"thistle/spv/protocol"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

const (
	// maxAskedHashes bounds the memory of unanswered requests by hash, per
	// kind. The oldest are forgotten: their replies would be skipped.
	maxAskedHashes = 4096
	// maxAskedFilters bounds the getcfilters remembered.
	maxAskedFilters = 256
	// maxAskedHeaders bounds the getheaders counted as unanswered.
	maxAskedHeaders = 32
)

// asked remembers what the peer has been asked for, so that nothing else of
// weight need be decoded. Sends write it, the reader reads it.
type asked struct {
	mu          sync.Mutex
	headers     []chainhash.Hash // getheaders, oldest first: see rangeStart
	blocks      hashes
	filtered    hashes // blocks of which only what matches was asked for
	txs         hashes // by txid or wtxid
	cfheaders   hashes // by stop hash
	cfcheckpts  hashes // by stop hash
	filterRange []filterRange
}

// filterRange is one getcfilters: at most 1,000 filters, the last of them for
// the stop hash (BIP157).
type filterRange struct {
	stop chainhash.Hash
	left int
}

// note records what a message asks for. It must come before the message is
// sent, or the reply could overtake it.
func (a *asked) note(msg wire.Message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch m := msg.(type) {
	case *wire.MsgGetHeaders:
		if len(a.headers) == maxAskedHeaders {
			a.headers = append(a.headers[:0], a.headers[1:]...)
		}
		a.headers = append(a.headers, rangeStart(m))
	case *wire.MsgGetData:
		for _, v := range m.InvList {
			switch v.Type {
			case wire.InvTypeBlock, wire.InvTypeWitnessBlock:
				a.blocks.add(v.Hash)
			case wire.InvTypeFilteredBlock:
				a.filtered.add(v.Hash)
			case wire.InvTypeTx, wire.InvTypeWitnessTx, protocol.InvTypeWTx:
				a.txs.add(v.Hash)
			}
		}
	case *wire.MsgGetCFHeaders:
		a.cfheaders.add(m.StopHash)
	case *wire.MsgGetCFCheckpt:
		a.cfcheckpts.add(m.StopHash)
	case *wire.MsgGetCFilters:
		if len(a.filterRange) == maxAskedFilters {
			a.filterRange = append(a.filterRange[:0], a.filterRange[1:]...)
		}
		a.filterRange = append(a.filterRange, filterRange{m.StopHash, wire.MaxGetCFiltersReqRange})
	}
}

// rangeStart is the block after which a getheaders asks for headers up to a stop
// hash, zero for one that asks for whatever is new. An answer to the first kind
// is told by the block it goes on from, and needs no context to be checked.
func rangeStart(m *wire.MsgGetHeaders) chainhash.Hash {
	if m.HashStop == (chainhash.Hash{}) || len(m.BlockLocatorHashes) != 1 {
		return chainhash.Hash{}
	}
	return *m.BlockLocatorHashes[0]
}

// takeHeaders tells whether a headers message whose first header follows prev
// answers a request, and whether one for a range, and uses the request up. Who
// does not know the block asked about begins at genesis.
func (a *asked) takeHeaders(prev, genesis chainhash.Hash) (asked, ranged bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.Index(a.headers, prev)
	if i < 0 {
		i = slices.Index(a.headers, chainhash.Hash{})
	}
	if i < 0 && prev == genesis && len(a.headers) > 0 {
		i = 0
	}
	if i < 0 {
		return false, false
	}
	ranged = prev != (chainhash.Hash{}) && a.headers[i] == prev
	a.headers = slices.Delete(a.headers, i, i+1)
	return true, ranged
}

// takeNoHeaders is takeHeaders for an empty message, which answers the oldest
// request.
func (a *asked) takeNoHeaders() (asked, ranged bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.headers) == 0 {
		return false, false
	}
	ranged = a.headers[0] != (chainhash.Hash{})
	a.headers = slices.Delete(a.headers, 0, 1)
	return true, ranged
}

// takeFilter tells whether a filter may belong to a request. Heights are not
// known here, so a range is used up by its stop hash or by its largest size.
func (a *asked) takeFilter(block chainhash.Hash) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	use := -1
	for i := range a.filterRange {
		if a.filterRange[i].stop == block {
			use = i
			break
		}
		if use < 0 && a.filterRange[i].left > 1 { // the stop hash's place is kept
			use = i
		}
	}
	if use < 0 {
		return false
	}
	a.filterRange[use].left--
	if a.filterRange[use].stop == block {
		a.filterRange = append(a.filterRange[:use], a.filterRange[use+1:]...)
	}
	return true
}

func (a *asked) takeBlock(h chainhash.Hash) bool     { return a.take(&a.blocks, h) }
func (a *asked) takeFiltered(h chainhash.Hash) bool  { return a.take(&a.filtered, h) }
func (a *asked) takeTx(h chainhash.Hash) bool        { return a.take(&a.txs, h) }
func (a *asked) takeCFHeaders(h chainhash.Hash) bool { return a.take(&a.cfheaders, h) }
func (a *asked) takeCFCheckpt(h chainhash.Hash) bool { return a.take(&a.cfcheckpts, h) }
func (a *asked) take(s *hashes, h chainhash.Hash) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return s.take(h)
}

// expectTxs lets the transactions come that follow a filtered block.
func (a *asked) expectTxs(matches []merkle.Match) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range matches {
		a.txs.add(matches[i].TxID)
	}
}

// items is how many blocks and transactions are unanswered.
func (a *asked) items() (blocks, txs int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.blocks.held), len(a.txs.held)
}

// refused forgets what a notfound says will not come.
func (a *asked) refused(m *wire.MsgNotFound) {
	for _, v := range m.InvList {
		switch v.Type {
		case wire.InvTypeBlock, wire.InvTypeWitnessBlock:
			a.takeBlock(v.Hash)
		case wire.InvTypeFilteredBlock:
			a.takeFiltered(v.Hash)
		case wire.InvTypeTx, wire.InvTypeWitnessTx, protocol.InvTypeWTx:
			a.takeTx(v.Hash)
		}
	}
}

// hashes counts requests per hash and forgets the oldest beyond
// maxAskedHashes.
type hashes struct {
	held map[chainhash.Hash]*asking
	seq  uint64
}

type asking struct {
	count int
	seq   uint64 // of the newest request
}

func (s *hashes) add(h chainhash.Hash) {
	s.seq++
	if a, ok := s.held[h]; ok {
		a.count, a.seq = min(a.count+1, maxAskedHeaders), s.seq
		return
	}
	if s.held == nil {
		s.held = make(map[chainhash.Hash]*asking)
	}
	if len(s.held) >= maxAskedHashes {
		s.forgetOldest()
	}
	s.held[h] = &asking{1, s.seq}
}

func (s *hashes) take(h chainhash.Hash) bool {
	a, ok := s.held[h]
	if !ok {
		return false
	}
	if a.count--; a.count == 0 {
		delete(s.held, h)
	}
	return true
}

func (s *hashes) forgetOldest() {
	var oldest chainhash.Hash
	least := ^uint64(0)
	for h, a := range s.held {
		if a.seq < least {
			oldest, least = h, a.seq
		}
	}
	delete(s.held, oldest)
}
