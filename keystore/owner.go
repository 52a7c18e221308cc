package keystore

import (
	"bytes"
	"fmt"

	"github.com/btcsuite/btcd/psbt/v2"
)

// derivation is a packet's word on the key behind a script: BIP174's or BIP371's.
type derivation struct {
	fingerprint uint32
	path        []uint32
	key         []byte // compressed; x-only for taproot
	taproot     bool
	leaves      int // scripts in which the key has a part
}

// derivations lists both kinds; nil where an entry is nil.
func derivations(plain []*psbt.Bip32Derivation, taproot []*psbt.TaprootBip32Derivation) []*derivation {
	var all []*derivation
	for _, d := range plain {
		if d == nil {
			all = append(all, nil)
			continue
		}
		all = append(all, &derivation{fingerprint: d.MasterKeyFingerprint, path: d.Bip32Path, key: d.PubKey})
	}
	for _, d := range taproot {
		if d == nil {
			all = append(all, nil)
			continue
		}
		all = append(all, &derivation{
			fingerprint: d.MasterKeyFingerprint, path: d.Bip32Path, key: d.XOnlyPubKey, taproot: true, leaves: len(d.LeafHashes),
		})
	}
	return all
}

// input wants one derivation, which is ours and derives to the very script.
func (list accounts) input(in *psbt.PInput, script []byte) (*plannedInput, error) {
	all := derivations(in.Bip32Derivation, in.TaprootBip32Derivation)
	if len(all) != 1 {
		return nil, fmt.Errorf("%w: %d derivations", ErrNotOurs, len(all))
	}
	d := all[0]
	if d == nil || !list.claimed(d.fingerprint) {
		return nil, fmt.Errorf("%w: fingerprint", ErrNotOurs)
	}
	planned, public := list.owns(d, script)
	if planned == nil {
		return nil, ErrNotOurs
	}
	if err := planned.kind.checkFields(in, public); err != nil {
		return nil, err
	}
	return planned, nil
}

// output derives again what claims to be ours, of whatever kind: change sent to a
// script that nobody can sign for is lost.
func (list accounts) output(out *psbt.POutput, script []byte) error {
	for _, d := range derivations(out.Bip32Derivation, out.TaprootBip32Derivation) {
		if d == nil || !list.claimed(d.fingerprint) {
			continue
		}
		if planned, _ := list.owns(d, script); planned == nil {
			return ErrForeignChange
		}
	}
	return nil
}

// owns derives the key at a derivation's path, and returns what unlocks the
// script, and the public key; nil if script or key are not that key's.
func (list accounts) owns(d *derivation, script []byte) (*plannedInput, []byte) {
	a, chain, index := list.at(d.path)
	if a == nil {
		return nil, nil
	}
	want, public, err := a.script(chain, index)
	if err != nil || !bytes.Equal(want, script) {
		return nil, nil
	}
	planned := &plannedInput{kind: kindOf(a.purpose), account: a, chain: chain, index: index}
	named := public
	if planned.kind == p2tr {
		named = planned.kind.internal(public)
	}
	if d.taproot != (planned.kind == p2tr) || d.leaves != 0 || !bytes.Equal(d.key, named) {
		return nil, nil
	}
	return planned, public
}
