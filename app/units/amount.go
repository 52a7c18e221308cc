package units

import (
	"errors"
	"fmt"
	"strconv"
)

// Amount is a number of satoshi. It may be negative, as the net effect of a
// transaction on a wallet is.
type Amount int64

const (
	// SatPerBTC is the number of satoshi in one bitcoin.
	SatPerBTC = 100_000_000
	// MaxAmount is the 21 million bitcoin that no sum can exceed.
	MaxAmount Amount = 21_000_000 * SatPerBTC

	btcDecimals = 8
)

// ErrOverflow says that a sum left the range -21 million to 21 million
// bitcoin: one of its parts is not a real amount.
var ErrOverflow = errors.New("sum of amounts beyond 21 million bitcoin")

// ParseBTC reads a decimal number of bitcoin, 0 to 21 million: ASCII digits
// with at most one point and at most 8 decimals, nothing else. "0.5", "5",
// "5." and ".5" are numbers, "." is not. Errors are of type *[ParseError].
func ParseBTC(s string) (Amount, error) {
	n, err := parseDecimal(s, btcDecimals, uint64(MaxAmount))
	if err != 0 {
		return 0, &ParseError{Kind: err, Subject: SubjectAmount, Input: s}
	}
	return Amount(n), nil
}

// Valid reports whether a is an amount that an output can hold: 0 to 21
// million bitcoin.
func (a Amount) Valid() bool { return a >= 0 && a <= MaxAmount }

// Add returns a + b, or [ErrOverflow].
func (a Amount) Add(b Amount) (Amount, error) {
	if !inRange(a) || !inRange(b) || !inRange(a+b) {
		return 0, ErrOverflow
	}
	return a + b, nil
}

// Sub returns a - b, or [ErrOverflow].
func (a Amount) Sub(b Amount) (Amount, error) {
	if !inRange(a) || !inRange(b) || !inRange(a-b) {
		return 0, ErrOverflow
	}
	return a - b, nil
}

// Sum adds amounts up, or returns [ErrOverflow].
func Sum(amounts ...Amount) (Amount, error) {
	var sum Amount
	var err error
	for _, a := range amounts {
		if sum, err = sum.Add(a); err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// inRange keeps both sides of a sum so far below 2^63 that it cannot wrap.
func inRange(a Amount) bool { return a >= -MaxAmount && a <= MaxAmount }

// BTC prints the amount in bitcoin with all 8 decimals: "0.02500000".
// [ParseBTC] reads it back.
func (a Amount) BTC() string {
	sign, whole, frac := a.parts()
	return fmt.Sprintf("%s%d.%08d", sign, whole, frac)
}

// GroupedBTC prints the amount in bitcoin for the eye, in groups of three
// parted by spaces: "1 234.025 000 00".
func (a Amount) GroupedBTC() string {
	sign, whole, frac := a.parts()
	f := fmt.Sprintf("%08d", frac)
	return sign + grouped(whole) + "." + f[:3] + " " + f[3:6] + " " + f[6:]
}

// Sat prints the amount in satoshi: "2500000".
func (a Amount) Sat() string { return strconv.FormatInt(int64(a), 10) }

// GroupedSat prints the amount in satoshi in groups of three: "2 500 000".
func (a Amount) GroupedSat() string {
	if a < 0 {
		return "-" + grouped(magnitude(a))
	}
	return grouped(magnitude(a))
}

// String prints the amount with its unit: "0.02500000 BTC".
func (a Amount) String() string { return a.BTC() + " BTC" }

func (a Amount) parts() (sign string, whole, frac uint64) {
	if a < 0 {
		sign = "-"
	}
	m := magnitude(a)
	return sign, m / SatPerBTC, m % SatPerBTC
}

// magnitude is |a|, right for the smallest int64 too.
func magnitude(a Amount) uint64 {
	if a < 0 {
		return -uint64(a)
	}
	return uint64(a)
}

func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	out := make([]byte, 0, len(s)+len(s)/3)
	for i := range len(s) {
		if i > 0 && (len(s)-i)%3 == 0 {
			out = append(out, ' ')
		}
		out = append(out, s[i])
	}
	return string(out)
}
