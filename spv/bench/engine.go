package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"thistle/spv/spvtest/synth"
)

// The races.
const (
	raceHeaders = "headers" // all headers, from genesis to the tip
	raceCommits = "commits" // the same, then all filter headers
	raceFilters = "filters" // all headers, then all filters, matched
	raceTip     = "tip"     // at the tip, new blocks
	raceNew     = "new"     // a wallet made today is ready
	raceOpen    = "open"    // only the opening of what is there
)

// engineAsked is the first line the process of an engine reads.
type engineAsked struct {
	Engine  string
	Race    string
	Dir     string
	Addrs   []string
	Facts   synth.Facts
	Scripts int
	Limit   time.Duration
	Profile string // where to write profiles, "" for none
}

// result is what an engine's process writes at its end.
type result struct {
	Open     time.Duration // of the data folder
	Headers  time.Duration // from the start of talking to peers to all headers being on disk
	Commits  time.Duration // from then to all filter headers being on disk
	Filters  time.Duration // from the end of the last stage to all filters being matched
	Heap     uint64        // most bytes in heap objects, dead ones included, that were seen
	Resident uint64        // most bytes resident, as the kernel counts; 0 if it does not tell
	CPU      time.Duration
}

// matched is what it writes for each new block.
type matched struct {
	Height int32
	At     int64 // nanoseconds since 1970
}

// engine is what both sides can do.
type engine interface {
	// open opens the data folder; sync begins to talk to peers.
	open(a *engineAsked) error
	sync(ctx context.Context) error
	// headers and commits tell how far what is on disk goes, from genesis.
	headers() int32
	commits() int32
	// wantCommits asks for filter headers, where they do not come by themselves.
	wantCommits()
	// scan matches all filters up to the tip, and then calls found for each new
	// block until ctx ends, if found is not nil.
	scan(ctx context.Context, scripts [][]byte, to int32, found func(height int32)) error
	// ready syncs only what a wallet made today needs.
	ready(ctx context.Context, tip int32) (time.Duration, error)
	close() error
}

var engines = map[string]func() engine{
	"thistle":  func() engine { return new(thistle) },
	"neutrino": func() engine { return new(neutrinoEngine) },
}

func runEngine(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	var a engineAsked
	if err := json.NewDecoder(in).Decode(&a); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, a.Limit)
	defer cancel()
	go func() { // the driver ends a race by closing our input
		_, _ = io.Copy(io.Discard, in)
		cancel()
	}()
	stop, err := profile(a.Profile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	to := json.NewEncoder(out)
	heap := watchHeap(ctx)
	e := engines[a.Engine]()
	began := time.Now()
	if err := e.open(&a); err != nil {
		return err
	}
	opened := time.Since(began)
	res, err := race(ctx, &a, e, func(h int32) { _ = to.Encode(matched{h, time.Now().UnixNano()}) })
	if err != nil {
		return errors.Join(err, e.close())
	}
	res.Open, res.Heap, res.Resident, res.CPU = opened, heap(), maxResident(), cpuTime()
	return errors.Join(e.close(), to.Encode(res))
}

func race(ctx context.Context, a *engineAsked, e engine, found func(int32)) (res result, err error) {
	if a.Race == raceOpen {
		return res, nil
	}
	began := time.Now()
	if a.Race == raceNew {
		res.Headers, err = e.ready(ctx, a.Facts.Tip.Height)
		return res, err
	}
	if err := e.sync(ctx); err != nil {
		return res, err
	}
	tip := a.Facts.Tip.Height
	if err := reach(ctx, tip, e.headers); err != nil {
		return res, fmt.Errorf("headers: %w", err)
	}
	res.Headers = time.Since(began)
	if a.Race == raceHeaders {
		return res, nil
	}
	if a.Race == raceCommits {
		began = time.Now()
		e.wantCommits()
		if err := reach(ctx, tip, e.commits); err != nil {
			return res, fmt.Errorf("filter headers: %w", err)
		}
		res.Commits = time.Since(began)
		return res, nil
	}
	if a.Race == raceFilters && a.Engine == "neutrino" {
		// Its rescan begins when they are there; ours fetches them in passing.
		began = time.Now()
		if err := reach(ctx, tip, e.commits); err != nil {
			return res, fmt.Errorf("filter headers: %w", err)
		}
		res.Commits = time.Since(began)
	}
	began = time.Now()
	if a.Race == raceFilters {
		found = nil
	}
	err = e.scan(ctx, scripts(a.Scripts), tip, found)
	res.Filters = time.Since(began)
	return res, err
}

// reach waits for a height.
func reach(ctx context.Context, height int32, now func() int32) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for now() < height {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%w at %d of %d", ctx.Err(), now(), height)
		}
	}
	return nil
}

// scripts are ones that nobody was ever paid to: every hit is a filter's error.
func scripts(n int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		list[i] = append([]byte{0, 20}, fmt.Sprintf("%020d", i)...)
	}
	return list
}

// watchHeap looks at the heap every few milliseconds; what it returns tells the
// most that was seen.
func watchHeap(ctx context.Context) func() uint64 {
	most, done := make(chan uint64), make(chan struct{})
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		var peak uint64
		for {
			metrics.Read(sample)
			peak = max(peak, sample[0].Value.Uint64())
			select {
			case <-tick.C:
			case <-done:
				most <- peak
				return
			}
		}
	}()
	return func() uint64 { close(done); return <-most }
}

// maxResident is Linux's VmHWM.
func maxResident() uint64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmHWM:" {
			kb, _ := strconv.ParseUint(f[1], 10, 64)
			return kb << 10
		}
	}
	return 0
}

// profile records where time and memory go.
func profile(dir string) (stop func() error, err error) {
	if dir == "" {
		return func() error { return nil }, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	cpu, err := os.Create(filepath.Join(dir, "cpu.prof"))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, err
	}
	return func() error {
		pprof.StopCPUProfile()
		heap, err := os.Create(filepath.Join(dir, "heap.prof"))
		if err != nil {
			return err
		}
		runtime.GC()
		return errors.Join(cpu.Close(), pprof.Lookup("allocs").WriteTo(heap, 0), heap.Close())
	}, nil
}
