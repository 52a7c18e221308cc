package units

import (
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf8"
)

//go:generate go tool stringer -type=Kind -trimprefix=Kind

// Kind says why a text is not a number of money.
type Kind uint8

// The kinds of [ParseError]. Each has one cause and one sentence.
const (
	KindEmpty           Kind = iota + 1 // no text at all
	KindTooLong                         // more text than any number needs
	KindSpace                           // white space anywhere
	KindComma                           // a comma, whether decimal or grouping
	KindExponent                        // scientific notation
	KindNegative                        // a minus sign in front
	KindPlusSign                        // a plus sign in front
	KindForeignDigit                    // a digit outside ASCII
	KindNotNumber                       // any other character
	KindNoDigits                        // a point alone
	KindTwoPoints                       // more than one point
	KindTooManyDecimals                 // finer than the unit can express
	KindTooLarge                        // above 21 million bitcoin, or 1,000 sat/vB
	KindZero                            // a fee rate of nothing
)

// Subject names what a text was read as.
type Subject uint8

// The subjects of [ParseError].
const (
	SubjectAmount Subject = iota
	SubjectFeeRate
)

// String names the subject within a sentence.
func (s Subject) String() string {
	if s == SubjectFeeRate {
		return "fee rate"
	}
	return "amount"
}

// ParseError tells why a text was refused. Its message is one sentence for a
// person; code looks at Kind.
type ParseError struct {
	Kind    Kind
	Subject Subject
	Input   string
}

// maxText bounds the text of a number; the longest real one has 17 characters.
const maxText = 64

// Error returns the sentence of the kind, after the text it is about.
func (e *ParseError) Error() string {
	name := e.Subject.String()
	if e.Kind == KindEmpty {
		return "the " + name + " is empty"
	}
	in := e.Input
	if len(in) > maxText {
		in = in[:maxText] + "…"
	}
	return fmt.Sprintf("%s %s: %s", name, strconv.Quote(in), e.reason())
}

func (e *ParseError) reason() string {
	rate := e.Subject == SubjectFeeRate
	switch e.Kind {
	case KindTooLong:
		return "this is too long for a number"
	case KindSpace:
		return "write the number without spaces"
	case KindComma:
		return `write decimals after a point, as in "0.1"; commas are not used`
	case KindExponent:
		return "write all digits out, without an exponent"
	case KindNegative:
		return "it cannot be negative"
	case KindPlusSign:
		return "write the number without a plus sign"
	case KindForeignDigit:
		return "use the digits 0 to 9 only"
	case KindNoDigits:
		return "there is no digit in it"
	case KindTwoPoints:
		return "there is more than one decimal point"
	case KindTooManyDecimals:
		if rate {
			return "at most 3 decimals are possible, in sat/vB"
		}
		return "at most 8 decimals are possible, as 0.00000001 BTC is the smallest amount"
	case KindTooLarge:
		if rate {
			return "more than 1000 sat/vB is taken for a mistake"
		}
		return "there will never be more than 21 million bitcoin"
	case KindZero:
		return "it must be above zero"
	default:
		return "this is not a number"
	}
}

// parseDecimal reads a decimal number scaled by 10^decimals. It returns a kind
// of error, or 0.
func parseDecimal(s string, decimals int, limit uint64) (uint64, Kind) {
	if kind := checkText(s); kind != 0 {
		return 0, kind
	}
	var n uint64
	digits, after, point := 0, 0, false
	for i := range len(s) {
		if s[i] == '.' {
			if point {
				return 0, KindTwoPoints
			}
			point = true
			continue
		}
		digits++
		if point {
			after++
		}
		if after > decimals {
			continue
		}
		// The limit is so far below 2^64 that ten times it cannot wrap.
		if n <= limit {
			n = n*10 + uint64(s[i]-'0')
		}
	}
	switch {
	case digits == 0:
		return 0, KindNoDigits
	case after > decimals:
		return 0, KindTooManyDecimals
	}
	for ; after < decimals && n <= limit; after++ {
		n *= 10
	}
	if n > limit {
		return 0, KindTooLarge
	}
	return n, 0
}

// checkText finds the first thing that is neither an ASCII digit nor a point.
func checkText(s string) Kind {
	switch {
	case s == "":
		return KindEmpty
	case len(s) > maxText:
		return KindTooLong
	}
	seen := false
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			seen = true
		case r == '.':
		case r == utf8.RuneError:
			return KindNotNumber
		case unicode.IsSpace(r) || unicode.Is(unicode.Z, r):
			return KindSpace
		case r == ',':
			return KindComma
		case (r == 'e' || r == 'E') && seen:
			return KindExponent
		case (r == '-' || r == '−') && i == 0:
			return KindNegative
		case r == '+' && i == 0:
			return KindPlusSign
		case unicode.IsDigit(r):
			return KindForeignDigit
		default:
			return KindNotNumber
		}
	}
	return 0
}
