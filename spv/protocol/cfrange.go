package protocol

import (
	"slices"

	"thistle/spv/cfilter"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// cfRange is a run of blocks whose filter headers are to be agreed on.
type cfRange struct {
	from, to int32
	stop     chainhash.Hash
	claims   []*cfClaim // in order of arrival; the first is followed
}

// cfClaim is what some peers say of a range. Its last header commits to every
// hash in it and to the header before it: who stands by the last header stands
// by all.
type cfClaim struct {
	prev    chainhash.Hash
	hashes  []chainhash.Hash
	headers []chainhash.Hash // what prev and hashes make
	peers   []*peerState
}

// claimOf reads an answer to a question for so many hashes, nil if it is none.
func claimOf(msg *wire.MsgCFHeaders, count int32) *cfClaim {
	if len(msg.FilterHashes) != int(count) || count < 1 {
		return nil
	}
	c := &cfClaim{prev: msg.PrevFilterHeader, hashes: make([]chainhash.Hash, count)}
	for i, h := range msg.FilterHashes {
		c.hashes[i] = *h
	}
	c.headers = c.headersFrom(c.prev)
	return c
}

// headersFrom are the filter headers that follow another one by these hashes.
func (c *cfClaim) headersFrom(prev chainhash.Hash) []chainhash.Hash {
	headers := make([]chainhash.Hash, len(c.hashes))
	for i, hash := range c.hashes {
		prev = cfilter.NextHeader(hash, prev)
		headers[i] = prev
	}
	return headers
}

func (c *cfClaim) end() chainhash.Hash { return c.headers[len(c.headers)-1] }

// contradictsKnown tells whether filter headers known beforehand show a claim to
// be false.
func (m *Machine) contradictsKnown(from int32, c *cfClaim) bool {
	if want, ok := m.cfg.FilterCheckpoints[from-1]; ok && want != c.prev {
		return true
	}
	for i, header := range c.headers {
		if want, ok := m.cfg.FilterCheckpoints[from+int32(i)]; ok && want != header {
			return true
		}
	}
	return false
}

func (r *cfRange) count() int32 { return r.to - r.from + 1 }

// claimTo is the claim that ends in a filter header, nil if there is none yet.
func (r *cfRange) claimTo(end chainhash.Hash) *cfClaim {
	for _, c := range r.claims {
		if c.end() == end {
			return c
		}
	}
	return nil
}

// hear notes that a peer stands by a claim.
func (r *cfRange) hear(c *cfClaim, p *peerState) {
	if same := r.claimTo(c.end()); same != nil {
		c = same
	} else {
		r.claims = append(r.claims, c)
	}
	if !slices.Contains(c.peers, p) {
		c.peers = append(c.peers, p)
	}
}

// peers lists all who have been heard.
func (r *cfRange) peers() []*peerState {
	var list []*peerState
	for _, c := range r.claims {
		list = append(list, c.peers...)
	}
	return list
}

func (r *cfRange) heard(p *peerState) bool { return slices.Contains(r.peers(), p) }

// forget takes a peer out, and claims that nobody stands by any more.
func (r *cfRange) forget(p *peerState) {
	r.claims = slices.DeleteFunc(r.claims, func(c *cfClaim) bool {
		c.peers = slices.DeleteFunc(c.peers, func(q *peerState) bool { return q == p })
		return len(c.peers) == 0
	})
}

func (r *cfRange) differs(i int) bool {
	for _, c := range r.claims[1:] {
		if c.hashes[i] != r.claims[0].hashes[i] {
			return true
		}
	}
	return false
}

// settle compares the claims on a range, of which there is one at least, height
// by height, and commits what they agree on. It tells whether that is done, or a
// dispute must be waited for.
func (m *Machine) settle(r *cfRange) bool {
	if m.cf.dispute != nil && m.cf.dispute.over != nil {
		return false
	}
	for i := range r.claims[0].hashes {
		if m.cf.direct[r.from+int32(i)] || !r.differs(i) {
			continue
		}
		if m.cf.dispute == nil {
			m.disputeRange(r, i)
		}
		return false
	}
	m.commitRange(r)
	return true
}

// commitRange adds the agreed hashes to the chain of filter headers.
func (m *Machine) commitRange(r *cfRange) {
	if m.cf.count() == 0 {
		if m.cf.base > 1 {
			m.cf.reset(m.cf.base, mostFrequentPrev(r.claims))
		}
		m.do(ResetFilterHeaders{From: m.cf.base, Prev: m.cf.prev})
	}
	prev, _ := m.cf.header(r.from - 1)
	headers := r.claims[0].headers
	if r.claims[0].prev != prev {
		headers = r.claims[0].headersFrom(prev)
	}
	for i, header := range headers {
		if want, ok := m.cfg.FilterCheckpoints[r.from+int32(i)]; ok && want != header {
			// These peers are right, so what we hold below is not.
			m.revertFilters(m.cf.base)
			return
		}
	}
	m.cf.append(headers)
	m.do(SaveFilterHeaders{From: r.from, Headers: headers})
	for _, c := range r.claims {
		for _, p := range c.peers {
			if p.agreedTo >= r.from-1 || c.prev == prev {
				p.agreedTo = max(p.agreedTo, r.to)
			}
		}
	}
	m.markHeld(r.from, r.to)
	m.takeEarly(r.from)
}

// mostFrequentPrev is the filter header before the range that most peers name.
// It decides nothing but how later checkpoints compare.
func mostFrequentPrev(claims []*cfClaim) chainhash.Hash {
	count := make(map[chainhash.Hash]int)
	best := claims[0].prev
	for _, c := range claims {
		count[c.prev] += len(c.peers)
		if count[c.prev] > count[best] {
			best = c.prev
		}
	}
	return best
}
