// Command thistle is a Bitcoin wallet that is its own peer.
//
// This file is the composition root: it names the concrete parts, reads what the
// system offers, and hands both to a face. What the wallet can do is in package
// app, how to ask for it in ui/cli, and what the window shows in ui/shell.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"thistle/app/config"
	"thistle/ui"
	"thistle/ui/cli"

	"golang.org/x/term"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A reader that goes away is an error like any other: what was begun must
	// be finished or undone, and not cut off in the middle.
	signal.Ignore(syscall.SIGPIPE)
	// A second signal ends the program at once, also where the window's toolkit
	// listens for signals of its own.
	context.AfterFunc(ctx, func() { stop(); signal.Reset(os.Interrupt, syscall.SIGTERM) })
	return cli.Run(ctx, dependencies(), os.Args[1:])
}

func dependencies() cli.Deps {
	deps := cli.Deps{
		Version:  version(),
		Networks: config.Networks(),
		DataDir:  config.DataDir(),
		Env:      newEnv,
		Sandbox:  newSandbox,

		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		InTerminal:   isTerminal(os.Stdin),
		OutTerminal:  isTerminal(os.Stdout),
		ErrTerminal:  isTerminal(os.Stderr),
		Colour:       os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
		ReadPassword: readPassword,
	}
	if ui.Built {
		deps.Window, deps.Display = openWindow, ui.Display()
	}
	return deps
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// version is what the module was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return strings.TrimPrefix(info.Main.Version, "v")
}

// readPassword asks on the terminal without echo. Reading cannot be interrupted,
// so when ctx ends the terminal is mended and the reader left behind.
func readPassword(ctx context.Context, prompt string) ([]byte, error) {
	fd := int(os.Stdin.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, err
	}
	type answer struct {
		text []byte
		err  error
	}
	if _, err := os.Stderr.WriteString(prompt); err != nil {
		return nil, err
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		answers <- answer{text, err}
	}()
	select {
	case a := <-answers:
		_, _ = os.Stderr.WriteString("\n")
		return a.text, a.err
	case <-ctx.Done():
		_, _ = os.Stderr.WriteString("\n")
		return nil, errors.Join(ctx.Err(), term.Restore(fd, before))
	}
}
