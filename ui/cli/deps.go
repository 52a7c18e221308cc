package cli

import (
	"context"
	"io"
	"log/slog"

	"thistle/app"
	"thistle/app/units"
)

// Deps is what the program needs from outside. The composition root fills it;
// tests put their own in.
type Deps struct {
	// Version is told by --version.
	Version string
	// Networks are the names that --network takes.
	Networks []string
	// DataDir is used when --datadir names no other.
	DataDir string
	// Env makes an environment of what the flags say. Its error is *app.Error.
	Env func(Place) (*app.Env, error)
	// Sandbox starts a private network of linked nodes, for demo.
	Sandbox func(ctx context.Context, nodes int, log *slog.Logger) (Sandbox, error)
	// Window opens the program's window and returns once it is closed and all
	// that it began has ended. Nil in a program that was built without one.
	Window func(context.Context, WindowParams) error
	// Display tells whether there is a screen to open a window on.
	Display bool

	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// InTerminal, OutTerminal and ErrTerminal tell where a person sits.
	InTerminal, OutTerminal, ErrTerminal bool
	// Colour tells whether a terminal is to be written to in colour.
	Colour bool
	// ReadPassword prints a prompt and reads a line without echo. It ends with
	// the context's error when that ends first. The caller clears the result.
	ReadPassword func(ctx context.Context, prompt string) ([]byte, error)
}

// Place is where to work, as the flags say.
type Place struct {
	DataDir string
	Network string
	Peering app.Peering
	Data    app.Data
	Log     *slog.Logger // nil for none
}

// WindowParams is what the command line says to the window.
type WindowParams struct {
	Place Place
	// Over puts what the flags say about peers over other settings.
	Over func(app.Peering) app.Peering
	// Demo asks for a practice network, which lives in the folder too, so that it
	// goes on where it was left.
	Demo bool
}

// Sandbox is a private regtest network inside this process. Its methods may be
// called from any goroutine.
type Sandbox interface {
	// Addrs lists the nodes' host:port.
	Addrs() []string
	// Address is one of the network's own, which takes payments back.
	Address() (string, error)
	// Tip is the newest block.
	Tip() (height int32, hash string)
	// Mine makes blocks, whose new coins go to an address or, if it is empty, to
	// the network itself, and returns their hashes once all nodes have them.
	Mine(ctx context.Context, count int, address string) ([]string, error)
	// Pay pays from the network's funds and returns the txid.
	Pay(address string, amount units.Amount) (string, error)
	// Reorg replaces the last depth blocks by one more; what they confirmed is
	// unconfirmed again.
	Reorg(ctx context.Context, depth int) error
	Close() error
}
