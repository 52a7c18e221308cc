package spvtest

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"thistle/spv/chain"
	"thistle/spv/protocol"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// Script tells a story to one machine, a command a line, and writes every
// answer below it, indented. Lines that begin with # are kept. What the
// commands are:
//
//	network period=10          targets change, and each period ends in a checkpoint
//	chain 10                   the true chain has ten blocks
//	fork b from=7 blocks=5     another branch: its blocks are b8, b9, …
//	start pinned=alice keep=1  the machine begins; also preferred=bob,
//	                           have=N headers on disk,
//	                           peers=N, first=N for a chain that begins there,
//	                           age=2h for the newest block's, and the word health
//	                           for news of that
//	                           private=1 for connections of their own for transactions
//	connect alice height=10    a handshake is done; also nofilters, wtxid, clock=20m
//	disconnect alice, dialfail alice, addresses alice bob
//	headers alice 1..10        also b8..b12, "none", and bad=LIE
//	range alice 1..10          headers that go on from where alice was asked to, or "none"
//	inv alice block 7          also tx t1
//	cfheaders alice 1..10      also lie=4,7, with kind=omit|spent|superset
//	cfcheckpt alice 2000, filters alice 1..10, block alice 7 (also altered)
//	notfound alice block 7, tx alice t1, getdata alice t1, pong alice
//	feefilter alice 5000       it passes nothing on below 5 sat/vB
//	submit t1 fee=200          also spends=t2; a transaction of 61 vB
//	keepheaders 1, keep 1, want 7, drop 7, withdraw t1, lost 7, disproved 7
//	tick 10s                   time passes
//	progress                   how far the machine is
//
// Pings that measure a peer are answered at once and not shown; those that
// follow a transaction are.
type Script struct {
	gen      *Generator
	branches map[string]Branch
	txs      map[string]*wire.MsgTx
	machine  *protocol.Machine
	start    time.Time
	now      time.Time
	ids      map[string]protocol.PeerID
	names    map[protocol.PeerID]string
	nextID   protocol.PeerID
	labels   map[chainhash.Hash]string
	pings    map[string]uint64
	wtxid    map[protocol.PeerID]bool // whom transactions are named by their hash with witness
	disk     map[chainhash.Hash][]byte
	health   bool                        // it is told of
	purposes map[string]protocol.Purpose // of the last dial
	out      strings.Builder
}

// RunScript runs a script and returns it with the answers as they are now. What
// stood indented before is replaced.
func RunScript(src string) (string, error) {
	s := &Script{
		gen:      NewGenerator(Options{Seed: 1}),
		branches: make(map[string]Branch), txs: make(map[string]*wire.MsgTx),
		ids: make(map[string]protocol.PeerID), names: make(map[protocol.PeerID]string),
		labels: make(map[chainhash.Hash]string), pings: make(map[string]uint64),
		disk: make(map[chainhash.Hash][]byte), purposes: make(map[string]protocol.Purpose), wtxid: make(map[protocol.PeerID]bool),
	}
	lines := bufio.NewScanner(strings.NewReader(src))
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if strings.HasPrefix(line, "    ") {
			continue
		}
		s.out.WriteString(line + "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		if err := s.run(strings.Fields(line)); err != nil {
			return "", fmt.Errorf("line %d, %q: %w", n, line, err)
		}
	}
	return s.out.String(), lines.Err()
}

// command is a line in parts: words and key=value pairs.
type command struct {
	verb  string
	words []string
	keys  map[string]string
}

func (c *command) word(i int) string {
	if i < len(c.words) {
		return c.words[i]
	}
	return ""
}

func (c *command) number(key string, otherwise int) int {
	if n, err := strconv.Atoi(c.keys[key]); err == nil {
		return n
	}
	return otherwise
}

func (s *Script) run(fields []string) error {
	c := &command{verb: fields[0], keys: make(map[string]string)}
	for _, f := range fields[1:] {
		if k, v, ok := strings.Cut(f, "="); ok {
			c.keys[k] = v
		} else {
			c.words = append(c.words, f)
		}
	}
	switch c.verb {
	case "network", "chain", "fork", "start":
		return s.prepare(c)
	}
	if s.machine == nil {
		return fmt.Errorf("start comes first")
	}
	switch c.verb {
	case "tick":
		return s.tick(c.word(0))
	case "progress":
		s.progress()
		return nil
	case "connect":
		return s.connect(c)
	case "disconnect", "dialfail", "addresses":
		return s.addresses(c)
	case "keepheaders", "keep", "want", "drop", "submit", "withdraw", "lost", "disproved":
		return s.wish(c)
	}
	return s.message(c)
}

func (s *Script) prepare(c *command) error {
	switch c.verb {
	case "network":
		period := c.number("period", 10)
		s.gen = NewGenerator(Options{Seed: 1, Period: period, Empty: true,
			Spacing: time.Duration(period) * 10 * time.Minute / time.Duration(period-1)})
	case "chain":
		n, err := strconv.Atoi(c.word(0))
		if err != nil {
			return err
		}
		b := s.branches[""]
		if b == nil {
			b = s.gen.Genesis()
		}
		s.branch("", s.gen.Mine(b, n))
	case "fork":
		from := s.branches[c.keys["on"]].To(int32(c.number("from", 0)))
		s.branch(c.word(0), s.gen.Mine(from, c.number("blocks", 1)))
	case "start":
		s.boot(c)
	}
	return nil
}

func (s *Script) branch(name string, b Branch) {
	s.branches[name] = b
	for _, blk := range b {
		if _, ok := s.labels[blk.Hash]; !ok {
			s.labels[blk.Hash] = fmt.Sprint(name, blk.Height)
		}
	}
}

func (s *Script) boot(c *command) {
	b := s.branches[""]
	if p := s.gen.opt.Period; p > 0 {
		for h := p; h < len(b); h += p {
			s.gen.params.Checkpoints = append(s.gen.params.Checkpoints, s.gen.Checkpoint(b, int32(h)-1))
		}
	}
	tree := chain.New(s.gen.params, s.gen.params.BaseBelow(int32(c.number("first", 0))))
	s.health = c.word(0) == "health"
	age := 30 * 24 * time.Hour
	if d, err := time.ParseDuration(c.keys["age"]); err == nil {
		age = d
	}
	s.start = time.Unix(int64(b.Tip().Header.Time()), 0).Add(age).UTC()
	s.now = s.start
	if have := c.number("have", 0); have > 0 {
		if _, err := tree.Add(s.now, b.Headers(1, int32(have))); err != nil {
			panic(err) // our own headers
		}
	}
	cfg := protocol.Config{Params: s.gen.params, Tree: tree, Peers: c.number("peers", 0), Private: c.number("private", 0) > 0, Rand: rand.New(rand.NewPCG(1, 1))}
	cfg.Filters.From = -1
	cfg.Filters.Held = func(_ int32, block chainhash.Hash) bool { return s.disk[block] != nil }
	cfg.Filters.Filter = func(_ int32, block chainhash.Hash) []byte { return s.disk[block] }
	if p := c.keys["pinned"]; p != "" {
		cfg.Pinned = strings.Split(p, ",")
	}
	if p := c.keys["preferred"]; p != "" {
		cfg.Preferred = strings.Split(p, ",")
	}
	s.machine = protocol.New(cfg)
	if keep := c.number("keep", -1); keep >= 0 {
		s.step(protocol.KeepFilters{From: int32(keep)})
		return
	}
	s.carry(s.machine.Tick(s.now))
}

func (s *Script) step(in protocol.Input) { s.carry(s.machine.Step(s.now, in)) }

func (s *Script) tick(word string) error {
	d, err := time.ParseDuration(word)
	if err != nil {
		return err
	}
	end := s.now.Add(d)
	for ticks := 0; ; ticks++ {
		next := s.machine.Next()
		if next.IsZero() || next.After(end) {
			break
		}
		if ticks > 10_000 {
			return fmt.Errorf("the machine spins")
		}
		if next.After(s.now) {
			s.now = next
		}
		s.carry(s.machine.Tick(s.now))
	}
	s.now = end
	s.carry(s.machine.Tick(s.now))
	return nil
}

// carry carries out what the machine wants, and writes it down. Long runs of
// filters are one line.
func (s *Script) carry(outs []protocol.Output) {
	var first, last string
	flush := func() {
		if first == last && first != "" {
			s.say("save filter of " + first)
		} else if first != "" {
			s.say(fmt.Sprintf("save filters of %s..%s", first, last))
		}
		first, last = "", ""
	}
	var afterTx bool
	for _, out := range outs {
		switch out := out.(type) {
		case protocol.Dial:
			s.purposes[out.Addr] = out.Purpose
		case protocol.SaveFilter:
			s.disk[out.Block] = out.Data
			if first == "" {
				first = s.name(out.Block)
			}
			last = s.name(out.Block)
			continue
		case protocol.Send:
			if ping, ok := out.Msg.(*wire.MsgPing); ok {
				if !afterTx {
					s.step(protocol.MessageReceived{Peer: out.Peer, Msg: &wire.MsgPong{Nonce: ping.Nonce}})
					continue
				}
				s.pings[s.names[out.Peer]] = ping.Nonce
			}
			_, afterTx = out.Msg.(*wire.MsgTx)
		}
		if e, ok := out.(protocol.Emit); ok && !s.health {
			if _, ok := e.Event.(protocol.HealthChanged); ok {
				continue
			}
		}
		flush()
		s.say(Describe(out, s.name))
	}
	flush()
}

func (s *Script) say(line string) {
	fmt.Fprintf(&s.out, "    %-7s %s\n", s.now.Sub(s.start).Round(time.Millisecond).String(), line)
}

func (s *Script) name(v any) string {
	switch v := v.(type) {
	case protocol.PeerID:
		return s.names[v]
	case chainhash.Hash:
		if n, ok := s.labels[v]; ok {
			return n
		}
		return "unknown"
	}
	return fmt.Sprint(v)
}

func (s *Script) progress() {
	p := s.machine.Progress()
	current := "not current"
	if p.HeadersCurrent {
		current = "current"
	}
	s.say(fmt.Sprintf("headers to %d, %s; filter headers to %d, by %d of %d; filters %d to %d",
		p.Tip.Height, current, p.FilterTip.Height, p.Agreed, p.FilterPeers, p.FiltersFrom, p.FiltersTip.Height))
	for _, peer := range s.machine.Peers() {
		s.say(fmt.Sprintf("%s has shown %d", peer.Addr, peer.Height))
	}
}

func (s *Script) connect(c *command) error {
	s.nextID++
	name := c.word(0)
	s.ids[name], s.names[s.nextID] = s.nextID, name
	s.wtxid[s.nextID] = c.word(1) == "wtxid"
	services := wire.SFNodeNetwork | wire.SFNodeWitness | wire.SFNodeCF
	if c.word(1) == "nofilters" {
		services &^= wire.SFNodeCF
	}
	ahead, _ := time.ParseDuration(c.keys["clock"])
	s.step(protocol.PeerConnected{Info: protocol.PeerInfo{ID: s.nextID, Addr: name, Purpose: s.purposes[name], Services: services,
		StartHeight: int32(c.number("height", 0)), Since: s.now, ClockAhead: ahead, TxRelay: true, WTxID: c.word(1) == "wtxid"}})
	return nil
}

func (s *Script) addresses(c *command) error {
	switch c.verb {
	case "disconnect":
		id, ok := s.ids[c.word(0)]
		if !ok {
			return fmt.Errorf("no such peer")
		}
		s.step(protocol.PeerDisconnected{Peer: id})
	case "dialfail":
		s.step(protocol.DialFailed{Addr: c.word(0)})
	case "addresses":
		s.step(protocol.AddressesFound{Answers: []protocol.SeedAnswer{{Addrs: c.words}}})
	}
	return nil
}

// tx makes transactions by name.
func (s *Script) tx(name string) *wire.MsgTx {
	if s.txs[name] == nil {
		tx := wire.NewMsgTx(2)
		tx.AddTxIn(wire.NewTxIn(&wire.OutPoint{Hash: chainhash.HashH([]byte(name))}, nil, nil))
		tx.AddTxOut(wire.NewTxOut(1, []byte{0x51}))
		s.txs[name] = tx
		s.labels[tx.TxHash()] = name
	}
	return s.txs[name]
}

// block finds a block by its label: "7", or "b8" on branch b.
func (s *Script) block(label string) (*Block, error) {
	digits := strings.TrimLeft(label, "abcdefghijklmnopqrstuvwxyz")
	h, err := strconv.Atoi(digits)
	if err != nil {
		return nil, err
	}
	b := s.branches[strings.TrimSuffix(label, digits)]
	if h < 0 || h >= len(b) {
		return nil, fmt.Errorf("no block %s", label)
	}
	return b[h], nil
}

// blocks finds a range: "7", "1..10", "b8..b12".
func (s *Script) blocks(label string) ([]*Block, error) {
	from, to, ok := strings.Cut(label, "..")
	if !ok {
		to = from
	}
	first, err := s.block(from)
	if err != nil {
		return nil, err
	}
	last, err := s.block(to)
	if err != nil {
		return nil, err
	}
	return last.Range(first.Height), nil
}

func (s *Script) wish(c *command) error {
	arg := c.word(0)
	switch c.verb {
	case "submit":
		tx := s.tx(arg)
		if parent := c.keys["spends"]; parent != "" {
			tx.TxIn[0].PreviousOutPoint.Hash = s.tx(parent).TxHash()
			s.labels[tx.TxHash()] = arg
		}
		s.step(protocol.SubmitTx{Tx: tx, Fee: int64(c.number("fee", 0))})
		return nil
	case "withdraw":
		s.step(protocol.WithdrawTx{TxID: s.tx(arg).TxHash()})
		return nil
	case "keepheaders":
		h, err := strconv.Atoi(arg)
		s.step(protocol.KeepHeaders{From: int32(h)})
		return err
	case "keep":
		h, err := strconv.Atoi(arg)
		s.step(protocol.KeepFilters{From: int32(h)})
		return err
	}
	b, err := s.block(arg)
	if err != nil {
		return err
	}
	switch c.verb {
	case "want":
		s.step(protocol.WantBlock{Hash: b.Hash})
	case "drop":
		s.step(protocol.DropBlock{Hash: b.Hash})
	case "lost":
		delete(s.disk, b.Hash)
		s.step(protocol.FilterLost{Height: b.Height, Block: b.Hash})
	case "disproved":
		s.step(protocol.FilterDisproved{Height: b.Height, Block: b.Hash})
	}
	return nil
}
