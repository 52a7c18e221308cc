package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"thistle/spv"
)

// lookAgain is how often a wait looks at the peer's state, which changes
// without news of its own when a silence has lasted long enough.
const lookAgain = 50 * time.Millisecond

// Online runs the wallet while fn does its work, and stops it afterwards. The
// error is fn's, or what ended the run.
func (w *Wallet) Online(ctx context.Context, fn func(ctx context.Context) error) error {
	return online(ctx, w.Run, fn)
}

// Online is the same for a session's peer, without a wallet.
func (s *Session) Online(ctx context.Context, fn func(ctx context.Context) error) error {
	return online(ctx, s.Run, fn)
}

func online(ctx context.Context, run, fn func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	ran := make(chan error, 1)
	go func() {
		err := run(ctx)
		if err != nil {
			cancel(err)
		}
		ran <- err
	}()
	err := fn(ctx)
	if cause := context.Cause(ctx); err != nil && ctx.Err() == context.Canceled && !errors.Is(cause, context.Canceled) {
		err = cause // the run ended first, and that is why
	}
	cancel(nil)
	if rerr := <-ran; err == nil {
		err = rerr
	}
	return err
}

// Sync waits until the wallet knows all there is to know: a peer is connected
// and every named one has connected or failed, all connected peers have nothing
// newer, all scripts are searched for from the birthday to the tip, and every
// block that was named has been read. It needs Run. When ctx ends first the
// error is of KindNoPeers or KindTimeout, and what was done is kept; when the
// wallet is closed, of KindLocked.
func (w *Wallet) Sync(ctx context.Context) (*SyncResult, error) {
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	var chain *spv.Client // as last seen: the run may end together with ctx
	for {
		changed := w.hub.change()
		if c := w.online(); c != nil {
			chain = c
		}
		if res := w.synced(); res != nil {
			return res, nil
		}
		if w.closed() {
			return nil, errClosed("sync")
		}
		select {
		case <-ctx.Done():
			return nil, w.notSynced(ctx, chain)
		case <-changed:
		case <-ticker.C:
		}
	}
}

func (w *Wallet) synced() *SyncResult {
	chain := w.online()
	if chain == nil {
		return nil
	}
	st := chain.Status()
	if !st.Current {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.led == nil {
		return nil
	}
	view, ok := w.led.View()
	// A birthday beyond the chain is yet to be put right.
	if born, known := w.led.Birthday(); known && born > view.Height+1 {
		return nil
	}
	if !ok || view.Hash != st.Tip.Hash || !w.vouched(chain) {
		return nil
	}
	// With the genesis block alone there is nothing to search: its output cannot
	// be spent. The ledger cannot say so, to it headers may be yet to come.
	if !w.led.Final() && view.Height > 0 {
		return nil
	}
	return &SyncResult{
		Height: view.Height, Hash: view.Hash, Peers: st.Progress.Peers,
		Coverage: w.coverage(), Scripts: w.led.ScriptCount(), Matches: w.led.Matches(),
	}
}

// notSynced says why a sync has not come to its end.
func (w *Wallet) notSynced(ctx context.Context, chain *spv.Client) error {
	const op = "sync"
	if cause := context.Cause(ctx); !errors.Is(cause, context.DeadlineExceeded) && !errors.Is(cause, context.Canceled) {
		return failure(op, cause)
	}
	err := &Error{Op: op, Kind: KindTimeout, Err: ctx.Err()}
	if chain == nil {
		return err
	}
	st := chain.Status()
	_, known, _ := w.birthday()
	switch {
	case st.Progress.Peers == 0:
		if chain.Health().Nobody {
			if err := w.env.nobody(w.peering()); err != nil {
				return err
			}
		}
		err.Kind, err.Detail = KindNoPeers, unreached(w.peering())
	case !st.Current:
		err.Detail = fmt.Sprintf("peers have not confirmed height %d as the newest", st.Tip.Height)
	case st.BaseWanted < st.Base:
		err.Detail = fmt.Sprintf("headers are here from block %d on, and wanted from %d", st.Base, st.BaseWanted)
	case !known || st.FiltersTip.Height < st.Tip.Height && st.FilterPeers == 0:
		err.Detail = "no connected peer serves compact filters"
	case st.FiltersTip.Height < st.Tip.Height:
		err.Detail = fmt.Sprintf("filters are here up to block %d of %d", st.FiltersTip.Height, st.Tip.Height)
	case w.unread() > 0:
		err.Detail = fmt.Sprintf("of the blocks that may hold payments %d are still missing", w.unread())
	default:
		err.Detail = "the search for payments is not done"
	}
	return err
}

// CheckPeers refuses what Run would: settings about peers that cannot be used, and
// those with which nobody can be found.
func (w *Wallet) CheckPeers() error { return w.env.anyPeers(w.peering()) }

// peering is how peers are found and met now.
func (w *Wallet) peering() Peering {
	if w.session != nil {
		return w.session.Peering()
	}
	return w.env.Peering
}

// unread is how many blocks the wallet waits for.
func (w *Wallet) unread() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.led == nil {
		return 0
	}
	return len(w.led.Unapplied())
}

// tellSynced publishes Synced once for every state that is complete, and has
// announced what was waiting for it.
func (w *Wallet) tellSynced() {
	res := w.synced()
	w.mu.Lock()
	fresh := res != nil && w.toldSynced != res.Hash
	if fresh {
		w.toldSynced = res.Hash
	}
	w.mu.Unlock()
	if fresh {
		w.syncOutbox()
		w.hub.publish(Synced{Height: res.Height, Hash: res.Hash})
	}
}
