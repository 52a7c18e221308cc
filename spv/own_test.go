package spv_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"thistle/spv"
	"thistle/spv/spvtest"

	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/btcutil/v2/bloom"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

const ownAddr = "10.99.0.1:18444"

// ownBottled is the person's own node in a bottle, which answers as btcd does but
// for what it is bad at.
type ownBottled struct {
	w     *bottle
	blind bool // serves no Bloom filters
	deaf  bool // says nothing once it was asked

	mu     sync.Mutex // guards all below
	bad    func(n *ownBottled, block *spvtest.Block, msgs []wire.Message) (say []wire.Message, goOn bool)
	loads  int // filters it was given
	asked  int // blocks
	dialed int
}

func (n *ownBottled) set(bad func(*ownBottled, *spvtest.Block, []wire.Message) ([]wire.Message, bool)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.bad = bad
}

func (n *ownBottled) counts() (dialed, loads, asked int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dialed, n.loads, n.asked
}

// config is a client's that has this node beside the others.
func (n *ownBottled) config(dir string) spv.Config {
	cfg := n.w.config(dir)
	cfg.Bloom = ownAddr
	cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if addr != ownAddr {
			return n.w.dial(ctx, network, addr)
		}
		n.mu.Lock()
		n.dialed++
		n.mu.Unlock()
		ours, theirs := net.Pipe()
		n.w.group.Go(func() {
			defer theirs.Close()
			n.talk(theirs)
		})
		return ours, nil
	}
	return cfg
}

func (n *ownBottled) talk(conn net.Conn) {
	magic := n.w.params.Net.Net
	var filter *bloom.Filter
	queue := make(chan wire.Message, 10_000)
	defer close(queue)
	n.w.group.Go(func() {
		for m := range queue {
			_, _ = wire.WriteMessageWithEncodingN(conn, m, bottleVersion, magic, wire.BaseEncoding) // the reader ends it
		}
	})
	say := func(m wire.Message) bool {
		queue <- m
		return true
	}
	for {
		_, msg, _, err := wire.ReadMessageWithEncodingN(conn, bottleVersion, magic, wire.WitnessEncoding)
		if errors.Is(err, wire.ErrUnknownMessage) {
			continue
		}
		if err != nil {
			return
		}
		ok := true
		switch msg := msg.(type) {
		case *wire.MsgVersion:
			services := wire.SFNodeNetwork | wire.SFNodeWitness
			if !n.blind {
				services |= wire.SFNodeBloom
			}
			ok = say(&wire.MsgVersion{
				ProtocolVersion: bottleVersion, Services: services, Timestamp: time.Now(), Nonce: msg.Nonce + 1, UserAgent: "/own/",
			}) && say(wire.NewMsgVerAck()) && say(&wire.MsgPing{Nonce: 5})
		case *wire.MsgPing:
			ok = say(wire.NewMsgPong(msg.Nonce))
		case *wire.MsgFilterLoad:
			filter = bloom.LoadFilter(msg)
			n.mu.Lock()
			n.loads++
			n.mu.Unlock()
		case *wire.MsgGetData:
			for n.deaf { // until the line ends
				if _, _, err := wire.ReadMessage(conn, bottleVersion, magic); err != nil {
					return
				}
			}
			for _, inv := range msg.InvList {
				if ok = ok && n.answer(inv, filter, say); !ok {
					break
				}
			}
		}
		if !ok {
			return
		}
	}
}

func (n *ownBottled) answer(inv *wire.InvVect, filter *bloom.Filter, say func(wire.Message) bool) bool {
	block := n.w.find(inv.Hash)
	if block == nil || inv.Type != wire.InvTypeFilteredBlock {
		return true
	}
	merkle, matched := bloom.NewMerkleBlock(btcutil.NewBlock(block.Msg), filter)
	msgs := []wire.Message{merkle}
	for _, i := range matched {
		msgs = append(msgs, block.Msg.Transactions[i])
	}
	goOn := true
	n.mu.Lock()
	n.asked++
	if n.bad != nil {
		msgs, goOn = n.bad(n, block, msgs)
	}
	n.mu.Unlock()
	for _, m := range msgs {
		goOn = say(m) && goOn
	}
	return goOn
}

// someScripts are scripts of a chain.
func someScripts(b spvtest.Branch, dice *rand.Rand) (scripts [][]byte) {
	for _, blk := range b[1:] {
		if s := blk.Scripts(); dice.IntN(6) == 0 {
			scripts = append(scripts, s[dice.IntN(len(s))])
		}
	}
	return scripts
}

// searchAll searches all blocks from a height on for as long as it takes, each time
// some more.
func (l *life) searchAll(ctx context.Context, scripts [][]byte, from, step int32) []spv.MatchResult {
	l.t.Helper()
	var coins []spv.Coin // as a wallet knows them from the blocks that were named
	var all []spv.MatchResult
	for deadline := time.Now().Add(30 * time.Minute); ; {
		require.True(l.t, time.Now().Before(deadline), "no end: %+v", l.c.Status())
		tip := l.w.tip()
		if from > tip.Height {
			return all
		}
		q := spv.Query{Scripts: scripts, Known: func() spv.Known { return spv.Known{Coins: coins} }}
		res, err := l.c.Search(ctx, q, from, min(tip.Height, from+step-1))
		if err != nil {
			require.True(l.t, errors.Is(err, spv.ErrNotReady) || errors.Is(err, spv.ErrReorged), "%v", err)
			<-time.After(200 * time.Millisecond)
			continue
		}
		all = append(all, res)
		for _, hit := range res.Hits {
			for _, tx := range l.w.find(hit.Hash).Msg.Transactions {
				for i, out := range tx.TxOut {
					coins = append(coins, spv.Coin{OutPoint: wire.OutPoint{Hash: tx.TxHash(), Index: uint32(i)}, Script: out.PkScript})
				}
			}
		}
		from = res.To + 1
	}
}

// requireFound holds what was found against the blocks. Only filters may name a
// block by chance.
func (l *life) requireFound(all []spv.MatchResult, scripts [][]byte, from int32) {
	l.t.Helper()
	hits := make(map[chainhash.Hash][]int)
	own := true
	for _, res := range all {
		own = own && res.OwnNode
		if res.OwnNode {
			require.Equal(l.t, chainhash.Hash{}, res.EndMark)
		}
		for _, h := range res.Hits {
			hits[h.Hash] = h.Scripts
		}
	}
	for _, b := range l.w.tip().Range(from) {
		var want []int
		for i, s := range scripts {
			if has(b, s) {
				want = append(want, i)
			}
		}
		if own {
			require.Equal(l.t, want, hits[b.Hash], "block %d", b.Height)
		}
		for _, i := range want {
			require.Contains(l.t, hits[b.Hash], i, "block %d", b.Height)
		}
	}
}

// TestOwnNode has the person's own node asked in place of filters, be it as it may:
// all is found, by filters if need be, and what is looked for is told to nobody
// else.
func TestOwnNode(t *testing.T) {
	t.Parallel()
	type bad = func(*ownBottled, *spvtest.Block, []wire.Message) ([]wire.Message, bool)
	for name, c := range map[string]struct {
		bad   bad
		blind bool
		deaf  bool
		serve bool // no filters are fetched
	}{
		"honest": {serve: true},
		"leaves transactions out": {serve: true, bad: func(_ *ownBottled, _ *spvtest.Block, m []wire.Message) ([]wire.Message, bool) {
			return m[:1], true
		}},
		"leaves one out at first": {serve: true, bad: func(n *ownBottled, _ *spvtest.Block, m []wire.Message) ([]wire.Message, bool) {
			if n.asked <= 100 && len(m) > 1 {
				return m[:len(m)-1], true
			}
			return m, true
		}},
		"hears of blocks late": {serve: true, bad: func(n *ownBottled, b *spvtest.Block, m []wire.Message) ([]wire.Message, bool) {
			if n.asked < 155 && b.Height == 150 {
				return nil, true
			}
			return m, true
		}},
		"lies": {bad: func(_ *ownBottled, b *spvtest.Block, m []wire.Message) ([]wire.Message, bool) {
			if merkle := m[0].(*wire.MsgMerkleBlock); b.Height == 120 {
				merkle.Hashes[len(merkle.Hashes)-1] = &chainhash.Hash{1}
			}
			return m, true
		}},
		"stalls":          {deaf: true},
		"knows no blocks": {bad: func(*ownBottled, *spvtest.Block, []wire.Message) ([]wire.Message, bool) { return nil, true }},
		"hangs up":        {bad: func(*ownBottled, *spvtest.Block, []wire.Message) ([]wire.Message, bool) { return nil, false }},
		"blind":           {blind: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(bottleTime))
				dice := rand.New(rand.NewPCG(8, 8))
				g := spvtest.NewGenerator(spvtest.Options{Seed: 8})
				w := newBottle(t, g, g.Mine(g.Genesis(), 150))
				w.add(8, 10*time.Millisecond, faults{})
				w.add(8, 20*time.Millisecond, faults{})
				n := &ownBottled{w: w, blind: c.blind, deaf: c.deaf, bad: c.bad}
				w.live(t, n.config(t.TempDir()), 1, func(ctx context.Context, l *life) {
					time.Sleep(5 * time.Second)
					scripts := someScripts(w.branch, dice)
					l.requireFound(l.searchAll(ctx, scripts, 1, 70), scripts, 1)
					for range 3 {
						w.reorg(dice.IntN(4), 2)
						time.Sleep(time.Minute)
						l.requireFound(l.searchAll(ctx, scripts, 1, 200), scripts, 1)
					}
					st := l.c.Status()
					if c.serve || name == "lies" || name == "blind" { // others may be asked again by now
						require.Equal(t, c.serve, st.Light)
					}
					require.True(t, st.Stages.Filters.Complete())
					for e, ok := l.sub.TryNext(); ok; e, ok = l.sub.TryNext() {
						if warned, ok := e.(spv.Warned); ok && c.serve {
							require.NotEqual(t, spv.WarnLightNode, warned.Warning.Kind)
						}
					}
				})
				require.Zero(t, w.heard["filterload"]+w.heard["filteradd"]+w.heard["merkleblock"], "told to others")
				_, loads, _ := n.counts()
				require.Equal(t, c.blind, loads == 0)
				if c.serve {
					require.Zero(t, w.heard["getcfilters"]+w.heard["getcfheaders"]+w.heard["getcfcheckpt"])
				} else {
					require.NotZero(t, w.heard["getcfilters"])
				}
			})
		})
	}
}

// TestOwnNodeComesBack: filters serve while the own node is away, and it is asked
// again when it is back.
func TestOwnNodeComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(bottleTime))
		g := spvtest.NewGenerator(spvtest.Options{Seed: 9})
		w := newBottle(t, g, g.Mine(g.Genesis(), 100))
		w.add(9, 10*time.Millisecond, faults{})
		n := &ownBottled{w: w}
		cfg := n.config(t.TempDir())
		scripts := someScripts(w.branch, rand.New(rand.NewPCG(9, 9)))
		last := func(all []spv.MatchResult) spv.MatchResult { return all[len(all)-1] }
		w.live(t, cfg, 1, func(ctx context.Context, l *life) {
			all := l.searchAll(ctx, scripts, 1, 200)
			require.True(t, last(all).OwnNode)
			l.c.FiltersUsed(100)
			n.set(func(*ownBottled, *spvtest.Block, []wire.Message) ([]wire.Message, bool) { return nil, false })
			w.reorg(0, 5)
			time.Sleep(time.Second)
			all = l.searchAll(ctx, scripts, 101, 200)
			require.False(t, last(all).OwnNode)
			from, _ := l.c.Filters()
			require.EqualValues(t, 101, from, "what has served is not fetched")
			require.Equal(t, w.counted("cfilter"), 5)
			n.set(nil)
			time.Sleep(5 * time.Minute)
			w.reorg(0, 3)
			time.Sleep(time.Second)
			require.True(t, last(l.searchAll(ctx, scripts, 106, 200)).OwnNode)
			l.requireFound(l.searchAll(ctx, scripts, 1, 200), scripts, 1)
		})
		// Another run begins with the own node, though filters were fetched.
		w.live(t, cfg, 1, func(ctx context.Context, l *life) {
			l.c.FiltersUsed(108)
			l.requireFound(l.searchAll(ctx, scripts, 1, 200), scripts, 1)
		})
		require.Equal(t, w.counted("cfilter"), 5)
	})
}

// TestOwnNodeLearnsUnread: a coin in a block that is yet to be read is known when it
// is spent.
func TestOwnNodeLearnsUnread(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(bottleTime))
		g := spvtest.NewGenerator(spvtest.Options{Seed: 10})
		w := newBottle(t, g, g.Mine(g.Genesis(), 140))
		w.add(10, 10*time.Millisecond, faults{})
		n := &ownBottled{w: w}
		script, paid, spent := spentLater(t, w.branch)
		w.live(t, n.config(t.TempDir()), 1, func(ctx context.Context, l *life) {
			search := func(unread ...spv.BlockRef) []spv.Hit {
				for {
					q := spv.Query{Scripts: [][]byte{script}, Known: func() spv.Known { return spv.Known{Unread: unread} }}
					res, err := l.c.Search(ctx, q, paid.Height+1, 140)
					if err == nil {
						return res.Hits
					}
					time.Sleep(time.Second)
				}
			}
			named := func(hits []spv.Hit) bool {
				return slices.ContainsFunc(hits, func(h spv.Hit) bool { return h.Hash == spent.Hash })
			}
			require.False(t, named(search()), "the block does not name the script")
			for range 2 { // the second time it is remembered
				require.True(t, named(search(spv.BlockRef{Height: paid.Height, Hash: paid.Hash})))
			}
		})
	})
}

// spentLater finds a script that one block pays and another spends from, and
// nothing more.
func spentLater(t *testing.T, b spvtest.Branch) (script []byte, paid, spent *spvtest.Block) {
	t.Helper()
	for _, blk := range b[1:] {
		for _, s := range blk.Spent {
			pays := func(other *spvtest.Block) bool { return has(other, s) && other != blk }
			first := slices.IndexFunc(b[1:], pays)
			if others := slices.DeleteFunc(slices.Clone(b[1:]), func(o *spvtest.Block) bool { return !pays(o) }); len(others) == 1 && !paysItself(blk, s) {
				return s, b[1+first], blk
			}
		}
	}
	require.Fail(t, "no such script")
	return nil, nil, nil
}

func paysItself(b *spvtest.Block, script []byte) bool {
	for _, tx := range b.Msg.Transactions {
		for _, out := range tx.TxOut {
			if bytes.Equal(out.PkScript, script) {
				return true
			}
		}
	}
	return false
}
