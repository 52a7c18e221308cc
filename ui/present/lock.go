package present

import (
	"fmt"
	"slices"
	"strings"

	"thistle/app"
)

// LockState is what the locked screen shows.
type LockState struct {
	// Wallets can be opened, the last used first.
	Wallets []string
	// Damaged says why each of the others cannot.
	Damaged []string
	// Network says that this is not mainnet; empty if it is.
	Network string
	// Foot is what the peer is doing meanwhile.
	Foot Text
}

// LockOf makes the state of the locked screen. last is the wallet used last.
func LockOf(s Snapshot, wallets []app.WalletInfo, last string) LockState {
	l := LockState{Network: networkWords(s.Network, s.Demo), Foot: lockFoot(s)}
	for _, w := range wallets {
		switch {
		case !w.CreatedAt.IsZero():
			l.Wallets = append(l.Wallets, w.Name)
		default:
			why := Sentence(&app.Error{Op: "read it", Kind: w.Problem})
			l.Damaged = append(l.Damaged, fmt.Sprintf("%s cannot be opened. %s", quote(w.Name), why))
		}
	}
	slices.SortStableFunc(l.Wallets, func(a, b string) int {
		switch {
		case a == b:
			return 0
		case a == last:
			return -1
		case b == last:
			return 1
		}
		return strings.Compare(a, b)
	})
	return l
}

// lockFoot says what goes on while no wallet is open.
func lockFoot(s Snapshot) Text {
	p, st := s.Progress, s.Progress.Stages
	block, peers := Height(max(p.Height, 0)), Count(p.Peers, "peer", "peers")
	fetching := func(st app.Stage, what string) Text {
		words := fmt.Sprintf("Fetching %s: %s of %s, %s.", what, number(rough(st.Done, st.Total)), number(st.Total),
			orWords(leftWords(st.Left), "with "+peers))
		t := stageNews(s, st, what, words)
		if t.Tone == Accent {
			t.Tone = Muted
		}
		return t
	}
	switch {
	case !p.Running && s.Stopped != nil:
		return Text{Stopped(s.Stopped), Warn}
	case !p.Running:
		return Text{"The peer is not running.", Muted}
	case p.Peers == 0:
		return Text{"Looking for peers.", Muted}
	case !p.Current && st.Headers.Complete() && st.Headers.Why == app.WhyNone:
		return Text{fmt.Sprintf("Asking for news after block %s, with %s.", block, peers), Muted}
	case !p.Current || olderFirst(s):
		return fetching(st.Headers, "headers")
	case lacksFilters(s) && !st.FilterHeaders.Complete():
		return fetching(st.FilterHeaders, "filter headers")
	case lacksFilters(s):
		return fetching(st.Filters, "filters")
	case s.Network == "mainnet" && !p.TipTime.IsZero() && s.Now.Sub(p.TipTime) > late:
		return Text{fmt.Sprintf("The newest block that any peer knows, %s, is from %s.", block, Ago(p.TipTime, s.Now)), Warn}
	}
	if wholeBlocks(s) {
		return Text{fmt.Sprintf("Up to date at block %s, with %s, of which none serves filters.", block, peers), Good}
	}
	return Text{fmt.Sprintf("Up to date at block %s, with %s.", block, peers), Good}
}
