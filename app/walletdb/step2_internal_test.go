package walletdb

import (
	"errors"
	"testing"

	"thistle/app/ledger"
)

// Of the blocks that version 2 applied something may have been dropped.
func TestBlocksOfVersion2(t *testing.T) {
	t.Parallel()
	for _, want := range []ledger.BlockRow{
		{Block: ledger.BlockRef{Height: 7}, Need: 3},
		{Block: ledger.BlockRef{Height: 7}, Need: 3, Applied: 2, Far: []ledger.Span{{First: 4, Last: 5}}, Loose: true},
		{Block: ledger.BlockRef{Height: 7}, Stale: true},
	} {
		rec, err := encodeRow(want)
		if err != nil {
			t.Fatal(err)
		}
		rec.Value = rec.Value[:len(rec.Value)-1]
		records, err := step2([]Record{rec})
		if err != nil {
			t.Fatal(err)
		}
		again, _ := encodeRow(want)
		if got := records[0]; string(got.Value) != string(again.Value) {
			t.Errorf("%x in place of %x", got.Value, again.Value)
		}
	}
	if _, err := step2([]Record{{Kind: byte(ledger.RowBlock), Value: []byte("short")}}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a block cut short: %v", err)
	}
}
