package present

import (
	"errors"
	"math/bits"
	"strconv"
	"strings"

	"thistle/app"
	"thistle/app/units"
)

// Unit is what amounts are counted in on the screen. Everywhere else they are
// satoshi.
type Unit int

// The units.
const (
	UnitBTC Unit = iota
	UnitMilli
	UnitBits
	UnitSat
)

// Units lists all units, the largest first.
func Units() []Unit { return []Unit{UnitBTC, UnitMilli, UnitBits, UnitSat} }

// String is the unit's name, on the screen as in the settings.
func (u Unit) String() string { return [...]string{"BTC", "mBTC", "bits", "sat"}[u.known()] }

// ParseUnit is the unit of a name, BTC if there is none of that name.
func ParseUnit(name string) Unit {
	for _, u := range Units() {
		if u.String() == name {
			return u
		}
	}
	return UnitBTC
}

// decimals are behind the point.
func (u Unit) decimals() int { return [...]int{8, 5, 2, 0}[u.known()] }

func (u Unit) known() Unit {
	if u < UnitBTC || u > UnitSat {
		return UnitBTC
	}
	return u
}

// group parts groups of figures in the window: a narrow space at which no line
// breaks. The command line keeps the plain space, which programs can split at.
const group = "\u202f"

// Hidden is shown in place of figures that nobody should see.
const Hidden = "•••"

// Digits is an amount without its unit: "0.025 000 00", "25.000 00" (mBTC),
// "25 000.00" (bits), "2 500 000" (sat).
func Digits(a units.Amount, u Unit) string {
	text, negative := strings.CutPrefix(a.Sat(), "-")
	d := u.decimals()
	if pad := d + 1 - len(text); pad > 0 {
		text = strings.Repeat("0", pad) + text
	}
	out := inGroups(text[:len(text)-d], true)
	if d > 0 {
		out += "." + inGroups(text[len(text)-d:], false)
	}
	if negative {
		return "−" + out
	}
	return out
}

// inGroups parts figures into groups of three, counted from the point: the short
// group is the first one before it and the last one behind it.
func inGroups(figures string, before bool) string {
	var b strings.Builder
	for i := range len(figures) {
		distance := i
		if before {
			distance = len(figures) - i
		}
		if i > 0 && distance%3 == 0 {
			b.WriteString(group)
		}
		b.WriteByte(figures[i])
	}
	return b.String()
}

// Money is an amount as the person likes to see it: figures, or dots, and the
// unit.
func Money(a units.Amount, p Prefs) (digits, unit string) {
	if p.Hide {
		return Hidden, p.Unit.String()
	}
	return Digits(a, p.Unit), p.Unit.String()
}

// SignedMoney is Money with a sign. Which way money went stays visible when how
// much does not.
func SignedMoney(a units.Amount, p Prefs) (digits, unit string) {
	digits, unit = Money(a, p)
	if a > 0 {
		return "+" + digits, unit
	}
	if a < 0 && p.Hide {
		return "−" + digits, unit
	}
	return digits, unit
}

// Sum is an amount with its unit, for sentences: "0.025 000 00 BTC". The parts
// stay on one line.
func Sum(a units.Amount, p Prefs) string {
	digits, unit := Money(a, p)
	return digits + "\u00a0" + unit
}

// ParseMoney reads what a person typed or pasted as an amount in u, exactly or
// not at all: an *[app.Error] of KindAmount says why. Groups are read as Digits
// writes them, whatever kind of space parts them; all other separators are
// refused, since "1,000" is a thousand to one person and one to another.
func ParseMoney(text string, u Unit) (units.Amount, error) {
	figures, ok := ungrouped(strings.TrimSpace(text))
	if !ok {
		return 0, badMoney("write the number without spaces, or with its figures in groups of three", nil)
	}
	whole, fraction, point := strings.Cut(figures, ".")
	d := u.decimals()
	// Only figures are moved across the point; all else is left for units to
	// refuse with its reason.
	if point && len(fraction) > d && justFigures(whole+fraction) {
		return 0, badMoney(finest(u), nil)
	}
	if justFigures(whole+fraction) && whole+fraction != "" {
		all := whole + fraction + strings.Repeat("0", d-len(fraction))
		if pad := 9 - len(all); pad > 0 {
			all = strings.Repeat("0", pad) + all
		}
		figures = all[:len(all)-8] + "." + all[len(all)-8:]
	}
	a, err := units.ParseBTC(figures)
	if err != nil {
		return 0, badMoney(whyNot(err, text), err)
	}
	return a, nil
}

// ungrouped takes the spaces out of a number. Each must part figures, as many
// threes away from the point as Digits has it.
func ungrouped(text string) (string, bool) {
	plain := strings.NewReplacer(group, " ", "\u00a0", " ", "\u2009", " ").Replace(text)
	if !strings.Contains(plain, " ") {
		return text, true
	}
	whole, fraction, point := strings.Cut(plain, ".")
	figures := strings.ReplaceAll(whole, " ", "")
	parts := strings.ReplaceAll(fraction, " ", "")
	regrouped := strings.ReplaceAll(inGroups(figures, true), group, " ")
	if strings.Contains(whole, " ") && whole != regrouped {
		return "", false
	}
	regrouped = strings.ReplaceAll(inGroups(parts, false), group, " ")
	if strings.Contains(fraction, " ") && fraction != regrouped {
		return "", false
	}
	if point {
		return figures + "." + parts, true
	}
	return figures, true
}

func justFigures(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// finest says how fine a unit is.
func finest(u Unit) string {
	if u.decimals() == 0 {
		return "a sat cannot be divided"
	}
	return "at most " + strconv.Itoa(u.decimals()) + " decimals are possible in " + u.String()
}

// whyNot is the reason of a refusal, without the number that units put into it:
// that one may be in another unit than was typed.
func whyNot(err error, typed string) string {
	var e *units.ParseError
	if !errors.As(err, &e) {
		return err.Error()
	}
	switch e.Kind {
	case units.KindEmpty:
		return "the amount is empty"
	case units.KindTooLong:
		return "this is too long for an amount"
	}
	const most = 40
	shown := e.Error()
	if _, reason, ok := strings.Cut(shown, strconv.Quote(e.Input)+": "); ok && len(typed) <= most {
		return strconv.Quote(strings.TrimSpace(typed)) + " is no amount: " + reason
	} else if ok {
		return "this is no amount: " + reason
	}
	return shown
}

func badMoney(detail string, err error) error {
	return &app.Error{Op: "read an amount", Kind: app.KindAmount, Detail: detail, Err: err}
}

// ToBTC is an amount as package app reads it: "0.02500000".
func ToBTC(a units.Amount) string { return a.BTC() }

// Percent says how large a part is: "0.4 %", "under 0.1 %", "12 %". It is empty
// if there is no whole.
func Percent(part, whole units.Amount) string {
	if whole <= 0 || part < 0 {
		return ""
	}
	thousandths := scaled(uint64(part), 1000, uint64(whole))
	switch {
	case part == 0:
		return "0" + group + "%"
	case thousandths == 0:
		return "under 0.1" + group + "%"
	case thousandths < 100:
		return strconv.FormatUint(thousandths/10, 10) + "." + strconv.FormatUint(thousandths%10, 10) + group + "%"
	}
	return strconv.FormatUint(scaled(uint64(part), 100, uint64(whole)), 10) + group + "%"
}

// scaled is n·by/of, rounded to the nearest, as large as it gets if that is too
// large.
func scaled(n, by, of uint64) uint64 {
	hi, lo := bits.Mul64(n, by)
	lo, carry := bits.Add64(lo, of/2, 0)
	if hi += carry; hi >= of {
		return 1<<64 - 1
	}
	q, _ := bits.Div64(hi, lo, of)
	return q
}
