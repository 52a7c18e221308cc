package payuri

//go:generate go tool stringer -type=Kind -trimprefix=Kind

// Kind says why a payment request was refused.
type Kind uint8

// The kinds of [Error].
const (
	KindScheme       Kind = iota + 1 // does not begin with "bitcoin:"
	KindTooLong                      // over 4,096 bytes
	KindCharacter                    // a character that belongs percent-encoded
	KindEncoding                     // broken percent-encoding, or not UTF-8
	KindFragment                     // a "#" part, which no request has
	KindAddress                      // not made of letters and digits
	KindNoAddress                    // nothing in it is payable on the chain
	KindWrongNetwork                 // addresses of other networks only, or under a wrong key
	KindDuplicate                    // amount, label, message or pop twice
	KindAmount                       // not a decimal number of bitcoin
	KindRequired                     // demands something this wallet does not know
	KindParameter                    // a parameter without a name
)

// Error tells why a payment request was refused. Err is the *units.ParseError
// of a KindAmount.
type Error struct {
	Kind Kind
	Key  string // the parameter, in small letters, if it is about one
	Err  error
}

// Unwrap returns the cause, if there is one.
func (e *Error) Unwrap() error { return e.Err }

// Error returns one sentence for a person.
func (e *Error) Error() string {
	const head = "payment request: "
	switch e.Kind {
	case KindScheme:
		return head + `it does not begin with "bitcoin:"`
	case KindTooLong:
		return head + "it is too long"
	case KindCharacter:
		return head + "it has a character that does not belong into a link"
	case KindEncoding:
		return head + "its text is not encoded rightly"
	case KindFragment:
		return head + `it has a part after "#", which payment requests do not have`
	case KindAddress:
		return head + "its address is not one"
	case KindNoAddress:
		return head + "it names no Bitcoin address to pay to"
	case KindWrongNetwork:
		return head + "its address is of another network"
	case KindDuplicate:
		return head + "it says " + quote(e.Key) + " twice"
	case KindAmount:
		return head + e.Err.Error()
	case KindRequired:
		return head + "it demands " + quote(e.Key) + ", which this wallet does not know"
	case KindParameter:
		return head + "it has a parameter without a name"
	}
	return head + "it cannot be read"
}
