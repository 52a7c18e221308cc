package ui

import (
	"context"
	"log/slog"

	"thistle/app"
	"thistle/app/units"
)

// ID is the program's name among those of a desktop.
const ID = "org.thistle.wallet"

// Options is what the window needs from whoever opens it.
type Options struct {
	// Env joins a network's name with its rules and with what was asked for on
	// the command line.
	Env func(network string) (*app.Env, error)
	// Network is the name of one, as in app/config.
	Network string
	// DataDir is where settings and wallets are kept.
	DataDir string
	// Over puts what was asked for on the command line over what is chosen about
	// peers; nil for nothing.
	Over func(app.Peering) app.Peering
	// Demo starts a practice network and tells how far it is; nil for none. It is
	// called on a goroutine of its own. What it starts outlives ctx, until Close.
	Demo func(ctx context.Context, progress func(string)) (Demo, error)
	// Version is the program's.
	Version string
	// Log receives what may help when something goes wrong; nil means nothing.
	Log *slog.Logger
}

// Demo is a practice network inside this program. Its methods may be called from
// any goroutine.
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

// refusal says why there is no window, as a face shows it.
func refusal(detail string) error {
	return &app.Error{Op: "open its window", Kind: app.KindInternal, Detail: detail}
}
