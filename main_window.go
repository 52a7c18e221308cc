package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"

	"thistle/app"
	"thistle/app/units"
	"thistle/spv/sandbox"
	"thistle/ui"
	"thistle/ui/cli"
)

// openWindow opens the window that the command line asks for.
func openWindow(ctx context.Context, p cli.WindowParams) error {
	o := ui.Options{
		Env: func(network string) (*app.Env, error) {
			place := p.Place
			place.Network = network
			return newEnv(place)
		},
		Network: p.Place.Network, DataDir: p.Place.DataDir, Over: p.Over, Version: version(), Log: p.Place.Log,
	}
	if p.Demo {
		o.Demo = func(ctx context.Context, progress func(string)) (ui.Demo, error) {
			return startPractice(ctx, p.Place, progress)
		}
	}
	return ui.Run(ctx, o)
}

// practice is the private network as the window uses it: kept in a folder, from
// one day to the next.
type practice struct {
	network
	end context.CancelFunc
	// one at a time: a block must not come in the middle of a reorganisation
	mu sync.Mutex
}

// practiceNodes are as many as it takes to hear of a payment from another node
// than the one it was sent to.
const practiceNodes = 2

// startPractice starts the network in its folder, or begins a new one if there
// is none that can be used. The wallets of a chain that is gone are set aside
// with it: their coins were there.
func startPractice(ctx context.Context, place cli.Place, progress func(string)) (*practice, error) {
	progress("Starting the practice network…")
	log := place.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer context.AfterFunc(ctx, end)()
	nodes, err := sandbox.Network(life, practiceNodes, sandbox.Options{DataDir: filepath.Join(place.DataDir, "nodes"), Log: log})
	if err != nil {
		end()
		return nil, practiceError(err)
	}
	if nodes.Begun() {
		wallets := filepath.Join(place.DataDir, place.Network)
		aside, err := sandbox.SetAside(wallets)
		if err != nil {
			end()
			return nil, practiceError(fmt.Errorf("set the wallets of another network aside: %w", err))
		}
		if aside != "" {
			log.Warn("the practice network could not go on where it was left; its wallets were set aside", "folder", aside)
		}
	}
	return &practice{network: network{nodes}, end: end}, nil
}

func practiceError(err error) error {
	kind := app.KindInternal
	if errors.Is(err, sandbox.ErrInUse) {
		kind = app.KindInUse
	}
	return &app.Error{Op: "start the practice network", Kind: kind, Err: err}
}

func (p *practice) Mine(ctx context.Context, n int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := p.network.Mine(ctx, n, "")
	return err
}

// Pay asks the nodes in turn: one that had to begin anew may have no funds.
func (p *practice) Pay(_ context.Context, address string, amount units.Amount) (txid string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	script, err := scriptOf(address)
	if err != nil {
		return "", err
	}
	for _, node := range p.nodes {
		hash, err := node.Pay(script, int64(amount))
		if err == nil {
			return hash.String(), nil
		}
		if !errors.Is(err, sandbox.ErrNoFunds) {
			return "", err
		}
	}
	return "", sandbox.ErrNoFunds
}

func (p *practice) Address(context.Context) (string, error) { return p.network.Address() }

func (p *practice) Reorg(ctx context.Context, depth int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.network.Reorg(ctx, depth)
}

func (p *practice) Close() error {
	defer p.end()
	return p.nodes.Close()
}
