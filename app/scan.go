package app

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"thistle/app/ledger"
	"thistle/spv"

	"github.com/btcsuite/btcd/chainhash/v2"
)

const (
	// scanStep is how many blocks are matched before the coverage is saved and
	// the wallet looks at what else has happened.
	scanStep = 4 * 2016
	// farScanStep is the same for scripts beyond the window: nobody waits for
	// them, and a new block must not wait for them either.
	farScanStep = 504
	// farStep is how many scripts are derived before the wallet looks at what else
	// has happened: a few milliseconds' worth.
	farStep = 50
	// markGap is how far filter marks are apart, but for the last, and maxMarks
	// how many are kept: a reorg deeper than all means that everything is
	// searched again.
	markGap, maxMarks = 100, 20
)

// settingFilters holds the filter marks, settingOwnNode that the person's own node
// has told of some blocks.
const (
	settingFilters = "filter-marks"
	settingOwnNode = "own-node"
)

// filterMark is the peer's mark at a block when filters up to there were searched.
// It commits to all of them: as long as the peer has the same, what was concluded
// from them stands. If a lie or a doubt came up while this wallet was not there to
// hear of it, it does not.
type filterMark struct {
	block ledger.BlockRef
	sum   chainhash.Hash
}

const markSize = 4 + 2*chainhash.HashSize

func encodeMarks(marks []filterMark) []byte {
	var b []byte
	for _, m := range marks {
		b = binary.BigEndian.AppendUint32(b, uint32(m.block.Height))
		b = append(append(b, m.block.Hash[:]...), m.sum[:]...)
	}
	return b
}

func decodeMarks(b []byte) []filterMark {
	var marks []filterMark
	for ; len(b) >= markSize; b = b[markSize:] {
		m := filterMark{block: ledger.BlockRef{Height: int32(binary.BigEndian.Uint32(b))}}
		copy(m.block.Hash[:], b[4:])
		copy(m.sum[:], b[4+chainhash.HashSize:])
		marks = append(marks, m)
	}
	return marks
}

// addMark returns marks, ascending, with one more if it is the highest.
func addMark(marks []filterMark, m filterMark) []filterMark {
	marks = slices.Clone(marks)
	n := len(marks)
	switch {
	case n > 0 && marks[n-1].block.Height >= m.block.Height:
		return marks
	case n > 1 && marks[n-1].block.Height-marks[n-2].block.Height < markGap:
		marks[n-1] = m
	default:
		marks = append(marks, m)
	}
	return marks[max(0, len(marks)-maxMarks):]
}

// judgeMarks returns the marks, from the lowest on, that the peer's chain does not
// contradict. vouched means that it runs through the last of these, and so through
// all; a chain whose filter headers are still being fetched does not yet, and one
// of which they were begun anew may never reach the lower ones.
func judgeMarks(v spv.View, marks []filterMark) (keep []filterMark, vouched bool) {
	vouched = true
	for i, m := range marks {
		hash, ok := v.HashAt(m.block.Height)
		sum, known := v.FilterMark(m.block.Height)
		if ok && (hash != m.block.Hash || known && sum != m.sum) {
			return marks[:i], vouched
		}
		vouched = ok && known
	}
	return marks, vouched
}

// checkFilters searches again what was searched by filters that no mark vouches
// for: they have been proved false since, or a reorg has taken the mark along.
// following means that the chain has the ledger's view.
func (w *Wallet) checkFilters(chain *spv.Client) (following bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	keep := w.marks
	view, had := w.led.View()
	sure := chain.Look(func(v spv.View) {
		hash, ok := v.HashAt(view.Height)
		if following = had && ok && hash == view.Hash; following {
			keep, _ = judgeMarks(v, w.marks)
		}
	})
	if following = following && sure; !following || len(keep) == len(w.marks) && !w.unmarked {
		return following, nil
	}
	from := int32(0)
	if n := len(keep); n > 0 {
		from = keep[n-1].block.Height + 1
	}
	err = w.rescan(keep, from)
	w.unmarked = w.unmarked && err != nil
	return true, err
}

// revertFilters searches again from a height on.
func (w *Wallet) revertFilters(height int32) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	keep := slices.DeleteFunc(slices.Clone(w.marks), func(m filterMark) bool { return m.block.Height >= height })
	return w.rescan(keep, height)
}

// rescan searches again from a height on, and keeps only these marks. w.mu is
// held.
func (w *Wallet) rescan(keep []filterMark, from int32) error {
	_, err := w.applyLockedWith(map[string][]byte{settingFilters: encodeMarks(keep)}, ledger.Rescan{From: from})
	return err
}

// vouched reports that the filters searched so far are those of the peer's chain
// of filter headers as it is now. w.mu is held.
func (w *Wallet) vouched(chain *spv.Client) (ok bool) {
	sure := chain.Look(func(v spv.View) {
		var keep []filterMark
		keep, ok = judgeMarks(v, w.marks)
		ok = ok && len(keep) == len(w.marks)
	})
	return ok && sure
}

// scan matches one step of the coverage's gaps, as far as filters are on disk.
// retry means that they were not after all, or that the chain has moved: an event
// will tell, but nothing must hang on that alone.
func (w *Wallet) scan(ctx context.Context, chain *spv.Client) (done, retry bool, err error) {
	have, tip := chain.Filters()
	if have < 0 {
		return false, false, nil
	}
	light := chain.AsksOwnNode()
	gap, scripts, ok := w.nextGap(have, tip.Height, light)
	if !ok {
		return false, false, nil
	}
	if gap.Far {
		w.tellSynced() // for that nothing is missing
	}
	known := func() spv.Known { return w.known(gap.From) }
	res, err := chain.Search(ctx, spv.Query{Scripts: scripts, Known: known}, gap.From, gap.To)
	switch {
	case errors.Is(err, spv.ErrNotReady) || errors.Is(err, spv.ErrReorged) || err == nil && res.OwnNode && !light:
		return false, true, nil
	case err != nil:
		return false, false, failure("match filters", err)
	}
	var hits []ledger.Hit
	for _, hit := range res.Hits {
		hits = append(hits, ledger.Hit{BlockRef: ledger.BlockRef(hit.BlockRef), Scripts: hit.Scripts})
	}
	var fact ledger.Scanned
	sure := chain.Look(func(v spv.View) { fact, ok = gap.Answer(res.EndHash, hits, v.HashAt) })
	if !ok || !sure {
		return false, true, nil
	}
	w.mu.Lock()
	marks := w.marks
	if res.EndMark != (chainhash.Hash{}) {
		marks = addMark(marks, filterMark{ledger.BlockRef{Height: res.To, Hash: res.EndHash}, res.EndMark})
	}
	settings := map[string][]byte{settingFilters: encodeMarks(marks)}
	if res.OwnNode {
		settings[settingOwnNode] = []byte{1}
	}
	notices, err := w.applyLockedWith(settings, fact)
	w.mu.Unlock()
	if err != nil {
		return false, false, failure("save scan", err)
	}
	w.tell(notices)
	return true, false, nil
}

// known is what the wallet knows of what may be spent from a height on.
func (w *Wallet) known(from int32) (k spv.Known) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.led == nil {
		return k
	}
	for _, c := range w.led.Watched(from) {
		k.Coins = append(k.Coins, spv.Coin(c))
	}
	for _, b := range w.led.Unread() {
		k.Unread = append(k.Unread, spv.BlockRef(b))
	}
	return k
}

// nextGap is the newest run of blocks to be matched now, with the scripts to ask
// about. The person's own node, which tells of spent coins only where it was told
// of the coins, is asked about the oldest first.
func (w *Wallet) nextGap(from, to int32, light bool) (gap ledger.Gap, scripts [][]byte, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if light {
		gap, ok := w.led.Oldest()
		if !ok || gap.From < from || gap.From > to {
			return ledger.Gap{}, nil, false
		}
		gap.To = min(gap.To, to, gap.From+farScanStep-1)
		return gap, append(w.led.Scripts(gap.Batch), w.led.Claims()...), true
	}
	for _, gap := range w.led.Missing() {
		gap.From, gap.To = max(gap.From, from), min(gap.To, to)
		if gap.From <= gap.To {
			scripts = w.led.Scripts(gap.Batch)
			if gap.Far {
				gap.From = max(gap.From, gap.To-farScanStep+1)
				return gap, scripts, true
			}
			gap.From = max(gap.From, gap.To-scanStep+1)
			// A block that takes the coins of what is arriving elsewhere does not
			// name us: it is found by what those coins were locked with.
			return gap, append(scripts, w.led.Claims()...), true
		}
	}
	return ledger.Gap{}, nil, false
}

// lookFurther derives a part of the far look-ahead. It comes before the search,
// so that filters are asked once.
func (w *Wallet) lookFurther() (worked bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.led == nil || w.led.FarLacking() == 0 {
		return false, nil
	}
	_, err = w.applyLocked(ledger.LookFurther{Scripts: farStep})
	return true, failure("derive scripts", err)
}
