package ledger

import (
	"fmt"
	"slices"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/descriptor"
)

// Ledger is the state of one account. It is not safe for concurrent use, reading
// included: questions may fill caches.
type Ledger struct {
	config ConfigRow
	tip    Tip
	hasTip bool
	trail  []BlockRef // of the view's chain, below the tip, ascending

	chains   [2]*keychain
	byScript map[string]Ref
	batches  []*batch // by name

	blocks      map[chainhash.Hash]*block
	heights     heights
	pendingHits map[chainhash.Hash]*block
	farHits     map[chainhash.Hash]*block
	spending    map[chainhash.Hash]*block // those with spent

	txs         map[chainhash.Hash]*node
	spenders    map[wire.OutPoint][]*node
	unconfirmed map[chainhash.Hash]*node
	candidates  map[chainhash.Hash]*node // of blocks, kept in case they spend something of ours
	strangers   strangers
	utxos       map[wire.OutPoint]utxo
	labels      map[chainhash.Hash]LabelRow
	deliveries  map[chainhash.Hash]*DeliveryRow

	history    order
	reconciled bool
	loading    bool
	broken     error

	// Of the fact being applied:
	rows    map[Key]bool
	touched map[*node]before
	refused []chainhash.Hash
	contest []Notice
}

func empty(cfg Config) *Ledger {
	return &Ledger{
		chains:      [2]*keychain{newKeychain(cfg.External), newKeychain(cfg.Internal)},
		byScript:    make(map[string]Ref),
		blocks:      make(map[chainhash.Hash]*block),
		pendingHits: make(map[chainhash.Hash]*block),
		farHits:     make(map[chainhash.Hash]*block),
		spending:    make(map[chainhash.Hash]*block),
		txs:         make(map[chainhash.Hash]*node),
		spenders:    make(map[wire.OutPoint][]*node),
		unconfirmed: make(map[chainhash.Hash]*node),
		candidates:  make(map[chainhash.Hash]*node),
		strangers:   make(strangers),
		utxos:       make(map[wire.OutPoint]utxo),
		labels:      make(map[chainhash.Hash]LabelRow),
		deliveries:  make(map[chainhash.Hash]*DeliveryRow),
		rows:        make(map[Key]bool),
		touched:     make(map[*node]before),
	}
}

func (cfg Config) check() error {
	if cfg.External == nil || cfg.Internal == nil || cfg.External.String() == cfg.Internal.String() {
		return fmt.Errorf("two different keychains are needed: %w", ErrFact)
	}
	if cfg.Lookahead > maxLookahead || cfg.FarLookahead > maxLookahead {
		return fmt.Errorf("look-ahead %d and %d: %w", cfg.Lookahead, cfg.FarLookahead, ErrFact)
	}
	for _, s := range []Source{cfg.External, cfg.Internal} {
		if err := checkSource(s); err != nil {
			return err
		}
	}
	return nil
}

// New makes the ledger of an account without a history, and the rows it begins
// with. Errors: [ErrUnsupported], [ErrFact], and those of the sources.
func New(cfg Config) (*Ledger, Change, error) {
	if err := cfg.check(); err != nil {
		return nil, Change{}, fmt.Errorf("new ledger: %w", err)
	}
	l := empty(cfg)
	l.config = ConfigRow{
		External: cfg.External.String(), Internal: cfg.Internal.String(),
		Lookahead: cfg.Lookahead, FarLookahead: cfg.FarLookahead, Birthday: -1, NextBatch: 1,
	}
	if l.config.Lookahead == 0 {
		l.config.Lookahead = DefaultLookahead
	}
	if l.config.FarLookahead == 0 {
		l.config.FarLookahead = DefaultFarLookahead
	}
	if err := l.extend(); err != nil {
		return nil, Change{}, fmt.Errorf("new ledger: %w", err)
	}
	return l, l.change(), nil
}

// Apply takes a fact in and returns what it changes. A fact that is already known
// changes nothing. After an error the ledger is as before, but for [ErrBroken].
func (l *Ledger) Apply(f Fact) (Change, error) {
	if l.broken != nil {
		return Change{}, l.broken
	}
	if err := l.take(f); err != nil {
		return Change{}, err
	}
	if err := l.extend(); err != nil {
		l.broken = fmt.Errorf("%w: %w", ErrBroken, err)
		return Change{}, l.broken
	}
	l.settle()
	l.prune()
	return l.change(), nil
}

func (l *Ledger) take(f Fact) error {
	switch f := f.(type) {
	case Scanned:
		return l.scanned(f)
	case LookFurther:
		return l.lookFurther(f.Scripts)
	case BlockApplied:
		return l.applyBlock(f)
	case Seen:
		return l.see(f)
	case Created:
		return l.create(f)
	case Abandoned:
		return l.abandon(f)
	case Acknowledged:
		l.deliver(f.TxID, Receipt{f.Peer, stamp(f.At)}, false)
	case Echoed:
		l.deliver(f.TxID, Receipt{f.Peer, stamp(f.At)}, true)
	case ViewMoved:
		return l.moveView(f)
	case Revealed:
		return l.reveal(f)
	case Labelled:
		l.relabel(f)
	case BirthdaySet:
		return l.setBirthday(f)
	case Rescan:
		l.rescan(f)
	default:
		return fmt.Errorf("fact %T: %w", f, ErrFact)
	}
	return nil
}

// dirty marks a row that is to be stored anew, or deleted if it is gone.
func (l *Ledger) dirty(k Key) { l.rows[k] = true }

// change collects what the fact did and gets ready for the next.
func (l *Ledger) change() Change {
	var c Change
	list := make([]Key, 0, len(l.rows))
	for k := range l.rows {
		list = append(list, k)
	}
	slices.SortFunc(list, CompareKeys)
	for _, k := range list {
		if row := l.row(k); row != nil {
			c.Put = append(c.Put, row)
		} else {
			c.Delete = append(c.Delete, k)
		}
	}
	c.Notices = l.notices()
	clear(l.rows)
	clear(l.touched)
	l.refused, l.contest = nil, nil
	return c
}

// row returns the row of a key as it is now, nil if there is none.
func (l *Ledger) row(k Key) Row {
	switch k.Kind {
	case RowConfig:
		return l.config
	case RowView:
		return ViewRow{l.tip, slices.Clone(l.trail)}
	case RowScript:
		ref := parseRefID(k.ID)
		s := l.chains[ref.Keychain].scripts[ref.Index]
		return ScriptRow{ref, s.bytes, s.since}
	case RowAddress:
		ref := parseRefID(k.ID)
		return *l.chains[ref.Keychain].address[ref.Index]
	case RowBatch:
		for _, b := range l.batches {
			if batchKey(b.id) == k {
				return BatchRow{b.id, slices.Clone(b.spans), slices.Clone(b.coverage)}
			}
		}
		return nil
	}
	return l.hashRow(k)
}

func (l *Ledger) hashRow(k Key) Row {
	hash := chainhash.Hash([]byte(k.ID))
	switch k.Kind {
	case RowBlock:
		b := l.blocks[hash]
		if b == nil {
			return nil
		}
		if b.need == 0 && b.applied == 0 && !b.stale && len(b.far) == 0 {
			if b.forgettable() {
				l.forgetBlock(b)
			}
			return nil
		}
		return BlockRow{b.ref, b.need, b.applied, b.stale, slices.Clone(b.far), b.loose}
	case RowTx:
		if n := l.txs[hash]; n != nil {
			return n.row()
		}
	case RowLabel:
		if row, ok := l.labels[hash]; ok {
			return row
		}
	case RowDelivery:
		if d := l.deliveries[hash]; d != nil {
			return DeliveryRow{d.TxID, slices.Clone(d.Acknowledged), slices.Clone(d.Echoed)}
		}
	case RowSpent:
		if b := l.blocks[hash]; b != nil && len(b.spent) > 0 {
			return SpentRow{hash, slices.Clone(b.spent)}
		}
	}
	return nil
}

// Rows returns everything that is stored, in the order of keys: [Load] makes the
// same ledger of them.
func (l *Ledger) Rows() []Row {
	list := []Key{{Kind: RowConfig}}
	if l.hasTip {
		list = append(list, Key{Kind: RowView})
	}
	for kc, k := range l.chains {
		for i := range k.scripts {
			list = append(list, scriptKey(Ref{descriptor.Keychain(kc), uint32(i)}))
		}
		for i := range k.address {
			list = append(list, addressKey(Ref{descriptor.Keychain(kc), i}))
		}
	}
	for _, b := range l.batches {
		list = append(list, batchKey(b.id))
	}
	for h := range l.blocks {
		list = append(list, blockKey(h))
	}
	for h := range l.spending {
		list = append(list, spentKey(h))
	}
	for h := range l.txs {
		list = append(list, txKey(h))
	}
	for h := range l.labels {
		list = append(list, labelKey(h))
	}
	for h := range l.deliveries {
		list = append(list, deliveryKey(h))
	}
	slices.SortFunc(list, CompareKeys)
	rows := make([]Row, 0, len(list))
	for _, k := range list {
		if row := l.row(k); row != nil {
			rows = append(rows, row)
		}
	}
	return rows
}
