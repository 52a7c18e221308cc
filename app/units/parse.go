package units

import (
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Kind says why a text is not a number of money.
type Kind uint8

// The kinds of [ParseError]. Each has one cause and one sentence.
const (
	Empty           Kind = iota + 1 // no text at all
	TooLong                         // more text than any number needs
	Space                           // white space anywhere
	Comma                           // a comma, whether decimal or grouping
	Exponent                        // scientific notation
	Negative                        // a minus sign in front
	PlusSign                        // a plus sign in front
	ForeignDigit                    // a digit outside ASCII
	NotNumber                       // any other character
	NoDigits                        // a point alone
	TwoPoints                       // more than one point
	TooManyDecimals                 // finer than the unit can express
	TooLarge                        // above 21 million bitcoin, or 1,000 sat/vB
	Zero                            // a fee rate of nothing
)

// Subject names what a text was read as.
type Subject uint8

// The subjects of [ParseError].
const (
	SubjectAmount Subject = iota
	SubjectFeeRate
)

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
	name := "amount"
	if e.Subject == SubjectFeeRate {
		name = "fee rate"
	}
	if e.Kind == Empty {
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
	case TooLong:
		return "this is too long for a number"
	case Space:
		return "write the number without spaces"
	case Comma:
		return `write decimals after a point, as in "0.1"; commas are not used`
	case Exponent:
		return "write all digits out, without an exponent"
	case Negative:
		return "it cannot be negative"
	case PlusSign:
		return "write the number without a plus sign"
	case ForeignDigit:
		return "use the digits 0 to 9 only"
	case NoDigits:
		return "there is no digit in it"
	case TwoPoints:
		return "there is more than one decimal point"
	case TooManyDecimals:
		if rate {
			return "at most 3 decimals are possible, in sat/vB"
		}
		return "at most 8 decimals are possible, as 0.00000001 BTC is the smallest amount"
	case TooLarge:
		if rate {
			return "more than 1000 sat/vB is taken for a mistake"
		}
		return "there will never be more than 21 million bitcoin"
	case Zero:
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
				return 0, TwoPoints
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
		return 0, NoDigits
	case after > decimals:
		return 0, TooManyDecimals
	}
	for ; after < decimals && n <= limit; after++ {
		n *= 10
	}
	if n > limit {
		return 0, TooLarge
	}
	return n, 0
}

// checkText finds the first thing that is neither an ASCII digit nor a point.
func checkText(s string) Kind {
	switch {
	case s == "":
		return Empty
	case len(s) > maxText:
		return TooLong
	}
	seen := false
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			seen = true
		case r == '.':
		case r == utf8.RuneError:
			return NotNumber
		case unicode.IsSpace(r) || unicode.Is(unicode.Z, r):
			return Space
		case r == ',':
			return Comma
		case (r == 'e' || r == 'E') && seen:
			return Exponent
		case (r == '-' || r == '−') && i == 0:
			return Negative
		case r == '+' && i == 0:
			return PlusSign
		case unicode.IsDigit(r):
			return ForeignDigit
		default:
			return NotNumber
		}
	}
	return 0
}
