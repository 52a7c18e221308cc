package main_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// This file holds the house rules that no linter knows. Each is a function from
// files to problems, so that made-up files can prove that it notices.

func TestPackageComments(t *testing.T) { t.Parallel(); report(t, packageComments(tree(t))) }
func TestLengths(t *testing.T)         { t.Parallel(); report(t, lengths(tree(t))) }
func TestFuzzTargetsSeeds(t *testing.T) {
	t.Parallel()
	report(t, unseededFuzzTargets(tree(t), hasSeedFiles))
}
func TestSkips(t *testing.T)  { t.Parallel(); report(t, skips(tree(t))) }
func TestSleeps(t *testing.T) { t.Parallel(); report(t, sleeps(tree(t))) }

func TestMachinePaths(t *testing.T) {
	t.Parallel()
	list, err := exec.Command("git", "ls-files", "-z").Output()
	if err != nil { // no git, or no history: a release archive
		list = nil
		for _, f := range tree(t) {
			list = append(list, f.name+"\x00"...)
		}
	}
	var problems []string
	n := 0
	for name := range strings.SplitSeq(strings.TrimRight(string(list), "\x00"), "\x00") {
		src, err := os.ReadFile(name)
		if os.IsNotExist(err) { // deleted, but not yet from the index
			continue
		}
		require.NoError(t, err)
		problems = append(problems, machinePaths(name, src)...)
		n++
	}
	require.Greater(t, n, 50, "files looked at")
	report(t, problems)
}

// ---- package comments ----

// minWords is where a package comment begins to say more than the name does.
const minWords = 40

// packageComments: the comment is the first thing a reader of a package sees,
// and the only thing go doc shows of its purpose: what it is for, what it
// guarantees, what is not in it.
func packageComments(files []*file) []string {
	doc := map[string]string{}
	name := map[string]string{}
	var problems []string
	for _, f := range files {
		if f.test {
			continue
		}
		name[f.pkg] = f.ast.Name.Name
		if f.ast.Doc == nil {
			continue
		}
		if doc[f.pkg] != "" {
			problems = append(problems, fmt.Sprintf("%s: package %s has two package comments: go doc glues them together, so keep one", f.name, f.pkg))
		}
		doc[f.pkg] = f.ast.Doc.Text()
	}
	for pkg, name := range name {
		begin := "Package " + name + " "
		if name == "main" {
			begin = "Command "
			if pkg == "." {
				begin += module + " "
			} else {
				begin += filepath.Base(pkg) + " "
			}
		}
		switch words := len(strings.Fields(doc[pkg])); {
		case words == 0:
			problems = append(problems, fmt.Sprintf("package %s has no comment: write one that begins %q and teaches what it does, why, what it guarantees and what is not here", pkg, begin))
		case !strings.HasPrefix(doc[pkg], begin):
			problems = append(problems, fmt.Sprintf("package %s: its comment must begin %q", pkg, begin))
		case words < minWords:
			problems = append(problems, fmt.Sprintf("package %s: its comment has %d words, of at least %d: what does it guarantee, what is not here, how is it tested?", pkg, words, minWords))
		}
	}
	return problems
}

// ---- lengths ----

const (
	maxFile     = 600 // lines
	maxFunction = 80  // lines
	longBecause = "Long because"
)

// lengths: one noun per file, one thought per function. A function that is
// clearer in one piece says why in its comment; a generated file is as it is.
func lengths(files []*file) []string {
	var problems []string
	for _, f := range files {
		if f.test || ast.IsGenerated(f.ast) {
			continue
		}
		if n := strings.Count(string(f.src), "\n"); n > maxFile {
			problems = append(problems, fmt.Sprintf("%s: %d lines, at most %d: which second noun lives here, and what would its file be called?", f.name, n, maxFile))
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			n := f.fset.Position(fn.End()).Line - f.fset.Position(fn.Pos()).Line + 1
			if n > maxFunction && !strings.Contains(fn.Doc.Text(), longBecause) {
				problems = append(problems, fmt.Sprintf("%s: %s has %d lines, at most %d: cut it, or write in its comment \"%s ...\"", f.at(fn.Pos()), fn.Name.Name, n, maxFunction, longBecause))
			}
		}
	}
	return problems
}

// ---- machine paths ----

var machinePath = regexp.MustCompile(`(/(work|root|home/[a-z]+|Users/[A-Za-z]+)|/tmp/[a-z]+)/|[A-Z]:\\Users\\`)

// machinePaths: what names a folder of one computer works on that computer.
func machinePaths(name string, src []byte) []string {
	if name == "lint_test.go" || strings.Contains(string(src[:min(len(src), 8000)]), "\x00") {
		return nil
	}
	var problems []string
	for i, line := range strings.Split(string(src), "\n") {
		if at := machinePath.FindString(line); at != "" {
			problems = append(problems, fmt.Sprintf("%s:%d: names the folder %s of one computer: use t.TempDir, an argument or a path relative to the module", name, i+1, at))
		}
	}
	return problems
}

// ---- fuzz targets ----

// unseededFuzzTargets: without seeds a fuzz target tests nothing in an ordinary
// run, and starts blind in a long one. Seeds are added with f.Add, by the target
// or by a function that gets its f, or lie in testdata/fuzz.
func unseededFuzzTargets(files []*file, hasSeedFiles func(pkg, target string) bool) []string {
	adders := map[string]bool{} // "pkg name" of functions that add seeds
	functions(files, func(f *file, fn *ast.FuncDecl) {
		if f.test && callsMethod(fn, "Add") {
			adders[f.pkg+" "+fn.Name.Name] = true
		}
	})
	var problems []string
	functions(files, func(f *file, fn *ast.FuncDecl) {
		if !f.test || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Fuzz") {
			return
		}
		seeded := adders[f.pkg+" "+fn.Name.Name] || hasSeedFiles(f.pkg, fn.Name.Name)
		each(fn, func(call *ast.CallExpr) {
			if id, ok := call.Fun.(*ast.Ident); ok && passes(call, param(fn)) {
				seeded = seeded || adders[f.pkg+" "+id.Name]
			}
		})
		if !seeded {
			problems = append(problems, fmt.Sprintf("%s: %s has no seeds: add a good input and a bad one with f.Add", f.at(fn.Pos()), fn.Name.Name))
		}
	})
	return problems
}

func hasSeedFiles(pkg, target string) bool {
	found, err := os.ReadDir(filepath.Join(pkg, "testdata", "fuzz", target))
	return err == nil && len(found) > 0
}

// callsMethod says that fn calls a method of this name on its first parameter.
func callsMethod(fn *ast.FuncDecl, method string) bool {
	found, p := false, param(fn)
	each(fn, func(call *ast.CallExpr) {
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == method {
			if x, ok := sel.X.(*ast.Ident); ok && p != "" && x.Name == p {
				found = true
			}
		}
	})
	return found
}

// param is the name of a function's first parameter.
func param(fn *ast.FuncDecl) string {
	if l := fn.Type.Params.List; len(l) > 0 && len(l[0].Names) > 0 {
		return l[0].Names[0].Name
	}
	return ""
}

func passes(call *ast.CallExpr, name string) bool {
	return slices.ContainsFunc(call.Args, func(a ast.Expr) bool {
		id, ok := a.(*ast.Ident)
		return ok && id.Name == name
	})
}

func each(n ast.Node, do func(*ast.CallExpr)) {
	ast.Inspect(n, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			do(call)
		}
		return true
	})
}

// ---- skips ----

// maySkip are the reasons for which a test may be skipped: words that must
// stand in the condition around the skip. Whatever else is skipped passes
// everywhere and tests nothing.
var maySkip = map[string]string{
	"runtime.GOOS":    "the platform lacks what is tested",
	"os.Geteuid":      "root may do what the test expects to be refused",
	"testing.Short":   "asked for by hand; make test never asks",
	"os.IsPermission": "the system refuses what the test needs, as containers do; the run lists it",
	"EPERM":           "the same",
}

// skips: assets/assetstest skips where published vectors are not at hand, and
// says so; an input of a fuzzer or of rapid may be passed over; all other skips
// stand inside an if with one of the reasons above, and say why.
func skips(files []*file) []string {
	var problems []string
	for _, f := range files {
		if f.pkg == "assets/assetstest" {
			continue
		}
		walk(f.ast, nil, func(n ast.Node, above []ast.Node) {
			call, ok := n.(*ast.CallExpr)
			if !ok || !isSkip(call) || passesOverInput(above) {
				return
			}
			if !slices.ContainsFunc(above, func(n ast.Node) bool { return f.excuses(n) }) {
				problems = append(problems, fmt.Sprintf("%s: a skip that is none of the allowed (lint_test.go, maySkip): a skipped test passes and tests nothing; let it fail, or make what it needs", f.at(call.Pos())))
			} else if len(call.Args) == 0 {
				problems = append(problems, fmt.Sprintf("%s: a skip must say why: give it the reason", f.at(call.Pos())))
			}
		})
	}
	return problems
}

func isSkip(call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, sel.Sel.Name) {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && slices.Contains([]string{"t", "b", "f", "tb"}, x.Name)
}

// passesOverInput: inside f.Fuzz(func...) or rapid.Check(t, func...) a skip
// throws one generated input away, not the test.
func passesOverInput(above []ast.Node) bool {
	return slices.ContainsFunc(above, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		return ok && (isCall(call, "f", "Fuzz") || isCall(call, "rapid", "Check"))
	})
}

// excuses says that n is an if whose condition names an allowed reason.
func (f *file) excuses(n ast.Node) bool {
	cond, ok := n.(*ast.IfStmt)
	if !ok {
		return false
	}
	from, to := f.fset.Position(cond.Pos()).Offset, f.fset.Position(cond.Body.Pos()).Offset
	for reason := range maySkip {
		if strings.Contains(string(f.src[from:to]), reason) {
			return true
		}
	}
	return false
}

func isCall(call *ast.CallExpr, x, name string) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	id, ok := sel.X.(*ast.Ident)
	return ok && id.Name == x
}

// walk visits every node together with the nodes around it.
func walk(n ast.Node, above []ast.Node, do func(n ast.Node, above []ast.Node)) {
	ast.Inspect(n, func(child ast.Node) bool {
		if child == nil {
			above = above[:len(above)-1]
			return true
		}
		do(child, above)
		above = append(above, child)
		return true
	})
}

// ---- sleeps ----

// sleeps: a test that sleeps is slow on a fast machine and wrong on a slow one.
// Inside a bubble of testing/synctest a sleep takes no time and is exact: in
// functions that call synctest.Test, or a helper that hands it what it got.
func sleeps(files []*file) []string {
	helpers := map[string]bool{} // "pkg name" of functions around synctest.Test
	functions(files, func(f *file, fn *ast.FuncDecl) {
		each(fn, func(call *ast.CallExpr) {
			if isCall(call, "synctest", "Test") {
				helpers[f.pkg+" "+fn.Name.Name] = true
			}
		})
	})
	var problems []string
	functions(files, func(f *file, fn *ast.FuncDecl) {
		var found []token.Pos
		bubble := helpers[f.pkg+" "+fn.Name.Name]
		each(fn, func(call *ast.CallExpr) {
			if isCall(call, "time", "Sleep") {
				found = append(found, call.Pos())
			}
			if id, ok := call.Fun.(*ast.Ident); ok && helpers[f.pkg+" "+id.Name] {
				bubble = true
			}
		})
		for _, pos := range found {
			if (f.test || testOnly(f.pkg)) && !bubble {
				problems = append(problems, fmt.Sprintf("%s: time.Sleep in a test: wait for the event itself, or run in testing/synctest, where sleeping takes no time", f.at(pos)))
			}
		}
	})
	return problems
}

// functions calls do for every function declared in the files.
func functions(files []*file, do func(*file, *ast.FuncDecl)) {
	for _, f := range files {
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				do(f, fn)
			}
		}
	}
}

// ---- the judge is judged ----

// Each line is a made-up file, and what the rule must say of it ("" for nothing).
func TestHouseRulesCanFail(t *testing.T) {
	t.Parallel()
	seeds := func(files []*file) []string {
		return unseededFuzzTargets(files, func(_, target string) bool { return target == "FuzzWithFiles" })
	}
	words := strings.Repeat("word ", minWords)
	long := strings.Repeat("\n", maxFunction)
	for i, c := range []struct {
		rule       func([]*file) []string
		name, src  string
		wantOrNone string
	}{
		{packageComments, "a/a.go", "package a", "has no comment"},
		{packageComments, "a/a.go", "// Package a is short.\npackage a", "has 4 words"},
		{packageComments, "a/a.go", "// This is " + words + "\npackage a", `must begin "Package a "`},
		{packageComments, "a/a.go", "// Package a " + words + "\npackage a", ""},
		{packageComments, "main.go", "// Package main " + words + "\npackage main", `must begin "Command thistle "`},
		{packageComments, "a/gen/main.go", "// Command gen " + words + "\npackage main", ""},
		{packageComments, "a/a_test.go", "package a_test", ""},

		{lengths, "a/a.go", "package a" + strings.Repeat("\n", maxFile), ""},
		{lengths, "a/a.go", "package a" + strings.Repeat("\n", maxFile+1), "601 lines"},
		{lengths, "a/a_test.go", "package a" + strings.Repeat("\n", maxFile+1), ""},
		{lengths, "a/a.go", "// Code generated by x. DO NOT EDIT.\n\npackage a" + strings.Repeat("\n", maxFile+1), ""},
		{lengths, "a/a.go", "package a\nfunc f() {" + long + "}", "f has 81 lines"},
		{lengths, "a/a.go", "package a\n// f is.\n// Long because it is one table.\nfunc f() {" + long + "}", ""},

		{seeds, "a/a_test.go", "package a\nfunc FuzzA(f *testing.F) { f.Fuzz(g) }", "FuzzA has no seeds"},
		{seeds, "a/a_test.go", "package a\nfunc FuzzA(f *testing.F) { f.Add(1); f.Fuzz(g) }", ""},
		{seeds, "a/a_test.go", "package a\nfunc FuzzWithFiles(f *testing.F) { f.Fuzz(g) }", ""},
		{seeds, "a/a_test.go", "package a\nfunc FuzzA(f *testing.F) { add(f); f.Fuzz(g) }\nfunc add(f *testing.F) { f.Add(1) }", ""},
		{seeds, "a/a_test.go", "package a\nfunc FuzzA(f *testing.F) { add(f); f.Fuzz(g) }\nfunc add(f *testing.F) { m.Add(1) }", "no seeds"},

		{skips, "a/a_test.go", "package a\nfunc TestA(t *testing.T) { t.Skip(\"later\") }", "none of the allowed"},
		{skips, "a/a_test.go", "package a\nfunc TestA(t *testing.T) { if ready { t.Skipf(\"later\") } }", "none of the allowed"},
		{skips, "a/a_test.go", "package a\nfunc TestA(t *testing.T) { if runtime.GOOS == `plan9` { t.Skip(\"no modes\") } }", ""},
		{skips, "a/a_test.go", "package a\nfunc TestA(t *testing.T) { if runtime.GOOS == `plan9` { t.Skip() } }", "must say why"},
		{skips, "a/a_test.go", "package a\nfunc FuzzA(f *testing.F) { f.Fuzz(func(t *testing.T, b []byte) { t.Skip() }) }", ""},
		{skips, "assets/assetstest/a.go", "package a\nfunc V(t testing.TB) { t.Skip(\"no vectors\") }", ""},
		{skips, "a/atest/a.go", "package a\nfunc V(tb testing.TB) { tb.Skip(\"no\") }", "none of the allowed"},

		{sleeps, "a/a_test.go", "package a\nfunc TestA(t *testing.T) { time.Sleep(1) }", "time.Sleep in a test"},
		{sleeps, "a/a_test.go", "package a\nfunc TestA(t *testing.T) { synctest.Test(t, func(t *testing.T) { time.Sleep(1) }) }", ""},
		{sleeps, "a/a_test.go", "package a\nfunc TestA(t *testing.T) { bubble(t, func() { time.Sleep(1) }) }\nfunc bubble(t *testing.T, f func()) { synctest.Test(t, f) }", ""},
		{sleeps, "a/a_test.go", "package a\nfunc TestA(t *testing.T) { bubble(t, func() { time.Sleep(1) }) }\nfunc bubble(t *testing.T, f func()) { f() }", "time.Sleep in a test"},
	} {
		f, err := parseFile(c.name, []byte(c.src))
		require.NoError(t, err)
		got := c.rule([]*file{f})
		if c.wantOrNone == "" {
			require.Empty(t, got, "line %d: %s", i, c.src)
			continue
		}
		require.Len(t, got, 1, "line %d: %s", i, c.src)
		require.Contains(t, got[0], c.wantOrNone, "line "+strconv.Itoa(i))
	}

	for text, bad := range map[string]bool{
		"see /home/someone/notes": true, "cd /root/go": true, `C:\Users\me`: true, "/tmp/x/y": true,
		"https://example.com/homework/1": false, "m/84'/0'/0'": false, "os.TempDir()": false, "a/tmp": false,
	} {
		require.Equal(t, bad, len(machinePaths("a.txt", []byte("fine\n"+text))) == 1, text)
	}
}
