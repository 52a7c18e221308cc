package message

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/btcsuite/btcd/chaincfg/v2"

	"thistle/app/descriptor"
)

// maxSignature bounds the text; a signature of one key has under 500
// characters, a proof of a hundred outputs some tens of thousands.
const maxSignature = 200_000

// Verify judges whether a signature says that the holder of an address of this
// network signed a text. White space around address and signature is forgiven;
// the text is taken as it is.
func Verify(address, text, signature string, net *chaincfg.Params) Result {
	to, err := descriptor.DecodeAddress(strings.TrimSpace(address), net)
	if err != nil {
		return invalid(0, NoAddress, err)
	}
	signature = strings.TrimSpace(signature)
	switch {
	case signature == "":
		return invalid(0, NoSignature, errors.New("no signature"))
	case len(signature) > maxSignature:
		return invalid(0, Encoding, errors.New("the signature is too long"))
	}
	prefix := ""
	for _, p := range []string{"smp", "ful", "pof"} {
		// No signature without prefix begins so: the first byte is a count of
		// under a hundred, a version or a header of the older format.
		if rest, ok := strings.CutPrefix(signature, p); ok {
			prefix, signature = p, rest
		}
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(signature)
	if err != nil {
		return invalid(0, Encoding, err)
	}
	switch prefix {
	case "smp":
		return simple(text, to, raw)
	case "ful":
		return full(text, to, raw)
	case "pof":
		return proof(text, to, raw)
	}
	if len(raw) == compactLen {
		return verifyLegacy(text, to, raw)
	}
	if r := simple(text, to, raw); r.Reason != Structure {
		return r
	}
	if r := full(text, to, raw); r.Format != 0 {
		return r
	}
	return proof(text, to, raw)
}

func simple(text string, to descriptor.Destination, raw []byte) Result {
	witness, err := decodeWitness(raw)
	if err != nil {
		return invalid(0, Structure, err)
	}
	return verifySimple(text, to, witness)
}

func full(text string, to descriptor.Destination, raw []byte) Result {
	tx, err := decodeTx(raw)
	if err != nil {
		return invalid(0, Structure, err)
	}
	return verifyFull(text, to, tx)
}

func proof(text string, to descriptor.Destination, raw []byte) Result {
	tx, prevouts, err := decodeProof(raw)
	if err != nil {
		return invalid(0, Structure, err)
	}
	if len(tx.TxIn) == 0 {
		return invalid(ProofOfFunds, Structure, errors.New("no input"))
	}
	return verifyProof(text, to, tx, prevouts)
}
