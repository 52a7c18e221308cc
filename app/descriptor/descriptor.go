package descriptor

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/schnorr"
	"github.com/btcsuite/btcd/btcutil/v2/hdkeychain"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/txscript/v2"
)

// Keychain is the fourth level of a BIP44 path.
type Keychain uint32

// The two keychains: addresses shown to others, and our change.
const (
	External Keychain = 0
	Internal Keychain = 1
)

// String names the keychain.
func (k Keychain) String() string {
	switch k {
	case External:
		return "external"
	case Internal:
		return "internal"
	}
	return fmt.Sprintf("keychain %d", uint32(k))
}

// Descriptor is a recipe of scripts, one for every index below 2^31.
type Descriptor struct {
	kind        ScriptKind
	hasOrigin   bool
	fingerprint [4]byte
	origin      Path
	xpub        string
	version     []byte
	own         Path                    // after the xpub
	key         *hdkeychain.ExtendedKey // derived along own
}

// maxText bounds a descriptor's text; a real one has under 200 characters.
const maxText = 4096

// wrappers are the spellings of the kinds of script.
var wrappers = []struct {
	kind       ScriptKind
	head, tail string
}{
	{P2PKH, "pkh(", ")"},
	{P2SHP2WPKH, "sh(wpkh(", "))"},
	{P2WPKH, "wpkh(", ")"},
	{P2TR, "tr(", ")"},
}

// Parse reads a descriptor with its checksum. Errors are of type *[ParseError].
func Parse(s string) (*Descriptor, error) {
	if len(s) > maxText {
		return nil, parseError(KindScript, "the text is too long")
	}
	body, sum, found := strings.Cut(s, "#")
	if !found {
		return nil, parseError(KindChecksumMissing, "the checksum is missing")
	}
	want, err := Checksum(body)
	if err != nil {
		return nil, err
	}
	if sum != want {
		return nil, parseError(KindChecksum, "the checksum is wrong")
	}
	for _, w := range wrappers {
		inner, ok := strings.CutPrefix(body, w.head)
		if !ok {
			continue
		}
		if inner, ok = strings.CutSuffix(inner, w.tail); !ok {
			break
		}
		return parseKey(w.kind, inner)
	}
	return nil, parseError(KindScript, "only pkh, sh(wpkh), wpkh and tr of one key are known")
}

// parseKey reads "[origin]xpub/0/*".
func parseKey(kind ScriptKind, s string) (*Descriptor, error) {
	d := &Descriptor{kind: kind}
	if rest, ok := strings.CutPrefix(s, "["); ok {
		origin, key, found := strings.Cut(rest, "]")
		if !found {
			return nil, parseError(KindOrigin, "the key origin is not closed")
		}
		var err error
		if d.fingerprint, d.origin, err = parseOrigin(origin); err != nil {
			return nil, err
		}
		d.hasOrigin, s = true, key
	}
	xpub, path, found := strings.Cut(s, "/")
	key, err := parseXpub(xpub)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, parseError(KindPath, "the key is not ranged: it must end in /*")
	}
	if d.own, err = parseRange(path); err != nil {
		return nil, err
	}
	return d.finish(xpub, key)
}

// parseRange reads "0/*" and returns the steps before the star.
func parseRange(s string) (Path, error) {
	steps := strings.Split(s, "/")
	last := len(steps) - 1
	if steps[last] != "*" {
		return nil, parseError(KindPath, "the key is not ranged: it must end in /*")
	}
	var path Path
	for _, s := range steps[:last] {
		i, ok := parseStep(s)
		if !ok || i&Hardened != 0 {
			return nil, parseError(KindPath, "malformed or hardened path after the key")
		}
		path = append(path, i)
	}
	return path, nil
}

// WPKH returns the descriptor wpkh([fingerprint/account]xpub/keychain/*) of an
// account: path is that of the account from the master key, m/84h/0h/0h say,
// and xpub must be a key of that depth and last index.
func WPKH(fingerprint [4]byte, account []uint32, xpub string, keychain Keychain) (*Descriptor, error) {
	key, err := parseXpub(xpub)
	if err != nil {
		return nil, err
	}
	depth := len(account)
	if int(key.Depth()) != depth || (depth > 0 && key.ChildIndex() != account[depth-1]) {
		return nil, parseError(KindKey, "the key is not at the account's path")
	}
	if keychain != External && keychain != Internal {
		return nil, parseError(KindPath, "no such keychain")
	}
	d := &Descriptor{
		kind: P2WPKH, hasOrigin: true, fingerprint: fingerprint,
		origin: slices.Clone(account), own: Path{uint32(keychain)},
	}
	return d.finish(xpub, key)
}

// finish derives the key whose children the scripts pay to, once.
func (d *Descriptor) finish(xpub string, key *hdkeychain.ExtendedKey) (*Descriptor, error) {
	d.xpub, d.version = xpub, key.Version()
	if int(key.Depth())+len(d.own)+1 > 255 {
		return nil, parseError(KindPath, "the path after the key is too long")
	}
	for _, i := range d.own {
		child, err := key.Derive(i)
		if err != nil {
			return nil, parseError(KindPath, "the path after the key leads to no key")
		}
		key = child
	}
	d.key = key
	return d, nil
}

// String prints the descriptor with its checksum, hardened steps with h.
func (d *Descriptor) String() string {
	var b strings.Builder
	w := wrappers[d.kind-P2PKH]
	b.WriteString(w.head)
	if d.hasOrigin {
		fmt.Fprintf(&b, "[%s%s]", hex.EncodeToString(d.fingerprint[:]), d.origin.tail())
	}
	b.WriteString(d.xpub + d.own.tail() + "/*" + w.tail)
	sum, err := Checksum(b.String())
	if err != nil {
		// Every character written above is in the alphabet.
		panic(err)
	}
	return b.String() + "#" + sum
}

// Kind returns the kind of the scripts.
func (d *Descriptor) Kind() ScriptKind { return d.kind }

// Fingerprint returns the master key's fingerprint from the origin, or zeros.
func (d *Descriptor) Fingerprint() [4]byte { return d.fingerprint }

// IsForNet reports whether the extended key is of this network. Testnet4,
// signet and regtest cannot be told apart.
func (d *Descriptor) IsForNet(net *chaincfg.Params) bool {
	return bytes.Equal(d.version, net.HDPublicKeyID[:])
}

// Path returns the path of an index from the origin's master key, or from the
// extended key if there is no origin.
func (d *Descriptor) Path(index uint32) Path {
	return append(slices.Concat(d.origin, d.own), index)
}

// Derived is what stands at one index.
type Derived struct {
	Index  uint32
	PubKey [33]byte // compressed; for taproot the internal key
	Script []byte   // pkScript
}

// Derive returns key and script at an index below 2^31: errors are [ErrIndex]
// and [ErrNoKey].
func (d *Descriptor) Derive(index uint32) (Derived, error) {
	key, err := d.pubKey(index)
	if err != nil {
		return Derived{}, fmt.Errorf("derive index %d: %w", index, err)
	}
	out := Derived{Index: index}
	copy(out.PubKey[:], key.SerializeCompressed())
	out.Script = d.kind.script(key)
	return out, nil
}

// Script returns the pkScript at an index; see [Descriptor.Derive].
func (d *Descriptor) Script(index uint32) ([]byte, error) {
	out, err := d.Derive(index)
	return out.Script, err
}

// PubKey returns the compressed public key at an index; see
// [Descriptor.Derive].
func (d *Descriptor) PubKey(index uint32) ([33]byte, error) {
	out, err := d.Derive(index)
	return out.PubKey, err
}

// Address returns the address at an index on a network, [ErrNetwork] if the
// key is of another.
func (d *Descriptor) Address(index uint32, net *chaincfg.Params) (string, error) {
	if !d.IsForNet(net) {
		return "", fmt.Errorf("address: %w", ErrNetwork)
	}
	script, err := d.Script(index)
	if err != nil {
		return "", err
	}
	return AddressOf(script, net)
}

func (d *Descriptor) pubKey(index uint32) (*btcec.PublicKey, error) {
	if index >= Hardened {
		return nil, ErrIndex
	}
	child, err := d.key.Derive(index)
	if errors.Is(err, hdkeychain.ErrInvalidChild) {
		return nil, ErrNoKey
	}
	if err != nil {
		return nil, err
	}
	return child.ECPubKey()
}

// script builds the output script that pays to one key.
func (k ScriptKind) script(key *btcec.PublicKey) []byte {
	if k == P2TR {
		out := txscript.ComputeTaprootKeyNoScript(key)
		return witnessScript(1, schnorr.SerializePubKey(out))
	}
	hash := address.Hash160(key.SerializeCompressed())
	switch k {
	case P2PKH:
		return keyHashScript(hash)
	case P2SHP2WPKH:
		return scriptHashScript(address.Hash160(witnessScript(0, hash)))
	default:
		return witnessScript(0, hash)
	}
}
