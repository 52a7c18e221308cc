package present

import (
	"strings"

	"thistle/app/units"
)

// TypedMoney is an amount as a person would type it in u: without groups, and without
// idle zeros behind the point.
func TypedMoney(a units.Amount, u Unit) string {
	text := strings.ReplaceAll(Digits(a, u), group, "")
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// Retyped is an amount typed in one unit, in another: what stands in a field
// must not become a thousand times as much because the unit beside it changes.
// What is no amount becomes empty.
func Retyped(text string, from, to Unit) string {
	a, err := ParseMoney(text, from)
	if err != nil {
		return ""
	}
	return TypedMoney(a, to)
}
