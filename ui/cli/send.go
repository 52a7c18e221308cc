package cli

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"thistle/app"
	"thistle/ui/present"

	"github.com/spf13/cobra"
)

// sendWait is how long an echo is waited for unless told otherwise.
const sendWait = 30 * time.Second

const signPrompt = "Password to sign: "

// sending is what the flags of send say.
type sending struct {
	to          []string
	rate, label string
	wait, limit time.Duration
	dry         bool
}

func (p *program) send() *cobra.Command {
	var s sending
	c := &cobra.Command{
		Use: "send ADDRESS AMOUNT|max", Short: "Pay somebody",
		Long: `Syncs, builds and signs a payment, keeps it, and announces it to half of the
peers while listening to the others. AMOUNT is in BTC, as in 0.025; "max" sends
all that is left. At a terminal the payment is shown in full before the password
to sign is asked for; with a password file or --json there is no further question:
look at it first with --dry-run.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			params, err := s.params(args)
			if err != nil {
				return err
			}
			env, err := p.env()
			if err != nil {
				return err
			}
			if err := app.CheckSend(env, params); err != nil {
				return err
			}
			return p.offline(cmd.Context(), func(w *app.Wallet) error {
				return p.online(cmd.Context(), w, func(ctx context.Context) error {
					if _, err := syncWithin(ctx, p.syncer(w), s.limit); err != nil {
						return err
					}
					return p.pay(ctx, w, params)
				})
			})
		},
	}
	f := c.Flags()
	f.StringArrayVar(&s.to, "to", nil, "one more to pay: `ADDRESS=AMOUNT` (repeatable)")
	f.StringVar(&s.rate, "fee-rate", "", "fee in `sat/vB` (default 2, or what peers ask for at least)")
	f.StringVar(&s.label, "label", "", "`text` for yourself")
	f.DurationVar(&s.wait, "wait", sendWait, "`time` to wait for the payment to be passed on")
	f.DurationVar(&s.limit, "timeout", syncLimit, "`time` for the sync before")
	f.BoolVar(&s.dry, "dry-run", false, "build and sign, but neither keep nor announce")
	return c
}

// params reads recipients and flags.
func (s *sending) params(args []string) (app.SendParams, error) {
	params := app.SendParams{FeeRate: s.rate, Label: s.label, DryRun: s.dry, Wait: s.wait}
	switch {
	case len(args) == 2:
		params.Recipients = append(params.Recipients, app.Recipient{Address: args[0], Amount: args[1]})
	case len(args) != 0 || len(s.to) == 0:
		return params, usage("\"thistle send\" takes 2 arguments: ADDRESS AMOUNT.")
	}
	for _, to := range s.to {
		address, amount, ok := strings.Cut(to, "=")
		if !ok {
			return params, usage("%q is no recipient: write --to ADDRESS=AMOUNT.", to)
		}
		params.Recipients = append(params.Recipients, app.Recipient{Address: address, Amount: amount})
	}
	if s.wait < 0 {
		return params, usage("The time of --wait cannot be negative.")
	}
	if err := checkLimit("timeout", s.limit); err != nil {
		return params, err
	}
	return params, checkLabel(s.label)
}

// pay signs and sends, and tells how far the payment has come even if nobody has
// fetched it yet.
func (p *program) pay(ctx context.Context, w *app.Wallet, params app.SendParams) error {
	p.gauge.stop()
	reviewed := p.flags.passwordFile == "" && !p.flags.json && !params.DryRun
	pay := p.payAtOnce
	if reviewed {
		pay = p.payReviewed
	}
	res, err := pay(ctx, w, params)
	if res == nil {
		return err
	}
	for _, warning := range res.Warnings {
		if !reviewed {
			p.warn(warning.Kind, warning.Text)
		}
	}
	if serr := p.showSent(res); err == nil {
		err = serr
	}
	return err
}

func (p *program) payAtOnce(ctx context.Context, w *app.Wallet, params app.SendParams) (res *app.SendResult, err error) {
	if params.Password, err = p.password(ctx, signPrompt); err != nil {
		return nil, err
	}
	return w.Send(ctx, params)
}

// payReviewed shows what is to be signed before it asks for the password, which
// is the person's yes, and sends exactly that.
func (p *program) payReviewed(ctx context.Context, w *app.Wallet, params app.SendParams) (*app.SendResult, error) {
	draft, err := w.Draft(params)
	if err != nil {
		return nil, err
	}
	p.review(draft)
	password, err := p.password(ctx, signPrompt)
	if err != nil {
		return nil, err
	}
	return w.SendDraft(ctx, draft, password, params.Wait)
}

// review shows a draft on stderr, where prompts and notes go: stdout is for the
// result.
func (p *program) review(d *app.Draft) {
	r := present.ReviewOf(d, present.Prefs{})
	g := &page{ink: p.ink(p.deps.ErrTerminal)}
	for i, to := range d.Recipients {
		g.line("%s  %s", g.ink.faint("Pay"), g.ink.bold(present.BTC(to.Amount)))
		g.line("%s   %s", g.ink.faint("to"), present.Address(to.Address))
		g.line("     %s", g.ink.faint(r.Recipients[i].Note.Words))
	}
	g.line("")
	g.table([][]cell{
		{left("Amount").in(g.ink.faint), right(present.BTC(d.Amount)).in(g.ink.bold)},
		{left("Fee").in(g.ink.faint), right(present.BTC(d.Fee)), left(d.Fee.GroupedSat() + " sat · " + r.Rate)},
		{left("Total").in(g.ink.faint), right(present.BTC(d.Total)).in(g.ink.bold)},
		{left("Left after it").in(g.ink.faint), right(present.BTC(d.Left))},
	})
	g.line("")
	for _, warning := range r.Warnings {
		g.line("%s", g.ink.amber("Note: "+warning))
	}
	p.errLine(strings.TrimRight(g.String(), "\n"))
}

func (p *program) showSent(r *app.SendResult) error {
	result := Sent{
		TxID: r.TxID.String(), Hex: hexOf(r.Raw), Fee: int64(r.Fee), FeeRate: json.Number(r.FeeRate.SatVB()),
		VSize: int64(r.VSize), Amount: int64(r.Amount), Change: int64(r.Change),
		Acknowledged: append([]string{}, r.Acknowledged...), Echoed: r.Echoed,
		Groups: r.Groups, Propagated: r.Propagated, Stalled: stallNames(r.Stalled),
	}
	if r.State != "" {
		state := string(r.State)
		result.State = &state
	}
	return p.show(result, func(g *page) {
		paint := g.ink.green
		if r.State != app.Echoed {
			paint = g.ink.amber
		}
		g.line("%s.\n", paint(present.Delivery(r)))
		g.table([][]cell{
			{left("Amount").in(g.ink.faint), right(present.BTC(r.Amount)).in(g.ink.bold)},
			{left("Fee").in(g.ink.faint), right(present.BTC(r.Fee)), left(r.FeeRate.String())},
			{left("Back to you").in(g.ink.faint), right(present.BTC(r.Change))},
		})
		g.line("")
		g.fields("Transaction", result.TxID)
		if r.State == "" {
			g.fields("Signed", result.Hex)
		}
	})
}
