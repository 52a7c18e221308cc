package descriptor

import (
	"encoding/binary"
	"strings"

	"github.com/btcsuite/btcd/address/v2/base58"
	"github.com/btcsuite/btcd/chaincfg/v2"
)

// slip132 is a spelling of an extended public key that says what scripts it is
// for (SLIP-132), which BIP32 does not.
type slip132 struct {
	name    string
	version uint32
	kind    ScriptKind // 0: for scripts with several keys
	net     *chaincfg.Params
}

// slip132Keys are the public spellings, for the two sets of networks whose keys
// can be told apart.
var slip132Keys = []slip132{
	{"ypub", 0x049d7cb2, P2SHP2WPKH, &chaincfg.MainNetParams},
	{"zpub", 0x04b24746, P2WPKH, &chaincfg.MainNetParams},
	{"Ypub", 0x0295b43f, 0, &chaincfg.MainNetParams},
	{"Zpub", 0x02aa7ed3, 0, &chaincfg.MainNetParams},
	{"upub", 0x044a5262, P2SHP2WPKH, &chaincfg.TestNet4Params},
	{"vpub", 0x045f1cf6, P2WPKH, &chaincfg.TestNet4Params},
	{"Upub", 0x024289ef, 0, &chaincfg.TestNet4Params},
	{"Vpub", 0x02575483, 0, &chaincfg.TestNet4Params},
}

// slip132Private are the private ones: yprv, zprv, Yprv, Zprv, uprv, vprv,
// Uprv and Vprv.
var slip132Private = []uint32{
	0x049d7878, 0x04b2430c, 0x0295b005, 0x02aa7a99,
	0x044a4e28, 0x045f18bc, 0x024285b5, 0x02575048,
}

func slip132Of(version []byte) *slip132 {
	v := binary.BigEndian.Uint32(version)
	for i := range slip132Keys {
		if slip132Keys[i].version == v {
			return &slip132Keys[i]
		}
	}
	return nil
}

// KeyKind returns the kind of script an extended public key says it is for:
// P2SHP2WPKH for ypub and upub, P2WPKH for zpub and vpub, and 0 for xpub and
// tpub, which do not say. An origin in brackets may stand before it. Errors are
// of type *[ParseError], of KindMultisig for Ypub, Zpub and the like.
func KeyKind(s string) (ScriptKind, error) {
	k, err := parseAccountKey(s)
	return k.says, err
}

// FromKey returns the two keychains, external and internal, of an account's
// extended public key: "xpub…", or "[d34db33f/84h/0h/0h]zpub…". The kind is
// that of [KeyKind]; an xpub or tpub takes it from the caller, who asks the
// person, since a wrong one shows other addresses. Kind 0 leaves it to the key;
// an xpub is then refused with KindChoice, as is a kind the key contradicts.
// Errors are of type *[ParseError].
func FromKey(s string, kind ScriptKind) (external, internal *Descriptor, err error) {
	k, err := parseAccountKey(s)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case k.says == 0 && kind == 0:
		return nil, nil, parseError(KindChoice, "the key does not say what kind of addresses it has")
	case k.says != 0 && kind != 0 && kind != k.says:
		return nil, nil, parseError(KindChoice, "the key says it is for another kind of addresses")
	case k.says != 0:
		kind = k.says
	case kind < P2PKH || kind > P2TR:
		return nil, nil, parseError(KindScript, "only pkh, sh(wpkh), wpkh and tr of one key are known")
	}
	k.base.kind = kind
	key, err := checkedKey(k.raw)
	if err != nil {
		return nil, nil, err
	}
	if k.base.hasOrigin && !isAt(key, k.base.origin) {
		return nil, nil, parseError(KindOrigin, "the key is not at the path of its origin")
	}
	text := base58.CheckEncode(k.raw[1:], k.raw[0])
	if external, err = k.base.extended(text, key, Path{uint32(External)}, true); err != nil {
		return nil, nil, err
	}
	if internal, err = k.base.extended(text, key, Path{uint32(Internal)}, true); err != nil {
		return nil, nil, err
	}
	return external, internal, nil
}

// accountKey is an extended key given without a descriptor around it.
type accountKey struct {
	base Descriptor
	raw  []byte // with the version of an xpub or tpub
	says ScriptKind
}

func parseAccountKey(s string) (k accountKey, err error) {
	s = strings.TrimSpace(s)
	if len(s) > maxText {
		return k, parseError(KindKey, "the text is too long")
	}
	if k.base, s, err = k.base.cutOrigin(s); err != nil {
		return k, err
	}
	if k.raw, err = decodeXkey(s); err != nil {
		return k, err
	}
	if isPublicVersion(k.raw[:4]) {
		return k, nil
	}
	slip := slip132Of(k.raw[:4])
	switch {
	case slip == nil:
		return k, parseError(KindKey, "the extended key is of no known network")
	case slip.kind == 0:
		return k, parseError(KindMultisig, "a "+slip.name+" is of a wallet with several keys, which is not known here")
	}
	k.says = slip.kind
	copy(k.raw, slip.net.HDPublicKeyID[:])
	return k, nil
}
