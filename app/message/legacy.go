package message

import (
	"bytes"
	"errors"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/app/descriptor"
)

// compactLen is the length of a recoverable signature: a header and two numbers.
const compactLen = 65

// The headers of the older format, four each, for the four points that have
// such a signature. The last two ranges are BIP137's.
const (
	headerUncompressed = 27
	headerCompressed   = 31
	headerSHWPKH       = 35
	headerWPKH         = 39
	headerEnd          = 43
)

// LegacyHash is what the older format signs: the text behind a heading, hashed
// twice.
func LegacyHash(text string) [32]byte {
	var b bytes.Buffer
	for _, s := range []string{"Bitcoin Signed Message:\n", text} {
		// A buffer takes everything.
		_ = wire.WriteVarString(&b, 0, s)
	}
	return chainhash.DoubleHashH(b.Bytes())
}

// verifyLegacy recovers the key that made the signature and asks whether the
// address is one of it. Bitcoin Core and Electrum write 27 to 34 for every kind
// of address, Trezor and others BIP137's header of the kind: a header that
// contradicts the address is refused.
func verifyLegacy(text string, to descriptor.Destination, raw []byte) Result {
	format := LegacySegwit
	kind := to.Kind
	switch kind {
	case descriptor.P2PKH:
		format = Legacy
	case descriptor.P2SH:
		kind = descriptor.P2SHP2WPKH
	case descriptor.P2WPKH:
	default:
		return invalid(LegacySegwit, NoFormat, errors.New("this kind of address has no signature of 65 bytes"))
	}
	header := raw[0]
	if header < headerUncompressed || header >= headerEnd {
		return invalid(0, Structure, errors.New("no such header"))
	}
	if header >= headerWPKH && kind != descriptor.P2WPKH ||
		header >= headerSHWPKH && header < headerWPKH && kind != descriptor.P2SHP2WPKH ||
		header < headerCompressed && kind != descriptor.P2PKH {
		return invalid(format, Mismatch, errors.New("the header is of another kind of address"))
	}
	plain := bytes.Clone(raw)
	if header >= headerSHWPKH {
		plain[0] = headerCompressed + (header-headerCompressed)%4
	}
	hash := LegacyHash(text)
	key, compressed, err := ecdsa.RecoverCompact(plain, hash[:])
	if err != nil {
		return invalid(format, Mismatch, err)
	}
	d, err := descriptor.ForPubKey(kind, serialize(key, compressed))
	if err != nil {
		return invalid(format, Mismatch, err)
	}
	script, err := d.Script(0)
	if err != nil || !bytes.Equal(script, to.Script) {
		return invalid(format, Mismatch, errors.New("made by another key, or for another text"))
	}
	return Result{Verdict: Valid, Format: format}
}

func serialize(key *btcec.PublicKey, compressed bool) []byte {
	if compressed {
		return key.SerializeCompressed()
	}
	return key.SerializeUncompressed()
}
