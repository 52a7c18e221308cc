package present_test

import (
	"errors"
	"strings"
	"testing"

	"thistle/app"
	"thistle/app/units"
	"thistle/ui/present"

	"github.com/stretchr/testify/require"
)

// narrow is text as the window shows it: its spaces do not break lines.
func narrow(s string) string { return strings.ReplaceAll(s, " ", "\u202f") }

func TestUnits(t *testing.T) {
	t.Parallel()
	require.Len(t, present.Units(), 4)
	for _, u := range present.Units() {
		require.Equal(t, u, present.ParseUnit(u.String()))
	}
	require.Equal(t, present.UnitBTC, present.ParseUnit("euro"))
	require.Equal(t, "BTC", present.Unit(99).String())
	require.Equal(t, narrow("0.000 000 01"), present.Digits(1, present.Unit(-1)))
}

func TestDigits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amount         units.Amount
		btc, m, b, sat string
	}{
		{0, "0.000 000 00", "0.000 00", "0.00", "0"},
		{1, "0.000 000 01", "0.000 01", "0.01", "1"},
		{2_500_000, "0.025 000 00", "25.000 00", "25 000.00", "2 500 000"},
		{-123_456_789_012, "−1 234.567 890 12", "−1 234 567.890 12", "−1 234 567 890.12", "−123 456 789 012"},
		{units.MaxAmount, "21 000 000.000 000 00", "21 000 000 000.000 00", "21 000 000 000 000.00", "2 100 000 000 000 000"},
		{-1 << 63, "−92 233 720 368.547 758 08", "−92 233 720 368 547.758 08", "−92 233 720 368 547 758.08", "−9 223 372 036 854 775 808"},
	} {
		for i, want := range []string{c.btc, c.m, c.b, c.sat} {
			u := present.Units()[i]
			require.Equal(t, narrow(want), present.Digits(c.amount, u))
			if c.amount > 0 {
				want = "+" + want
			}
			require.Equal(t, narrow(want), signed(c.amount, u))
		}
		require.Equal(t, present.Number(c.amount), strings.ReplaceAll(present.Digits(c.amount, present.UnitBTC), "\u202f", " "),
			"the window and the command line say the same")
	}
}

func TestMoneyCanBeHidden(t *testing.T) {
	t.Parallel()
	open, hidden := present.Prefs{Unit: present.UnitSat}, present.Prefs{Unit: present.UnitSat, Hide: true}
	digits, unit := present.Money(1234, open)
	require.Equal(t, []string{narrow("1 234"), "sat"}, []string{digits, unit})
	digits, unit = present.Money(1234, hidden)
	require.Equal(t, []string{"•••", "sat"}, []string{digits, unit})
	for a, want := range map[units.Amount][2]string{5: {"+5", "+•••"}, -5: {"−5", "−•••"}, 0: {"0", "•••"}} {
		digits, _ = present.SignedMoney(a, open)
		require.Equal(t, want[0], digits)
		digits, _ = present.SignedMoney(a, hidden)
		require.Equal(t, want[1], digits)
	}
	require.Equal(t, "5\u00a0sat", present.Sum(5, open))
	require.Equal(t, "•••\u00a0sat", present.Sum(5, hidden))
}

func TestMoneyIsReadExactly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		unit present.Unit
		want units.Amount
	}{
		{"0.025", present.UnitBTC, 2_500_000}, {"0.025 000 00", present.UnitBTC, 2_500_000}, {".5", present.UnitBTC, 50_000_000},
		{" 5. ", present.UnitBTC, 500_000_000}, {"21000000", present.UnitBTC, units.MaxAmount}, {"0", present.UnitBTC, 0},
		{"25", present.UnitMilli, 2_500_000}, {"0.00001", present.UnitMilli, 1}, {"1 000", present.UnitMilli, 100_000_000},
		{"25 000.00", present.UnitBits, 2_500_000}, {"0.01", present.UnitBits, 1}, {"21000000000000", present.UnitBits, units.MaxAmount},
		{"1", present.UnitSat, 1}, {"2\u00a0500\u202f000", present.UnitSat, 2_500_000}, {"1.", present.UnitSat, 1},
		{"2100000000000000", present.UnitSat, units.MaxAmount}, {"00000000000000000000001", present.UnitSat, 1},
	} {
		got, err := present.ParseMoney(c.text, c.unit)
		require.NoError(t, err, c.text)
		require.Equal(t, c.want, got, "%s %s", c.text, c.unit)
	}
}

func TestMoneyThatIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		unit present.Unit
		want string
	}{
		{"", present.UnitBTC, "The amount is empty."},
		{"1,000", present.UnitBTC, `"1,000" is no amount: write decimals after a point, as in "0.1"; commas are not used.`},
		{"1,000", present.UnitSat, "commas are not used"},
		{"-1", present.UnitBTC, "it cannot be negative"}, {"−1", present.UnitSat, "it cannot be negative"},
		{"1 2", present.UnitBTC, "without spaces"}, {"1 000 00", present.UnitSat, "without spaces"}, {"0.02 5", present.UnitBTC, "without spaces"},
		{"1000 000", present.UnitSat, "without spaces"}, {"1 . 5", present.UnitBTC, "without spaces"}, {"1\t000", present.UnitSat, "without spaces"},
		{"0.123456789", present.UnitBTC, "At most 8 decimals are possible in BTC."},
		{"0.123456", present.UnitMilli, "At most 5 decimals are possible in mBTC."},
		{"1.234", present.UnitBits, "At most 2 decimals are possible in bits."},
		{"1.5", present.UnitSat, "A sat cannot be divided."}, {"1.0", present.UnitSat, "A sat cannot be divided."},
		{"21000000.00000001", present.UnitBTC, "21 million"}, {"2100000000000001", present.UnitSat, "21 million"},
		{"21000000000.00001", present.UnitMilli, "21 million"}, {"99999999999999999999999999", present.UnitSat, "21 million"},
		{"1.2.3", present.UnitBTC, "more than one decimal point"}, {"1e3", present.UnitSat, "without an exponent"},
		{"٣", present.UnitBTC, "digits 0 to 9 only"}, {"abc", present.UnitBTC, "this is not a number"}, {".", present.UnitBits, "no digit"},
		{"1\x00", present.UnitBTC, "this is not a number"}, {strings.Repeat("1", 500), present.UnitSat, "too long"},
		{"1'000", present.UnitSat, "this is not a number"}, {"1_000", present.UnitSat, "this is not a number"},
		{"0x10", present.UnitSat, "this is not a number"}, {"max", present.UnitSat, "this is not a number"},
	} {
		_, err := present.ParseMoney(c.text, c.unit)
		var e *app.Error
		require.True(t, errors.As(err, &e), "%q in %s was read", c.text, c.unit)
		require.Equal(t, app.KindAmount, e.Kind)
		require.Contains(t, present.Sentence(err), c.want)
	}
}

func TestPercent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		part, whole units.Amount
		want        string
	}{
		{0, 5, "0"}, {1, 100_000, "under 0.1"}, {141, 2_500_000, "under 0.1"}, {4, 1000, "0.4"}, {99, 1000, "9.9"},
		{123, 1000, "12"}, {129, 1000, "13"}, {1295, 100_000, "1.3"}, {5, 5, "100"}, {10, 5, "200"}, {1, 0, ""}, {-1, 5, ""}, {units.MaxAmount, 1, "210000000000000000"},
	} {
		require.Equal(t, c.want+strings.Repeat("\u202f%", min(1, len(c.want))), present.Percent(c.part, c.whole), "%v", c)
	}
}

// What is shown can be pasted back, in each unit, and means the same to app.
func FuzzMoney(f *testing.F) {
	f.Add(int64(2_500_000), "0.025 000 00")
	f.Add(int64(0), "1,000")
	f.Add(int64(units.MaxAmount), "−1")
	f.Add(int64(1), "1 000.5")
	f.Fuzz(func(t *testing.T, n int64, text string) {
		if a := units.Amount(n); a.Valid() {
			for _, u := range present.Units() {
				got, err := present.ParseMoney(present.Digits(a, u), u)
				require.NoError(t, err)
				require.Equal(t, a, got)
			}
			got, err := units.ParseBTC(present.ToBTC(a))
			require.NoError(t, err)
			require.Equal(t, a, got)
		}
		for _, u := range present.Units() {
			if a, err := present.ParseMoney(text, u); err == nil {
				require.True(t, a.Valid(), "%q", text)
				again, err := present.ParseMoney(present.Digits(a, u), u)
				require.NoError(t, err)
				require.Equal(t, a, again)
			} else {
				require.Equal(t, app.KindAmount, app.KindOf(err))
				require.NotEmpty(t, present.Sentence(err))
			}
		}
	})
}

// signed is an amount's figures with their sign.
func signed(a units.Amount, u present.Unit) string {
	digits, _ := present.SignedMoney(a, present.Prefs{Unit: u})
	return digits
}
