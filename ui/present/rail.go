package present

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"thistle/app"
)

// RailState is the side of the window: whose wallet it is, on which network, and
// the truth about sync.
type RailState struct {
	Wallet  string
	Network string // and kind of wallet
	// Mark names a network whose coins are worth nothing; empty on mainnet.
	Mark string

	Tone Tone // of the dot
	// What is being done, and on the same line how far it is.
	Doing, Far string
	// Below that: who helps, and how long still or why nothing goes on.
	Peers, Note string
}

// late is after how long without a block mainnet looks stuck: that this happens
// by chance is less likely than once in a hundred thousand blocks.
const late = 2 * time.Hour

// RailOf makes the side of the window.
func RailOf(s Snapshot) RailState {
	r := RailState{Wallet: Plain(s.Wallet), Network: networkLine(s), Mark: networkMark(s), Peers: peersLine(s.Progress)}
	sync := syncOf(s)
	r.Tone, r.Doing, r.Far, r.Note = sync.tone, sync.doing, sync.far, sync.note
	return r
}

func networkLine(s Snapshot) string {
	switch {
	case s.Demo:
		return "Practice network"
	case s.Network == "mainnet":
		return "Bitcoin · Native SegWit"
	}
	return networkName(s.Network) + " · Native SegWit"
}

// networkMark is what stands out if coins are worth nothing here.
func networkMark(s Snapshot) string {
	switch {
	case s.Demo:
		return "Practice"
	case s.Network == "mainnet":
		return ""
	}
	return networkName(s.Network)
}

func networkName(network string) string {
	switch network {
	case "testnet3":
		return "Testnet 3"
	case "testnet4":
		return "Testnet 4"
	case "signet":
		return "Signet"
	case "regtest":
		return "Regtest"
	}
	return Plain(network)
}

func peersLine(p app.Progress) string {
	switch {
	case p.Peers == 0:
		return "no peers connected"
	case p.FilterPeers > 0 && p.FilterPeers < p.Peers:
		return fmt.Sprintf("%s · %d with filters", Count(p.Peers, "peer", "peers"), p.FilterPeers)
	}
	return Count(p.Peers, "peer", "peers")
}

// syncing is what the foot of the rail says.
type syncing struct {
	tone             Tone
	doing, far, note string
}

// syncOf goes through what must be known before all is known, in its order; the
// first that lacks is what is being done.
func syncOf(s Snapshot) syncing {
	p := s.Progress
	switch {
	case !p.Running:
		return syncing{Bad, "Not running", "", orWords(stoppedNote(s.Stopped), lastBlock(s))}
	case p.Peers == 0:
		return syncing{Warn, "Looking for peers", "", orWords(lastBlock(s), "nothing is known yet")}
	case !p.Current:
		return headersOf(s)
	case p.FilterHeaders < p.Height || p.Filters < p.Height && (p.FiltersFrom >= 0 || s.Wallet != "" && p.Height > 0):
		return filtersOf(s)
	case s.Wallet != "" && s.Status.Unapplied > 0:
		return syncing{Accent, "Reading blocks", "", Count(s.Status.Unapplied, "block", "blocks") + " with payments left"}
	case s.Wallet != "" && !s.Status.Final && p.Height > 0:
		return syncing{Accent, "Searching", percent(searchedPart(s)), "for payments in " + Count(blocksToSearch(s), "block", "blocks")}
	}
	return inSync(s)
}

// Stopped says in a sentence why the peer does not run.
func Stopped(err error) string {
	var e *app.Error
	if errors.As(err, &e) && e.Kind == app.KindNoPeers && e.Detail != "" {
		return "No peers to connect to: " + ended(Plain(e.Detail)) + " (--connect, when Thistle is started)."
	}
	return Sentence(err)
}

// stoppedNote is the same in a few words.
func stoppedNote(err error) string {
	switch {
	case err == nil:
		return ""
	case app.KindOf(err) == app.KindNoPeers:
		return "no peers to connect to"
	case app.KindOf(err) == app.KindDiskFull:
		return "the disk is full"
	}
	return "something went wrong"
}

func headersOf(s Snapshot) syncing {
	p := s.Progress
	if p.Height < p.Target {
		part := float64(max(p.Height, 0)) / float64(p.Target)
		note := leftWords(s.Left)
		if note == "" {
			note = "block " + Height(max(p.Height, 0)) + " of " + Height(p.Target)
		}
		return syncing{Accent, "Fetching headers", percent(part), note}
	}
	return syncing{Accent, "Asking for news", "", orWords(lastBlock(s), "waiting for an answer")}
}

func filtersOf(s Snapshot) syncing {
	p := s.Progress
	if p.FilterPeers == 0 {
		return syncing{Warn, "Waiting for filters", "", "no peer serves them"}
	}
	if p.FilterHeaders < p.Height {
		return syncing{Accent, "Comparing filters", percent(part(p.FilterHeaders, p.Base, p.Height)), leftWords(s.Left)}
	}
	return syncing{Accent, "Fetching filters", percent(part(p.Filters, p.FiltersFrom, p.Height)), leftWords(s.Left)}
}

func inSync(s Snapshot) syncing {
	r := syncing{Good, "In sync", "block " + Height(max(s.Progress.Height, 0)), lastBlock(s)}
	if s.Network == "mainnet" && s.Now.Sub(s.Progress.TipTime) > late {
		r.tone, r.doing = Warn, "No news"
	}
	return r
}

// lastBlock says how old the newest block is, by its own time.
func lastBlock(s Snapshot) string {
	if s.Progress.Height < 0 || s.Progress.TipTime.IsZero() {
		return ""
	}
	return "last block " + Ago(s.Progress.TipTime, s.Now)
}

// leftWords says how long something takes still, "" if nobody knows.
func leftWords(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < time.Minute:
		return "less than a minute left"
	}
	return "about " + Duration(d.Round(time.Minute)) + " left"
}

// part is how much of the way from from to goal is done.
func part(done, from, goal int32) float64 {
	from = max(from, 0)
	if goal <= from {
		return 1
	}
	return float64(max(done-from, 0)) / float64(goal-from)
}

// percent never says that all is done before it is.
func percent(part float64) string {
	return strconv.Itoa(min(max(int(part*100), 0), 99)) + group + "%"
}

func blocksToSearch(s Snapshot) int {
	if s.Status.BirthdayHeight == nil {
		return 0
	}
	return max(int(s.Progress.Height-*s.Status.BirthdayHeight)+1, 0)
}

func searchedPart(s Snapshot) float64 {
	all := blocksToSearch(s)
	if all == 0 {
		return 0
	}
	return fraction(matched(s), int32(all))
}

func orWords(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
