// Command bench races Thistle's engine against neutrino v0.18.0: the same
// peers, chains of the same seed, the same machine, one after the other.
//
// The peers live in a process of their own (package synth), so that processor
// and memory of an engine are measured alone; each engine gets a fresh process
// and an empty data folder for each race. The two libraries that nobody needs
// for the wallet stay out of its module: this is a module beside it.
//
// What is measured, and how, stands in the file of each race; the table says how
// many headers and filters each side was given. Nothing is measured from inside
// neutrino: both engines are asked for their height from outside, by their
// public methods. See make bench-engine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "peers":
			return servePeers(ctx, os.Stdin, os.Stdout)
		case "engine":
			return runEngine(ctx, os.Stdin, os.Stdout)
		}
	}
	return drive(ctx, args)
}
