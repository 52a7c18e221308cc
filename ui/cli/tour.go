package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"

	"thistle/app"
	"thistle/app/units"
	"thistle/ui/present"
)

const (
	// tourPatience is how long one step of the walk may take.
	tourPatience = 30 * time.Second
	tourGets     = 150_000_000 // sat
	tourGives    = "0.4"       // BTC
)

// tour is the narrated walk through a wallet's life.
type tour struct {
	p        *program
	g        *page
	net      Sandbox
	dir      string
	password []byte
	words    []byte
	proof    *app.ProofInfo // of our payment, before the reorganisation
	result   DemoResult
	step     int
}

// tour walks with a wallet of its own in a temporary folder.
func (p *program) tour(ctx context.Context, net Sandbox) error {
	dir, err := os.MkdirTemp("", "thistle-demo-")
	if err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	t := &tour{p: p, g: &page{ink: p.ink(p.deps.OutTerminal)}, net: net, dir: dir, password: []byte(rand.Text())}
	t.result.Network = "regtest"
	err = t.walk(ctx)
	clear(t.words)
	clear(t.password)
	if rerr := os.RemoveAll(dir); err == nil && rerr != nil {
		err = fmt.Errorf("remove the temporary folder: %w", rerr)
	}
	if err != nil {
		return err
	}
	if p.flags.json {
		return p.show(t.result, nil)
	}
	return nil
}

func (t *tour) walk(ctx context.Context) error {
	if err := t.begin(); err != nil {
		return err
	}
	for _, part := range []func(context.Context) error{t.paidAndPaying, t.provedPart, t.reorgPart, t.restorePart} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	t.title("That was all")
	t.tell("The same commands work on mainnet; nothing of this demo is kept. \"thistle help\" lists them,")
	t.tell("and \"thistle demo --headless\" leaves the network running for you to try them.")
	return t.print()
}

// title begins a step.
func (t *tour) title(text string) {
	t.step++
	t.g.line("\n%s", t.g.ink.purple(fmt.Sprintf("%d  %s", t.step, text)))
}

func (t *tour) tell(format string, args ...any) { t.g.line("   "+format, args...) }

// print shows what was told, unless a program is reading.
func (t *tour) print() error {
	text := t.g.String()
	t.g.Reset()
	if t.p.flags.json {
		return nil
	}
	_, err := t.p.out.Write([]byte(text))
	return err
}

func (t *tour) env(folder string) (*app.Env, error) {
	return t.p.deps.Env(Place{
		DataDir: t.dir + string(os.PathSeparator) + folder, Network: "regtest", Peering: app.Peering{Connect: t.net.Addrs(), NoDNS: true}, Log: t.p.log,
	})
}

func (t *tour) secret() []byte { return t.password }

// begin starts the network and makes a wallet.
func (t *tour) begin() error {
	height, _ := t.net.Tip()
	t.title("A private network")
	t.tell("Two complete Bitcoin nodes run inside this program. They check everything as the real ones do;")
	t.tell("only their coins are worth nothing. Their newest block is %s.", present.Height(height))
	t.title("A wallet")
	t.tell("Its keys are made here from 128 random bits, and kept in a file that only the password opens.")
	t.tell("Making that key takes a second on purpose: so does every guess of a thief.")
	if err := t.print(); err != nil {
		return err
	}
	env, err := t.env("one")
	if err != nil {
		return err
	}
	created, err := app.Create(env, app.CreateParams{Words: 12, Password: t.secret})
	if err != nil {
		return err
	}
	t.words = bytes.Clone(created.Words())
	clear(created.Words())
	t.tell("These words are the whole wallet, to be written down on paper:")
	t.g.line("")
	t.g.words(bytes.Fields(t.words))
	return t.print()
}

// with opens the wallet in a folder, connects and syncs it, and does a part of the
// walk.
func (t *tour) with(ctx context.Context, folder string, part func(context.Context, *app.Wallet, *app.Events) error) error {
	env, err := t.env(folder)
	if err != nil {
		return err
	}
	w, err := app.Open(env, "", t.secret)
	if err != nil {
		return err
	}
	events := w.Events()
	defer events.Close()
	err = w.Online(ctx, func(ctx context.Context) error {
		if _, err := syncWithin(ctx, w, tourPatience); err != nil {
			return err
		}
		return part(ctx, w, events)
	})
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	return err
}

// await waits for an event that pred accepts.
func await[E app.Event](ctx context.Context, events *app.Events, pred func(E) bool) error {
	ctx, cancel := context.WithTimeout(ctx, tourPatience)
	defer cancel()
	for {
		event, err := events.Next(ctx)
		if err != nil {
			return &app.Error{Op: "follow the walk", Kind: app.KindTimeout, Err: err}
		}
		if e, ok := event.(E); ok && pred(e) {
			return nil
		}
	}
}

// confirm mines a block and waits until a transaction is in it and all is known.
func (t *tour) confirm(ctx context.Context, w *app.Wallet, events *app.Events, txid string) error {
	if _, err := t.net.Mine(ctx, 1, ""); err != nil {
		return fmt.Errorf("mine: %w", err)
	}
	err := await(ctx, events, func(e app.TxConfirmed) bool { return e.TxID.String() == txid })
	if err != nil {
		return err
	}
	_, err = syncWithin(ctx, w, tourPatience)
	return err
}

// paidAndPaying receives a payment and makes one.
func (t *tour) paidAndPaying(ctx context.Context) error {
	return t.with(ctx, "one", func(ctx context.Context, w *app.Wallet, events *app.Events) error {
		if err := t.receive(ctx, w, events); err != nil {
			return err
		}
		return t.send(ctx, w, events)
	})
}

func (t *tour) receive(ctx context.Context, w *app.Wallet, events *app.Events) error {
	address, err := w.Receive("Demo", "1.5", false)
	if err != nil {
		return err
	}
	t.title("An address")
	t.tell("The wallet is connected to both nodes and has checked the work of every block.")
	t.tell("A new address for each payment, so that nobody can link them:")
	t.tell("%s", t.g.ink.bold(present.Address(address.Address)))
	txid, err := t.net.Pay(address.Address, tourGets)
	if err != nil {
		return fmt.Errorf("pay: %w", err)
	}
	t.result.Received = txid
	if err := await(ctx, events, func(e app.TxSeen) bool { return e.TxID.String() == txid }); err != nil {
		return err
	}
	t.title("Somebody pays")
	t.tell("%s BTC are arriving, unconfirmed. The nodes announced all payments they heard of, and the wallet",
		t.g.ink.green(present.Signed(w.Balance().UntrustedPending)))
	t.tell("picked out its own: no node learns which one. Until it is in a block it counts as a promise.")
	if err := t.print(); err != nil {
		return err
	}
	if err := t.confirm(ctx, w, events, txid); err != nil {
		return err
	}
	t.title("A block confirms it")
	t.tell("The block's filter, a digest that every wallet downloads, said \"maybe\"; the block said yes.")
	t.tell("Balance: %s, final up to block %s.", t.g.ink.bold(present.BTC(w.Balance().Total)), present.Height(w.Balance().Height))
	return t.print()
}

func (t *tour) send(ctx context.Context, w *app.Wallet, events *app.Events) error {
	to, err := t.net.Address()
	if err != nil {
		return fmt.Errorf("address to pay to: %w", err)
	}
	res, err := w.Send(ctx, app.SendParams{
		Recipients: []app.Recipient{{Address: to, Amount: tourGives}}, Label: "Demo", Wait: tourPatience, Password: t.secret,
	})
	if err != nil {
		return err
	}
	t.result.Sent, t.result.State = res.TxID.String(), string(res.State)
	t.title("Paying somebody")
	t.tell("%s to %s", t.g.ink.bold(present.BTC(res.Amount)), present.Address(to))
	t.tell("fee %s (%s), back to you %s.", present.BTC(res.Fee), res.FeeRate, present.BTC(res.Change))
	t.tell("It was signed with the password asked again, run through the rules of Bitcoin once more, saved, and")
	t.tell("only then announced to one of the nodes. %s.", t.g.ink.green(present.Delivery(res)))
	t.tell("The second node told us of it, though we had told it nothing: that is how we know it travels.")
	if err := t.print(); err != nil {
		return err
	}
	if err := t.confirm(ctx, w, events, t.result.Sent); err != nil {
		return err
	}
	t.title("A block confirms that, too")
	t.tell("Balance: %s.", t.g.ink.bold(present.BTC(w.Balance().Total)))
	if t.proof, err = w.Proof(t.result.Sent); err != nil {
		return err
	}
	return t.print()
}

// provedPart has the proof of our payment verified with the wallet closed, as
// anybody else would.
func (t *tour) provedPart(context.Context) error {
	env, err := t.env("one")
	if err != nil {
		return err
	}
	verified, err := app.VerifyProof(env, hexOf(t.proof.MerkleBlock))
	if err != nil {
		return err
	}
	if len(verified.TxIDs) != 1 || verified.TxIDs[0] != t.proof.TxID || verified.BlockHash != t.proof.BlockHash {
		return errors.New("the proof proves something else")
	}
	t.result.Proved = true
	t.title("The proof")
	t.tell("transaction %s", t.proof.TxID)
	for _, h := range t.proof.Branch {
		t.tell("hashed with %s", h)
	}
	t.tell("gives the Merkle root in the header of block %s:", present.Height(t.proof.Height))
	t.tell("      block %s", t.proof.BlockHash)
	t.tell("%s On mainnet a header takes so much work that forging one costs more than it brings.", t.g.ink.green("The proof holds."))
	t.tell("It is kept and has %d bytes. Whoever has the headers can check it, and need not trust us.", len(t.proof.MerkleBlock))
	return t.print()
}

// reorgPart has the newest block replaced.
func (t *tour) reorgPart(ctx context.Context) error {
	return t.with(ctx, "one", func(ctx context.Context, w *app.Wallet, events *app.Events) error {
		if err := t.net.Reorg(ctx, 1); err != nil {
			return fmt.Errorf("reorg: %w", err)
		}
		err := await(ctx, events, func(e app.Reorg) bool { t.result.Reorg = e.Disconnected; return true })
		if err != nil {
			return err
		}
		entry, err := t.entry(ctx, w, t.result.Sent, app.StatePending)
		if err != nil {
			return err
		}
		t.title("The chain changes its mind")
		t.tell("Another branch has more work, and the last block is gone. The wallet believes work, not whoever")
		t.tell("came first: our payment is %q again, its proof is void, and it is offered anew.", present.State(entry))
		if err := t.print(); err != nil {
			return err
		}
		if err := t.confirm(ctx, w, events, t.result.Sent); err != nil {
			return err
		}
		b := w.Balance()
		t.result.Balance = int64(b.Total)
		t.tell("The next block confirms it again. Balance: %s.", t.g.ink.bold(present.BTC(b.Total)))
		return t.print()
	})
}

// entry waits until a transaction is in a state.
func (t *tour) entry(ctx context.Context, w *app.Wallet, txid string, state app.TxState) (app.HistoryEntry, error) {
	if _, err := syncWithin(ctx, w, tourPatience); err != nil {
		return app.HistoryEntry{}, err
	}
	for _, e := range w.History(0, -1) {
		if e.TxID.String() == txid && e.State == state {
			return e, nil
		}
	}
	return app.HistoryEntry{}, fmt.Errorf("transaction %s is not %s", txid, state)
}

// restorePart makes the wallet again from its words alone.
func (t *tour) restorePart(ctx context.Context) error {
	env, err := t.env("two")
	if err != nil {
		return err
	}
	_, err = app.Restore(env, app.RestoreParams{Mnemonic: func() []byte { return t.words }, Password: t.secret})
	if err != nil {
		return err
	}
	return t.with(ctx, "two", func(_ context.Context, w *app.Wallet, _ *app.Events) error {
		total := w.Balance().Total
		t.result.Restored = int64(total)
		if total != units.Amount(t.result.Balance) {
			return fmt.Errorf("restored %s, expected %s", total, units.Amount(t.result.Balance))
		}
		t.title("Everything lost but the words")
		t.tell("In a new folder, the wallet is made again from the 12 words, and the filters of all blocks are")
		t.tell("searched on this computer. Balance: %s, the same.", t.g.ink.green(present.BTC(total)))
		return t.print()
	})
}
