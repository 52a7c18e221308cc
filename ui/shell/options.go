package shell

import (
	"context"
	"io"
	"log/slog"
	"time"

	"thistle/app"
	"thistle/app/units"

	"fyne.io/fyne/v2"
)

// Options is what the window needs from whoever builds it.
type Options struct {
	// Env joins a network's name with its rules and with what was asked for on
	// the command line.
	Env func(network string) (*app.Env, error)
	// Network is the name of one, as in app/config.
	Network string
	// DataDir is where the settings are kept.
	DataDir string
	// Over puts what was asked for on the command line over what is chosen about
	// peers; nil for nothing.
	Over func(app.Peering) app.Peering
	// Demo starts a practice network and tells how far it is. Nil outside the
	// demo.
	Demo func(ctx context.Context, progress func(string)) (Demo, error)
	// Version is what "About" shows.
	Version string
	// Log receives what may help when something goes wrong; nil means nothing.
	Log *slog.Logger

	// Dispatch runs a function on the window's goroutine, later; fyne.Do if nil.
	Dispatch func(func())
	// Quit ends the toolkit's loop; its driver's Quit if nil.
	Quit func()
	// Now is the clock, time.Now if nil.
	Now func() time.Time
	// Tick says that it is time to look at the clock again: for the idle lock and
	// for words such as "4 min ago". Every two seconds if nil.
	Tick <-chan time.Time
}

// Demo is a practice network inside this program.
type Demo interface {
	// Addrs are the nodes to connect to.
	Addrs() []string
	// Mine finds n blocks.
	Mine(ctx context.Context, n int) error
	// Pay sends coins to an address and returns the transaction's id.
	Pay(ctx context.Context, address string, amount units.Amount) (txid string, err error)
	// Address is one of the network's own, for paying somebody.
	Address(ctx context.Context) (string, error)
	// Reorg replaces the last blocks by others.
	Reorg(ctx context.Context, depth int) error
	// Close ends the network.
	Close() error
}

// tickEvery is how often the clock is looked at.
const tickEvery = 2 * time.Second

// filled returns the options without gaps, and what to call when the clock is
// needed no longer.
func (o Options) filled() (Options, func()) {
	stop := func() {}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.Dispatch == nil {
		o.Dispatch = onWindow
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Tick == nil {
		t := time.NewTicker(tickEvery)
		o.Tick, stop = t.C, t.Stop
	}
	return o, stop
}

// The size of the window, and the least that is left to what it shows: 900 × 600
// without the menu above.
var (
	windowSize = fyne.NewSize(1180, 760)
	leastSize  = fyne.NewSize(900, 568)
)
