package payuri

import (
	"strconv"
	"strings"

	"thistle/app/labels"
	"thistle/app/units"
)

// Request is a wish to be paid.
type Request struct {
	// Addresses to choose from, the one in front of the "?" first. They are
	// letters and digits; nothing else is known of them.
	Addresses []string
	Amount    units.Amount
	HasAmount bool
	Label     string // who is to be paid
	Message   string // what for
}

const scheme = "bitcoin:"

// URI writes the request as "bitcoin:ADDRESS?amount=…&label=…&message=…",
// with what there is of these and the first address.
func (r Request) URI() string {
	var b strings.Builder
	b.WriteString(scheme)
	if len(r.Addresses) > 0 {
		b.WriteString(r.Addresses[0])
	}
	sep := byte('?')
	add := func(key, value string) {
		b.WriteByte(sep)
		b.WriteString(key)
		b.WriteByte('=')
		escape(&b, value)
		sep = '&'
	}
	if r.HasAmount {
		add("amount", shortBTC(r.Amount))
	}
	if s := labels.OneLine(r.Label); s != "" {
		add("label", s)
	}
	if s := labels.OneLine(r.Message); s != "" {
		add("message", s)
	}
	return b.String()
}

// shortBTC drops the zeros at the end, which only make a QR code denser.
func shortBTC(a units.Amount) string {
	return strings.TrimSuffix(strings.TrimRight(a.BTC(), "0"), ".")
}

// escape percent-encodes every byte outside RFC 3986's unreserved ones.
func escape(b *strings.Builder, s string) {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		if isAlnum(c) || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
}

func quote(s string) string {
	const most = 40
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strconv.QuoteToGraphic(s)
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
