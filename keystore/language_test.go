package keystore_test

import (
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"thistle/assets/assetstest"
	"thistle/keystore"
	"thistle/keystore/hd"
	"thistle/keystore/keystoretest"
)

// A wallet of each language is the published one, also when its file is opened
// again, and shows its own words.
func TestPublishedWallets(t *testing.T) {
	t.Parallel()
	var sets map[string][][]string
	require.NoError(t, json.Unmarshal(assetstest.Vector(t, "bip39/trezor_vectors.json"), &sets))
	prints := map[[4]byte]bool{}
	for _, language := range keystore.Languages() {
		v := sets[strings.ReplaceAll(language.String(), "-", "_")][12]
		entropy, _, err := keystore.EntropyFromWords([]byte(v[1]), language)
		require.NoError(t, err)
		p := keystoretest.Params(t, &chaincfg.MainNetParams, keystoretest.Words12)
		p.Entropy, p.Language = keystore.Hold(entropy), language
		p.Passphrase = keystore.Hold([]byte("TREZOR"))
		path := filepath.Join(t.TempDir(), "k")
		k, err := keystore.Create(path, p)
		require.NoError(t, err)
		require.NoError(t, k.Close())

		k, err = open(t, path, &chaincfg.MainNetParams)
		require.NoError(t, err)
		require.NoError(t, k.Unlock(password))
		seed, err := hex.DecodeString(v[2])
		require.NoError(t, err)
		master, err := hd.NewMaster(seed)
		require.NoError(t, err)
		want, err := master.Fingerprint()
		require.NoError(t, err)
		got, err := k.Fingerprint()
		require.NoError(t, err)
		require.Equal(t, want, got, language)
		reveal, wipe, err := k.Words(password)
		require.NoError(t, err)
		require.Equal(t, norm.NFC.String(v[1]), string(reveal()))
		wipe()
		prints[got] = true
	}
	require.Len(t, prints, 10)
}
