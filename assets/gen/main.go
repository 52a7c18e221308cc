// Command gen rebuilds the embedded lists of checkpoints and of fixed seeds, and
// the icons.
//
// For the lists it reads a list of checkpoints and one of filter headers, checks that the
// first does not contradict itself, computes the times it leaves out, and
// writes both in the form that package assets embeds. The checks are written
// anew here, with big integers, rather than taken from spv/chain, so that a
// mistake in one is noticed by the other.
//
// Icons are drawn with a pen in icons.txt, which is the file to edit; what the
// pen covers is written as filled areas, one SVG an icon.
//
// Fixed seeds are picked from a list of addresses, one of each part of the
// network.
//
// Test with go test ./assets/...
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	checkpoints := flag.String("checkpoints", "", "`file` with columns height, prev_hash, bits, chainwork, time")
	filters := flag.String("filterheaders", "", "`file` with columns height, filter_header")
	icons := flag.String("icons", "", "`file` with the strokes of icons; nothing else is rebuilt")
	seeds := flag.String("seeds", "", "`file` with addresses of peers; nothing else is rebuilt")
	out := flag.String("out", "", "`folder` to write to")
	flag.Parse()
	if *icons != "" && *out != "" && flag.NArg() == 0 {
		exit(writeIcons(*icons, *out))
	}
	if *seeds != "" && *out != "" && flag.NArg() == 0 {
		exit(writeSeeds(*seeds, *out))
	}
	if *checkpoints == "" || *filters == "" || *out == "" || flag.NArg() != 0 {
		flag.Usage()
		os.Exit(2)
	}
	exit(run(*checkpoints, *filters, *out))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func run(checkpoints, filters, out string) error {
	in, err := os.ReadFile(checkpoints)
	if err != nil {
		return err
	}
	rows, err := readRows(string(in))
	if err != nil {
		return fmt.Errorf("%s: %w", checkpoints, err)
	}
	if err := check(rows); err != nil {
		return fmt.Errorf("%s: %w", checkpoints, err)
	}
	estimate(rows)
	in, err = os.ReadFile(filters)
	if err != nil {
		return err
	}
	headers, err := readFilterHeaders(string(in))
	if err != nil {
		return fmt.Errorf("%s: %w", filters, err)
	}
	if err := os.WriteFile(filepath.Join(out, "mainnet.tsv"), []byte(writeRows(rows)), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "mainnet-filter-headers.tsv"), []byte(writeFilterHeaders(headers)), 0o644)
}
