package app

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"thistle/app/descriptor"
	"thistle/app/ledger"
	"thistle/app/payuri"
	"thistle/app/units"
	"thistle/spv"

	"github.com/btcsuite/btcd/chainhash/v2"
)

// Balance tells what the wallet owns.
func (w *Wallet) Balance() Balance {
	w.mu.Lock()
	defer w.mu.Unlock()
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
	entries := w.led.History(skip, limit)
	list := make([]HistoryEntry, len(entries))
	for i, e := range entries {
		list[i] = HistoryEntry{
			TxID: e.TxID, Time: e.Time.UTC(), Height: e.Height, Confirmations: e.Confirmations, State: stateOf(e.State),
			Amount: e.Amount, Fee: e.Fee, Balance: e.Balance, Label: e.Label, Proved: e.Proved,
		}
		if e.State == ledger.Replaced {
			list[i].ReplacedBy = e.Winner
		}
	}
	return list
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

// Receive hands out an address: a new one, or with again the last one that
// nobody has paid yet. amount is BTC decimal, empty for none.
func (w *Wallet) Receive(label, amount string, again bool) (Address, error) {
	const op = "receive"
	var asked units.Amount
	if amount != "" {
		var err error
		if asked, err = parseAmount(op, amount); err != nil {
			return Address{}, err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if unused := w.led.Unused(descriptor.External); again && len(unused) > 0 {
		last := unused[len(unused)-1]
		if label == "" && asked == 0 {
			return w.addressOf(last)
		}
		return w.reveal(last.Ref, orText(label, last.Label), orAmount(asked, last.Amount))
	}
	index, _ := w.led.Next(descriptor.External)
	return w.reveal(ledger.Ref{Keychain: descriptor.External, Index: index}, label, asked)
}

func orText(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func orAmount(a, b units.Amount) units.Amount {
	if a != 0 {
		return a
	}
	return b
}

// reveal records that an address is shown, before it is: w.mu is held.
func (w *Wallet) reveal(ref ledger.Ref, label string, amount units.Amount) (Address, error) {
	_, beyond := w.led.Next(ref.Keychain)
	fact := ledger.Revealed{Ref: ref, Label: label, Amount: amount, At: w.env.now()}
	if _, err := w.applyLocked(fact); err != nil {
		return Address{}, failure("receive", err)
	}
	for _, a := range w.led.Addresses(ref.Keychain) {
		if a.Ref == ref {
			addr, err := w.addressOf(a)
			addr.BeyondGap = beyond && a.Txs == 0
			return addr, err
		}
	}
	return Address{}, &Error{Op: "receive", Kind: KindInternal, Detail: "the address was not kept"}
}

// Addresses lists all addresses that were handed out, oldest first.
func (w *Wallet) Addresses() ([]Address, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := []Address{}
	for _, a := range w.led.Addresses(descriptor.External) {
		addr, err := w.addressOf(a)
		if err != nil {
			return nil, failure("list addresses", err)
		}
		list = append(list, addr)
	}
	return list, nil
}

func (w *Wallet) addressOf(a ledger.Address) (Address, error) {
	d := w.source[a.Ref.Keychain]
	text, err := d.Address(a.Ref.Index, w.env.Params.Net)
	if err != nil {
		return Address{}, err
	}
	request := payuri.Request{Addresses: []string{text}, Amount: a.Amount, HasAmount: a.Amount != 0, Label: a.Label}
	return Address{
		Address: text, Path: pathText(d.Path(a.Ref.Index)), Keychain: a.Ref.Keychain.String(), Index: a.Ref.Index,
		Label: a.Label, Amount: a.Amount, URI: request.URI(), Used: a.Txs > 0, RevealedAt: time.Unix(0, a.RevealedAt).UTC(),
	}, nil
}

// pathText writes a path as BIP44 does: m/84'/0'/0'/0/7.
func pathText(p descriptor.Path) string { return strings.ReplaceAll(p.String(), "h", "'") }

// Proof gives the inclusion proof of a confirmed transaction. The txid is in
// display order.
func (w *Wallet) Proof(txid string) (*ProofInfo, error) {
	const op = "prove payment"
	id, err := parseTxID(op, txid)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	_, known := w.led.Entry(id)
	anchor, ok := w.led.Proof(id)
	w.mu.Unlock()
	switch {
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

// VerifyProof checks the bytes of a proof, as gettxoutproof gives them, against
// the headers on this computer. No wallet is opened and nobody is asked.
func VerifyProof(env *Env, text string) (*Verified, error) {
	const op = "verify proof"
	raw, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, &Error{Op: op, Kind: KindProof, Detail: "it is not hexadecimal", Err: err}
	}
	block, err := spv.ParseProof(raw)
	if err != nil {
		return nil, &Error{Op: op, Kind: KindProof, Detail: "it proves nothing", Err: err}
	}
	lock, err := env.lock()
	if err != nil {
		return nil, err
	}
	defer func() { _ = lock.Release() }()
	chain, err := spv.Open(spv.Config{Params: env.Params, Dir: env.folder().Dir, Log: env.Log, Existing: true})
	if errors.Is(err, spv.ErrNoChain) {
		return nil, &Error{Op: op, Kind: KindProof, Detail: "no headers are here to check it against; sync first", Err: err}
	}
	if err != nil {
		return nil, failure(op, err)
	}
	defer func() { _ = chain.Close() }()
	height, ok := chain.HeightOf(block.BlockHash)
	if !ok {
		return nil, &Error{Op: op, Kind: KindProof, Detail: "its block is not in our chain; sync first if it is new"}
	}
	v := &Verified{BlockHash: block.BlockHash, Height: height, Confirmations: chain.Tip().Height - height + 1}
	for _, m := range block.Matches {
		v.TxIDs = append(v.TxIDs, m.TxID)
	}
	return v, nil
}

// Status tells what is known without connecting.
func (w *Wallet) Status() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := Status{
		Network: w.env.Network, Wallet: w.name, Height: -1, Birthday: w.keys.Info().Birthday.UTC(),
		Coverage: w.coverage(), Scripts: w.led.ScriptCount(), Matches: w.led.Matches(),
		Unapplied: len(w.led.Unapplied()), Final: w.led.Final(),
		Pending: w.led.PendingLen(),
	}
	s.Fingerprint, _ = w.keys.Fingerprint()
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
