package walletdb

import "thistle/app/ledger"

// step2 turns records of version 2 into those of version 3. Blocks say whether
// something of them was dropped that may spend older outputs of ours. In 2 nobody
// took note: it may be so of each that was applied.
func step2(records []Record) ([]Record, error) {
	for i, r := range records {
		if ledger.RowKind(r.Kind) != ledger.RowBlock {
			continue
		}
		d := &decoder{b: r.Value}
		d.block()
		d.uint32()
		applied, stale := d.uint32(), d.bool()
		e := &encoder{b: r.Value[:len(r.Value):len(r.Value)]}
		e.bool(applied > 0 && !stale)
		if d.bad {
			return nil, corrupt("malformed row")
		}
		records[i].Value = e.b
	}
	return records, nil
}
