package present

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"thistle/app"
	"thistle/app/units"
)

// PeersState is the screen of peers: who is connected, and how far that has
// brought us.
type PeersState struct {
	// Star has the first of Rows; More says how many it leaves out.
	Star []PeerDot
	More string

	Headers, FilterHeaders, Filters, Blocks Bar
	// Line is what is being done, or why nothing is.
	Line Text

	Rows []PeerRow
	// Empty says why there are no rows; Looking that there may be some soon.
	Empty   string
	Looking bool

	Bans   []BanRow
	Health HealthState
	// Busy: there is something to catch up with.
	Busy bool
	// Network is what a port that is not typed is taken from.
	Network string
}

// PeerDot is a peer in the star.
type PeerDot struct {
	Addr    string
	Filters bool
	Inbound bool // it came to us
}

// Bar is a step of the sync.
type Bar struct {
	Title, Count string
	// Done is from 0 to 1, in few enough steps that not each block redraws it.
	Done float64
	Tone Tone // a warning if something keeps it
}

// PeerRow is a peer in the table. Key is its address, whole; whatever it told us
// is made plain.
type PeerRow struct {
	Key                                                           string
	Address, Software, Serves, Height, Ping, Received, Sent, Line string
	// Named: the person wants to be connected to it.
	Named bool
	// Details has the rest, for a closer look.
	Details []Fact
}

// BanRow is an address that is refused, or a part of the network.
type BanRow struct{ Key, Until string }

// mostDots is how many peers the star has room for.
const mostDots = 12

// PeersOf makes the screen of peers.
func PeersOf(s Snapshot) PeersState {
	o := PeersState{
		Headers: headersBar(s), FilterHeaders: filterHeadersBar(s.Progress), Filters: filtersBar(s), Blocks: blocksBar(s.Progress),
		Line: peersNews(s), Health: healthPanel(s), Busy: UnderWay(s), Network: s.Network,
	}
	peers := slices.Clone(s.Peers)
	slices.SortFunc(peers, func(a, b app.Peer) int { // new ones come last, so that nothing moves
		if c := a.Since.Compare(b.Since); c != 0 {
			return c
		}
		return strings.Compare(a.Addr, b.Addr)
	})
	for i := range peers {
		o.Rows = append(o.Rows, peerRow(&peers[i], s))
	}
	for _, p := range peers[:min(mostDots, len(peers))] {
		o.Star = append(o.Star, PeerDot{Addr: p.Addr, Filters: p.Filters, Inbound: p.Inbound})
	}
	if n := len(peers) - mostDots; n > 0 {
		o.More = "and " + strconv.Itoa(n) + " more"
	}
	for _, b := range s.Bans {
		o.Bans = append(o.Bans, BanRow{Key: b.Key, Until: "until " + Moment(b.Until, s.Now)})
	}
	if len(peers) == 0 {
		o.Empty, o.Looking = whyNoPeers(s), s.Progress.Running && !(s.Health != nil && s.Health.Nobody)
	}
	return o
}

func whyNoPeers(s Snapshot) string {
	switch {
	case !s.Progress.Running:
		return "The part of Thistle that talks to the network is not running."
	case s.Demo:
		return "The practice network inside this computer is still starting."
	case s.Health != nil && s.Health.Nobody:
		return "Nobody is known who could be asked. Add a peer that you know of."
	case len(s.Peering.Connect) > 0:
		return "None of those that you named answers, and no others are to be asked."
	case s.Peering.Proxy != "":
		return "None has answered yet. Through a proxy this can take a minute; if it takes longer, see whether the proxy is running."
	}
	return "None has answered yet. If this takes long, this computer may be offline, or something may keep Thistle from the network."
}

// ---- how far the sync has come ----

func headersBar(s Snapshot) Bar {
	p := s.Progress
	if checked, on := auditing(s); on {
		return stageBar("Headers", "all are checked, down to the first", checked)
	}
	b := stageBar("Headers", "proof of work checked", stagesOf(p).Headers)
	if p.Peers == 0 && p.Height >= 0 {
		// Nobody says how many there are.
		b.Count, b.Done = number(stagesOf(p).Headers.Done)+" so far", 0
	}
	return b
}

func filterHeadersBar(p app.Progress) Bar {
	st, about := stagesOf(p).FilterHeaders, "compared between "+strconv.Itoa(p.FilterPeers)+" peers"
	switch {
	case p.FilterPeers == 0:
		about = "no peer serves them now"
	case p.FilterPeers == 1:
		about = "from one peer"
	case p.Agreed > 1 && st.Total > 0 && st.Complete():
		about = "agreed by " + strconv.Itoa(p.Agreed) + " peers"
	}
	return stageBar("Filter headers", about, st)
}

// filtersBar counts filters that are fetched; once they are, those that were
// matched with the scripts of the open wallet.
func filtersBar(s Snapshot) Bar {
	st := stagesOf(s.Progress).Filters
	if s.Wallet == "" {
		return stageBar("Filters", "kept for your wallets", st)
	}
	have, all := searchedOf(s)
	if all <= 0 || !st.Complete() {
		return stageBar("Filters", "matched on this computer", st)
	}
	b := stageBar("Filters", "matched on this computer", app.Stage{Done: have, Total: all})
	b.Count = counted(have, all, Date(s.Status.Birthday, s.Now))
	return b
}

func blocksBar(p app.Progress) Bar {
	return stageBar("Blocks", "those that the filters name", p.Stages.Blocks)
}

// Searched is how many blocks from the birthday on the wallet knows about, and of
// how many.
func Searched(s app.Status) (searched, all int32) {
	if s.BirthdayHeight == nil {
		return 0, 0
	}
	// The ranges are ascending, but may overlap.
	from := *s.BirthdayHeight
	for _, r := range s.Coverage {
		if first, last := max(r.From, from), min(r.To, s.Height); last >= first {
			searched, from = searched+last-first+1, last+1
		}
	}
	return searched, max(s.Height-*s.BirthdayHeight+1, 0)
}

func counted(have, all int32, since string) string {
	switch {
	case have < all:
		return number(rough(have, all)) + " / " + number(all)
	case since == "":
		return number(all)
	}
	return number(all) + " since " + since
}

func fraction(have, all int32) float64 {
	if all <= 0 {
		return 0
	}
	return float64(have) / float64(all)
}

// coarse cuts a fraction down to half a percent.
func coarse(f float64) float64 { return math.Floor(min(max(f, 0), 1)*200) / 200 }

// rough is a count while much is left to do: its last figures would only
// flicker.
func rough(n, goal int32) int32 {
	if goal-n > 1000 {
		return n - n%100
	}
	return n
}

func toGo(s app.Stage) string {
	n := s.Total - s.Done
	if n > 1000 {
		n -= n % 100
	}
	return number(n) + " to go."
}

// number is a count in groups, for the window.
func number(n int32) string { return Digits(units.Amount(n), UnitSat) }

// peersNews says in one sentence what is being done, or why nothing is. It goes
// through what must be known before all is known, in its order.
func peersNews(s Snapshot) Text {
	p, st := s.Progress, s.Progress.Stages
	switch {
	case !p.Running:
		return Text{"Nothing is fetched: Thistle is not running as a peer.", Bad}
	case p.Peers == 0:
		return Text{lookingForPeers(s), Warn}
	case olderFirst(s) && p.Height >= p.Target:
		return stageNews(s, st.Headers, "headers", "Fetching older headers, for a wallet that is older than what is here: "+toGo(st.Headers))
	case !p.Current && !st.Headers.Complete():
		return stageNews(s, st.Headers, "headers", "Fetching headers and checking their proof of work: "+toGo(st.Headers))
	case !p.Current:
		return stageNews(s, st.Headers, "headers", "Waiting for the peers to confirm that there is nothing newer than block "+number(max(p.Height, 0))+".")
	case lacksFilters(s) && !st.FilterHeaders.Complete():
		return stageNews(s, st.FilterHeaders, "filter headers", "Fetching filter headers and comparing what the peers say: "+toGo(st.FilterHeaders))
	case lacksFilters(s):
		return stageNews(s, st.Filters, "filters", "Fetching the filters of "+blocks(st.Filters.Total-st.Filters.Done)+".")
	}
	return walletNews(s)
}

// stageNews is what keeps a stage, or else what is done in it.
func stageNews(s Snapshot, st app.Stage, what, doing string) Text {
	return Text{orWords(keptSentence(what, st, s), doing), keptTone(st)}
}

// walletNews is peersNews when the peers have given all there is.
func walletNews(s Snapshot) Text {
	p := s.Progress
	done := Text{"Up to date with block " + number(max(p.Height, 0)) + ", found " + Ago(p.TipTime, s.Now) + ".", Good}
	if p.Height < 0 || p.TipTime.IsZero() {
		done.Words = "Up to date."
	}
	if s.Network == "mainnet" && !p.TipTime.IsZero() && s.Now.Sub(p.TipTime) > late {
		done = Text{"The newest block that any peer knows, " + number(max(p.Height, 0)) + ", is from " + Ago(p.TipTime, s.Now) + ". Either blocks are slow, or Thistle is cut off from the newest.", Warn}
	} else if checked, on := auditing(s); on {
		done.Words += " In the background all older headers are checked: " + percentOf(checked) + " done."
	}
	found := " with payments of yours in them."
	if wholeBlocks(s) {
		done.Words += " " + keptSentence("filters", p.Stages.Filters, s)
		found = ", as no peer serves filters."
	}
	switch {
	case s.Wallet == "" || p.Height <= 0:
		return done
	case s.Status.Unapplied > 0:
		return stageNews(s, p.Stages.Blocks, "blocks", "Fetching "+blocks(int32(s.Status.Unapplied))+found)
	case s.Status.Final:
		return done
	}
	if have, all := searchedOf(s); have < all {
		return Text{"Searching " + blocks(all-have) + " for payments of yours.", Accent}
	}
	return Text{"Searching for payments of yours.", Accent}
}

// searchedOf is Searched as far as the newest block that the peer knows.
func searchedOf(s Snapshot) (searched, all int32) {
	st := s.Status
	st.Height = s.Progress.Height
	return Searched(st)
}

func blocks(n int32) string {
	if n == 1 {
		return "1 block"
	}
	return number(max(n, 0)) + " blocks"
}

func knownUntil(s Snapshot) string {
	if s.Progress.Height < 0 || s.Progress.TipTime.IsZero() {
		return ""
	}
	return "; what is known is as of " + Moment(s.Progress.TipTime, s.Now)
}

// ---- the table ----

func peerRow(p *app.Peer, s Snapshot) PeerRow {
	r := PeerRow{
		Key: p.Addr, Address: peerAddress(p.Addr, s.Network), Software: orDash(Plain(p.UserAgent)), Serves: serves(p),
		Height: "—", Ping: ping(p.Latency), Received: Amount(p.Received), Sent: Amount(p.Sent), Line: Line(p.Transport), Named: p.Named,
	}
	if h := max(p.Height, p.StartHeight); h > 0 {
		r.Height = number(h)
	}
	floor := "—"
	if p.FeeFloor > 0 {
		floor = p.FeeFloor.String()
	}
	say := func(name, value string) Fact { return Fact{name, Text{Words: orDash(value)}} }
	r.Details = []Fact{
		say("Address", Plain(p.Addr)), say("For", PeerPurpose(*p)), say("Software", r.Software), say("Offers", Plain(strings.Join(p.Services, ", "))),
		say("Newest block", r.Height), say("Answers in", r.Ping), say("Connected", Ago(p.Since, s.Now)), say("Line", r.Line), say("Received", r.Received), say("Sent", r.Sent), say("Least fee", floor),
	}
	return r
}

// usualPort is the port that goes without saying.
func usualPort(network string) string {
	return map[string]string{"mainnet": "8333", "testnet3": "18333", "testnet4": "48333", "signet": "38333", "regtest": "18444"}[network]
}

// peerAddress is an address short enough for a column. Nobody has to compare it.
func peerAddress(addr, network string) string {
	host, port := addr, ""
	if i := strings.LastIndexByte(addr, ':'); i >= 0 {
		host, port = strings.Trim(addr[:i], "[]"), addr[i+1:]
	}
	const most, head, tail = 26, 10, 11
	if runes := []rune(Plain(host)); len(runes) > most {
		host = string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
	} else {
		host = string(runes)
	}
	switch {
	case port == "" || port == usualPort(network):
		return host
	case strings.Contains(host, ":"):
		return "[" + host + "]:" + Plain(port)
	}
	return host + ":" + Plain(port)
}

// serves names the one service of a peer that matters most to us. Who came to us
// is asked for nothing.
func serves(p *app.Peer) string {
	switch {
	case p.Inbound:
		return "came to you"
	case p.Filters:
		return "Filters"
	case slices.Contains(p.Services, "NETWORK"):
		return "Blocks"
	case slices.Contains(p.Services, "NETWORK_LIMITED"):
		return "New blocks"
	}
	return "—"
}

// Line is how the bytes of a connection are packed, for people.
func Line(t app.Transport) string {
	switch t {
	case app.TransportEncrypted:
		return "encrypted"
	case app.TransportPlain:
		return "plain"
	}
	return "—"
}

// PeerPurpose is what a connection is for.
func PeerPurpose(p app.Peer) string {
	words := map[app.Purpose]string{
		app.PurposeAll: "everything", app.PurposeBlocks: "blocks only", app.PurposeFeeler: "a look", app.PurposeBroadcast: "one payment",
		app.PurposeServing: "came to you",
	}[p.Purpose]
	if p.Named {
		return "named by you"
	}
	return orDash(words)
}

func ping(d time.Duration) string {
	switch {
	case d <= 0:
		return "—"
	case d < time.Millisecond:
		return "< 1 ms"
	case d < 10*time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	}
	return Duration(d)
}

func orDash(s string) string { return orWords(s, "—") }
