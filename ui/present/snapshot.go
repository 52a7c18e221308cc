package present

import (
	"time"

	"thistle/app"
)

// Tone is what a text means; ui/kit has the same in the same order. Colour never
// says it alone: the words do too.
type Tone int

// The tones.
const (
	Neutral Tone = iota
	Muted
	Accent
	Good
	Warn
	Bad
)

// Text is words with a tone.
type Text struct {
	Words string
	Tone  Tone
}

// Prefs is how a person likes to see things.
type Prefs struct {
	Unit Unit
	// Hide shows amounts as dots.
	Hide bool
}

// Snapshot is all that screens are drawn from, taken at one moment. Nobody
// changes its slices.
type Snapshot struct {
	Now     time.Time
	Network string // as in app/config
	Demo    bool   // a private practice network
	Prefs   Prefs
	Audit   bool // all headers are to be checked, down to the first

	Progress app.Progress
	Peers    []app.Peer
	// Health is how well the peer is connected, nil while it does not run; Peering
	// how it is to be.
	Health    *app.Health
	Peering   app.Peering
	Listening app.Listening
	Bans      []app.Ban // what ends first first
	// Stopped is why the peer does not run, nil if it does or nobody knows.
	Stopped error

	// What follows is empty while no wallet is open.
	Wallet    string
	BackedUp  bool
	Balance   app.Balance
	Status    app.Status
	History   []app.HistoryEntry // newest first
	Addresses []app.Address      // oldest first
}
