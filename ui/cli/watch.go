package cli

import (
	"context"

	"thistle/app"
	"thistle/ui/present"

	"github.com/spf13/cobra"
)

func (p *program) watch() *cobra.Command {
	return &cobra.Command{
		Use: "watch", Short: "Stay connected and tell what happens", Args: arguments(),
		Long: `Runs until interrupted. Payments that are not confirmed yet are seen, and kept,
while this runs. With --json each event is one line.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.offline(cmd.Context(), func(w *app.Wallet) error {
				events := w.Events()
				defer events.Close()
				return w.Online(cmd.Context(), func(ctx context.Context) error {
					return p.tellEvents(ctx, events)
				})
			})
		},
	}
}

// tellEvents prints events until ctx ends.
func (p *program) tellEvents(ctx context.Context, events *app.Events) error {
	for {
		event, err := events.Next(ctx)
		if err != nil {
			return nil
		}
		line, ok := eventLine(event)
		if !ok {
			continue
		}
		if err := p.show(line, func(g *page) { g.line("%s", g.event(event)) }); err != nil {
			return err
		}
	}
}

func (g *page) event(event app.Event) string {
	text := present.Event(event)
	switch event.(type) {
	case app.TxSeen, app.TxConfirmed, app.Delivered:
		return g.ink.green(text)
	case app.Warning, app.Reorg, app.TxChanged:
		return g.ink.amber(text)
	case app.PeerConnected, app.PeerLost:
		return g.ink.faint(text)
	}
	return text
}

// eventLine is an event for programs.
func eventLine(event app.Event) (any, bool) {
	switch e := event.(type) {
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
