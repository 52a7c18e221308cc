package main_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// This file is the judge of ARCHITECTURE.md's arrows: which package may import
// which, what is never imported and what is never called, each rule with its
// reason. Changing a table is a decision: its own commit, with ARCHITECTURE.md.
//
// Packages are named by their folder, "." being main.go's. Rules may name
// packages that do not exist yet. A package that exists must be in the tables.

const module = "thistle"

// ---- what may be imported ----

// arrow says that each package of who may import each package of may, and
// whatever those may import, unless only is set: then nothing behind them.
type arrow struct {
	who, may string
	only     bool
	why      string
}

var arrows = []arrow{
	{who: "assets app/units spv/merkle keystore/mnemonic keystore/seal", why: "the ground: bytes, numbers, hashes, words and envelopes need nothing of ours"},
	{who: "boltpages", why: "one check for both floors, which must not know each other: it sees bytes and nothing of what they mean"},
	{who: "app/config app/instance", why: "paths and locks know nothing of money"},

	{who: "spv/chain spv/cfilter spv/addrmgr", why: "pure parts, each to be read alone"},
	{who: "spv/protocol", may: "spv/chain spv/cfilter spv/merkle spv/addrmgr", why: "the machine decides with the pure parts; sockets and disk come to it"},
	{who: "spv/light", may: "spv/merkle", why: "what is told to the person's own node, and what its answers prove"},
	{who: "spv/peer spv/store", may: "spv/protocol", why: "sockets and disk serve the machine and do not know each other"},
	{who: "spv/store app/walletdb", may: "boltpages", why: "bbolt writes only into files whose pages were looked at"},
	{who: "spv", may: "spv/peer spv/store spv/light", why: "the client joins machine, sockets and disk"},
	{who: "spv/sandbox", may: "spv/chain", why: "btcd's code does the judging there; of ours at most the header's values"},

	{who: "keystore/hd", why: "the only place where a private key is a value"},
	{who: "keystore/vault", may: "keystore/seal", why: "the file holds envelopes only"},
	{who: "keystore", may: "keystore/mnemonic keystore/hd keystore/seal keystore/vault", why: "the one door to the keys"},

	{who: "app/coinselect app/fees app/payuri app/descriptor", may: "app/units", why: "amounts are one type, with checked arithmetic"},
	{who: "app/payuri", may: "app/labels", why: "a stranger's label is made fit to be shown in one way"},
	{who: "app/labels app/backup", why: "formats for other programs and other machines: bytes in, values out"},
	{who: "app/ledger", may: "app/descriptor", why: "the ledger derives its scripts from descriptors"},
	{who: "app/message", may: "app/descriptor", why: "a signature is judged against the script of an address"},
	{who: "app/txbuild", may: "app/coinselect app/ledger app/fees", why: "a payment is made of chosen coins, and of fees"},
	{who: "app/walletdb", may: "app/ledger", why: "the file holds what the ledger says"},
	{who: "app", may: "app/descriptor app/message app/labels app/backup app/ledger app/coinselect app/txbuild app/fees app/payuri app/walletdb app/config app/instance", why: "use cases are put together here"},
	{who: "app", may: "spv keystore", only: true, why: "the wallet sees the peer and the keys through their front doors, never the rooms behind"},

	{who: "ui/present", may: "app app/units", why: "screen states are made of what the app says"},
	{who: "ui/kit", may: "assets", why: "fonts, icons and colours, no meaning"},
	{who: "ui/onboard ui/lock ui/overview ui/send ui/receive ui/history ui/coins ui/peers ui/settings", may: "ui/present ui/kit", why: "a screen draws a state and emits an intent"},
	{who: "ui/cli", may: "ui/present app app/units", why: "the other face: the same use cases"},
	{who: "ui/shell", may: "ui/onboard ui/lock ui/overview ui/send ui/receive ui/history ui/coins ui/peers ui/settings", why: "the window holds the screens"},
	{who: "ui", may: "ui/shell", why: "the only importer of the window toolkit's driver"},
	{who: ".", may: "ui ui/cli app spv keystore spv/sandbox assets", why: "the composition root wires everything"},

	{who: "assets/gen", why: "a tool run by hand, which rebuilds embedded tables"},
	{who: "assets/assetstest", why: "finds published vectors for everybody's tests"},
	{who: "spv/spvtest", may: "spv spv/sandbox", why: "fakes and liars for tests of the peer"},
	{who: "spv/spvtest/synth", may: "spv/chain spv/cfilter", why: "long chains and peers on sockets, for measuring and for long tests"},
	{who: "keystore/keystoretest", may: "keystore", why: "cheap keystores for tests"},
	{who: "app/apptest", may: "app", why: "a wallet with a history, for tests of faces"},
	{who: "ui/kit/kittest", may: "ui/kit", why: "finds, taps and fills in widgets by their identifiers"},
	{who: "ui/cli/e2etest", why: "runs the program from outside, and checks it with other code than its own"},
}

// testOnly says that a package serves tests and must not reach the program.
func testOnly(pkg string) bool {
	return pkg == "spv/sandbox" || strings.HasSuffix(pkg, "test") || strings.Contains(pkg, "test/")
}

// ---- what is never imported ----

// ban says that the packages of who, but those of but, never import what.
// Names ending in "/..." mean a folder and everything below it. An entry of
// but may also be a file ("a/*_windows.go").
type ban struct {
	who, but, what string
	tests          bool // holds for tests too: test files and packages for tests
	why            string
}

const pure = "spv/chain spv/cfilter spv/merkle spv/light spv/protocol spv/addrmgr " +
	"app/ledger app/coinselect app/fees app/txbuild app/descriptor app/message app/labels app/backup app/units app/payuri " +
	"keystore/seal keystore/mnemonic boltpages"

var bans = []ban{
	{who: "keystore/...", what: "net/... log/... math/rand/... thistle/spv/... thistle/app/... thistle/ui/...", tests: true,
		why: "secrets can neither leave, nor be logged, nor be guessed"},
	{who: "keystore/...", what: "os/exec",
		why: "no other program gets a secret (a test may start one to search its memory)"},
	{who: "spv/...", what: "thistle/app/... thistle/keystore/... thistle/ui/...", tests: true,
		why: "the peer must not know whose coins they are"},
	{who: "app/...", what: "thistle/ui/...", tests: true,
		why: "one core, any face"},
	{who: "app/...", but: "app app/apptest", what: "thistle/spv/... thistle/keystore/...", tests: true,
		why: "below app's root there is neither network nor key: facts come in as values"},
	{who: "ui/...", what: "thistle/spv/... thistle/keystore/... go.etcd.io/bbolt/... github.com/btcsuite/btcd/txscript/v2 net",
		why: "a face talks to app only (its tests may start networks)"},
	{who: "...", but: ". ui/...", what: "fyne.io/...", tests: true,
		why: "everything can be used and tested without a display"},
	{who: "...", but: "ui/run*.go", what: "fyne.io/fyne/v2/app/... github.com/go-gl/...", tests: true,
		why: "one file brings OpenGL and C along; every test of the window runs without"},
	{who: pure, what: "os net log/... go.etcd.io/bbolt/...",
		why: "pure packages know no file, socket or log: what they need are arguments, what they say are results"},
	{who: "spv/protocol spv/addrmgr", what: "crypto/rand",
		why: "dice are handed in, so that a run can be repeated from its seed"},
	{who: "...", but: "spv/store keystore/vault app/walletdb", what: "go.etcd.io/bbolt/...",
		why: "three files, three doors (tests may damage files directly)"},
	{who: "...", what: "net/http/... net/rpc/... net/smtp expvar",
		why: "no calls home: the wallet speaks Bitcoin's protocol and nothing else"},
	{who: "...", but: "keystore/vault/*_windows.go", what: "unsafe", tests: true,
		why: "memory safety is what Go is here for"},
	{who: "...", what: "C", tests: true,
		why: "without the window the wallet builds without a C compiler"},
}

// ---- what is never called ----

// callBan says that the packages of who, but those of but, never use these
// functions and variables, not even as values. Methods are "pkg.Type.Method";
// a trailing * stands for anything.
type callBan struct {
	who, but, what, except string
	why                    string
}

const wire = "github.com/btcsuite/btcd/wire/v2"

var callBans = []callBan{
	{who: pure, what: "time.Now time.After time.AfterFunc time.Sleep time.NewTimer time.NewTicker time.Tick time.Since time.Until " +
		"context.WithTimeout* context.WithDeadline*",
		why: "time is an argument, so that a test can be at any moment it likes"},
	{who: pure, what: wire + ".NewMsgVersion " + wire + ".NewBlockHeader " + wire + ".NewNetAddress " + wire + ".NewNetAddressIPPort",
		why: "they read the clock inside: fill the struct instead"},
	{who: pure, what: "math/rand.* math/rand/v2.* " + wire + ".RandomUint64",
		except: "math/rand.New math/rand.NewSource math/rand.Rand.* math/rand.Source.* math/rand/v2.New* math/rand/v2.Rand.* math/rand/v2.PCG.* math/rand/v2.ChaCha8.* math/rand/v2.Zipf.* math/rand/v2.Source.*",
		why:    "dice are an argument: a run is repeated from its seed"},
	{who: "...", but: "spv/peer spv/sandbox spv/spvtest spv/spvtest/synth app/instance", what: "net.Dial* net.Listen* net.Lookup* net.Resolver.* net.DefaultResolver crypto/tls.Dial* crypto/tls.Listen*",
		why: "one door to the network: whoever reads spv/peer has read all that leaves this computer"},
	{who: "...", what: "log.* log/slog.Default log/slog.SetDefault log/slog.Debug* log/slog.Info* log/slog.Warn* log/slog.Error* log/slog.Log log/slog.LogAttrs",
		except: "log/slog.ErrorContext.*",
		why:    "the logger is handed in: a global one cannot be silenced, tested or told apart"},
	{who: "...", but: ". ui/cli assets/gen", what: "fmt.Print fmt.Printf fmt.Println os.Stdout os.Stdin builtin.print builtin.println",
		why: "with --json standard output holds one value and nothing else: only the command line writes to it"},
	{who: "...", but: "ui/shell", what: "fyne.io/fyne/v2.Do",
		why: "one bridge to the window's goroutine: what crosses it elsewhere is not stopped when the window closes"},
	{who: "...", what: "fyne.io/fyne/v2.DoAndWait",
		why: "called on the window's goroutine it waits for itself for ever"},
	{who: "...", but: ". assets/gen", what: "os.Exit",
		why: "it skips every deferred call, among them those that wipe keys and close files"},
}

// ---- the tests ----

func TestImports(t *testing.T) {
	t.Parallel()
	report(t, judgeImports(tree(t), arrows, bans))
}

// init runs before anybody asked, in an order nobody sees.
func TestNoInit(t *testing.T) {
	t.Parallel()
	for _, f := range tree(t) {
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" && !f.test {
				t.Errorf("%s: init runs unasked and cannot fail with an error: make a function, or sync.OnceValue, that is called where it is needed", f.at(fn.Pos()))
			}
		}
	}
}

// The scan for calls sees one platform; pure packages must have no other.
func TestPurePackagesAreThePlatformsAll(t *testing.T) {
	t.Parallel()
	for _, f := range tree(t) {
		if f.test || !slices.Contains(strings.Fields(pure), f.pkg) {
			continue
		}
		for _, goos := range []string{"linux", "windows", "darwin"} {
			c := build.Default
			c.GOOS, c.BuildTags = goos, []string{"nogui"}
			ok, err := c.MatchFile(filepath.Dir(f.name), filepath.Base(f.name))
			require.NoError(t, err)
			if !ok {
				t.Errorf("%s: is left out on %s: a pure package computes the same everywhere, and from the same files", f.name, goos)
			}
		}
	}
}

func TestCalls(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo,
		Fset: fset,
		// The window's own two files would take a C compiler, and half a minute.
		BuildFlags: []string{"-tags=nogui"},
	}, "./...")
	require.NoError(t, err)
	var problems []string
	scanned := 0
	for _, p := range loaded {
		if len(p.Errors) > 0 && !strings.Contains(p.Errors[0].Msg, "no non-test Go files") {
			t.Errorf("%s does not build, so it cannot be judged: %v", p.PkgPath, p.Errors[0])
			continue
		}
		pkg := strings.TrimPrefix(strings.TrimPrefix(p.PkgPath, module), "/")
		problems = append(problems, judgeCalls(fset, cmp.Or(pkg, "."), p.TypesInfo, callBans)...)
		scanned += len(p.Syntax)
	}
	require.Greater(t, scanned, 50, "files scanned")
	report(t, problems)
}

// The tables name no package twice wrongly: a rule for a name that nobody has
// and nobody plans is a rule that holds nothing.
func TestRulesNameKnownPackages(t *testing.T) {
	t.Parallel()
	known := knownPackages(arrows)
	check := func(names string) {
		for _, name := range strings.Fields(names) {
			if strings.Contains(name, "*") || name == "..." {
				continue
			}
			dir, below := strings.CutSuffix(name, "/...")
			if !known[dir] && !(below && slices.ContainsFunc(slices.Collect(maps.Keys(known)), func(k string) bool { return strings.HasPrefix(k, dir+"/") })) {
				t.Errorf("a rule names %q, which no arrow knows", name)
			}
		}
	}
	for _, b := range bans {
		check(b.who + " " + b.but)
		require.NotEmpty(t, b.why)
	}
	for _, b := range callBans {
		check(b.who + " " + b.but)
		require.NotEmpty(t, b.why)
	}
	for _, a := range arrows {
		require.NotEmpty(t, a.why)
	}
}

func report(t *testing.T, problems []string) {
	t.Helper()
	slices.Sort(problems)
	for _, p := range slices.Compact(problems) {
		t.Error(p)
	}
}

// ---- the engine ----

func knownPackages(arrows []arrow) map[string]bool {
	known := map[string]bool{}
	for _, a := range arrows {
		for _, p := range strings.Fields(a.who + " " + a.may) {
			known[p] = true
		}
	}
	return known
}

// reach is the set of packages that pkg may import.
func reach(arrows []arrow, pkg string) map[string]bool {
	out := map[string]bool{}
	for _, a := range arrows {
		if !slices.Contains(strings.Fields(a.who), pkg) {
			continue
		}
		for _, m := range strings.Fields(a.may) {
			out[m] = true
			if !a.only {
				maps.Copy(out, reach(arrows, m))
			}
		}
	}
	return out
}

// judgeImports says what in these files breaks the rules.
func judgeImports(files []*file, arrows []arrow, bans []ban) []string {
	var problems []string
	known := knownPackages(arrows)
	may := map[string]map[string]bool{}
	for p := range known {
		may[p] = reach(arrows, p)
	}
	for _, f := range files {
		if !known[f.pkg] && !f.test {
			problems = append(problems, fmt.Sprintf("package %s is in no arrow of architecture_test.go: say there what it may import and why, and in ARCHITECTURE.md what it is", f.pkg))
		}
		for _, imp := range f.imports {
			if ours, ok := inModule(imp.path); ok && !f.test && known[f.pkg] {
				problems = append(problems, judgeArrow(f, imp, ours, may[f.pkg])...)
			}
			for _, b := range bans {
				if (f.test || testOnly(f.pkg)) && !b.tests || !b.covers(f) || !matchAny(b.what, imp.path) {
					continue
				}
				problems = append(problems, fmt.Sprintf("%s: %s must not import %s: %s", f.at(imp.pos), f.pkg, imp.path, b.why))
			}
		}
	}
	return problems
}

func judgeArrow(f *file, imp imported, to string, may map[string]bool) []string {
	switch {
	case testOnly(to) && testOnly(f.pkg), may[to] && (!testOnly(to) || f.pkg == "."):
		return nil
	case testOnly(to):
		return []string{fmt.Sprintf("%s: %s imports %s, which is for tests: it must not become part of the program", f.at(imp.pos), f.pkg, to)}
	}
	return []string{fmt.Sprintf("%s: %s imports %s, but no arrow leads there: it may import %s. Hand the thing in as an argument or an interface, or move the code to the package that may",
		f.at(imp.pos), f.pkg, to, cmp.Or(strings.Join(slices.Sorted(maps.Keys(may)), ", "), "nothing of ours"))}
}

func (b ban) covers(f *file) bool {
	for _, pattern := range strings.Fields(b.but) {
		if ok, _ := path.Match(pattern, filepath.ToSlash(f.name)); ok {
			return false
		}
	}
	return matchAny(b.who, f.pkg) && !matchAny(b.but, f.pkg)
}

// judgeCalls says which uses of functions and variables break the rules.
func judgeCalls(fset *token.FileSet, pkg string, info *types.Info, bans []callBan) []string {
	var problems []string
	for id, obj := range info.Uses {
		name := qualified(obj)
		if name == "" {
			continue
		}
		for _, b := range bans {
			if !matchAny(b.who, pkg) || matchAny(b.but, pkg) || !globAny(b.what, name) || globAny(b.except, name) {
				continue
			}
			pos := fset.Position(id.Pos())
			problems = append(problems, fmt.Sprintf("%s:%d: %s must not use %s: %s", relative(pos.Filename), pos.Line, pkg, name, b.why))
		}
	}
	return problems
}

// qualified names a function, method or package variable; "" for all else.
func qualified(obj types.Object) string {
	switch o := obj.(type) {
	case *types.Builtin:
		return "builtin." + o.Name()
	case *types.Var:
		if o.Pkg() != nil && o.Parent() == o.Pkg().Scope() {
			return o.Pkg().Path() + "." + o.Name()
		}
	case *types.Func:
		if o.Pkg() == nil {
			return ""
		}
		recv := o.Signature().Recv()
		if recv == nil {
			return o.Pkg().Path() + "." + o.Name()
		}
		t := recv.Type()
		if p, ok := t.(*types.Pointer); ok {
			t = p.Elem()
		}
		if n, ok := t.(*types.Named); ok {
			return o.Pkg().Path() + "." + n.Obj().Name() + "." + o.Name()
		}
	}
	return ""
}

// matchAny matches a package or import path against names and "x/..." folders.
func matchAny(patterns, name string) bool {
	for _, p := range strings.Fields(patterns) {
		dir, below := strings.CutSuffix(p, "/...")
		if p == "..." || name == dir || below && strings.HasPrefix(name, dir+"/") {
			return true
		}
	}
	return false
}

func globAny(patterns, name string) bool {
	for _, p := range strings.Fields(patterns) {
		start, any := strings.CutSuffix(p, "*")
		if name == p || any && strings.HasPrefix(name, start) {
			return true
		}
	}
	return false
}

func inModule(importPath string) (pkg string, ok bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

// ---- the tree ----

// file is one Go file of the module. Files are found by walking, not with go
// list, which sees only those of one platform and one set of tags.
type file struct {
	name    string // relative to the module's root
	pkg     string // the folder, "." for the root
	test    bool
	src     []byte
	ast     *ast.File
	fset    *token.FileSet
	imports []imported
}

type imported struct {
	path string
	pos  token.Pos
}

func (f *file) at(pos token.Pos) string {
	return fmt.Sprintf("%s:%d", f.name, f.fset.Position(pos).Line)
}

// parseFile reads one file; src is nil to read it from disk.
func parseFile(name string, src []byte) (*file, error) {
	f := &file{name: name, pkg: path.Dir(filepath.ToSlash(name)), test: strings.HasSuffix(name, "_test.go"), fset: token.NewFileSet(), src: src}
	var err error
	if src == nil {
		if f.src, err = os.ReadFile(name); err != nil {
			return nil, err
		}
	}
	if f.ast, err = parser.ParseFile(f.fset, name, f.src, parser.ParseComments|parser.SkipObjectResolution); err != nil {
		return nil, err
	}
	for _, spec := range f.ast.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		f.imports = append(f.imports, imported{p, spec.Pos()})
	}
	return f, nil
}

var readTree = sync.OnceValues(func() ([]*file, error) {
	var files []*file
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || isModule(name)):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		f, err := parseFile(name, nil)
		if err == nil {
			files = append(files, f)
		}
		return err
	})
	return files, err
})

// isModule says that a folder is a module of its own, with rules of its own.
func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// tree is every Go file of the module, parsed once.
func tree(t *testing.T) []*file {
	t.Helper()
	files, err := readTree()
	require.NoError(t, err)
	require.Greater(t, len(files), 50, "files found")
	return files
}

func relative(name string) string {
	wd, err := os.Getwd()
	if err != nil {
		return name
	}
	if r, err := filepath.Rel(wd, name); err == nil {
		return filepath.ToSlash(r)
	}
	return name
}

// ---- the judge is judged ----

// Each line is a made-up file: what it is, and what the engine must say of it.
func TestImportRulesCanFail(t *testing.T) {
	t.Parallel()
	rules := []arrow{
		{who: "low", why: "x"},
		{who: "mid", may: "low", why: "x"},
		{who: "top", may: "mid", why: "x"},
		{who: "door", may: "top", only: true, why: "x"},
		{who: ".", may: "door spv/sandbox", why: "x"},
		{who: "lowtest", may: "low", why: "x"},
		{who: "spv/sandbox", why: "x"},
	}
	forbidden := []ban{
		{who: "low", what: "os net", why: "pure"},
		{who: "...", but: "mid low/*_windows.go", what: "unsafe db/...", tests: true, why: "one door"},
	}
	for _, c := range []struct{ file, imports, want string }{
		{"low/a.go", "fmt net/netip", ""},
		{"low/a.go", "net", "low must not import net: pure"},
		{"low/a_test.go", "net os", ""},
		{"low/a.go", "thistle/mid", "no arrow leads there: it may import nothing of ours"},
		{"low/a_test.go", "thistle/mid thistle/lowtest", ""},
		{"mid/a.go", "thistle/low", ""},
		{"mid/a.go", "thistle/top", "it may import low."},
		{"top/a.go", "thistle/low thistle/mid", ""},
		{"door/a.go", "thistle/top", ""},
		{"door/a.go", "thistle/mid", "door imports mid, but no arrow leads there"},
		{"main.go", "thistle/door thistle/top thistle/spv/sandbox", ""},
		{"main.go", "thistle/mid", "no arrow"},
		{"top/a.go", "thistle/lowtest", "which is for tests"},
		{"top/a.go", "thistle/spv/sandbox", "which is for tests"},
		{"lowtest/a.go", "thistle/low thistle/spv/sandbox", ""},
		{"lowtest/a.go", "thistle/top", "no arrow"},
		{"new/a.go", "fmt", "package new is in no arrow"},
		{"top/a_test.go", "unsafe", "top must not import unsafe: one door"},
		{"top/a.go", "db/errors", "top must not import db/errors"},
		{"mid/a.go", "unsafe db", ""},
		{"low/a_windows.go", "unsafe", ""},
		{"low/a_linux.go", "unsafe", "one door"},
		{"low/lowtest/a.go", "thistle/low", "package low/lowtest is in no arrow"},
		{"lowtest/a.go", "unsafe", "lowtest must not import unsafe: one door"},
	} {
		src := "package x\n"
		for _, imp := range strings.Fields(c.imports) {
			src += fmt.Sprintf("import _ %q\n", imp)
		}
		f, err := parseFile(c.file, []byte(src))
		require.NoError(t, err)
		got := judgeImports([]*file{f}, rules, forbidden)
		if c.want == "" {
			require.Empty(t, got, "%s importing %s", c.file, c.imports)
			continue
		}
		require.Len(t, got, 1, "%s importing %s", c.file, c.imports)
		require.Contains(t, got[0], c.want)
		require.True(t, strings.HasPrefix(got[0], c.file) || strings.HasPrefix(got[0], "package "), "names the place: %s", got[0])
	}
}

// libraries finds packages by go list: a program built with -trimpath does not
// know where Go lies.
func libraries(t *testing.T, fset *token.FileSet, paths ...string) importerFunc {
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes, Fset: fset}, paths...)
	require.NoError(t, err)
	return func(path string) (*types.Package, error) {
		for _, p := range loaded {
			if p.PkgPath == path {
				return p.Types, nil
			}
		}
		return nil, fmt.Errorf("%s was not loaded", path)
	}
}

type importerFunc func(string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }

func TestCallRulesCanFail(t *testing.T) {
	t.Parallel()
	rules := []callBan{
		{who: "low", what: "time.Now time.After* time.Time.Local", why: "time is an argument"},
		{who: "...", but: "mid", what: "math/rand/v2.*", except: "math/rand/v2.New* math/rand/v2.Rand.*", why: "dice"},
		{who: "low", what: "builtin.println", why: "quiet"},
	}
	const src = `package x
import (
	"math/rand/v2"
	clock "time"
)
var later = clock.Now
func f(r *rand.Rand) {
	clock.AfterFunc(0, func() {})
	_ = clock.Unix(0, 0).Local()
	_, _ = rand.IntN(3), r.IntN(3)
	println(rand.New(rand.NewPCG(1, 2)).IntN(3))
}
func g(time struct{ Now int }) int { return time.Now }
`
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, "x.go", src, parser.SkipObjectResolution)
	require.NoError(t, err)
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: libraries(t, fset, "math/rand/v2", "time")}
	_, err = conf.Check("x", fset, []*ast.File{parsed}, info)
	require.NoError(t, err)

	lines := func(pkg string) []string {
		got := judgeCalls(fset, pkg, info, rules)
		for i, g := range got {
			line, what, _ := strings.Cut(g[strings.Index(g, "x.go:")+len("x.go:"):], ": ")
			got[i] = line + " " + what
		}
		slices.Sort(got)
		return got
	}
	require.Equal(t, []string{
		"10 low must not use math/rand/v2.IntN: dice",
		"11 low must not use builtin.println: quiet",
		"6 low must not use time.Now: time is an argument",
		"8 low must not use time.AfterFunc: time is an argument",
		"9 low must not use time.Time.Local: time is an argument",
	}, lines("low"))
	require.Empty(t, lines("mid"))
	require.Equal(t, []string{"10 top must not use math/rand/v2.IntN: dice"}, lines("top"))
}
