package app

import (
	"slices"

	"thistle/app/descriptor"
	"thistle/app/ledger"
	"thistle/spv"

	"github.com/btcsuite/btcd/chainhash/v2"
)

// Balance tells what the wallet owns.
func (w *Wallet) Balance() Balance {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.led == nil {
		return Balance{Height: -1}
	}
	b := w.led.Balance()
	return Balance{
		Confirmed: b.Confirmed, TrustedPending: b.TrustedPending, UntrustedPending: b.UntrustedPending,
		Immature: b.Immature, Spendable: b.Spendable, Total: b.Total, Height: b.Height, Final: b.Final,
	}
}

// History lists up to limit transactions, newest first, after skipping some; a
// negative limit means all.
func (w *Wallet) History(skip, limit int) []HistoryEntry {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.led == nil {
		return nil
	}
	entries := w.led.History(skip, limit)
	list := make([]HistoryEntry, len(entries))
	for i := range entries {
		list[i] = w.entryOf(&entries[i])
	}
	return list
}

// entryOf is a line of the ledger's history for faces. w.mu is held.
func (w *Wallet) entryOf(e *ledger.Entry) HistoryEntry {
	entry := HistoryEntry{
		TxID: e.TxID, Time: e.Time.UTC(), Height: e.Height, Confirmations: e.Confirmations, State: stateOf(e.State),
		Amount: e.Amount, Fee: e.Fee, Balance: e.Balance, Label: e.Label, Proved: e.Proved, Outgoing: e.Outgoing,
	}
	if e.State == ledger.Replaced {
		entry.ReplacedBy = e.Winner
	}
	if e.State == ledger.Pending {
		_, entry.Contested = w.rivals[e.TxID]
		entry.Unverified = !e.Outgoing
		entry.Groups = w.groupsOf(e)
	}
	if len(e.Recipients) > 0 {
		entry.Address = w.addressText(e.Recipients[0].Script)
	}
	return entry
}

// groupsOf is how many parts of the network have announced an unconfirmed
// transaction. w.mu is held.
func (w *Wallet) groupsOf(e *ledger.Entry) int {
	chain := w.headers()
	if chain == nil {
		return 0
	}
	if t, ok := chain.Travel(e.TxID); ok {
		return t.Groups
	}
	return chain.Heard(e.TxID)
}

// addressText is the address of a script, empty if it has none.
func (w *Wallet) addressText(script []byte) string {
	text, err := descriptor.AddressOf(script, w.env.Params.Net)
	if err != nil {
		return ""
	}
	return text
}

func stateOf(s ledger.State) TxState {
	switch s {
	case ledger.Confirmed:
		return StateConfirmed
	case ledger.Replaced:
		return StateReplaced
	case ledger.Conflicted:
		return StateConflicted
	case ledger.GivenUp:
		return StateAbandoned
	}
	return StatePending
}

// Proof gives the inclusion proof of a confirmed transaction. The txid is in
// display order.
func (w *Wallet) Proof(txid string) (*ProofInfo, error) {
	const op = "prove payment"
	id, err := parseTxID(op, txid)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	closed := w.led == nil
	var known, ok bool
	var anchor ledger.Anchor
	if !closed {
		_, known = w.led.Entry(id)
		anchor, ok = w.led.Proof(id)
	}
	w.mu.Unlock()
	switch {
	case closed:
		return nil, errClosed(op)
	case !known:
		return nil, &Error{Op: op, Kind: KindUnknownTx, Detail: txid}
	case !ok || len(anchor.Proof) == 0:
		return nil, &Error{Op: op, Kind: KindUnconfirmed, Detail: txid}
	}
	block, err := spv.ParseProof(anchor.Proof)
	if err != nil || len(block.Matches) != 1 || block.Matches[0].TxID != id {
		return nil, &Error{Op: op, Kind: KindDamaged, Detail: "the stored proof is not sound", Err: err}
	}
	return &ProofInfo{
		TxID: id, BlockHash: anchor.Block.Hash, Height: anchor.Block.Height, Index: anchor.Index,
		Branch: block.Matches[0].Branch, MerkleBlock: anchor.Proof,
	}, nil
}

func parseTxID(op, s string) (chainhash.Hash, error) {
	id, err := chainhash.NewHashFromStr(s)
	if err != nil || len(s) != 2*chainhash.HashSize {
		return chainhash.Hash{}, &Error{Op: op, Kind: KindTxID, Detail: s, Err: err}
	}
	return *id, nil
}

// Status tells what is known without connecting.
func (w *Wallet) Status() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := Status{
		Network: w.env.Network, Wallet: w.name, Height: -1, Birthday: w.info.Birthday.UTC(), Fingerprint: w.fingerprint,
	}
	if w.led == nil {
		return s
	}
	s.Coverage, s.Scripts, s.Matches = w.coverage(), w.led.ScriptCount(), w.led.Matches()
	s.Unapplied, s.Final, s.Pending = len(w.led.Unapplied()), w.led.Final(), w.led.PendingLen()
	if tip, ok := w.led.View(); ok {
		s.Height, s.Hash = tip.Height, tip.Hash
	}
	if h, ok := w.led.Birthday(); ok {
		s.BirthdayHeight = &h
	}
	for _, kc := range []descriptor.Keychain{descriptor.External, descriptor.Internal} {
		s.Descriptors = append(s.Descriptors, w.led.Descriptor(kc))
	}
	return s
}

func (w *Wallet) coverage() []Range {
	ranges := []Range{}
	for _, r := range w.led.Coverage() {
		ranges = append(ranges, Range(r))
	}
	slices.SortFunc(ranges, func(a, b Range) int { return int(a.From - b.From) })
	return ranges
}
