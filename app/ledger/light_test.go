package ledger_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/descriptor"
	"thistle/app/ledger"
)

// lightDesk is told of blocks as a node with Bloom filters does: which scripts one
// pays, and which of the coins that it was told of one spends.
type lightDesk struct {
	*counter
	dice    *rand.Rand
	filters bool   // are asked as well, about the newest
	grow    func() // adds blocks, and is called now and then
}

func newLightDesk(t *testing.T, seed uint64) *lightDesk {
	t.Helper()
	return &lightDesk{counter: newCounter(t), dice: rand.New(rand.NewPCG(seed, 37))}
}

// ask has the lowest heights of the oldest gap answered.
func (d *lightDesk) ask(g ledger.Gap, step int32) {
	d.Helper()
	g.To = min(g.To, g.From+step-1)
	scripts := placesOf(d.l.Scripts(g.Batch))
	coins := make(map[wire.OutPoint]int)
	for _, o := range d.l.Watched(g.From) {
		if place, ok := scripts[string(o.Script)]; ok {
			coins[o.OutPoint] = place
		}
	}
	unread := d.l.Unread()
	if !slices.IsSortedFunc(unread, func(a, b ledger.BlockRef) int { return int(b.Height) - int(a.Height) }) {
		d.Fatalf("not newest first: %v", unread)
	}
	for _, ref := range slices.Backward(unread) {
		lightHits(d.chain.blocks[ref.Height], scripts, coins)
	}
	var hits []ledger.Hit
	for h := g.From; h <= g.To; h++ {
		if places := lightHits(d.chain.blocks[h], scripts, coins); len(places) > 0 {
			hits = append(hits, ledger.Hit{BlockRef: d.chain.blocks[h].ref, Scripts: places})
		}
	}
	end, _ := d.chain.hashAt(g.To)
	f, ok := g.Answer(end, hits, d.chain.hashAt)
	if !ok {
		d.Fatal("no answer")
	}
	d.do(f)
}

// lightHits returns the places that a block concerns, and takes its coins in.
func lightHits(b *testBlock, scripts map[string]int, coins map[wire.OutPoint]int) (places []int) {
	for _, tx := range b.txs {
		for _, in := range tx.TxIn {
			if place, ok := coins[in.PreviousOutPoint]; ok {
				places = append(places, place)
			}
		}
		for i, out := range tx.TxOut {
			if place, ok := scripts[string(out.PkScript)]; ok {
				coins[wire.OutPoint{Hash: tx.TxHash(), Index: uint32(i)}] = place
				places = append(places, place)
			}
		}
	}
	slices.Sort(places)
	return slices.Compact(places)
}

// run asks and reads in any order until nothing is missing. What is called final
// on the way is the balance at the end.
func (d *lightDesk) run(want *int64) {
	d.Helper()
	follow := func() {
		if move, ok := d.l.Reconcile(d.chain.tip(), d.chain.hashAt); ok {
			d.do(move)
		}
	}
	follow()
	lowest := make(map[uint32]int32)
	for range 5000 {
		if b := d.l.Balance(); b.Final && int64(b.Confirmed) != *want {
			d.Fatalf("%d is called final, %d is true", b.Confirmed, *want)
		}
		gap, more := d.l.Oldest()
		if more != (len(d.l.Missing()) > 0) {
			d.Fatal("something is missing, or not")
		}
		switch hits := d.l.Unapplied(); {
		case d.grow != nil && len(d.chain.blocks) < 120 && d.dice.IntN(12) == 0:
			d.grow()
			follow()
		case !more && len(hits) == 0:
			d.has(*want, 0, 0, 0)
			return
		case !more || len(hits) > 0 && d.dice.IntN(4) == 0:
			d.do(d.chain.blocks[hits[d.dice.IntN(len(hits))].Height].applied())
		case d.filters && d.dice.IntN(3) == 0: // the node is away
			d.scan(d.l.Missing()[0])
		default:
			if before, ok := lowest[gap.Batch]; ok && gap.From <= before {
				d.Fatalf("height %d of batch %d is asked about after %d", gap.From, gap.Batch, before)
			}
			lowest[gap.Batch] = gap.From
			d.ask(gap, 1+d.dice.Int32N(9))
		}
		if d.dice.IntN(8) == 0 {
			d.reload()
		}
	}
	d.Fatal("never final")
}

// A coin is spent in a block that does not name us: whoever matches the heights in
// order knows of it, and nobody is shown it as theirs before that.
func TestOldestFindsSpends(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		d := newLightDesk(t, seed)
		coin := d.pay(700, 0)
		d.block(coin)
		for range 20 {
			d.block()
		}
		d.block(build(t, []prev{outputOf(coin, 0, ext(0))}, []out{toOthers(690)}))
		for range 3 {
			d.block()
		}
		d.run(new(int64))
		if got := d.l.Watched(1); len(got) != 1 || string(got[0].Script) != string(scriptOf(t, *ext(0))) {
			t.Errorf("watched from the beginning on: %v", got)
		}
		if got := d.l.Watched(23); len(got) != 0 {
			t.Errorf("spent before, and watched: %v", got)
		}
	}
}

// An earlier birthday brings a coin that was spent where all was asked about already:
// it is asked about anew.
func TestOldestFromEarlierBirthday(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		d := newLightDesk(t, seed)
		l, _, err := ledger.New(config(testLookahead))
		if err != nil {
			t.Fatal(err)
		}
		d.l = l
		coin := d.pay(700, 0)
		d.block(coin)
		for range 20 {
			d.block()
		}
		d.block(build(t, []prev{outputOf(coin, 0, ext(0))}, []out{toOthers(690)}))
		d.block()
		d.do(ledger.BirthdaySet{Height: 10, Anew: true})
		d.run(new(int64))
		d.do(ledger.BirthdaySet{Height: 12, Anew: true})
		if !d.l.Final() {
			t.Error("a later birthday changes something")
		}
		d.do(ledger.BirthdaySet{Height: 1, Anew: true})
		d.run(new(int64))
		if e := d.entry(coin); e.State != ledger.Confirmed {
			t.Errorf("the payment is %v", e.State)
		}
	}
}

// Payments anywhere, to addresses far apart, spent at any time without a word of
// us, are all found, and the spends as well; also with filters between, with blocks
// that come meanwhile, when it is searched again, and after a reorg.
func TestOldestFindsAll(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		d := newLightDesk(t, seed)
		d.filters = seed%2 == 0
		var coins []prev
		want, next := int64(0), uint32(60)
		fill := func(n int) {
			for range n {
				var txs []*wire.MsgTx
				if d.dice.IntN(4) == 0 {
					next -= min(next, uint32(d.dice.IntN(16)))
					if next == hole {
						next--
					}
					tx := d.pay(1+d.dice.Int64N(1000), next)
					coins = append(coins, outputOf(tx, 0, ext(next)))
					want += coins[len(coins)-1].value
					txs = append(txs, tx)
				}
				if len(coins) > 0 && d.dice.IntN(5) == 0 {
					i := d.dice.IntN(len(coins))
					want -= coins[i].value
					outs := []out{toOthers(1)}
					if d.dice.IntN(3) == 0 { // some of it comes back
						outs = append(outs, toUs(1, descriptor.Internal, uint32(d.dice.IntN(3))))
						want++
					}
					txs = append(txs, build(t, []prev{coins[i]}, outs))
					coins = slices.Delete(coins, i, i+1)
				}
				d.block(txs...)
			}
		}
		fill(60)
		d.grow = func() { fill(1 + d.dice.IntN(9)) }
		d.run(&want)
		d.grow = nil
		d.do(ledger.Rescan{From: d.dice.Int32N(61)})
		d.run(&want)
		fill(20)
		d.run(&want)
		d.mineAgain(1 + d.dice.IntN(8))
		d.run(&want)
	}
}

// mineAgain puts the transactions of the last blocks into one of another branch.
func (d *lightDesk) mineAgain(depth int) {
	d.Helper()
	var txs []*wire.MsgTx
	for _, b := range d.chain.cut(depth) {
		txs = append(txs, b.txs[1:]...)
	}
	for range depth {
		d.block()
	}
	d.block(txs...)
}
