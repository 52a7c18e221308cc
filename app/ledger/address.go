package ledger

import (
	"maps"
	"slices"

	"thistle/app/descriptor"
	"thistle/app/units"
)

// Address is a revealed script and what became of it.
type Address struct {
	Ref        Ref
	Script     []byte
	Label      string
	Amount     units.Amount // asked for, 0 if none was
	RevealedAt int64        // nanoseconds since 1970
	Received   units.Amount // by live transactions, ever
	Arriving   bool         // one of them is unconfirmed
	Txs        int          // known transactions that pay it, dead ones too
	Beyond     bool         // other wallets would not find it again, see [Ledger.Next]
}

// Script returns the script of a reference, nil if it is beyond the window or has
// none.
func (l *Ledger) Script(r Ref) []byte {
	if int(r.Keychain) >= len(l.chains) || !l.live(r) {
		return nil
	}
	return l.chains[r.Keychain].scripts[r.Index].bytes
}

// Owns returns which script of ours this is.
func (l *Ledger) Owns(pkScript []byte) (Ref, bool) { return l.lookUp(pkScript) }

// Next returns the first index of a keychain that was neither revealed nor used.
// Beyond is set if other wallets would not find it again: [GapLimit] or more
// unused ones precede it.
func (l *Ledger) Next(kc descriptor.Keychain) (index uint32, beyond bool) {
	k := l.chains[kc]
	next := k.next()
	return next, int64(next) > k.used+GapLimit
}

// Used returns the last index of a keychain that a known transaction pays, false
// if there is none.
func (l *Ledger) Used(kc descriptor.Keychain) (uint32, bool) {
	k := l.chains[kc]
	return uint32(max(k.used, 0)), k.used >= 0
}

// Addresses returns the revealed addresses of a keychain by index.
func (l *Ledger) Addresses(kc descriptor.Keychain) []Address {
	k := l.chains[kc]
	received, arriving := l.received(kc)
	var out []Address
	for _, i := range slices.Sorted(maps.Keys(k.address)) {
		row := k.address[i]
		out = append(out, Address{
			Ref: row.Ref, Script: k.scripts[i].bytes, Label: row.Label, Amount: row.Amount,
			RevealedAt: row.RevealedAt, Received: received[i], Arriving: arriving[i], Txs: k.scripts[i].uses, Beyond: int64(i) > k.used+GapLimit,
		})
	}
	return out
}

// Unused returns the revealed addresses of a keychain that nobody has paid yet,
// by index.
func (l *Ledger) Unused(kc descriptor.Keychain) []Address {
	return slices.DeleteFunc(l.Addresses(kc), func(a Address) bool { return a.Txs > 0 })
}

func (l *Ledger) received(kc descriptor.Keychain) (sums map[uint32]units.Amount, arriving map[uint32]bool) {
	sums, arriving = make(map[uint32]units.Amount), make(map[uint32]bool)
	for _, n := range l.txs {
		if !n.live() {
			continue
		}
		for _, o := range n.own {
			if o.ref.Keychain == kc {
				sums[o.ref.Index] += n.values[o.vout]
				arriving[o.ref.Index] = arriving[o.ref.Index] || !n.confirmed()
			}
		}
	}
	return sums, arriving
}
