package keystore

import (
	"errors"

	"thistle/keystore/hd"
	"thistle/keystore/mnemonic"
	"thistle/keystore/seal"
	"thistle/keystore/vault"
)

// Troubles with the file and its password, to be told apart with errors.Is. A
// file that is not there is fs.ErrNotExist.
var (
	ErrCorrupt       = seal.ErrCorrupt       // damaged: restore a backup or the words
	ErrVersion       = seal.ErrVersion       // written by a newer program
	ErrWrongPassword = seal.ErrWrongPassword // undamaged, other password
	ErrTampered      = seal.ErrTampered      // altered by somebody: do not use
	ErrKDFBounds     = seal.ErrKDFBounds     // too cheap to be safe, or too dear to try
	ErrPassword      = seal.ErrPassword      // empty, not UTF-8 or far too long
	ErrInUse         = vault.ErrInUse        // open elsewhere
	ErrExists        = vault.ErrExists       // Create finds something at the path

	ErrForeignNetwork = errors.New("keystore of another network")
	ErrLocked         = errors.New("keystore is locked")
	ErrClosed         = errors.New("keystore is closed")
	ErrNoAccount      = errors.New("no such account in this keystore")
)

// Troubles with an extended private key as the source of a wallet.
var (
	// ErrExtendedKey: the text is not a valid extended key of the network.
	ErrExtendedKey = hd.ErrExtendedKey
	// ErrSource: a valid key that no wallet can be made from, or two sources.
	ErrSource = errors.New("no wallet can be made from this")
	// ErrNoWords: the wallet was made from an extended private key, from which
	// nobody can tell words.
	ErrNoWords = errors.New("made from an extended private key: there are no recovery words")
	// ErrNoExtendedKey: the wallet was made from words.
	ErrNoExtendedKey = errors.New("made from recovery words, not from an extended private key")
)

// Troubles with words and passphrase.
var (
	ErrWordCount   = mnemonic.ErrWordCount
	ErrUnknownWord = mnemonic.ErrUnknownWord
	ErrChecksum    = mnemonic.ErrChecksum
	ErrEntropySize = mnemonic.ErrEntropySize
	ErrNotUTF8     = mnemonic.ErrNotUTF8
	ErrTooLong     = mnemonic.ErrTooLong
	ErrLanguage    = mnemonic.ErrLanguage
	ErrAmbiguous   = mnemonic.ErrAmbiguous
	ErrDice        = mnemonic.ErrDice
)

// UnknownWordError tells which word is wrong, WordCountError how many there
// were, AmbiguousError which languages they may be of.
type (
	UnknownWordError = mnemonic.UnknownWordError
	WordCountError   = mnemonic.WordCountError
	AmbiguousError   = mnemonic.AmbiguousError
)

// ErrWIF means that a text is not a private key, or is one of another network.
var ErrWIF = hd.ErrWIF

// Reasons not to sign.
var (
	// ErrPSBT: the packet is malformed, partly signed, or of a kind not signed
	// here.
	ErrPSBT = errors.New("packet cannot be signed")
	// ErrSighash: another signature hash type than ALL is asked for, or than the
	// default for taproot.
	ErrSighash = errors.New("only signatures of the whole transaction are made")
	// ErrPrevTx: the previous transaction is missing or is not the one spent,
	// so that the amount cannot be known.
	ErrPrevTx = errors.New("previous transaction missing or not the one spent")
	// ErrNotOurs: an input is not ours to sign.
	ErrNotOurs = errors.New("input does not belong to this wallet")
	// ErrForeignChange: an output is marked as ours and is not.
	ErrForeignChange = errors.New("output marked as ours is not")
	// ErrSignature: a signature just made does not verify. Nothing is handed
	// out; the machine cannot be trusted.
	ErrSignature = errors.New("own signature does not verify")
)
