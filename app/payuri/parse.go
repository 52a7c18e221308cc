package payuri

import (
	"strings"
	"unicode/utf8"

	"github.com/btcsuite/btcd/chaincfg/v2"

	"thistle/app/labels"
	"thistle/app/units"
)

const (
	maxText = 4096
	// maxBody bounds an address; bech32 allows 90 characters.
	maxBody = 90
)

// Has reports whether a text claims to be a payment request.
func Has(s string) bool {
	return len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme)
}

// Parse reads a payment request meant for this network. Errors are of type
// *[Error].
func Parse(s string, net *chaincfg.Params) (Request, error) {
	if len(s) > maxText {
		return Request{}, &Error{Kind: KindTooLong}
	}
	if !Has(s) {
		return Request{}, &Error{Kind: KindScheme}
	}
	for i := range len(s) {
		if s[i] == '#' {
			return Request{}, &Error{Kind: KindFragment}
		}
		if s[i] <= ' ' || s[i] >= 0x7f || strings.IndexByte("\"<>\\^`{|}", s[i]) >= 0 {
			return Request{}, &Error{Kind: KindCharacter}
		}
	}
	body, query, _ := strings.Cut(s[len(scheme):], "?")
	p := parser{net: net, seen: map[string]bool{}}
	if body != "" {
		if !plainAddress(body) {
			return Request{}, &Error{Kind: KindAddress}
		}
		p.req.Addresses = append(p.req.Addresses, body)
	}
	for param := range strings.SplitSeq(query, "&") {
		if err := p.param(param); err != nil {
			return Request{}, err
		}
	}
	if len(p.req.Addresses) == 0 {
		if p.foreign {
			return Request{}, &Error{Kind: KindWrongNetwork}
		}
		return Request{}, &Error{Kind: KindNoAddress}
	}
	return p.req, nil
}

type parser struct {
	net     *chaincfg.Params
	req     Request
	seen    map[string]bool
	foreign bool // an address of another network was passed over
}

// param takes one "key=value" in. Keys are decoded before they are looked at,
// so that "%72eq-x" demands as much as "req-x".
func (p *parser) param(s string) error {
	if s == "" {
		return nil
	}
	rawKey, rawValue, _ := strings.Cut(s, "=")
	key, ok := unescape(rawKey)
	value, ok2 := unescape(rawValue)
	if !ok || !ok2 {
		return &Error{Kind: KindEncoding}
	}
	key = strings.ToLower(key)
	switch key {
	case "":
		return &Error{Kind: KindParameter}
	case "amount":
		return p.amount(value)
	case "label":
		p.req.Label = labels.OneLine(value)
		return p.once(key)
	case "message":
		p.req.Message = labels.OneLine(value)
		return p.once(key)
	case "pop":
		return p.once(key)
	case "bc", "tb", "bcrt":
		return p.address(key, value)
	}
	if strings.HasPrefix(key, "req-") {
		return &Error{Kind: KindRequired, Key: key}
	}
	return nil
}

func (p *parser) once(key string) error {
	if p.seen[key] {
		return &Error{Kind: KindDuplicate, Key: key}
	}
	p.seen[key] = true
	return nil
}

func (p *parser) amount(value string) error {
	if err := p.once("amount"); err != nil {
		return err
	}
	a, err := units.ParseBTC(value)
	if err != nil {
		return &Error{Kind: KindAmount, Key: "amount", Err: err}
	}
	p.req.Amount, p.req.HasAmount = a, true
	return nil
}

// address takes a segwit address in that stands under its own prefix as key.
func (p *parser) address(key, value string) error {
	if !plainAddress(value) {
		return &Error{Kind: KindAddress, Key: key}
	}
	if len(value) <= len(key) || !strings.EqualFold(value[:len(key)], key) || value[len(key)] != '1' {
		return &Error{Kind: KindWrongNetwork, Key: key}
	}
	if key != p.net.Bech32HRPSegwit {
		p.foreign = true
		return nil
	}
	p.req.Addresses = append(p.req.Addresses, value)
	return nil
}

func plainAddress(s string) bool {
	if s == "" || len(s) > maxBody {
		return false
	}
	for i := range len(s) {
		if !isAlnum(s[i]) {
			return false
		}
	}
	return true
}

// unescape undoes percent-encoding; "+" is a plus, as RFC 3986 has it. The
// result must be UTF-8.
func unescape(s string) (string, bool) {
	if strings.IndexByte(s, '%') < 0 {
		return s, true
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			out = append(out, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		hi, ok := unhex(s[i+1])
		lo, ok2 := unhex(s[i+2])
		if !ok || !ok2 {
			return "", false
		}
		out = append(out, hi<<4|lo)
		i += 2
	}
	return string(out), utf8.Valid(out)
}

func unhex(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
