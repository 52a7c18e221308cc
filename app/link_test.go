package app_test

import (
	"testing"

	"thistle/app"

	"github.com/stretchr/testify/require"
)

func TestParseLink(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	const address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
	const foreign = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
	for text, want := range map[string]app.Link{
		address:                       {Address: address},
		" " + address + "\n":          {Address: address},
		"bitcoin:" + address:          {Address: address},
		"BITCOIN:" + address:          {Address: address},
		"bitcoin:?bcrt=" + address:    {Address: address},
		"bitcoin:" + address + "?x=1": {Address: address},
		"bitcoin:" + address + "?amount=0.5&label=Jo%20%26%20co&message=For%20you": {Address: address, Amount: 50_000_000, Label: "Jo & co", Message: "For you"},
		"bitcoin:" + foreign + "?bcrt=" + address:                                  {Address: address},
		"bitcoin:" + address + "?bc=" + foreign:                                    {Address: address},
	} {
		link, err := app.ParseLink(env, text)
		require.NoError(t, err, text)
		require.Equal(t, &want, link, text)
	}
	for text, c := range map[string]struct {
		kind   app.Kind
		detail string
	}{
		"":                                    {app.KindAddress, "empty"},
		foreign:                               {app.KindAddress, "another network"},
		"bitcoin:" + foreign:                  {app.KindAddress, "another network"},
		"bitcoin:?bc=" + foreign:              {app.KindAddress, "another network"},
		"bitcoin:":                            {app.KindAddress, "no Bitcoin address"},
		"bitcoin:" + address[:30]:             {app.KindAddress, "mistyped"},
		"bitcoin:" + address + "?req-vault=1": {app.KindAddress, "does not know"},
		"bitcoin:" + address + "?amount=1,5":  {app.KindAmount, ""},
		"bitcoin:" + address + "?amount=1&amount=2": {app.KindAddress, "twice"},
		"ethereum:" + address:                       {app.KindAddress, ""},
	} {
		_, err := app.ParseLink(env, text)
		require.Equal(t, c.kind, app.KindOf(err), "%s: %v", text, err)
		require.ErrorContains(t, err, c.detail)
	}
}
