package spv_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"thistle/spv"
	"thistle/spv/spvtest"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// bottle is a network of nodes that a whole client talks to over pipes, so that
// in a testing/synctest bubble time costs nothing. The nodes share one branch,
// which can be replaced at the very moment a message is sent.
type bottle struct {
	nodes []*bottled
	group sync.WaitGroup // of connections

	params *spv.Params
	shared map[chainhash.Hash]*spvtest.Block // blocks of another generator, nil for none

	mu     sync.Mutex // guards all below
	gen    *spvtest.Generator
	branch spvtest.Branch
	sent   map[string]int
	heard  map[string]int
	traps  map[string]map[int]func()
	reorgs int
}

// faults are chances that a node does something else than answer.
type faults struct {
	refuse, hangUp, ignore, delay, flip, cut float64
}

// bottled is one node.
type bottled struct {
	w       *bottle
	addr    string
	latency time.Duration
	plain   bool // serves no filters

	mu    sync.Mutex // guards all below
	dice  *rand.Rand
	does  faults
	links map[*pipeLink]bool
}

func newBottle(t *testing.T, gen *spvtest.Generator, branch spvtest.Branch) *bottle {
	w := &bottle{params: gen.Params(), gen: gen, branch: branch, sent: make(map[string]int), heard: make(map[string]int), traps: make(map[string]map[int]func())}
	t.Cleanup(w.group.Wait)
	return w
}

// add puts a node on the network.
func (w *bottle) add(seed uint64, latency time.Duration, does faults) *bottled {
	n := &bottled{
		w: w, addr: fmt.Sprintf("10.%d.0.1:18444", len(w.nodes)+1), latency: latency, does: does,
		dice: rand.New(rand.NewPCG(seed, uint64(len(w.nodes)))), links: make(map[*pipeLink]bool),
	}
	w.nodes = append(w.nodes, n)
	return n
}

// dial is a client's way to the nodes.
func (w *bottle) dial(_ context.Context, _, addr string) (net.Conn, error) {
	for _, n := range w.nodes {
		if n.addr != addr {
			continue
		}
		if n.chance(n.does.refuse) {
			break
		}
		ours, theirs := net.Pipe()
		n.talk(theirs)
		return ours, nil
	}
	return nil, errors.New("refused")
}

// config is that of a client in this network; its clock is the bubble's.
func (w *bottle) config(dir string) spv.Config {
	cfg := spv.Config{Params: w.params, Dir: dir, NoDNS: true, BirthdayHeight: 1, Dial: w.dial}
	for _, n := range w.nodes {
		cfg.Connect = append(cfg.Connect, n.addr)
	}
	return cfg
}

// tip is the end of the branch.
func (w *bottle) tip() *spvtest.Block {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.branch.Tip()
}

func (w *bottle) find(hash chainhash.Hash) *spvtest.Block {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lookup(hash)
}

// lookup is find with w.mu held.
func (w *bottle) lookup(hash chainhash.Hash) *spvtest.Block {
	if b := w.shared[hash]; b != nil {
		return b
	}
	return w.gen.Find(hash)
}

// reorg replaces the last depth blocks by more, and announces them.
func (w *bottle) reorg(depth, more int) {
	w.mu.Lock()
	fork := max(int32(len(w.branch)-1-depth), 0)
	w.branch = w.gen.Mine(w.branch.To(fork), depth+more)
	w.reorgs++
	w.mu.Unlock()
	for _, n := range w.nodes {
		n.announce()
	}
}

// when calls do once the nodes have sent a message of a kind n more times.
func (w *bottle) when(command string, n int, do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.traps[command] == nil {
		w.traps[command] = make(map[int]func())
	}
	w.traps[command][w.sent[command]+n] = do
}

func (w *bottle) count(command string) {
	w.mu.Lock()
	w.sent[command]++
	do := w.traps[command][w.sent[command]]
	delete(w.traps[command], w.sent[command])
	w.mu.Unlock()
	if do != nil {
		do()
	}
}

// counted is how many messages of a kind were sent so far.
func (w *bottle) counted(command string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent[command]
}

func (n *bottled) chance(p float64) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dice.Float64() < p
}

func (n *bottled) faults() faults {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.does
}

// announce tells all connections of the tip.
func (n *bottled) announce() {
	hash := n.w.tip().Hash
	inv := wire.NewMsgInv()
	_ = inv.AddInvVect(wire.NewInvVect(wire.InvTypeBlock, &hash)) // room for one
	n.mu.Lock()
	defer n.mu.Unlock()
	for l := range n.links {
		l.put(inv)
	}
}

// pipeLink is one connection.
type pipeLink struct {
	n     *bottled
	conn  net.Conn
	queue chan dueMessage
}

type dueMessage struct {
	due time.Time
	msg wire.Message
}

const bottleVersion = 70016

func (n *bottled) talk(conn net.Conn) {
	l := &pipeLink{n: n, conn: conn, queue: make(chan dueMessage, 10_000)}
	n.mu.Lock()
	n.links[l] = true
	n.mu.Unlock()
	n.w.group.Go(func() {
		defer close(l.queue)
		defer func() {
			conn.Close()
			n.mu.Lock()
			delete(n.links, l)
			n.mu.Unlock()
		}()
		for l.read() {
		}
	})
	n.w.group.Go(func() {
		defer conn.Close()
		for d := range l.queue {
			<-time.After(time.Until(d.due))
			if !l.write(d.msg) {
				conn.Close()
				for range l.queue { // the reader ends as well
				}
				return
			}
		}
	})
}

// put queues a message. What does not fit is lost.
func (l *pipeLink) put(m wire.Message) {
	select {
	case l.queue <- dueMessage{time.Now().Add(l.n.latency), m}:
	default:
	}
}

func (l *pipeLink) magic() wire.BitcoinNet { return l.n.w.params.Net.Net }

// read takes one message, and is false when the connection must end.
func (l *pipeLink) read() bool {
	_, msg, _, err := wire.ReadMessageWithEncodingN(l.conn, bottleVersion, l.magic(), wire.WitnessEncoding)
	if errors.Is(err, wire.ErrUnknownMessage) {
		return true
	}
	if err != nil {
		return false
	}
	l.n.w.mu.Lock()
	l.n.w.heard[msg.Command()]++
	l.n.w.mu.Unlock()
	switch msg := msg.(type) {
	case *wire.MsgVersion:
		services := wire.SFNodeNetwork | wire.SFNodeWitness
		if !l.n.plain {
			services |= wire.SFNodeCF
		}
		l.put(&wire.MsgVersion{
			ProtocolVersion: bottleVersion, Services: services,
			Timestamp: time.Now(), Nonce: msg.Nonce + 1, UserAgent: "/bottled/", LastBlock: l.n.w.tip().Height,
		})
		l.put(wire.NewMsgVerAck())
		return true
	case *wire.MsgPing:
		l.put(wire.NewMsgPong(msg.Nonce))
		return true
	}
	does := l.n.faults()
	switch {
	case l.n.chance(does.hangUp):
		return false
	case l.n.chance(does.ignore):
		return true
	case l.n.chance(does.delay):
		<-time.After(time.Duration(1+l.n.diceN(60)) * time.Second)
	}
	for _, m := range l.n.w.answer(msg) {
		l.put(m)
	}
	return true
}

func (n *bottled) diceN(k int) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dice.IntN(k)
}

// write sends a message, perhaps damaged or in part.
func (l *pipeLink) write(m wire.Message) bool {
	var b bytes.Buffer
	_, err := wire.WriteMessageWithEncodingN(&b, m, bottleVersion, l.magic(), wire.WitnessEncoding)
	if err != nil {
		panic(err) // our own message
	}
	raw := b.Bytes()
	does := l.n.faults()
	if l.n.chance(does.flip) {
		raw[l.n.diceN(len(raw))] ^= 1 << l.n.diceN(8)
	}
	cut := l.n.chance(does.cut)
	if cut {
		raw = raw[:l.n.diceN(len(raw))]
	}
	if _, err := l.conn.Write(raw); err != nil {
		return false
	}
	l.n.w.count(m.Command())
	return !cut
}

// answer is what an honest node says.
func (w *bottle) answer(msg wire.Message) []wire.Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch msg := msg.(type) {
	case *wire.MsgGetHeaders:
		return one(w.headers(msg))
	case *wire.MsgGetCFCheckpt:
		if stop := w.lookup(msg.StopHash); stop != nil {
			m := wire.NewMsgCFCheckpt(msg.FilterType, &stop.Hash, 0)
			for _, b := range stop.Range(1) {
				if b.Height%wire.CFCheckptInterval == 0 {
					m.FilterHeaders = append(m.FilterHeaders, &b.FilterHeader)
				}
			}
			return one(m)
		}
	case *wire.MsgGetCFHeaders:
		if stop := w.lookup(msg.StopHash); stop != nil && int64(msg.StartHeight) <= int64(stop.Height) {
			m := &wire.MsgCFHeaders{FilterType: msg.FilterType, StopHash: stop.Hash}
			for _, b := range stop.Range(int32(msg.StartHeight)) {
				m.FilterHashes = append(m.FilterHashes, &b.FilterHash)
				if len(m.FilterHashes) == 1 && b.Prev != nil {
					m.PrevFilterHeader = b.Prev.FilterHeader
				}
			}
			return one(m)
		}
	case *wire.MsgGetCFilters:
		var list []wire.Message
		if stop := w.lookup(msg.StopHash); stop != nil {
			for _, b := range stop.Range(int32(msg.StartHeight)) {
				list = append(list, wire.NewMsgCFilter(msg.FilterType, &b.Hash, b.Filter))
			}
		}
		return list
	case *wire.MsgGetData:
		var list []wire.Message
		for _, inv := range msg.InvList {
			if b := w.lookup(inv.Hash); b != nil {
				list = append(list, b.Msg)
			}
		}
		return list
	}
	return nil
}

func one(m wire.Message) []wire.Message { return []wire.Message{m} }

// headers are those after the first of the locator's hashes that is on the
// branch.
func (w *bottle) headers(msg *wire.MsgGetHeaders) *wire.MsgHeaders {
	from := int32(1)
	for _, hash := range msg.BlockLocatorHashes {
		if b := w.lookup(*hash); b != nil && int(b.Height) < len(w.branch) && w.branch[b.Height] == b {
			from = b.Height + 1
			break
		}
	}
	m := wire.NewMsgHeaders()
	for h := from; int(h) < len(w.branch) && len(m.Headers) < wire.MaxBlockHeadersPerMsg; h++ {
		m.Headers = append(m.Headers, &w.branch[h].Msg.Header)
		if w.branch[h].Hash == msg.HashStop {
			break
		}
	}
	return m
}

// has tells whether a block has an output that pays a script or an input that
// spends from it.
func has(b *spvtest.Block, script []byte) bool {
	for _, s := range b.Scripts() {
		if bytes.Equal(s, script) {
			return true
		}
	}
	return false
}

// requireMatch holds an answer of Client.Match against the blocks.
func (w *bottle) requireMatch(t *testing.T, res spv.MatchResult, scripts [][]byte) {
	t.Helper()
	end := w.find(res.EndHash)
	require.NotNil(t, end)
	require.Equal(t, res.To, end.Height)
	require.Equal(t, end.FilterHeader, res.EndMark)
	hit := make(map[chainhash.Hash]bool)
	for _, h := range res.Hits {
		hit[h.Hash] = true
	}
	for _, b := range end.Range(res.From) {
		for _, s := range scripts {
			if has(b, s) {
				require.True(t, hit[b.Hash], "block %d pays and is not named", b.Height)
			}
		}
	}
}
