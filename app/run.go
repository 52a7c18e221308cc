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
	// retryPause is the pause after a local step that could not be done.
	retryPause = 200 * time.Millisecond
	// eventsAtOnce is how many events are handled before work goes on.
	eventsAtOnce = 1000
)

// Run connects and keeps the wallet up to date until ctx ends; then its error
// is nil. In a session it uses the session's peer, waits while that does not
// run, and goes on when it runs again. Close ends it with KindLocked.
func (w *Wallet) Run(ctx context.Context) error {
	inner, done, err := w.beginRun(ctx)
	if err != nil {
		return err
	}
	defer done()
	if w.session != nil {
		err = w.runShared(inner)
	} else {
		err = w.runAlone(inner)
	}
	switch {
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return nil
	case inner.Err() != nil && ctx.Err() == nil:
		return errClosed("run wallet")
	}
	return err
}

// beginRun makes the context of a run, which Close ends.
func (w *Wallet) beginRun(ctx context.Context) (inner context.Context, done func(), err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.led == nil || w.closing:
		return nil, nil, errClosed("run wallet")
	case w.run != nil:
		return nil, nil, &Error{Op: "run wallet", Kind: KindInUse, Detail: "this wallet runs already"}
	}
	inner, stop := context.WithCancel(ctx)
	r := &running{stop: stop, over: make(chan struct{})}
	w.run = r
	return inner, func() {
		stop()
		w.mu.Lock()
		w.run = nil
		w.mu.Unlock()
		close(r.over)
	}, nil
}

// runAlone runs a peer for this wallet, another if the chain turns out to be
// damaged.
func (w *Wallet) runAlone(ctx context.Context) error {
	if err := w.env.anyPeers(w.env.Peering); err != nil {
		return err
	}
	err := w.runPeer(ctx)
	if errors.Is(err, spv.ErrDamaged) {
		err = w.runPeer(ctx) // opening sets it aside
	}
	return err
}

func (w *Wallet) runPeer(ctx context.Context) error {
	chain, err := w.env.openChain(w.origin())
	if err != nil {
		return err
	}
	for _, file := range chain.SetAside() {
		w.hub.publish(setAside(file))
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
	return err
}

func setAside(file string) Warning {
	return Warning{Kind: "set_aside", Text: "A damaged file was set aside and is downloaded again: " + file}
}

// openChain opens the folder's chain. A new one is kept from there on; what else
// is needed its followers say.
func (e *Env) openChain(from origin) (*spv.Client, error) {
	cfg := e.peerConfig()
	cfg.BirthdayHeight, cfg.BirthdayTime, cfg.KeepBase = from.height, from.time, true
	cfg.FilterLimit, cfg.FullBlocks, cfg.Audit = e.Data.FilterLimit, e.Data.FullBlocks, e.Data.Audit
	c, err := spv.Open(cfg)
	if err != nil {
		return nil, failure("open chain data", err)
	}
	return c, nil
}

func (w *Wallet) setChain(c *spv.Client) {
	w.chainMu.Lock()
	w.chain = c
	w.chainMu.Unlock()
	w.resetOutbox()
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
	w.keepHeaders(chain, w.origin())
	if err := w.look(chain); err != nil {
		return err
	}
	w.keepFilters(chain)
	w.syncOutbox()
	f := newFetcher(chain)
	defer f.stop()
	for {
		heard, err := w.handleWaiting(chain, sub)
		if err != nil {
			return err
		}
		worked, retry, err := w.work(ctx, chain, f)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return err
		case heard || worked:
			continue
		}
		w.tellSynced()
		if err := w.pause(ctx, sub, f, retry); err != nil {
			return err
		}
	}
}

// handleWaiting takes the events that are there, though never so many that work
// has to wait for long.
func (w *Wallet) handleWaiting(chain *spv.Client, sub *spv.Subscription) (heard bool, err error) {
	for range eventsAtOnce {
		event, ok := sub.TryNext()
		if !ok {
			return heard, nil
		}
		heard = true
		if err := w.handle(chain, event); err != nil {
			return heard, err
		}
	}
	return heard, nil
}

// work does a step of what can be done now: deriving scripts, matching what the
// coverage lacks, and fetching the blocks that were named. retry means that something could not
// be done and should be tried again even if nothing happens.
func (w *Wallet) work(ctx context.Context, chain *spv.Client, f *fetcher) (worked, retry bool, err error) {
	if following, err := w.checkFilters(chain); err != nil || !following {
		f.want(ctx, nil)
		return false, false, err
	}
	if worked, err := w.lookFurther(); worked || err != nil {
		return worked, false, err
	}
	scanned, later, err := w.scan(ctx, chain)
	if err != nil {
		return false, false, err
	}
	w.tellUsed(chain)
	w.mu.Lock()
	refs := w.led.Unapplied()
	w.mu.Unlock()
	f.want(ctx, refs)
	fetched, err := w.takeFetched(f)
	return scanned || fetched, later || f.held(), err
}

// pause waits until there may be something to do.
func (w *Wallet) pause(ctx context.Context, sub *spv.Subscription, f *fetcher, retry bool) error {
	var again <-chan time.Time
	if retry {
		timer := time.NewTimer(retryPause)
		defer timer.Stop()
		again = timer.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-sub.More():
	case <-w.changed: // a face's doing: addresses handed out have more derived
	case <-again:
	case b := <-f.done:
		return w.takeBlock(f, b)
	}
	return nil
}

func (w *Wallet) handle(chain *spv.Client, event spv.Event) error {
	now := w.env.now()
	switch e := event.(type) {
	case spv.HeadersAdvanced:
		return w.moveView(chain)
	case spv.HeadersCurrent:
		return w.arrive(chain)
	case spv.HeadersLowered, spv.Overflow: // which may stand for any of these
		return w.look(chain)
	case spv.FiltersReverted:
		return w.revertFilters(e.Height)
	case spv.TxSeen:
		return w.seen(e.Tx, e.At, e.Rivals)
	case spv.TxHeard:
		w.heardAgain(e)
	case spv.TxAcknowledged:
		w.hub.publish(Delivered{TxID: e.TxID, State: Acknowledged, Peer: e.Peer.Addr})
		return w.apply(ledger.Acknowledged{TxID: e.TxID, Peer: e.Peer.Addr, At: now})
	case spv.TxEchoed:
		w.hub.publish(Delivered{TxID: e.TxID, State: Echoed, Peer: e.Peer.Addr})
		return w.apply(ledger.Echoed{TxID: e.TxID, Peer: e.Peer.Addr, At: now})
	case spv.TxPropagated:
		w.hub.publish(Propagated{TxID: e.TxID, Groups: e.Groups})
	case spv.TxStalled:
		w.stalled(chain, e)
	case spv.PeerUp:
		w.hub.publish(PeerConnected{Peer: peerOf(e.Peer)})
	case spv.PeerDown:
		w.hub.publish(PeerLost{Addr: e.Peer.Addr, Reason: e.Reason.String()})
	case spv.PeerFailed:
		w.hub.publish(PeerLost{Addr: e.Addr, Reason: "no connection"})
	case spv.HealthChanged:
		w.hub.publish(HealthChanged{e.Health})
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
	case spv.WarnLightNode:
		return Warning{Kind: "own_node", Text: fmt.Sprintf("Your own node %s does not answer by Bloom filters, so block filters of other peers are used.", warning.Peer)}
	case spv.WarnNodeStuck:
		return Warning{Kind: "node_stuck", Text: fmt.Sprintf("Your own node %s makes no progress.", warning.Peer)}
	}
	return Warning{Kind: "no_filter_peers", Text: "None of the connected peers serves compact block filters, so payments cannot be searched for yet."}
}
