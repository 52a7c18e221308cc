package txbuild

import (
	"errors"
	"fmt"

	"thistle/app/units"
)

// Errors of [Build], beside those of coinselect.Select.
var (
	ErrNoRecipients = errors.New("nobody to pay")
	ErrTwoMax       = errors.New("only one recipient can get everything")
	ErrAmount       = errors.New("amount out of range")
	ErrFeeRate      = errors.New("fee rate out of range")
	// ErrScript says that a script is of no kind to be paid to or spent here.
	ErrScript = errors.New("script of an unknown kind")
	// ErrPaysChange says that a recipient's script is our change script, which
	// would make the two outputs one to the eye.
	ErrPaysChange = errors.New("recipient is our own next change address")
	// ErrCoin says that a coin and the transaction that made it disagree.
	ErrCoin = errors.New("coin does not match its transaction")
)

// DustError says that an amount is so small that nodes would not relay it.
type DustError struct {
	Recipient int // index
	Amount    units.Amount
	Limit     units.Amount // the least that is relayed
}

func (e *DustError) Error() string {
	return fmt.Sprintf("amount of %s sat is too small to be relayed; the least to this address is %s sat",
		e.Amount.Sat(), e.Limit.Sat())
}

// AbsurdFeeError says that a fee is so high that it is taken for a mistake:
// above [MaxFee], or a rate above [units.MaxFeeRate]. Fee is 0 when the rate
// alone was refused.
type AbsurdFeeError struct {
	Fee  units.Amount
	Rate units.FeeRate
}

func (e *AbsurdFeeError) Error() string {
	if e.Fee == 0 {
		return fmt.Sprintf("a fee rate of %s is taken for a mistake; the most is %s", e.Rate, units.MaxFeeRate)
	}
	return fmt.Sprintf("a fee of %s is taken for a mistake; the most is %s", e.Fee, MaxFee)
}
