package descriptor

import (
	"errors"
	"strings"

	"github.com/btcsuite/btcd/address/v2/base58"
	"github.com/btcsuite/btcd/address/v2/bech32"
	"github.com/btcsuite/btcd/chaincfg/v2"
)

// AddressKind says why an address was refused.
type AddressKind uint8

// The kinds of [AddressError].
const (
	AddressUnknown      AddressKind = iota + 1 // not an address of Bitcoin
	AddressEmpty                               // no text
	AddressSpace                               // white space in or around it
	AddressChecksum                            // mistyped
	AddressWrongNetwork                        // right, but of another network
	AddressMixedCase                           // bech32 in both cases at once
	AddressFuture                              // a witness version or length without rules yet
	AddressAnchor                              // pay to anchor, which anyone can spend
	AddressProgram                             // a witness program BIP141 or BIP350 forbids
)

// AddressError tells why an address was refused, in one sentence.
type AddressError struct {
	Kind AddressKind
}

// Error returns the sentence of the kind.
func (e *AddressError) Error() string {
	switch e.Kind {
	case AddressEmpty:
		return "the address is empty"
	case AddressSpace:
		return "the address has a space in it"
	case AddressChecksum:
		return "the address is mistyped: its checksum is wrong"
	case AddressWrongNetwork:
		return "the address is of another network"
	case AddressMixedCase:
		return "the address mixes capital and small letters, so it was altered"
	case AddressFuture:
		return "the address is of a kind that has no rules yet: anyone could take what is paid to it"
	case AddressAnchor:
		return "the address is an anchor: anyone could take what is paid to it"
	case AddressProgram:
		return "the address has a program that the rules forbid"
	default:
		return "this is not a Bitcoin address"
	}
}

// Destination is what an address stands for.
type Destination struct {
	Script []byte // pkScript
	Kind   ScriptKind
}

// maxAddress bounds the text: bech32 addresses have at most 90 characters.
const maxAddress = 90

// ParseAddress reads an address of this network and returns the pkScript to
// pay to. It refuses addresses whose coins anyone could spend; [DecodeAddress]
// does not. Errors are of type *[AddressError]. Testnet4 and signet share all
// their addresses, and regtest shares the base58 ones with them.
func ParseAddress(s string, net *chaincfg.Params) (pkScript []byte, err error) {
	dest, err := DecodeAddress(s, net)
	if err != nil {
		return nil, err
	}
	switch dest.Kind {
	case WitnessUnknown:
		return nil, &AddressError{AddressFuture}
	case P2A:
		return nil, &AddressError{AddressAnchor}
	}
	return dest.Script, nil
}

// DecodeAddress reads an address of this network, future witness versions of
// BIP350 included. Errors are of type *[AddressError].
func DecodeAddress(s string, net *chaincfg.Params) (Destination, error) {
	switch {
	case s == "":
		return Destination{}, &AddressError{AddressEmpty}
	case strings.ContainsAny(s, " \t\r\n\v\f\u00a0\u2009\u202f\u3000"):
		return Destination{}, &AddressError{AddressSpace}
	case len(s) > maxAddress:
		return Destination{}, &AddressError{AddressUnknown}
	}
	if hrp, ok := knownHRP(s); ok {
		return decodeSegwit(s, hrp, net)
	}
	return decodeBase58(s, net)
}

// knownHRP tells a bech32 address of any of our networks from base58, in which
// such beginnings are possible too: "bc1" alone does not decide, but no base58
// address of our networks begins with b, B, t or T.
func knownHRP(s string) (string, bool) {
	i := strings.LastIndexByte(s, '1')
	if i < 1 {
		return "", false
	}
	hrp := strings.ToLower(s[:i])
	for _, n := range networks() {
		if hrp == n.Bech32HRPSegwit {
			return hrp, true
		}
	}
	return "", false
}

func decodeSegwit(s, hrp string, net *chaincfg.Params) (Destination, error) {
	var none Destination
	_, data, encoding, err := bech32.DecodeGeneric(s)
	if err != nil {
		return none, &AddressError{bech32Kind(err)}
	}
	if len(data) < 1 || data[0] > 16 {
		return none, &AddressError{AddressProgram}
	}
	version := data[0]
	// BIP350: version 0 is bech32 for ever, all others are bech32m.
	if (version == 0) != (encoding == bech32.Version0) {
		return none, &AddressError{AddressChecksum}
	}
	program, err := bech32.ConvertBits(data[1:], 5, 8, false)
	if err != nil || len(program) < 2 || len(program) > 40 {
		return none, &AddressError{AddressProgram}
	}
	if version == 0 && len(program) != 20 && len(program) != 32 {
		return none, &AddressError{AddressProgram}
	}
	if hrp != net.Bech32HRPSegwit {
		return none, &AddressError{AddressWrongNetwork}
	}
	return Destination{witnessScript(version, program), witnessKind(version, program)}, nil
}

func bech32Kind(err error) AddressKind {
	var sum bech32.ErrInvalidChecksum
	var char bech32.ErrNonCharsetChar
	var mixed bech32.ErrMixedCase
	switch {
	case errors.As(err, &sum), errors.As(err, &char):
		return AddressChecksum
	case errors.As(err, &mixed):
		return AddressMixedCase
	}
	return AddressUnknown
}

func decodeBase58(s string, net *chaincfg.Params) (Destination, error) {
	hash, version, err := base58.CheckDecode(s)
	if errors.Is(err, base58.ErrChecksum) {
		return Destination{}, &AddressError{AddressChecksum}
	}
	if err != nil || len(hash) != 20 {
		return Destination{}, &AddressError{AddressUnknown}
	}
	switch version {
	case net.PubKeyHashAddrID:
		return Destination{keyHashScript(hash), P2PKH}, nil
	case net.ScriptHashAddrID:
		return Destination{scriptHashScript(hash), P2SH}, nil
	}
	for _, n := range networks() {
		if version == n.PubKeyHashAddrID || version == n.ScriptHashAddrID {
			return Destination{}, &AddressError{AddressWrongNetwork}
		}
	}
	return Destination{}, &AddressError{AddressUnknown}
}

// ScriptKindOf classifies a pkScript, as far as addresses tell; 0 if no address
// stands for it.
func ScriptKindOf(pkScript []byte) ScriptKind {
	if version, program, ok := witnessProgram(pkScript); ok {
		if version == 0 && len(program) != 20 && len(program) != 32 {
			return 0
		}
		return witnessKind(version, program)
	}
	n := len(pkScript)
	switch {
	case n == 25 && string(pkScript) == string(keyHashScript(pkScript[3:23])):
		return P2PKH
	case n == 23 && string(pkScript) == string(scriptHashScript(pkScript[2:22])):
		return P2SH
	}
	return 0
}

// AddressOf returns the address that stands for a script on a network, or
// [ErrNoAddress].
func AddressOf(pkScript []byte, net *chaincfg.Params) (string, error) {
	switch ScriptKindOf(pkScript) {
	case 0:
		return "", ErrNoAddress
	case P2PKH:
		return base58.CheckEncode(pkScript[3:23], net.PubKeyHashAddrID), nil
	case P2SH:
		return base58.CheckEncode(pkScript[2:22], net.ScriptHashAddrID), nil
	}
	version, program, _ := witnessProgram(pkScript)
	data, err := bech32.ConvertBits(program, 8, 5, true)
	if err != nil {
		return "", err
	}
	data = append([]byte{version}, data...)
	if version == 0 {
		return bech32.Encode(net.Bech32HRPSegwit, data)
	}
	return bech32.EncodeM(net.Bech32HRPSegwit, data)
}
