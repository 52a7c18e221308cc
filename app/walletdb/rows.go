package walletdb

import (
	"fmt"

	"github.com/btcsuite/btcd/chainhash/v2"

	"thistle/app/descriptor"
	"thistle/app/ledger"
	"thistle/app/units"
)

// encodeRow turns a row of the ledger into a record.
func encodeRow(row ledger.Row) (Record, error) {
	key := row.Key()
	e := &encoder{}
	switch r := row.(type) {
	case ledger.ConfigRow:
		e.config(r)
	case ledger.ViewRow:
		e.view(r)
	case ledger.ScriptRow:
		e.ref(r.Ref)
		e.bytes(r.Script)
		e.uint32(r.Since)
	case ledger.AddressRow:
		e.ref(r.Ref)
		e.string(r.Label)
		e.int64(int64(r.Amount))
		e.int64(r.RevealedAt)
	case ledger.BatchRow:
		e.batch(r)
	case ledger.BlockRow:
		e.block(r.Block)
		e.uint32(r.Need)
		e.uint32(r.Applied)
		e.bool(r.Stale)
		e.spans(r.Far)
		e.bool(r.Loose)
	case ledger.TxRow:
		e.tx(r)
	case ledger.LabelRow:
		e.raw(r.TxID[:])
		e.string(r.Text)
		e.int64(r.At)
	case ledger.DeliveryRow:
		e.raw(r.TxID[:])
		e.receipts(r.Acknowledged)
		e.receipts(r.Echoed)
	case ledger.SpentRow:
		e.raw(r.Block[:])
		e.length(len(r.Spent))
		for _, hash := range r.Spent {
			e.uint32(hash)
		}
	default:
		return Record{}, fmt.Errorf("row of type %T cannot be stored", row)
	}
	return Record{Kind: byte(key.Kind), ID: key.ID, Value: e.b}, nil
}

// decodeRow turns a record into a row. A row that is stored under a name that is
// not its own is damage.
func decodeRow(rec Record) (ledger.Row, error) {
	d := &decoder{b: rec.Value}
	var row ledger.Row
	switch ledger.RowKind(rec.Kind) {
	case ledger.RowConfig:
		row = d.config()
	case ledger.RowView:
		row = d.view()
	case ledger.RowScript:
		row = ledger.ScriptRow{Ref: d.ref(), Script: d.bytes(), Since: d.uint32()}
	case ledger.RowAddress:
		row = ledger.AddressRow{Ref: d.ref(), Label: d.string(), Amount: units.Amount(d.int64()), RevealedAt: d.int64()}
	case ledger.RowBatch:
		row = d.batch()
	case ledger.RowBlock:
		row = ledger.BlockRow{Block: d.block(), Need: d.uint32(), Applied: d.uint32(), Stale: d.bool(), Far: d.spans(), Loose: d.bool()}
	case ledger.RowTx:
		row = d.tx()
	case ledger.RowLabel:
		row = ledger.LabelRow{TxID: d.hash(), Text: d.string(), At: d.int64()}
	case ledger.RowDelivery:
		row = ledger.DeliveryRow{TxID: d.hash(), Acknowledged: d.receipts(), Echoed: d.receipts()}
	case ledger.RowSpent:
		row = d.spent()
	default:
		return nil, corrupt("row of unknown kind %d", rec.Kind)
	}
	if err := d.end(); err != nil {
		return nil, err
	}
	if key := row.Key(); byte(key.Kind) != rec.Kind || key.ID != rec.ID {
		return nil, corrupt("row under a wrong name")
	}
	return row, nil
}

func (e *encoder) ref(r ledger.Ref) {
	e.uint32(uint32(r.Keychain))
	e.uint32(r.Index)
}

func (d *decoder) ref() ledger.Ref {
	return ledger.Ref{Keychain: descriptor.Keychain(d.uint32()), Index: d.uint32()}
}

func (d *decoder) hash() (h chainhash.Hash) {
	copy(h[:], d.take(chainhash.HashSize))
	return h
}

func (e *encoder) block(b ledger.BlockRef) {
	e.int32(b.Height)
	e.raw(b.Hash[:])
}

func (d *decoder) block() ledger.BlockRef {
	return ledger.BlockRef{Height: d.int32(), Hash: d.hash()}
}

func (e *encoder) config(r ledger.ConfigRow) {
	e.string(r.External)
	e.string(r.Internal)
	e.uint32(r.Lookahead)
	e.int32(r.Birthday)
	e.uint32(r.NextBatch)
	e.uint32(r.Epoch)
	e.uint32(r.FarLookahead)
}

func (d *decoder) config() ledger.ConfigRow {
	return ledger.ConfigRow{
		External: d.string(), Internal: d.string(), Lookahead: d.uint32(), Birthday: d.int32(),
		NextBatch: d.uint32(), Epoch: d.uint32(), FarLookahead: d.uint32(),
	}
}

func (e *encoder) spans(spans []ledger.Span) {
	e.length(len(spans))
	for _, s := range spans {
		e.uint32(uint32(s.Keychain))
		e.uint32(s.First)
		e.uint32(s.Last)
	}
}

func (d *decoder) spans() []ledger.Span {
	var out []ledger.Span
	for range d.length(12) {
		out = append(out, ledger.Span{Keychain: descriptor.Keychain(d.uint32()), First: d.uint32(), Last: d.uint32()})
	}
	return out
}

func (e *encoder) view(r ledger.ViewRow) {
	e.block(r.Tip)
	e.length(len(r.Trail))
	for _, b := range r.Trail {
		e.block(b)
	}
}

func (d *decoder) view() ledger.ViewRow {
	r := ledger.ViewRow{Tip: d.block()}
	for range d.length(36) {
		r.Trail = append(r.Trail, d.block())
	}
	return r
}

func (e *encoder) batch(r ledger.BatchRow) {
	e.uint32(r.ID)
	e.spans(r.Spans)
	e.length(len(r.Coverage))
	for _, c := range r.Coverage {
		e.int32(c.From)
		e.int32(c.To)
		e.raw(c.End[:])
	}
}

func (d *decoder) batch() ledger.BatchRow {
	r := ledger.BatchRow{ID: d.uint32(), Spans: d.spans()}
	for range d.length(40) {
		r.Coverage = append(r.Coverage, ledger.Interval{From: d.int32(), To: d.int32(), End: d.hash()})
	}
	return r
}

func (e *encoder) tx(r ledger.TxRow) {
	e.raw(r.TxID[:])
	e.bytes(r.Raw)
	e.int64(r.FirstSeen)
	e.int64(r.AbandonedAt)
	e.length(len(r.Anchors))
	for _, a := range r.Anchors {
		e.block(a.Block)
		e.int64(a.Time)
		e.uint32(a.Index)
		e.bytes(a.Proof)
	}
	e.bool(r.Created != nil)
	if c := r.Created; c != nil {
		e.int64(c.At)
		e.int64(c.Order)
		e.string(c.Label)
		e.length(len(c.Recipients))
		for _, p := range c.Recipients {
			e.bytes(p.Script)
			e.int64(int64(p.Amount))
			e.string(p.Label)
		}
	}
}

func (d *decoder) tx() ledger.TxRow {
	r := ledger.TxRow{TxID: d.hash(), Raw: d.bytes(), FirstSeen: d.int64(), AbandonedAt: d.int64()}
	for range d.length(49) {
		r.Anchors = append(r.Anchors, ledger.Anchor{
			Block: d.block(), Time: d.int64(), Index: d.uint32(), Proof: d.bytes(),
		})
	}
	if !d.bool() {
		return r
	}
	c := &ledger.CreatedRow{At: d.int64(), Order: d.int64(), Label: d.string()}
	for range d.length(10) {
		c.Recipients = append(c.Recipients, ledger.Recipient{
			Script: d.bytes(), Amount: units.Amount(d.int64()), Label: d.string(),
		})
	}
	r.Created = c
	return r
}

func (d *decoder) spent() ledger.SpentRow {
	r := ledger.SpentRow{Block: d.hash()}
	for range d.length(4) {
		r.Spent = append(r.Spent, d.uint32())
	}
	return r
}

func (e *encoder) receipts(list []ledger.Receipt) {
	e.length(len(list))
	for _, r := range list {
		e.string(r.Peer)
		e.int64(r.At)
	}
}

func (d *decoder) receipts() []ledger.Receipt {
	var out []ledger.Receipt
	for range d.length(9) {
		out = append(out, ledger.Receipt{Peer: d.string(), At: d.int64()})
	}
	return out
}
