package cli_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// gone is a reader that went away.
type gone struct{}

func (gone) Write([]byte) (int, error) { return 0, errors.New("nobody reads this") }

// A wallet whose words could not be written is put aside: nobody could restore
// it. The name is free again.
func TestWordsUnseen(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{{"create"}, {"create", "--json"}} {
		r := newRig(t)
		var errs bytes.Buffer
		require.Equal(t, 1, r.runTo(t.Context(), gone{}, &errs, flags...))
		require.Contains(t, errs.String(), "the wallet was put aside")
		require.NotContains(t, r.says("wallets"), "default")
		aside, err := filepath.Glob(filepath.Join(r.dir, "data", "regtest", "wallets", ".unfinished-*", "keystore.db"))
		require.NoError(t, err)
		require.Len(t, aside, 1)
		r.says("create")
	}
}

// What can be refused without the password is refused before it is tried.
func TestArgumentsBeforePassword(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.says("create")
	wrong := []string{"--password-file", r.file("wrong", "something else\n")}
	r.fails(2, "bad_amount", append(wrong, "send", regtestAddress, "0,1")...)
	r.fails(4, "wrong_password", append(wrong, "send", regtestAddress, "0.1")...)
}

// Where no peers can be found nobody is kept waiting.
func TestNowhereToLook(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.says("create")
	require.Contains(t, r.fails(3, "no_peers", "sync", "--timeout", "50s"), "regtest has no public peers")
}
