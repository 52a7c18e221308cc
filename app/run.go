package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"thistle/app/ledger"
	"thistle/spv"

	"golang.org/x/sync/errgroup"
)

const (
	// blockPatience is how long one attempt at a block may take before the
	// wallet looks at what else has happened, a reorg say.
	blockPatience = 20 * time.Second
	// blocksAhead is how many blocks are fetched at once.
	blocksAhead = 4
	// retryPause is the pause after a local step that could not be done.
	retryPause = 200 * time.Millisecond
)

// Run connects and keeps the wallet up to date until ctx ends; then its error
// is nil.
func (w *Wallet) Run(ctx context.Context) error {
	chain, err := w.openChain()
	if err != nil {
		return err
	}
	w.SetAside = append(w.SetAside, chain.SetAside()...)
	for _, file := range chain.SetAside() {
		w.hub.publish(Warning{Kind: "set_aside", Text: "A damaged file was set aside and is downloaded again: " + file})
	}
	sub := chain.Subscribe()
	defer sub.Close()
	w.setChain(chain)
	defer w.setChain(nil)
	group, inner := errgroup.WithContext(ctx)
	group.Go(func() error { return failure("run peer", chain.Run(inner)) })
	group.Go(func() error { return w.follow(inner, chain, sub) })
	err = group.Wait()
	if cerr := chain.Close(); err == nil && cerr != nil {
		err = failure("close chain data", cerr)
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

func (w *Wallet) openChain() (*spv.Client, error) {
	height, known, t := w.birthday()
	cfg := spv.Config{
		Params: w.env.Params, FilterCheckpoints: w.env.FilterCheckpoints, Dir: w.env.folder().Dir,
		Connect: w.env.Connect, NoDNS: w.env.NoDNS, Dial: w.env.Dial, Log: w.env.Log, Now: w.env.Now,
	}
	switch {
	case known:
		cfg.BirthdayHeight = height
	case w.birthdayTold():
		cfg.BirthdayTime = t.Add(-marginTime)
	default:
		cfg.BirthdayTime = t
	}
	c, err := spv.Open(cfg)
	if err != nil {
		return nil, failure("open chain data", err)
	}
	return c, nil
}

// marginTime is longer than birthdayMargin blocks take unless the hash rate
// falls to a half at once.
const marginTime = 30 * 24 * time.Hour

func (w *Wallet) setChain(c *spv.Client) {
	w.chainMu.Lock()
	w.chain = c
	w.chainMu.Unlock()
	w.hub.wake()
}

func (w *Wallet) online() *spv.Client {
	w.chainMu.RLock()
	defer w.chainMu.RUnlock()
	return w.chain
}

// follow turns what the peer tells into facts, and does what the ledger says is
// missing.
func (w *Wallet) follow(ctx context.Context, chain *spv.Client, sub *spv.Subscription) error {
	if err := w.moveView(chain); err != nil {
		return err
	}
	w.keepFilters(chain)
	w.announcePending(chain)
	for {
		idle, err := w.work(ctx, chain)
		if err != nil {
			return err
		}
		if err := w.handleNext(ctx, chain, sub, idle); err != nil {
			return err
		}
	}
}

// handleNext waits for an event if there is nothing else to do, and then takes
// all that are there.
func (w *Wallet) handleNext(ctx context.Context, chain *spv.Client, sub *spv.Subscription, idle bool) error {
	wait := ctx
	if !idle {
		var cancel context.CancelFunc
		wait, cancel = context.WithTimeout(ctx, retryPause)
		defer cancel()
	}
	for {
		event, err := sub.Next(wait)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return nil
		}
		if err := w.handle(chain, event); err != nil {
			return err
		}
		if sub.Empty() {
			return nil
		}
	}
}

func (w *Wallet) handle(chain *spv.Client, event spv.Event) error {
	now := w.env.now()
	switch e := event.(type) {
	case spv.HeadersAdvanced, spv.Overflow:
		return w.moveView(chain)
	case spv.HeadersCurrent:
		if err := w.moveView(chain); err != nil {
			return err
		}
		return w.resolveBirthday(chain)
	case spv.FiltersReverted:
		return w.apply(ledger.Rescan{From: e.Height})
	case spv.TxSeen:
		return w.apply(ledger.Seen{Tx: e.Tx, At: e.At})
	case spv.TxAcknowledged:
		w.hub.publish(Delivered{TxID: e.TxID, State: Acknowledged, Peer: e.Peer.Addr})
		return w.apply(ledger.Acknowledged{TxID: e.TxID, Peer: e.Peer.Addr, At: now})
	case spv.TxEchoed:
		w.hub.publish(Delivered{TxID: e.TxID, State: Echoed, Peer: e.Peer.Addr})
		return w.apply(ledger.Echoed{TxID: e.TxID, Peer: e.Peer.Addr, At: now})
	case spv.PeerUp:
		w.hub.publish(PeerConnected{Peer: peerOf(e.Peer)})
	case spv.PeerDown:
		w.hub.publish(PeerLost{Addr: e.Peer.Addr, Reason: e.Reason.String()})
	case spv.PeerFailed:
		w.hub.publish(PeerLost{Addr: e.Addr, Reason: "no connection"})
	case spv.Warned:
		w.hub.publish(warningOf(e.Warning))
	}
	return nil
}

func warningOf(warning spv.Warning) Warning {
	switch warning.Kind {
	case spv.WarnClock:
		return Warning{Kind: "clock", Text: "A peer's newest block lies in the future: please check this computer's clock."}
	case spv.WarnFilterDispute:
		return Warning{Kind: "filter_dispute", Text: fmt.Sprintf("Peers disagree about block %d; the block itself is searched.", warning.Height)}
	case spv.WarnFilterLie:
		return Warning{Kind: "filter_lie", Text: fmt.Sprintf("The peer %s gave a false filter for block %d and was dropped.", warning.Peer, warning.Height)}
	}
	return Warning{Kind: "no_filter_peers", Text: "None of the connected peers serves compact block filters, so payments cannot be searched for yet."}
}

// moveView brings the ledger to the chain's tip.
func (w *Wallet) moveView(chain *spv.Client) error {
	tip := chain.Tip()
	if tip.Height < 0 {
		return nil
	}
	if now, ok := chain.HashAt(tip.Height); ok && now != tip.Hash {
		return nil // a newer tip is about to be told
	}
	w.mu.Lock()
	old, had := w.led.View()
	move, ok := w.led.Reconcile(ledger.Tip(tip), chain.HashAt)
	if !ok {
		w.mu.Unlock()
		return nil
	}
	// The ledger knows only blocks it has met; the chain knows where exactly
	// the branches part, so that no more is searched again than needed.
	if fork, known := chain.ForkOf(old.Hash); had && known && fork.Height > move.Fork.Height && fork.Height <= tip.Height {
		move.Fork = ledger.Tip(fork)
	}
	notices, err := w.applyLocked(move)
	w.mu.Unlock()
	if err != nil {
		return failure("follow the chain", err)
	}
	if had && move.Fork != old {
		w.hub.publish(Reorg{Fork: move.Fork.Height, Disconnected: int(old.Height - move.Fork.Height), Height: tip.Height, Hash: tip.Hash})
	}
	w.hub.publish(Headers{Height: tip.Height, Hash: tip.Hash})
	w.tell(notices)
	return w.checkBirthday(chain, move.Fork.Height)
}

// checkBirthday follows a reorg that reaches below the birthday: what took the
// place of those blocks has never been searched. The block before the birthday
// is remembered, since it alone can tell.
func (w *Wallet) checkBirthday(chain *spv.Client, fork int32) error {
	height, known, _ := w.birthday()
	if !known {
		return nil
	}
	w.mu.Lock()
	anchor := w.anchor
	w.mu.Unlock()
	hash, ok := chain.HashAt(anchor.Height)
	if anchor == (ledger.BlockRef{}) || !ok || hash == anchor.Hash {
		return nil
	}
	lower := height - birthdayMargin
	if fork < height-1 {
		lower = max(lower, fork+1)
	}
	return w.setBirthday(chain, lower)
}

// setBirthday fixes the height from which on blocks may concern us.
func (w *Wallet) setBirthday(chain *spv.Client, height int32) error {
	height = max(height, chain.Base(), 1)
	if err := w.apply(ledger.BirthdaySet{Height: height}); err != nil {
		return failure("set birthday", err)
	}
	if hash, ok := chain.HashAt(height - 1); ok {
		if err := w.setAnchor(ledger.BlockRef{Height: height - 1, Hash: hash}); err != nil {
			return failure("set birthday", err)
		}
	}
	w.keepFilters(chain)
	return nil
}

// resolveBirthday turns the birthday from a time into a height, once headers
// are known.
func (w *Wallet) resolveBirthday(chain *spv.Client) error {
	height, known, t := w.birthday()
	tip := chain.Tip().Height
	switch {
	case known && height <= max(tip, 1):
		return nil
	case known: // a height that the chain has not reached cannot be right
		height = tip - birthdayMargin
	default:
		height = chain.HeightAt(t)
		if w.birthdayTold() {
			height -= birthdayMargin
		}
	}
	return w.setBirthday(chain, height)
}

func (w *Wallet) keepFilters(chain *spv.Client) {
	if height, known, _ := w.birthday(); known {
		chain.KeepFilters(height)
	}
}

// work does what can be done now: matching what the coverage lacks, and
// fetching the blocks that were named. idle means that nothing is left to do
// before something happens.
func (w *Wallet) work(ctx context.Context, chain *spv.Client) (idle bool, err error) {
	for {
		scanned, err := w.scan(ctx, chain)
		if err != nil {
			return false, err
		}
		fetched, retry, err := w.fetch(ctx, chain)
		if err != nil {
			return false, err
		}
		if retry {
			return false, nil
		}
		if !scanned && !fetched {
			w.tellSynced(chain)
			return true, nil
		}
	}
}

// scan matches one gap of the coverage, as far as filters are on disk.
func (w *Wallet) scan(ctx context.Context, chain *spv.Client) (bool, error) {
	have, tip := chain.Filters()
	if have < 0 {
		return false, nil
	}
	w.mu.Lock()
	gaps := w.led.Missing()
	w.mu.Unlock()
	for _, gap := range gaps {
		gap.From, gap.To = max(gap.From, have), min(gap.To, tip.Height)
		if gap.From > gap.To {
			continue
		}
		w.mu.Lock()
		scripts := w.led.Scripts(gap.Batch)
		w.mu.Unlock()
		res, err := chain.Match(ctx, scripts, gap.From, gap.To)
		switch {
		case errors.Is(err, spv.ErrNotReady) || errors.Is(err, spv.ErrReorged):
			return false, nil // an event will follow
		case err != nil:
			return false, failure("match filters", err)
		}
		fact := ledger.Scanned{Gap: gap, End: res.EndHash}
		for _, hit := range res.Hits {
			fact.Hits = append(fact.Hits, ledger.BlockRef(hit))
		}
		if err := w.apply(fact); err != nil {
			return false, failure("save scan", err)
		}
		return true, nil
	}
	return false, nil
}

// fetch gets the next blocks that were named, and applies them in the order of
// their heights.
func (w *Wallet) fetch(ctx context.Context, chain *spv.Client) (done, retry bool, err error) {
	w.mu.Lock()
	refs := w.led.Unapplied()
	w.mu.Unlock()
	if len(refs) == 0 {
		return false, false, nil
	}
	refs = refs[:min(len(refs), blocksAhead)]
	blocks := make([]*spv.Block, len(refs))
	inner, cancel := context.WithTimeout(ctx, blockPatience)
	defer cancel()
	var group errgroup.Group
	for i, ref := range refs {
		group.Go(func() (err error) {
			blocks[i], err = chain.Block(inner, ref.Hash)
			return err
		})
	}
	err = group.Wait()
	if ctx.Err() != nil {
		return false, false, ctx.Err()
	}
	for _, b := range blocks {
		if b == nil {
			continue
		}
		if err := w.applyBlock(b); err != nil {
			return false, false, err
		}
		done = true
	}
	return done, err != nil && !done, nil
}

func (w *Wallet) applyBlock(b *spv.Block) error {
	fact := ledger.BlockApplied{
		Block: ledger.BlockRef{Height: b.Height, Hash: b.Hash},
		Time:  time.Unix(b.Time(), 0),
		Txs:   b.Txs,
		Proof: func(i int) []byte {
			proof, err := b.Prove(i)
			if err != nil {
				w.env.log().Error("prove transaction", "height", b.Height, "err", err)
				return nil
			}
			return proof.MerkleBlock()
		},
	}
	if err := w.apply(fact); err != nil {
		return failure("apply block", err)
	}
	w.hub.publish(BlockScanned{Height: b.Height, Hash: b.Hash})
	return nil
}
