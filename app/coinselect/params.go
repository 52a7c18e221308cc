package coinselect

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"thistle/app/units"
)

// Params says what is to be paid and at which price.
type Params struct {
	Target       units.Amount // what the recipients get, together
	Outputs      int          // how many recipients
	OutputWeight units.Weight // of their outputs, together

	ChangeWeight units.Weight // of the change output
	MinChange    units.Amount // change below this goes to the fee

	// MinRest is the least that [All] must leave for the recipient who gets
	// everything.
	MinRest units.Amount

	FeeRate units.FeeRate
	// LongTermRate is what spending a coin is thought to cost on another day.
	// Above it coins are spared, below it they are gathered.
	LongTermRate units.FeeRate

	MaxWeight units.Weight // of the whole transaction
	Rand      *rand.Rand   // for the random draw
}

// MaxRate bounds the fee rates that the sums here are sure not to overflow
// with, a million sat/vB.
const MaxRate units.FeeRate = 1_000_000 * units.SatPerVB

// Method is the way a selection was found.
type Method uint8

//go:generate go tool stringer -type=Method

// The ways of finding coins.
const (
	BranchAndBound Method = iota + 1
	RandomDraw
	LargestFirst
	Everything
)

// Selection is a choice of coins that pays for itself.
type Selection struct {
	Coins  []Coin
	Fee    units.Amount // what the transaction pays: inputs less outputs
	Change units.Amount // 0 when there is no change output
	// Rest is what is left for the recipient who gets everything; only [All]
	// sets it.
	Rest   units.Amount
	Weight units.Weight // of the signed transaction, at most
	Waste  units.Amount // see the package comment; may be negative
	Method Method
	// Uneconomic counts spendable coins that [All] left out because they cost
	// more than they are worth at this rate.
	Uneconomic int
}

// InsufficientError says that the coins worth spending do not pay for the
// amount and the fee.
type InsufficientError struct {
	Have units.Amount // value of the coins worth spending at this rate
	Need units.Amount // amount and the fee of spending all of these
}

func (e *InsufficientError) Error() string {
	return fmt.Sprintf("insufficient funds: %s available, %s needed with the fee", e.Have, e.Need)
}

var (
	// ErrTooHeavy says that the coins suffice but there are too many of them
	// for one transaction.
	ErrTooHeavy = errors.New("too many small coins for one transaction")
	// ErrTooLongChain says that the coins suffice but hang on too many
	// unconfirmed transactions.
	ErrTooLongChain = errors.New("too many unconfirmed transactions in a row")
	// ErrDuplicate says that a coin was given twice.
	ErrDuplicate = errors.New("coin given twice")
	// ErrParams says that a parameter is out of range.
	ErrParams = errors.New("parameter of coin selection out of range")
)

func (p *Params) check() error {
	switch {
	case !p.Target.Valid(), !p.MinChange.Valid(), !p.MinRest.Valid(), p.Outputs < 0,
		p.OutputWeight < 0, p.ChangeWeight < 0, p.MaxWeight <= 0,
		p.FeeRate <= 0, p.FeeRate > MaxRate,
		p.LongTermRate < 0, p.LongTermRate > MaxRate, p.Rand == nil:
		return ErrParams
	}
	return nil
}
