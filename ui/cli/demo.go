package cli

import (
	"bufio"
	"context"
	"fmt"
	"strconv"
	"strings"

	"thistle/app"
	"thistle/app/units"
	"thistle/ui/present"

	"github.com/spf13/cobra"
)

// demoNodes is how many nodes the private network has: one to announce payments
// to, one to hear of them again.
const demoNodes = 2

func (p *program) demo() *cobra.Command {
	var headless, tour, fresh bool
	c := &cobra.Command{
		Use: "demo", Short: "Try everything on a private network inside this program", Args: arguments(),
		Long: demoText,
		RunE: p.onlyHere(func(cmd *cobra.Command, _ []string) error {
			if headless && tour {
				return usage("Choose one of --headless and --tour.")
			}
			if !headless && !tour && p.opensWindow() {
				return p.demoWindow(cmd, fresh)
			}
			return p.demoHere(cmd.Context(), headless)
		}),
	}
	c.Flags().BoolVar(&headless, "headless", false, "only run the network, for other commands to connect to")
	c.Flags().BoolVar(&tour, "tour", false, "walk through it here, not in the window")
	c.Flags().BoolVar(&fresh, "fresh", false, "begin anew in the window, and keep nothing")
	return c
}

const demoText = `Opens the window on a private network: two complete Bitcoin nodes inside this
program, with coins worth nothing. Network and wallets are kept in the folder
"demo" of the data folder and go on where they were left; with --fresh
everything is new, and nothing is kept.

With --tour, and where there is no window, the life of a wallet is told here
instead, in a temporary folder.

With --headless only the network runs, until interrupted, for other commands to
connect to. Lines on stdin make it act:
  mine N [ADDRESS]     find N blocks, paying their new coins to ADDRESS
  pay ADDRESS AMOUNT   pay AMOUNT BTC
  reorg N              replace the last N blocks`

// demoHere runs a new network for the tour, or for other commands.
func (p *program) demoHere(ctx context.Context, headless bool) error {
	p.gauge.set("Starting two nodes")
	net, err := p.deps.Sandbox(ctx, demoNodes, p.log)
	p.gauge.clear()
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("start the private network: %w", err)
	}
	if headless {
		err = p.serve(ctx, net)
	} else {
		err = p.tour(ctx, net)
	}
	if cerr := net.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("stop the private network: %w", cerr)
	}
	return err
}

// serve runs the network until ctx ends and does what lines on stdin ask for.
func (p *program) serve(ctx context.Context, net Sandbox) error {
	info := DemoNetwork{Network: "regtest", Nodes: net.Addrs()}
	info.Command = "thistle --network regtest --connect " + strings.Join(info.Nodes, " --connect ") + " sync"
	err := p.show(info, func(g *page) {
		g.line("A private network runs until you press Ctrl-C. Its nodes:")
		for _, n := range info.Nodes {
			g.line("  %s", g.ink.bold(n))
		}
		g.line("\nUse it from another terminal, with a folder of its own if you like:")
		g.line("  %s", info.Command)
		g.line("\nHere you can type: mine N [ADDRESS], pay ADDRESS AMOUNT, reorg N.")
	})
	if err != nil {
		return err
	}
	lines := p.lines(ctx)
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, ok := <-lines:
			if !ok {
				lines = nil // the end of stdin is not the end of the network
				continue
			}
			if err := p.answer(ctx, net, line); err != nil {
				return err
			}
		}
	}
}

// lines reads stdin until it or ctx ends. Reading cannot be interrupted, so the
// goroutine may outlive ctx until the next line.
func (p *program) lines(ctx context.Context) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(p.deps.Stdin)
		for scanner.Scan() {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}

// answer does what one line asks for. What is wrong with it is an answer too; the
// error is one of printing.
func (p *program) answer(ctx context.Context, net Sandbox, line string) error {
	words := strings.Fields(line)
	if len(words) == 0 {
		return nil
	}
	answer := DemoAnswer{Blocks: []string{}}
	err := act(ctx, net, words, &answer)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		problem, _ := verdict(ctx, err)
		return p.show(Failure{problem}, func(g *page) { g.line("%s", g.ink.red(problem.Message)) })
	}
	answer.Height, answer.Hash = net.Tip()
	return p.show(answer, func(g *page) {
		switch {
		case answer.TxID != nil:
			g.line("Paid, unconfirmed: %s", *answer.TxID)
		case len(answer.Blocks) > 0:
			g.line("Found %s; the newest is %s.", present.Count(len(answer.Blocks), "block", "blocks"), present.Height(answer.Height))
		default:
			g.line("The newest block is now %s.", present.Height(answer.Height))
		}
	})
}

// most is how many blocks can be made or replaced at once by hand.
const most = 10_000

func act(ctx context.Context, net Sandbox, words []string, answer *DemoAnswer) (err error) {
	args := words[1:]
	switch {
	case words[0] == "mine" && (len(args) == 1 || len(args) == 2):
		n, err := howMany(args[0])
		if err != nil {
			return err
		}
		answer.Blocks, err = net.Mine(ctx, n, strings.Join(args[1:], ""))
		return err
	case words[0] == "pay" && len(args) == 2:
		amount, err := units.ParseBTC(args[1])
		if err != nil {
			return &app.Error{Op: "pay", Kind: app.KindAmount, Detail: err.Error(), Err: err}
		}
		txid, err := net.Pay(args[0], amount)
		answer.TxID = &txid
		return err
	case words[0] == "reorg" && len(args) == 1:
		n, err := howMany(args[0])
		if err != nil {
			return err
		}
		return net.Reorg(ctx, n)
	}
	return usage("Type mine N [ADDRESS], pay ADDRESS AMOUNT or reorg N.")
}

func howMany(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, usage("%q is no number of blocks from 1 to %d.", text, most)
	}
	return n, nil
}
