package txbuild

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"time"

	"thistle/app/coinselect"
	"thistle/app/units"
)

// Recipient is someone to be paid.
type Recipient struct {
	PkScript []byte
	// Amount is ignored on the one recipient who gets everything.
	Amount units.Amount
	Max    bool // gets all that is left; spends every coin, without change
}

// Change is where the rest goes back to us.
type Change struct {
	PkScript   []byte
	Derivation coinselect.Derivation
}

// Tip is the block the transaction is built on.
type Tip struct {
	Height int32
	Time   time.Time // of its header
}

// Request is all that [Build] needs to know.
type Request struct {
	Recipients []Recipient
	Coins      []coinselect.Coin // all of the wallet's; those not spendable are passed over
	Change     Change
	FeeRate    units.FeeRate
	// LongTermRate is what spending a coin is thought to cost on another day;
	// 0 means [DefaultLongTermRate].
	LongTermRate units.FeeRate
	// AllowAbsurdFee lifts the guard of [AbsurdFeeError]: only what a person
	// typed deliberately may set it.
	AllowAbsurdFee bool

	Tip  Tip
	Now  time.Time
	Rand *rand.Rand // over a cryptographic source, but in tests
}

const (
	// DefaultLongTermRate is 10 sat/vB: below it coins are gathered, above it
	// they are spared.
	DefaultLongTermRate = 10 * units.SatPerVB
	// MaxFee is the highest fee not taken for a mistake, 0.1 BTC. The highest
	// rate is [units.MaxFeeRate].
	MaxFee units.Amount = units.SatPerBTC / 10
	// MaxWeight is the heaviest transaction that nodes relay.
	MaxWeight units.Weight = 400_000
)

// check refuses requests that cannot be meant, and returns the index of the
// recipient who gets everything, or -1, and the sum of the others.
func (r *Request) check() (maxIndex int, total units.Amount, err error) {
	if len(r.Recipients) == 0 {
		return 0, 0, ErrNoRecipients
	}
	if r.FeeRate <= 0 || r.FeeRate > coinselect.MaxRate {
		return 0, 0, ErrFeeRate
	}
	if r.FeeRate > units.MaxFeeRate && !r.AllowAbsurdFee {
		return 0, 0, &AbsurdFeeError{Rate: r.FeeRate}
	}
	if _, ok := coinselect.InputWeight(r.Change.PkScript); !ok {
		return 0, 0, fmt.Errorf("change: %w", ErrScript)
	}
	maxIndex = -1
	for i := range r.Recipients {
		to := &r.Recipients[i]
		if err := to.check(i, r.Change.PkScript); err != nil {
			return 0, 0, err
		}
		if to.Max {
			if maxIndex >= 0 {
				return 0, 0, ErrTwoMax
			}
			maxIndex = i
			continue
		}
		if total, err = total.Add(to.Amount); err != nil {
			return 0, 0, fmt.Errorf("recipients: %w", err)
		}
	}
	return maxIndex, total, nil
}

func (to *Recipient) check(i int, change []byte) error {
	if !payable(to.PkScript) {
		return fmt.Errorf("recipient %d: %w", i, ErrScript)
	}
	if bytes.Equal(to.PkScript, change) {
		return fmt.Errorf("recipient %d: %w", i, ErrPaysChange)
	}
	if to.Max {
		return nil
	}
	if to.Amount <= 0 || !to.Amount.Valid() {
		return fmt.Errorf("recipient %d: %w", i, ErrAmount)
	}
	if limit := Dust(to.PkScript); to.Amount < limit {
		return &DustError{Recipient: i, Amount: to.Amount, Limit: limit}
	}
	return nil
}
