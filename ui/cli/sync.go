package cli

import (
	"context"
	"encoding/hex"
	"strings"
	"time"

	"thistle/app"
	"thistle/ui/present"

	"github.com/spf13/cobra"
)

// syncLimit is how long a sync may take unless told otherwise.
const syncLimit = 60 * time.Second

func (p *program) sync() *cobra.Command {
	var limit time.Duration
	c := &cobra.Command{
		Use: "sync", Short: "Connect and catch up with the network", Args: arguments(),
		Long: `Connects to peers, fetches what is new and searches it for payments of the
wallet. What was done is kept if the time is over before.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkLimit("timeout", limit); err != nil {
				return err
			}
			return p.offline(cmd.Context(), func(w *app.Wallet) error {
				var res *app.SyncResult
				err := p.online(cmd.Context(), w, func(ctx context.Context) (err error) {
					res, err = syncWithin(ctx, p.syncer(w), limit)
					return err
				})
				if err != nil {
					return err
				}
				return p.showSynced(res, w.Balance())
			})
		},
	}
	c.Flags().DurationVar(&limit, "timeout", syncLimit, "`time` to give up after")
	return c
}

func (p *program) showSynced(res *app.SyncResult, b app.Balance) error {
	result := Synced{
		Height: res.Height, Hash: res.Hash.String(), Peers: res.Peers, Coverage: pairs(res.Coverage),
		Scripts: res.Scripts, Matches: res.Matches,
	}
	return p.show(result, func(g *page) {
		g.line("Up to date with block %s, by %s.", present.Height(res.Height), present.Count(res.Peers, "peer", "peers"))
		g.line("Searched %s for %s; %s found.\n", rangesText(res.Coverage),
			present.Count(res.Scripts, "script", "scripts"), present.Count(res.Matches, "match", "matches"))
		g.balance(b)
	})
}

func checkLimit(flag string, limit time.Duration) error {
	if limit <= 0 {
		return usage("The time of --%s must be longer than nothing.", flag)
	}
	return nil
}

// rangesText says which blocks were searched.
func rangesText(ranges []app.Range) string {
	if len(ranges) == 0 {
		return "no blocks"
	}
	var parts []string
	for _, r := range ranges {
		parts = append(parts, present.Height(r.From)+"–"+present.Height(r.To))
	}
	return "blocks " + strings.Join(parts, ", ")
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }
