package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"thistle/app"

	"github.com/spf13/pflag"
)

// maxSecretFile bounds files with passwords and words.
const maxSecretFile = 64 << 10

// keyring remembers secrets to clear them at the end.
type keyring struct {
	held     [][]byte
	password app.Secret // from the password file, once it was read
}

// hold keeps a secret until the end.
func (k *keyring) hold(b []byte) app.Secret {
	k.held = append(k.held, b)
	return func() []byte { return b }
}

func (k *keyring) wipe() {
	for _, b := range k.held {
		clear(b)
	}
	k.held, k.password = nil, nil
}

// secretFile reads a file that holds one secret, without the newline that
// editors put at its end. what names the file in a sentence.
func (p *program) secretFile(path, what string) (app.Secret, error) {
	// Read into one buffer, so that no outgrown copies stay in memory.
	buf := make([]byte, maxSecretFile+1)
	n, err := p.readFile(path, p.secrets.hold(buf)())
	switch {
	case err != nil:
		return nil, usage("The %s cannot be read: %s.", what, fileTrouble(err))
	case n == len(buf):
		return nil, usage("The %s is too large: at most 64 kB are read.", what)
	}
	text := bytes.TrimSuffix(bytes.TrimSuffix(buf[:n], []byte("\n")), []byte("\r"))
	return func() []byte { return text }, nil
}

// readSecret reads the beginning of a file, as much as buf takes.
func readSecret(path string, buf []byte) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	n, err := io.ReadFull(f, buf)
	if isEOF(err) {
		err = nil
	}
	return n, err
}

func isEOF(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// fileTrouble says why a file cannot be used, without its path.
func fileTrouble(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		return "the system does not allow it"
	case errors.Is(err, syscall.EISDIR):
		return "it is a folder"
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return err.Error()
}

// password opens a wallet: from the file that was named, else from the terminal.
// The file is read once, as it may be a pipe.
func (p *program) password(ctx context.Context, prompt string) (secret app.Secret, err error) {
	if p.flags.passwordFile == "" {
		return p.ask(ctx, prompt, "a password", "--password-file")
	}
	if p.secrets.password == nil {
		p.secrets.password, err = p.secretFile(p.flags.passwordFile, "password file")
	}
	return p.secrets.password, err
}

// newPassword is for a wallet to be made: typed twice, as nobody sees it.
func (p *program) newPassword(ctx context.Context) (app.Secret, error) {
	first, err := p.password(ctx, "New password: ")
	if err != nil || p.flags.passwordFile != "" {
		return first, err
	}
	second, err := p.ask(ctx, "Once more: ", "a password", "--password-file")
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(first(), second()) {
		return nil, usage("The two passwords differ.")
	}
	return first, nil
}

// secretSource says where a secret comes from that need not be: from a file or,
// asked, from the terminal.
type secretSource struct {
	asked bool
	file  string
}

func addPassphrase(f *pflag.FlagSet, s *secretSource) {
	f.BoolVar(&s.asked, "passphrase", false, "ask on the terminal for a BIP39 passphrase, which belongs to the words")
	f.StringVar(&s.file, "passphrase-file", "", "`file` with a BIP39 passphrase, needed to restore beside the words")
}

// passphrase is typed twice, as nobody sees it and no mistake is ever noticed;
// nil if there is none.
func (p *program) passphrase(ctx context.Context, s secretSource) (app.Secret, error) {
	switch {
	case s.asked && s.file != "":
		return nil, usage("--passphrase asks for what --passphrase-file names: use one of them.")
	case s.file != "":
		return p.secretFile(s.file, "passphrase file")
	case !s.asked:
		return nil, nil
	}
	p.warn("passphrase", "The words alone, or with a mistake in the passphrase, lead to another, empty wallet. Keep it as safe as the words, and elsewhere.")
	first, err := p.ask(ctx, "Passphrase of the words: ", "a passphrase", "--passphrase-file")
	if err != nil {
		return nil, err
	}
	if len(first()) == 0 {
		return nil, usage("An empty passphrase is none: leave --passphrase out.")
	}
	second, err := p.ask(ctx, "The passphrase once more: ", "a passphrase", "--passphrase-file")
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(first(), second()) {
		return nil, usage("The two passphrases differ.")
	}
	return first, nil
}

// dice reads rolls of a die and says what they add; nil if there are none.
func (p *program) dice(ctx context.Context, s secretSource) (rolls app.Secret, err error) {
	switch {
	case s.asked && s.file != "":
		return nil, usage("--dice asks for what --dice-file names: use one of them.")
	case s.file != "":
		rolls, err = p.secretFile(s.file, "dice file")
	case s.asked:
		rolls, err = p.ask(ctx, "Rolls of a die, at least 50 (not shown): ", "the rolls", "--dice-file")
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	n, bits, err := app.CheckDice(rolls)
	if err != nil {
		return nil, err
	}
	p.warn("dice", fmt.Sprintf("%d rolls of a fair die are worth %d bits; they are mixed with the 256 that the system draws.", n, bits))
	return rolls, nil
}

// ask has a secret typed without echo.
func (p *program) ask(ctx context.Context, prompt, what, flag string) (app.Secret, error) {
	if !p.deps.InTerminal || p.deps.ReadPassword == nil {
		return nil, usage("Without a terminal, %s is read from a file: name it with %s.", what, flag)
	}
	p.gauge.clear()
	b, err := p.deps.ReadPassword(ctx, prompt)
	if err != nil {
		clear(b)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, usage("Nothing could be read from the terminal.")
	}
	return p.secrets.hold(b), nil
}

// standIn is in the place of each letter of a secret while text around it is laid
// out; nobody types it.
const standIn = "\uE000"

// standFor is as wide as a secret and tells nothing else of it.
func standFor(secret []byte) string {
	cells := 0
	for rest := secret; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		cells, rest = cells+width(r), rest[n:]
	}
	return strings.Repeat(standIn, cells)
}

// width is how many cells of a terminal the letters of recovery words take, in
// NFC.
func width(r rune) int {
	if unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana) || r == '\u3000' {
		return 2
	}
	return 1
}

// unveil prints text with these secrets in their places, from one buffer that is
// cleared: it is longer than what it will hold, so no outgrown copy is left.
func (p *program) unveil(text string, secrets ...[]byte) error {
	buf := make([]byte, 0, len(text))
	defer func() { clear(buf) }()
	for _, secret := range secrets {
		before, rest, _ := strings.Cut(text, standFor(secret))
		buf = append(append(buf, before...), secret...)
		text = rest
	}
	buf = append(buf, text...)
	_, err := p.out.Write(buf)
	return err
}
