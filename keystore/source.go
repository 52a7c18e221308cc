package keystore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/btcsuite/btcd/chaincfg/v2"

	"thistle/keystore/hd"
	"thistle/keystore/mnemonic"
)

// Source is what a wallet's keys come from. Its number is written to files.
type Source uint8

// The sources.
const (
	SourceWords      Source = 1 // recovery words, and perhaps a passphrase
	SourceMasterKey  Source = 2 // the extended private key at the top
	SourceAccountKey Source = 3 // that of one account: there are no others
)

const (
	maxEntropy    = 32
	maxPassphrase = mnemonic.MaxPassphrase
	maxSecret     = 112 // an extended key as text
	// accountDepth is how deep an account's key lies (BIP44).
	accountDepth = 3
	// Records of secrets have one size, so that the file does not tell how many
	// words there are, whether there is a passphrase, or whether there are words.
	secretAt     = 4
	passphraseAt = secretAt + maxSecret
	spendSize    = passphraseAt + 2 + maxPassphrase
	seedSize     = 1 + maxEntropy + 2 + maxPassphrase
)

// spendSecrets is the plaintext of the record that can spend: source 1 ‖
// language of the words 1 ‖ purpose of the one account 1 ‖ length 1 ‖ entropy or
// extended key as text, padded to 112 ‖ passphrase length 2 ‖ passphrase, padded
// to 1024.
type spendSecrets struct{ raw func() []byte }

// newSpendSecrets copies the source out of what Create is given.
func newSpendSecrets(p CreateParams) (*spendSecrets, error) {
	entropy, key := p.Entropy.bytes(), bytes.TrimSpace(p.ExtendedKey.bytes())
	if len(key) > 0 {
		if len(entropy) > 0 || len(p.Passphrase.bytes()) > 0 || p.Language != English {
			return nil, fmt.Errorf("%w: words or a passphrase beside an extended key", ErrSource)
		}
		return newKeySecrets(key, p.Purpose, p.Net)
	}
	if p.Purpose != 0 {
		return nil, fmt.Errorf("%w: words are of all purposes", ErrSource)
	}
	passphrase, err := mnemonic.NormalizePassphrase(p.Passphrase.bytes())
	if err != nil {
		return nil, err
	}
	defer clear(passphrase)
	return newWordSecrets(entropy, p.Language, passphrase)
}

func newWordSecrets(entropy []byte, language Language, passphrase []byte) (*spendSecrets, error) {
	if !language.Valid() {
		return nil, ErrLanguage
	}
	if len(entropy) > maxEntropy || len(passphrase) > maxPassphrase {
		return nil, ErrTooLong
	}
	b := make([]byte, spendSize)
	b[0], b[1], b[3] = byte(SourceWords), byte(language), byte(len(entropy))
	copy(b[secretAt:], entropy)
	binary.BigEndian.PutUint16(b[passphraseAt:], uint16(len(passphrase)))
	copy(b[passphraseAt+2:], passphrase)
	return &spendSecrets{raw: func() []byte { return b }}, nil
}

// newKeySecrets takes a master key, or the key of an account of a purpose.
func newKeySecrets(text []byte, purpose uint32, net *chaincfg.Params) (*spendSecrets, error) {
	if _, err := hd.CoinType(net); err != nil {
		return nil, err
	}
	key, err := hd.ParsePrivate(text, net)
	if err != nil {
		return nil, err
	}
	defer key.Wipe()
	source := SourceMasterKey
	switch {
	case key.Depth() == 0 && purpose == 0:
	case key.Depth() == accountDepth && key.Index() >= hd.Hardened && slices.Contains(hd.Purposes(), purpose):
		source = SourceAccountKey
	default:
		return nil, fmt.Errorf("%w: neither a master key nor that of an account of purpose %d: depth %d, index %d",
			ErrSource, purpose, key.Depth(), key.Index())
	}
	b := make([]byte, spendSize)
	b[0], b[2], b[3] = byte(source), byte(purpose), byte(len(text))
	copy(b[secretAt:passphraseAt], text)
	return &spendSecrets{raw: func() []byte { return b }}, nil
}

// parseSpendSecrets takes the bytes over.
func parseSpendSecrets(b []byte) (*spendSecrets, error) {
	s := &spendSecrets{raw: func() []byte { return b }}
	if len(b) != spendSize || int(b[3]) > maxSecret || binary.BigEndian.Uint16(b[passphraseAt:]) > maxPassphrase ||
		s.source() == SourceWords && b[3] > maxEntropy {
		clear(b)
		return nil, fmt.Errorf("%w: secrets record", ErrCorrupt)
	}
	if s.source() < SourceWords || s.source() > SourceAccountKey || !s.language().Valid() {
		source, language := b[0], b[1]
		clear(b)
		return nil, fmt.Errorf("%w: source %d, language %d", ErrVersion, source, language)
	}
	return s, nil
}

// parseSeed reads, and clears, the record of format 1: entropy length 1 ‖
// entropy, padded to 32 ‖ passphrase length 2 ‖ passphrase, padded to 1024.
func parseSeed(b []byte) (*spendSecrets, error) {
	defer clear(b)
	if len(b) != seedSize || b[0] > maxEntropy || binary.BigEndian.Uint16(b[1+maxEntropy:]) > maxPassphrase {
		return nil, fmt.Errorf("%w: secrets record", ErrCorrupt)
	}
	passphrase := b[3+maxEntropy:]
	return newWordSecrets(b[1:1+b[0]], English, passphrase[:binary.BigEndian.Uint16(b[1+maxEntropy:])])
}

func (s *spendSecrets) source() Source     { return Source(s.raw()[0]) }
func (s *spendSecrets) language() Language { return Language(s.raw()[1]) }
func (s *spendSecrets) purpose() uint32    { return uint32(s.raw()[2]) }

// secret and passphrase are views into the record, gone when it is wiped.
func (s *spendSecrets) secret() []byte { b := s.raw(); return b[secretAt : secretAt+int(b[3])] }

func (s *spendSecrets) passphrase() []byte {
	b := s.raw()[passphraseAt:]
	return b[2 : 2+binary.BigEndian.Uint16(b)]
}

func (s *spendSecrets) wipe() { clear(s.raw()) }

// root derives the key at which the paths of the accounts begin; the caller
// wipes it.
func (s *spendSecrets) root(net *chaincfg.Params) (*hd.Key, error) {
	if s.source() != SourceWords {
		return hd.ParsePrivate(s.secret(), net)
	}
	words, err := mnemonic.FromEntropy(s.secret(), s.language())
	if err != nil {
		return nil, err
	}
	defer clear(words)
	seed, err := mnemonic.Seed(words, s.passphrase())
	if err != nil {
		return nil, err
	}
	defer clear(seed)
	breathe()
	return hd.NewMaster(seed)
}

// accounts derives what is prepared of a wallet when it is made.
func (s *spendSecrets) accounts(net *chaincfg.Params) (accounts, error) {
	root, err := s.root(net)
	if err != nil {
		return nil, err
	}
	defer root.Wipe()
	if s.source() == SourceAccountKey {
		a := &account{purpose: s.purpose(), number: root.Index() &^ hd.Hardened}
		if a.fingerprint, err = root.Fingerprint(); err != nil {
			return nil, err
		}
		a.xpub, err = root.Public(net)
		return accounts{a}, err
	}
	var list accounts
	for _, purpose := range hd.Purposes() {
		more, err := deriveAccounts(root, net, purpose, 0, prepared)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}
