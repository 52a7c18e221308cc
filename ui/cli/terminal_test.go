package cli_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"thistle/keystore/keystoretest"
	"thistle/ui/cli"
	"thistle/ui/present"

	"github.com/stretchr/testify/require"
)

// typing is a terminal at which somebody types these secrets in turn.
type typing struct {
	t       *testing.T
	answers []string
	given   [][]byte
	prompts []string
}

func (p *typing) read(_ context.Context, prompt string) ([]byte, error) {
	require.NotEmpty(p.t, p.answers, "asked once more: %s", prompt)
	b := []byte(p.answers[0])
	p.answers, p.given, p.prompts = p.answers[1:], append(p.given, b), append(p.prompts, prompt)
	return b, nil
}

// sit puts somebody at a terminal, without a password file.
func sit(t *testing.T, connect ...string) (*rig, *typing) {
	t.Helper()
	r := newRig(t, connect...)
	r.args = append(r.args[:5:5], r.args[7:]...)
	p := &typing{t: t}
	r.deps.InTerminal, r.deps.OutTerminal, r.deps.ErrTerminal, r.deps.Colour = true, true, true, true
	r.deps.ReadPassword = p.read
	return r, p
}

func (p *typing) expect(answers []string, prompts ...string) {
	p.t.Helper()
	require.Empty(p.t, p.answers, "not asked for")
	require.Equal(p.t, prompts, p.prompts)
	for _, b := range p.given {
		require.Equal(p.t, make([]byte, len(b)), b, "a password was left in memory")
	}
	p.answers, p.prompts, p.given = answers, nil, nil
}

func TestAtATerminal(t *testing.T) {
	t.Parallel()
	net := nodes(t, 1)
	r, p := sit(t, net.Addrs()...)
	p.answers = []string{"one", "two"}
	o := r.run("create")
	require.Equal(t, 2, o.code)
	require.Contains(t, o.errors, "The two passwords differ.")
	p.expect([]string{"secret", "secret"}, "New password: ", "Once more: ")
	o = r.run("create")
	require.Zero(t, o.code, o.errors)
	require.Contains(t, o.out, "\x1b[1m", "no colour at a terminal")
	p.expect([]string{"secret"}, "New password: ", "Once more: ")

	o = r.run("receive", "--json")
	require.NotContains(t, o.out, "\x1b")
	to := value[cli.Receiving](t, o.out)
	p.expect([]string{"secret"}, "Password: ")
	_, err := net[0].Mine(1, script(t, to.Address))
	require.NoError(t, err)
	_, err = net[0].Mine(100, nil)
	require.NoError(t, err)
	o = r.run("sync")
	require.Zero(t, o.code, o.errors)
	require.Contains(t, o.errors, "\r\x1b[K", "no progress at a terminal")
	p.expect([]string{"secret", "secret"}, "Password: ")

	// The password is asked again to sign, and checked.
	o = r.run("send", regtestAddress, "0.1")
	require.Zero(t, o.code, o.errors)
	p.expect([]string{"secret", "wrong"}, "Password: ", "Password to sign: ")
	o = r.run("send", regtestAddress, "0.1")
	require.Equal(t, 4, o.code, o.errors)
	require.Contains(t, o.errors, "Wrong password.")
	p.expect([]string{"secret"}, "Password: ", "Password to sign: ")
	o = r.run("history", "--json")
	require.Len(t, value[[]cli.Payment](t, o.out), 2, "the second payment was kept")
	p.expect([]string{keystoretest.Words12, "secret", "secret"}, "Password: ")

	o = r.run("restore", "--wallet", "again", "--json")
	require.Equal(t, "73c5da0a", value[cli.Restored](t, o.out).Fingerprint)
	p.expect(nil, "Recovery words (not shown): ", "New password: ", "Once more: ")

	r.deps.Colour = false
	require.NotContains(t, r.run("wallets").out, "\x1b")
}

// A passphrase that nobody sees is typed twice; rolls of a die are counted.
func TestPassphraseAndDiceAtATerminal(t *testing.T) {
	t.Parallel()
	r, p := sit(t)
	p.answers = []string{keystoretest.Words12, "TREZOR", "TREZOR ", keystoretest.Words12, "TREZOR", "TREZOR", "secret", "secret"}
	o := r.run("restore", "--passphrase")
	require.Equal(t, 2, o.code)
	require.Contains(t, o.errors, "The two passphrases differ.")
	o = r.run("restore", "--passphrase", "--json")
	require.Equal(t, "b4e3f5ed", value[cli.Restored](t, o.out).Fingerprint)
	require.Contains(t, o.errors, "lead to another, empty wallet")
	words, phrase := "Recovery words (not shown): ", "Passphrase of the words: "
	p.expect([]string{""}, words, phrase, "The passphrase once more: ",
		words, phrase, "The passphrase once more: ", "New password: ", "Once more: ")
	o = r.run("create", "--passphrase", "--wallet", "two")
	require.Equal(t, 2, o.code)
	require.Contains(t, o.errors, "An empty passphrase is none")

	rolls := "Rolls of a die, at least 50 (not shown): "
	p.expect([]string{strings.Repeat("1", 49), strings.Repeat("12345", 12), "secret", "secret"}, phrase)
	o = r.run("create", "--dice", "--wallet", "two")
	require.Equal(t, 2, o.code)
	require.Contains(t, o.errors, "at least 50 rolls")
	o = r.run("create", "--dice", "--wallet", "two")
	require.Zero(t, o.code, o.errors)
	require.Contains(t, o.errors, "60 rolls of a fair die are worth 155 bits")
	p.expect(nil, rolls, rolls, "New password: ", "Once more: ")

	for _, args := range [][]string{
		{"create", "--dice", "--dice-file", "x"}, {"create", "--passphrase", "--passphrase-file", "x"},
	} {
		require.Contains(t, r.run(args...).errors, "use one of them")
	}
	require.Contains(t, r.run("create", "--dice-file", r.file("dice", "none")).errors, "at least 50 rolls")
}

// At a terminal a payment is shown in full before the password is asked for: who
// does not give it has sent nothing, and what was shown is what is sent.
func TestReviewBeforeSigning(t *testing.T) {
	t.Parallel()
	net := nodes(t, 2)
	r, p := sit(t, net.Addrs()...)
	p.answers = []string{"secret", "secret"}
	require.Zero(t, r.run("create").code)
	r.args = append(r.args, "--password-file", r.file("other", "secret"))
	own := gives[cli.Receiving](r, "receive").Address
	_, err := net[0].Mine(1, script(t, own))
	require.NoError(t, err)
	_, err = net[0].Mine(100, nil)
	require.NoError(t, err)
	require.Zero(t, r.run("sync").code)
	r.args = r.args[:len(r.args)-2]
	p.expect(nil, "New password: ", "Once more: ")

	// What is on the screen when the password to sign is asked for.
	var seen string
	var screen *bytes.Buffer
	sign := func(answer []byte, err error) (out string) {
		seen = ""
		screen = &bytes.Buffer{}
		r.deps.ReadPassword = func(_ context.Context, prompt string) ([]byte, error) {
			if prompt == "Password: " {
				return []byte("secret"), nil
			}
			require.Equal(t, "Password to sign: ", prompt)
			seen = screen.String()
			return answer, err
		}
		var result bytes.Buffer
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		code := r.runTo(ctx, &result, screen, "send", regtestAddress, "0.1", "--to", own+"=0.25", "--fee-rate", "3", "--label", "rent")
		require.Equal(t, err == nil, code == 0, screen.String())
		return result.String()
	}
	sign(nil, io.ErrUnexpectedEOF)
	r.deps.Colour = false
	require.Empty(t, sign(nil, io.ErrUnexpectedEOF))
	for _, want := range []string{
		present.Address(regtestAddress), present.Address(own), "0.100 000 00 BTC", "0.250 000 00 BTC", "0.350 000 00 BTC",
		" sat · 3 sat/vB · under 0.1", "an address of this wallet", "never paid before", "Left after it",
	} {
		require.Contains(t, seen, want)
	}
	require.NotContains(t, screen.String(), "\x1b[1m")

	out := sign([]byte("secret"), nil)
	require.Contains(t, out, "Sent")
	fee := regexp.MustCompile(`Fee +(\S+ \S+ \S+) BTC`)
	require.Equal(t, fee.FindStringSubmatch(seen)[1], fee.FindStringSubmatch(out)[1])
	r.deps.ReadPassword = func(context.Context, string) ([]byte, error) { return []byte("secret"), nil }
	o := r.run("history", "--json")
	require.Len(t, value[[]cli.Payment](t, o.out), 2, "only the last was sent")

	// More than there is is refused before anything is asked for.
	r.deps.ReadPassword = func(_ context.Context, prompt string) ([]byte, error) {
		require.Equal(t, "Password: ", prompt)
		return []byte("secret"), nil
	}
	require.Equal(t, 5, r.run("send", regtestAddress, "50").code)
}

func TestInterruptedPrompt(t *testing.T) {
	t.Parallel()
	r, _ := sit(t)
	ctx, cancel := context.WithCancel(t.Context())
	r.deps.ReadPassword = func(ctx context.Context, _ string) ([]byte, error) {
		cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	var out, errors bytes.Buffer
	require.Equal(t, 1, r.runTo(ctx, &out, &errors, "create", "--json"))
	require.Equal(t, "interrupted", value[cli.Failure](t, out.String()).Error.Kind)
	require.NoFileExists(t, filepath.Join(r.dir, "data", "regtest", "wallets", "default", "keystore.db"))
}

func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	require.Equal(t, "thistle 1.2.3\n", r.run("--version").out)
	root := r.says()
	require.Equal(t, root, r.says("help"))
	require.Equal(t, root, r.says("--help"))
	for _, name := range cli.CommandNames(r.deps) {
		require.Contains(t, r.says("help", name), "", name)
		if name != "help" && name != "json" {
			require.Contains(t, root, "\n  "+name+" ")
			require.Contains(t, r.says(name, "--help"), "Usage:\n  thistle "+name)
		}
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	net := nodes(t, 1)
	r := newRig(t, net.Addrs()...)
	file := filepath.Join(r.dir, "log")
	gives[cli.Created](r, "create")
	o := r.run("sync", "--log-file", file, "--log-level", "debug", "--json")
	require.Zero(t, o.code, o.errors)
	require.Empty(t, o.errors)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(text), "level=")
	require.NotContains(t, string(text), "correct horse")
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}
