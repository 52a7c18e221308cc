package present

import (
	"errors"
	"fmt"
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
	p, st := s.Progress, s.Progress.Stages
	switch {
	case !p.Running:
		return syncing{Bad, "Not running", "", orWords(stoppedNote(s.Stopped), lastBlock(s))}
	case p.Peers == 0:
		return syncing{Warn, "Looking for peers", "", orWords(lastBlock(s), "nothing is known yet")}
	case !p.Current || olderFirst(s):
		return headersOf(s)
	case lacksFilters(s) && !st.FilterHeaders.Complete():
		return filtersOf("Comparing filters", st.FilterHeaders)
	case lacksFilters(s):
		return filtersOf("Fetching filters", st.Filters)
	case s.Wallet != "" && s.Status.Unapplied > 0:
		return blocksOf(s)
	case s.Wallet != "" && !s.Status.Final && p.Height > 0:
		have, all := searchedOf(s)
		return syncing{Accent, "Searching", percent(fraction(have, all)), "for payments in " + Count(int(all), "block", "blocks")}
	}
	return inSync(s)
}

// Stopped says in a sentence why the peer does not run.
func Stopped(err error) string {
	var e *app.Error
	if errors.As(err, &e) && e.Kind == app.KindNoPeers && e.Detail != "" {
		return "No peers to connect to: " + ended(Plain(e.Detail)) + " (the screen of peers has a button for that)."
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
	st := s.Progress.Stages.Headers
	if st.Complete() {
		note := orWords(keptNote(st), orWords(lastBlock(s), "waiting for an answer"))
		return syncing{keptTone(st), "Asking for news", "", note}
	}
	so := number(rough(st.Done, st.Total)) + " of " + number(st.Total)
	return syncing{keptTone(st), "Fetching headers", percentOf(st), orWords(keptNote(st), orWords(paceNote(st), so))}
}

func filtersOf(doing string, st app.Stage) syncing {
	r := syncing{keptTone(st), doing, percentOf(st), orWords(keptNote(st), paceNote(st))}
	if st.Why == app.WhyNoFilterPeers {
		r.doing, r.far = "Waiting for filters", ""
	}
	return r
}

func blocksOf(s Snapshot) syncing {
	st := s.Progress.Stages.Blocks
	r := syncing{keptTone(st), "Reading blocks", "", Count(s.Status.Unapplied, "block", "blocks") + " with payments left"}
	if wholeBlocks(s) {
		r.doing, r.note = "Reading whole blocks", Count(s.Status.Unapplied, "block", "blocks")+" left, for want of filters"
	}
	switch {
	case st.Why == app.WhyBlock:
		r.doing, r.note = "Waiting for block "+number(st.Height), triedWords(st)
	case st.Why != app.WhyNone:
		r.note = keptNote(st)
	}
	return r
}

// paceNote is how long a stage takes still or, where nobody can say, how fast it
// goes.
func paceNote(s app.Stage) string { return orWords(leftWords(s.Left), rateWords(s.Rate, "")) }

func inSync(s Snapshot) syncing {
	r := syncing{Good, "In sync", "block " + Height(max(s.Progress.Height, 0)), lastBlock(s)}
	if checked, on := auditing(s); wholeBlocks(s) {
		r.note = "no peer serves filters"
	} else if on {
		r.note = "checking old headers · " + percentOf(checked)
	}
	if s.Peering.LowData && r.note == lastBlock(s) {
		r.note = dotted("low data", Ago(s.Progress.TipTime, s.Now))
	}
	if s.Health != nil {
		if h := conditionOf(*s.Health, s).Title; h.Tone == Warn || h.Tone == Bad {
			r.tone, r.note = h.Tone, h.Words
		}
	}
	if s.Network == "mainnet" && s.Now.Sub(s.Progress.TipTime) > late {
		r.tone, r.doing, r.note = Warn, "No news", lastBlock(s)
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

func orWords(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
