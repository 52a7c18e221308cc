package keystore

import (
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/btcsuite/btcd/chaincfg/v2"

	"thistle/keystore/hd"
	"thistle/keystore/mnemonic"
	"thistle/keystore/seal"
)

const (
	viewRecord    = "view/accounts"
	spendRecord   = "spend/seed"
	maxEntropy    = 32
	maxPassphrase = mnemonic.MaxPassphrase
	// Records of secrets have one size, so that the file does not tell how many
	// words there are or whether there is a passphrase.
	spendSize  = 1 + maxEntropy + 2 + maxPassphrase
	scriptSize = 22
)

// encode writes fingerprint 4 ‖ purpose 4 ‖ account 4 ‖ first script 22 ‖ xpub.
func (a *account) encode() ([]byte, error) {
	first, _, err := a.script(0, 0)
	if err != nil {
		return nil, err
	}
	b := append([]byte(nil), a.fingerprint[:]...)
	b = binary.BigEndian.AppendUint32(b, a.purpose)
	b = binary.BigEndian.AppendUint32(b, a.number)
	b = append(b, first...)
	return append(b, a.xpub.Text()...), nil
}

// decodeAccount reads what encode wrote and derives the first script again: a
// wallet that would show wrong addresses must not open.
func decodeAccount(b []byte, net *chaincfg.Params) (*account, error) {
	const fixed = 4 + 4 + 4 + scriptSize
	if len(b) < fixed {
		return nil, fmt.Errorf("%w: account record", ErrCorrupt)
	}
	a := &account{purpose: binary.BigEndian.Uint32(b[4:]), number: binary.BigEndian.Uint32(b[8:])}
	copy(a.fingerprint[:], b)
	var err error
	if a.xpub, err = hd.ParsePublic(string(b[fixed:]), net); err != nil {
		return nil, fmt.Errorf("%w: account record: %w", ErrTampered, err)
	}
	if a.path, err = hd.AccountPath(net, a.purpose, a.number); err != nil {
		return nil, fmt.Errorf("%w: account record: %w", ErrTampered, err)
	}
	if a.xpub.Depth() != len(a.path) || a.xpub.Index() != a.path[len(a.path)-1] {
		return nil, fmt.Errorf("%w: extended key is not the account's", ErrTampered)
	}
	first, _, err := a.script(0, 0)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(first, b[12:fixed]) != 1 {
		return nil, fmt.Errorf("%w: first address", ErrTampered)
	}
	return a, nil
}

// spendSecrets is the plaintext of the record that can spend: entropy length 1
// ‖ entropy, padded to 32 ‖ passphrase length 2 ‖ passphrase, padded to 1024.
type spendSecrets struct{ raw func() []byte }

func newSpendSecrets(entropy, passphrase []byte) (*spendSecrets, error) {
	if len(entropy) > maxEntropy || len(passphrase) > maxPassphrase {
		return nil, ErrTooLong
	}
	b := make([]byte, spendSize)
	b[0] = byte(len(entropy))
	copy(b[1:], entropy)
	binary.BigEndian.PutUint16(b[1+maxEntropy:], uint16(len(passphrase)))
	copy(b[3+maxEntropy:], passphrase)
	return &spendSecrets{raw: func() []byte { return b }}, nil
}

// parseSpendSecrets takes the bytes over.
func parseSpendSecrets(b []byte) (*spendSecrets, error) {
	if len(b) != spendSize || b[0] > maxEntropy || binary.BigEndian.Uint16(b[1+maxEntropy:]) > maxPassphrase {
		clear(b)
		return nil, fmt.Errorf("%w: secrets record", ErrCorrupt)
	}
	return &spendSecrets{raw: func() []byte { return b }}, nil
}

// entropy and passphrase are views into the record, gone when it is wiped.
func (s *spendSecrets) entropy() []byte { b := s.raw(); return b[1 : 1+b[0]] }

func (s *spendSecrets) passphrase() []byte {
	b := s.raw()[1+maxEntropy:]
	return b[2 : 2+binary.BigEndian.Uint16(b)]
}

func (s *spendSecrets) wipe() { clear(s.raw()) }

// root derives the master key by way of the words; the caller wipes it.
func (s *spendSecrets) root() (*hd.Key, error) {
	words, err := mnemonic.FromEntropy(s.entropy(), mnemonic.English)
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

// place binds a record to its wallet; its key is derived for its bucket.
func place(h seal.Header, name string) seal.Place {
	bucket, _, _ := strings.Cut(name, "/")
	return seal.Place{WalletID: h.WalletID, Bucket: bucket, Name: name}
}
