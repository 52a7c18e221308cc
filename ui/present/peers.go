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

	Headers, FilterHeaders, Filters Bar
	// Line is what is being done, or why nothing is.
	Line Text

	Rows []PeerRow
	// Empty says why there are no rows.
	Empty string
}

// PeerDot is a peer in the star.
type PeerDot struct {
	Addr    string
	Filters bool
}

// Bar is a step of the sync.
type Bar struct {
	Title, Count string
	// Done is from 0 to 1, in few enough steps that not each block redraws it.
	Done float64
}

// PeerRow is a peer in the table. Key is its address, whole; whatever it told us
// is made plain.
type PeerRow struct {
	Key                                                   string
	Address, Software, Serves, Height, Ping, Since, Floor string
}

// mostDots is how many peers the star has room for.
const mostDots = 12

// PeersOf makes the screen of peers.
func PeersOf(s Snapshot) PeersState {
	o := PeersState{
		Headers: headersBar(s.Progress), FilterHeaders: filterHeadersBar(s.Progress), Filters: filtersBar(s),
		Line: peersNews(s),
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
		o.Star = append(o.Star, PeerDot{Addr: p.Addr, Filters: p.Filters})
	}
	if n := len(peers) - mostDots; n > 0 {
		o.More = "and " + strconv.Itoa(n) + " more"
	}
	if len(peers) == 0 {
		o.Empty = whyNoPeers(s)
	}
	return o
}

func whyNoPeers(s Snapshot) string {
	switch {
	case !s.Progress.Running:
		return "The part of Thistle that talks to the network is not running."
	case s.Demo:
		return "The practice network inside this computer is still starting."
	}
	return "None has answered yet. If this takes long, this computer may be offline, or something may keep Thistle from the network."
}

// ---- how far the sync has come ----

func headersBar(p app.Progress) Bar {
	b := Bar{Title: "Headers — proof of work checked"}
	switch goal := max(p.Target, p.Height); {
	case p.Height < 0:
		b.Count = "none yet"
	case p.Peers == 0:
		// Nobody says how many there are.
		b.Count = number(p.Height) + " so far"
	case p.Height < goal || !p.Current:
		b.Count, b.Done = number(rough(p.Height, goal))+" / "+number(goal), coarse(part(p.Height, p.Base, goal))
	default:
		b.Count, b.Done = number(p.Height)+" / "+number(goal), 1
	}
	return b
}

func filterHeadersBar(p app.Progress) Bar {
	b := Bar{Title: "Filter headers — being compared between " + strconv.Itoa(p.FilterPeers) + " peers"}
	switch {
	case p.FilterPeers == 0:
		b.Title = "Filter headers — no peer serves them"
	case p.FilterPeers == 1:
		b.Title = "Filter headers — from one peer"
	case p.Agreed > 1 && p.FilterHeaders >= p.Height:
		b.Title = "Filter headers — agreed by " + strconv.Itoa(p.Agreed) + " peers"
	}
	switch {
	case p.FilterHeaders < 0 || p.Height < 0:
		b.Count = "none yet"
	case p.FilterHeaders >= p.Height:
		b.Count, b.Done = number(p.Height)+" / "+number(p.Height), 1
	default:
		b.Count, b.Done = number(rough(p.FilterHeaders, p.Height))+" / "+number(p.Height), coarse(part(p.FilterHeaders, p.Base, p.Height))
	}
	return b
}

// filtersBar counts filters that were matched with the scripts of the open
// wallet. Without one they are only kept.
func filtersBar(s Snapshot) Bar {
	p := s.Progress
	if s.Wallet == "" {
		b := Bar{Title: "Filters — kept for your wallets", Count: "none yet"}
		if p.FiltersFrom >= 0 && p.Filters >= p.FiltersFrom && p.Height >= 0 {
			have, all := p.Filters-p.FiltersFrom+1, p.Height-p.FiltersFrom+1
			b.Count, b.Done = counted(have, all, ""), coarse(fraction(have, all))
		}
		return b
	}
	b := Bar{Title: "Filters — matched on this computer", Count: "none yet"}
	all := int32(blocksToSearch(s))
	if all <= 0 {
		return b
	}
	have := min(matched(s), all)
	b.Count, b.Done = counted(have, all, Date(s.Status.Birthday, s.Now)), coarse(fraction(have, all))
	return b
}

// matched is how many blocks from the birthday on the wallet knows about. The
// ranges are ascending, but may overlap.
func matched(s Snapshot) int32 {
	if s.Status.BirthdayHeight == nil {
		return 0
	}
	n, from := int32(0), *s.Status.BirthdayHeight
	for _, r := range s.Status.Coverage {
		if first, last := max(r.From, from), min(r.To, s.Progress.Height); last >= first {
			n, from = n+last-first+1, last+1
		}
	}
	return n
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

func toGo(n int32) string {
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
	p := s.Progress
	switch {
	case !p.Running:
		return Text{"Nothing is fetched: Thistle is not running as a peer.", Bad}
	case p.Peers == 0:
		return Text{"Looking for peers. Until one answers nothing new can be known" + knownUntil(s) + ".", Warn}
	case p.Height < p.Target:
		return Text{"Fetching headers and checking their proof of work: " + toGo(p.Target-max(p.Height, 0)), Accent}
	case !p.Current:
		return Text{"Waiting for the peers to confirm that there is nothing newer than block " + number(max(p.Height, 0)) + ".", Accent}
	case p.FilterHeaders < p.Height && p.FilterPeers == 0, p.Filters < p.Height && p.FiltersFrom >= 0 && p.FilterPeers == 0:
		return Text{"None of the connected peers serves filters, and without these no payment can be found. Thistle looks for one that does.", Warn}
	case p.FilterHeaders < p.Height:
		return Text{"Fetching filter headers and comparing what the peers say: " + toGo(p.Height-p.FilterHeaders), Accent}
	case p.FiltersFrom >= 0 && p.Filters < p.Height:
		return Text{"Fetching the filters of " + blocks(p.Height-p.Filters) + ".", Accent}
	}
	return walletNews(s)
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
	}
	switch {
	case s.Wallet == "" || p.Height <= 0:
		return done
	case s.Status.Unapplied > 0:
		return Text{"Fetching " + blocks(int32(s.Status.Unapplied)) + " with payments of yours in them.", Accent}
	case !s.Status.Final && matched(s) >= int32(blocksToSearch(s)):
		return Text{"Searching for payments of yours.", Accent}
	case !s.Status.Final:
		return Text{"Searching " + blocks(int32(blocksToSearch(s))-matched(s)) + " for payments of yours.", Accent}
	}
	return done
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
		Height: "—", Ping: ping(p.Latency), Since: orDash(Ago(p.Since, s.Now)), Floor: "—",
	}
	if h := max(p.Height, p.StartHeight); h > 0 {
		r.Height = number(h)
	}
	if p.FeeFloor > 0 {
		r.Floor = p.FeeFloor.String()
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

// serves names the one service of a peer that matters most to us.
func serves(p *app.Peer) string {
	switch {
	case p.Filters:
		return "Filters"
	case slices.Contains(p.Services, "NETWORK"):
		return "Blocks"
	case slices.Contains(p.Services, "NETWORK_LIMITED"):
		return "New blocks"
	}
	return "—"
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
