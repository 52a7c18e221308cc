package cli

import (
	"context"
	"math"
	"time"

	"thistle/app"
	"thistle/ui/present"

	"github.com/spf13/cobra"
)

func (p *program) watch() *cobra.Command {
	return &cobra.Command{
		Use: "watch", Short: "Stay connected and tell what happens", Args: arguments(),
		Long: `Runs until interrupted. Payments that are not confirmed yet are seen, and kept,
while this runs. With --json each event is one line, and so is the progress while
there is something to catch up with, once a second at most.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.offline(cmd.Context(), func(w *app.Wallet) error {
				events := w.Events()
				defer events.Close()
				defer p.gauge.clear()
				return p.connected(cmd.Context(), w, func(ctx context.Context) error {
					known, err := p.tellPresent(w)
					if err != nil {
						return err
					}
					return p.tellEvents(ctx, w, events, known)
				})
			})
		},
	}
}

// tellPresent prints what is so already where the daemon runs the wallet.
func (p *program) tellPresent(w *app.Wallet) (known acquainted, err error) {
	known = make(acquainted)
	if p.loan == nil {
		return known, nil
	}
	for _, event := range w.Present() {
		known.again(event)
		if err := p.tellEvent(w, event); err != nil {
			return nil, err
		}
	}
	return known, nil
}

// acquainted is since when the peers are connected that were told of. Events were
// kept before it was asked who is there: who came between is told of by both.
type acquainted map[string]time.Time

// again tells whether an event says what was told, and notes what it says.
func (a acquainted) again(event app.Event) bool {
	switch e := event.(type) {
	case app.PeerConnected:
		since, known := a[e.Peer.Addr]
		a[e.Peer.Addr] = e.Peer.Since
		return known && since.Equal(e.Peer.Since)
	case app.PeerLost:
		delete(a, e.Addr)
	}
	return false
}

// tellEvents prints events until ctx ends, and between them how far the catching
// up is.
func (p *program) tellEvents(ctx context.Context, w *app.Wallet, events *app.Events, known acquainted) error {
	var told progressTold
	for ctx.Err() == nil {
		tick, cancel := context.WithTimeout(ctx, gaugeTick)
		event, err := events.Next(tick)
		cancel()
		if err != nil {
			err = p.tellProgress(w, &told)
		} else if !known.again(event) {
			err = p.tellEvent(w, event)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *program) tellEvent(w *app.Wallet, event app.Event) error {
	line, ok := p.eventLine(w, event)
	if !ok {
		return nil
	}
	p.gauge.clear()
	return p.show(line, func(g *page) {
		if e, ok := event.(app.HealthChanged); ok {
			g.line("%s", g.healthLine(p.healthOf(w, &e.Health)))
			return
		}
		g.line("%s", g.event(event))
	})
}

// progressTold is the progress told last, and whether there was something to
// catch up with.
type progressTold struct {
	at     time.Time
	stages app.Stages
	busy   bool
}

// tellProgress keeps the line of progress true or, for programs, prints a line
// while there is something to catch up with, and a last one when there is not.
func (p *program) tellProgress(w *app.Wallet, told *progressTold) error {
	s := p.snapshot(w)
	busy := present.UnderWay(s)
	switch st := s.Progress.Stages; {
	case !p.flags.json && busy:
		p.gauge.set(present.Syncing(s))
	case !p.flags.json:
		p.gauge.clear()
	case (st != told.stages || busy != told.busy) && (busy || told.busy) && s.Now.Sub(told.at) >= time.Second:
		*told = progressTold{s.Now, st, busy}
		return p.show(ProgressLine{"progress", stageItems(st)}, nil)
	}
	return nil
}

func stageItems(st app.Stages) []StageItem {
	var items []StageItem
	for _, s := range []struct {
		name string
		app.Stage
	}{{"peers", st.Peers}, {"headers", st.Headers}, {"filter_headers", st.FilterHeaders}, {"filters", st.Filters}, {"blocks", st.Blocks}} {
		item := StageItem{Stage: s.name, Done: s.Done, Total: s.Total, Rate: math.Round(s.Rate*10) / 10, Tried: s.Tried}
		if s.Left > 0 {
			left := int64(s.Left.Seconds())
			item.SecondsLeft = &left
		}
		if why := whyNames[s.Why]; why != "" {
			item.Why = &why
		}
		if s.Why == app.WhyBlock || s.Why == app.WhyDispute {
			item.Height = &s.Height
		}
		items = append(items, item)
	}
	return items
}

// whyNames are the words that programs get for what keeps a stage.
var whyNames = map[app.Why]string{
	app.WhyNoPeers: "no_peers", app.WhyNoFilterPeers: "no_filter_peers", app.WhyNoAnswer: "no_answer", app.WhyDispute: "dispute",
	app.WhyClock: "clock", app.WhyBlock: "block", app.WhyFullBlocks: "full_blocks",
}

func (g *page) event(event app.Event) string {
	text := present.Event(event)
	switch event.(type) {
	case app.TxSeen, app.TxConfirmed, app.Delivered, app.Propagated:
		return g.ink.green(text)
	case app.DoubleSpend:
		return g.ink.red(text)
	case app.Warning, app.Reorg, app.TxChanged, app.Stalled:
		return g.ink.amber(text)
	case app.PeerConnected, app.PeerLost:
		return g.ink.faint(text)
	}
	return text
}

func stallNames(why []app.StallReason) []string {
	names := []string{}
	for _, w := range why {
		names = append(names, string(w))
	}
	return names
}

// eventLine is an event for programs.
func (p *program) eventLine(w *app.Wallet, event app.Event) (any, bool) {
	switch e := event.(type) {
	case app.HealthChanged:
		return HealthLine{"health", *healthItem(p.healthOf(w, &e.Health))}, true
	case app.Propagated:
		return PropagatedLine{"propagated", e.TxID.String(), e.Groups}, true
	case app.Stalled:
		return StalledLine{"stalled", e.TxID.String(), stallNames(e.Why)}, true
	case app.TxHeard:
		return TxHeardLine{"tx_heard", e.TxID.String(), e.Groups}, true
	case app.DoubleSpend:
		return DoubleSpendLine{"double_spend", e.TxID.String(), e.Rival.String(), e.Ours, e.Confirmed, int64(e.Amount)}, true
	case app.PeerConnected:
		return PeerConnectedLine{"peer_connected", e.Peer.Addr, e.Peer.UserAgent, e.Peer.StartHeight}, true
	case app.PeerLost:
		return PeerLostLine{"peer_lost", e.Addr, e.Reason}, true
	case app.Headers:
		return HeadersLine{"headers", e.Height, e.Hash.String()}, true
	case app.BlockScanned:
		return BlockLine{"block", e.Height, e.Hash.String()}, true
	case app.TxSeen:
		return TxSeenLine{"tx_seen", e.TxID.String(), int64(e.Amount), stamp(e.At)}, true
	case app.TxConfirmed:
		return TxConfirmedLine{"tx_confirmed", e.TxID.String(), int64(e.Amount), e.Height}, true
	case app.TxChanged:
		line := TxChangedLine{Event: "tx_changed", TxID: e.TxID.String(), State: string(e.State)}
		if e.Winner != nil {
			winner := e.Winner.String()
			line.ReplacedBy = &winner
		}
		return line, true
	case app.Delivered:
		return DeliveredLine{"delivered", e.TxID.String(), string(e.State), e.Peer}, true
	case app.Reorg:
		return ReorgLine{"reorg", e.Fork, e.Disconnected, e.Height, e.Hash.String()}, true
	case app.Synced:
		return SyncedLine{"synced", e.Height, e.Hash.String()}, true
	case app.Warning:
		return WarningLine{"warning", e.Kind, e.Text}, true
	}
	return nil, false
}
