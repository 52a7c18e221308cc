package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"thistle/app"
	"thistle/ui/present"
)

// program is one run of the command line.
type program struct {
	deps  Deps
	flags globals
	out   *meter // stdout
	log   *slog.Logger
	// logFile is closed at the end, if there is one.
	logFile io.Closer
	secrets keyring
	peering app.Peering // as in place
	gauge   gauge
	errMu   sync.Mutex // one line at a time on stderr
	args    []string   // as given to run
	// readFile reads the beginning of a file, as readSecret does.
	readFile func(path string, buf []byte) (int, error)

	// What follows is set where the daemon runs this command.
	host      *host
	interrupt func(error) // ends the command, and says why
	loan      *app.Loan   // the wallet, once it is lent
	refusal   error       // why it is not run
	leaving   bool        // the daemon is to end
}

// globals are the flags of all commands.
type globals struct {
	network, dataDir, wallet string
	connect, prefer          []string
	peering                  []func(*app.Peering) // what the flags about it change
	data                     []func(*app.Data)
	passwordFile             string
	json                     bool
	logLevel, logFile        string
}

// Run does what the arguments say and returns the exit code. It never panics and
// ends soon after ctx.
func Run(ctx context.Context, deps Deps, args []string) (code int) {
	return newProgram(deps).run(ctx, args)
}

func newProgram(deps Deps) *program {
	p := &program{deps: deps, out: &meter{w: deps.Stdout}, readFile: readSecret}
	p.gauge = gauge{p: p}
	return p
}

func (p *program) run(ctx context.Context, args []string) (code int) {
	p.args = args
	p.flags.json = asksForJSON(args)
	defer p.close()
	defer func() {
		if v := recover(); v != nil {
			if p.log != nil {
				p.log.Error("panic", "value", v, "stack", string(debug.Stack()))
			}
			code = p.fail(ctx, fmt.Errorf("%v", v))
		}
	}()
	root := p.root()
	root.SetArgs(args)
	err := p.refusal
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	var elsewhere exited
	switch {
	case errors.As(err, &elsewhere):
		return elsewhere.code
	case err != nil:
		return p.fail(ctx, err)
	}
	return exitOK
}

// asksForJSON looks for the flag before the arguments are parsed, so that errors
// in them are told as JSON too.
func asksForJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, "--json") || slices.Contains(args, "--json=true")
}

func (p *program) close() {
	p.secrets.wipe()
	if p.logFile != nil {
		_ = p.logFile.Close()
	}
}

// fail tells what went wrong and returns the exit code.
func (p *program) fail(ctx context.Context, err error) int {
	problem, code := verdict(ctx, err)
	if p.log != nil {
		p.log.Error("command failed", "kind", problem.Kind, "err", err)
	}
	p.gauge.clear()
	if !p.flags.json {
		p.errLine(p.ink(p.deps.ErrTerminal).red(problem.Message))
		return code
	}
	line := jsonLine(Failure{problem})
	if p.out.n == 0 {
		_, _ = p.out.Write(line)
	}
	p.errLine(strings.TrimSuffix(string(line), "\n"))
	return code
}

// warn tells something that is no failure.
func (p *program) warn(kind, text string) {
	p.gauge.clear()
	if p.flags.json {
		p.errLine(strings.TrimSuffix(string(jsonLine(Caution{Problem{kind, text}})), "\n"))
		return
	}
	p.errLine(p.ink(p.deps.ErrTerminal).amber("Note: " + present.Plain(text)))
}

func (p *program) errLine(text string) {
	p.errMu.Lock()
	defer p.errMu.Unlock()
	_, _ = fmt.Fprintln(p.deps.Stderr, text)
}

// show prints a result: as JSON, or as write lays it out for people.
func (p *program) show(v any, write func(*page)) error {
	if p.flags.json {
		_, err := p.out.Write(jsonLine(v))
		return err
	}
	page := &page{ink: p.ink(p.deps.OutTerminal)}
	write(page)
	_, err := io.WriteString(p.out, page.String())
	return err
}

func (p *program) ink(terminal bool) ink { return ink(terminal && p.deps.Colour) }

// jsonLine is a value on one line. What is printed here can always be written as
// JSON.
func jsonLine(v any) []byte {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
	return []byte(b.String())
}

// env is the environment that the flags describe.
func (p *program) env() (*app.Env, error) {
	place, err := p.place()
	switch {
	case err != nil:
		return nil, err
	case p.host != nil:
		return p.host.env, nil
	}
	return p.deps.Env(place)
}

// place is where to work, as the flags say.
func (p *program) place() (Place, error) {
	for _, addr := range slices.Concat(p.flags.connect, p.flags.prefer) {
		if err := checkAddr(addr); err != nil {
			return Place{}, err
		}
	}
	if p.host != nil {
		return p.hostedPlace()
	}
	dir := p.flags.dataDir
	if dir == "" {
		dir = p.deps.DataDir
	}
	settings, err := app.LoadSettings(dir, p.flags.network)
	if err != nil && p.log != nil {
		p.log.Warn("read settings", "err", err)
	}
	for _, change := range p.flags.data {
		change(&settings.Data)
	}
	place := Place{DataDir: dir, Network: p.flags.network, Peering: p.overPeering(settings.Peering), Data: settings.Data, Log: p.log}
	p.peering = place.Peering
	if len(p.flags.connect)+len(p.flags.prefer)+len(p.flags.peering) > 0 {
		// What is typed is refused at once, also where nobody is connected to.
		return place, app.CheckPeering(place.Peering)
	}
	return place, nil
}

// overPeering puts what the flags say over settings.
func (p *program) overPeering(to app.Peering) app.Peering {
	if len(p.flags.connect) > 0 {
		to.Connect = p.flags.connect
	}
	to.Preferred = slices.Concat(to.Preferred, p.flags.prefer)
	for _, change := range p.flags.peering {
		change(&to)
	}
	return to
}

// openLog begins the log that the flags ask for.
func (p *program) openLog() error {
	if p.flags.logLevel == "" && p.flags.logFile == "" || p.host != nil {
		return nil
	}
	level := slog.LevelInfo
	if p.flags.logLevel != "" && level.UnmarshalText([]byte(p.flags.logLevel)) != nil {
		return usage("%q is no level of a log: use debug, info, warn or error.", p.flags.logLevel)
	}
	w := p.deps.Stderr
	if p.flags.logFile != "" {
		f, err := os.OpenFile(p.flags.logFile, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return usage("The log file cannot be written: %s.", fileTrouble(err))
		}
		w, p.logFile = f, f
	}
	p.log = slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
	return nil
}

// meter counts what is written.
type meter struct {
	w io.Writer
	n int64
}

func (m *meter) Write(b []byte) (int, error) {
	n, err := m.w.Write(b)
	m.n += int64(n)
	if err != nil {
		err = fmt.Errorf("write result: %w", err)
	}
	return n, err
}
