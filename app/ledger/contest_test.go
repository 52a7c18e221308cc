package ledger_test

import (
	"testing"

	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/descriptor"
	"thistle/app/ledger"
)

// What competes with a payment to us and does not concern us is told and not
// believed, as often as it is seen; not once it cannot win any more.
func TestContested(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	from := d.foreign()
	tx := build(d, []prev{d.foreign(), from}, []out{toUs(1000, descriptor.External, 0)})
	d.known[tx.TxHash()] = tx
	d.see(tx)
	rival := build(d, []prev{from, d.foreign()}, []out{toOthers(900)})
	contested := func(c ledger.Change) bool {
		if len(c.Put) > 0 || len(c.Delete) > 0 {
			t.Errorf("stored: %+v", c)
		}
		if len(c.Notices) == 0 {
			return false
		}
		n := c.Notices[0]
		if !told(c.Notices, ledger.TxContested, tx) || len(c.Notices) > 1 || n.Winner == nil || *n.Winner != rival.TxHash() || n.Amount != 1000 {
			t.Errorf("notices %v", c.Notices)
		}
		return true
	}
	for range 2 {
		if !contested(d.see(rival)) {
			t.Error("not told")
		}
	}
	d.is(tx, ledger.Pending, nil)
	d.has(0, 0, 1000, 0)
	if d.l.Balance().Spendable != 0 {
		t.Error("it can be spent")
	}
	d.mine(tx)
	if contested(d.see(rival)) {
		t.Error("told of what is confirmed")
	}
	d.has(1000, 0, 0, 0)
	d.reorg(1)
	if !contested(d.see(rival)) {
		t.Error("not told after a reorganisation")
	}
	d.has(0, 0, 1000, 0)
}

// What spends our coins without our signature competes with nothing.
func TestNotContestedUnsigned(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	fund := d.pay(1000, 0)
	d.mine(fund)
	d.create(build(t, []prev{outputOf(fund, 0, ext(0))}, []out{toOthers(500), toUs(450, descriptor.Internal, 0)}))
	forged := build(d, []prev{outputOf(fund, 0, ext(0))}, []out{toOthers(990)})
	forged.TxIn[0].Witness = wire.TxWitness{make([]byte, 71), forged.TxIn[0].Witness[1]}
	if n := d.see(forged).Notices; len(n) != 1 || n[0].Kind != ledger.TxRefused {
		t.Errorf("notices %v", n)
	}
	d.has(0, 450, 0, 0)
}
