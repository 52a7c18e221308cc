package app

import (
	"strings"
	"time"

	"thistle/app/descriptor"
	"thistle/app/ledger"
	"thistle/app/payuri"
	"thistle/app/units"
)

// Receive hands out an address: a new one, or with again the last one that
// nobody has paid yet. amount is BTC decimal, empty for none.
func (w *Wallet) Receive(label, amount string, again bool) (Address, error) {
	const op = "receive"
	asked, err := askedAmount(op, amount)
	if err != nil {
		return Address{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.led == nil {
		return Address{}, errClosed(op)
	}
	if unused := w.led.Unused(descriptor.External); again && len(unused) > 0 {
		last := unused[len(unused)-1]
		if label == "" && asked == 0 {
			return w.addressOf(last)
		}
		return w.revealAgain(last, orText(label, last.Label), orAmount(asked, last.Amount))
	}
	index, _ := w.led.Next(descriptor.External)
	return w.reveal(ledger.Ref{Keychain: descriptor.External, Index: index}, label, asked, w.env.now())
}

// askedAmount reads an amount to ask for, 0 if there is none.
func askedAmount(op, amount string) (units.Amount, error) {
	if amount == "" {
		return 0, nil
	}
	return parseAmount(op, amount)
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

// revealAgain changes what is asked for at an address.
func (w *Wallet) revealAgain(a ledger.Address, label string, amount units.Amount) (Address, error) {
	return w.reveal(a.Ref, label, amount, later(w.env.now(), time.Unix(0, a.RevealedAt)))
}

// reveal records that an address is shown, before it is: w.mu is held.
func (w *Wallet) reveal(ref ledger.Ref, label string, amount units.Amount, at time.Time) (Address, error) {
	fact := ledger.Revealed{Ref: ref, Label: label, Amount: amount, At: at}
	if _, err := w.applyLocked(fact); err != nil {
		return Address{}, failure("receive", err)
	}
	for _, a := range w.led.Addresses(ref.Keychain) {
		if a.Ref == ref {
			return w.addressOf(a)
		}
	}
	return Address{}, &Error{Op: "receive", Kind: KindInternal, Detail: "the address was not kept"}
}

// Request gives an address that was handed out another label and another amount
// to ask for, BTC decimal; empty clears them.
func (w *Wallet) Request(index uint32, label, amount string) (Address, error) {
	const op = "receive"
	asked, err := askedAmount(op, amount)
	if err != nil {
		return Address{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.led == nil {
		return Address{}, errClosed(op)
	}
	for _, a := range w.led.Addresses(descriptor.External) {
		if a.Ref.Index != index {
			continue
		}
		if a.Label == label && a.Amount == asked {
			return w.addressOf(a)
		}
		return w.revealAgain(a, label, asked)
	}
	return Address{}, &Error{Op: op, Kind: KindAddress, Detail: "this address was not handed out"}
}

// later is now, or just after old if the clock says that this is yet to come: the
// later word counts.
func later(now, old time.Time) time.Time {
	if now.After(old) {
		return now
	}
	return old.Add(time.Nanosecond)
}

// Addresses lists all addresses that were handed out, oldest first.
func (w *Wallet) Addresses() ([]Address, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.led == nil {
		return nil, errClosed("list addresses")
	}
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
		Received: a.Received, Arriving: a.Arriving,
		Address: text, Path: pathText(d.Path(a.Ref.Index)), Keychain: a.Ref.Keychain.String(), Index: a.Ref.Index,
		Label: a.Label, Amount: a.Amount, URI: request.URI(), Used: a.Txs > 0, BeyondGap: a.Beyond, RevealedAt: time.Unix(0, a.RevealedAt).UTC(),
	}, nil
}

// pathText writes a path as BIP44 does: m/84'/0'/0'/0/7.
func pathText(p descriptor.Path) string { return strings.ReplaceAll(p.String(), "h", "'") }
