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
	p := s.Progress
	block, peers := Height(max(p.Height, 0)), Count(p.Peers, "peer", "peers")
	switch {
	case !p.Running && s.Stopped != nil:
		return Text{Stopped(s.Stopped), Warn}
	case !p.Running:
		return Text{"The peer is not running.", Muted}
	case p.Peers == 0:
		return Text{"Looking for peers.", Muted}
	case p.Current && p.FiltersFrom >= 0 && (p.FilterHeaders < p.Height || p.Filters < p.Height):
		return Text{fmt.Sprintf("Fetching filters: all blocks up to %s are known, with %s.", block, peers), Muted}
	case p.Current && s.Network == "mainnet" && !p.TipTime.IsZero() && s.Now.Sub(p.TipTime) > late:
		return Text{fmt.Sprintf("The newest block that any peer knows, %s, is from %s.", block, Ago(p.TipTime, s.Now)), Warn}
	case p.Current:
		return Text{fmt.Sprintf("Up to date at block %s, with %s.", block, peers), Good}
	case p.Target > p.Height:
		return Text{fmt.Sprintf("The peer goes on syncing: block %s of about %s, with %s.", block, Height(p.Target), peers), Muted}
	}
	return Text{fmt.Sprintf("The peer goes on syncing: block %s, with %s.", block, peers), Muted}
}
