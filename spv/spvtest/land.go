package spvtest

import (
	"bytes"
	"sync"
	"time"

	"thistle/spv/cfilter"
	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// Land is what there is to know in a Town: chains mined beforehand, which many
// towns share, since nothing changes them.
type Land struct {
	Gen    *Generator
	Params *chain.Params // with checkpoints; Gen.Params has none
	Start  int32         // height the network is at in the beginning
	Main   Branch        // what it goes on with
	Ours   [][]byte      // scripts that Main pays now and then
	Tx     *wire.MsgTx   // to be broadcast

	Longer map[int32]Branch // forks of Main so deep below Start, with more work
	Twin   Branch           // as long as Main at Start, and of the same work
	Weak   Branch           // more headers than Main at Start and less work, above the checkpoints
	Deep   Branch           // the same, from below one

	// Endless is a chain of headers alone, with less work than Main.
	Endless func() *endless

	coins sync.Map // those of a branch, by its last block
}

const (
	landPeriod = 42
	landRoot   = 3 * 2016       // blocks that were mined at ease
	landStart  = landRoot + 230 // those above come four times as fast as they should
	landSpare  = 12             // blocks that come while a story goes on
	// LandBirthday is from where on Main pays scripts of ours.
	LandBirthday = landRoot - 30
)

// NewLand mines. In the end each period is four times as hard as the one before:
// what is mined at ease is long and has little work. Ours are four scripts, by
// chance if none are given.
func NewLand(seed uint64, ours ...[]byte) *Land {
	g := NewGenerator(Options{Seed: seed, Period: landPeriod, Spacing: 11 * time.Minute, Empty: true})
	g.net.Net = wire.MainNet // so that addresses are judged as they are there
	l := &Land{Gen: g, Ours: ours, Start: landStart, Longer: make(map[int32]Branch)}
	for len(l.Ours) < 4 {
		l.Ours = append(l.Ours, g.Script())
	}
	b := g.Mine(g.Genesis(), LandBirthday+2)
	b = g.Pay(b, 5_000, l.Ours[3])
	b = g.Mine(b, landRoot-len(b))
	g.opt.Spacing, g.opt.Empty = 150*time.Second, false
	for i, h := range []int{landRoot + 60, landRoot + 131, landRoot + 180, landStart - 15, landStart - 2, landStart + 2, landStart + 5} {
		b = g.Mine(b, h-len(b))
		b = g.Pay(b, int64(10_000*(i+1)), l.Ours[i%3])
	}
	l.Main = g.Mine(b, landStart+landSpare+1-len(b))
	l.Params = &chain.Params{Net: g.net}
	for h := int32(2015); h < landRoot; h += 2016 {
		l.Params.Checkpoints = append(l.Params.Checkpoints, g.Checkpoint(l.Main, h))
	}
	for _, depth := range []int32{1, 3, 10, 100} {
		fork := g.Pay(l.Main.To(landStart-depth), 77_000, l.Ours[1])
		l.Longer[depth] = g.Mine(fork, int(depth))
	}
	l.Twin = g.Mine(l.Main.To(landStart-1), 1)
	l.Weak = l.weak(landRoot + 85)
	l.Deep = l.weak(landRoot - 20)
	l.Ours = append(l.Ours, l.falseHit())
	l.Endless = sync.OnceValue(func() *endless { return newEndless(g, l.Main[l.Start].Time()) })
	from := l.Main[20].Msg.Transactions[0].TxHash()
	l.Tx = wire.NewMsgTx(2)
	l.Tx.AddTxIn(wire.NewTxIn(wire.NewOutPoint(&from, 0), nil, wire.TxWitness{g.bytes(71), g.bytes(33)}))
	l.Tx.AddTxOut(wire.NewTxOut(2_000_000, g.Script()))
	return l
}

// weak mines a branch whose last block of each period claims to be of now and the
// others to be as old as can be, so that it stays easy.
func (l *Land) weak(fork int32) Branch {
	b, now := l.Main.To(fork), l.Main[l.Start].Time()
	at := b.Tip().Time()
	for len(b) <= int(l.Start)+10 {
		at = at.Add(time.Second)
		if when := at; len(b)%landPeriod == landPeriod-1 {
			b = l.Gen.MineAt(b, now)
		} else {
			b = l.Gen.MineAt(b, when)
		}
	}
	return b
}

// falseHit finds a script that a filter of Main names though nothing pays it.
func (l *Land) falseHit() []byte {
	var m cfilter.Matcher
	for {
		scripts := make([][]byte, 500)
		for i := range scripts {
			scripts[i] = l.Gen.Script()
		}
		q := cfilter.NewQuery(scripts)
		for _, b := range l.Main[LandBirthday : l.Start+1] {
			if hits, err := m.Match(b.Filter, &b.Hash, q); err == nil && len(hits) > 0 {
				return scripts[hits[0]]
			}
		}
	}
}

// Coins are the outputs of a branch that pay a script of ours. They must not be
// changed.
func (l *Land) Coins(b Branch) map[wire.OutPoint]int64 {
	if known, ok := l.coins.Load(b.Tip()); ok {
		return known.(map[wire.OutPoint]int64)
	}
	coins := make(map[wire.OutPoint]int64)
	for _, blk := range b {
		l.AddCoins(coins, blk.Msg.Transactions)
	}
	l.coins.Store(b.Tip(), coins)
	return coins
}

// AddCoins adds the outputs of transactions that pay a script of ours.
func (l *Land) AddCoins(coins map[wire.OutPoint]int64, txs []*wire.MsgTx) {
	for _, tx := range txs {
		for i, out := range tx.TxOut {
			for _, s := range l.Ours {
				if bytes.Equal(s, out.PkScript) {
					coins[wire.OutPoint{Hash: tx.TxHash(), Index: uint32(i)}] = out.Value
				}
			}
		}
	}
}

// Work is the work of a branch.
func (l *Land) Work(b Branch) chain.Work {
	return l.Gen.Checkpoint(b, b.Tip().Height).Work
}

// headersAfter are at most most headers of a branch that follow the first block
// of a locator that is on it.
func (l *Land) headersAfter(b Branch, locator []*chainhash.Hash, stop chainhash.Hash, most int) []chain.Header {
	from := int32(1)
	for _, hash := range locator {
		if blk := l.Gen.Find(*hash); blk != nil && int(blk.Height) < len(b) && b[blk.Height] == blk {
			from = blk.Height + 1
			break
		}
	}
	to := min(b.Tip().Height, from+int32(most)-1)
	if blk := l.Gen.Find(stop); blk != nil && blk.Height >= from && int(blk.Height) < len(b) && b[blk.Height] == blk {
		to = min(to, blk.Height)
	}
	if to < from {
		return nil
	}
	return b.Headers(from, to)
}
