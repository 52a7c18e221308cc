package hd

import "errors"

// The kinds of trouble, to be told apart with errors.Is.
var (
	// ErrSeed: the seed is not of 16 to 64 bytes, or gives no valid key, which
	// has a chance of 2^-127.
	ErrSeed = errors.New("unusable seed")
	// ErrChild: this index gives no valid key (chance 2^-127), or is hardened
	// under a public key, or too deep.
	ErrChild = errors.New("no key at this index")
	// ErrPath: an index out of range.
	ErrPath = errors.New("invalid path")
	// ErrNetwork: not one of our networks.
	ErrNetwork = errors.New("unknown network")
	// ErrExtendedKey: the text is not a valid extended key of the network.
	ErrExtendedKey = errors.New("invalid extended key")
	// ErrWIF: the text is not a private key in wallet import format, or not one
	// of the network.
	ErrWIF = errors.New("invalid private key")
	// ErrWiped: the key has been cleared.
	ErrWiped = errors.New("key has been cleared")
)
