package descriptor

import (
	"encoding/hex"
	"slices"
	"strings"

	"github.com/btcsuite/btcd/address/v2/base58"
	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/chaincfg/v2"
)

const (
	// maxText bounds a descriptor's text; a real one has under 200 characters.
	maxText = 4096
	// maxMultipath bounds the descriptors one text may stand for.
	maxMultipath = 16

	xOnlyLen        = 32 // a key of taproot, BIP340
	uncompressedLen = 65
)

// Parse reads one descriptor with its checksum. Errors are of type
// *[ParseError].
func Parse(s string) (*Descriptor, error) {
	ds, err := parse(s, false)
	if err != nil {
		return nil, err
	}
	if len(ds) > 1 {
		return nil, parseError(KindPath, "the text stands for several descriptors")
	}
	return ds[0], nil
}

// ParseAll reads a descriptor with its checksum, of several paths (BIP389) too:
// /<0;1>/* gives two, of which BIP389 has the first for receiving and the
// second for change. White space around the text is forgiven. Errors are of
// type *[ParseError].
func ParseAll(s string) ([]*Descriptor, error) { return parse(strings.TrimSpace(s), false) }

// ParseAllUnchecked is [ParseAll] for a text that may lack the checksum. A
// slip in a path is then not noticed and leads to other addresses: whoever
// calls it shows the first ones for comparison. A checksum that is there must
// be right.
func ParseAllUnchecked(s string) ([]*Descriptor, error) { return parse(strings.TrimSpace(s), true) }

func parse(s string, unchecked bool) ([]*Descriptor, error) {
	if len(s) > maxText {
		return nil, parseError(KindScript, "the text is too long")
	}
	body, sum, found := strings.Cut(s, "#")
	if !found && !unchecked {
		return nil, parseError(KindChecksumMissing, "the checksum is missing")
	}
	want, err := Checksum(body)
	if err != nil {
		return nil, err
	}
	if found && sum != want {
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
		if w.kind == P2TR && strings.Contains(inner, ",") {
			return nil, parseError(KindScript, "taproot with scripts is not known, only of one key")
		}
		return parseKey(w.kind, inner)
	}
	if strings.Contains(body, "wsh(") || strings.Contains(body, "multi") {
		return nil, parseError(KindMultisig, "it is of a wallet with several keys, which is not known here")
	}
	return nil, parseError(KindScript, "only pkh, sh(wpkh), wpkh and tr of one key are known")
}

// parseKey reads a key expression: "[origin]xpub/0/*" or "[origin]02ab…".
func parseKey(kind ScriptKind, s string) ([]*Descriptor, error) {
	base, s, err := Descriptor{kind: kind}.cutOrigin(s)
	if err != nil {
		return nil, err
	}
	text, path, found := strings.Cut(s, "/")
	if raw, err := hex.DecodeString(text); err == nil && len(raw) >= xOnlyLen {
		if found {
			return nil, parseError(KindPath, "a key without chain code has no path after it")
		}
		d, err := base.plain(raw)
		if err != nil {
			return nil, err
		}
		return []*Descriptor{d}, nil
	}
	key, err := parseXpub(text)
	if err != nil {
		return nil, err
	}
	paths, ranged := []Path{nil}, false
	if found {
		if paths, ranged, err = parsePaths(path); err != nil {
			return nil, err
		}
	}
	out := make([]*Descriptor, len(paths))
	for i, p := range paths {
		if out[i], err = base.extended(text, key, p, ranged); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// cutOrigin takes "[d34db33f/84h/0h/0h]" from the beginning, if it is there.
func (d Descriptor) cutOrigin(s string) (Descriptor, string, error) {
	rest, ok := strings.CutPrefix(s, "[")
	if !ok {
		return d, s, nil
	}
	origin, key, found := strings.Cut(rest, "]")
	if !found {
		return d, "", parseError(KindOrigin, "the key origin is not closed")
	}
	var err error
	if d.fingerprint, d.origin, err = parseOrigin(origin); err != nil {
		return d, "", err
	}
	if len(d.origin) > 0 && slices.Contains(multisigPurposes, d.origin[0]) {
		return d, "", parseError(KindMultisig, "the key is for a wallet with several keys, by its path; such are not known here")
	}
	d.hasOrigin = true
	return d, key, nil
}

// multisigPurposes are the first steps of paths that only wallets with several
// keys use: BIP45, 48 and 87.
var multisigPurposes = []uint32{45 | Hardened, 48 | Hardened, 87 | Hardened}

// parsePaths reads what follows an extended key, "0/*", "0/7" or "<0;1>/*":
// the steps before the star, of each descriptor the text stands for.
func parsePaths(s string) (paths []Path, ranged bool, err error) {
	steps := strings.Split(s, "/")
	if last := len(steps) - 1; steps[last] == "*" {
		steps, ranged = steps[:last], true
	}
	if len(steps) > 255 {
		return nil, false, parseError(KindPath, "the path after the key is too long")
	}
	paths = []Path{nil}
	for _, step := range steps {
		choices, err := parseChoices(step)
		if err != nil {
			return nil, false, err
		}
		if len(choices) > 1 && len(paths) > 1 {
			return nil, false, parseError(KindPath, "only one step may have several values")
		}
		var longer []Path
		for _, p := range paths {
			for _, c := range choices {
				longer = append(longer, append(slices.Clone(p), c))
			}
		}
		paths = longer
	}
	return paths, ranged, nil
}

// parseChoices reads one step, "0", or "<0;1>" (BIP389).
func parseChoices(s string) ([]uint32, error) {
	texts := []string{s}
	if inner, ok := strings.CutPrefix(s, "<"); ok {
		if inner, ok = strings.CutSuffix(inner, ">"); !ok {
			return nil, parseError(KindPath, "a step of several values is not closed")
		}
		texts = strings.Split(inner, ";")
		if len(texts) < 2 || len(texts) > maxMultipath {
			return nil, parseError(KindPath, "a step has too few or too many values")
		}
	}
	var out []uint32
	for _, t := range texts {
		i, ok := parseStep(t)
		if !ok {
			return nil, parseError(KindPath, "malformed path after the key")
		}
		if i&Hardened != 0 {
			return nil, parseError(KindPath, "a hardened step after a public key leads nowhere")
		}
		if slices.Contains(out, i) {
			return nil, parseError(KindPath, "a step has the same value twice")
		}
		out = append(out, i)
	}
	return out, nil
}

// isWIF says that a text is a private key in the format of wallets.
func isWIF(s string) bool {
	key, version, err := base58.CheckDecode(s)
	if err != nil || (len(key) != btcec.PrivKeyBytesLen && len(key) != btcec.PrivKeyBytesLen+1) {
		return false
	}
	return slices.ContainsFunc(networks(), func(n *chaincfg.Params) bool { return n.PrivateKeyID == version })
}

// Multipath writes descriptors that differ in one step of the path after the
// key as one text with its checksum (BIP389): receiving first, then change, as
// in wpkh([…]xpub…/<0;1>/*). [ParseAll] reads it. The error is a *[ParseError]
// of KindPath if they differ in more, or in nothing.
func Multipath(ds ...*Descriptor) (string, error) {
	if len(ds) < 2 || len(ds) > maxMultipath {
		return "", parseError(KindPath, "too few or too many descriptors to write as one")
	}
	first := ds[0]
	at := 0
	for at < min(len(first.own), len(ds[1].own)) && first.own[at] == ds[1].own[at] {
		at++
	}
	if at == len(first.own) {
		return "", parseError(KindPath, "the descriptors do not differ in one step")
	}
	var steps []string
	seen := map[uint32]bool{}
	for _, d := range ds {
		if len(d.own) != len(first.own) || seen[d.own[at]] {
			return "", parseError(KindPath, "the descriptors do not differ in one step")
		}
		own := slices.Clone(d.own)
		own[at] = first.own[at]
		if d.print(own.tail()) != first.String() {
			return "", parseError(KindPath, "the descriptors differ in more than one step")
		}
		seen[d.own[at]] = true
		steps = append(steps, Path{d.own[at]}.tail()[1:])
	}
	return first.print(first.own[:at].tail() + "/<" + strings.Join(steps, ";") + ">" + first.own[at+1:].tail()), nil
}
