package present

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"thistle/app/units"
)

// Plain makes text from outside safe to show: control characters, and those
// that turn the direction of writing or are not seen, become a question mark.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsGraphic(r) || unicode.Is(unicode.Cf, r) {
			return '?'
		}
		return r
	}, s)
}

// BTC is an amount with its unit: "0.025 000 00 BTC".
func BTC(a units.Amount) string { return Number(a) + " BTC" }

// Number is an amount without its unit: "0.025 000 00", "−1.000 000 00".
func Number(a units.Amount) string { return strings.Replace(a.GroupedBTC(), "-", "−", 1) }

// Signed is an amount without its unit that always has a sign.
func Signed(a units.Amount) string {
	if a > 0 {
		return "+" + Number(a)
	}
	return Number(a)
}

// Address is an address in groups of four.
func Address(s string) string {
	var groups []string
	for len(s) > 4 {
		groups = append(groups, s[:4])
		s = s[4:]
	}
	return strings.Join(append(groups, s), " ")
}

// Height is a block's height in groups of three.
func Height(h int32) string { return units.Amount(h).GroupedSat() }

// Count is a number of things: "no peers", "1 peer", "2 peers".
func Count(n int, one, many string) string {
	switch n {
	case 0:
		return "no " + many
	case 1:
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// Time is a moment in the person's own time zone, to the minute.
func Time(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }
