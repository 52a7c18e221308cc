package ledger_test

import (
	"errors"
	"flag"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/descriptor"
	"thistle/app/ledger"
)

var (
	seedFlag  = flag.Uint64("ledger.seed", 0, "run this seed only")
	seedsFlag = flag.Uint64("ledger.seeds", 16, "how many seeds to run")
	stepsFlag = flag.Int("ledger.steps", 700, "steps of each seed")
)

// TestRandomFacts drives ledgers with random facts and compares them with the
// model whenever nothing is missing.
func TestRandomFacts(t *testing.T) {
	t.Parallel()
	first, last := uint64(1), *seedsFlag
	if *seedFlag != 0 {
		first, last = *seedFlag, *seedFlag
	}
	for seed := first; seed <= last; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, seed, keychainsOf(seed))
			w.apply(ledger.BirthdaySet{Height: 1})
			for range *stepsFlag {
				w.step()
			}
			w.settle()
			w.compare()
			if len(w.past) < *stepsFlag/4 {
				t.Fatalf("seed %d: only %d facts were delivered", seed, len(w.past))
			}
		})
	}
}

// keychainsOf gives the seeds keychains of all kinds.
func keychainsOf(seed uint64) sourceSet {
	return []sourceSet{sources, taprootSources, mixedSources}[seed%3]
}

// TestRandomEarlierBirthday is about what was searched, and forgotten, before older
// blocks were known to matter.
func TestRandomEarlierBirthday(t *testing.T) {
	t.Parallel()
	for seed := range *seedsFlag {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, seed, keychainsOf(seed))
			w.blind = true
			for range 300 {
				w.step()
			}
			n := int32(len(w.chain.blocks))
			w.apply(ledger.BirthdaySet{Height: 1 + w.rng.Int32N(n-1)})
			w.settle()
			w.restart()
			w.apply(ledger.BirthdaySet{Height: 1})
			w.settle()
			w.compare()
		})
	}
}

func (w *world) step() {
	switch n := w.rng.IntN(100); {
	case n < 8:
		w.mineBlock()
	case n < 9:
		w.reorg()
	case n < 14:
		w.announcePayment()
	case n < 17:
		w.announceRivals()
	case n < 19:
		w.announceChildFirst()
	case n < 22:
		w.send()
	case n < 24:
		w.bump()
	case n < 25:
		w.abandonOne()
	case n < 28:
		w.reveal()
	case n < 29:
		w.announceForgery()
	case n < 32 && len(w.past) > 0:
		w.mail = append(w.mail, w.past[w.rng.IntN(len(w.past))])
	case n < 34:
		w.restart()
	case n < 36 && !w.blind:
		w.settle()
		w.compare()
	case n < 39:
		w.apply(ledger.LookFurther{Scripts: 1 + w.rng.IntN(100)})
	case n < 40:
		w.mineLadder()
	case n < 41:
		w.apply(ledger.Rescan{From: w.rng.Int32N(int32(len(w.chain.blocks)))})
	default:
		w.work()
	}
	w.checkRows()
}

// available says what may be spent in the next block: outputs that the chain
// knows and has not spent, and foreign ones out of the blue.
func (w *world) available() func(tx *wire.MsgTx) bool {
	mined, spent := make(map[chainhash.Hash]bool), make(map[wire.OutPoint]bool)
	take := func(tx *wire.MsgTx) {
		mined[tx.TxHash()] = true
		for _, in := range tx.TxIn {
			spent[in.PreviousOutPoint] = true
		}
	}
	for _, b := range w.chain.blocks {
		for _, tx := range b.txs {
			take(tx)
		}
	}
	return func(tx *wire.MsgTx) bool {
		if isCoinbase(tx) || mined[tx.TxHash()] {
			return false
		}
		for _, in := range tx.TxIn {
			if spent[in.PreviousOutPoint] {
				return false
			}
			if id := in.PreviousOutPoint.Hash; w.txs[id] != nil && !mined[id] {
				return false
			}
		}
		take(tx)
		return true
	}
}

// near is an index that is watched from the start, far one that look-ahead may
// reach only after others were paid.
func (w *world) near() uint32 {
	for {
		if i := w.rng.Uint32N(testLookahead - 4); i != hole {
			w.paid(descriptor.External, i)
			return i
		}
	}
}

func (w *world) far(kc descriptor.Keychain) uint32 {
	for {
		if i := w.rng.Uint32N(w.last[kc] + testLookahead); i != hole {
			w.paid(kc, i)
			return i
		}
	}
}

func (w *world) paid(kc descriptor.Keychain, i uint32) { w.last[kc] = max(w.last[kc], i) }

func (w *world) keychain() descriptor.Keychain { return descriptor.Keychain(w.rng.Uint32N(2)) }

// pick returns a coin of ours that the ledger knows.
func (w *world) pick() (prev, bool) {
	coins := w.l.Coins()
	if len(coins) == 0 {
		return prev{}, false
	}
	c := coins[w.rng.IntN(len(coins))]
	if c.State == ledger.CoinImmature || w.txs[c.OutPoint.Hash] == nil {
		return prev{}, false // young, or a forgery whose parent has not arrived
	}
	return prev{c.OutPoint, int64(c.Value), &c.Ref}, true
}

// mineBlock mines some of what was announced, payments nobody heard of, and
// foreign transactions.
func (w *world) mineBlock() {
	height := int32(len(w.chain.blocks))
	reward := toOthers(50e8)
	if w.rng.IntN(4) == 0 {
		reward = toUs(50e8, descriptor.External, w.far(descriptor.External))
	}
	txs := []*wire.MsgTx{w.add(coinbase(w.t, height, w.fresh(), reward))}
	ok := w.available()
	for _, id := range w.ids {
		if tx := w.txs[id]; w.rng.IntN(4) == 0 && ok(tx) {
			txs = append(txs, tx)
		}
	}
	for range w.rng.IntN(3) {
		kc := w.keychain()
		outs := []out{toOthers(7000), toUs(w.rng.Int64N(1e8), kc, w.far(kc))}
		if w.rng.IntN(2) == 0 {
			outs = append(outs, toUs(w.rng.Int64N(1e8), kc, w.far(kc)))
		}
		tx := w.sources.build(w.t, []prev{foreign(w.fresh())}, outs)
		if ok(tx) {
			txs = append(txs, w.add(tx))
		}
	}
	txs = append(txs, w.sources.build(w.t, []prev{foreign(w.fresh())}, []out{toOthers(1)}))
	// Coins spent by another copy of this wallet.
	if p, found := w.pick(); found && w.rng.IntN(3) == 0 {
		kc := w.keychain()
		tx := w.sources.build(w.t, []prev{p}, []out{toOthers(p.value / 3), toUs(p.value/2, kc, w.far(kc))})
		if ok(tx) {
			txs = append(txs, w.add(tx))
		}
	}
	// And such as the ledger need not have heard of.
	for range w.rng.IntN(4) {
		p, found := w.pickMined()
		if !found {
			continue
		}
		outs := []out{toOthers(p.value / 3)}
		if w.rng.IntN(3) == 0 {
			outs = append(outs, toUs(p.value/2, descriptor.Internal, w.far(descriptor.Internal)))
		}
		tx := w.sources.build(w.t, []prev{p}, outs)
		if ok(tx) {
			txs = append(txs, w.add(tx))
		}
	}
	w.chain.mine(w.tick(), txs...)
}

// pickMined returns an output of ours of the chain, spent or not.
func (w *world) pickMined() (prev, bool) {
	b := w.chain.blocks[w.rng.IntN(len(w.chain.blocks))]
	tx := b.txs[w.rng.IntN(len(b.txs))]
	i := uint32(w.rng.IntN(len(tx.TxOut)))
	ref := w.refOf(tx.TxOut[i].PkScript)
	return outputOf(tx, i, ref), ref != nil && !isCoinbase(tx)
}

// refOf names a script of ours, nil if it is not.
func (w *world) refOf(pkScript []byte) *ledger.Ref {
	for kc, s := range w.sources {
		for i := range w.last[kc] + testLookahead {
			if script, err := s.Script(i); err == nil && string(script) == string(pkScript) {
				return &ledger.Ref{Keychain: kc, Index: i}
			}
		}
	}
	return nil
}

// mineLadder mines payments each of which is within reach of the one before only,
// in any order of height: often the last first.
func (w *world) mineLadder() {
	kc := w.keychain()
	var rungs []uint32
	for range 2 + w.rng.IntN(5) {
		next := w.last[kc] + 1 + w.rng.Uint32N(testLookahead)
		if next == hole {
			next++
		}
		rungs = append(rungs, next)
		w.paid(kc, next)
	}
	switch w.rng.IntN(3) {
	case 0:
		w.rng.Shuffle(len(rungs), func(i, j int) { rungs[i], rungs[j] = rungs[j], rungs[i] })
	case 1:
		slices.Reverse(rungs)
	}
	for _, i := range rungs {
		tx := w.sources.build(w.t, []prev{foreign(w.fresh())}, []out{toUs(w.rng.Int64N(1e8), kc, i)})
		w.chain.mine(w.tick(), w.add(coinbase(w.t, int32(len(w.chain.blocks)), w.fresh(), toOthers(50e8))), w.add(tx))
	}
}

// compareFar checks that the block of everything that concerns a far script is
// remembered, once nothing is missing.
func (w *world) compareFar() {
	w.t.Helper()
	if len(w.l.Missing()) > 0 {
		return
	}
	far, refs := make(map[string]int), []ledger.Ref(nil)
	remembered := make(map[chainhash.Hash][]ledger.Span)
	for _, r := range w.l.Rows() {
		switch r := r.(type) {
		case ledger.ScriptRow:
			if r.Since == 0 && r.Script != nil {
				far[string(r.Script)] = len(refs)
				refs = append(refs, r.Ref)
			}
		case ledger.BlockRow:
			remembered[r.Block.Hash] = r.Far
		}
	}
	born, _ := w.l.Birthday()
	for _, b := range w.chain.blocks[born:] {
		for _, place := range concerned(b, far, w.prevScript) {
			ref := refs[place]
			if !slices.ContainsFunc(remembered[b.ref.Hash], func(s ledger.Span) bool {
				return s.Keychain == ref.Keychain && s.First <= ref.Index && ref.Index <= s.Last
			}) {
				w.t.Errorf("seed %d: block %v concerns %v, beyond the window, and is not remembered", w.seed, b.ref, ref)
			}
		}
	}
}

// reorg replaces the last blocks by more. What was in them is mined again, or
// announced again, or both; some of it is double-spent.
func (w *world) reorg() {
	depth := 1 + w.rng.IntN(5)
	if depth > len(w.chain.blocks)-2 {
		return
	}
	gone := w.chain.cut(depth)
	tails := w.rng.IntN(2) == 0
	for i, b := range gone {
		txs := []*wire.MsgTx{w.add(coinbase(w.t, b.ref.Height, w.fresh(), toOthers(50e8)))}
		ok := w.available()
		for _, tx := range b.txs {
			if isCoinbase(tx) {
				continue
			}
			switch far := w.isFar(tx); {
			case far || w.rng.IntN(2) == 0:
				if ok(tx) {
					txs = append(txs, tx)
				}
			default:
				w.announce(tx)
				// A loser that is nothing to us may be known as such, or not.
				if w.rng.IntN(4) == 0 && w.ours(tx) {
					double := w.sources.build(w.t, []prev{w.spentBy(tx)}, []out{toUs(4242, descriptor.External, w.near())})
					if ok(double) {
						txs = append(txs, w.add(double))
					}
				}
			}
		}
		w.chain.mine(w.tick(), txs...)
		// The view may be anywhere while the branch grows.
		if tails && i == len(gone)/2 {
			w.work()
		}
	}
	w.chain.mine(w.tick(), w.add(coinbase(w.t, int32(len(w.chain.blocks)), w.fresh(), toOthers(50e8))))
	if w.rng.IntN(2) == 0 {
		w.follow()
	}
}

func (w *world) ours(tx *wire.MsgTx) bool {
	for _, o := range tx.TxOut {
		if _, ok := w.l.Owns(o.PkScript); ok {
			return true
		}
	}
	return w.spentBy(tx).ref != nil
}

// isFar reports whether the ledger may not know what the transaction pays or spends.
func (w *world) isFar(tx *wire.MsgTx) bool {
	far := func(pkScript []byte) bool {
		ref := w.refOf(pkScript)
		return ref != nil && ref.Index >= testLookahead-4
	}
	return slices.ContainsFunc(tx.TxOut, func(o *wire.TxOut) bool { return far(o.PkScript) }) ||
		slices.ContainsFunc(tx.TxIn, func(in *wire.TxIn) bool { return far(w.prevScript(in.PreviousOutPoint)) })
}

// spentBy returns the first output that a transaction spends.
func (w *world) spentBy(tx *wire.MsgTx) prev {
	op := tx.TxIn[0].PreviousOutPoint
	p := prev{op: op, value: 1 << 40}
	if parent := w.txs[op.Hash]; parent != nil {
		p.value = parent.TxOut[op.Index].Value
		p.ref = w.refOf(parent.TxOut[op.Index].PkScript)
	}
	return p
}

// announce mails an unconfirmed transaction.
func (w *world) announce(tx *wire.MsgTx) {
	id, at := w.add(tx).TxHash(), w.tick()
	if _, ok := w.seen[id]; !ok {
		w.seen[id] = at
	}
	w.mail = append(w.mail, ledger.Seen{Tx: tx, At: at})
}

func (w *world) announcePayment() {
	ins := []prev{foreign(w.fresh())}
	// Change of somebody else's payment to us, sometimes.
	if len(w.ids) > 0 && w.rng.IntN(3) == 0 {
		if tx := w.txs[w.ids[w.rng.IntN(len(w.ids))]]; !isCoinbase(tx) && w.known(tx) && string(tx.TxOut[0].PkScript) == string(foreignScript) {
			ins = []prev{outputOf(tx, 0, nil)}
		}
	}
	w.announce(w.add(w.sources.build(w.t, ins, []out{toOthers(5000), toUs(w.rng.Int64N(1e8), descriptor.External, w.near())})))
}

func (w *world) known(tx *wire.MsgTx) bool {
	_, ok := w.l.Tx(tx.TxHash())
	return ok
}

// announceRivals mails payments to us that cannot all happen.
func (w *world) announceRivals() {
	in := foreign(w.fresh())
	for range 2 + w.rng.IntN(2) {
		w.announce(w.add(w.sources.build(w.t, []prev{in}, []out{toUs(w.rng.Int64N(1e8), descriptor.External, w.near())})))
	}
}

// announceChildFirst mails a payment and a spend of it in any order.
func (w *world) announceChildFirst() {
	i := w.near()
	parent := w.add(w.sources.build(w.t, []prev{foreign(w.fresh())}, []out{toUs(1e6, descriptor.External, i)}))
	child := w.add(w.sources.build(w.t, []prev{outputOf(parent, 0, &ledger.Ref{Index: i})}, []out{toOthers(9e5)}))
	w.announce(parent)
	w.announce(child)
}

// announceForgery mails a transaction that spends a coin of ours without our
// signature, one whose parent may not have arrived.
func (w *world) announceForgery() {
	p, ok := w.pick()
	if !ok {
		return
	}
	forged := w.sources.build(w.t, []prev{p}, []out{toOthers(p.value / 2)})
	forged.TxOut[0].Value++
	w.mail = append(w.mail, ledger.Seen{Tx: forged, At: w.tick()})
	i := w.near()
	parent := w.add(w.sources.build(w.t, []prev{foreign(w.fresh())}, []out{toUs(1e6, descriptor.External, i)}))
	forged = w.sources.build(w.t, []prev{outputOf(parent, 0, &ledger.Ref{Index: i})}, []out{toUs(1e5, descriptor.External, i)})
	forged.TxOut[0].Value++
	w.announce(parent)
	w.mail = append(w.mail, ledger.Seen{Tx: forged, At: w.tick()})
}

// send creates a transaction as the app would.
func (w *world) send() {
	p, ok := w.pick()
	if !ok || p.value < 1000 {
		return
	}
	next, _ := w.l.Next(descriptor.Internal)
	w.paid(descriptor.Internal, next)
	outs := []out{toOthers(p.value / 3), toUs(p.value/2, descriptor.Internal, next)}
	w.create(w.sources.build(w.t, []prev{p}, outs))
}

func (w *world) create(tx *wire.MsgTx) {
	w.add(tx)
	at := w.tick()
	c, err := w.l.Apply(ledger.Created{Tx: tx, At: at, Label: "sent", Recipients: []ledger.Recipient{
		{Script: tx.TxOut[0].PkScript, Amount: 1},
	}})
	if errors.Is(err, ledger.ErrSpent) {
		return // a double spend has been mined meanwhile
	} else if err != nil {
		w.t.Fatalf("seed %d: create: %v", w.seed, err)
	}
	w.created[tx.TxHash()] = at
	w.save(c)
	if e, ok := w.l.Entry(tx.TxHash()); !ok || e.State != ledger.Pending {
		w.t.Fatalf("seed %d: created transaction is %v", w.seed, e.State)
	}
}

// bump replaces something of ours.
func (w *world) bump() {
	queue := w.l.Queue()
	if len(queue) == 0 {
		return
	}
	old := queue[w.rng.IntN(len(queue))].Tx
	in := w.spentBy(old)
	if in.ref == nil {
		return
	}
	next, _ := w.l.Next(descriptor.Internal)
	w.paid(descriptor.Internal, next)
	w.create(w.sources.build(w.t, []prev{in}, []out{toOthers(in.value / 4), toUs(in.value/3, descriptor.Internal, next)}))
}

func (w *world) abandonOne() {
	for _, e := range w.l.History(0, -1) {
		_, made := w.created[e.TxID]
		_, gone := w.abandoned[e.TxID]
		if e.State == ledger.Pending && made && !gone && w.rng.IntN(2) == 0 {
			w.abandoned[e.TxID] = w.tick()
			w.apply(ledger.Abandoned{TxID: e.TxID, At: w.clock})
			return
		}
	}
}

func (w *world) reveal() {
	next, _ := w.l.Next(descriptor.External)
	w.paid(descriptor.External, next)
	w.mail = append(w.mail, ledger.Revealed{
		Ref: ledger.Ref{Index: next}, Label: fmt.Sprint("label ", next), At: w.tick(),
	})
}

// restart loads the ledger from what was saved and goes on with that.
func (w *world) restart() {
	w.t.Helper()
	var rows []ledger.Row
	for _, r := range w.disk {
		rows = append(rows, r)
	}
	l, err := ledger.Load(w.sources.config(0), rows)
	if err != nil {
		w.t.Fatalf("seed %d: load: %v", w.seed, err)
	}
	if a, b := dump(w.l), dump(l); a != b {
		w.t.Fatalf("seed %d: loaded ledger differs:\n%s", w.seed, diff(a, b))
	}
	w.l = l
}

// checkRows compares what was saved change by change with what there is.
func (w *world) checkRows() {
	w.t.Helper()
	rows := w.l.Rows()
	if len(rows) != len(w.disk) {
		w.t.Fatalf("seed %d: %d rows were saved, there are %d", w.seed, len(w.disk), len(rows))
	}
	for _, r := range rows {
		if saved := w.disk[r.Key()]; !reflect.DeepEqual(saved, r) {
			w.t.Fatalf("seed %d: row differs:\nsaved %+v\n   is %+v", w.seed, saved, r)
		}
	}
}

// dump is everything a ledger says.
func dump(l *ledger.Ledger) string {
	var b strings.Builder
	fmt.Fprintf(&b, "balance %+v\n", l.Balance())
	for _, e := range l.History(0, -1) {
		fmt.Fprintf(&b, "%s, balance %d, %q\n", entryText(e), e.Balance, e.Label)
		for _, p := range e.Recipients {
			fmt.Fprintf(&b, "%v pays %x %d %q %t\n", e.TxID, p.Script, p.Amount, p.Label, p.Ours != nil)
		}
	}
	for _, c := range l.Coins() {
		fmt.Fprintf(&b, "coin %+v\n", c)
	}
	for _, kc := range []descriptor.Keychain{descriptor.External, descriptor.Internal} {
		next, beyond := l.Next(kc)
		used, ok := l.Used(kc)
		fmt.Fprintf(&b, "keychain %v: next %d %t, used %d %t\n", kc, next, beyond, used, ok)
	}
	fmt.Fprintf(&b, "missing %v\nunapplied %v\ncoverage %v\n", l.Missing(), l.Unapplied(), l.Coverage())
	fmt.Fprintf(&b, "addresses %+v\nscripts %d, matches %d, far %d\n", l.Addresses(0), l.ScriptCount(), l.Matches(), l.FarHits())
	for _, o := range l.Queue() {
		fmt.Fprintf(&b, "queued %v %v %v\n", o.TxID, o.Acknowledged, o.Echoed)
	}
	return b.String()
}

func entryText(e ledger.Entry) string {
	fee, winner := "nil", ""
	if e.Fee != nil {
		fee = fmt.Sprint(int64(*e.Fee))
	}
	if e.Winner != nil {
		winner = e.Winner.String()
	}
	return fmt.Sprintf("%v %v height %d, %d confirmations, %v, %d sat, fee %s, proved %t, trusted %t, at %d, lost to %s",
		e.TxID, e.Coinbase, e.Height, e.Confirmations, e.State, int64(e.Amount), fee, e.Proved, e.Trusted,
		e.Time.Unix(), winner)
}

func diff(a, b string) string {
	var out strings.Builder
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for _, line := range x {
		if !slices.Contains(y, line) {
			out.WriteString("- " + line + "\n")
		}
	}
	for _, line := range y {
		if !slices.Contains(x, line) {
			out.WriteString("+ " + line + "\n")
		}
	}
	return out.String()
}

// compare holds a settled ledger against the model.
func (w *world) compare() {
	w.t.Helper()
	m := newModel(w)
	if got, want := w.l.Balance(), m.balance(); got != want {
		w.t.Errorf("seed %d: balance\n got %+v\nwant %+v", w.seed, got, want)
	}
	coins := m.coins()
	for _, c := range w.l.Coins() {
		text := fmt.Sprintf("%d sat of %v, state %d, %d confirmations, %d ancestors",
			int64(c.Value), c.Ref, c.State, c.Confirmations, c.Ancestors)
		if coins[c.OutPoint] != text {
			w.t.Errorf("seed %d: coin %v\n got %s\nwant %s", w.seed, c.OutPoint, text, coins[c.OutPoint])
		}
		delete(coins, c.OutPoint)
	}
	for op, text := range coins {
		w.t.Errorf("seed %d: coin %v is missing: %s", w.seed, op, text)
	}
	w.compareHistory(m)
	w.compareFar()
	if w.t.Failed() {
		w.t.FailNow()
	}
}

func (w *world) compareHistory(m *model) {
	w.t.Helper()
	history := w.l.History(0, -1)
	met := make(map[chainhash.Hash]bool)
	for i, e := range history {
		met[e.TxID] = true
		n := m.txs[e.TxID]
		if n == nil {
			w.t.Errorf("seed %d: history has %v", w.seed, entryText(e))
			continue
		}
		if got, want := entryText(e), m.entry(n); got != want {
			w.t.Errorf("seed %d: history\n got %s\nwant %s", w.seed, got, want)
		}
		older := ledger.Entry{Height: -1}
		if i+1 < len(history) {
			older = history[i+1]
		}
		after := older.Balance
		if n.live() {
			after += e.Amount
		}
		if e.Balance != after {
			w.t.Errorf("seed %d: balance after %v is %d, not %d", w.seed, e.TxID, e.Balance, after)
		}
		if e.State == ledger.Confirmed && older.State == ledger.Pending || e.Height >= 0 && e.Height < older.Height {
			w.t.Errorf("seed %d: %v stands above %v", w.seed, entryText(e), entryText(older))
		}
	}
	if len(history) > 0 && history[0].Balance != w.l.Balance().Total {
		w.t.Errorf("seed %d: history ends in %d, total is %d", w.seed, history[0].Balance, w.l.Balance().Total)
	}
	for _, n := range m.txs {
		// What a block held that left the chain before it was applied need not be
		// known.
		if !met[n.id] && (n.sure || n.live()) {
			w.t.Errorf("seed %d: history lacks %s", w.seed, m.entry(n))
		}
	}
}

// TestWorldClock is a guard for the world's clock: seconds, never the same twice.
func TestWorldClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, sources)
	if a, b := w.tick(), w.tick(); b.Sub(a) != time.Second {
		t.Fatalf("%v and %v", a, b)
	}
}
