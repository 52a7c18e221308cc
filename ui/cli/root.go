package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"thistle/app"
	"thistle/app/units"
	"thistle/ui/present"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const rootHelp = `Thistle is a Bitcoin wallet that talks to the Bitcoin network itself: no server
knows its addresses. Headers, filters and proofs are checked on this computer.

%s`

const (
	// beginHere is how to begin where there is no window.
	beginHere = `Begin with "thistle create", or try everything on a private network that lives
inside this program: "thistle demo".`
	beginInWindow = `On a desktop "thistle" alone opens the window, and "thistle demo" opens it on a
private network that lives inside this program, to try everything.`
)

// noMousetrap: on Windows cobra ends programs that were begun with a double
// click; ours opens its window then.
var noMousetrap = sync.OnceFunc(func() { cobra.MousetrapHelpText = "" })

// root builds the tree of commands.
func (p *program) root() *cobra.Command {
	noMousetrap()
	root := &cobra.Command{
		Use: "thistle", Short: "A Bitcoin wallet that is its own peer", Long: p.rootText(), Version: p.deps.Version,
		SilenceErrors: true, SilenceUsage: true, DisableSuggestions: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Args:              knownCommand,
		RunE:              p.onlyHere(p.rootAlone),
		PersistentPreRunE: func(*cobra.Command, []string) error { return p.openLog() },
	}
	root.SetVersionTemplate("thistle {{.Version}}\n")
	root.SetOut(p.out)
	root.SetErr(p.deps.Stderr)
	root.SetFlagErrorFunc(flagFault)
	p.addGlobals(root.PersistentFlags())
	for _, g := range []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"wallet", "Wallets:", []*cobra.Command{p.create(), p.restore(), p.wallets()}},
		{"money", "Money:", []*cobra.Command{p.balance(), p.receive(), p.addresses(), p.send(), p.history(), p.proof(), p.verifyProof()}},
		{"net", "Network:", []*cobra.Command{p.sync(), p.watch(), p.peers(), p.status(), p.daemon(), p.demo()}},
	} {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, c := range g.commands {
			c.GroupID = g.id
			c.DisableFlagsInUseLine = true
			if c.Name() != "daemon" && c.Name() != "demo" {
				c.RunE = p.anywhere(c.RunE)
			}
		}
		root.AddCommand(g.commands...)
	}
	root.AddCommand(&cobra.Command{Use: "json", Short: "What the commands print with --json, and the exit codes", Long: schemaText()})
	root.SetHelpCommand(helpCommand())
	return root
}

func (p *program) rootText() string {
	if p.deps.Window != nil {
		return fmt.Sprintf(rootHelp, beginInWindow)
	}
	return fmt.Sprintf(rootHelp, beginHere)
}

func (p *program) addGlobals(f *pflag.FlagSet) {
	g := &p.flags
	f.StringVar(&g.network, "network", "mainnet", strings.Join(p.deps.Networks, ", "))
	f.StringVar(&g.dataDir, "datadir", "", "`folder` of all data (default "+strconv.Quote(p.deps.DataDir)+")")
	f.StringVar(&g.wallet, "wallet", "default", "`name` of the wallet")
	f.StringArrayVar(&g.connect, "connect", nil, "`host:port` of a peer; only those named are used (repeatable)")
	p.addPeering(f)
	p.addData(f)
	f.StringVar(&g.passwordFile, "password-file", "", "`file` with the password; else it is asked on the terminal")
	f.BoolVar(&g.json, "json", g.json, "print JSON; see \"thistle help json\"")
	f.StringVar(&g.logLevel, "log-level", "", "keep a log: debug, info, warn or error")
	f.StringVar(&g.logFile, "log-file", "", "`file` the log is added to (default stderr)")
}

// addPeering adds the flags about how peers are found and met. Without them it is
// as chosen in the window.
func (p *program) addPeering(f *pflag.FlagSet) {
	set := func(change func(*app.Peering)) { p.flags.peering = append(p.flags.peering, change) }
	text := func(name, use string, change func(*app.Peering, string)) {
		f.Func(name, use, func(text string) error {
			if text == "none" {
				text = ""
			}
			set(func(to *app.Peering) { change(to, text) })
			return nil
		})
	}
	toggle := func(name, use string, change func(*app.Peering, bool)) {
		f.BoolFunc(name, use, func(text string) error {
			on, err := strconv.ParseBool(text)
			set(func(to *app.Peering) { change(to, on) })
			return err
		})
	}
	f.StringArrayVar(&p.flags.prefer, "prefer", nil, "`host:port` of a peer to keep beside others (repeatable)")
	text("proxy", "SOCKS5 `host:port` that everything goes through, Tor's for example, or none", func(to *app.Peering, s string) { to.Proxy, to.Unknown = s, false })
	toggle("onion-only", "connect to onion addresses alone; needs --proxy", func(to *app.Peering, on bool) { to.OnionOnly = on })
	text("listen", "`address:port` where others may connect to this wallet, or none", func(to *app.Peering, s string) { to.Listen = s })
	toggle("low-data", "do not look for payments before they are in a block", func(to *app.Peering, on bool) { to.LowData = on })
	text("bloom", "`host:port` of your own node, to be asked in place of filters, or none; it is told your addresses by Bloom filters (BIP37), so that whoever runs it knows all that is yours: name none but your own", func(to *app.Peering, s string) { to.Bloom = s })
	toggle("no-dns", "do not look for peers by DNS", func(to *app.Peering, on bool) { to.NoDNS = on })
}

// addData adds the flags about how much of the chain is fetched and kept. Without
// them it is as chosen in the window.
func (p *program) addData(f *pflag.FlagSet) {
	set := func(change func(*app.Data)) { p.flags.data = append(p.flags.data, change) }
	f.Func("filter-limit", "`size` of the filters to keep on disk, as 5GB, or none (default the window's setting, at first none)", func(text string) error {
		limit, err := present.ParseSize(text)
		set(func(d *app.Data) { d.FilterLimit = limit })
		return err
	})
	f.Func("full-blocks", "`number` of blocks to read if no peer serves filters (default the window's setting, at first "+strconv.Itoa(app.DefaultFullBlocks)+")", func(text string) error {
		n, err := strconv.ParseUint(text, 10, 31)
		if err == nil && n > app.MaxFullBlocks {
			err = strconv.ErrRange
		}
		if n == 0 {
			set(func(d *app.Data) { d.FullBlocks = -1 })
		} else {
			set(func(d *app.Data) { d.FullBlocks = int32(n) })
		}
		return err
	})
	f.BoolFunc("audit", "check all headers since block 0, about 80 MB once (default the window's setting, at first not)", func(text string) error {
		on, err := strconv.ParseBool(text)
		set(func(d *app.Data) { d.Audit = on })
		return err
	})
}

func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Help about a command",
		RunE: func(c *cobra.Command, args []string) error {
			cmd, rest, err := c.Root().Find(args)
			if err != nil || cmd == nil || len(rest) > 0 {
				return noCommand(strings.Join(args, " "))
			}
			cmd.InitDefaultHelpFlag()
			cmd.InitDefaultVersionFlag()
			return cmd.Help()
		},
	}
}

func knownCommand(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return noCommand(args[0])
	}
	return nil
}

func noCommand(name string) error {
	return usage("There is no command %q; \"thistle help\" lists them.", name)
}

// flagFault says in one sentence what is wrong with a flag.
func flagFault(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		short := unknown.GetSpecifiedShortnames()
		if short != "" && strings.ContainsAny(short[:1], "0123456789.") {
			return negative("-" + short)
		}
		if short != "" {
			return usage("There is no flag -%s; \"%s --help\" lists them.", present.Plain(short), cmd.CommandPath())
		}
		return usage("There is no flag --%s; \"%s --help\" lists them.", present.Plain(unknown.GetSpecifiedName()), cmd.CommandPath())
	case errors.As(err, &missing):
		return usage("The flag --%s needs a value.", missing.GetSpecifiedName())
	case errors.As(err, &invalid):
		text := fmt.Sprintf("%q is no value for --%s", invalid.GetValue(), invalid.GetFlag().Name)
		switch {
		case invalid.GetFlag().Value.Type() == "duration":
			text += ": write it with its unit, as in 90s or 2m"
		case invalid.GetFlag().Name == "filter-limit":
			text += ": write it as in 500MB, 5GB or none"
		case invalid.GetFlag().Name == "full-blocks":
			text += ": write a number up to " + strconv.Itoa(app.MaxFullBlocks)
		}
		return usage("%s.", text)
	}
	return usage("%s.", present.Plain(err.Error()))
}

// negative is the fault of a number below zero, which looks like a flag.
func negative(number string) error {
	_, err := units.ParseBTC(number)
	if err == nil { // cannot be: it begins with a minus
		return usage("%q is no amount.", number)
	}
	return &app.Error{Op: "read arguments", Kind: app.KindAmount, Detail: err.Error(), Err: err}
}

// arguments demands exactly these arguments, named as in Use.
func arguments(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == len(names):
			return nil
		case len(names) == 0:
			return usage("%q takes no arguments.", cmd.CommandPath())
		}
		return usage("%q takes %s: %s.", cmd.CommandPath(),
			present.Count(len(names), "argument", "arguments"), strings.Join(names, " "))
	}
}

// checkAddr refuses what cannot be host:port.
func checkAddr(addr string) error {
	host, port := "", ""
	if i := strings.LastIndexByte(addr, ':'); i >= 0 {
		host, port = addr[:i], addr[i+1:]
	}
	n, err := strconv.ParseUint(port, 10, 16)
	bracketed := strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]")
	if err != nil || n == 0 || host == "" || strings.ContainsAny(host, " \t/@") ||
		strings.Contains(host, ":") != bracketed {
		return usage("%q is no peer: write HOST:PORT.", addr)
	}
	return nil
}

// maxLabel bounds labels, in characters.
const maxLabel = 500

// checkLabel refuses labels that could not be shown again.
func checkLabel(label string) error {
	if !utf8.ValidString(label) || strings.ContainsFunc(label, unicode.IsControl) || utf8.RuneCountInString(label) > maxLabel {
		return usage("The label cannot be used: it is too long, or not plain text.")
	}
	return nil
}
