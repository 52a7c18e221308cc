package protocol

import (
	"bytes"
	"slices"

	"thistle/spv/cfilter"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// dispute settles which filter of a block is true, by the block itself: a
// filter that lacks an output script of its block is false, whoever and
// however many stand by it.
type dispute struct {
	height   int32
	block    chainhash.Hash
	variants []*variant
	body     *wire.MsgBlock
	over     *cfRange   // that waits for the outcome; nil in an audit
	auditOf  *peerState // the challenger of what is agreed already
	patience deadline   // when the range goes on without who shows no filter
}

// variant is one claimed filter and the peers that stand by it.
type variant struct {
	hash     chainhash.Hash // of the filter; zero for ours in an audit
	ours     bool
	peers    []*peerState
	asked    []*peerState
	hedge    deadline // when all of them are asked, not the first alone
	deadline deadline // when those who were asked must have shown it
	filter   []byte
	silent   bool // nobody shows it
}

func (d *dispute) forget(p *peerState) {
	for _, v := range d.variants {
		if i := slices.Index(v.peers, p); i >= 0 {
			v.peers = slices.Delete(slices.Clone(v.peers), i, i+1)
		}
		if i := slices.Index(v.asked, p); i >= 0 {
			v.asked = slices.Delete(v.asked, i, i+1)
		}
	}
}

// disputeRange opens a dispute among the claims on a range.
func (m *Machine) disputeRange(r *cfRange, i int) {
	d := m.newDispute(r.from + int32(i))
	d.over, d.patience = r, m.in(disputePatience)
	for _, c := range r.claims {
		hash := c.hashes[i]
		j := slices.IndexFunc(d.variants, func(v *variant) bool { return v.hash == hash })
		if j < 0 {
			j = len(d.variants)
			d.variants = append(d.variants, &variant{hash: hash})
		}
		d.variants[j].peers = append(d.variants[j].peers, c.peers...)
	}
	m.driveDispute()
}

// disputeAudit opens a dispute between one peer and what is agreed.
func (m *Machine) disputeAudit(p *peerState, height int32, hash chainhash.Hash) {
	d := m.newDispute(height)
	d.auditOf = p
	ours := &variant{ours: true, filter: m.ownFilter(height, d.block)}
	for _, q := range m.ready() {
		if q != p && q.servesFilters() && q.agreedTo >= height {
			ours.peers = append(ours.peers, q)
		}
	}
	d.variants = []*variant{ours, {hash: hash, peers: []*peerState{p}}}
	m.driveDispute()
}

// support counts the parts of the network that stand by a variant: one operator
// may have many peers in one of them.
func (v *variant) support() int { return countGroups(v.peers) }

func (m *Machine) newDispute(height int32) *dispute {
	d := &dispute{height: height}
	d.block, _ = m.tree.HashAt(height)
	m.cf.dispute = d
	m.wantBlock(d.block, true)
	return d
}

// driveDispute asks for every variant's filter, and decides when the block and
// all filters are here.
func (m *Machine) driveDispute() {
	d := m.cf.dispute
	if d.auditOf != nil && len(d.variants[1].peers) == 0 {
		m.endDispute() // the challenger is gone

		return
	}
	shown, waiting := false, false
	for _, v := range d.variants {
		m.askVariant(d, v)
		shown = shown || v.filter != nil
		waiting = waiting || v.filter == nil && !v.silent
	}
	if waiting && d.over != nil && shown && m.dueAt(d.patience) {
		waiting = false
	}
	if !waiting && d.body != nil {
		m.decide(d)
	}
}

// askVariant asks one of those who stand by a variant for its filter, and soon
// all the others: however many they are, the time they can take is the same.
func (m *Machine) askVariant(d *dispute, v *variant) {
	switch {
	case v.filter != nil || v.silent:
		return
	case len(v.peers) == 0:
		v.silent = true
		return
	case v.deadline == (deadline{}):
		v.deadline, v.hedge = m.in(disputeTimeout), m.in(disputeHedge)
		m.askFilterOf(d, v, v.peers[0])
	case m.dueAt(v.deadline):
		// A claim without the filter to it holds everybody up: let it go.
		v.silent = true
		for _, p := range slices.Clone(v.asked) {
			m.drop(p, ReasonSlow)
		}
		return
	}
	if m.dueAt(v.hedge) || len(v.asked) == 0 {
		for _, p := range v.peers {
			if !slices.Contains(v.asked, p) {
				m.askFilterOf(d, v, p)
			}
		}
	}
}

func (m *Machine) askFilterOf(d *dispute, v *variant, p *peerState) {
	v.asked = append(v.asked, p)
	m.send(p, &wire.MsgGetCFilters{FilterType: wire.GCSFilterRegular, StartHeight: uint32(d.height), StopHash: d.block})
}

// disputeFilter takes a filter that a dispute waits for; false if it is none.
func (m *Machine) disputeFilter(p *peerState, in FilterReceived) bool {
	d := m.cf.dispute
	if d == nil || in.Block != d.block {
		return false
	}
	for _, v := range d.variants {
		if v.filter != nil || !slices.Contains(v.asked, p) {
			continue
		}
		if !m.variantFits(d, v, in.FilterHash) {
			m.drop(p, ReasonBadFilter) // not what it stood by
			return true
		}
		v.filter = in.Data
		m.driveDispute()
		return true
	}
	return false
}

func (m *Machine) variantFits(d *dispute, v *variant, hash chainhash.Hash) bool {
	if !v.ours {
		return hash == v.hash
	}
	return m.fitsHeader(d.height, hash)
}

// decide drops every variant that the block disproves. If more than one is
// left, the height is scanned by its block, and the filter with more elements
// is followed.
func (m *Machine) decide(d *dispute) {
	var left, lost []*variant
	for _, v := range d.variants {
		switch {
		case v.filter == nil:
			if v.ours {
				left = append(left, v) // nobody is left who could show it
			}
		case filterLies(v.filter, d.body):
			lost = append(lost, v)
		default:
			left = append(left, v)
		}
	}
	m.endDispute()
	if d.auditOf != nil {
		m.settleAudit(d, left, lost)
		return
	}
	m.convict(d.height, lost)
	m.settleRange(d, left)
}

// filterLies tells whether a block proves a filter false.
func filterLies(filter []byte, block *wire.MsgBlock) bool {
	missing, err := cfilter.Missing(filter, block)
	return err != nil || len(missing) > 0
}

func (m *Machine) endDispute() {
	d := m.cf.dispute
	m.cf.dispute = nil
	m.unwantInternal(d.block)
}

// convict lets go of all who stood by a filter that was proved false.
func (m *Machine) convict(height int32, lost []*variant) {
	for _, v := range lost {
		for _, p := range v.peers {
			m.warn(Warning{Kind: WarnFilterLie, Height: height, Peer: p.info.Addr})
			m.drop(p, ReasonBadFilterHeaders)
		}
	}
}

// settleRange lets the range that waited go on with the variants that are left.
// Who did not show a filter it claimed is not heard this time.
func (m *Machine) settleRange(d *dispute, left []*variant) {
	for _, v := range d.variants {
		if slices.Contains(left, v) {
			continue
		}
		for _, p := range slices.Clone(v.peers) {
			if b := m.cf.bulk; b != nil {
				m.leaveBulk(b, p)
			}
			d.over.forget(p)
		}
	}
	if len(left) > 1 {
		m.undecided(d, left)
		// The first claim is followed.
		best := richest(left)
		slices.SortStableFunc(d.over.claims, func(a, b *cfClaim) int {
			return rank(best, b) - rank(best, a)
		})
	}
}

func rank(v *variant, c *cfClaim) int {
	if slices.ContainsFunc(c.peers, func(p *peerState) bool { return slices.Contains(v.peers, p) }) {
		return 1
	}
	return 0
}

func (m *Machine) settleAudit(d *dispute, left, lost []*variant) {
	ours, theirs := d.variants[0], d.variants[1]
	if slices.Contains(lost, theirs) {
		m.convict(d.height, []*variant{theirs})
	}
	switch {
	case slices.Contains(lost, ours):
		m.convict(d.height, []*variant{ours})
		m.revertFilters(d.height)
	case slices.Contains(left, theirs) && ours.filter == nil:
		// Nobody stands by ours any more, and nothing was concluded from it.
		m.revertFilters(d.height)
	case slices.Contains(left, theirs):
		m.undecided(d, left)
		m.emit(FiltersReverted{Height: d.height})
		m.tellFilters(true) // they are there, but for that one
	}
}

// revertFilters throws away filter headers from a height on that has been
// proved false.
func (m *Machine) revertFilters(height int32) {
	m.cf.truncate(m, height-1)
	m.scan.extend(m)
	m.emit(FiltersReverted{Height: height})
	m.tellFilters(true)
}

// undecided marks a height to be scanned by its block.
func (m *Machine) undecided(d *dispute, left []*variant) {
	m.cf.direct[d.height] = true
	if m.cf.count() == 0 {
		m.do(ResetFilterHeaders{From: m.cf.base, Prev: m.cf.prev})
	}
	m.do(SaveDirect{Height: d.height})
	m.scan.hold(d.height) // no filter is wanted: the block is read
	m.scan.advance()
	m.tellFilters(false)
	m.warn(Warning{Kind: WarnFilterDispute, Height: d.height})
	m.undecidable(d, left)
}

// richest is the variant with the most elements: it can only make us look at
// more blocks, not at fewer.
func richest(left []*variant) *variant {
	return slices.MaxFunc(left, func(a, b *variant) int {
		na, _ := cfilter.Count(a.filter)
		nb, _ := cfilter.Count(b.filter)
		switch {
		case na != nb:
			if na < nb {
				return -1
			}
			return 1
		case len(a.peers) != len(b.peers):
			return len(a.peers) - len(b.peers)
		}
		return bytes.Compare(a.hash[:], b.hash[:])
	})
}

// filterDisproved takes the program's proof that a filter on disk is false.
func (m *Machine) filterDisproved(height int32, block chainhash.Hash) {
	hash, ok := m.tree.HashAt(height)
	if !ok || hash != block || height > m.cf.tipHeight() || height < m.cf.base || m.cf.direct[height] {
		return
	}
	for _, p := range m.ready() {
		if p.servesFilters() && p.agreedTo >= height {
			m.warn(Warning{Kind: WarnFilterLie, Height: height, Peer: p.info.Addr})
			m.drop(p, ReasonBadFilterHeaders)
		}
	}
	m.revertFilters(height)
}
