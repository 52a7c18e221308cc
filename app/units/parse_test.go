package units_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"thistle/app/units"
)

func TestParseBTC(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]units.Amount{
		"0": 0, "0.0": 0, "0.00000001": 1, "0.29": 29_000_000, "1": 1e8, "1.": 1e8, ".5": 5e7,
		"0.1": 1e7, "00.10": 1e7, "20.3": 2_030_000_000, "21000000": 21e14, "21000000.00000000": 21e14,
		"20999999.99999999": 21e14 - 1, "0000000000000000000000000000001": 1e8,
	} {
		got, err := units.ParseBTC(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
}

// refusals lists the texts that a person or a program might write instead of
// a number, each with its kind.
var refusals = map[string]units.Kind{
	"":                           units.KindEmpty,
	".":                          units.KindNoDigits,
	"0,1":                        units.KindComma,
	"1,000.5":                    units.KindComma,
	"0.000000001":                units.KindTooManyDecimals,
	"0.100000000":                units.KindTooManyDecimals,
	"1e3":                        units.KindExponent,
	"1E3":                        units.KindExponent,
	"e3":                         units.KindNotNumber,
	"-1":                         units.KindNegative,
	"-0":                         units.KindNegative,
	"−1":                         units.KindNegative,
	"1-":                         units.KindNotNumber,
	"+1":                         units.KindPlusSign,
	"21000000.00000001":          units.KindTooLarge,
	"21000001":                   units.KindTooLarge,
	"92233720368.54775807":       units.KindTooLarge,
	"18446744073709551616":       units.KindTooLarge,
	"99999999999999999999999999": units.KindTooLarge,
	"１":                          units.KindForeignDigit,
	"0.１":                        units.KindForeignDigit,
	"٣":                          units.KindForeignDigit,
	" ":                          units.KindSpace,
	" 1":                         units.KindSpace,
	"1 ":                         units.KindSpace,
	"1 000":                      units.KindSpace,
	"1\n":                        units.KindSpace,
	"1\u00a0":                    units.KindSpace,
	"1\u3000":                    units.KindSpace,
	"1.2.3":                      units.KindTwoPoints,
	"..":                         units.KindTwoPoints,
	"0x10":                       units.KindNotNumber,
	"NaN":                        units.KindNotNumber,
	"Inf":                        units.KindNotNumber,
	"1_000":                      units.KindNotNumber,
	"1\xff":                      units.KindNotNumber,
	"½":                          units.KindNotNumber,
	strings.Repeat("1", 65):      units.KindTooLong,
}

func TestParseBTCRefuses(t *testing.T) {
	t.Parallel()
	for in, kind := range refusals {
		got, err := units.ParseBTC(in)
		var pe *units.ParseError
		require.ErrorAs(t, err, &pe, "%q", in)
		require.Equal(t, kind, pe.Kind, "%q: %v", in, err)
		require.Zero(t, got)
		require.Equal(t, units.SubjectAmount, pe.Subject)
	}
}

// TestSentences: every kind that can occur has a sentence of its own.
func TestSentences(t *testing.T) {
	t.Parallel()
	for _, subject := range []units.Subject{units.SubjectAmount, units.SubjectFeeRate} {
		seen := map[string]units.Kind{}
		for k := units.KindEmpty; k <= units.KindZero; k++ {
			s := (&units.ParseError{Kind: k, Subject: subject, Input: "x"}).Error()
			require.NotContains(t, seen, s, "%v says what %v says", k, seen[s])
			seen[s] = k
			require.Contains(t, s, subject.String())
			require.NotContains(t, k.String(), "(")
		}
		require.Len(t, seen, 14)
	}
	long := &units.ParseError{Kind: units.KindTooLong, Input: strings.Repeat("\x1b", 1000)}
	require.Less(t, len(long.Error()), 400)
	require.NotContains(t, long.Error(), "\x1b")
}

func TestParseFeeRate(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]units.FeeRate{
		"1": 1000, "2": 2000, "1.5": 1500, "0.1": 100, "0.001": 1, "1000": 1_000_000, "12.345": 12_345,
	} {
		got, err := units.ParseFeeRate(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
	for in, kind := range map[string]units.Kind{
		"0": units.KindZero, "0.000": units.KindZero, "1000.001": units.KindTooLarge, "1000000": units.KindTooLarge,
		"1.0000": units.KindTooManyDecimals, "-1": units.KindNegative, "1e3": units.KindExponent, "": units.KindEmpty,
		"2 sat": units.KindSpace, "1,5": units.KindComma, "２": units.KindForeignDigit,
	} {
		got, err := units.ParseFeeRate(in)
		var pe *units.ParseError
		require.ErrorAs(t, err, &pe, in)
		require.Equal(t, kind, pe.Kind, in)
		require.Equal(t, units.SubjectFeeRate, pe.Subject)
		require.Zero(t, got)
	}
}

func TestPrint(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a                         units.Amount
		btc, grouped, sat, satgrp string
	}{
		{0, "0.00000000", "0.000 000 00", "0", "0"},
		{2_500_000, "0.02500000", "0.025 000 00", "2500000", "2 500 000"},
		{-1, "-0.00000001", "-0.000 000 01", "-1", "-1"},
		{123_456_789_012, "1234.56789012", "1 234.567 890 12", "123456789012", "123 456 789 012"},
		{21e14, "21000000.00000000", "21 000 000.000 000 00", "2100000000000000", "2 100 000 000 000 000"},
		{-100, "-0.00000100", "-0.000 001 00", "-100", "-100"},
		{math.MinInt64, "-92233720368.54775808", "-92 233 720 368.547 758 08", "-9223372036854775808", "-9 223 372 036 854 775 808"},
	} {
		require.Equal(t, c.btc, c.a.BTC())
		require.Equal(t, c.grouped, c.a.GroupedBTC())
		require.Equal(t, c.sat, c.a.Sat())
		require.Equal(t, c.satgrp, c.a.GroupedSat())
	}
	require.Equal(t, "0.00000001 BTC", units.Amount(1).String())
	for r, want := range map[units.FeeRate]string{2000: "2", 1500: "1.5", 1: "0.001", 12_340: "12.34", 0: "0", -1500: "-1.5"} {
		require.Equal(t, want, r.SatVB())
	}
	require.Equal(t, "1.5 sat/vB", units.FeeRate(1500).String())
}

func TestPrintedAmountReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := units.Amount(rapid.Int64Range(0, int64(units.MaxAmount)).Draw(t, "a"))
		b, err := units.ParseBTC(a.BTC())
		require.NoError(t, err)
		require.Equal(t, a, b)
		r := units.FeeRate(rapid.Int64Range(1, int64(units.MaxFeeRate)).Draw(t, "r"))
		s, err := units.ParseFeeRate(r.SatVB())
		require.NoError(t, err)
		require.Equal(t, r, s)
	})
}

// exact reads a decimal number with arbitrary precision, as the model.
func exact(s string, scale int64) (int64, bool) {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return 0, false
	}
	r.Mul(r, new(big.Rat).SetInt64(scale))
	return r.Num().Int64(), r.IsInt() && r.Num().IsInt64()
}

func FuzzParseBTC(f *testing.F) {
	for in := range refusals {
		f.Add(in)
	}
	for _, in := range []string{"0", "1.5", ".5", "5.", "21000000", "0.00000001"} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := units.ParseBTC(s)
		if err != nil {
			var pe *units.ParseError
			if !errors.As(err, &pe) || pe.Kind == 0 || a != 0 {
				t.Fatalf("%q: %v %v", s, a, err)
			}
			return
		}
		if !a.Valid() || strings.Trim(s, "0123456789.") != "" {
			t.Fatalf("%q accepted as %d", s, a)
		}
		if want, ok := exact(s, units.SatPerBTC); !ok || want != int64(a) {
			t.Fatalf("%q read as %d, is %d", s, a, want)
		}
	})
}

func FuzzParseFeeRate(f *testing.F) {
	for in := range refusals {
		f.Add(in)
	}
	for _, in := range []string{"0", "1.5", "1000", "1000.001", "0.0001", "0.001"} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := units.ParseFeeRate(s)
		if err != nil {
			var pe *units.ParseError
			if !errors.As(err, &pe) || pe.Kind == 0 || r != 0 {
				t.Fatalf("%q: %v %v", s, r, err)
			}
			return
		}
		if r <= 0 || r > units.MaxFeeRate {
			t.Fatalf("%q accepted as %d", s, r)
		}
		if want, ok := exact(s, 1000); !ok || want != int64(r) {
			t.Fatalf("%q read as %d, is %d", s, r, want)
		}
	})
}
