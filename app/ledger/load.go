package ledger

import (
	"fmt"
	"slices"

	"github.com/btcsuite/btcd/wire/v2"
)

// Load makes a ledger from all rows that were stored, in any order. Errors:
// [ErrForeign] if they belong to other keychains, [ErrRows] if they do not make
// a ledger.
func Load(cfg Config, rows []Row) (*Ledger, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("load ledger: %w", err)
	}
	l := empty(cfg)
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b Row) int { return CompareKeys(a.Key(), b.Key()) })
	if len(rows) == 0 || rows[0].Key().Kind != RowConfig {
		return nil, fmt.Errorf("load ledger: no configuration: %w", ErrRows)
	}
	l.loading = true
	for i, row := range rows {
		if i > 0 && rows[i-1].Key() == row.Key() {
			return nil, fmt.Errorf("load ledger: two rows of one key: %w", ErrRows)
		}
		if err := l.loadRow(cfg, row); err != nil {
			return nil, fmt.Errorf("load ledger: %w", err)
		}
	}
	if err := l.checkBatches(); err != nil {
		return nil, fmt.Errorf("load ledger: %w", err)
	}
	l.loading = false
	l.settle()
	clear(l.rows)
	clear(l.touched)
	return l, nil
}

// loadRow takes one row in. Rows come in the order of their kinds, so what one
// refers to is there.
func (l *Ledger) loadRow(cfg Config, row Row) error {
	switch row := row.(type) {
	case ConfigRow:
		if row.External != cfg.External.String() || row.Internal != cfg.Internal.String() {
			return ErrForeign
		}
		l.config = row
	case ViewRow:
		l.tip, l.hasTip, l.trail = row.Tip, true, row.Trail
	case ScriptRow:
		return l.loadScript(row)
	case AddressRow:
		if row.Ref.Keychain > 1 || !l.live(row.Ref) {
			return fmt.Errorf("address without a script: %w", ErrRows)
		}
		k := l.chains[row.Ref.Keychain]
		k.address[row.Ref.Index] = &row
		k.revealed = max(k.revealed, int64(row.Ref.Index))
	case BatchRow:
		l.batches = append(l.batches, &batch{row.ID, row.Spans, row.Coverage})
	case BlockRow:
		return l.loadBlock(row)
	case TxRow:
		return l.loadTx(row)
	case LabelRow:
		l.labels[row.TxID] = row
	case DeliveryRow:
		l.deliveries[row.TxID] = &row
	case SpentRow:
		return l.loadSpent(row)
	default:
		return fmt.Errorf("row %T: %w", row, ErrRows)
	}
	return nil
}

func (l *Ledger) loadScript(row ScriptRow) error {
	if row.Ref.Keychain > 1 || int(row.Ref.Index) != len(l.chains[row.Ref.Keychain].scripts) {
		return fmt.Errorf("a script is missing: %w", ErrRows)
	}
	k := l.chains[row.Ref.Keychain]
	if row.Since > l.config.Epoch || row.Since > 0 && k.live < len(k.scripts) {
		return fmt.Errorf("a script is in the window that cannot be: %w", ErrRows)
	}
	pkScript := row.Script
	if len(pkScript) == 0 {
		pkScript = nil
	}
	l.addScript(row.Ref.Keychain, pkScript, row.Since)
	if row.Since > 0 {
		k.live++
	}
	return nil
}

func (l *Ledger) loadBlock(row BlockRow) error {
	for _, s := range row.Far {
		if s.Keychain > 1 || s.First > s.Last || l.live(Ref{s.Keychain, s.First}) ||
			int64(s.Last) >= int64(len(l.chains[s.Keychain].scripts)) {
			return fmt.Errorf("a far hit of no far script: %w", ErrRows)
		}
	}
	b := l.blockAt(row.Block)
	b.stale = row.Stale
	l.setMarks(b, row.Need, row.Applied)
	l.setFar(b, row.Far)
	b.loose = row.Loose
	return nil
}

func (l *Ledger) loadSpent(row SpentRow) error {
	b := l.blocks[row.Block]
	if b == nil || b.stale || len(row.Spent) == 0 || !slices.IsSorted(row.Spent) {
		return fmt.Errorf("what no block spends: %w", ErrRows)
	}
	l.setSpent(b, row.Spent)
	return nil
}

func (l *Ledger) loadTx(row TxRow) error {
	tx, err := parseTx(row.Raw)
	if err != nil || !sane(tx) || tx.TxHash() != row.TxID {
		return fmt.Errorf("transaction %v: %w", row.TxID, ErrRows)
	}
	n := newNode(row.TxID, tx)
	n.firstSeen, n.abandonedAt, n.created = row.FirstSeen, row.AbandonedAt, row.Created
	l.insertStored(n, tx, row.Anchors)
	return nil
}

// insertStored is insert for a transaction whose anchors are known already.
func (l *Ledger) insertStored(n *node, tx *wire.MsgTx, anchors []Anchor) {
	for _, a := range anchors {
		n.anchors = append(n.anchors, a)
		b := l.blockAt(a.Block)
		b.anchored = append(b.anchored, n)
	}
	slices.SortFunc(n.anchors, func(x, y Anchor) int { return compareRefs(x.Block, y.Block) })
	l.insert(n, tx)
	if !n.ours() && len(n.anchors) > 0 {
		l.candidates[n.id] = n
	}
}

// checkBatches checks that every script is in exactly one batch.
func (l *Ledger) checkBatches() error {
	var spans []Span
	for _, b := range l.batches {
		if b.id >= l.config.NextBatch {
			return fmt.Errorf("batch %d is from the future: %w", b.id, ErrRows)
		}
		spans = append(spans, b.spans...)
	}
	next := [2]uint32{}
	for _, s := range joinSpans(spans) {
		if s.Keychain > 1 || s.First != next[s.Keychain] || s.Last < s.First {
			return fmt.Errorf("a script is in no batch or in two: %w", ErrRows)
		}
		next[s.Keychain] = s.Last + 1
	}
	for kc, k := range l.chains {
		if int(next[kc]) != len(k.scripts) {
			return fmt.Errorf("a script is in no batch: %w", ErrRows)
		}
	}
	return nil
}
