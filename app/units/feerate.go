package units

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// FeeRate is a price of block space in satoshi per 1,000 virtual bytes. People
// see and type it in sat/vB, a thousandth of that.
type FeeRate int64

const (
	// SatPerVB is the rate of one satoshi per virtual byte.
	SatPerVB FeeRate = 1000
	// MaxFeeRate is the highest rate that is not taken for a mistake,
	// 1,000 sat/vB.
	MaxFeeRate = 1000 * SatPerVB

	rateDecimals = 3
)

// ParseFeeRate reads a decimal number of satoshi per virtual byte: above 0, at
// most 1,000, at most 3 decimals, in the notation of [ParseBTC]. Errors are of
// type *[ParseError].
func ParseFeeRate(s string) (FeeRate, error) {
	n, kind := parseDecimal(s, rateDecimals, uint64(MaxFeeRate))
	if kind == 0 && n == 0 {
		kind = KindZero
	}
	if kind != 0 {
		return 0, &ParseError{Kind: kind, Subject: SubjectFeeRate, Input: s}
	}
	return FeeRate(n), nil
}

// RateOf returns the rate that fee pays for a transaction of this size,
// rounded down so that it is never overstated; 0 when there is no size.
func RateOf(fee Amount, size VSize) FeeRate {
	if size <= 0 || fee <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(fee), 1000)
	if hi >= uint64(size) {
		return math.MaxInt64
	}
	q, _ := bits.Div64(hi, lo, uint64(size))
	return FeeRate(min(q, math.MaxInt64))
}

// Fee returns what a transaction of this size pays at this rate, rounded up to
// a whole satoshi. A rate or size below 0 counts as 0; what does not fit an
// Amount is the largest one, which no wallet can pay.
func (r FeeRate) Fee(size VSize) Amount {
	if r <= 0 || size <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(r), uint64(size))
	if hi >= 1000 {
		return math.MaxInt64
	}
	q, rem := bits.Div64(hi, lo, 1000)
	if rem > 0 {
		q++
	}
	return Amount(min(q, math.MaxInt64))
}

// SatVB prints the rate in sat/vB without its unit and without idle zeros:
// "2", "1.5". [ParseFeeRate] reads it back.
func (r FeeRate) SatVB() string {
	sign := ""
	m := magnitude(Amount(r))
	if r < 0 {
		sign = "-"
	}
	s := sign + strconv.FormatUint(m/1000, 10)
	if m%1000 == 0 {
		return s
	}
	return s + "." + strings.TrimRight(fmt.Sprintf("%03d", m%1000), "0")
}

// String prints the rate with its unit: "1.5 sat/vB".
func (r FeeRate) String() string { return r.SatVB() + " sat/vB" }
