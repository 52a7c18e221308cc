package cli

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"thistle/app"
	"thistle/ui/present"

	"github.com/spf13/cobra"
)

// peersLimit is how long peers are waited for.
const peersLimit = 5 * time.Second

// anyPeer stands for no named peer.
const anyPeer = "any"

// peerChoice is what the flags of peers change for good.
type peerChoice struct{ add, forget, only []string }

// refusals is what the flags of peers refuse, allow again, and show.
type refusals struct {
	ban, unban []string
	list       bool
}

func (r *refusals) asked() bool { return len(r.ban)+len(r.unban) > 0 || r.list }

func (p *program) peers() *cobra.Command {
	var limit time.Duration
	var choice peerChoice
	var refused refusals
	c := &cobra.Command{
		Use: "peers", Short: "Connect to peers and list them", Args: arguments(),
		Long: `Connects to peers, lists them and says how well that is. What --add, --forget and
--only say is kept for this network, as if chosen in the window. With --ban, --unban
or --banned the addresses that are refused are listed instead: each for a day,
together with its neighbours.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkLimit("wait", limit); err != nil {
				return err
			}
			if err := choice.check(); err != nil {
				return err
			}
			return p.session(cmd.Context(), func(s *app.Session) error { return p.choosePeers(s, choice) }, func(ctx context.Context, s *app.Session) error {
				if refused.asked() {
					return p.refuse(ctx, s, refused)
				}
				return p.meet(ctx, s, limit)
			})
		},
	}
	f := c.Flags()
	f.DurationVar(&limit, "wait", peersLimit, "`time` to wait for peers")
	f.StringArrayVar(&choice.add, "add", nil, "`host:port` of a peer to keep beside others from now on (repeatable)")
	f.StringArrayVar(&choice.forget, "forget", nil, "`host:port` that was named and is not to be any more (repeatable)")
	f.StringArrayVar(&choice.only, "only", nil, "`host:port` of the only peers to use from now on, or any (repeatable)")
	f.StringArrayVar(&refused.ban, "ban", nil, "`address`, with or without a port, to refuse for a day (repeatable)")
	f.StringArrayVar(&refused.unban, "unban", nil, "`address` to refuse no longer (repeatable)")
	f.BoolVar(&refused.list, "banned", false, "list what is refused")
	return c
}

// refuse changes what is refused, and lists it.
func (p *program) refuse(ctx context.Context, s *app.Session, r refusals) error {
	for _, addr := range r.ban {
		if err := s.BanPeer(ctx, addr, 0); err != nil {
			return err
		}
	}
	for _, addr := range r.unban {
		before := len(s.Bans())
		if err := s.UnbanPeer(ctx, addr); err != nil {
			return err
		}
		if len(s.Bans()) == before {
			p.warn("not_refused", strconv.Quote(addr)+" was not refused; what can be allowed again is listed by --banned.")
		}
	}
	bans := s.Bans()
	items := []BanItem{}
	for _, b := range bans {
		items = append(items, BanItem{Key: b.Key, Until: stamp(b.Until)})
	}
	return p.show(items, func(g *page) {
		if len(bans) == 0 {
			g.line("Nobody is refused.")
			return
		}
		rows := [][]cell{g.header("Refused", "Until")}
		for _, b := range bans {
			rows = append(rows, []cell{left(present.Plain(b.Key)).in(g.ink.bold), left(present.Time(b.Until))})
		}
		g.table(rows)
	})
}

func (c *peerChoice) check() error {
	for _, addr := range slices.Concat(c.add, c.forget, c.only) {
		if addr == anyPeer && slices.Equal(c.only, []string{anyPeer}) {
			continue
		}
		if err := checkAddr(addr); err != nil {
			return err
		}
	}
	return nil
}

func (c *peerChoice) empty() bool { return len(c.add)+len(c.forget)+len(c.only) == 0 }

func (c *peerChoice) apply(to *app.Peering) {
	for _, addr := range c.add {
		if !slices.Contains(to.Preferred, addr) {
			to.Preferred = append(to.Preferred, addr)
		}
	}
	forgotten := func(addr string) bool { return slices.Contains(c.forget, addr) }
	to.Preferred = slices.DeleteFunc(to.Preferred, forgotten)
	to.Connect = slices.DeleteFunc(to.Connect, forgotten)
	switch {
	case slices.Equal(c.only, []string{anyPeer}):
		to.Connect = nil
	case len(c.only) > 0:
		to.Connect = c.only
	}
}

// session takes the network's folder without opening a wallet: first is done
// before a peer runs, then while it runs.
func (p *program) session(ctx context.Context, first func(*app.Session) error, then func(context.Context, *app.Session) error) (err error) {
	env, err := p.env()
	if err != nil {
		return err
	}
	if p.host != nil {
		if err := first(p.host.session); err != nil {
			return err
		}
		return then(ctx, p.host.session)
	}
	s, err := app.Begin(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.End()) }()
	if err := first(s); err != nil {
		return err
	}
	return s.Online(ctx, func(ctx context.Context) error { return then(ctx, s) })
}

// choosePeers keeps what the flags say, if it can be used.
func (p *program) choosePeers(s *app.Session, c peerChoice) error {
	if c.empty() {
		return nil
	}
	if p.host != nil {
		p.host.choosing.Lock()
		defer p.host.choosing.Unlock()
	}
	place, err := p.place()
	if err != nil {
		return err
	}
	settings, err := app.LoadSettings(place.DataDir, place.Network)
	if err != nil {
		return err
	}
	was := settings
	settings.Peering.Connect, settings.Peering.Preferred = slices.Clone(was.Peering.Connect), slices.Clone(was.Peering.Preferred)
	c.apply(&settings.Peering)
	to := p.overPeering(settings.Peering)
	if p.host != nil {
		// The daemon's own flags, a proxy perhaps, hold on.
		to = s.Peering()
		to.Connect, to.Preferred = slices.Clone(to.Connect), slices.Clone(to.Preferred)
		c.apply(&to)
	}
	if err := app.CheckPeering(to); err != nil {
		return err
	}
	s.SetPeering(to)
	return app.SaveSettings(place.DataDir, place.Network, was, settings)
}

// meet lists who is there soon.
func (p *program) meet(ctx context.Context, s *app.Session, limit time.Duration) error {
	p.gauge.set("Connecting")
	defer p.gauge.clear()
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	list, err := s.Meet(within)
	p.gauge.clear()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return err
	}
	snap := present.Snapshot{Now: time.Now(), Network: p.flags.network, Progress: s.Progress(), Peering: s.Peering()}
	if h, ok := s.Health(); ok {
		snap.Health, snap.Listening = &h, s.Listening()
	}
	return p.showPeers(list, snap)
}

func (p *program) showPeers(list []app.Peer, snap present.Snapshot) error {
	items := []PeerItem{}
	for _, peer := range list {
		items = append(items, peerItem(peer))
	}
	return p.show(items, func(g *page) {
		rows := [][]cell{g.header("Peer", "Program", ">Block", ">Answers in", "Filters", "Line", "For")}
		for _, peer := range list {
			latency := "?"
			if peer.Latency > 0 {
				latency = count(int(max(peer.Latency.Milliseconds(), 1))) + " ms"
			}
			rows = append(rows, []cell{
				left(peer.Addr).in(g.ink.bold), left(present.Plain(peer.UserAgent)),
				right(present.Height(max(peer.StartHeight, peer.Height))), right(latency), left(yesNo(peer.Filters)),
				left(present.Line(peer.Transport)), left(present.PeerPurpose(peer)),
			})
		}
		g.table(rows)
		g.health(snap)
	})
}

// healthLine says how well the wallet is connected, and what to do about it.
func (g *page) healthLine(s present.Snapshot) string {
	h := present.HealthOf(s)
	words := asWords(h.Words)
	switch h.Title.Tone {
	case present.Good:
		words = g.ink.green(words)
	case present.Warn, present.Bad:
		words = g.ink.amber(words)
	}
	if h.Do != "" {
		words += " " + asWords(h.Do)
	}
	return words
}

// health says the same below a table, and where others can connect.
func (g *page) health(s present.Snapshot) {
	g.line("\n%s", g.healthLine(s))
	switch {
	case s.Listening.Problem != "":
		g.line("%s", g.ink.amber("Others cannot connect at "+s.Peering.Listen+": "+s.Listening.Problem+"."))
	case s.Listening.Addr != "":
		g.line("Others can connect at %s.", s.Listening.Addr)
	}
}

// asWords groups figures as a terminal's other texts do.
func asWords(text string) string { return strings.ReplaceAll(text, "\u202f", ",") }

func peerItem(peer app.Peer) PeerItem {
	item := PeerItem{
		Addr: peer.Addr, UserAgent: peer.UserAgent, Version: peer.Version, Services: append([]string{}, peer.Services...),
		StartHeight: peer.StartHeight, Height: peer.Height, Since: stamp(peer.Since), Filters: peer.Filters,
		Inbound: peer.Inbound, Named: peer.Named, Purpose: string(peer.Purpose),
		Received: peer.Received, Sent: peer.Sent,
	}
	if peer.Latency > 0 {
		ms := peer.Latency.Milliseconds()
		item.LatencyMS = &ms
	}
	if peer.FeeFloor > 0 {
		floor := json.Number(peer.FeeFloor.SatVB())
		item.FeeFloor = &floor
	}
	if line := string(peer.Transport); line != "" {
		item.Transport = &line
	}
	return item
}

// conditionName is the word that programs get for a condition.
func conditionName(c app.Condition) string { return strings.ReplaceAll(c.String(), " ", "_") }

// healthItem is how well the wallet is connected, nil while no peer runs.
func healthItem(s present.Snapshot) *HealthItem {
	if s.Health == nil {
		return nil
	}
	h, words := s.Health, present.HealthOf(s)
	item := &HealthItem{
		Condition: conditionName(h.Condition), Message: asWords(words.Words), Advice: asWords(words.Do), Outbound: h.Outbound, Inbound: h.Inbound,
		Groups: h.Groups, Networks: h.Networks, Encrypted: h.Encrypted, FilterPeers: h.FilterPeers, Agreed: h.Agreed,
		TipSeconds: int64(h.TipAge.Seconds()), Odds: h.Odds, Disputed: h.Disputed, Branches: h.Branches,
		Served: h.ServedBytes, Relayed: h.RelayedTxs,
	}
	if addr := s.Listening.Addr; addr != "" {
		item.Listening = &addr
	}
	if h.ClockPeers > 0 {
		skew := int64(h.ClockSkew.Seconds())
		item.ClockSkew = &skew
	}
	return item
}
