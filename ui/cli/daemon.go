package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"thistle/app"
	"thistle/ui/present"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

const (
	// requestPatience is how long a caller may take to say what it wants.
	requestPatience = 5 * time.Second
	// lastWords is how long a command that was ended may take to say so.
	lastWords = 2 * time.Second
	// mostCallers is how many commands run at once; more wait, but for those that
	// end or lock.
	mostCallers = 64
)

// host is the daemon: a session, its open wallets, and who calls.
type host struct {
	p       *program // the command that began it
	place   Place
	env     *app.Env
	session *app.Session
	keeper  *app.Keeper
	stop    context.CancelFunc
	places  chan struct{} // a token for each command that runs

	choosing sync.Mutex // one after the other changes settings

	mu      sync.Mutex
	waiting []*farewell // who asked for the end, and is to be told when it has come
}

const daemonText = `Stays connected and takes the commands of others: while it runs in a data folder,
every command there is done by it, with the same result, and pays neither for
connecting nor, once a wallet is open, for the password. To sign a payment the
password is always asked for. A wallet nobody uses for a while is locked; with
--password-file one is opened at the start.

It runs until it is interrupted, or "thistle daemon stop". Whoever can use your
account on this computer can use the open wallet to look, and to hand out
addresses, but not to pay.`

func (p *program) daemon() *cobra.Command {
	var lockAfter time.Duration
	c := &cobra.Command{
		Use: "daemon", Short: "Stay connected, and do what other commands ask", Long: daemonText, Args: arguments(),
		RunE: p.onlyHere(func(cmd *cobra.Command, _ []string) error {
			idle := -time.Second
			if cmd.Flags().Changed("lock-after") {
				if idle = lockAfter; idle < 0 {
					return usage("The time of --lock-after cannot be negative.")
				}
			}
			return p.runDaemon(cmd.Context(), idle)
		}),
	}
	c.Flags().DurationVar(&lockAfter, "lock-after", 0, "`time` without use after which wallets are locked, 0 for never (default the window's setting)")
	for _, sub := range []*cobra.Command{p.daemonStop(), p.daemonLock(), p.daemonUnit()} {
		sub.DisableFlagsInUseLine = true
		c.AddCommand(sub)
	}
	return c
}

// runDaemon serves until ctx ends or somebody asks for the end.
func (p *program) runDaemon(ctx context.Context, idle time.Duration) error {
	place, err := p.place()
	if err != nil {
		return err
	}
	if place.DataDir, err = filepath.Abs(place.DataDir); err != nil {
		return fmt.Errorf("find the data folder: %w", err)
	}
	env, err := p.deps.Env(place)
	if err != nil {
		return err
	}
	if idle < 0 {
		settings, _ := app.LoadSettings(place.DataDir, place.Network) // place has said what is wrong with them
		idle = settings.LockAfter
	}
	session, err := app.Begin(env)
	if err != nil {
		return err
	}
	h := &host{p: p, place: place, env: env, session: session, keeper: session.Keep(idle), places: make(chan struct{}, mostCallers)}
	err = h.run(ctx)
	err = errors.Join(err, session.End())
	for _, w := range h.waiting {
		w.say(err)
	}
	return err
}

// run does the daemon's work. In the end wallets are closed and no command runs
// any more; the folder is still held.
func (h *host) run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, h.keeper.Close()) }()
	if err := h.session.CheckPeers(); err != nil {
		return err
	}
	door, err := h.session.Listen()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, door.Close()) }()
	if h.p.flags.passwordFile != "" { // who calls meanwhile waits
		if err := h.openFirst(ctx); err != nil {
			return err
		}
	}
	// Commands go on until they are told that wallets are locked.
	calls, hush := context.WithCancel(context.WithoutCancel(ctx))
	defer hush()
	ctx, h.stop = context.WithCancel(ctx)
	defer h.stop()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return h.session.Run(ctx) })
	group.Go(func() error { h.tellWarnings(ctx); return nil })
	var callers sync.WaitGroup
	callers.Go(func() { h.takeCalls(calls, door, &callers) })
	err = h.p.show(DaemonLine{Event: "ready", Network: h.place.Network, Socket: door.Path(), Version: h.p.deps.Version}, func(g *page) {
		g.line("Commands for %s are taken at %s until you press Ctrl-C, or \"thistle daemon stop\".", h.place.Network, door.Path())
	})
	if err != nil {
		h.stop()
	}
	<-ctx.Done()
	err = errors.Join(err, door.Close(), h.keeper.Close()) // no more commands, and an end to those under way
	hush()
	callers.Wait()
	return errors.Join(err, group.Wait())
}

// openFirst opens the wallet whose password is in a file.
func (h *host) openFirst(ctx context.Context) error {
	password, err := h.p.password(ctx, "Password: ")
	if err != nil {
		return err
	}
	l, err := h.keeper.Open(h.p.flags.wallet, password)
	h.p.secrets.wipe()
	switch {
	case err == nil:
		l.Release()
	case app.KindOf(err) == app.KindNoWallet: // it may be made yet
		h.p.warn(app.KindNoWallet.String(), present.Sentence(err))
		return nil
	}
	return err
}

// tellWarnings says on stderr what a person should know, until ctx ends.
func (h *host) tellWarnings(ctx context.Context) {
	events := h.session.Events()
	defer events.Close()
	h.p.passWarnings(ctx, events)
}

// takeCalls runs what callers ask for until the door is closed.
func (h *host) takeCalls(ctx context.Context, door *app.Listener, callers *sync.WaitGroup) {
	for {
		conn, err := door.Accept()
		if err != nil {
			return
		}
		callers.Go(func() { h.serve(ctx, conn) })
	}
}

// inTurn runs a command as soon as there is a place for it.
func (h *host) inTurn(ctx context.Context, run func() error) error {
	select {
	case h.places <- struct{}{}:
		defer func() { <-h.places }()
		return run()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// serve runs one command for a caller.
func (h *host) serve(ctx context.Context, conn *app.Conn) {
	c := &caller{phone: phone{conn: conn}}
	kept := false
	defer func() {
		if !kept {
			_ = conn.Close()
		}
	}()
	_ = conn.SetReadDeadline(time.Now().Add(requestPatience))
	goOn := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Now()) })
	ask, err := c.request()
	if !goOn() || err != nil {
		return
	}
	_ = conn.SetReadDeadline(time.Time{})
	ctx, interrupt := context.WithCancelCause(ctx)
	defer interrupt(nil)
	// A command that is to end may still say so, to whoever listens.
	voice, silence := context.WithCancel(context.WithoutCancel(ctx))
	defer silence()
	defer context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(lastWords, func() {
			silence()
			_ = conn.SetWriteDeadline(time.Now())
		})
		context.AfterFunc(voice, func() { timer.Stop() })
	})()
	go c.listen(func() { interrupt(nil) })
	p := h.program(ctx, voice, c, ask)
	p.interrupt = interrupt
	code := p.run(ctx, ask.Args)
	if kept = p.leaving; kept {
		h.mu.Lock()
		h.waiting = append(h.waiting, &farewell{p, c})
		h.mu.Unlock()
		h.stop()
		return
	}
	_ = c.exit(code)
}

// request is what the caller wants.
func (c *caller) request() (*request, error) {
	f, err := c.receive()
	if err != nil {
		return nil, err
	}
	var ask request
	if err := json.Unmarshal(f.payload, &ask); err != nil || f.op != opRequest {
		return nil, errFrame
	}
	return &ask, nil
}

// program is a command run for a caller.
func (h *host) program(ctx, voice context.Context, c *caller, ask *request) *program {
	deps := h.p.deps
	deps.Window, deps.Sandbox = nil, nil
	deps.Stdin, deps.Stdout, deps.Stderr = remote{ctx, c, opIn}, remote{voice, c, opOut}, remote{voice, c, opErr}
	deps.InTerminal, deps.OutTerminal, deps.ErrTerminal, deps.Colour = ask.In, ask.Out, ask.Err, ask.Colour
	deps.ReadPassword = func(ctx context.Context, prompt string) ([]byte, error) {
		return c.call(ctx, opAsk, []byte(prompt))
	}
	p := newProgram(deps)
	p.host, p.log = h, h.p.log
	p.readFile = func(path string, buf []byte) (int, error) {
		got, err := c.call(ctx, opFile, []byte(path))
		defer clear(got)
		return copy(buf, got), err
	}
	if ask.Version != deps.Version && !ask.Stop {
		p.refusal = &fault{kind: "other_version", code: exitOther, text: `The daemon is of another version (` + strconv.Quote(deps.Version) + `, this is ` + strconv.Quote(ask.Version) + `): end it with "thistle daemon stop" and begin it anew.`}
	}
	return p
}

// farewell is a command that asked for the daemon's end.
type farewell struct {
	p *program
	c *caller
}

// say tells that the end has come, and what went wrong.
func (w *farewell) say(err error) {
	ctx, cancel := context.WithTimeout(context.Background(), lastWords)
	defer cancel()
	_ = w.c.conn.SetWriteDeadline(time.Now().Add(lastWords))
	w.p.out.w, w.p.deps.Stderr = remote{ctx, w.c, opOut}, remote{ctx, w.c, opErr}
	code := exitOK
	if err == nil {
		err = w.p.show(DaemonStopped{Stopped: true}, func(g *page) { g.line("The daemon has ended.") })
	}
	if err != nil {
		code = w.p.fail(ctx, err)
	}
	_ = w.c.exit(code)
	_ = w.c.conn.Close()
}

// errNoDaemon is for what only a daemon can do.
var errNoDaemon = &fault{kind: "no_daemon", code: exitOther, text: "No daemon works in this data folder for this network."}

// ofDaemon has a command run by the daemon, and nowhere else.
func (p *program) ofDaemon(stop bool, run func() error) runE {
	return func(cmd *cobra.Command, _ []string) error {
		if p.host != nil {
			return run()
		}
		conn, err := p.reach()
		switch {
		case err != nil:
			return err
		case conn == nil:
			return errNoDaemon
		}
		return p.callDaemon(cmd, conn, stop)
	}
}

func (p *program) daemonStop() *cobra.Command {
	return &cobra.Command{
		Use: "stop", Short: "End the daemon", Args: arguments(),
		Long: `Locks the wallets and ends the daemon. When this returns the data folder is free.`,
		RunE: p.ofDaemon(true, func() error {
			p.leaving = true
			return nil
		}),
	}
}

func (p *program) daemonLock() *cobra.Command {
	return &cobra.Command{
		Use: "lock", Short: "Lock the wallets that the daemon keeps open", Args: arguments(),
		Long: `Locks all open wallets: their keys and addresses are forgotten until the password
is given again. Commands that use them end. The daemon stays connected, and what
was sent goes on being announced.`,
		RunE: p.ofDaemon(false, func() error {
			names, err := p.host.keeper.Lock()
			if err != nil {
				return err
			}
			return p.show(DaemonLocked{Wallets: names}, func(g *page) {
				if len(names) == 0 {
					g.line("No wallet was open.")
				}
				for _, name := range names {
					g.line("Locked: %s", name)
				}
			})
		}),
	}
}
