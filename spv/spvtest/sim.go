package spvtest

import (
	"container/heap"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"thistle/spv/addrmgr"
	"thistle/spv/chain"
	"thistle/spv/protocol"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// SimConfig says what a Sim holds.
type SimConfig struct {
	Gen   *Generator
	Seed  uint64
	Peers []*Peer
	// Pinned gives the machine all peers by name; else a DNS answer lists them.
	Pinned bool
	// Preferred names peers to be kept beside others.
	Preferred []string
	// Slots is how many peers the machine keeps, its default if 0.
	Slots int
	// Base is where headers begin, genesis if zero.
	Base chain.Base
	// Keep is the first height whose filter is kept, none if 0.
	Keep int32
	// Headers is the first height whose header is kept, that of Base if 0.
	Headers int32
	// Audit has all headers fetched in the end.
	Audit bool
	// Networks are those that can be reached, the default if zero.
	Networks addrmgr.Networks
	// LowData and Private are as in protocol.Config.
	LowData, Private bool
	// OwnNode is as in protocol.Config.
	OwnNode string
	// NoReads leaves FilterState.Filter out, as a caller without it would.
	NoReads           bool
	FilterCheckpoints map[int32]chainhash.Hash
	// Start is when the story begins: a month after the newest block if zero.
	Start time.Time
}

// Sim is a machine among peers, with a disk and a clock. Nothing in it runs by
// itself: Run lets virtual time pass.
type Sim struct {
	gen     *Generator
	cfg     SimConfig
	rng     *rand.Rand
	start   time.Time
	now     time.Time
	queue   eventQueue
	seq     uint64
	machine *protocol.Machine
	life    int // of the machine: grows with each restart
	disk    *Disk
	peers   map[string]*Peer
	conns   map[protocol.PeerID]*conn
	nextID  protocol.PeerID
	keep    int32
	headers int32
	wants   []chainhash.Hash
	submits []protocol.SubmitTx

	trace  uint64 // running hash of every output
	lines  int
	log    []string // the last lines of the trace
	faults []string
	before []string // what led to the first fault

	ticks       int // in a row without time or input between
	secondTicks int
	second      int64
	sends       int
	crashing    bool

	// Events are what the machine has told, in order, over all its lives.
	Events []protocol.Event
	// Arrived are the blocks that came.
	Arrived map[chainhash.Hash]*wire.MsgBlock
	// Watch sees every output as it is carried out.
	Watch func(protocol.Output)

	toldTx map[chainhash.Hash]map[string]bool
}

// conn is one connection from the machine to a peer.
type conn struct {
	id        protocol.PeerID
	peer      *Peer
	purpose   protocol.Purpose
	closing   bool
	toPeer    time.Time // when the last message so far arrives there
	toMachine time.Time
	headers   bool // sendheaders was received
	announced int32
	askedAt   time.Time        // of a getheaders not yet answered
	asked     []chainhash.Hash // what getheaders were for: a range after a block, or zero
	ranged    []time.Time      // when the ranges not yet answered were asked for
	ranges    []*filterRange
}

// filterRange is one getcfilters under way.
type filterRange struct {
	stop    *Block
	missing map[chainhash.Hash]bool
	single  bool
	moved   time.Time
}

// NewSim makes a Sim. The machine starts at once; time does not.
func NewSim(cfg SimConfig) *Sim {
	s := &Sim{
		gen: cfg.Gen, cfg: cfg, keep: cfg.Keep, headers: cfg.Headers,
		rng:     rand.New(rand.NewPCG(cfg.Seed, 0x7369_6d75)),
		peers:   make(map[string]*Peer),
		conns:   make(map[protocol.PeerID]*conn),
		Arrived: make(map[chainhash.Hash]*wire.MsgBlock),
		toldTx:  make(map[chainhash.Hash]map[string]bool),
		start:   cfg.Start,
	}
	for _, p := range cfg.Peers {
		s.AddPeer(p)
		if t := time.Unix(int64(p.Chain.Tip().Header.Time()), 0).Add(30 * 24 * time.Hour); t.After(s.start) && cfg.Start.IsZero() {
			s.start = t.UTC()
		}
	}
	s.now = s.start
	base := cfg.Base
	if base.Hash == (chainhash.Hash{}) {
		base = cfg.Gen.params.Genesis()
	}
	s.disk = newDisk(s, base)
	s.boot()
	return s
}

// AddPeer puts one more node on the network. DNS tells of it from now on.
func (s *Sim) AddPeer(p *Peer) {
	p.learn(p.Chain)
	if p.Latency == 0 {
		p.Latency = 30 * time.Millisecond
	}
	s.peers[p.Name] = p
	if !slices.Contains(s.cfg.Peers, p) {
		s.cfg.Peers = append(s.cfg.Peers, p)
	}
}

// boot makes a machine from the disk.
func (s *Sim) boot() {
	s.life++
	s.conns = make(map[protocol.PeerID]*conn)
	tree, err := chain.Load(s.gen.params, s.disk.base, s.disk.raw())
	if err != nil {
		s.faultf("load: %v", err)
		return
	}
	cfg := protocol.Config{
		Params: s.gen.params, Tree: tree, Filters: s.disk.filterState(),
		FilterCheckpoints: s.cfg.FilterCheckpoints, NoDNS: s.cfg.Pinned, Preferred: s.cfg.Preferred, Networks: s.cfg.Networks, Peers: s.cfg.Slots, Audit: s.cfg.Audit,
		LowData: s.cfg.LowData, Private: s.cfg.Private, OwnNode: s.cfg.OwnNode,
		Rand: rand.New(rand.NewPCG(s.cfg.Seed, uint64(s.life))),
	}
	if s.cfg.NoReads {
		cfg.Filters.Filter = nil
	}
	if s.cfg.Pinned {
		for _, p := range s.cfg.Peers {
			cfg.Pinned = append(cfg.Pinned, p.Name)
		}
	}
	s.machine = protocol.New(cfg)
	if s.headers > 0 {
		s.Input(protocol.KeepHeaders{From: s.headers})
	}
	if s.keep > 0 {
		s.Input(protocol.KeepFilters{From: s.keep})
	}
	for _, h := range s.wants {
		s.Input(protocol.WantBlock{Hash: h})
	}
	for _, in := range s.submits {
		s.Input(in)
	}
	s.Input(nil)
}

// Restart ends the machine at once and starts another from the disk, as after a
// crash.
func (s *Sim) Restart() { s.boot() }

// CrashIn lets the machine die after so much time, in the midst of carrying
// out the outputs of a step.
func (s *Sim) CrashIn(d time.Duration) {
	s.at(s.now.Add(d), func() { s.crashing = true })
}

// Now is the virtual time.
func (s *Sim) Now() time.Time { return s.now }

// Machine is the machine that runs now.
func (s *Sim) Machine() *protocol.Machine { return s.machine }

// Disk is what has been saved.
func (s *Sim) Disk() *Disk { return s.disk }

// Rand is for the story's own dice.
func (s *Sim) Rand() *rand.Rand { return s.rng }

// Trace is a hash of everything the machine did.
func (s *Sim) Trace() uint64 { return s.trace }

// Keep asks for filters from a height on, over restarts.
func (s *Sim) Keep(from int32) {
	if s.keep <= 0 || from < s.keep {
		s.keep = from
	}
	s.Input(protocol.KeepFilters{From: from})
}

// KeepHeaders asks for headers from a height on, over restarts.
func (s *Sim) KeepHeaders(from int32) {
	if s.headers <= 0 || from < s.headers {
		s.headers = from
	}
	s.Input(protocol.KeepHeaders{From: from})
}

// SetKeep changes what the program asks for after the next restart.
func (s *Sim) SetKeep(from int32) { s.keep = from }

// Want asks for a block, over restarts.
func (s *Sim) Want(hash chainhash.Hash) {
	s.wants = append(s.wants, hash)
	s.Input(protocol.WantBlock{Hash: hash})
}

// Missing are the blocks of a branch that were asked for and have not come.
func (s *Sim) Missing(b Branch) []*Block {
	var list []*Block
	for _, h := range s.wants {
		if blk := s.gen.Find(h); blk != nil && int(blk.Height) < len(b) && b[blk.Height] == blk {
			list = append(list, blk)
		}
	}
	return list
}

// Offered are the transactions submitted and not withdrawn.
func (s *Sim) Offered() map[chainhash.Hash]*wire.MsgTx {
	m := make(map[chainhash.Hash]*wire.MsgTx)
	for _, in := range s.submits {
		m[in.Tx.TxHash()] = in.Tx
	}
	return m
}

// Submit offers a transaction, over restarts.
func (s *Sim) Submit(tx *wire.MsgTx) { s.SubmitPaying(tx, 0) }

// SubmitPaying is Submit for one that pays a known fee.
func (s *Sim) SubmitPaying(tx *wire.MsgTx, fee int64) {
	in := protocol.SubmitTx{Tx: tx, Fee: fee}
	s.submits = append(s.submits, in)
	s.Input(in)
}

// feeOf is what a submitted transaction pays, 0 if that is not known.
func (s *Sim) feeOf(tx *wire.MsgTx) int64 {
	for _, in := range s.submits {
		if in.Tx == tx {
			return in.Fee
		}
	}
	return 0
}

// Withdraw ends Submit.
func (s *Sim) Withdraw(txid chainhash.Hash) {
	s.submits = slices.DeleteFunc(s.submits, func(in protocol.SubmitTx) bool { return in.Tx.TxHash() == txid })
	s.Input(protocol.WithdrawTx{TxID: txid})
}

// Input feeds the machine, nil being a tick.
func (s *Sim) Input(in protocol.Input) {
	var outs []protocol.Output
	if in == nil {
		outs = s.machine.Tick(s.now)
	} else {
		s.record("> " + Describe(in, s.names))
		outs = s.machine.Step(s.now, in)
	}
	switch in.(type) {
	case protocol.KeepFilters, protocol.FiltersUsed:
		for _, c := range s.conns {
			c.ranges = nil // what is under way may be given up, and asked for again
		}
	}
	s.countTick(in == nil)
	life := s.life
	upTo := len(outs)
	crash := s.crashing && hasSave(outs)
	if crash {
		upTo = s.rng.IntN(len(outs) + 1)
		s.crashing = false
	}
	for _, out := range outs[:upTo] {
		s.execute(out)
		if s.life != life {
			return // a watcher restarted us
		}
	}
	if crash {
		s.record("! crash")
		s.boot()
		return
	}
	next := s.machine.Next()
	if next.IsZero() {
		s.faultf("the machine wants never to be called again")
		return
	}
	s.at(next, func() {
		if s.life == life && s.machine.Next().Equal(next) {
			s.Input(nil)
		}
	})
}

func hasSave(outs []protocol.Output) bool {
	return slices.ContainsFunc(outs, func(o protocol.Output) bool {
		switch o.(type) {
		case protocol.SaveHeaders, protocol.SaveLower, protocol.SaveFilterHeaders, protocol.ResetFilterHeaders, protocol.SaveFilter, protocol.SaveDirect:
			return true
		}
		return false
	})
}

// countTick finds a machine that spins.
func (s *Sim) countTick(tick bool) {
	const inARow, perSecond = 3, 200
	if sec := s.now.Unix(); sec != s.second {
		s.second, s.secondTicks = sec, 0
	}
	if !tick {
		s.ticks = 0
		return
	}
	if s.secondTicks++; s.machine.Next().After(s.now) {
		s.ticks = 0
	} else {
		s.ticks++
	}
	if s.ticks > inARow || s.secondTicks > perSecond {
		s.faultf("the machine spins: %d ticks this second, next %v", s.secondTicks, s.machine.Next().Sub(s.now))
		s.ticks, s.secondTicks = 0, 0
	}
}

func (s *Sim) execute(out protocol.Output) {
	s.record(Describe(out, s.names))
	if s.Watch != nil {
		s.Watch(out)
	}
	switch out := out.(type) {
	case protocol.Dial:
		s.dial(out)
	case protocol.Disconnect:
		s.disconnect(out)
	case protocol.Send:
		s.send(out)
	case protocol.Resolve:
		s.resolve()
	case protocol.Emit:
		s.emit(out.Event)
	default:
		s.disk.save(out)
	}
}

func (s *Sim) emit(e protocol.Event) {
	s.disk.checkEvent(e)
	s.Events = append(s.Events, e)
	if e, ok := e.(protocol.BlockArrived); ok {
		b := s.gen.Find(e.Hash)
		if b == nil || !sameBlock(b.Msg, e.Block) {
			s.faultf("block %v arrived altered", e.Hash)
		}
		s.Arrived[e.Hash] = e.Block
		s.wants = slices.DeleteFunc(s.wants, func(h chainhash.Hash) bool { return h == e.Hash })
	}
}

func sameBlock(a, b *wire.MsgBlock) bool {
	var x, y strings.Builder
	return a.Serialize(&x) == nil && b.Serialize(&y) == nil && x.String() == y.String()
}

// at puts something on the agenda.
func (s *Sim) at(t time.Time, do func()) {
	if t.Before(s.now) {
		t = s.now
	}
	s.seq++
	heap.Push(&s.queue, event{at: t, seq: s.seq, do: do})
}

// After puts something of the story on the agenda.
func (s *Sim) After(d time.Duration, do func()) { s.at(s.now.Add(d), do) }

// Run lets time pass.
func (s *Sim) Run(d time.Duration) { s.RunUntil(d, func() bool { return false }) }

// RunUntil lets time pass until something holds, at most so long. It tells
// whether it holds.
func (s *Sim) RunUntil(d time.Duration, done func() bool) bool {
	end := s.now.Add(d)
	for !done() {
		if len(s.faults) > 20 {
			return false
		}
		if len(s.queue) == 0 || s.queue[0].at.After(end) {
			s.now = end
			return done()
		}
		e := heap.Pop(&s.queue).(event)
		s.now = e.at
		e.do()
	}
	return true
}

func (s *Sim) faultf(format string, args ...any) {
	msg := fmt.Sprintf("%v: ", s.now.Sub(s.start)) + fmt.Sprintf(format, args...)
	s.faults = append(s.faults, msg)
	s.record("!! " + msg)
	if len(s.faults) == 1 {
		s.before = slices.Clone(s.log[max(0, len(s.log)-shown):])
	}
}

// shown is how many lines of the trace a failing test prints.
const shown = 120

// Faults are the complaints so far.
func (s *Sim) Faults() []string { return s.faults }

// record adds a line to the trace.
func (s *Sim) record(line string) {
	h := fnv.New64a()
	line = fmt.Sprintf("%9.3f %s", s.now.Sub(s.start).Seconds(), line)
	fmt.Fprintf(h, "%x %s", s.trace, line)
	s.trace = h.Sum64()
	s.lines++
	const kept = 400
	if len(s.log) == 2*kept {
		s.log = slices.Delete(s.log, 0, kept)
	}
	s.log = append(s.log, line)
}

// Check fails a test that has faults, and shows what led to the end.
func (s *Sim) Check(t testing.TB) {
	t.Helper()
	if len(s.faults) == 0 && !t.Failed() {
		return
	}
	lines := s.before
	if lines == nil {
		lines = s.log[max(0, len(s.log)-shown):]
	}
	t.Logf("seed %d, after %v; of %d lines:\n%s", s.cfg.Seed, s.now.Sub(s.start), s.lines, strings.Join(lines, "\n"))
	for _, f := range s.faults {
		t.Errorf("seed %d: %s", s.cfg.Seed, f)
	}
}

// names tells how blocks and peers are called in traces.
func (s *Sim) names(v any) string {
	switch v := v.(type) {
	case protocol.PeerID:
		if c := s.conns[v]; c != nil {
			return fmt.Sprintf("%s#%d", c.peer.Name, v)
		}
		return fmt.Sprintf("#%d", v)
	case chainhash.Hash:
		if b := s.gen.Find(v); b != nil {
			return fmt.Sprintf("%d/%.4s", b.Height, v.String()[60:])
		}
		return v.String()[60:]
	}
	return fmt.Sprint(v)
}

type event struct {
	at  time.Time
	seq uint64
	do  func()
}

type eventQueue []event

func (q eventQueue) Len() int { return len(q) }
func (q eventQueue) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].seq < q[j].seq
}
func (q eventQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *eventQueue) Push(x any)   { *q = append(*q, x.(event)) }
func (q *eventQueue) Pop() any {
	old := *q
	n := len(old) - 1
	e := old[n]
	old[n] = event{}
	*q = old[:n]
	return e
}
