package app_test

import (
	"testing"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"

	"thistle/app/message"
	"thistle/keystore/keystoretest"
)

// What the keystore signs is valid for the code that verifies what others sign.
func TestMessageSignedIsValid(t *testing.T) {
	t.Parallel()
	k, _ := keystoretest.New(t, &chaincfg.MainNetParams, keystoretest.Words12)
	for _, text := range []string{"", "Hello World", "ü\n"} {
		sig, err := k.SignMessage([]byte(keystoretest.Password), 84, 0, 0, 0, []byte(text))
		require.NoError(t, err)
		// BIP84's first address of these words.
		r := message.Verify("bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", text, sig, &chaincfg.MainNetParams)
		require.NoError(t, r.Err)
		require.Equal(t, message.Valid, r.Verdict)
		require.Equal(t, message.Simple, r.Format)
		r = message.Verify("bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", text+".", sig, &chaincfg.MainNetParams)
		require.Equal(t, message.Invalid, r.Verdict)
	}
}
