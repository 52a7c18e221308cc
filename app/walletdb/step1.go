package walletdb

import (
	"encoding/binary"

	"thistle/app/ledger"
)

// farOf2 is the far look-ahead that wallets got with version 2.
const farOf2 = 1000

// span1 is a run of scripts in a batch of version 1.
type span1 struct{ keychain, first, last, epoch uint32 }

// step1 turns records of version 1 into those of version 2. In 1 every script was
// in the window, since the epoch of its batch; now each says so itself, and blocks
// can have far hits, which are none yet.
func step1(records []Record) ([]Record, error) {
	var spans []span1
	for i, r := range records {
		if ledger.RowKind(r.Kind) != ledger.RowBatch {
			continue
		}
		d := &decoder{b: r.Value}
		id, epoch := d.uint32(), d.uint32()
		records[i].Value = append(binary.BigEndian.AppendUint32(nil, id), d.b...)
		for range d.length(12) {
			spans = append(spans, span1{d.uint32(), d.uint32(), d.uint32(), epoch})
		}
	}
	for i, r := range records {
		e := &encoder{b: r.Value[:len(r.Value):len(r.Value)]}
		switch ledger.RowKind(r.Kind) {
		case ledger.RowConfig:
			e.uint32(farOf2)
		case ledger.RowScript:
			since, ok := since1(spans, r.Value)
			if !ok {
				return nil, corrupt("a script is in no batch")
			}
			e.uint32(since)
		case ledger.RowBlock:
			e.length(0)
		}
		records[i].Value = e.b
	}
	return records, nil
}

// since1 is one more than the epoch of a script's batch.
func since1(spans []span1, script []byte) (uint32, bool) {
	d := &decoder{b: script}
	keychain, index := d.uint32(), d.uint32()
	for _, s := range spans {
		if s.keychain == keychain && s.first <= index && index <= s.last {
			return s.epoch + 1, true
		}
	}
	return 0, false
}
