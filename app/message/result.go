package message

import "github.com/btcsuite/btcd/wire/v2"

//go:generate go tool stringer -type=Verdict,Format,Reason -output=kind_string.go

// Verdict is the outcome of a verification.
type Verdict uint8

// The verdicts.
const (
	Invalid      Verdict = iota + 1 // see [Result.Reason]
	Inconclusive                    // cannot be judged; see [Result.Reason]
	Valid                           // the signer could have spent from the address
)

// Format is the way a signature is made and written.
type Format uint8

// The formats. The last two are not of BIP322.
const (
	Simple       Format = iota + 1 // BIP322: a witness
	Full                           // BIP322: a transaction
	ProofOfFunds                   // BIP322: a PSBT that claims further outputs
	Legacy                         // 65 bytes, for P2PKH
	LegacySegwit                   // 65 bytes for a segwit address: in use, but no standard says what it proves
)

// Reason says why a signature is not valid.
type Reason uint8

// The reasons: of Invalid, but for the last four.
const (
	NoAddress     Reason = iota + 1 // not an address of this network
	NoSignature                     // nothing there
	Encoding                        // not base64, or too long
	Structure                       // decodes to none of the formats
	Mismatch                        // of another text or address, or altered
	SigHash                         // a signature commits to a part only
	NoFormat                        // this format cannot be used with this kind of address
	Upgradable                      // the script uses what has no rules yet
	Version                         // the transaction is of a version without rules yet
	UnknownInputs                   // it claims outputs without saying what they are
	TooLarge                        // it claims more outputs than are looked at
)

// Result is what a verification found.
type Result struct {
	Verdict Verdict
	Format  Format // 0 if it was not recognised
	Reason  Reason // 0 if valid
	// Time and Age are lock time and sequence of a full signature: it is valid
	// at that time and age (BIP322). Zero if nothing is locked.
	Time, Age uint32
	// Claims are the further outputs of a proof of funds that is valid. Their
	// scripts are satisfied; nothing says that they exist.
	Claims []Claim
	// Err is the detail behind the reason, for a log.
	Err error
}

// Claim is an output a proof of funds claims, as the prover describes it.
type Claim struct {
	OutPoint wire.OutPoint
	Output   wire.TxOut
}

func invalid(f Format, r Reason, err error) Result {
	return Result{Verdict: Invalid, Format: f, Reason: r, Err: err}
}

func inconclusive(f Format, r Reason, err error) Result {
	return Result{Verdict: Inconclusive, Format: f, Reason: r, Err: err}
}
