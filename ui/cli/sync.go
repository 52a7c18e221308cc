package cli

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"thistle/app"
	"thistle/ui/present"

	"github.com/spf13/cobra"
)

// syncLimit is how long a sync may take unless told otherwise, peersLimit how
// long peers are waited for.
const (
	syncLimit  = 60 * time.Second
	peersLimit = 5 * time.Second
)

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
					res, err = syncWithin(ctx, w, limit)
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

func (p *program) peers() *cobra.Command {
	var limit time.Duration
	c := &cobra.Command{
		Use: "peers", Short: "Connect to peers and list them", Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkLimit("wait", limit); err != nil {
				return err
			}
			env, err := p.env()
			if err != nil {
				return err
			}
			p.gauge.set("Connecting")
			ctx, cancel := context.WithTimeout(cmd.Context(), limit)
			defer cancel()
			list, err := app.Peers(ctx, env)
			p.gauge.clear()
			switch {
			case cmd.Context().Err() != nil:
				return cmd.Context().Err()
			case err != nil:
				return err
			}
			return p.showPeers(list)
		},
	}
	c.Flags().DurationVar(&limit, "wait", peersLimit, "`time` to wait for peers")
	return c
}

func (p *program) showPeers(list []app.Peer) error {
	items := []PeerItem{}
	for _, peer := range list {
		items = append(items, peerItem(peer))
	}
	return p.show(items, func(g *page) {
		rows := [][]cell{g.header("Peer", "Program", ">Block", ">Answers in", "Filters")}
		for _, peer := range list {
			latency := "?"
			if peer.Latency > 0 {
				latency = count(int(max(peer.Latency.Milliseconds(), 1))) + " ms"
			}
			rows = append(rows, []cell{
				left(peer.Addr).in(g.ink.bold), left(present.Plain(peer.UserAgent)),
				right(present.Height(max(peer.StartHeight, peer.Height))), right(latency), left(yesNo(peer.Filters)),
			})
		}
		g.table(rows)
	})
}

func peerItem(peer app.Peer) PeerItem {
	item := PeerItem{
		Addr: peer.Addr, UserAgent: peer.UserAgent, Version: peer.Version, Services: append([]string{}, peer.Services...),
		StartHeight: peer.StartHeight, Height: peer.Height, Since: stamp(peer.Since), Filters: peer.Filters,
	}
	if peer.Latency > 0 {
		ms := peer.Latency.Milliseconds()
		item.LatencyMS = &ms
	}
	if peer.FeeFloor > 0 {
		floor := json.Number(peer.FeeFloor.SatVB())
		item.FeeFloor = &floor
	}
	return item
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }
