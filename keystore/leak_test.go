package keystore_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"thistle/keystore"
	"thistle/keystore/keystoretest"
)

// shapes are the ways in which bytes show up when a value is printed.
func shapes(b []byte) []string {
	n := min(len(b), 6)
	decimal := fmt.Sprint(b[:n])
	return []string{
		string(b[:n]), hex.EncodeToString(b[:n]), fmt.Sprintf("%X", b[:n]), decimal[1 : len(decimal)-1],
		fmt.Sprintf("%#v", b[:n])[len("[]byte{") : len(fmt.Sprintf("%#v", b[:n]))-1],
		base64.StdEncoding.EncodeToString(b[:n])[:6],
	}
}

// Printing anything this package hands out or takes reveals no secret, in any
// state.
func TestFormatting(t *testing.T) {
	t.Parallel()
	p := keystoretest.Params(t, regtest, keystoretest.Words24)
	p.Passphrase = keystore.Hold([]byte("a secret passphrase"))
	k, _ := keystoretest.New(t, regtest, keystoretest.Words24)
	xpub, err := k.AccountXpub(84, 0)
	require.NoError(t, err)
	view := keystore.ViewKey(k)
	require.Len(t, view, 32)
	reveal, wipe, err := k.Words(password)
	require.NoError(t, err)
	defer wipe()

	secrets := shapes([]byte(xpub))
	for _, b := range [][]byte{p.Entropy(), p.Password(), p.Passphrase(), view, []byte(keystoretest.Words24)} {
		secrets = append(secrets, shapes(b)...)
	}
	check := func(state string, values ...any) {
		for i, v := range values {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
				shown := fmt.Sprintf(verb, v)
				for _, secret := range secrets {
					require.NotContains(t, shown, secret, "%s: %s of value %d", state, verb, i)
				}
			}
			// Closures cannot be marshalled, which is an error and not a leak.
			b, _ := json.Marshal(v)
			for _, secret := range secrets {
				require.NotContains(t, string(b), secret, "%s: JSON of value %d", state, i)
			}
		}
	}
	check("unlocked", k, keystore.Deref(k), []any{k}, map[string]any{"k": k}, p, &p, []any{p}, p.Entropy, p.Options, k.Info(), reveal, keystore.View(k))
	k.Lock()
	check("locked", k, keystore.Deref(k))
	for _, wrong := range []string{"wrong password 1", "\xffwrong"} {
		err := k.Unlock([]byte(wrong))
		require.Error(t, err)
		check("error", err)
		require.NotContains(t, fmt.Sprintf("%+v", err), "wrong password 1")
	}
	require.NoError(t, k.Close())
	check("closed", k)
}

// The check above would see a secret in a plain field.
func TestFormattingSees(t *testing.T) {
	t.Parallel()
	type careless struct{ key []byte }
	secret := []byte{0xde, 0xad, 0xbe, 0xef, 0x12, 0x34, 0x56}
	for _, verb := range []string{"%v", "%+v", "%#v", "%x"} {
		shown := fmt.Sprintf(verb, careless{secret})
		found := false
		for _, s := range shapes(secret) {
			found = found || strings.Contains(shown, s)
		}
		require.True(t, found, verb)
	}
}
