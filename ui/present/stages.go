package present

import (
	"math"
	"strconv"
	"strings"
	"time"

	"thistle/app"
)

// stagesOf is how far the parts of catching up are; while the peer does not run,
// what is on disk of each.
func stagesOf(p app.Progress) app.Stages {
	st := p.Stages
	if p.Running || p.Height < 0 {
		return st
	}
	kept := p.Height - max(p.Base, 0) + 1
	st.Headers = app.Stage{Done: kept, Total: kept}
	if from := p.FiltersFrom; from >= 0 {
		total := max(p.Height-from+1, 0)
		st.FilterHeaders = app.Stage{Done: min(max(p.FilterHeaders-from+1, 0), total), Total: total}
		st.Filters = app.Stage{Done: min(max(p.Filters-from+1, 0), total), Total: total}
	}
	return st
}

// UnderWay says that something is being fetched or searched, which comes forward
// without news of its own.
func UnderWay(s Snapshot) bool {
	p, st := s.Progress, s.Progress.Stages
	searching := s.Wallet != "" && p.Running && (!s.Status.Final || s.Status.Unapplied > 0)
	if !p.Running || p.Peers == 0 {
		return searching
	}
	return searching || !p.Current || !st.Headers.Complete() || lacksFilters(s) || !st.Blocks.Complete()
}

// wholeBlocks says that blocks are read in place of filters, which nobody waits
// for then.
func wholeBlocks(s Snapshot) bool { return s.Progress.Stages.Filters.Why == app.WhyFullBlocks }

// lacksFilters says that filters are waited for.
func lacksFilters(s Snapshot) bool {
	st := s.Progress.Stages
	return !wholeBlocks(s) && (!st.FilterHeaders.Complete() || !st.Filters.Complete())
}

// olderFirst says that filters wait for headers older than those at hand.
func olderFirst(s Snapshot) bool {
	st := s.Progress.Stages
	wanted := st.FilterHeaders.Total > 0 || s.Wallet != "" && !s.Status.Final
	return !st.Headers.Complete() && st.FilterHeaders.Done == 0 && wanted
}

// auditing is how far the check of all headers has come, for which nothing waits.
func auditing(s Snapshot) (checked app.Stage, on bool) {
	p := s.Progress
	return app.Stage{Done: p.Height - p.Base + 1, Total: p.Height + 1}, s.Audit && p.Running && p.Current && p.Base > 0
}

// paceWords say how fast a stage goes, and how long it takes still.
func paceWords(s app.Stage) string {
	return dotted(rateWords(s.Rate, ""), leftWords(s.Left))
}

// rateWords is a rate of which only two figures are told, as the others would
// never stand still: "1 200 filters a second", "8 a minute".
func rateWords(perSecond float64, what string) string {
	if what != "" {
		what = " " + what
	}
	switch {
	case perSecond >= 0.95:
		return twoFigures(perSecond) + what + " a second"
	case perSecond*60 >= 0.95:
		return twoFigures(perSecond*60) + what + " a minute"
	}
	return ""
}

func twoFigures(f float64) string {
	step := math.Pow(10, max(math.Floor(math.Log10(f))-1, 0))
	return number(int32(min(math.Round(f/step)*step, math.MaxInt32)))
}

// leftWords says how long something takes still, "" if nobody knows.
func leftWords(d time.Duration) string {
	step := time.Minute
	switch {
	case d <= 0:
		return ""
	case d < time.Minute:
		return "less than a minute left"
	case d >= 10*time.Hour:
		step = time.Hour
	case d >= time.Hour:
		step = 10 * time.Minute
	case d >= 10*time.Minute:
		step = 5 * time.Minute
	}
	return "about " + Duration(d.Round(step)) + " left"
}

// keptNote says in a few words what keeps a stage, "" if nothing does.
func keptNote(s app.Stage) string {
	switch s.Why {
	case app.WhyNoPeers:
		return "no peer answers"
	case app.WhyNoFilterPeers:
		return "no peer serves them"
	case app.WhyNoAnswer:
		return "asked, no answer yet"
	case app.WhyDispute:
		return "peers disagree at " + number(s.Height)
	case app.WhyClock:
		return "is this clock right?"
	case app.WhyBlock:
		if s.Tried == 0 {
			return "waiting for block " + number(s.Height)
		}
		return "waiting for block " + number(s.Height) + " (" + triedWords(s) + ")"
	case app.WhyFullBlocks:
		return "blocks are read instead"
	}
	return ""
}

func triedWords(s app.Stage) string {
	if s.Tried == 0 {
		return ""
	}
	return Count(s.Tried, "peer", "peers") + " tried"
}

// keptTone: where blocks are read in place of filters nothing is kept up.
func keptTone(s app.Stage) Tone {
	if s.Why == app.WhyNone || s.Why == app.WhyFullBlocks {
		return Accent
	}
	return Warn
}

// keptSentence says what keeps a stage, and what can be done or will be. what is
// being counted, in the plural. It is empty if nothing keeps it.
func keptSentence(what string, s app.Stage, snap Snapshot) string {
	switch s.Why {
	case app.WhyNoPeers:
		return lookingForPeers(snap)
	case app.WhyNoFilterPeers:
		return "None of the connected peers serves filters, and without these no payment can be found. Thistle looks for one that does."
	case app.WhyNoAnswer:
		return "The peers were asked for " + what + " and have not answered yet. Thistle goes on asking, and looks for others."
	case app.WhyDispute:
		return "Peers disagree about the filter of block " + number(s.Height) + ". The block itself will tell who is right: it is being fetched" + triedSoFar(s) + "."
	case app.WhyClock:
		return "To this computer's clock, which says " + Moment(snap.Now, snap.Now) + ", the newest blocks are from the future. If it is wrong, set it: Thistle then goes on."
	case app.WhyBlock:
		return "Waiting for block " + number(s.Height) + triedSoFar(s) + ". Thistle goes on asking until one sends it."
	case app.WhyFullBlocks:
		return "No peer serves filters, so Thistle reads the blocks themselves. That finds the same payments, with more to download."
	}
	return ""
}

func triedSoFar(s app.Stage) string {
	if s.Tried == 0 {
		return ""
	}
	return " (" + triedWords(s) + ")"
}

func lookingForPeers(s Snapshot) string {
	return "Looking for peers. Until one answers nothing new can be known" + knownUntil(s) + "."
}

// stageBar draws a stage. Of what it is about, what keeps it and how fast it goes
// the last that can be told stands in its title.
func stageBar(name, about string, s app.Stage) Bar {
	b := Bar{Count: "none yet", Tone: Accent}
	if s.Total > 0 {
		b.Count, b.Done = counted(s.Done, s.Total, ""), coarse(fraction(s.Done, s.Total))
	}
	if !s.Complete() {
		b.Tone = keptTone(s)
		about = orWords(orWords(keptNote(s), paceWords(s)), about)
	}
	b.Title = name + " — " + about
	return b
}

// dotted joins what is not empty.
func dotted(parts ...string) string {
	text := ""
	for _, p := range parts {
		if p != "" && text != "" {
			text += " · "
		}
		text += p
	}
	return text
}

// Syncing is one line for a terminal on what is being done while a wallet catches
// up.
func Syncing(s Snapshot) string {
	sync := syncOf(s)
	switch {
	case !s.Progress.Running:
		return "Connecting"
	case s.Progress.Peers == 0:
		return sync.doing
	}
	doing := sync.doing
	if sync.far != "" {
		doing += " " + sync.far
	}
	st, what := moving(s)
	rate := ""
	if !st.Complete() && st.Why == app.WhyNone {
		rate = rateWords(st.Rate, what)
	}
	return strings.ReplaceAll(dotted(doing, rate, sync.note, peersLine(s.Progress)), group, " ")
}

// moving is the stage of what the peers are asked for now, and what it counts.
func moving(s Snapshot) (app.Stage, string) {
	st := s.Progress.Stages
	switch {
	case !s.Progress.Current || olderFirst(s):
		return st.Headers, "headers"
	case !lacksFilters(s):
		return st.Blocks, "blocks"
	case !st.FilterHeaders.Complete():
		return st.FilterHeaders, "filter headers"
	}
	return st.Filters, "filters"
}

func percentOf(s app.Stage) string { return percent(fraction(s.Done, s.Total)) }

// percent never says that all is done before it is.
func percent(part float64) string {
	return strconv.Itoa(min(max(int(part*100), 0), 99)) + group + "%"
}
