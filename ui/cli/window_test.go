package cli_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"thistle/app"
	"thistle/app/config"
	"thistle/ui/cli"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// screen is a window that opens in no toolkit.
type screen struct {
	t      *testing.T
	deps   cli.Deps
	opened []cli.WindowParams
	over   func(app.Peering) app.Peering // of the one opened last
	look   func(cli.WindowParams)        // while it is open
	err    error
	nets   int // private networks asked for by the command line
}

func newScreen(t *testing.T) *screen {
	s := &screen{t: t, look: func(cli.WindowParams) {}}
	s.deps = cli.Deps{
		Version: "1.2.3", Networks: config.Networks(), DataDir: filepath.Join(t.TempDir(), "data"), Env: testEnv,
		Stdin: strings.NewReader(""), Display: true,
		Window: func(_ context.Context, p cli.WindowParams) error {
			s.over, p.Over = p.Over, nil
			s.opened = append(s.opened, p)
			s.look(p)
			return s.err
		},
		Sandbox: func(context.Context, int, *slog.Logger) (cli.Sandbox, error) {
			s.nets++
			return nil, errors.New("no network today")
		},
	}
	return s
}

func (s *screen) run(args ...string) outcome {
	s.t.Helper()
	var out, problems bytes.Buffer
	s.deps.Stdout, s.deps.Stderr = &out, &problems
	code := cli.Run(s.t.Context(), s.deps, args)
	return outcome{code, out.String(), problems.String()}
}

func TestWindowOpensWithoutCommand(t *testing.T) {
	t.Parallel()
	s := newScreen(t)
	require.Equal(t, outcome{}, s.run())
	require.Equal(t, outcome{}, s.run("--network", "signet", "--datadir", "there", "--connect", "a:1", "--connect", "b:2", "--no-dns"))
	require.Equal(t, []cli.WindowParams{
		{Place: cli.Place{DataDir: s.deps.DataDir, Network: "mainnet"}},
		{Place: cli.Place{DataDir: "there", Network: "signet", Peering: app.Peering{Connect: []string{"a:1", "b:2"}, NoDNS: true}}},
	}, s.opened)
	require.Equal(t, app.Peering{Connect: []string{"a:1", "b:2"}, NoDNS: true, Proxy: "p:9"}, s.over(app.Peering{Connect: []string{"c:3"}, Proxy: "p:9"}),
		"what is chosen in the window does not take back what the command line says")
	_, err := os.Stat(s.deps.DataDir)
	require.ErrorIs(t, err, os.ErrNotExist, "the command line makes no folders for the window")

	s.err = errors.New("no glass")
	o := s.run()
	require.Equal(t, 1, o.code)
	require.Contains(t, o.errors, "no glass")

	log := filepath.Join(t.TempDir(), "log")
	s.err = nil
	s.look = func(p cli.WindowParams) { p.Place.Log.Info("hello") }
	require.Zero(t, s.run("--log-file", log).code)
	text, err := os.ReadFile(log)
	require.NoError(t, err)
	require.Contains(t, string(text), "hello")
}

// Where no window can be opened, and for programs, all is as without it.
func TestNoWindow(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*cli.Deps){
		"built without": func(d *cli.Deps) { d.Window = nil },
		"no display":    func(d *cli.Deps) { d.Display = false },
	} {
		s := newScreen(t)
		change(&s.deps)
		o := s.run()
		require.Zero(t, o.code, name)
		require.Empty(t, o.errors, name)
		require.Equal(t, s.run("help").out, o.out, name)
		require.Contains(t, o.out, "thistle demo", name)
		require.Contains(t, s.run("demo").errors, "no network today", name)
		require.Equal(t, 1, s.nets, name)
		require.Empty(t, s.opened, name)
	}
	s := newScreen(t)
	require.Contains(t, s.run("--json").out, "Usage:")
	for _, args := range [][]string{{"demo", "--json"}, {"demo", "--tour"}, {"demo", "--headless"}, {"demo", "--tour", "--fresh"}} {
		before := s.nets
		require.Equal(t, 1, s.run(args...).code, args)
		require.Equal(t, before+1, s.nets, args)
	}
	require.Empty(t, s.opened)
}

func TestDemoInWindow(t *testing.T) {
	t.Parallel()
	s := newScreen(t)
	place := cli.Place{DataDir: filepath.Join(s.deps.DataDir, "demo"), Network: "regtest", Peering: app.Peering{NoDNS: true}}
	require.Equal(t, outcome{}, s.run("demo"))
	require.Equal(t, outcome{}, s.run("demo", "--network", "signet", "--connect", "a:1"))
	require.Equal(t, []cli.WindowParams{{Place: place, Demo: true}, {Place: place, Demo: true}}, s.opened, "the demo has its own network")

	s.look = func(p cli.WindowParams) {
		require.NotContains(t, p.Place.DataDir, s.deps.DataDir)
		require.NoError(t, os.WriteFile(filepath.Join(p.Place.DataDir, "file"), nil, 0o600))
	}
	for _, s.err = range []error{nil, errors.New("no glass")} {
		o := s.run("demo", "--fresh")
		require.Equal(t, s.err != nil, o.code == 1, o.errors)
		p := s.opened[len(s.opened)-1]
		require.True(t, p.Demo)
		_, err := os.Stat(p.Place.DataDir)
		require.ErrorIs(t, err, os.ErrNotExist, "files were left behind")
	}
	require.Zero(t, s.nets)
}

func TestWindowRefusesWhatItWouldNotHeed(t *testing.T) {
	t.Parallel()
	s := newScreen(t)
	for _, args := range [][]string{
		{"--wallet", "x"}, {"--password-file", "x"}, {"demo", "--wallet", "x"}, {"--connect", "nowhere"}, {"--network", "other"},
		{"--filter-limit", "5GB"}, {"--full-blocks", "0"}, {"demo", "--audit"},
		{"demo", "--tour", "--headless"}, {"other"},
	} {
		o := s.run(args...)
		require.Equal(t, 2, o.code, "%v: %s", args, o.errors)
		requireSentence(t, strings.TrimSuffix(o.errors, "\n"))
		require.Empty(t, o.out)
	}
	require.Empty(t, s.opened)
}

// TestDoubleClick: cobra must not end what was begun from Windows' desktop.
func TestDoubleClick(t *testing.T) {
	t.Parallel()
	require.Zero(t, newScreen(t).run("--version").code)
	require.Empty(t, cobra.MousetrapHelpText)
}
