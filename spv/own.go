package spv

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"slices"
	"sync"
	"time"

	"thistle/spv/light"
	"thistle/spv/merkle"
	"thistle/spv/peer"
	"thistle/spv/protocol"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

const (
	// ownStall is how long the own node may say nothing about what it was asked: it
	// reads blocks from disk.
	ownStall = 60 * time.Second
	// ownPatience is how often a block is asked for that the node says nothing of,
	// after a pause that grows by a second: it may hear of the newest later than we.
	ownPatience = 7
	// A node that failed is tried again after a pause, longer each time.
	ownRetryMin = time.Minute
	ownRetryMax = time.Hour
	forever     = 100 * 365 * 24 * time.Hour
	// ownWatches is how many sets of scripts are remembered with the coins that were
	// found for them in blocks that are yet to be read.
	ownWatches = 8
	// ownSteady is how long a connection lasts that was of use.
	ownSteady = time.Minute
)

var (
	errOwnSilent = errors.New("no answer")
	errOwnGone   = errors.New("connection lost")
	errOwnBlind  = errors.New("serves no Bloom filters")
	errOwnLied   = errors.New("false proof")
)

// ownNode is the person's own node, which is told what is looked for (BIP37). It
// has a connection of its own, and what is said on it is said to nobody else.
type ownNode struct {
	mu   sync.Mutex
	asks chan *ownAsk // nil while nobody listens
	over <-chan struct{}
}

// ownAsk is one search.
type ownAsk struct {
	ctx    context.Context
	watch  *light.Watch
	unread []chainhash.Hash // asked about for their coins alone
	blocks []chainhash.Hash
	hits   [][]int
	done   chan error
}

// askOwnNode fills in hits of the blocks whose filters are not here. Blocks that
// filters have named are asked about too: the coins in them may be spent in those
// that follow.
func (c *Client) askOwnNode(ctx context.Context, q Query, s *snapshot, hits [][]int) error {
	if !slices.Contains(s.asked, true) {
		return nil
	}
	a := &ownAsk{ctx: ctx, watch: light.NewWatch(q.Scripts), done: make(chan error, 1)}
	if q.Known != nil {
		known := q.Known()
		for _, coin := range known.Coins {
			a.watch.Know(coin.OutPoint, coin.Script)
		}
		for _, b := range slices.Backward(known.Unread) { // the oldest first
			if !slices.Contains(s.blocks, b.Hash) {
				a.unread = append(a.unread, b.Hash)
			}
		}
	}
	var places []int
	for i, own := range s.asked {
		if own || hits[i] != nil {
			places, a.blocks = append(places, i), append(a.blocks, s.blocks[i])
		}
	}
	if err := c.own.ask(a); err != nil {
		return err
	}
	for k, i := range places {
		if s.asked[i] {
			hits[i] = a.hits[k]
		}
	}
	return nil
}

// ask hands a search over and waits for its end.
func (o *ownNode) ask(a *ownAsk) error {
	o.mu.Lock()
	asks, over := o.asks, o.over
	o.mu.Unlock()
	if asks == nil {
		return ErrNotReady
	}
	select {
	case asks <- a:
	case <-over:
		return ErrNotReady
	case <-a.ctx.Done():
		return a.ctx.Err()
	}
	select {
	case err := <-a.done:
		return err
	case <-over:
		return ErrNotReady
	}
}

// ownRun is the talk with the own node during one run.
type ownRun struct {
	r      *runner
	asks   chan *ownAsk
	seen   map[[2]chainhash.Hash]bool // unread blocks whose coins are known, by watch
	coins  map[chainhash.Hash]*light.Watch
	serves bool // as the machine was told
	failed *ownAsk
}

// keepOwnNode talks with the own node until the run ends.
func (r *runner) keepOwnNode() error {
	o := &ownRun{r: r, asks: make(chan *ownAsk), serves: true}
	own := &r.c.own
	own.mu.Lock()
	own.asks, own.over = o.asks, r.ctx.Done()
	own.mu.Unlock()
	defer func() {
		own.mu.Lock()
		own.asks = nil
		own.mu.Unlock()
	}()
	pause := ownRetryMin
	for r.ctx.Err() == nil {
		begun := time.Now()
		idle, err := o.meet()
		if r.ctx.Err() != nil {
			break
		}
		if time.Since(begun) > ownSteady {
			pause = ownRetryMin
			if idle {
				continue // it was begun anew, perhaps
			}
		}
		lied := errors.Is(err, errOwnLied)
		r.c.log.Info("own node does not serve", "peer", r.c.cfg.Bloom, "err", err)
		o.tell(false, lied)
		if o.failed != nil {
			o.failed.done <- ErrNotReady
			o.failed = nil
		}
		if lied {
			o.refuse(forever) // nothing it says can be believed
		}
		o.refuse(pause)
		pause = min(2*pause, ownRetryMax)
	}
	return nil
}

// tell tells the machine whether the node serves.
func (o *ownRun) tell(serves, lied bool) {
	if o.serves == serves {
		return
	}
	o.serves = serves
	o.r.c.commands.put(protocol.OwnNode{Serves: serves, Lied: lied})
}

// refuse turns searches away for a time. The machine's next word is that filters
// are needed.
func (o *ownRun) refuse(pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case <-o.r.ctx.Done():
			return
		case <-timer.C:
			return
		case a := <-o.asks:
			a.done <- ErrNotReady
		}
	}
}

// ownLine is a connection to the own node.
type ownLine struct {
	*peer.Conn
	c     *Client
	heard chan protocol.Input
	gone  chan struct{}
}

// meet connects, and answers searches until that fails. idle tells that the node
// was asked nothing when it hung up.
func (o *ownRun) meet() (idle bool, err error) {
	r := o.r
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	conn, err := peer.Dial(ctx, r.peerConfig(protocol.ForBlocks), protocol.PeerID(r.lastID.Add(1)), r.c.cfg.Bloom)
	if err != nil {
		return false, err
	}
	l := &ownLine{Conn: conn, c: r.c, heard: make(chan protocol.Input), gone: make(chan struct{})}
	go func() {
		defer close(l.gone)
		conn.Run(ctx, func(in protocol.Input) error {
			select {
			case l.heard <- in:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	defer func() {
		conn.Close(protocol.ReasonNotNeeded)
		cancel() // nobody takes what it says any more
		<-l.gone
	}()
	if conn.Info().Services&wire.SFNodeBloom == 0 {
		return false, errOwnBlind
	}
	o.tell(true, false)
	for {
		select {
		case <-l.gone:
			return true, errOwnGone
		case in := <-l.heard:
			l.polite(in)
		case a := <-o.asks:
			err := o.search(l, a)
			if err == nil || a.ctx.Err() != nil || errors.Is(err, ErrReorged) {
				a.done <- err
				continue
			}
			o.failed = a
			return false, err
		}
	}
}

// polite answers what a node expects to be answered.
func (l *ownLine) polite(in protocol.Input) {
	if said, ok := in.(protocol.MessageReceived); ok {
		if ping, ok := said.Msg.(*wire.MsgPing); ok {
			l.Send(&wire.MsgPong{Nonce: ping.Nonce})
		}
	}
}

// search asks about the blocks of a search, round by round.
func (o *ownRun) search(l *ownLine, a *ownAsk) error {
	if len(o.coins) == 0 || len(o.coins) > ownWatches {
		o.seen, o.coins = make(map[[2]chainhash.Hash]bool), make(map[chainhash.Hash]*light.Watch)
	}
	key := a.watch.Key()
	if before := o.coins[key]; before != nil {
		a.watch.Learn(before)
	}
	o.coins[key] = a.watch
	a.unread = slices.DeleteFunc(a.unread, func(h chainhash.Hash) bool { return o.seen[[2]chainhash.Hash{key, h}] })
	for blocks := range slices.Chunk(a.unread, light.MaxRound) {
		if _, err := l.round(a, blocks); err != nil && !errors.Is(err, ErrReorged) { // one that is stale pays nobody
			return err
		}
		for _, h := range blocks {
			o.seen[[2]chainhash.Hash{key, h}] = true
		}
	}
	for blocks := range slices.Chunk(a.blocks, light.MaxRound) {
		hits, err := l.round(a, blocks)
		if err != nil {
			return err
		}
		a.hits = append(a.hits, hits...)
	}
	return nil
}

// round asks about some blocks until all is here that was named in them.
func (l *ownLine) round(a *ownAsk, blocks []chainhash.Hash) ([][]int, error) {
	round := light.NewRound(a.watch, blocks)
	for try := 0; !round.Complete(); try++ {
		if err := l.put(a, round); err != nil {
			return nil, err
		}
		silent, lacking := round.Left()
		switch {
		case len(lacking) > 0 && try > 0:
			if err := l.readWhole(a, round, lacking); err != nil {
				return nil, err
			}
		case len(silent) > 0 && try == ownPatience:
			return nil, errOwnSilent
		case len(silent) > 0:
			if err := l.wait(a, time.Duration(try)*time.Second); err != nil {
				return nil, err
			}
		}
		for _, hash := range silent {
			if _, best, ok := l.c.find(hash); !ok || !best {
				return nil, ErrReorged
			}
		}
	}
	return round.Hits(), nil
}

// put asks for what a round lacks, and takes what comes until the node has come to
// the end of it.
func (l *ownLine) put(a *ownAsk, round *light.Round) error {
	var dice [12]byte
	_, _ = rand.Read(dice[:])
	load, err := a.watch.Filter(binary.LittleEndian.Uint32(dice[:]))
	if err != nil {
		return err
	}
	// What comes before the first is about another filter.
	nonce := binary.LittleEndian.Uint64(dice[4:]) | 2
	begun := false
	for _, msg := range []wire.Message{&wire.MsgPing{Nonce: nonce}, load, round.Ask(), &wire.MsgPing{Nonce: nonce + 1}} {
		if !l.Send(msg) {
			return errOwnGone
		}
	}
	stall := time.NewTimer(ownStall)
	defer stall.Stop()
	for {
		select {
		case <-l.gone:
			return errOwnGone
		case <-a.ctx.Done():
			return a.ctx.Err()
		case <-stall.C:
			return errOwnSilent
		case in := <-l.heard:
			switch said := pongOf(in); {
			case said == nonce+1 && begun:
				return nil
			case said == nonce:
				begun = true
			case begun:
				if err := l.take(round, in); err != nil {
					return err
				}
			default:
				l.polite(in)
			}
			if useful(in) {
				stall.Reset(ownStall)
			}
		}
	}
}

// useful tells whether something is of what was asked for: a node that only talks
// must not keep anybody waiting.
func useful(in protocol.Input) bool {
	switch in.(type) {
	case protocol.FilteredReceived, protocol.TxReceived:
		return true
	}
	return false
}

// pongOf is the nonce of a pong, 0 for anything else.
func pongOf(in protocol.Input) uint64 {
	if said, ok := in.(protocol.MessageReceived); ok {
		if pong, ok := said.Msg.(*wire.MsgPong); ok {
			return pong.Nonce
		}
	}
	return 0
}

// take takes what the node says in a round.
func (l *ownLine) take(round *light.Round, in protocol.Input) error {
	switch in := in.(type) {
	case protocol.FilteredReceived:
		switch {
		case in.Err == nil:
			round.Filtered(in.Block)
		case errors.Is(in.Err, merkle.ErrAmbiguous):
			round.Doubt(in.Hash)
		default:
			l.c.log.Info("own node gave a false proof", "hash", in.Hash, "err", in.Err)
			return errOwnLied
		}
	case protocol.TxReceived:
		round.Tx(in.Tx)
	default:
		l.polite(in)
	}
	return nil
}

// readWhole gets blocks from anybody of which the node has not given what it named.
func (l *ownLine) readWhole(a *ownAsk, round *light.Round, blocks []chainhash.Hash) error {
	for _, hash := range blocks {
		l.c.log.Debug("own node leaves transactions out, reading the block", "hash", hash)
		ctx, cancel := context.WithTimeout(a.ctx, 10*ownStall)
		block, err := l.block(ctx, hash)
		cancel()
		switch {
		case errors.Is(err, ErrStale):
			return ErrReorged
		case err != nil:
			return err
		}
		round.Whole(hash, block.Txs)
	}
	return nil
}

// block gets a block from anybody while the node is listened to.
func (l *ownLine) block(ctx context.Context, hash chainhash.Hash) (block *Block, err error) {
	came := make(chan struct{})
	go func() {
		defer close(came)
		block, err = l.c.Block(ctx, hash)
	}()
	for {
		select {
		case <-came:
			return block, err
		case in := <-l.heard:
			l.polite(in)
		}
	}
}

// wait listens for a time.
func (l *ownLine) wait(a *ownAsk, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return nil
		case <-l.gone:
			return errOwnGone
		case <-a.ctx.Done():
			return a.ctx.Err()
		case in := <-l.heard:
			l.polite(in)
		}
	}
}

// find looks a block up in the chain.
func (c *Client) find(hash chainhash.Hash) (tip Tip, best, ok bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.tree.Find(hash)
}
