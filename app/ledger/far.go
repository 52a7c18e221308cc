package ledger

import (
	"cmp"
	"slices"

	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/descriptor"
)

// Beyond each window lies the far look-ahead: scripts that are matched along with
// the window's, so that filters need not be asked again when it moves on. A block
// that only they hit is remembered and not fetched. Nothing is ours by a far
// script, so in whatever order blocks come the window ends where it would have
// without the far look-ahead.

// farEnds returns, for each keychain, up to where scripts are to be derived: the
// whole far look-ahead for both once half of one is used up, so that it is rarely
// that a batch is begun.
func (l *Ledger) farEnds() (ends [2]int) {
	far := int(l.config.FarLookahead)
	enough := true
	for kc, k := range l.chains {
		ends[kc] = len(k.scripts)
		enough = enough && 2*(len(k.scripts)-k.live) >= far
	}
	if !enough {
		for kc, k := range l.chains {
			ends[kc] = max(ends[kc], k.live+far)
		}
	}
	return ends
}

// FarLacking returns how many scripts of the far look-ahead are yet to be derived.
// To begin a search before they are means to search again for them.
func (l *Ledger) FarLacking() int {
	n := 0
	for kc, end := range l.farEnds() {
		k := l.chains[kc]
		n += max(0, end-len(k.scripts)-len(k.staged))
	}
	return n
}

// lookFurther derives some scripts more, and gives them a batch when all are
// there. Until then they are not stored.
func (l *Ledger) lookFurther(n int) error {
	ends := l.farEnds()
	for kc, k := range l.chains {
		for ; n > 0 && len(k.scripts)+len(k.staged) < ends[kc]; n-- {
			pkScript, err := k.derive(len(k.scripts) + len(k.staged))
			if err != nil {
				return err
			}
			k.staged = append(k.staged, pkScript)
		}
	}
	if l.FarLacking() > 0 {
		return nil
	}
	var spans []Span
	for kc, k := range l.chains {
		if len(k.staged) == 0 {
			continue
		}
		s := Span{descriptor.Keychain(kc), uint32(len(k.scripts)), uint32(len(k.scripts) + len(k.staged) - 1)}
		spans = append(spans, s)
		for _, pkScript := range k.staged {
			l.addScript(s.Keychain, pkScript, 0)
		}
		k.staged = nil
	}
	if len(spans) > 0 {
		l.newBatch(spans, nil)
		l.mergeBatches()
	}
	return nil
}

// isFar reports whether all scripts of a batch are beyond the windows.
func (l *Ledger) isFar(b *batch) bool {
	return !slices.ContainsFunc(b.spans, func(s Span) bool { return l.live(Ref{s.Keychain, s.First}) })
}

// recordHits notes which blocks are wanted for scripts of a batch, and which may
// be for its far ones.
func (l *Ledger) recordHits(b *batch, hits []Hit) {
	if len(hits) == 0 {
		return
	}
	refs := l.refs(b)
	all := l.since(b) // by which every script of the batch in the window is meant
	for _, h := range hits {
		need, far := uint32(0), []Span(nil)
		if len(h.Scripts) == 0 {
			need, far = all, l.farOf(b.spans)
		}
		for _, place := range h.Scripts {
			if place >= len(refs) {
				need = max(need, all, 1)
				continue
			}
			r := refs[place]
			if l.live(r) {
				need = max(need, l.chains[r.Keychain].scripts[r.Index].since)
			} else {
				far = append(far, Span{r.Keychain, r.Index, r.Index})
			}
		}
		rec := l.blockAt(h.BlockRef)
		l.setMarks(rec, max(rec.need, need), rec.applied)
		l.setFar(rec, unite(slices.Concat(rec.far, far)))
	}
}

// since is one more than the latest epoch in which a script of the batch came into
// the window, 0 if all are beyond.
func (l *Ledger) since(b *batch) uint32 {
	latest := uint32(0)
	for _, s := range b.spans {
		k := l.chains[s.Keychain]
		if last := min(int(s.Last), k.live-1); last >= int(s.First) {
			latest = max(latest, k.scripts[last].since)
		}
	}
	return latest
}

// farOf returns the part of spans that is beyond the windows.
func (l *Ledger) farOf(spans []Span) []Span {
	var out []Span
	for _, s := range spans {
		if live := l.chains[s.Keychain].live; int64(s.Last) >= int64(live) {
			out = append(out, Span{s.Keychain, max(s.First, uint32(live)), s.Last})
		}
	}
	return out
}

// wake wants the blocks that were hit by scripts which are in the window now.
func (l *Ledger) wake(entered Span) {
	since := l.chains[entered.Keychain].scripts[entered.First].since
	for _, b := range l.farHits {
		if rest := l.farOf(b.far); !slices.Equal(rest, b.far) {
			l.setFar(b, rest)
			l.setMarks(b, max(b.need, since), b.applied)
		}
	}
}

// settleFar puts what a block says in place of what its filter said about far
// scripts.
func (l *Ledger) settleFar(b *block, txs []*wire.MsgTx) {
	if len(b.far) == 0 {
		return
	}
	var found []Span
	if len(keySpends(txs)) > 0 {
		// Of taproot the block does not say what it spends.
		found = slices.DeleteFunc(slices.Clone(b.far), func(s Span) bool { return !l.chains[s.Keychain].taproot })
	}
	note := func(pkScript []byte) {
		if r, ok := l.byScript[string(pkScript)]; ok && !l.live(r) {
			found = append(found, Span{r.Keychain, r.Index, r.Index})
		}
	}
	for _, tx := range txs {
		for _, out := range tx.TxOut {
			note(out.PkScript)
		}
		for _, in := range tx.TxIn {
			for _, pkScript := range named(in) {
				note(pkScript)
			}
		}
	}
	l.setFar(b, unite(found))
}

// setFar changes the far scripts that a block may concern.
func (l *Ledger) setFar(b *block, far []Span) {
	if !slices.Equal(b.far, far) {
		b.far = far
		l.dirty(blockKey(b.ref.Hash))
	}
	if len(far) > 0 {
		l.farHits[b.ref.Hash] = b
	} else {
		delete(l.farHits, b.ref.Hash)
	}
}

// Unread returns the blocks that were hit, by far scripts too, and whose payments
// are not all known for that.
func (l *Ledger) Unread() []BlockRef {
	out := l.Unapplied()
	for _, b := range l.farHits {
		if !b.stale && l.pendingHits[b.ref.Hash] == nil {
			out = append(out, b.ref)
		}
	}
	slices.SortFunc(out, func(a, b BlockRef) int { return compareRefs(b, a) })
	return out
}

// FarHits returns how many blocks are remembered for the sake of scripts beyond
// the windows.
func (l *Ledger) FarHits() int { return len(l.farHits) }

// unite sorts spans and makes one of those that touch or overlap.
func unite(spans []Span) []Span {
	slices.SortFunc(spans, compareSpans)
	var out []Span
	for _, s := range spans {
		if n := len(out); n > 0 && out[n-1].Keychain == s.Keychain && s.First <= out[n-1].Last+1 {
			out[n-1].Last = max(out[n-1].Last, s.Last)
			continue
		}
		out = append(out, s)
	}
	return out
}

func compareSpans(a, b Span) int {
	return cmp.Or(cmp.Compare(a.Keychain, b.Keychain), cmp.Compare(a.First, b.First), cmp.Compare(a.Last, b.Last))
}
