// Package keystoretest has keystores for the tests of other packages: fixed
// words, a key derivation that costs next to nothing, and a signer without a
// file.
//
// New gives a real keystore in a temporary folder, which is what most tests
// want. Signer is a fake in memory for tests that sign thousands of times; it
// checks nothing that a keystore checks. Neither is secret: never send coins to
// these words.
package keystoretest

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/btcsuite/btcd/chaincfg/v2"

	"thistle/keystore"
)

// Words of well-known test wallets: BIP84's example, one of 24 words, and a
// second wallet of 12.
const (
	Words12 = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
	Words24 = "letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic bless"
	Other12 = "legal winner thank year wave sausage worth useful legal winner thank yellow"
)

// Password opens the keystores made here.
const Password = "correct horse battery"

// Birthday is that of the keystores made here.
var Birthday = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

// CheapKDF is a cost for tests: some milliseconds.
var CheapKDF = keystore.KDF{Time: 1, MemoryKiB: 64, Threads: 1}

// CheapOptions accept CheapKDF, which the default bounds refuse.
func CheapOptions() keystore.Options {
	return keystore.Options{
		KDF:    CheapKDF,
		Bounds: keystore.Bounds{Min: CheapKDF, Max: keystore.KDF{Time: 16, MemoryKiB: 1 << 20, Threads: 16}},
		Wait:   500 * time.Millisecond, // a fork elsewhere in the tests holds every lock for a moment
	}
}

// RealOptions are the cheapest that a person's keystore may have, some tenths of a
// second; and unlike one of CheapKDF it overwrites what is left in memory.
func RealOptions() keystore.Options {
	o := CheapOptions()
	o.KDF, o.Bounds = keystore.KDF{Time: 2, MemoryKiB: 64 << 10, Threads: 1}, keystore.Bounds{}
	return o
}

// Params are those of a keystore of these words, without a passphrase.
func Params(t testing.TB, net *chaincfg.Params, words string) keystore.CreateParams {
	t.Helper()
	entropy, found, err := keystore.EntropyFromWords([]byte(words))
	if err != nil {
		t.Fatal(err)
	}
	return keystore.CreateParams{
		Net:      net,
		Password: keystore.Hold([]byte(Password)),
		Entropy:  keystore.Hold(entropy),
		Language: found.Language,
		Birthday: Birthday,
		Options:  CheapOptions(),
	}
}

// New creates an unlocked keystore of these words in a temporary folder and
// returns its path too. It is closed with the test.
func New(t testing.TB, net *chaincfg.Params, words string) (*keystore.Keystore, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wallet", "keystore.db")
	k, err := keystore.Create(path, Params(t, net, words))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
	return k, path
}
