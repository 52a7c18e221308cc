package ledger

import (
	"cmp"
	"encoding/binary"

	"github.com/btcsuite/btcd/chainhash/v2"

	"thistle/app/descriptor"
	"thistle/app/units"
)

//go:generate go tool stringer -type=RowKind,NoticeKind -output=kind_string.go

// RowKind is the table a row belongs to.
type RowKind uint8

// The tables. Their numbers are on disk.
const (
	RowConfig RowKind = iota + 1
	RowView
	RowScript
	RowAddress
	RowBatch
	RowBlock
	RowTx
	RowLabel
	RowDelivery
	RowSpent
)

// Key names a row: what is put under a key replaces what was there.
type Key struct {
	Kind RowKind
	ID   string // bytes
}

// CompareKeys orders keys.
func CompareKeys(a, b Key) int {
	if c := cmp.Compare(a.Kind, b.Kind); c != 0 {
		return c
	}
	return cmp.Compare(a.ID, b.ID)
}

// Row is a piece of the ledger as it is stored: one of the types of this file.
// Times are nanoseconds since 1970, 0 for never, but those of blocks, which are
// seconds.
type Row interface{ Key() Key }

// ConfigRow is there once.
type ConfigRow struct {
	External, Internal string // descriptors
	Lookahead          uint32
	FarLookahead       uint32
	Birthday           int32  // -1 while unknown
	NextBatch          uint32 // the name of the next batch
	Epoch              uint32 // how often the window has moved
}

// ViewRow is there once a view is known.
type ViewRow struct {
	Tip Tip
	// Trail are blocks of the view's chain below the tip, from the lowest up.
	Trail []BlockRef
}

// ScriptRow is a derived script, empty where the index has no key. Since is one
// more than the epoch in which it came into the window, 0 if it has not.
type ScriptRow struct {
	Ref    Ref
	Script []byte
	Since  uint32
}

// AddressRow is a revealed address.
type AddressRow struct {
	Ref        Ref
	Label      string
	Amount     units.Amount
	RevealedAt int64
}

// Span is a run of indices, Last included.
type Span struct {
	Keychain    descriptor.Keychain
	First, Last uint32
}

// BatchRow is a batch of scripts and what has been searched for them.
type BatchRow struct {
	ID       uint32
	Spans    []Span
	Coverage []Interval
}

// BlockRow is a block that was hit, applied or left behind.
type BlockRow struct {
	Block         BlockRef
	Need, Applied uint32
	Stale         bool
	Far           []Span // scripts beyond the window that it may concern
	// Loose says that it is to be applied again if older outputs of ours may appear.
	Loose bool
}

// SpentRow is what a block spends by taproot keys, while older outputs of ours may
// appear: a hash of each outpoint, ascending.
type SpentRow struct {
	Block chainhash.Hash
	Spent []uint32
}

// Anchor says that a transaction is in a block.
type Anchor struct {
	Block BlockRef
	Time  int64  // of the block, seconds since 1970
	Index uint32 // in the block
	Proof []byte // of inclusion, may be empty
}

// CreatedRow is what we know of a transaction that we made.
type CreatedRow struct {
	At         int64
	Order      int64 // At, or later if something it beats is later
	Label      string
	Recipients []Recipient
}

// TxRow is a transaction.
type TxRow struct {
	TxID        chainhash.Hash
	Raw         []byte // with witness
	FirstSeen   int64  // unconfirmed
	AbandonedAt int64
	Anchors     []Anchor
	Created     *CreatedRow
}

// LabelRow is the label of a transaction.
type LabelRow struct {
	TxID chainhash.Hash
	Text string
	At   int64
}

// Receipt says which peer did something when.
type Receipt struct {
	Peer string
	At   int64
}

// DeliveryRow says who took a transaction of ours.
type DeliveryRow struct {
	TxID                 chainhash.Hash
	Acknowledged, Echoed []Receipt // by peer
}

// Key implements [Row].
func (ConfigRow) Key() Key { return Key{Kind: RowConfig} }

// Key implements [Row].
func (ViewRow) Key() Key { return Key{Kind: RowView} }

// Key implements [Row].
func (r ScriptRow) Key() Key { return scriptKey(r.Ref) }

// Key implements [Row].
func (r AddressRow) Key() Key { return addressKey(r.Ref) }

// Key implements [Row].
func (r BatchRow) Key() Key { return batchKey(r.ID) }

// Key implements [Row].
func (r BlockRow) Key() Key { return blockKey(r.Block.Hash) }

// Key implements [Row].
func (r TxRow) Key() Key { return txKey(r.TxID) }

// Key implements [Row].
func (r LabelRow) Key() Key { return labelKey(r.TxID) }

// Key implements [Row].
func (r DeliveryRow) Key() Key { return deliveryKey(r.TxID) }

// Key implements [Row].
func (r SpentRow) Key() Key { return spentKey(r.Block) }

func refID(r Ref) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(r.Keychain))
	return string(binary.BigEndian.AppendUint32(b, r.Index))
}

func parseRefID(id string) Ref {
	b := []byte(id)
	return Ref{
		Keychain: descriptor.Keychain(binary.BigEndian.Uint32(b)),
		Index:    binary.BigEndian.Uint32(b[4:]),
	}
}

func scriptKey(r Ref) Key              { return Key{RowScript, refID(r)} }
func addressKey(r Ref) Key             { return Key{RowAddress, refID(r)} }
func blockKey(h chainhash.Hash) Key    { return Key{RowBlock, string(h[:])} }
func txKey(h chainhash.Hash) Key       { return Key{RowTx, string(h[:])} }
func labelKey(h chainhash.Hash) Key    { return Key{RowLabel, string(h[:])} }
func deliveryKey(h chainhash.Hash) Key { return Key{RowDelivery, string(h[:])} }
func spentKey(h chainhash.Hash) Key    { return Key{RowSpent, string(h[:])} }
func batchKey(id uint32) Key {
	return Key{RowBatch, string(binary.BigEndian.AppendUint32(nil, id))}
}
