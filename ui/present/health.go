package present

import (
	"math"
	"strconv"
	"strings"
	"time"

	"thistle/app"
)

// HealthState is how well the wallet is connected: a sentence, what to do about
// it, and what it rests on.
type HealthState struct {
	Title Text
	Words string // one sentence
	Do    string // what to do, empty if nothing
	Facts []Fact
}

// Fact is a name and what is known of it.
type Fact struct {
	Name  string
	Value Text
}

// HealthOf says how well the wallet is connected.
func HealthOf(s Snapshot) HealthState {
	if s.Health == nil {
		return HealthState{Title: Text{"Not connected", Bad}, Words: "Thistle is not running as a peer.", Do: notRunningDo(s)}
	}
	h := *s.Health
	o := conditionOf(h, s)
	o.Facts = healthFacts(h, s)
	return o
}

// healthPanel is HealthOf for where there is no other place to say why nobody can
// connect.
func healthPanel(s Snapshot) HealthState {
	o := HealthOf(s)
	if p := s.Listening.Problem; p != "" && o.Do == "" {
		o.Do = "Others cannot connect to you: " + p + "."
	}
	return o
}

func notRunningDo(s Snapshot) string {
	if s.Stopped == nil {
		return ""
	}
	return Stopped(s.Stopped)
}

// conditionOf has the words for every condition; a test goes through all.
func conditionOf(h app.Health, s Snapshot) HealthState {
	say := func(tone Tone, title, words, do string) HealthState {
		return HealthState{Title: Text{title, tone}, Words: words, Do: do}
	}
	switch h.Condition {
	case app.HealthStarting:
		if h.Nobody && !asksSeeds(s) {
			return nobody(s)
		}
		return say(Accent, "Looking for peers", "Thistle is looking for peers and asking them for news.", startingDo(s))
	case app.HealthLone:
		return lone(h, s)
	case app.HealthFew:
		if s.Demo || len(s.Peering.Connect) > 0 {
			return lone(h, s)
		}
		return say(Warn, "Few peers", "For some time only "+Count(h.Outbound, "peer has", "peers have")+" been reached, fewer than it takes to be sure.",
			"Thistle goes on looking. If it stays so, see whether a firewall keeps it from the network, or add a peer.")
	case app.HealthUnfiltered:
		if wholeBlocks(s) {
			return say(Warn, "No filters", "None of "+Count(h.Outbound, "peer", "peers")+" serves filters, so Thistle reads whole blocks, which finds the same payments.",
				"Nothing has to be done, but it downloads more. A Bitcoin Core node with -blockfilterindex -peerblockfilters would help: you can add yours.")
		}
		return say(Warn, "No filters", "None of "+Count(h.Outbound, "peer", "peers")+" serves filters, and without these payments in new blocks are not found.",
			"Thistle goes on looking. A Bitcoin Core node serves them if it is started with -blockfilterindex -peerblockfilters: you can add yours.")
	case app.HealthNodeBypassed:
		return say(Warn, "Your node stands still", "Your own node makes no progress, so other peers are used as well.", "See whether your node is running and in sync.")
	case app.HealthNodeStuck:
		return say(Bad, "Your node stands still", "Your own node makes no progress, and you have allowed no other peer.",
			"See whether your node is running and in sync, or allow other peers in the settings.")
	case app.HealthOld:
		return say(Warn, "No new block", "No block has come for "+Duration(h.TipAge)+"; by chance that happens once in "+rarely(h.Odds)+" blocks.",
			"Thistle looks for other peers meanwhile. Wait before you rely on a payment.")
	case app.HealthDispute:
		return dispute(h)
	case app.HealthClock:
		if h.ClockSkew.Abs() < inStep {
			return say(Warn, "Clock differs", "To this computer's clock the newest blocks are from the future.", "If it is wrong, set it, or let the computer set it by itself.")
		}
		return say(Warn, "Clock differs", "By the clocks of most peers this computer's is "+skewWords(h.ClockSkew)+".", "Set the clock, or let the computer set it by itself.")
	case app.HealthEclipse:
		words := "No block has come for " + Duration(h.TipAge) + " and all peers are in " + parts(h.Groups) + ": somebody may be keeping the real network from you."
		if h.Odds >= unusual {
			words = "All peers show a chain with less work than the real one has: somebody may be keeping the real network from you."
		}
		return say(Bad, "Perhaps cut off", words, "Do not rely on new payments now. Connect in another way: another internet connection, Tor, or a peer that you trust.")
	case app.HealthOffline:
		if h.Nobody {
			return nobody(s)
		}
		return say(Bad, "Not connected", "No peer can be reached.", offlineDo(s))
	}
	if len(s.Peering.Connect) > 0 {
		return lone(h, s)
	}
	return say(Good, "Well connected", wellConnected(h, s), "")
}

// HealthAlarm is what a person should know at once, wherever it looks; empty for
// nothing.
func HealthAlarm(s Snapshot) string {
	if s.Health == nil {
		return ""
	}
	switch s.Health.Condition {
	case app.HealthEclipse, app.HealthNodeStuck, app.HealthClock:
		o := conditionOf(*s.Health, s)
		return both(o.Words, o.Do)
	}
	return ""
}

// asksSeeds tells whether DNS seeds are asked for peers.
func asksSeeds(s Snapshot) bool {
	return s.Peering.Proxy == "" && !s.Peering.NoDNS && s.Network != "regtest"
}

// nobody says that no address is known, and why none will come by itself.
func nobody(s Snapshot) HealthState {
	o := HealthState{Title: Text{"Nobody to ask", Bad}, Words: "Thistle knows no peer that it could connect to."}
	switch {
	case asksSeeds(s):
		o.Do = "DNS seeds have named none, perhaps as this computer is offline. Thistle goes on trying; you can add a peer that you know of."
	case s.Peering.Proxy != "":
		o.Do = "Through a proxy no DNS seeds are asked, and no list of peers comes with Thistle yet: add a peer that you know of."
	case s.Network == "regtest":
		o.Do = "There are no public peers on regtest: add one."
	default:
		o.Do = "DNS seeds are switched off, and no list of peers comes with Thistle yet: add a peer that you know of."
	}
	return o
}

// WarningPassed tells that what a warning said holds no longer, as far as health
// shows it.
func WarningPassed(w app.Warning, h app.Health) bool {
	switch h.Condition {
	case app.HealthGood, app.HealthLone, app.HealthFew, app.HealthUnfiltered:
	default:
		return false
	}
	switch w.Kind {
	case "node_stuck", "own_node":
		return true
	case "no_filter_peers":
		return h.FilterPeers > 0
	}
	return false
}

func startingDo(s Snapshot) string {
	if s.Peering.Proxy != "" {
		return "Through a proxy this can take a minute."
	}
	return ""
}

func wellConnected(h app.Health, s Snapshot) string {
	switch {
	case s.Demo:
		return "You are connected to the practice network inside this computer."
	case len(s.Peering.Connect) > 0:
		return "You see the network through " + named(h.Outbound, s.Peering) + ", as you chose."
	}
	return "You are connected to " + Count(h.Outbound, "peer", "peers") + " in " + parts(h.Groups) + ", and what they say fits together."
}

// lone is fine where it was chosen.
func lone(h app.Health, s Snapshot) HealthState {
	if s.Demo || len(s.Peering.Connect) > 0 {
		o := HealthState{Title: Text{"Connected as you chose", Good}, Words: wellConnected(h, s)}
		if !s.Demo {
			o.Do = "That is right for a node of your own: nobody else is asked whether it is true."
		}
		return o
	}
	words := "Everything is believed on the word of one peer."
	switch {
	case h.Outbound > 1 && h.Silent > 0:
		words = fewTell(h)
	case h.Outbound > 1:
		words = "All " + strconv.Itoa(h.Outbound) + " peers are in one part of the network, where they may all be one and the same."
	}
	return HealthState{Title: Text{"One source only", Warn}, Words: words,
		Do: "Thistle goes on looking for others. Wait for them before you rely on a payment, or add a peer that you trust."}
}

// fewTell says of how many peers the word is believed while the others are silent.
func fewTell(h app.Health) string {
	of := Count(h.Outbound, "peer", "peers")
	switch n := h.Outbound - h.Silent; n {
	case 0:
		return "None of " + of + " tells what is new."
	case 1:
		return "Of " + of + " only one tells what is new."
	default:
		return "Of " + of + " only " + strconv.Itoa(n) + " tell what is new, and they are in one part of the network."
	}
}

func named(here int, p app.Peering) string {
	switch {
	case len(p.Connect) == 1:
		return "one peer alone"
	case here < len(p.Connect):
		return strconv.Itoa(here) + " of " + Count(len(p.Connect), "peer", "peers") + " alone"
	}
	return Count(len(p.Connect), "peer", "peers") + " alone"
}

func dispute(h app.Health) HealthState {
	o := HealthState{Title: Text{"Peers disagree", Warn}, Do: "Nothing has to be done. For a large payment wait until they agree."}
	switch {
	case h.Branches > 0:
		o.Words = "Peers stand by different newest blocks; the chain with the most work will decide."
		o.Do = "Wait for more confirmations than usual before you rely on a payment."
	case h.Disputed == 1:
		o.Words = "Peers disagree about the filter of one block, so Thistle reads that block itself."
	case h.Disputed > 1:
		o.Words = "Peers disagree about the filters of " + strconv.Itoa(h.Disputed) + " blocks, so Thistle reads those blocks themselves."
	default:
		o.Words = "Peers disagree about filters, and Thistle is finding out who is right."
	}
	return o
}

func offlineDo(s Snapshot) string {
	switch {
	case s.Peering.Proxy != "":
		return "See whether the proxy " + Plain(s.Peering.Proxy) + " is running. Thistle does not go around it."
	case len(s.Peering.Connect) > 0:
		return "See whether " + Plain(strings.Join(s.Peering.Connect, ", ")) + " is running, or allow other peers in the settings."
	}
	return "This computer may be offline, or something keeps Thistle from the network. It goes on trying."
}

// ---- what it rests on ----

func healthFacts(h app.Health, s Snapshot) []Fact {
	return []Fact{
		{"Peers", Text{Words: peersFact(h)}}, {"Spread", groupsFact(h, s)},
		{"Encrypted", Text{Words: encryptedFact(h)}}, {"Filters", filtersFact(h)},
		{"Newest block", tipFact(h, s)}, {"Clock", clockFact(h)},
		{"Payments", paymentsFact(h, s)}, {"Shared", servedFact(h, s)},
	}
}

func peersFact(h app.Health) string {
	text := "none found"
	if h.Outbound > 0 {
		text = strconv.Itoa(h.Outbound) + " found"
	}
	if h.Inbound > 0 {
		text += " · " + strconv.Itoa(h.Inbound) + " came to you"
	}
	return text
}

func groupsFact(h app.Health, s Snapshot) Text {
	if h.Outbound == 0 {
		return Text{Words: "—"}
	}
	t := Text{Words: Count(h.Groups, "part", "parts")}
	if h.Networks > 1 {
		t.Words += ", of " + strconv.Itoa(h.Networks) + " kinds"
	}
	if h.Groups == 1 && h.Outbound > 0 && !s.Demo && len(s.Peering.Connect) == 0 {
		t.Tone = Warn
	}
	return t
}

func encryptedFact(h app.Health) string {
	if h.Outbound == 0 {
		return "—"
	}
	return strconv.Itoa(h.Encrypted) + " of " + strconv.Itoa(h.Outbound)
}

func filtersFact(h app.Health) Text {
	switch {
	case h.Outbound == 0:
		return Text{Words: "—"}
	case h.FilterPeers == 0:
		return Text{"no peer serves them", Warn}
	case h.Disputed > 0:
		return Text{"disputed at " + Count(h.Disputed, "block", "blocks"), Warn}
	case h.FilterPeers == 1:
		return Text{"from one peer", Neutral}
	case h.Agreed == h.FilterPeers:
		return Text{"all " + strconv.Itoa(h.FilterPeers) + " agree", Good}
	}
	return Text{strconv.Itoa(h.Agreed) + " of " + strconv.Itoa(h.FilterPeers) + " agree", Neutral}
}

// unusual is when the odds of a wait are worth telling.
const unusual = 0.05

func tipFact(h app.Health, s Snapshot) Text {
	if s.Progress.Height < 0 || h.Odds <= 0 && h.TipAge <= 0 {
		return Text{"—", Neutral}
	}
	words := "just now"
	if h.TipAge >= time.Minute {
		words = Duration(h.TipAge) + " ago"
	}
	switch {
	case s.Network != "mainnet" || s.Demo || h.Odds >= unusual:
		return Text{words, Neutral}
	case h.Condition == app.HealthOld:
		return Text{words, Warn} // its sentence has the odds
	}
	return Text{words + " · 1 in " + rarely(h.Odds), Warn}
}

// rarely is how many times it takes, on average, for something of such odds to
// happen once.
func rarely(odds float64) string {
	if odds <= 1e-9 {
		return "more than a billion"
	}
	n := math.Round(1 / odds)
	if n >= 100 {
		step := math.Pow(10, math.Floor(math.Log10(n))-1)
		n = math.Round(n/step) * step
	}
	return number(int32(min(n, math.MaxInt32)))
}

// inStep is how far a clock may differ without a word.
const inStep = 30 * time.Second

func clockFact(h app.Health) Text {
	switch {
	case h.ClockPeers == 0:
		return Text{"—", Neutral}
	case h.ClockSkew.Abs() < inStep:
		return Text{"right", Good}
	case h.Condition == app.HealthClock:
		return Text{skewWords(h.ClockSkew), Warn}
	}
	return Text{skewWords(h.ClockSkew), Neutral}
}

// skewWords says where this clock is if others are ahead by so much.
func skewWords(ahead time.Duration) string {
	if ahead < 0 {
		return Duration(-ahead) + " ahead"
	}
	return Duration(ahead) + " behind"
}

func paymentsFact(h app.Health, s Snapshot) Text {
	switch {
	case h.Outbound == 0:
		return Text{"not seen now", Warn}
	case s.Progress.LowData || s.Peering.LowData:
		return Text{"seen in a block", Muted}
	}
	return Text{"seen at once", Neutral}
}

func servedFact(h app.Health, s Snapshot) Text {
	if s.Listening.Problem != "" {
		return Text{"nobody can connect", Warn}
	}
	given := dotted(sizeGiven(h.ServedBytes), relayed(h.RelayedTxs))
	switch {
	case given != "":
		return Text{given, Neutral}
	case s.Listening.Addr != "":
		return Text{"nothing yet, at " + s.Listening.Addr, Neutral}
	}
	return Text{"nothing", Muted}
}

func sizeGiven(bytes uint64) string {
	if bytes == 0 {
		return ""
	}
	return Amount(bytes)
}

func relayed(n uint64) string {
	if n == 0 {
		return ""
	}
	return Count(int(min(n, math.MaxInt32)), "payment", "payments")
}

// Amount is a number of bytes that went over a line: "740 B", "12 kB", "1.5 MB".
func Amount(bytes uint64) string {
	switch {
	case bytes < 1000:
		return strconv.FormatUint(bytes, 10) + " B"
	case bytes < 1e6:
		return strconv.FormatUint(bytes/1000, 10) + " kB"
	}
	return Size(int64(min(bytes, math.MaxInt64)))
}

func parts(n int) string {
	if n == 1 {
		return "one part of the network"
	}
	return strconv.Itoa(n) + " parts of the network"
}
