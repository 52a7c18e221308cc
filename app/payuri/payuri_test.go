package payuri_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"thistle/app/payuri"
	"thistle/app/units"
	"thistle/assets/assetstest"
)

var mainnet = &chaincfg.MainNetParams

const addr = "175tWpb8K1S7NmH4Zx6rewF9WQrcZv245W"

// bipURIs returns the example lines of BIP321 under a heading.
func bipURIs(t *testing.T, heading string) []string {
	t.Helper()
	text := string(assetstest.Vector(t, "bips/bip-0321.mediawiki"))
	_, text, found := strings.Cut(text, "\n==== "+heading+" ====\n")
	require.True(t, found)
	text, _, _ = strings.Cut(text, "\n==== ")
	var out []string
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, " ") && payuri.Has(strings.TrimSpace(line)) {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}

// TestBIP321Examples: every example is read as the document says, which for a
// wallet that pays on the chain only means some are not payable.
func TestBIP321Examples(t *testing.T) {
	t.Parallel()
	uris := bipURIs(t, "URIs")
	require.Len(t, uris, 16)
	kinds := map[payuri.Kind]int{}
	for _, s := range uris {
		req, err := payuri.Parse(s, mainnet)
		if err != nil {
			var pe *payuri.Error
			require.ErrorAs(t, err, &pe)
			kinds[pe.Kind]++
			continue
		}
		require.NotEmpty(t, req.Addresses)
		kinds[0]++
	}
	require.Equal(t, map[payuri.Kind]int{
		0:                       10,
		payuri.KindNoAddress:    4, // lightning, BOLT 12 and silent payments alone
		payuri.KindRequired:     1,
		payuri.KindWrongNetwork: 1, // testnet, on mainnet
	}, kinds)

	req, err := payuri.Parse(uris[3], mainnet)
	require.NoError(t, err)
	require.Equal(t, payuri.Request{Addresses: []string{addr}, Amount: 50e8, HasAmount: true, Label: "Luke-Jr", Message: "Donation for project xyz"}, req)

	test, err := payuri.Parse("bitcoin:?tb=tb1qghfhmd4zh7ncpmxl3qzhmq566jk8ckq4gafnmq", &chaincfg.SigNetParams)
	require.NoError(t, err)
	require.Equal(t, []string{"tb1qghfhmd4zh7ncpmxl3qzhmq566jk8ckq4gafnmq"}, test.Addresses)
}

func TestBIP321Invalid(t *testing.T) {
	t.Parallel()
	uris := bipURIs(t, "Invalid URIs")
	require.Len(t, uris, 5)
	want := []payuri.Kind{payuri.KindDuplicate, payuri.KindDuplicate, payuri.KindDuplicate, payuri.KindRequired, payuri.KindWrongNetwork}
	for i, s := range uris {
		_, err := payuri.Parse(s, mainnet)
		requireKind(t, err, want[i], s)
	}
}

func requireKind(t *testing.T, err error, kind payuri.Kind, in string) {
	t.Helper()
	var pe *payuri.Error
	require.ErrorAs(t, err, &pe, in)
	require.Equal(t, kind, pe.Kind, "%q: %v", in, err)
}

func TestParse(t *testing.T) {
	t.Parallel()
	const bech = "bc1qufgy354j3kmvuch987xe4s40836x3h0lg8f5nq"
	for in, want := range map[string]payuri.Request{
		"bitcoin:" + addr:                          {Addresses: []string{addr}},
		"BITCOIN:" + strings.ToUpper(bech):         {Addresses: []string{strings.ToUpper(bech)}},
		"bitcoin:" + addr + "?":                    {Addresses: []string{addr}},
		"bitcoin:" + addr + "?&&":                  {Addresses: []string{addr}},
		"bitcoin:" + addr + "?AMOUNT=0.5&Label=a":  {Addresses: []string{addr}, Amount: 5e7, HasAmount: true, Label: "a"},
		"bitcoin:" + addr + "?amount=.5":           {Addresses: []string{addr}, Amount: 5e7, HasAmount: true},
		"bitcoin:" + addr + "?label=a+b%20c":       {Addresses: []string{addr}, Label: "a+b c"},
		"bitcoin:" + addr + "?label=a%3Db":         {Addresses: []string{addr}, Label: "a=b"},
		"bitcoin:" + addr + "?label=a=b":           {Addresses: []string{addr}, Label: "a=b"},
		"bitcoin:" + addr + "?label=%E2%82%BFitte": {Addresses: []string{addr}, Label: "₿itte"},
		"bitcoin:" + addr + "?r=https://x&pop=y:":  {Addresses: []string{addr}},
		"bitcoin:" + addr + "?x=1&x=2":             {Addresses: []string{addr}},
		"bitcoin:" + addr + "?bc=" + bech:          {Addresses: []string{addr, bech}},
		"bitcoin:?tb=tb1qq&bc=" + bech:             {Addresses: []string{bech}},
		"bitcoin:" + addr + "?amount=0.5&tb=tb1qq": {Addresses: []string{addr}, Amount: 5e7, HasAmount: true},
		// Text that would reorder or hide what is shown beside it.
		"bitcoin:" + addr + "?label=%E2%80%AEevil%E2%80%8B%00%1B%5B31m": {Addresses: []string{addr}, Label: "evil[31m"},
		"bitcoin:" + addr + "?message=a%0Ab%E2%80%A8c":                  {Addresses: []string{addr}, Message: "a b c"},
	} {
		got, err := payuri.Parse(in, mainnet)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for in, kind := range map[string]payuri.Kind{
		"":                                                    payuri.KindScheme,
		addr:                                                  payuri.KindScheme,
		"litecoin:" + addr:                                    payuri.KindScheme,
		" bitcoin:" + addr:                                    payuri.KindScheme,
		"bitcoin:":                                            payuri.KindNoAddress,
		"bitcoin:?amount=1":                                   payuri.KindNoAddress,
		"bitcoin://" + addr:                                   payuri.KindAddress,
		"bitcoin:user@" + addr:                                payuri.KindAddress,
		"bitcoin:" + addr + "/":                               payuri.KindAddress,
		"bitcoin:" + strings.Repeat("1", 91):                  payuri.KindAddress,
		"bitcoin:" + addr + "#x":                              payuri.KindFragment,
		"bitcoin:" + addr + "?label=a b":                      payuri.KindCharacter,
		"bitcoin:" + addr + "?label=é":                        payuri.KindCharacter,
		"bitcoin:" + addr + "\x00":                            payuri.KindCharacter,
		"bitcoin:" + addr + "?label=%":                        payuri.KindEncoding,
		"bitcoin:" + addr + "?label=%2":                       payuri.KindEncoding,
		"bitcoin:" + addr + "?label=%zz":                      payuri.KindEncoding,
		"bitcoin:" + addr + "?label=%ff":                      payuri.KindEncoding,
		"bitcoin:" + addr + "?%ff=1":                          payuri.KindEncoding,
		"bitcoin:" + addr + "?=1":                             payuri.KindParameter,
		"bitcoin:" + addr + "?amount=":                        payuri.KindAmount,
		"bitcoin:" + addr + "?amount":                         payuri.KindAmount,
		"bitcoin:" + addr + "?amount=0,1":                     payuri.KindAmount,
		"bitcoin:" + addr + "?amount=1e3":                     payuri.KindAmount,
		"bitcoin:" + addr + "?amount=-1":                      payuri.KindAmount,
		"bitcoin:" + addr + "?amount=50,000.00":               payuri.KindAmount,
		"bitcoin:" + addr + "?amount=22000000":                payuri.KindAmount,
		"bitcoin:" + addr + "?amount=1&AMOUNT=1":              payuri.KindDuplicate,
		"bitcoin:" + addr + "?label=&label=":                  payuri.KindDuplicate,
		"bitcoin:" + addr + "?message=a&Message=a":            payuri.KindDuplicate,
		"bitcoin:" + addr + "?pop=a&pop=a":                    payuri.KindDuplicate,
		"bitcoin:" + addr + "?REQ-x=1":                        payuri.KindRequired,
		"bitcoin:" + addr + "?req-":                           payuri.KindRequired,
		"bitcoin:" + addr + "?%72eq-x=1":                      payuri.KindRequired,
		"bitcoin:" + addr + "?req-pop=x%3a":                   payuri.KindRequired,
		"bitcoin:" + addr + "?bc=tb1qq":                       payuri.KindWrongNetwork,
		"bitcoin:" + addr + "?bc=bcrt1qq":                     payuri.KindWrongNetwork,
		"bitcoin:" + addr + "?bc=":                            payuri.KindAddress,
		"bitcoin:" + addr + "?bc=bc1%2F":                      payuri.KindAddress,
		"bitcoin:?bcrt=bcrt1qq":                               payuri.KindWrongNetwork,
		"bitcoin:" + addr + "?x=" + strings.Repeat("a", 4096): payuri.KindTooLong,
	} {
		got, err := payuri.Parse(in, mainnet)
		requireKind(t, err, kind, in)
		require.Zero(t, got)
		require.NotContains(t, err.Error(), "cannot be read", "every kind has its sentence")
	}
	_, err := payuri.Parse("bitcoin:"+addr+"?amount=0,1", mainnet)
	var ue *units.ParseError
	require.ErrorAs(t, err, &ue)
	require.Equal(t, units.KindComma, ue.Kind)
}

func TestURI(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		req  payuri.Request
		want string
	}{
		{payuri.Request{Addresses: []string{addr}}, "bitcoin:" + addr},
		{payuri.Request{Addresses: []string{addr}, Amount: 2_030_000_000, HasAmount: true, Label: "Luke-Jr"}, "bitcoin:" + addr + "?amount=20.3&label=Luke-Jr"},
		{payuri.Request{Addresses: []string{addr}, Amount: 50e8, HasAmount: true}, "bitcoin:" + addr + "?amount=50"},
		{payuri.Request{Addresses: []string{addr}, HasAmount: true}, "bitcoin:" + addr + "?amount=0"},
		{payuri.Request{Addresses: []string{addr}, Amount: 1, HasAmount: true}, "bitcoin:" + addr + "?amount=0.00000001"},
		{payuri.Request{Addresses: []string{addr}, Label: "a&b=c#d é", Message: "x y"}, "bitcoin:" + addr + "?label=a%26b%3Dc%23d%20%C3%A9&message=x%20y"},
	} {
		require.Equal(t, c.want, c.req.URI())
	}
}

// TestRoundTrip: what is written is read back, whatever the label.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		req := payuri.Request{
			Addresses: []string{addr},
			Label:     rapid.StringN(0, 60, 200).Draw(t, "label"),
			Message:   rapid.StringN(0, 60, 200).Draw(t, "message"),
			HasAmount: rapid.Bool().Draw(t, "has"),
		}
		if req.HasAmount {
			req.Amount = units.Amount(rapid.Int64Range(0, int64(units.MaxAmount)).Draw(t, "amount"))
		}
		got, err := payuri.Parse(req.URI(), mainnet)
		require.NoError(t, err)
		again, err := payuri.Parse(got.URI(), mainnet)
		require.NoError(t, err)
		require.Equal(t, got, again)
		require.Equal(t, req.Amount, got.Amount)
		require.Equal(t, req.HasAmount, got.HasAmount)
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"bitcoin:" + addr + "?amount=50&label=Luke-Jr&message=Donation%20for%20project%20xyz",
		"BITCOIN:?BC=BC1QUFGY354J3KMVUCH987XE4S40836X3H0LG8F5NQ&lightning=lnbc1", "bitcoin:?tb=tb1qq",
		"bitcoin:" + addr + "?label=%E2%80%AE%00", "bitcoin:x?req-a=1", "bitcoin:x?amount=0,1", "bitcoin:", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		req, err := payuri.Parse(s, mainnet)
		if err != nil {
			var pe *payuri.Error
			if !errors.As(err, &pe) || pe.Kind == 0 || !utf8.ValidString(err.Error()) {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if len(req.Addresses) == 0 || !req.Amount.Valid() || strings.ContainsAny(req.Label+req.Message, "\x00\n\r\x1b\u202e\u2066\u200b") {
			t.Fatalf("%q gives %+v", s, req)
		}
		req.Addresses = req.Addresses[:1]
		again, err := payuri.Parse(req.URI(), mainnet)
		if err != nil || again.URI() != req.URI() {
			t.Fatalf("%q writes %q: %v", s, req.URI(), err)
		}
	})
}
