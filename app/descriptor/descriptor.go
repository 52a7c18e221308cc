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

// Descriptor is a recipe of scripts: one for every index below 2^31, or, if it
// is not [Descriptor.Ranged], a single one.
type Descriptor struct {
	kind         ScriptKind
	hasOrigin    bool
	fingerprint  [4]byte
	origin       Path
	text         string                  // the key as it is printed
	version      []byte                  // of the extended key; nil for a plain one
	own          Path                    // after the extended key
	key          *hdkeychain.ExtendedKey // derived along own, if ranged
	fixed        *btcec.PublicKey        // if not ranged
	uncompressed bool                    // the script hashes the key's 65 byte form
}

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

// PKH returns the descriptor pkh([fingerprint/account]xpub/keychain/*) of an
// account of BIP44; see [ForAccount].
func PKH(fingerprint [4]byte, account []uint32, xpub string, keychain Keychain) (*Descriptor, error) {
	return ForAccount(P2PKH, fingerprint, account, xpub, keychain)
}

// SHWPKH returns the descriptor sh(wpkh([fingerprint/account]xpub/keychain/*))
// of an account of BIP49; see [ForAccount].
func SHWPKH(fingerprint [4]byte, account []uint32, xpub string, keychain Keychain) (*Descriptor, error) {
	return ForAccount(P2SHP2WPKH, fingerprint, account, xpub, keychain)
}

// WPKH returns the descriptor wpkh([fingerprint/account]xpub/keychain/*) of an
// account of BIP84; see [ForAccount].
func WPKH(fingerprint [4]byte, account []uint32, xpub string, keychain Keychain) (*Descriptor, error) {
	return ForAccount(P2WPKH, fingerprint, account, xpub, keychain)
}

// TR returns the descriptor tr([fingerprint/account]xpub/keychain/*) of an
// account of BIP86; see [ForAccount].
func TR(fingerprint [4]byte, account []uint32, xpub string, keychain Keychain) (*Descriptor, error) {
	return ForAccount(P2TR, fingerprint, account, xpub, keychain)
}

// ForAccount returns the descriptor of one keychain of an account: account is
// its path from the master key, m/84h/0h/0h say, and xpub must be a key of that
// depth and last index. Errors are of type *[ParseError].
func ForAccount(kind ScriptKind, fingerprint [4]byte, account []uint32, xpub string, keychain Keychain) (*Descriptor, error) {
	if kind < P2PKH || kind > P2TR {
		return nil, parseError(KindScript, "only pkh, sh(wpkh), wpkh and tr of one key are known")
	}
	key, err := parseXpub(xpub)
	if err != nil {
		return nil, err
	}
	if !isAt(key, account) {
		return nil, parseError(KindKey, "the key is not at the account's path")
	}
	if keychain != External && keychain != Internal {
		return nil, parseError(KindPath, "no such keychain")
	}
	base := Descriptor{kind: kind, hasOrigin: true, fingerprint: fingerprint, origin: slices.Clone(account)}
	return base.extended(xpub, key, Path{uint32(keychain)}, true)
}

// isAt says that depth and last index of a key are those of a path.
func isAt(key *hdkeychain.ExtendedKey, path []uint32) bool {
	n := len(path)
	return int(key.Depth()) == n && (n == 0 || key.ChildIndex() == path[n-1])
}

// ForPubKey returns the descriptor of the one script of a kind that a public
// key has, of 33 bytes, or of 65 for P2PKH alone. Errors are of type
// *[ParseError].
func ForPubKey(kind ScriptKind, pubKey []byte) (*Descriptor, error) {
	if kind < P2PKH || kind > P2TR {
		return nil, parseError(KindScript, "only pkh, sh(wpkh), wpkh and tr of one key are known")
	}
	if len(pubKey) == xOnlyLen {
		return nil, parseError(KindKey, "the public key has a wrong length")
	}
	return Descriptor{kind: kind}.plain(pubKey)
}

// extended completes a descriptor with an extended key and derives the key
// whose children the scripts pay to, once.
func (d Descriptor) extended(xpub string, key *hdkeychain.ExtendedKey, own Path, ranged bool) (*Descriptor, error) {
	d.text, d.version, d.own = xpub, key.Version(), own
	if int(key.Depth())+len(own)+1 > 255 {
		return nil, parseError(KindPath, "the path after the key is too long")
	}
	for _, i := range own {
		child, err := key.Derive(i)
		if err != nil {
			return nil, parseError(KindPath, "the path after the key leads to no key")
		}
		key = child
	}
	if ranged {
		d.key = key
		return &d, nil
	}
	var err error
	if d.fixed, err = key.ECPubKey(); err != nil {
		return nil, parseError(KindKey, "the extended key holds no point of the curve")
	}
	return &d, nil
}

// plain completes a descriptor with a key that has no children.
func (d Descriptor) plain(pubKey []byte) (*Descriptor, error) {
	var err error
	switch {
	case len(pubKey) == xOnlyLen && d.kind == P2TR:
		d.fixed, err = schnorr.ParsePubKey(pubKey)
	case len(pubKey) == btcec.PubKeyBytesLenCompressed:
		d.fixed, err = btcec.ParsePubKey(pubKey)
	case len(pubKey) == uncompressedLen && pubKey[0] == 4 && d.kind == P2PKH:
		d.uncompressed = true
		d.fixed, err = btcec.ParsePubKey(pubKey)
	case len(pubKey) == uncompressedLen:
		return nil, parseError(KindKey, "only pkh takes an uncompressed key")
	default:
		return nil, parseError(KindKey, "the public key has a wrong length")
	}
	if err != nil {
		return nil, parseError(KindKey, "the public key is no point of the curve")
	}
	d.text = hex.EncodeToString(pubKey)
	return &d, nil
}

// String prints the descriptor with its checksum, hardened steps with h.
func (d *Descriptor) String() string { return d.print(d.own.tail()) }

// print writes the descriptor with this path after the key.
func (d *Descriptor) print(own string) string {
	var b strings.Builder
	w := wrappers[d.kind-P2PKH]
	b.WriteString(w.head)
	if d.hasOrigin {
		fmt.Fprintf(&b, "[%s%s]", hex.EncodeToString(d.fingerprint[:]), d.origin.tail())
	}
	b.WriteString(d.text + own)
	if d.Ranged() {
		b.WriteString("/*")
	}
	b.WriteString(w.tail)
	sum, err := Checksum(b.String())
	if err != nil {
		// Every character written above is in the alphabet.
		panic(err)
	}
	return b.String() + "#" + sum
}

// Ranged reports whether there is a script for every index, and not one only.
func (d *Descriptor) Ranged() bool { return d.key != nil }

// Uncompressed reports whether the script hashes the 65 byte form of the key,
// which whoever spends must then show. Only a fixed P2PKH can be such.
func (d *Descriptor) Uncompressed() bool { return d.uncompressed }

// HasOrigin reports whether fingerprint and path from a master key are known.
func (d *Descriptor) HasOrigin() bool { return d.hasOrigin }

// Kind returns the kind of the scripts.
func (d *Descriptor) Kind() ScriptKind { return d.kind }

// Fingerprint returns the master key's fingerprint from the origin, or zeros.
func (d *Descriptor) Fingerprint() [4]byte { return d.fingerprint }

// IsForNet reports whether the extended key is of this network. Testnet4,
// signet and regtest cannot be told apart, and a plain key is of every network.
func (d *Descriptor) IsForNet(net *chaincfg.Params) bool {
	return d.version == nil || bytes.Equal(d.version, net.HDPublicKeyID[:])
}

// Path returns the path of an index from the origin's master key, or from the
// extended key if there is no origin. A fixed key's is the same for all.
func (d *Descriptor) Path(index uint32) Path {
	if !d.Ranged() {
		return slices.Concat(d.origin, d.own)
	}
	return append(slices.Concat(d.origin, d.own), index)
}

// Derived is what stands at one index.
type Derived struct {
	Index  uint32
	PubKey [33]byte // compressed, whatever the script hashes; for taproot the internal key
	Script []byte   // pkScript
}

// Derive returns key and script at an index below 2^31, or at 0 alone if the
// descriptor is not ranged: errors are [ErrIndex] and [ErrNoKey].
func (d *Descriptor) Derive(index uint32) (Derived, error) {
	key, err := d.pubKey(index)
	if err != nil {
		return Derived{}, fmt.Errorf("derive index %d: %w", index, err)
	}
	out := Derived{Index: index}
	copy(out.PubKey[:], key.SerializeCompressed())
	out.Script = d.kind.script(key, d.uncompressed)
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
	if index >= Hardened || (!d.Ranged() && index > 0) {
		return nil, ErrIndex
	}
	if !d.Ranged() {
		return d.fixed, nil
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
func (k ScriptKind) script(key *btcec.PublicKey, uncompressed bool) []byte {
	if k == P2TR {
		out := txscript.ComputeTaprootKeyNoScript(key)
		return witnessScript(1, schnorr.SerializePubKey(out))
	}
	serialized := key.SerializeCompressed()
	if uncompressed {
		serialized = key.SerializeUncompressed()
	}
	hash := address.Hash160(serialized)
	switch k {
	case P2PKH:
		return keyHashScript(hash)
	case P2SHP2WPKH:
		return scriptHashScript(address.Hash160(witnessScript(0, hash)))
	default:
		return witnessScript(0, hash)
	}
}
