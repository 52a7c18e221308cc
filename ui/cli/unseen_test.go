package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"thistle/ui/cli"

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

// keeping keeps what is written without a copy.
type keeping struct {
	text  bytes.Buffer
	parts [][]byte
}

func (k *keeping) Write(b []byte) (int, error) {
	k.parts = append(k.parts, b)
	return k.text.Write(b)
}

// The recovery words of a new wallet are printed from memory that is cleared, in
// both forms, here and where the daemon has made them.
func TestWordsAreWiped(t *testing.T) {
	t.Parallel()
	net := nodes(t, 1)
	r := newRig(t, net.Addrs()...)
	check := func(wallet string) {
		for _, form := range []string{"--json", "--json=false"} {
			var out keeping
			var errs bytes.Buffer
			require.Zero(t, r.runTo(t.Context(), &out, &errs, "create", "--wallet", fmt.Sprint(wallet, len(form)), "--words", "24", form), errs.String())
			require.NotContains(t, out.text.String(), "\uE000")
			if form == "--json" {
				require.Len(t, strings.Fields(value[cli.Created](t, out.text.String()).Mnemonic), 24)
			} else {
				require.Regexp(t, `\n    1  [a-z]+ +2  [a-z]+ +3  [a-z]+\n`, out.text.String())
				require.Regexp(t, `\n   22  [a-z]+ +23  [a-z]+ +24  [a-z]+\n`, out.text.String())
			}
			require.NotEmpty(t, out.parts)
			for _, part := range out.parts {
				require.Equal(t, make([]byte, len(part)), part, "words were left in memory")
			}
		}
	}
	check("alone-")
	d := r.daemon()
	check("by-daemon-")
	require.Zero(t, d.end())
}
