package app

import (
	"encoding/binary"
	"time"

	"thistle/app/ledger"
	"thistle/spv"

	"github.com/btcsuite/btcd/chainhash/v2"
)

// marginTime is longer than birthdayMargin blocks take unless the hash rate
// falls to a half at once.
const marginTime = 30 * 24 * time.Hour

// origin is from when on the chain must be kept: a height, or a time if that is
// 0. The zero value stands for nothing known, and so for everything.
type origin struct {
	height int32
	time   time.Time
}

// base is the height of the block that a chain kept from here on stands on.
func (o origin) base(p *spv.Params) int32 {
	switch {
	case o.height > 0:
		return p.BaseBelow(o.height).Height
	case !o.time.IsZero():
		return p.BaseBefore(o.time).Height
	}
	return p.Genesis().Height
}

// heldBy reports whether a client keeps the chain from here on.
func (o origin) heldBy(c *spv.Client, p *spv.Params) bool { return c.Base()-1 <= o.base(p) }

// origin is from when on the wallet needs the chain.
func (w *Wallet) origin() origin {
	if height, known, _ := w.birthday(); known {
		return origin{height: max(height, 1)}
	}
	return w.bornFrom()
}

// bornFrom is the origin by the birthday's time.
func (w *Wallet) bornFrom() origin {
	_, _, t := w.birthday()
	if w.birthdayTold() {
		t = t.Add(-marginTime)
	}
	return origin{time: t}
}

// keepHeaders asks for the chain from there on, and reports whether it is here: if
// not, spv.HeadersLowered will tell.
func (w *Wallet) keepHeaders(chain *spv.Client, from origin) (here bool) {
	chain.KeepHeaders(from.base(w.env.Params) + 1)
	return from.heldBy(chain, w.env.Params)
}

// checkBirthday follows a reorg that reaches below the birthday: what took the
// place of those blocks has never been searched. The block before the birthday
// is remembered, since it alone can tell.
func (w *Wallet) checkBirthday(chain *spv.Client, fork int32) error {
	height, known, _ := w.birthday()
	if !known {
		return nil
	}
	w.mu.Lock()
	anchor := w.anchor
	w.mu.Unlock()
	hash, ok := chain.HashAt(anchor.Height)
	if anchor == (ledger.BlockRef{}) || !ok || hash == anchor.Hash {
		return nil
	}
	lower := height - birthdayMargin
	if fork < height-1 {
		lower = max(lower, fork+1)
	}
	born, ok := w.bornAt(chain)
	if !ok {
		return nil
	}
	return w.setBirthday(chain, min(lower, born))
}

// setBirthday fixes the height from which on blocks may concern us, and with it
// the block before.
func (w *Wallet) setBirthday(chain *spv.Client, height int32) error {
	height = max(height, chain.Base(), 1)
	var settings map[string][]byte
	if hash, ok := chain.HashAt(height - 1); ok {
		settings = map[string][]byte{settingAnchor: encodeAnchor(ledger.BlockRef{Height: height - 1, Hash: hash})}
	}
	w.mu.Lock()
	anew := w.ownNode // it was not told of coins that came before, and may be spent later
	w.mu.Unlock()
	if err := w.applyWith(settings, ledger.BirthdaySet{Height: height, Anew: anew}); err != nil {
		return failure("set birthday", err)
	}
	w.keepFilters(chain)
	return nil
}

// resolveBirthday turns the birthday from a time into a height, once headers
// are known from then on.
func (w *Wallet) resolveBirthday(chain *spv.Client) error {
	height, known, _ := w.birthday()
	tip := chain.Tip().Height
	if known && height <= max(tip, 1) || !w.keepHeaders(chain, w.bornFrom()) {
		return nil
	}
	born, ok := w.bornAt(chain)
	if !ok {
		return nil
	}
	if known { // a height that the chain has not reached cannot be right
		born = min(tip-birthdayMargin, born)
	}
	// A time ahead of the chain stands for a height that lies below its end, and
	// may lie below its beginning.
	if !w.keepHeaders(chain, origin{height: max(born, 1)}) {
		return nil
	}
	return w.setBirthday(chain, born)
}

// bornAt is the height that the birthday's time stands for, false if the chain
// cannot tell because it is damaged.
func (w *Wallet) bornAt(chain *spv.Client) (height int32, ok bool) {
	_, _, t := w.birthday()
	if height, ok = chain.HeightAt(t); !ok {
		return 0, false
	}
	header, ok := chain.HeaderAt(chain.Tip().Height)
	// If no block is as young as the wallet, its time may come from a clock that
	// was ahead.
	late := ok && time.Unix(int64(header.Time()), 0).Before(t)
	if late || w.birthdayTold() {
		height -= birthdayMargin
	}
	return height, true
}

func encodeAnchor(b ledger.BlockRef) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(b.Height)), b.Hash[:]...)
}

// decodeAnchor reads what encodeAnchor wrote, the zero value if there is none.
func decodeAnchor(v []byte) (b ledger.BlockRef) {
	if len(v) == 4+chainhash.HashSize {
		b.Height = int32(binary.BigEndian.Uint32(v))
		copy(b.Hash[:], v[4:])
	}
	return b
}

func (w *Wallet) keepFilters(chain *spv.Client) {
	if height, known, _ := w.birthday(); known {
		w.tellUsed(chain)
		chain.KeepFilters(height)
	}
}

// tellUsed says which filters have served, so that there can be a limit to what is
// kept.
func (w *Wallet) tellUsed(chain *spv.Client) {
	through, ok := w.usedThrough(chain)
	if ok && w.session != nil {
		through, ok = w.session.usedThrough(w, through)
	}
	if ok {
		chain.FiltersUsed(through)
	}
}

// usedThrough is up to where this wallet needs no filters any more. For scripts
// beyond the window it needs those that are there, but none brought back.
func (w *Wallet) usedThrough(chain *spv.Client) (int32, bool) {
	have, _ := chain.Filters()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.led == nil {
		return 0, false
	}
	return w.led.Searched(have)
}
