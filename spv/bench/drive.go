package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"thistle/spv/spvtest/synth"
)

// options are the driver's flags.
type options struct {
	dir, readme, profiles    string
	only, line               string
	headers, theirHeaders    int
	filters, scripts, blocks int
	seed                     uint64
	limit                    time.Duration
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&o.dir, "dir", "", "where data folders are made: on a real disk; the system's temporary folder if empty")
	f.StringVar(&o.readme, "readme", "", "file that gets the table, between <!-- bench-engine --> and <!-- /bench-engine -->; the table is printed in any case")
	f.StringVar(&o.profiles, "profiles", "", "folder for pprof profiles of each engine in each race")
	f.StringVar(&o.only, "only", "", "one engine, thistle or neutrino, to look at its profile")
	f.StringVar(&o.line, "line", "", "one race, by a part of its name")
	f.IntVar(&o.headers, "headers", 1_000_000, "headers in the chain")
	f.IntVar(&o.theirHeaders, "neutrino-headers", 0, "headers in the chain for neutrino, as many as for us if 0")
	f.IntVar(&o.filters, "filters", 50_000, "blocks in the chain of the filters' races")
	f.IntVar(&o.scripts, "scripts", 200, "scripts to look for")
	f.IntVar(&o.blocks, "blocks", 5, "new blocks at the tip")
	f.DurationVar(&o.limit, "limit", 10*time.Minute, "for one engine in one race")
	f.Uint64Var(&o.seed, "seed", 1, "of the chains")
	err = f.Parse(args)
	if o.theirHeaders == 0 {
		o.theirHeaders = o.headers
	}
	if o.dir == "" {
		o.dir = os.TempDir()
	}
	return o, err
}

// line is one race of both engines, in one line of the table or some.
type line struct {
	name    string
	race    string
	peers   int
	latency time.Duration
	blocks  func(o *options, engine string) int
	mute    bool
	ours    bool // ours alone: the other side's number comes from another race
}

func headerCount(o *options, engine string) int {
	if engine == "neutrino" {
		return o.theirHeaders
	}
	return o.headers
}

func filterCount(o *options, _ string) int { return o.filters }

// tipCount is how many blocks there are below the new ones: enough for a
// checkpoint.
func tipCount(*options, string) int { return recent + 2016 }

var lines = []line{
	{"headers near", raceHeaders, 1, 0, headerCount, false, false},
	{"headers far", raceHeaders, 1, 100 * time.Millisecond, headerCount, false, false},
	{"headers from 8", raceCommits, 8, 100 * time.Millisecond, headerCount, false, false},
	{"filters near", raceFilters, 1, 0, filterCount, false, false},
	{"filters from 8", raceFilters, 8, 100 * time.Millisecond, filterCount, false, false},
	{"new block", raceTip, 7, 100 * time.Millisecond, tipCount, true, false},
	{"new wallet", raceNew, 8, 100 * time.Millisecond, headerCount, false, true},
}

// outcome is what one engine made of a line.
type outcome struct {
	result
	count  int
	served synth.Served
	disk   map[string]int64 // sizes of files
	reopen [2]time.Duration // opening what the race left, by a process of its own: from disk, from memory
	after  []time.Duration  // from each announcement to the match
}

// drive runs all races and writes the table.
func drive(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	results := make(map[string]map[string]outcome)
	for _, l := range lines {
		if !strings.Contains(l.name, o.line) {
			continue
		}
		results[l.name] = make(map[string]outcome)
		for _, name := range []string{"thistle", "neutrino"} {
			if o.only != "" && o.only != name || l.ours && name != "thistle" {
				continue
			}
			began := time.Now()
			out, err := runLine(ctx, &o, l, name)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", l.name, name, err)
			}
			results[l.name][name] = out
			fmt.Fprintf(os.Stderr, "%-15s %-9s %v  (%v in all)\n", l.name, name, out, time.Since(began).Round(time.Second))
		}
	}
	if o.only != "" || o.line != "" {
		return nil
	}
	text := table(&o, results)
	fmt.Fprint(os.Stdout, text)
	if o.readme == "" {
		return nil
	}
	return writeBetween(o.readme, text)
}

// String is for whoever waits.
func (r outcome) String() string {
	ms := func(d time.Duration) string { return d.Round(time.Millisecond).String() }
	return fmt.Sprintf("open %s headers %s commits %s filters %s cpu %s heap %d MB resident %d MB served %+v reopened in %v after %v disk %v",
		ms(r.Open), ms(r.Headers), ms(r.Commits), ms(r.Filters), ms(r.CPU), r.Heap>>20, r.Resident>>20, r.served, r.reopen, r.after, r.disk)
}

// runLine runs one engine against fresh peers in a fresh folder. The chain is
// the same for both, as it follows from the seed; only its times move with the
// clock.
func runLine(ctx context.Context, o *options, l line, name string) (out outcome, err error) {
	out.count = l.blocks(o, name)
	dir, err := os.MkdirTemp(o.dir, "bench-")
	if err != nil {
		return out, err
	}
	defer os.RemoveAll(dir)
	asked := peersAsked{Seed: o.seed, Height: int32(out.count), Peers: l.peers, Latency: l.latency, Mute: l.mute, Bare: l.race == raceCommits}
	peers, err := begin(ctx, "peers", asked)
	if err != nil {
		return out, err
	}
	defer peers.end()
	var told peersTold
	if err := peers.from.Decode(&told); err != nil {
		return out, fmt.Errorf("peers: %w", err)
	}
	ask := engineAsked{Limit: o.limit, Engine: name, Race: l.race, Dir: dir, Addrs: told.Addrs, Facts: told.Facts, Scripts: o.scripts}
	if o.profiles != "" {
		ask.Profile = filepath.Join(o.profiles, name, l.name)
	}
	e, err := begin(ctx, "engine", ask)
	if err != nil {
		return out, err
	}
	defer e.end()
	if l.race == raceTip {
		if out.after, err = newBlocks(o, peers, e); err != nil {
			return out, err
		}
	}
	if err := e.from.Decode(&out.result); err != nil {
		return out, fmt.Errorf("engine: %w", err)
	}
	if err := e.end(); err != nil {
		return out, err
	}
	if out.disk, err = sizes(dir); err != nil {
		return out, err
	}
	if err := peers.to.Encode("served"); err != nil {
		return out, err
	}
	if err := peers.from.Decode(&out.served); err != nil {
		return out, err
	}
	if l.race == raceCommits {
		if err := forget(dir); err != nil {
			return out, err
		}
		for i := range out.reopen {
			if out.reopen[i], err = reopen(ctx, ask); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// newBlocks has blocks announced, one after the other, and times each.
func newBlocks(o *options, peers, e *process) (after []time.Duration, err error) {
	var m matched
	if err := e.from.Decode(&m); err != nil { // caught up
		return nil, err
	}
	for range o.blocks {
		// Whatever the last block set going has ended.
		time.Sleep(5 * time.Second)
		if err := peers.to.Encode("announce"); err != nil {
			return nil, err
		}
		var at int64
		if err := peers.from.Decode(&at); err != nil {
			return nil, err
		}
		want := m.Height + 1
		for m.Height < want {
			if err := e.from.Decode(&m); err != nil {
				return nil, err
			}
		}
		after = append(after, time.Duration(m.At-at))
	}
	slices.Sort(after)
	return after, e.in.Close()
}

// reopen times the opening of a folder by a fresh process.
func reopen(ctx context.Context, ask engineAsked) (time.Duration, error) {
	ask.Race, ask.Profile = raceOpen, ""
	e, err := begin(ctx, "engine", ask)
	if err != nil {
		return 0, err
	}
	defer e.end()
	var r result
	err = e.from.Decode(&r)
	return r.Open, err
}

func sizes(dir string) (map[string]int64, error) {
	out := make(map[string]int64)
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			out[d.Name()] += info.Size()
		}
		return err
	})
	return out, err
}

// process is this program again, in another role.
type process struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	to   *json.Encoder
	from *json.Decoder
	done bool
}

func begin(ctx context.Context, role string, first any) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, role)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, in: in, to: json.NewEncoder(in), from: json.NewDecoder(out)}
	return p, p.to.Encode(first)
}

// end closes the process's input, by which it knows, and waits.
func (p *process) end() error {
	if p.done {
		return nil
	}
	p.done = true
	return errors.Join(ignoreClosed(p.in.Close()), p.cmd.Wait())
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
