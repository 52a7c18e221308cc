package protocol

import (
	"slices"
	"time"
)

// Why says what keeps a stage from going on.
type Why uint8

const (
	// WhyNone: it goes on, or is done.
	WhyNone Why = iota
	// WhyNoPeers: nobody is connected.
	WhyNoPeers
	// WhyNoFilterPeers: no connected peer serves compact filters.
	WhyNoFilterPeers
	// WhyNoAnswer: peers were asked and say nothing.
	WhyNoAnswer
	// WhyDispute: peers disagree about the filter of block Height.
	WhyDispute
	// WhyClock: the peers' chains lie in the future by this computer's clock.
	WhyClock
	// WhyBlock: block Height is waited for; Tried peers were asked for it.
	WhyBlock
	// WhyFullBlocks: nobody serves filters, so blocks are to be read instead.
	WhyFullBlocks
)

// Stage is how far one part of the work has come. Done and Total count what the
// stage is named after and never go back, but for a reorg, a lie found out or a
// wish for more.
type Stage struct {
	Done, Total int32
	Rate        float64       // per second over the last ten, 0 if nothing moves
	Left        time.Duration // 0 if unknown or done
	Why         Why           // set once nothing has moved for a while
	Height      int32         // of the block Why is about
	Tried       int           // peers that were asked for it
}

// Complete tells whether nothing is left to do.
func (s Stage) Complete() bool { return s.Done >= s.Total }

// Stages are the parts of the work, in the order in which they are done. Each
// goes on beside the others as far as those before it have come.
type Stages struct {
	// Peers counts connections, of those wished for; they come and go.
	Peers Stage
	// Headers counts headers kept, of those that peers are taken to have.
	Headers Stage
	// FilterHeaders and Filters count from the first height whose filter was
	// asked for; both are empty if none was.
	FilterHeaders, Filters Stage
	// Blocks counts blocks that the program asked for in this run.
	Blocks Stage
}

// meters measure the stages.
type meters struct {
	sampledAt time.Time
	headers   meter
	cfheaders meter
	filters   meter
	blocks    meter
	peers     meter
	claim     int32 // chain length that peers claim, while headers are not current
}

// meter knows how a count has grown of late.
type meter struct {
	samples [rateWindow + 1]sample // the newest last
	n       int
	done    int32
	movedAt time.Time // when done grew or nothing was left to do
}

type sample struct {
	at   time.Time
	done int32
}

// note looks at a count; complete means that nothing is left to do.
func (t *meter) note(now time.Time, done int32, complete bool) {
	if done != t.done || complete || t.movedAt.IsZero() {
		t.movedAt = now
	}
	if done < t.done {
		t.n = 0
	}
	t.done = done
}

// sample enters the count into the window.
func (t *meter) sample(now time.Time) {
	if t.n == len(t.samples) {
		copy(t.samples[:], t.samples[1:])
		t.n--
	}
	t.samples[t.n] = sample{at: now, done: t.done}
	t.n++
}

// rate is the growth per second over the window.
func (t *meter) rate(now time.Time) float64 {
	for _, s := range t.samples[:t.n] {
		span := now.Sub(s.at)
		if span > rateWindow*time.Second+time.Second/2 {
			continue
		}
		if span < time.Second/2 {
			return 0
		}
		return float64(t.done-s.done) / span.Seconds()
	}
	return 0
}

// meterProgress looks at all counts after each step, and once a second for the
// rates.
func (m *Machine) meterProgress() {
	m.noteClaim()
	st := m.counts()
	t := &m.meters
	t.peers.note(m.now, st.Peers.Done, st.Peers.Done > 0)
	t.headers.note(m.now, st.Headers.Done, m.current && st.Headers.Complete())
	t.cfheaders.note(m.now, st.FilterHeaders.Done, st.FilterHeaders.Complete())
	t.filters.note(m.now, st.Filters.Done, st.Filters.Complete())
	t.blocks.note(m.now, st.Blocks.Done, st.Blocks.Complete())
	all := []*meter{&t.headers, &t.cfheaders, &t.filters, &t.blocks}
	if !m.now.Before(t.sampledAt.Add(time.Second)) {
		t.sampledAt = m.now
		for _, one := range all {
			one.sample(m.now)
		}
	}
	// A rate must come down though nothing happens.
	if slices.ContainsFunc(all, func(one *meter) bool { return m.now.Before(one.movedAt.Add(stuckAfter)) && !one.movedAt.Equal(m.now) }) {
		m.wakeAt(t.sampledAt.Add(time.Second))
	}
}

// noteClaim keeps the chain length that peers claim: the second highest claim,
// so that one liar does not set the goal. It holds over the coming and going of
// peers; only what is far off is taken back.
func (m *Machine) noteClaim() {
	t := &m.meters
	if m.current {
		t.claim = 0
		return
	}
	var best, second int32
	peers := 0
	for _, p := range m.peers {
		if !p.usable() || p.ahead {
			continue
		}
		peers++
		if h := p.info.StartHeight; h > best {
			best, second = h, best
		} else {
			second = max(second, h)
		}
	}
	if peers == 1 {
		second = best
	}
	if second > t.claim || peers > 0 && second < t.claim-claimSlack {
		t.claim = second
	}
}

// headersGoal is the height at which headers are taken to end.
func (m *Machine) headersGoal() int32 { return max(m.tree.Tip().Height, m.meters.claim) }

// counts are the stages without what time tells of them.
func (m *Machine) counts() Stages {
	var st Stages
	base, goal := m.tree.Base().Height, m.headersGoal()
	want := min(base, m.ranges.want)
	st.Peers = Stage{Total: int32(m.peersWanted())}
	st.Peers.Done = int32(len(m.ready()))
	st.Headers = Stage{Done: m.tree.Tip().Height - base + m.ranges.staged(), Total: goal - want}
	if from := m.ranges.filters; from >= 0 {
		// They wait for headers, and will be counted from there on.
		total := max(goal-from+1, 0)
		st.FilterHeaders = Stage{Total: total}
		st.Filters = Stage{Done: m.scan.held, Total: total}
	} else if from := m.scan.from; from >= 0 {
		// What has served and was deleted counts as done.
		origin := min(max(m.need.keep, base+1, 1), from)
		if m.light.on { // none is needed
			total := max(goal-from+1, 0)
			st.Filters = Stage{Done: min(int32(m.scan.run), total), Total: total}
			st.Blocks = Stage{Done: m.blocks.got, Total: m.blocks.got + m.blocks.outstanding()}
			return st
		}
		total := max(goal-origin+1, 0)
		st.FilterHeaders = Stage{Done: min(max(m.cf.tipHeight(), from-1)-origin+1, total), Total: total}
		st.Filters = Stage{Done: min(from-origin+m.scan.held, total), Total: total}
	}
	st.Blocks = Stage{Done: m.blocks.got, Total: m.blocks.got + m.blocks.outstanding()}
	return st
}

// stages is how far all parts of the work have come.
func (m *Machine) stages() Stages {
	st, t := m.counts(), &m.meters
	stuck := func(one *meter) bool { return !one.movedAt.IsZero() && !m.now.Before(one.movedAt.Add(stuckAfter)) }
	measure := func(s *Stage, one *meter) {
		if s.Complete() {
			return
		}
		if s.Rate = one.rate(m.now); s.Rate > 0 {
			s.Left = time.Duration(float64(s.Total-s.Done) / s.Rate * float64(time.Second))
		}
	}
	measure(&st.Headers, &t.headers)
	measure(&st.FilterHeaders, &t.cfheaders)
	measure(&st.Filters, &t.filters)
	measure(&st.Blocks, &t.blocks)
	if st.Peers.Done == 0 && stuck(&t.peers) {
		st.Peers.Why = WhyNoPeers
	}
	if (!m.current || !st.Headers.Complete()) && stuck(&t.headers) {
		st.Headers.Why = m.whyNoHeaders()
	}
	explain := func(s *Stage, one *meter, asked bool) {
		switch {
		case s.Complete() || !stuck(one):
		case asked && m.ranges.filters < 0:
			m.explainFilters(s)
		default:
			s.Why = st.Headers.Why // it waits for headers
		}
	}
	explain(&st.FilterHeaders, &t.cfheaders, m.cf.tipHeight() < m.tree.Tip().Height)
	explain(&st.Filters, &t.filters, m.scan.held < int32(len(m.scan.marks)))
	if !st.Blocks.Complete() && stuck(&t.blocks) {
		m.explainBlocks(&st.Blocks)
	}
	return st
}

func (m *Machine) whyNoHeaders() Why {
	peers, ahead := m.ready(), 0
	for _, p := range peers {
		if p.ahead {
			ahead++
		}
	}
	switch {
	case len(peers) == 0:
		return WhyNoPeers
	case ahead == len(peers):
		return WhyClock
	}
	return WhyNoAnswer
}

// explainFilters says why filter headers or filters do not come though they could
// be had.
func (m *Machine) explainFilters(s *Stage) {
	switch d := m.cf.dispute; {
	case len(m.ready()) == 0:
		s.Why = WhyNoPeers
	case d != nil:
		s.Why, s.Height = WhyDispute, d.height
		if w := m.wantOf(d.block); w != nil {
			s.Tried = len(w.known)
		}
	case !m.hasFilterPeer() && m.scan.whole:
		s.Why = WhyFullBlocks
	case !m.hasFilterPeer():
		s.Why = WhyNoFilterPeers
	default:
		s.Why = WhyNoAnswer
	}
}

// explainBlocks names the block that most peers were asked for.
func (m *Machine) explainBlocks(s *Stage) {
	if len(m.ready()) == 0 {
		s.Why = WhyNoPeers
		return
	}
	for _, w := range m.blocks.wants {
		if !w.external {
			continue
		}
		if s.Why == WhyNone || len(w.known) > s.Tried {
			tip, _, _ := m.tree.Find(w.hash)
			s.Why, s.Height, s.Tried = WhyBlock, tip.Height, len(w.known)
		}
	}
}

func (m *Machine) hasFilterPeer() bool {
	return slices.ContainsFunc(m.peers, func(p *peerState) bool { return m.hopeful(p) })
}
