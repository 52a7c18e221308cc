package cli

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"thistle/app"
	"thistle/ui/present"

	"github.com/spf13/cobra"
)

func (p *program) create() *cobra.Command {
	var words int
	var language string
	var dice, extra secretSource
	c := &cobra.Command{
		Use: "create", Short: "Make a new wallet", Args: arguments(),
		Long: `Makes a wallet with new keys and prints its recovery words. Write them down: they
are the only way back to the coins if this computer is lost.

Rolls of a die (--dice) are mixed with what the system draws, so they can only make
the words harder to guess. A passphrase (--passphrase) belongs to the words like one
word more: without it they lead to another wallet, an empty one. It is not the
password, which opens the wallet on this computer only.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if words != 12 && words != 24 {
				return usage("A new wallet has 12 or 24 recovery words, not %d.", words)
			}
			h, err := p.house()
			if err != nil {
				return err
			}
			params := app.CreateParams{Name: p.flags.wallet, Words: words, Language: language}
			if err := checkLanguage(language); err != nil {
				return err
			}
			if params.Dice, err = p.dice(cmd.Context(), dice); err != nil {
				return err
			}
			if params.Passphrase, err = p.passphrase(cmd.Context(), extra); err != nil {
				return err
			}
			if params.Password, err = p.newPassword(cmd.Context()); err != nil {
				return err
			}
			created, err := h.Create(params)
			if err != nil {
				return err
			}
			p.secrets.hold(created.Words())
			if err := p.showCreated(created); err != nil {
				return unseen(h, created, err)
			}
			return nil
		},
	}
	c.Flags().IntVar(&words, "words", 12, "`number` of recovery words, 12 or 24")
	c.Flags().StringVar(&language, "language", app.Languages()[0], "`name` of their language: "+strings.Join(app.Languages(), ", "))
	c.Flags().BoolVar(&dice.asked, "dice", false, "mix in rolls of a die, at least 50, asked on the terminal")
	c.Flags().StringVar(&dice.file, "dice-file", "", "`file` with rolls of a die to mix in: digits 1 to 6")
	addPassphrase(c.Flags(), &extra)
	return c
}

// checkLanguage spares who named no language of recovery words the questions.
func checkLanguage(name string) error {
	if name == "" || slices.Contains(app.Languages(), strings.ToLower(name)) {
		return nil
	}
	return usage("There are no recovery words of the language %s. There are: %s.", strconv.Quote(name), strings.Join(app.Languages(), ", "))
}

// unseen puts a wallet aside whose words nobody has seen: what was paid to it
// could be lost for ever.
func unseen(h house, c *app.Created, cause error) error {
	detail := "they could not be written, so the wallet was put aside"
	if err := h.Discard(c); err != nil {
		cause = errors.Join(cause, err)
		detail = "they could not be written; do not use this wallet"
	}
	return &app.Error{Op: "show the recovery words", Detail: detail, Err: cause}
}

// showCreated prints the recovery words, which never become strings: those could
// not be wiped.
func (p *program) showCreated(c *app.Created) error {
	result := Created{
		Wallet: c.Wallet, Mnemonic: standFor(c.Words()), Language: c.Found.Language, Fingerprint: hexOf(c.Fingerprint[:]),
		Birthday: stamp(c.Birthday), BirthdayHeight: c.BirthdayHeight,
	}
	if p.flags.json {
		return p.unveil(string(jsonLine(result)), c.Words())
	}
	words := bytes.Fields(c.Words())
	g := &page{ink: p.ink(p.deps.OutTerminal)}
	g.line("The wallet %q is ready.\n", c.Wallet)
	g.line("%s\n", g.ink.bold(fmt.Sprintf("Write these %d words down, on paper, in this order.", len(words))))
	g.words(words)
	g.line("\nWhoever has them has your coins; without them nobody can bring the coins back.")
	g.line("Never type them into a web site, and never take a photo of them.\n")
	g.fields("Fingerprint", result.Fingerprint, "Birthday", present.Time(c.Birthday))
	return p.unveil(g.String(), words...)
}

// words lays recovery words out as a numbered grid of three columns.
func (g *page) words(words [][]byte) {
	var rows [][]cell
	for i := 0; i < len(words); i += 3 {
		var row []cell
		for j := i; j < min(i+3, len(words)); j++ {
			row = append(row, right(fmt.Sprintf("%5d", j+1)).in(g.ink.faint), left(fmt.Sprintf("%-8s", standFor(words[j]))).in(g.ink.bold))
		}
		rows = append(rows, row)
	}
	g.table(rows)
}

func (p *program) restore() *cobra.Command {
	var words, birthday, language string
	var extra secretSource
	c := &cobra.Command{
		Use: "restore", Short: "Bring a wallet back from its recovery words", Args: arguments(),
		Long: `Makes a wallet from recovery words; "thistle sync" then finds its payments. The
later the birthday, the less has to be searched; without one all blocks are.
Without --mnemonic-file the words are asked on the terminal. Their language is found
out; of those that BIP39 tells apart by four letters, four are enough.

If the words had a passphrase, name it (--passphrase). A wrong one, also a missing
one, is not noticed: it leads to another wallet, an empty one.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := p.house()
			if err != nil {
				return err
			}
			params := app.RestoreParams{Name: p.flags.wallet, Birthday: birthday, Language: language}
			if err := checkLanguage(language); err != nil {
				return err
			}
			if words != "" {
				params.Mnemonic, err = p.secretFile(words, "mnemonic file")
			} else {
				params.Mnemonic, err = p.ask(cmd.Context(), "Recovery words (not shown): ", "the recovery phrase", "--mnemonic-file")
			}
			if err != nil {
				return err
			}
			if params.Passphrase, err = p.passphrase(cmd.Context(), extra); err != nil {
				return err
			}
			if params.Password, err = p.newPassword(cmd.Context()); err != nil {
				return err
			}
			created, err := h.Restore(params)
			if err != nil {
				return err
			}
			return p.showRestored(created)
		},
	}
	c.Flags().StringVar(&words, "mnemonic-file", "", "`file` with the recovery words")
	c.Flags().StringVar(&language, "language", "", "`name` of the words' language, if they can be of several")
	addPassphrase(c.Flags(), &extra)
	c.Flags().StringVar(&birthday, "birthday", "", "`day` (YYYY-MM-DD) or block height before which the wallet had no payments")
	return c
}

func (p *program) showRestored(c *app.Created) error {
	result := Restored{
		Wallet: c.Wallet, Language: c.Found.Language, CompletedWords: append([]int{}, c.Found.Completed...),
		Fingerprint: hexOf(c.Fingerprint[:]),
		Birthday:    stamp(c.Birthday), BirthdayHeight: c.BirthdayHeight,
	}
	return p.show(result, func(g *page) {
		g.line("The wallet %q is restored; \"thistle sync\" finds its payments.\n", c.Wallet)
		if words := c.Found.Completed; len(words) > 0 {
			g.line("Of some words only the first four letters were given, and they were completed: number %s.\n", strings.Trim(fmt.Sprint(words), "[]"))
		}
		g.fields("Language", c.Found.Language, "Fingerprint", result.Fingerprint, "Birthday", present.Time(c.Birthday), "From block", heightText(c.BirthdayHeight))
	})
}

func (p *program) wallets() *cobra.Command {
	return &cobra.Command{
		Use: "wallets", Short: "List the wallets of the network", Args: arguments(),
		RunE: func(*cobra.Command, []string) error {
			h, err := p.house()
			if err != nil {
				return err
			}
			infos, err := h.Wallets()
			if err != nil {
				return err
			}
			items := []WalletItem{}
			for _, i := range infos {
				items = append(items, walletItem(i))
			}
			return p.show(items, func(g *page) { g.wallets(infos) })
		},
	}
}

func walletItem(i app.WalletInfo) WalletItem {
	item := WalletItem{Name: i.Name, Network: i.Network}
	if i.CreatedAt.IsZero() {
		problem := i.Problem.String()
		item.Problem = &problem
		return item
	}
	created, birthday := stamp(i.CreatedAt), stamp(i.Birthday)
	item.CreatedAt, item.Birthday = &created, &birthday
	return item
}

func (g *page) wallets(infos []app.WalletInfo) {
	if len(infos) == 0 {
		g.line("There is no wallet here yet; \"thistle create\" makes one.")
		return
	}
	rows := [][]cell{g.header("Wallet", "Network", "Made", "Birthday")}
	for _, i := range infos {
		row := []cell{left(i.Name).in(g.ink.bold), left(i.Network)}
		if i.CreatedAt.IsZero() {
			row = append(row, left(present.Sentence(&app.Error{Op: "read it", Kind: i.Problem})).in(g.ink.red))
		} else {
			row = append(row, left(present.Time(i.CreatedAt)), left(present.Time(i.Birthday)))
		}
		rows = append(rows, row)
	}
	g.table(rows)
}

// stamp writes a time for programs.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// number is a height for programs, null if there is none.
func number(height int32) *int32 {
	if height < 0 {
		return nil
	}
	return &height
}

// heightText is a height for people.
func heightText(height *int32) string {
	if height == nil {
		return "not known before the first sync"
	}
	return present.Height(*height)
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func count(n int) string { return strconv.Itoa(n) }
