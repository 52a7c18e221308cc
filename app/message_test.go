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
	// The first addresses of these words, as the BIPs and other wallets show them.
	for _, at := range []struct {
		purpose uint32
		address string
		format  message.Format
	}{
		{44, "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA", message.Legacy},
		{49, "37VucYSaXLCAsxYyAPfbSi9eh4iEcbShgf", message.Full},
		{84, "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", message.Simple},
		{86, "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr", message.Simple},
	} {
		for _, text := range []string{"", "Hello World", "ü\n"} {
			sig, err := k.SignMessage([]byte(keystoretest.Password), at.purpose, 0, 0, 0, []byte(text))
			require.NoError(t, err)
			r := message.Verify(at.address, text, sig, &chaincfg.MainNetParams)
			require.NoError(t, r.Err)
			require.Equal(t, message.Valid, r.Verdict)
			require.Equal(t, at.format, r.Format)
			r = message.Verify(at.address, text+".", sig, &chaincfg.MainNetParams)
			require.Equal(t, message.Invalid, r.Verdict)
		}
	}
}
