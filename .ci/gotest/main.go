// Command gotest runs `go test -json` with its arguments, prints one line per
// package and the output of what failed, and counts. That way the last line
// says how many tests ran, and no test is skipped unnoticed.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// event is a line of go test -json (go doc test2json, go help buildjson).
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Elapsed    float64
	Output     string
}

type counts struct{ passed, failed, skipped int }

func (c counts) String() string {
	s := fmt.Sprintf("%d passed, %d failed", c.passed, c.failed)
	if c.skipped > 0 {
		s += fmt.Sprintf(", %d skipped", c.skipped)
	}
	return s
}

// report is what has been read so far.
type report struct {
	out     io.Writer
	output  map[string][]string // by package and test, until its end is known
	perPkg  map[string]*counts
	total   counts
	failed  []string
	skipped []string // with the reason each test gave
}

func main() {
	r := &report{out: os.Stdout, output: map[string][]string{}, perPkg: map[string]*counts{}}
	cmd := exec.Command(cmp.Or(os.Getenv("GO"), "go"), append([]string{"test", "-json"}, os.Args[1:]...)...)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		os.Exit(1)
	}
	r.read(pipe)
	err = cmd.Wait()
	r.finish()
	if err != nil || r.total.failed > 0 {
		os.Exit(1)
	}
	if r.total.passed == 0 {
		fmt.Println("No test ran.")
		os.Exit(1)
	}
}

func (r *report) read(in io.Reader) {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		switch {
		case len(line) == 0:
		case json.Unmarshal(line, &e) != nil:
			fmt.Fprintf(r.out, "%s", line)
		default:
			r.take(e)
		}
		if err != nil {
			return
		}
	}
}

func (r *report) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "output":
		r.output[key] = append(r.output[key], e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			r.endPackage(e)
		} else {
			r.endTest(e, key)
		}
		delete(r.output, key)
	}
}

// endTest counts a test; subtests and fuzz seeds count as tests.
func (r *report) endTest(e event, key string) {
	c := r.counts(e.Package)
	switch e.Action {
	case "pass":
		c.passed++
	case "fail":
		c.failed++
		r.failed = append(r.failed, key)
		r.print(r.output[key])
	case "skip":
		c.skipped++
		r.skipped = append(r.skipped, key+": "+reason(r.output[key]))
	}
}

func (r *report) counts(pkg string) *counts {
	if r.perPkg[pkg] == nil {
		r.perPkg[pkg] = &counts{}
	}
	return r.perPkg[pkg]
}

// endPackage prints a package's line. A package without tests is passed over.
func (r *report) endPackage(e event) {
	c := r.counts(e.Package)
	if e.Action == "skip" && *c == (counts{}) {
		return
	}
	mark := "ok  "
	if e.Action == "fail" {
		mark = "FAIL"
		// A race, a panic, a time-out or a failed build belongs to no single test.
		r.print(r.unfinished(e.Package))
		if c.failed == 0 {
			c.failed = 1
			r.failed = append(r.failed, e.Package)
		}
	}
	fmt.Fprintf(r.out, "%s %6.1f s  %-34s %v\n", mark, e.Elapsed, e.Package, *c)
	r.total.passed += c.passed
	r.total.failed += c.failed
	r.total.skipped += c.skipped
}

// print shows the beginning and the end of an output: what was done, and what
// went wrong.
func (r *report) print(lines []string) {
	const head, tail = 40, 200
	for i, s := range lines {
		switch {
		case i < head || i >= len(lines)-tail:
			fmt.Fprint(r.out, s)
		case i == head:
			fmt.Fprintf(r.out, "    ... %d lines: go test -v -run shows them ...\n", len(lines)-head-tail)
		}
	}
}

// unfinished is the output of a package itself and of its tests that never
// came to an end.
func (r *report) unfinished(pkg string) []string {
	var keys []string
	for key := range r.output {
		if strings.HasPrefix(key, pkg+" ") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	var all []string
	for _, key := range keys {
		all = append(all, r.output[key]...)
	}
	return all
}

// reason is what a skipped test said: its output without go test's own lines.
func reason(output []string) string {
	var said []string
	for _, s := range output {
		s = strings.TrimSpace(s)
		if s != "" && !strings.HasPrefix(s, "=== ") && !strings.HasPrefix(s, "--- ") {
			said = append(said, s)
		}
	}
	if len(said) == 0 {
		return "(no reason given)"
	}
	return strings.Join(said, " ")
}

// finish prints what failed, what was skipped and the counts, and leaves the
// counts for the summary of all phases.
func (r *report) finish() {
	slices.Sort(r.failed)
	for _, s := range r.failed {
		fmt.Fprintln(r.out, "failed:", s)
	}
	slices.Sort(r.skipped)
	const most = 20
	for i, s := range r.skipped {
		if i == most {
			fmt.Fprintf(r.out, "skipped: and %d more\n", len(r.skipped)-most)
			break
		}
		fmt.Fprintln(r.out, "skipped:", s)
	}
	fmt.Fprintln(r.out, r.total)
	if os.MkdirAll("bin", 0o755) != nil {
		return
	}
	f, err := os.OpenFile("bin/counts", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return
	}
	defer f.Close()
	fmt.Fprintln(f, r.total.passed, r.total.failed, r.total.skipped)
}
