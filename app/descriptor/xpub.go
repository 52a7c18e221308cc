package descriptor

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/btcsuite/btcd/address/v2/base58"
	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcutil/v2/hdkeychain"
	"github.com/btcsuite/btcd/chaincfg/v2"
)

// The layout of a serialised extended key (BIP32), without base58's checksum.
const (
	xkeyLen      = 78
	xkeyDepth    = 4
	xkeyParent   = 5
	xkeyIndex    = 9
	xkeyChain    = 13
	xkeyKey      = 45
	maxXpubChars = 112
)

// parseXpub reads an extended public key with every check of BIP32's test
// vector 5, half of which hdkeychain.NewKeyFromString does not make.
func parseXpub(s string) (*hdkeychain.ExtendedKey, error) {
	b, err := decodeXkey(s)
	if err != nil {
		return nil, err
	}
	if !isPublicVersion(b[:4]) {
		if slip := slip132Of(b[:4]); slip != nil {
			return nil, parseError(KindKey, "a "+slip.name+" does not belong into a descriptor, where an xpub or tpub stands for it")
		}
		return nil, parseError(KindKey, "the extended key is of no known network")
	}
	return checkedKey(b)
}

// decodeXkey undoes the base58 of an extended key and refuses a private one.
func decodeXkey(s string) ([]byte, error) {
	if len(s) > maxXpubChars {
		return nil, parseError(KindKey, "the key is too long")
	}
	if isWIF(s) {
		return nil, parseError(KindPrivate, "the key is private; only public keys belong here")
	}
	first, version, err := base58.CheckDecode(s)
	if err != nil {
		return nil, parseError(KindKey, "the extended key is not valid base58check")
	}
	// CheckDecode takes the first of the four version bytes off.
	b := append([]byte{version}, first...)
	if len(b) != xkeyLen {
		return nil, parseError(KindKey, "the extended key has a wrong length")
	}
	if isPrivateVersion(b[:4]) {
		return nil, parseError(KindPrivate, "the key is private; only public keys belong here")
	}
	return b, nil
}

// checkedKey makes a key of decoded bytes whose version is public.
func checkedKey(b []byte) (*hdkeychain.ExtendedKey, error) {
	if b[xkeyDepth] == 0 && !allZero(b[xkeyParent:xkeyChain]) {
		return nil, parseError(KindKey, "a master key cannot have a parent or an index")
	}
	if _, err := btcec.ParsePubKey(b[xkeyKey:]); err != nil {
		return nil, parseError(KindKey, "the extended key holds no point of the curve")
	}
	return hdkeychain.NewExtendedKey(
		bytes.Clone(b[:4]), b[xkeyKey:xkeyLen:xkeyLen], b[xkeyChain:xkeyKey:xkeyKey],
		b[xkeyParent:xkeyIndex:xkeyIndex], b[xkeyDepth],
		binary.BigEndian.Uint32(b[xkeyIndex:]), false), nil
}

// networks are those the wallet serves. Signet, testnet4 and regtest share
// their key versions and, but for regtest's bcrt, their addresses.
func networks() []*chaincfg.Params {
	return []*chaincfg.Params{
		&chaincfg.MainNetParams, &chaincfg.TestNet4Params,
		&chaincfg.SigNetParams, &chaincfg.RegressionNetParams,
	}
}

func isPublicVersion(v []byte) bool {
	for _, n := range networks() {
		if bytes.Equal(v, n.HDPublicKeyID[:]) {
			return true
		}
	}
	return false
}

func isPrivateVersion(v []byte) bool {
	for _, n := range networks() {
		if bytes.Equal(v, n.HDPrivateKeyID[:]) {
			return true
		}
	}
	return slices.Contains(slip132Private, binary.BigEndian.Uint32(v))
}

func allZero(b []byte) bool {
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}
