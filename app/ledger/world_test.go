package ledger_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/descriptor"
	"thistle/app/ledger"
)

// source derives keys from hashes: quicker than BIP32, and it can sign.
type source struct {
	name    string
	taproot bool
}

// sourceSet are the keychains of a wallet.
type sourceSet map[descriptor.Keychain]source

var (
	sources = sourceSet{descriptor.External: {name: "external"}, descriptor.Internal: {name: "internal"}}

	taprootSources = sourceSet{
		descriptor.External: {"taproot external", true}, descriptor.Internal: {"taproot internal", true},
	}
	mixedSources = sourceSet{descriptor.External: taprootSources[0], descriptor.Internal: sources[1]}
)

// hole is an index without a key.
const hole = 3

func (s source) key(index uint32) *btcec.PrivateKey {
	sum := sha256.Sum256(binary.BigEndian.AppendUint32([]byte(s.name), index))
	key, _ := btcec.PrivKeyFromBytes(sum[:])
	return key
}

func (s source) Script(index uint32) ([]byte, error) {
	if index == hole {
		return nil, descriptor.ErrNoKey
	}
	id := fmt.Sprint(s.name, index)
	if script, ok := derived.Load(id); ok {
		return script.([]byte), nil
	}
	pub := s.key(index).PubKey()
	script := append([]byte{txscript.OP_0, txscript.OP_DATA_20}, address.Hash160(pub.SerializeCompressed())...)
	if s.taproot {
		script, _ = txscript.PayToTaprootScript(txscript.ComputeTaprootKeyNoScript(pub))
	}
	derived.Store(id, script)
	return script, nil
}

// derived spares the tests deriving the same scripts again.
var derived sync.Map

func (s source) String() string { return s.name }

func config(lookahead uint32) ledger.Config { return sources.config(lookahead) }

func (s sourceSet) config(lookahead uint32) ledger.Config {
	return ledger.Config{
		External: s[descriptor.External], Internal: s[descriptor.Internal],
		Lookahead: lookahead, FarLookahead: testFarLookahead,
	}
}

// lookFurther derives the far look-ahead.
func lookFurther(t testing.TB, l *ledger.Ledger) {
	t.Helper()
	for l.FarLacking() > 0 {
		if _, err := l.Apply(ledger.LookFurther{Scripts: 50}); err != nil {
			t.Fatal(err)
		}
	}
}

// placesOf tells where each script stands.
func placesOf(scripts [][]byte) map[string]int {
	out := make(map[string]int)
	for i, s := range scripts {
		out[string(s)] = i
	}
	return out
}

// concerned returns the places of the scripts that a block pays or spends.
func concerned(b *testBlock, places map[string]int, prevScript func(wire.OutPoint) []byte) []int {
	var found []int
	note := func(pkScript []byte) {
		if i, ok := places[string(pkScript)]; ok {
			found = append(found, i)
		}
	}
	for _, tx := range b.txs {
		for _, o := range tx.TxOut {
			note(o.PkScript)
		}
		for _, in := range tx.TxIn {
			note(prevScript(in.PreviousOutPoint))
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func scriptOf(t testing.TB, ref ledger.Ref) []byte {
	t.Helper()
	return sources.script(t, ref)
}

func (s sourceSet) script(t testing.TB, ref ledger.Ref) []byte {
	t.Helper()
	script, err := s[ref.Keychain].Script(ref.Index)
	if err != nil {
		t.Fatalf("script of %v: %v", ref, err)
	}
	return script
}

// out is an output to be made: ours if ref is set.
type out struct {
	value int64
	ref   *ledger.Ref
}

func toUs(value int64, kc descriptor.Keychain, index uint32) out {
	return out{value, &ledger.Ref{Keychain: kc, Index: index}}
}

func toOthers(value int64) out { return out{value: value} }

var foreignScript = append([]byte{txscript.OP_0, txscript.OP_DATA_20}, make([]byte, 20)...)

// prev is an output to be spent, with what is needed to sign for it if it is ours.
type prev struct {
	op    wire.OutPoint
	value int64
	ref   *ledger.Ref
}

// foreign is an output of others that nobody has heard of.
func foreign(n uint64) prev {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("foreign"), n))
	return prev{op: wire.OutPoint{Hash: sum, Index: uint32(n % 3)}, value: 1 << 40}
}

// outputOf is an output of a transaction made here.
func outputOf(tx *wire.MsgTx, index uint32, ref *ledger.Ref) prev {
	return prev{wire.OutPoint{Hash: tx.TxHash(), Index: index}, tx.TxOut[index].Value, ref}
}

// build makes and signs a transaction.
func build(t testing.TB, ins []prev, outs []out) *wire.MsgTx {
	t.Helper()
	return sources.build(t, ins, outs)
}

func (s sourceSet) build(t testing.TB, ins []prev, outs []out) *wire.MsgTx {
	t.Helper()
	tx := wire.NewMsgTx(2)
	fetcher := txscript.NewMultiPrevOutFetcher(nil)
	for _, in := range ins {
		tx.AddTxIn(wire.NewTxIn(&in.op, nil, nil))
		script := foreignScript
		if in.ref != nil {
			script = s.script(t, *in.ref)
		}
		fetcher.AddPrevOut(in.op, wire.NewTxOut(in.value, script))
	}
	for _, o := range outs {
		script := foreignScript
		if o.ref != nil {
			script = s.script(t, *o.ref)
		}
		tx.AddTxOut(wire.NewTxOut(o.value, script))
	}
	hashes := txscript.NewTxSigHashes(tx, fetcher)
	for i, in := range ins {
		if in.ref == nil {
			tx.TxIn[i].Witness = wire.TxWitness{[]byte("sig"), []byte("key of somebody else, 33 bytes...")}
			if s[descriptor.External].taproot {
				tx.TxIn[i].Witness = wire.TxWitness{make([]byte, 64)}
			}
			continue
		}
		w, err := s.sign(tx, hashes, i, in, s.script(t, *in.ref))
		if err != nil {
			t.Fatalf("sign: %v", err)
		}
		tx.TxIn[i].Witness = w
	}
	return tx
}

func (s sourceSet) sign(tx *wire.MsgTx, hashes *txscript.TxSigHashes, i int, in prev, pkScript []byte) (wire.TxWitness, error) {
	src := s[in.ref.Keychain]
	key := src.key(in.ref.Index)
	if src.taproot {
		return txscript.TaprootWitnessSignature(tx, hashes, i, in.value, pkScript, txscript.SigHashDefault, key)
	}
	return txscript.WitnessSignature(tx, hashes, i, in.value, pkScript, txscript.SigHashAll, key, true)
}

func coinbase(t testing.TB, height int32, nonce uint64, outs ...out) *wire.MsgTx {
	t.Helper()
	tx := build(t, nil, outs)
	script := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32([]byte{12}, uint32(height)), nonce)
	tx.AddTxIn(wire.NewTxIn(wire.NewOutPoint(&chainhash.Hash{}, 0xffffffff), script, nil))
	return tx
}

// testBlock is a block of a made-up chain.
type testBlock struct {
	ref  ledger.BlockRef
	prev chainhash.Hash
	time time.Time
	txs  []*wire.MsgTx
}

func (b *testBlock) applied() ledger.BlockApplied {
	return ledger.BlockApplied{
		Block: b.ref, Time: b.time, Txs: b.txs,
		Proof: func(i int) []byte { return fmt.Appendf(nil, "proof %d in %v", i, b.ref) },
	}
}

// testChain is a chain of blocks from height 0 on.
type testChain struct {
	blocks []*testBlock
	made   uint64
}

func (c *testChain) tip() ledger.Tip { return c.blocks[len(c.blocks)-1].ref }

func (c *testChain) hashAt(height int32) (chainhash.Hash, bool) {
	if height < 0 || int(height) >= len(c.blocks) {
		return chainhash.Hash{}, false
	}
	return c.blocks[height].ref.Hash, true
}

func (c *testChain) mine(at time.Time, txs ...*wire.MsgTx) *testBlock {
	c.made++
	b := &testBlock{time: at.Truncate(time.Second), txs: txs}
	b.ref.Height = int32(len(c.blocks))
	if len(c.blocks) > 0 {
		b.prev = c.tip().Hash
	}
	b.ref.Hash = sha256.Sum256(binary.BigEndian.AppendUint64(b.prev[:], c.made))
	c.blocks = append(c.blocks, b)
	return b
}

// cut drops the last blocks and returns them.
func (c *testChain) cut(depth int) []*testBlock {
	at := len(c.blocks) - depth
	gone := slices.Clone(c.blocks[at:])
	c.blocks = c.blocks[:at]
	return gone
}

// world is a chain, all transactions ever made, and a driver that keeps a ledger
// up to date with them as the app would, with all the disorder that may happen.
type world struct {
	t       testing.TB
	seed    uint64
	sources sourceSet
	rng     *rand.Rand
	chain   testChain
	clock   time.Time
	next    uint64 // foreign output

	txs map[chainhash.Hash]*wire.MsgTx
	ids []chainhash.Hash // in the order of making

	l    *ledger.Ledger
	disk map[ledger.Key]ledger.Row

	mail []ledger.Fact // under way
	past []ledger.Fact // delivered

	seen      map[chainhash.Hash]time.Time
	created   map[chainhash.Hash]time.Time
	abandoned map[chainhash.Hash]time.Time
	given     map[chainhash.Hash]*testBlock // blocks delivered
	last      map[descriptor.Keychain]uint32
	// blind worlds are not asked for what is final while they run.
	blind bool
}

const (
	testLookahead    = 20
	testFarLookahead = 60
)

func newWorld(t testing.TB, seed uint64, keychains sourceSet) *world {
	w := &world{
		t: t, seed: seed, sources: keychains, rng: rand.New(rand.NewPCG(seed, 0)), clock: time.Unix(1_700_000_000, 0),
		txs:  make(map[chainhash.Hash]*wire.MsgTx),
		disk: make(map[ledger.Key]ledger.Row),
		seen: make(map[chainhash.Hash]time.Time), created: make(map[chainhash.Hash]time.Time),
		abandoned: make(map[chainhash.Hash]time.Time), given: make(map[chainhash.Hash]*testBlock),
		last: map[descriptor.Keychain]uint32{},
	}
	l, change, err := ledger.New(keychains.config(testLookahead))
	if err != nil {
		t.Fatal(err)
	}
	w.l = l
	w.save(change)
	for range 5 {
		w.chain.mine(w.tick(), w.add(coinbase(t, 0, w.fresh(), toOthers(50e8))))
	}
	return w
}

func (w *world) tick() time.Time {
	w.clock = w.clock.Add(time.Second)
	return w.clock
}

func (w *world) fresh() uint64 {
	w.next++
	return w.next
}

func (w *world) add(tx *wire.MsgTx) *wire.MsgTx {
	id := tx.TxHash()
	if w.txs[id] == nil {
		w.txs[id] = tx
		w.ids = append(w.ids, id)
	}
	return tx
}

// save is what walletdb does with a change.
func (w *world) save(c ledger.Change) {
	for _, k := range c.Delete {
		delete(w.disk, k)
	}
	for _, r := range c.Put {
		w.disk[r.Key()] = r
	}
}

func (w *world) apply(f ledger.Fact) ledger.Change {
	w.t.Helper()
	c, err := w.l.Apply(f)
	if err != nil {
		w.t.Fatalf("seed %d: apply %T: %v: %+v", w.seed, f, err, f)
	}
	w.save(c)
	return c
}

// deliver takes a fact out of the mail.
func (w *world) deliver(i int) {
	f := w.mail[i]
	w.mail = slices.Delete(w.mail, i, i+1)
	w.past = append(w.past, f)
	w.apply(f)
	switch f := f.(type) {
	case ledger.BlockApplied:
		w.give(f)
	case ledger.Seen:
		w.heard(f)
	}
}

// give notes what the ledger must remember of a block even when it leaves the
// chain. That a transaction spends taproot outputs of ours cannot be told while
// they are not known.
func (w *world) give(f ledger.BlockApplied) {
	b := &testBlock{ref: f.Block, time: f.Time}
	if old := w.given[f.Block.Hash]; old != nil {
		b.txs = old.txs
	}
	for _, tx := range f.Txs {
		if !w.spendsTaproot(tx) || w.known(tx) {
			b.txs = append(b.txs, tx)
		}
	}
	w.given[f.Block.Hash] = b
}

// heard notes whether an announced transaction must be known. One that spends
// taproot outputs of ours need not be while they are not.
func (w *world) heard(f ledger.Seen) {
	id := f.Tx.TxHash()
	if w.txs[id] == nil || !w.spendsTaproot(f.Tx) {
		return
	}
	if !w.known(f.Tx) {
		if p, ok := w.l.Tx(f.Tx.TxIn[0].PreviousOutPoint.Hash); ok && w.mustOwn(p, f.Tx.TxIn[0].PreviousOutPoint.Index) {
			w.t.Fatalf("seed %d: a spend of ours was not kept: %v", w.seed, id)
		}
		delete(w.seen, id)
		return
	}
	if at, ok := w.seen[id]; !ok || f.At.Before(at) {
		w.seen[id] = f.At
	}
}

func (w *world) mustOwn(tx *wire.MsgTx, index uint32) bool {
	_, ok := w.l.Owns(tx.TxOut[index].PkScript)
	return ok
}

// spendsTaproot reports whether a transaction spends a taproot output of ours.
func (w *world) spendsTaproot(tx *wire.MsgTx) bool {
	return slices.ContainsFunc(tx.TxIn, func(in *wire.TxIn) bool {
		return txscript.IsPayToTaproot(w.prevScript(in.PreviousOutPoint))
	})
}

// follow moves the view to the chain's tip.
func (w *world) follow() {
	if move, ok := w.l.Reconcile(w.chain.tip(), w.chain.hashAt); ok {
		w.apply(move)
	}
}

// prevScript returns the script that an input spends, nil if the world does not
// know the output.
func (w *world) prevScript(op wire.OutPoint) []byte {
	if p := w.txs[op.Hash]; p != nil {
		return p.TxOut[op.Index].PkScript
	}
	return nil
}

// matches is what a block's filter says.
func (w *world) matches(b *testBlock, scripts map[string]int) (h ledger.Hit, ok bool) {
	h.BlockRef = b.ref
	if w.rng.IntN(20) == 0 {
		return h, true // only the block can tell
	}
	h.Scripts = concerned(b, scripts, w.prevScript)
	if w.rng.IntN(20) == 0 { // false positive, or of something else that was asked about
		h.Scripts = append(h.Scripts, w.rng.IntN(len(scripts)+1))
	}
	return h, len(h.Scripts) > 0
}

// scan matches a part of a gap against the chain as it is now, and mails the
// answer.
func (w *world) scan(g ledger.Gap) {
	if w.rng.IntN(2) == 0 {
		g.To -= w.rng.Int32N(g.To - g.From + 1)
	}
	if w.rng.IntN(2) == 0 {
		g.From += w.rng.Int32N(g.To - g.From + 1)
	}
	end, ok := w.chain.hashAt(g.To)
	if !ok {
		return // the chain is shorter now
	}
	scripts := placesOf(w.l.Scripts(g.Batch))
	var hits []ledger.Hit
	for h := g.From; h <= g.To; h++ {
		if hit, ok := w.matches(w.chain.blocks[h], scripts); ok {
			hits = append(hits, hit)
		}
	}
	if f, ok := g.Answer(end, hits, w.chain.hashAt); ok {
		w.mail = append(w.mail, f)
	}
}

// fetch mails the block of a hit.
func (w *world) fetch(ref ledger.BlockRef) {
	if hash, ok := w.chain.hashAt(ref.Height); ok && hash == ref.Hash {
		w.mail = append(w.mail, w.chain.blocks[ref.Height].applied())
	}
}

// work does one random step of the app's loop.
func (w *world) work() {
	gaps, hits := w.l.Missing(), w.l.Unapplied()
	switch n := w.rng.IntN(6); {
	case n == 0:
		w.follow()
	case n <= 2 && len(gaps) > 0:
		w.scan(gaps[w.rng.IntN(len(gaps))])
	case n <= 4 && len(hits) > 0:
		w.fetch(hits[w.rng.IntN(len(hits))])
	case len(w.mail) > 0:
		w.deliver(w.rng.IntN(len(w.mail)))
	}
}

// settle lets everything arrive and works until all is known up to the tip, or
// until nothing is missing for the far look-ahead either.
func (w *world) settle() {
	w.t.Helper()
	further := w.rng.IntN(2) == 0
	for round := 0; ; round++ {
		for len(w.mail) > 0 {
			w.deliver(w.rng.IntN(len(w.mail)))
		}
		w.follow()
		if further && w.l.FarLacking() > 0 {
			w.apply(ledger.LookFurther{Scripts: 1 + w.rng.IntN(100)})
		}
		if w.l.Final() && (!further || w.l.FarLacking() == 0 && len(w.l.Missing()) == 0) {
			return
		}
		if round > 2000 {
			w.t.Fatalf("seed %d: never final: %v %v", w.seed, w.l.Missing(), w.l.Unapplied())
		}
		for _, g := range w.l.Missing() {
			w.scan(g)
		}
		for _, h := range w.l.Unapplied() {
			w.fetch(h)
		}
	}
}
