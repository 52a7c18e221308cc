package ledger

import (
	"errors"
	"fmt"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/txscript/v2"

	"thistle/app/descriptor"
)

const (
	// GapLimit is the unused run that ends recovery elsewhere (BIP44): an address
	// beyond it would not be found by other wallets.
	GapLimit = 20
	// DefaultLookahead is how many scripts are watched past the last used or
	// revealed one.
	DefaultLookahead = 100
	// DefaultFarLookahead is how many scripts past those are matched as well, so
	// that filters need not be asked again when the window moves on. Wallets leave
	// gaps that long only when something has gone wrong with them.
	DefaultFarLookahead = 1000
	// maxLookahead bounds what a look-ahead can cost.
	maxLookahead = 10_000
	// maxLeap bounds how far beyond the known scripts an address may be revealed.
	maxLeap = 10_000
)

// Ref names a script: keychain and index.
type Ref struct {
	Keychain descriptor.Keychain
	Index    uint32
}

// Source derives the scripts of one keychain, as *[descriptor.Descriptor] does.
type Source interface {
	// Script returns the script at an index, or an error that wraps
	// [descriptor.ErrNoKey] if there is none at this one.
	Script(index uint32) ([]byte, error)
	// String names the source, and only this one.
	String() string
}

// Config is what a ledger is made for.
type Config struct {
	External, Internal Source
	// Lookahead is how many scripts to watch past the last used or revealed one;
	// 0 is [DefaultLookahead]. Only New looks at it.
	Lookahead uint32
	// FarLookahead is how many scripts past those to match; 0 is
	// [DefaultFarLookahead]. Only New looks at it.
	FarLookahead uint32
}

// script is a derived script, nil where the index has no key.
type script struct {
	bytes []byte
	uses  int // transactions known to pay it
	// since is one more than the epoch in which the script came into the window, 0
	// while it is beyond: then it is matched, but nothing is ours by it.
	since uint32
}

// keychain is the index of one keychain's scripts.
type keychain struct {
	source   Source
	taproot  bool     // its spends name no key
	scripts  []script // those of the window first
	live     int      // how many these are
	staged   [][]byte // derived already, to follow scripts
	used     int64    // the last used index, -1 if none
	revealed int64    // the last revealed index, -1 if none
	address  map[uint32]*AddressRow
}

func newKeychain(source Source) *keychain {
	return &keychain{source: source, used: -1, revealed: -1, address: make(map[uint32]*AddressRow)}
}

// next is the first index that was neither used nor revealed nor lies below one
// that was.
func (k *keychain) next() uint32 {
	i := uint32(max(k.used, k.revealed) + 1)
	for int(i) < len(k.scripts) && k.scripts[i].bytes == nil {
		i++
	}
	return i
}

// use counts a transaction that pays an index, or counts it off.
func (k *keychain) use(index uint32, by int) {
	k.scripts[index].uses += by
	if by > 0 {
		k.used = max(k.used, int64(index))
		return
	}
	for k.used >= 0 && k.scripts[k.used].uses == 0 {
		k.used--
	}
}

// checkSource refuses a source whose scripts the ledger cannot follow.
func checkSource(s Source) error {
	first, err := s.Script(0)
	for i := uint32(1); errors.Is(err, descriptor.ErrNoKey) && i < 16; i++ {
		first, err = s.Script(i)
	}
	if err != nil {
		return fmt.Errorf("keychain %s: %w", s, err)
	}
	switch txscript.GetScriptClass(first) {
	case txscript.WitnessV0PubKeyHashTy, txscript.PubKeyHashTy, txscript.ScriptHashTy, txscript.WitnessV1TaprootTy:
		return nil
	}
	return ErrUnsupported
}

// lookUp returns whose script this is.
func (l *Ledger) lookUp(pkScript []byte) (Ref, bool) {
	ref, ok := l.byScript[string(pkScript)]
	return ref, ok && l.live(ref)
}

// live reports whether a script is in the window: only then is it ours.
func (l *Ledger) live(r Ref) bool { return int64(r.Index) < int64(l.chains[r.Keychain].live) }

// addScript indexes the next script of a keychain.
func (l *Ledger) addScript(kc descriptor.Keychain, pkScript []byte, since uint32) {
	k := l.chains[kc]
	ref := Ref{kc, uint32(len(k.scripts))}
	k.scripts = append(k.scripts, script{bytes: pkScript, since: since})
	if pkScript != nil {
		l.byScript[string(pkScript)] = ref
		k.taproot = k.taproot || txscript.IsPayToTaproot(pkScript)
	}
	l.dirty(scriptKey(ref))
}

// derive returns the script at an index, nil where there is none.
func (k *keychain) derive(index int) ([]byte, error) {
	pkScript, err := k.source.Script(uint32(index))
	if err != nil && !errors.Is(err, descriptor.ErrNoKey) {
		return nil, fmt.Errorf("derive script %d: %w", index, err)
	}
	return pkScript, nil
}

// extend moves the windows on until every keychain has its look-ahead. Scripts
// found paid by known transactions move them further.
func (l *Ledger) extend() error {
	for {
		var moved, fresh []Span
		for kc, k := range l.chains {
			kc := descriptor.Keychain(kc)
			ahead, ok := l.ahead(kc, k)
			if !ok {
				continue
			}
			moved = append(moved, ahead)
			if have := uint32(len(k.scripts)); have <= ahead.Last {
				fresh = append(fresh, Span{kc, have, ahead.Last})
			}
		}
		if len(moved) == 0 {
			return nil
		}
		for _, s := range fresh {
			if err := l.deriveSpan(s); err != nil {
				return err
			}
		}
		if len(fresh) > 0 {
			l.newBatch(fresh, nil)
		}
		l.config.Epoch++
		l.dirty(Key{Kind: RowConfig})
		for _, s := range moved {
			l.admit(s)
		}
	}
}

// ahead returns the scripts that one keychain's window lacks. More than that
// come in at once, so that a wallet in use does not move it with every address.
func (l *Ledger) ahead(kc descriptor.Keychain, k *keychain) (Span, bool) {
	have, want := int64(k.live), max(k.used, k.revealed)+1+int64(l.config.Lookahead)
	if have >= want {
		return Span{}, false
	}
	step := max(1, int64(l.config.Lookahead)/2)
	if have > 0 {
		want = (want + step - 1) / step * step
	}
	return Span{kc, uint32(have), uint32(want - 1)}, true
}

// deriveSpan derives the scripts that follow those of a keychain.
func (l *Ledger) deriveSpan(s Span) error {
	k := l.chains[s.Keychain]
	for i := len(k.scripts); i <= int(s.Last); i++ {
		if len(k.staged) > 0 {
			l.addScript(s.Keychain, k.staged[0], 0)
			k.staged = k.staged[1:]
			continue
		}
		pkScript, err := k.derive(i)
		if err != nil {
			return err
		}
		l.addScript(s.Keychain, pkScript, 0)
	}
	return nil
}

// admit takes scripts into the window: blocks that name them are wanted, and what
// pays them is ours.
func (l *Ledger) admit(s Span) {
	k := l.chains[s.Keychain]
	k.live = int(s.Last) + 1
	for i := s.First; i <= s.Last; i++ {
		k.scripts[i].since = l.config.Epoch
		l.dirty(scriptKey(Ref{s.Keychain, i}))
	}
	l.wake(s)
	for i := s.First; i <= s.Last; i++ {
		l.adoptOutputs(Ref{s.Keychain, i})
	}
}

// adoptOutputs finds outputs of known transactions that pay a new script.
func (l *Ledger) adoptOutputs(ref Ref) {
	pkScript := l.chains[ref.Keychain].scripts[ref.Index].bytes
	if pkScript == nil {
		return
	}
	for _, n := range l.strangers.take(pkScript) {
		l.reown(n)
	}
}

// reveal records that an address was shown.
func (l *Ledger) reveal(f Revealed) error {
	if f.Ref.Keychain > descriptor.Internal || f.Ref.Index >= descriptor.Hardened || !f.Amount.Valid() {
		return fmt.Errorf("reveal: %w", ErrFact)
	}
	k := l.chains[f.Ref.Keychain]
	if int64(f.Ref.Index) > int64(k.live)+maxLeap {
		return fmt.Errorf("reveal: %w", ErrLeap)
	}
	row := &AddressRow{Ref: f.Ref, Label: f.Label, Amount: f.Amount, RevealedAt: stamp(f.At)}
	if old := k.address[f.Ref.Index]; old != nil && !laterText(row.RevealedAt, row.Label, old.RevealedAt, old.Label) {
		return nil
	}
	k.address[f.Ref.Index] = row
	k.revealed = max(k.revealed, int64(f.Ref.Index))
	l.dirty(addressKey(f.Ref))
	return nil
}

// relabel records the label of a transaction.
func (l *Ledger) relabel(f Labelled) {
	row := LabelRow{TxID: f.TxID, Text: f.Text, At: stamp(f.At)}
	if old, ok := l.labels[f.TxID]; ok && !laterText(row.At, row.Text, old.At, old.Text) {
		return
	}
	l.labels[f.TxID] = row
	l.dirty(labelKey(f.TxID))
}

// laterText decides which of two texts stays: the later one, of two at the same
// time the greater one, whichever came first.
func laterText(at int64, text string, oldAt int64, old string) bool {
	return at > oldAt || (at == oldAt && text > old)
}

// strangers finds known transactions by the scripts of their outputs that are not
// ours yet. It keeps 8 bytes of each script: what it returns is to be looked at,
// not to be believed.
type strangers map[uint64][]*node

func (s strangers) add(pkScript []byte, n *node) {
	key := foldScript(pkScript)
	s[key] = append(s[key], n)
}

func (s strangers) take(pkScript []byte) []*node {
	key := foldScript(pkScript)
	out := s[key]
	delete(s, key)
	return out
}

func (s strangers) drop(pkScript []byte, n *node) {
	key := foldScript(pkScript)
	s[key] = without(s[key], n)
	if len(s[key]) == 0 {
		delete(s, key)
	}
}

// foldScript is FNV-1a.
func foldScript(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// without returns list without every n.
func without(list []*node, n *node) []*node {
	out := list[:0]
	for _, m := range list {
		if m != n {
			out = append(out, m)
		}
	}
	clear(list[len(out):])
	return out
}

// compareHashes orders hashes by their bytes.
func compareHashes(a, b chainhash.Hash) int {
	for i := range a {
		if a[i] != b[i] {
			if a[i] < b[i] {
				return -1
			}
			return 1
		}
	}
	return 0
}
