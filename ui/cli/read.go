package cli

import (
	"errors"
	"slices"

	"thistle/app"
	"thistle/app/units"
	"thistle/ui/present"

	"github.com/spf13/cobra"
)

func (p *program) balance() *cobra.Command {
	return &cobra.Command{
		Use: "balance", Short: "What the wallet owns, as of the last sync", Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.offline(cmd.Context(), func(w *app.Wallet) error { return p.showBalance(w.Balance()) })
		},
	}
}

func (p *program) showBalance(b app.Balance) error {
	result := Balance{
		Confirmed: int64(b.Confirmed), TrustedPending: int64(b.TrustedPending), UntrustedPending: int64(b.UntrustedPending),
		Immature: int64(b.Immature), Spendable: int64(b.Spendable), Total: int64(b.Total), Height: number(b.Height), Final: b.Final,
	}
	return p.show(result, func(g *page) { g.balance(b) })
}

func (g *page) balance(b app.Balance) {
	rows := [][]cell{{left("Total").in(g.ink.bold), right(present.BTC(b.Total)).in(g.ink.bold)}}
	for _, part := range []struct {
		name   string
		amount units.Amount
		always bool
	}{
		{"Confirmed", b.Confirmed, true},
		{"Arriving · unconfirmed", b.UntrustedPending, false},
		{"Coming back to you · unconfirmed", b.TrustedPending, false},
		{"Mined, not spendable yet", b.Immature, false},
		{"Can be sent now", b.Spendable, true},
	} {
		if part.always || part.amount != 0 {
			rows = append(rows, []cell{left("  " + part.name), right(present.BTC(part.amount))})
		}
	}
	g.table(rows)
	switch {
	case b.Height < 0:
		g.line("\nNothing is known yet; \"thistle sync\" looks for payments.")
	case b.Final:
		g.line("\n%s", g.ink.faint("As of block "+present.Height(b.Height)+"."))
	default:
		g.line("\n%s", g.ink.amber("Found so far, as of block "+present.Height(b.Height)+": not all blocks have been searched."))
	}
}

func (p *program) receive() *cobra.Command {
	var label, amount string
	var again bool
	c := &cobra.Command{
		Use: "receive", Short: "Hand out an address to be paid", Args: arguments(),
		Long: `Hands out a new address at each call, so that payments cannot be linked by it.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkLabel(label); err != nil {
				return err
			}
			return p.offline(cmd.Context(), func(w *app.Wallet) error {
				a, err := w.Receive(label, amount, again)
				if err != nil {
					return err
				}
				if a.BeyondGap {
					p.warn("beyond_gap", "Many addresses before this one were never paid: another wallet restored from the same words may not find payments to it.")
				}
				return p.show(Receiving{Address: a.Address, Path: a.Path, URI: a.URI}, func(g *page) {
					g.line("%s\n", g.ink.bold(present.Address(a.Address)))
					g.fields("To copy", a.Address, "Link", a.URI, "Path", a.Path)
				})
			})
		},
	}
	c.Flags().StringVar(&label, "label", "", "`text` for yourself and the link")
	c.Flags().StringVar(&amount, "amount", "", "`BTC` to ask for")
	c.Flags().BoolVar(&again, "again", false, "the last address that nobody has paid yet")
	return c
}

func (p *program) addresses() *cobra.Command {
	return &cobra.Command{
		Use: "addresses", Short: "List the addresses handed out", Args: arguments(),
		Long: `Lists the addresses handed out, in groups of four to be compared by eye; --json
gives them as they are copied.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.offline(cmd.Context(), func(w *app.Wallet) error {
				list, err := w.Addresses()
				if err != nil {
					return err
				}
				items := []AddressItem{}
				for _, a := range list {
					items = append(items, addressItem(a))
				}
				return p.show(items, func(g *page) { g.addresses(list) })
			})
		},
	}
}

func addressItem(a app.Address) AddressItem {
	item := AddressItem{
		Address: a.Address, Path: a.Path, Keychain: a.Keychain, Index: a.Index, Label: a.Label,
		URI: a.URI, Used: a.Used, RevealedAt: stamp(a.RevealedAt),
	}
	if a.Amount != 0 {
		amount := int64(a.Amount)
		item.Amount = &amount
	}
	return item
}

func (g *page) addresses(list []app.Address) {
	if len(list) == 0 {
		g.line("No address was handed out yet; \"thistle receive\" does it.")
		return
	}
	rows := [][]cell{g.header(">#", "Address", "State", "Label")}
	for _, a := range list {
		state := left("not paid yet").in(g.ink.faint)
		if a.Used {
			state = left("paid").in(g.ink.green)
		}
		rows = append(rows, []cell{right(count(int(a.Index))), left(present.Address(a.Address)), state, left(present.Plain(a.Label))})
	}
	g.table(rows)
}

func (p *program) history() *cobra.Command {
	return &cobra.Command{
		Use: "history", Short: "List the payments, newest first", Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.offline(cmd.Context(), func(w *app.Wallet) error {
				list := w.History(0, -1)
				items := make([]Payment, len(list))
				for i, e := range list {
					items[i] = payment(e)
				}
				return p.show(items, func(g *page) { g.history(list) })
			})
		},
	}
}

func payment(e app.HistoryEntry) Payment {
	item := Payment{
		TxID: e.TxID.String(), Time: stamp(e.Time), Height: number(e.Height), Confirmations: e.Confirmations,
		State: string(e.State), Amount: int64(e.Amount), Balance: int64(e.Balance), Label: e.Label, Proved: e.Proved,
		Contested: e.Contested, Unverified: e.Unverified, Groups: e.Groups,
	}
	if e.Fee != nil {
		fee := int64(*e.Fee)
		item.Fee = &fee
	}
	return item
}

func (g *page) history(list []app.HistoryEntry) {
	if len(list) == 0 {
		g.line("No payments yet. Share an address to receive your first: \"thistle receive\".")
		return
	}
	rows := [][]cell{g.header("Date", ">Amount in BTC", ">Balance in BTC", "State", "Label", "Transaction")}
	for _, e := range list {
		amount := right(present.Signed(e.Amount))
		if e.Amount > 0 {
			amount = amount.in(g.ink.green)
		}
		rows = append(rows, []cell{
			left(present.Time(e.Time)), amount, right(present.Number(e.Balance)), left(present.State(e)),
			left(present.Plain(e.Label)), left(e.TxID.String()).in(g.ink.faint),
		})
	}
	g.table(rows)
}

func (p *program) status() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "What is known, and how far the search has come", Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.offline(cmd.Context(), func(w *app.Wallet) error { return p.showStatus(p.snapshot(w), contested(w), w.CheckPeers()) })
		},
	}
}

// contested are the payments whose coins are being spent twice.
func contested(w *app.Wallet) []app.HistoryEntry {
	return slices.DeleteFunc(w.History(0, -1), func(e app.HistoryEntry) bool { return !e.Contested })
}

// showStatus prints what is known: twice are the contested payments, nobody is why
// no peer could be connected to.
func (p *program) showStatus(snap present.Snapshot, twice []app.HistoryEntry, nobody error) error {
	s := snap.Status
	searched, all := present.Searched(s)
	result := Status{
		Network: s.Network, Wallet: s.Wallet, Fingerprint: hexOf(s.Fingerprint[:]), Height: number(s.Height),
		Birthday: stamp(s.Birthday), BirthdayHeight: s.BirthdayHeight, Coverage: pairs(s.Coverage),
		Searched: searched, ToSearch: all - searched, Scripts: s.Scripts, Matches: s.Matches, Unapplied: s.Unapplied, Pending: s.Pending, Final: s.Final,
		Contested:   []string{},
		Descriptors: append([]string{}, s.Descriptors...), Health: healthItem(snap),
	}
	if s.Height >= 0 {
		hash := s.Hash.String()
		result.Hash = &hash
	}
	for _, e := range twice {
		result.Contested = append(result.Contested, e.TxID.String())
	}
	return p.show(result, func(g *page) {
		g.fields(
			"Wallet", s.Wallet+" on "+s.Network, "Fingerprint", result.Fingerprint,
			"Newest block", heightText(result.Height),
			"Birthday", present.Time(s.Birthday), "Searched from", heightText(s.BirthdayHeight),
			"Searched", searchedText(s), "For", present.Count(s.Scripts, "script", "scripts"),
			"Found in", present.Count(s.Matches, "block", "blocks"),
			"Still to read", present.Count(s.Unapplied, "block", "blocks"),
			"Unconfirmed", present.Count(s.Pending, "payment", "payments"),
			"Complete", yesNo(s.Final),
		)
		for _, d := range s.Descriptors {
			g.line("%s", g.ink.faint(d))
		}
		for _, e := range twice {
			g.line("\n%s", g.ink.red(present.Contest(e)+" "+e.TxID.String()))
		}
		var why *app.Error
		switch {
		case snap.Health != nil:
			g.health(snap)
		case errors.As(nobody, &why):
			g.line("\nNot connected. %s", g.ink.amber(sentence(why)))
		default:
			g.line("\nNot connected: \"thistle peers\" connects, and says how well.")
		}
	})
}

// searchedText says which blocks were searched and, while some were not, how many
// of all.
func searchedText(s app.Status) string {
	text := rangesText(s.Coverage)
	if searched, all := present.Searched(s); searched < all {
		text += ": " + present.Height(searched) + " of " + present.Height(all)
	}
	return text
}

func pairs(ranges []app.Range) [][2]int32 {
	list := [][2]int32{}
	for _, r := range ranges {
		list = append(list, [2]int32{r.From, r.To})
	}
	return list
}
