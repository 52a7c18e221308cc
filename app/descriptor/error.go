package descriptor

import "errors"

//go:generate go tool stringer -type=Kind,AddressKind -trimprefix=Kind -output=kind_string.go

// Kind says why a text is not a descriptor this package knows.
type Kind uint8

// The kinds of [ParseError].
const (
	KindCharacter       Kind = iota + 1 // a character no descriptor has
	KindChecksumMissing                 // no "#" and checksum
	KindChecksum                        // the checksum is wrong
	KindScript                          // not one of the four script kinds
	KindOrigin                          // malformed [fingerprint/path]
	KindKey                             // not a public key
	KindPrivate                         // a private key
	KindPath                            // malformed or hardened path after the key
	KindMultisig                        // of a wallet with several keys
	KindChoice                          // the kind of script must be chosen, or was chosen against the key
)

// ParseError tells why a descriptor was refused. It holds no part of the text,
// which may contain a key.
type ParseError struct {
	Kind   Kind
	Detail string
}

func (e *ParseError) Error() string { return "descriptor: " + e.Detail }

func parseError(k Kind, detail string) *ParseError { return &ParseError{Kind: k, Detail: detail} }

var (
	// ErrNoKey says that BIP32 yields no key at this index. Fewer than one
	// index in 2^127 is such; the caller goes on with the next.
	ErrNoKey = errors.New("no key at this index")
	// ErrIndex says that an index is 2^31 or more, hence hardened, which a
	// public key cannot derive; or not 0 where there is one key only.
	ErrIndex = errors.New("index out of range")
	// ErrNetwork says that a descriptor's key is of another network.
	ErrNetwork = errors.New("key of another network")
	// ErrNoAddress says that no address stands for a script.
	ErrNoAddress = errors.New("script has no address")
)
