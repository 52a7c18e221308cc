package app

import (
	"errors"
	"fmt"
)

// Kind says what went wrong, for faces: each kind has one sentence and one exit
// code.
type Kind uint8

// The kinds of errors. Their names are the stable words of the command line's
// JSON.
const (
	KindInternal     Kind = iota // a mistake of the program, or an error nobody foresaw
	KindAmount                   // Detail tells what is wrong with it
	KindAddress                  // Detail tells what is wrong with it
	KindFeeRate                  // Detail tells what is wrong with it
	KindWords                    // Detail tells what is wrong with them
	KindBirthday                 // neither a day nor a height, or in the future
	KindName                     // no name for a wallet
	KindNetwork                  // no such network
	KindPeering                  // Detail tells what is wrong with the settings about peers
	KindTxID                     // not 64 hexadecimal digits
	KindProof                    // not a proof, or not of our chain
	KindPasswordRule             // no password that can be used
	KindPassphrase               // no passphrase that can be used
	KindDice                     // too few rolls of a die, or none
	KindLanguage                 // no such language of recovery words
	KindDust                     // amount too small to be relayed
	KindAbsurdFee                // a fee that must be a mistake
	KindNoWallet                 // no wallet of that name
	KindNoPeers                  // nobody to talk to
	KindTimeout                  // not done in time; progress is kept
	KindUnannounced              // nobody fetched the transaction; it stays queued
	KindPassword                 // wrong password
	KindInsufficient             // not enough coins
	KindDamaged                  // a file is damaged
	KindForeign                  // a file of another network or wallet
	KindVersion                  // a file of a newer program
	KindInUse                    // the data folder is in use
	KindExists                   // a wallet of that name is there already
	KindUnknownTx                // no such transaction in the wallet
	KindUnconfirmed              // not confirmed, so there is no proof yet
	KindDiskFull                 // the disk is full
	KindPermission               // the system forbids it
	KindRejected                 // the last look refused a transaction
	KindLocked                   // the wallet is locked
	KindStale                    // what was reviewed has changed since
)

// Error is an error as faces see it: what was being done, what kind of thing
// went wrong, a detail fit to be shown, and the cause for the log.
type Error struct {
	Op     string
	Kind   Kind
	Detail string
	Err    error
}

func (e *Error) Error() string {
	text := e.Op + ": " + e.Kind.String()
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Err != nil {
		text += fmt.Sprintf(" (%v)", e.Err)
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf is the kind of an error, KindInternal if it carries none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}

var kindNames = [...]string{
	KindInternal: "internal", KindAmount: "bad_amount", KindAddress: "bad_address", KindFeeRate: "bad_fee_rate",
	KindWords: "bad_words", KindBirthday: "bad_birthday", KindName: "bad_name", KindNetwork: "bad_network", KindPeering: "bad_peering",
	KindTxID: "bad_txid", KindProof: "bad_proof", KindPasswordRule: "bad_password", KindPassphrase: "bad_passphrase",
	KindDice: "bad_dice", KindLanguage: "bad_language",
	KindDust: "dust", KindAbsurdFee: "absurd_fee", KindNoWallet: "no_wallet", KindNoPeers: "no_peers",
	KindTimeout: "timeout", KindUnannounced: "unannounced", KindPassword: "wrong_password",
	KindInsufficient: "insufficient_funds", KindDamaged: "damaged", KindForeign: "foreign", KindVersion: "newer_version",
	KindInUse: "in_use", KindExists: "exists", KindUnknownTx: "unknown_tx", KindUnconfirmed: "unconfirmed",
	KindDiskFull: "disk_full", KindPermission: "permission", KindRejected: "rejected",
	KindLocked: "locked", KindStale: "changed",
}

// String is the kind's stable word.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "internal"
}

// errClosed is for what is asked of a wallet or session that was closed.
func errClosed(op string) error { return &Error{Op: op, Kind: KindLocked} }
