package cli

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"thistle/app"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// runE is what a command does.
type runE = func(cmd *cobra.Command, args []string) error

// exited ends a command that has been run, and has told all, elsewhere.
type exited struct{ code int }

func (exited) Error() string { return "the command was run by the daemon" }

// cancelPatience is how long the daemon may take to end a command that was
// interrupted.
const cancelPatience = 10 * time.Second

// anywhere has a command run by the daemon, if one works in the folder, and here
// otherwise.
func (p *program) anywhere(run runE) runE {
	return func(cmd *cobra.Command, args []string) error {
		if p.host != nil {
			return p.host.inTurn(cmd.Context(), func() error { return run(cmd, args) })
		}
		conn, err := p.reach()
		if err != nil {
			return err
		}
		if conn != nil {
			return p.callDaemon(cmd, conn, false)
		}
		return run(cmd, args)
	}
}

// onlyHere keeps a command out of the daemon.
func (p *program) onlyHere(run runE) runE {
	return func(cmd *cobra.Command, args []string) error {
		if p.host != nil {
			return usage("The daemon does not run %q.", cmd.CommandPath())
		}
		return run(cmd, args)
	}
}

// reach calls the daemon of the folder; nil if there is none.
func (p *program) reach() (*app.Conn, error) {
	place, err := p.place()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(p.deps.Networks, place.Network) {
		return nil, nil
	}
	return app.Call(place.DataDir, place.Network)
}

// callDaemon has the daemon run this command.
func (p *program) callDaemon(cmd *cobra.Command, conn *app.Conn, stop bool) error {
	defer func() { _ = conn.Close() }()
	d := &p.deps
	ask, err := json.Marshal(request{
		Version: d.Version, Args: p.args, In: d.InTerminal && d.ReadPassword != nil, Out: d.OutTerminal, Err: d.ErrTerminal, Colour: d.Colour, Stop: stop,
	})
	if err != nil {
		return err
	}
	l := &phone{conn: conn}
	if err := l.send(opRequest, 0, ask); err != nil {
		return errDaemonLost
	}
	ctx, cancel := context.WithCancel(cmd.Context())
	a := &assistant{p: p, ctx: ctx, phone: l, files: filesNamed(cmd)}
	defer a.asking.Wait()
	defer cancel()
	defer context.AfterFunc(cmd.Context(), func() {
		_ = l.send(opCancel, 0, nil)
		_ = conn.SetReadDeadline(time.Now().Add(cancelPatience))
	})()
	code, err := a.serve()
	if err != nil {
		return errDaemonLost
	}
	return exited{code}
}

// errDaemonLost is for a command of which nobody knows how it ended.
var errDaemonLost = &fault{
	kind: "daemon_lost", code: exitOther,
	text: "The daemon ended, or was cut off, before the command was done; look at what it did before you repeat it.",
}

// filesNamed are the files that the command's flags name: no others are read for
// the daemon.
func filesNamed(cmd *cobra.Command) []string {
	var files []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if strings.HasSuffix(f.Name, "-file") {
			files = append(files, f.Value.String())
		}
	})
	return files
}

// assistant does for the daemon what happens where the person is.
type assistant struct {
	p *program
	*phone
	ctx    context.Context
	files  []string
	asking sync.WaitGroup
}

// serve answers calls until the daemon tells the exit code.
func (a *assistant) serve() (code int, err error) {
	for {
		f, err := a.receive()
		if err != nil {
			return 0, err
		}
		switch f.op {
		case opExit:
			if len(f.payload) != 4 {
				return 0, errFrame
			}
			return int(binary.BigEndian.Uint32(f.payload)), nil
		case opOut:
			_, err = a.p.out.Write(f.payload)
			err = a.answer(f.id, nil, err)
			clear(f.payload) // recovery words pass here
		case opErr:
			_, err = a.p.deps.Stderr.Write(f.payload)
			err = a.answer(f.id, nil, err)
		case opFile:
			err = a.file(f)
		case opAsk:
			a.asking.Go(func() { a.ask(f) })
		case opIn:
			go a.read(f) // reading cannot be interrupted
		default:
			err = errFrame
		}
		if err != nil {
			return 0, err
		}
	}
}

// answer tells the daemon what a call has brought, which is cleared, or why it
// could not be done.
func (a *assistant) answer(id uint32, got []byte, err error) error {
	defer clear(got)
	if err != nil {
		return a.send(opFailed, id, []byte(err.Error()))
	}
	return a.send(opDone, id, got)
}

// file reads a file that holds a secret.
func (a *assistant) file(f frame) error {
	path := string(f.payload)
	if !slices.Contains(a.files, path) {
		return errFrame
	}
	buf := make([]byte, maxSecretFile+1)
	defer clear(buf)
	n, err := readSecret(path, buf)
	if err != nil {
		err = errors.New(fileTrouble(err))
	}
	return a.answer(f.id, buf[:n], err)
}

func (a *assistant) ask(f frame) {
	if a.p.deps.ReadPassword == nil {
		_ = a.answer(f.id, nil, errFrame)
		return
	}
	got, err := a.p.deps.ReadPassword(a.ctx, string(f.payload))
	if len(got) > maxSecretFile {
		err = errors.New("too long")
	}
	if err != nil {
		clear(got)
		got = nil
	}
	_ = a.answer(f.id, got, err)
}

func (a *assistant) read(f frame) {
	if len(f.payload) != 4 {
		_ = a.answer(f.id, nil, errFrame)
		return
	}
	buf := make([]byte, min(binary.BigEndian.Uint32(f.payload), maxFrame))
	n, err := a.p.deps.Stdin.Read(buf)
	if n > 0 || isEOF(err) {
		err = nil // no bytes are the end
	}
	_ = a.answer(f.id, buf[:n], err)
}
