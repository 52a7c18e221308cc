package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

const (
	openMark  = "<!-- bench-engine -->\n"
	closeMark = "<!-- /bench-engine -->\n"
)

// table is what is written into the README.
func table(o *options, results map[string]map[string]outcome) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Thistle against neutrino v0.18.0: the same peers on this computer's loopback, in a process of their own, with a chain of "+
		"synthetic headers and real retargets made from the same seed, one engine after the other, each in a fresh process with an empty folder on disk. "+
		"%d cores, shared with the peers; %s, %s/%s. The ratio says how many times better Thistle is. Repeat it with `make bench-engine`.\n\n", runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	b.WriteString("| what | Thistle | neutrino | ratio |\n|---|---|---|---|\n")
	row := func(what, ours, theirs string, ratio float64) {
		shown := "–"
		if ratio > 0 {
			shown = fmt.Sprintf("%.2g×", ratio)
			if ratio >= 10 {
				shown = fmt.Sprintf("%.0f×", ratio)
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", what, ours, theirs, shown)
	}
	both := func(name string) (ours, theirs outcome) { return results[name]["thistle"], results[name]["neutrino"] }
	rate := func(what, name string, took func(outcome) time.Duration) {
		ours, theirs := both(name)
		x, y := perSecond(ours.count, took(ours)), perSecond(theirs.count, took(theirs))
		row(fmt.Sprintf(what, counts(ours.count, theirs.count)), thousands(x)+"/s ("+seconds(took(ours))+")", thousands(y)+"/s ("+seconds(took(theirs))+")", x/y)
	}
	headers := func(r outcome) time.Duration { return r.Headers }
	commits := func(r outcome) time.Duration { return r.Commits }
	filters := func(r outcome) time.Duration { return r.Commits + r.Filters } // ours does both in one
	rate("%s headers, 1 peer, answers at once", "headers near", headers)
	rate("%s headers, 1 peer, answers after 100 ms", "headers far", headers)
	rate("%s headers, 8 peers, answers after 100 ms", "headers from 8", headers)
	rate("%s filter headers after these; neutrino has fetched some of them meanwhile", "headers from 8", commits)
	rate("%s headers and filter headers, 8 peers, 100 ms", "headers from 8", func(r outcome) time.Duration { return r.Headers + r.Commits })
	fresh, _ := both("new wallet")
	_, all := both("headers from 8")
	row(fmt.Sprintf("a wallet made today is ready, 8 peers, 100 ms, chain of %s: ours asked for %s headers, neutrino needs all", thousands(float64(fresh.count)), thousands(float64(fresh.served.Headers))),
		seconds(fresh.Headers), seconds(all.Headers+all.Commits), (all.Headers+all.Commits).Seconds()/fresh.Headers.Seconds())
	near := fmt.Sprintf("%%s filters of 21 kB and their headers fetched, checked and matched against %d scripts, ours kept on disk too, 1 peer, at once", o.scripts)
	rate(near, "filters near", filters)
	rate(strings.Replace(near, "1 peer, at once", "8 peers, 100 ms", 1), "filters from 8", filters)

	compare := func(what, name string, value func(outcome) float64, unit string) {
		ours, theirs := both(name)
		row(what, figures(value(ours))+" "+unit, figures(value(theirs))+" "+unit, value(theirs)/value(ours))
	}
	heap := func(r outcome) float64 { return float64(r.Heap) / (1 << 20) }
	resident := func(r outcome) float64 { return float64(r.Resident) / (1 << 20) }
	compare("Go heap at most, headers and filter headers from 8 peers", "headers from 8", heap, "MB")
	compare("Go heap at most, filters from 8 peers", "filters from 8", heap, "MB")
	compare("resident at most, mapped files included, headers from 8 peers", "headers from 8", resident, "MB")
	compare("resident at most, filters from 8 peers", "filters from 8", resident, "MB")
	cpu := func(r outcome) float64 { return r.CPU.Seconds() }
	compare("processor time, headers from 1 peer", "headers near", cpu, "s")
	compare("processor time, filters from 1 peer", "filters near", cpu, "s")

	ours, theirs := both("headers from 8")
	bare, _ := both("headers near")
	perHeader := func(n int64, count int) float64 { return float64(n) / float64(max(count, 1)) }
	oursHeader := perHeader(bare.disk["chain.db"], bare.count)
	oursCommit := perHeader(ours.disk["chain.db"], ours.count) - oursHeader
	theirsHeader := perHeader(theirs.disk["block_headers.bin"]+theirs.disk["neutrino.db"], theirs.count)
	theirsCommit := perHeader(theirs.disk["reg_filter_headers.bin"], theirs.count)
	row("disk for a header, its index included", fmt.Sprintf("%.0f B", oursHeader), fmt.Sprintf("%.0f B", theirsHeader), theirsHeader/oursHeader)
	row("disk for a filter header", fmt.Sprintf("%.0f B", oursCommit), fmt.Sprintf("%.0f B", theirsCommit), theirsCommit/oursCommit)
	opening := func(i int) func(outcome) float64 {
		return func(r outcome) float64 { return float64(r.reopen[i].Milliseconds()) }
	}
	if runtime.GOOS == "linux" { // elsewhere nothing can be dropped
		compare("opening all that again, dropped from the system's memory before", "headers from 8", opening(0), "ms")
	}
	compare("the same once more", "headers from 8", opening(1), "ms")

	ours, theirs = both("new block")
	middle := func(r outcome) time.Duration { return r.after[len(r.after)/2] }
	worst := func(r outcome) time.Duration { return r.after[len(r.after)-1] }
	row(fmt.Sprintf("a new block, from its announcement to the match, median of %d; 8 peers, 100 ms, and one more that announces it and is then silent", len(ours.after)),
		seconds(middle(ours)), seconds(middle(theirs)), middle(theirs).Seconds()/middle(ours).Seconds())
	row("the slowest of these", seconds(worst(ours)), seconds(worst(theirs)), worst(theirs).Seconds()/worst(ours).Seconds())
	return b.String()
}

func counts(ours, theirs int) string {
	if ours == theirs {
		return thousands(float64(ours))
	}
	return thousands(float64(ours)) + " (neutrino: " + thousands(float64(theirs)) + ")"
}

func perSecond(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

// thousands writes a whole number with commas.
func thousands(x float64) string {
	s := fmt.Sprintf("%.0f", x)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// figures writes a number with three figures, whole if it is large.
func figures(x float64) string {
	if x >= 100 {
		return thousands(x)
	}
	return fmt.Sprintf("%.3g", x)
}

func seconds(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// writeBetween replaces what stands between the marks.
func writeBetween(file, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok1 := bytes.Cut(old, []byte(openMark))
	_, after, ok2 := bytes.Cut(rest, []byte(closeMark))
	if !ok1 || !ok2 {
		return fmt.Errorf("%s: no %q and %q", file, strings.TrimSpace(openMark), strings.TrimSpace(closeMark))
	}
	return os.WriteFile(file, []byte(string(before)+openMark+"\n"+text+"\n"+closeMark+string(after)), 0o644)
}
