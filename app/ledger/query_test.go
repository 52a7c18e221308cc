package ledger_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/descriptor"
	"thistle/app/ledger"
)

func TestNextAndGap(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reveal := func(i uint32) { d.do(ledger.Revealed{Ref: ledger.Ref{Index: i}, At: d.now()}) }
	for want := uint32(0); want < 30; want++ {
		if want == hole {
			continue
		}
		next, beyond := d.l.Next(descriptor.External)
		if next != want || beyond != (want >= 20) {
			t.Fatalf("next %d %t, want %d", next, beyond, want)
		}
		reveal(next)
	}
	d.see(d.pay(1, 12))
	if next, beyond := d.l.Next(descriptor.External); next != 30 || beyond {
		t.Errorf("next %d %t", next, beyond)
	}
	if n := len(d.l.Addresses(descriptor.External)); n != 29 {
		t.Errorf("%d addresses", n)
	}
	unused := d.l.Unused(descriptor.External)
	if len(unused) != 28 || unused[27].Ref.Index != 29 {
		t.Errorf("%d unused", len(unused))
	}
	// Whatever is revealed is watched, with its look-ahead.
	reveal(100)
	if _, ok := d.l.Owns(scriptOf(t, ledger.Ref{Index: 100 + testLookahead})); !ok {
		t.Error("no look-ahead beyond a revealed address")
	}
	if next, _ := d.l.Next(descriptor.Internal); next != 0 {
		t.Errorf("next change %d", next)
	}
	for name, f := range map[string]ledger.Revealed{
		"keychain": {Ref: ledger.Ref{Keychain: 2}},
		"hardened": {Ref: ledger.Ref{Index: 1 << 31}},
		"amount":   {Amount: -1},
	} {
		if _, err := d.l.Apply(f); !errors.Is(err, ledger.ErrFact) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := d.l.Apply(ledger.Revealed{Ref: ledger.Ref{Index: 50_000}}); !errors.Is(err, ledger.ErrLeap) {
		t.Errorf("error %v", err)
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.do(ledger.Revealed{Ref: ledger.Ref{Index: 1}, Label: "rent", Amount: 77, At: d.now()})
	tx := d.pay(77, 1)
	d.see(tx)
	if e := d.entry(tx); e.Label != "rent" || len(e.Recipients) != 1 || e.Recipients[0].Label != "rent" || *e.Recipients[0].Ours != *ext(1) {
		t.Errorf("%+v", e)
	}
	early, late := d.now(), d.now()
	d.do(ledger.Labelled{TxID: tx.TxHash(), Text: "new", At: late})
	if c := d.do(ledger.Labelled{TxID: tx.TxHash(), Text: "old", At: early}); !c.Empty() {
		t.Errorf("%+v", c)
	}
	if e := d.entry(tx); e.Label != "new" {
		t.Errorf("label %q", e.Label)
	}
	d.mine(tx)
	send := build(t, []prev{outputOf(tx, 0, ext(1))}, []out{toOthers(50), toUs(20, descriptor.Internal, 0)})
	d.do(ledger.Created{Tx: send, At: d.now(), Label: "bread", Recipients: []ledger.Recipient{
		{Script: foreignScript, Amount: 50, Label: "baker"},
	}})
	e := d.entry(send)
	if e.Label != "bread" || len(e.Recipients) != 1 || e.Recipients[0].Label != "baker" || e.Recipients[0].Amount != 50 {
		t.Errorf("%+v", e)
	}
	if e.Amount != -57 || *e.Fee != 7 || !e.Trusted || !e.Outgoing {
		t.Errorf("%+v", e)
	}
	// Without a record of ours the change is told by its keychain.
	again := build(t, []prev{outputOf(send, 1, in(0))}, []out{toUs(5, descriptor.Internal, 1), toUs(4, descriptor.External, 2), toOthers(3)})
	d.see(again)
	if r := d.entry(again).Recipients; len(r) != 2 || *r[0].Ours != *ext(2) || r[1].Amount != 3 {
		t.Errorf("%+v", r)
	}
}

func TestHistoryPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range 10 {
		d.mine(d.pay(int64(1+i), 0))
	}
	d.see(d.pay(100, 1))
	all := d.l.History(0, -1)
	if len(all) != 11 || d.l.HistoryLen() != 11 || all[0].Balance != 155 || all[0].Amount != 100 || all[10].Balance != 1 {
		t.Fatalf("%+v", all)
	}
	for skip := range 13 {
		for limit := range 13 {
			got := d.l.History(skip, limit)
			want := all[min(skip, 11):min(skip+limit, 11)]
			if len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
				t.Fatalf("%d lines from %d: %d", limit, skip, len(got))
			}
		}
	}
}

func TestQueue(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	fund := d.pay(1000, 0)
	d.mine(fund)
	a := build(t, []prev{outputOf(fund, 0, ext(0))}, []out{toUs(900, descriptor.Internal, 0)})
	b := build(t, []prev{outputOf(a, 0, in(0))}, []out{toUs(800, descriptor.Internal, 1)})
	d.see(d.pay(5, 4)) // not ours to send
	d.create(a)
	d.create(b)
	at := d.now()
	for _, f := range []ledger.Fact{
		ledger.Acknowledged{TxID: a.TxHash(), Peer: "two", At: at},
		ledger.Acknowledged{TxID: a.TxHash(), Peer: "one", At: at},
		ledger.Echoed{TxID: a.TxHash(), Peer: "three", At: at},
	} {
		if c := d.do(f); len(c.Put) != 1 {
			t.Errorf("%+v", c)
		}
		if c := d.do(f); !c.Empty() {
			t.Errorf("twice: %+v", c)
		}
	}
	if c := d.do(ledger.Echoed{TxID: chainhash.Hash{7}, Peer: "x", At: at}); !c.Empty() {
		t.Errorf("an echo of nothing: %+v", c)
	}
	q := d.l.Queue()
	if len(q) != 2 || q[0].TxID != a.TxHash() || q[1].TxID != b.TxHash() {
		t.Fatalf("%+v", q)
	}
	if len(q[0].Acknowledged) != 2 || q[0].Acknowledged[0].Peer != "one" || len(q[0].Echoed) != 1 || q[0].Echoed[0].At != at.UnixNano() {
		t.Errorf("%+v", q[0])
	}
	d.mine(a)
	if q := d.l.Queue(); len(q) != 1 || q[0].TxID != b.TxHash() {
		t.Errorf("%+v", q)
	}
	// What left its block is offered again, parents first.
	d.reorg(1)
	if q := d.l.Queue(); len(q) != 2 || q[0].TxID != a.TxHash() {
		t.Errorf("%+v", q)
	}
}

func TestProof(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	tx := d.pay(1, 0)
	d.see(tx)
	if _, ok := d.l.Proof(tx.TxHash()); ok {
		t.Error("proof of an unconfirmed transaction")
	}
	d.mine(tx)
	a, ok := d.l.Proof(tx.TxHash())
	want := fmt.Sprintf("proof 1 in %v", d.chain.tip())
	if !ok || a.Block != d.chain.tip() || a.Index != 1 || string(a.Proof) != want {
		t.Errorf("%+v %t", a, ok)
	}
}

func TestView(t *testing.T) {
	t.Parallel()
	l, _, err := ledger.New(config(testLookahead))
	if err != nil {
		t.Fatal(err)
	}
	if b := l.Balance(); b.Height != -1 || b.Final {
		t.Errorf("%+v", b)
	}
	ref := func(h int32, branch byte) ledger.BlockRef {
		return ledger.BlockRef{Height: h, Hash: chainhash.Hash{byte(h), byte(h >> 8), branch}}
	}
	chain := func(branch byte, fork int32) func(int32) (chainhash.Hash, bool) {
		return func(h int32) (chainhash.Hash, bool) {
			if h <= fork {
				return ref(h, 0).Hash, h >= 0
			}
			return ref(h, branch).Hash, true
		}
	}
	rows := make(map[ledger.Key]ledger.Row)
	move := func(tip ledger.Tip, hashAt func(int32) (chainhash.Hash, bool)) ledger.ViewMoved {
		m, ok := l.Reconcile(tip, hashAt)
		if !ok {
			t.Fatal("nothing to do")
		}
		c, err := l.Apply(m)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range c.Put {
			rows[r.Key()] = r
		}
		return m
	}
	main := chain(0, 1<<30)
	for _, h := range []int32{10, 1000, 100_000, 100_001} {
		move(ref(h, 0), main)
	}
	if n := len(rows[ledger.Key{Kind: ledger.RowView}].(ledger.ViewRow).Trail); n < 64 || n > 200 {
		t.Errorf("a trail of %d", n)
	}
	// The deeper the reorganisation, the coarser the fork, but never above it.
	for _, depth := range []int32{1, 2, 60, 100, 1000, 50_000} {
		fork := 100_001 - depth
		m, ok := l.Reconcile(ref(100_002, 1), chain(1, fork))
		if !ok || m.Fork.Height > fork || m.Fork.Height < fork-1-depth/4 {
			t.Errorf("depth %d: fork at %d of %d", depth, m.Fork.Height, fork)
		}
		if depth <= 60 && m.Fork.Height != fork {
			t.Errorf("depth %d: fork at %d of %d", depth, m.Fork.Height, fork)
		}
	}
	if _, ok := l.Reconcile(ref(100_001, 0), main); ok {
		t.Error("something to do")
	}
	for _, bad := range []ledger.ViewMoved{
		{Tip: ref(100_002, 1), Fork: ref(100_001, 1)},
		{Tip: ref(100_002, 0), Fork: ref(100_002, 0)},
		{Tip: ref(99_000, 0), Fork: ref(99_001, 0)},
	} {
		if _, err := l.Apply(bad); !errors.Is(err, ledger.ErrFork) {
			t.Errorf("%+v: error %v", bad, err)
		}
	}
	for _, bad := range []ledger.ViewMoved{
		{Tip: ref(-1, 0)},
		{Tip: ref(100_002, 0), Fork: ref(100_001, 0), Disconnected: []ledger.BlockRef{ref(100_002, 0)}},
		{Tip: ref(100_002, 0), Fork: ref(100_001, 0), Disconnected: []ledger.BlockRef{ref(5, 1)}, Connected: []ledger.BlockRef{ref(5, 1)}},
		{Tip: ref(100_002, 0), Fork: ref(100_001, 0), Trail: []ledger.BlockRef{ref(5, 0)}},
	} {
		if _, err := l.Apply(bad); !errors.Is(err, ledger.ErrFact) {
			t.Errorf("%+v: error %v", bad, err)
		}
	}
	// A chain that is being downloaded again is shorter for a while.
	if m := move(ref(5000, 0), main); m.Fork.Height < 0 || m.Fork.Height > 5000 || m.Fork != ref(m.Fork.Height, 0) {
		t.Errorf("fork at %v", m.Fork)
	}
	if m := move(ref(100_001, 0), main); len(m.Connected) != 1 || m.Connected[0] != ref(100_001, 0) {
		t.Errorf("connected %v", m.Connected)
	}
}

func TestBirthdayOnlyFalls(t *testing.T) {
	t.Parallel()
	l, _, err := ledger.New(config(testLookahead))
	if err != nil {
		t.Fatal(err)
	}
	if _, known := l.Birthday(); known || l.Missing() != nil {
		t.Error("a birthday without having one")
	}
	for _, step := range []struct{ set, want int32 }{{50, 50}, {60, 50}, {50, 50}, {20, 20}} {
		if _, err := l.Apply(ledger.BirthdaySet{Height: step.set}); err != nil {
			t.Fatal(err)
		}
		if h, known := l.Birthday(); !known || h != step.want {
			t.Errorf("birthday %d, want %d", h, step.want)
		}
	}
	if _, err := l.Apply(ledger.BirthdaySet{Height: -5}); !errors.Is(err, ledger.ErrFact) {
		t.Errorf("error %v", err)
	}
}

type scriptHashes struct{ source }

func (scriptHashes) Script(uint32) ([]byte, error) {
	return append([]byte{txscript.OP_0, txscript.OP_DATA_32}, make([]byte, 32)...), nil
}

type failing struct {
	source
	from uint32
}

func (f failing) Script(i uint32) ([]byte, error) {
	if i >= f.from {
		return nil, errors.New("no more")
	}
	return f.source.Script(i)
}

func TestSources(t *testing.T) {
	t.Parallel()
	cfg := config(testLookahead)
	cfg.Internal = scriptHashes{sources[1]}
	if _, _, err := ledger.New(cfg); !errors.Is(err, ledger.ErrUnsupported) {
		t.Errorf("error %v", err)
	}
	cfg.Internal = cfg.External
	if _, _, err := ledger.New(cfg); !errors.Is(err, ledger.ErrFact) {
		t.Errorf("error %v", err)
	}
	cfg = config(testLookahead)
	cfg.External = failing{sources[0], 25}
	l, _, err := ledger.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Apply(ledger.Revealed{Ref: ledger.Ref{Index: 9}})
	if !errors.Is(err, ledger.ErrBroken) {
		t.Errorf("error %v", err)
	}
	if _, err := l.Apply(ledger.BirthdaySet{}); !errors.Is(err, ledger.ErrBroken) {
		t.Errorf("a broken ledger goes on: %v", err)
	}
}

func TestLoadErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 99, sources)
	w.apply(ledger.BirthdaySet{Height: 1})
	for range 150 {
		w.step()
	}
	w.settle()
	rows := w.l.Rows()
	if _, err := ledger.Load(config(0), rows); err != nil {
		t.Fatal(err)
	}
	foreign := config(0)
	foreign.External = source{name: "somebody else"}
	if _, err := ledger.Load(foreign, rows); !errors.Is(err, ledger.ErrForeign) {
		t.Errorf("error %v", err)
	}
	fails := 0
	for i, r := range rows {
		less := append(append([]ledger.Row(nil), rows[:i]...), rows[i+1:]...)
		_, err := ledger.Load(config(0), less)
		switch r.(type) {
		case ledger.ConfigRow, ledger.BatchRow, ledger.ScriptRow:
			if !errors.Is(err, ledger.ErrRows) {
				t.Errorf("without %+v: error %v", r, err)
			}
			fails++
		}
		if tx, ok := r.(ledger.TxRow); ok {
			tx.Raw = tx.Raw[:len(tx.Raw)-1]
			if _, err := ledger.Load(config(0), append(less, tx)); !errors.Is(err, ledger.ErrRows) {
				t.Errorf("with half of %v: error %v", tx.TxID, err)
			}
		}
	}
	if fails < 2*testLookahead {
		t.Errorf("only %d rows were left out", fails)
	}
	if _, err := ledger.Load(config(0), append(rows, rows[3])); !errors.Is(err, ledger.ErrRows) {
		t.Errorf("error %v", err)
	}
	if _, err := ledger.Load(config(0), nil); !errors.Is(err, ledger.ErrRows) {
		t.Errorf("error %v", err)
	}
}

func TestBadBlocks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	good := d.block(d.pay(1, 0)).applied()
	for name, f := range map[string]ledger.BlockApplied{
		"height": {Block: ledger.BlockRef{Height: -1}, Txs: good.Txs},
		"empty":  {Block: good.Block},
		"nil":    {Block: good.Block, Txs: []*wire.MsgTx{nil}},
	} {
		if _, err := d.l.Apply(f); !errors.Is(err, ledger.ErrFact) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	d.sync()
	moved := good
	moved.Block.Height++
	if _, err := d.l.Apply(moved); !errors.Is(err, ledger.ErrFact) {
		t.Errorf("error %v", err)
	}
	if _, err := d.l.Apply(nil); !errors.Is(err, ledger.ErrFact) {
		t.Errorf("error %v", err)
	}
	if c := d.do(good); !c.Empty() {
		t.Errorf("applied again: %+v", c)
	}
}
