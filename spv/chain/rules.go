package chain

import (
	"fmt"
	"sort"
	"time"
)

const (
	// maxAhead is how far a header's time may be ahead of our clock, in
	// seconds: the two hours that all nodes allow.
	maxAhead = 2 * 60 * 60
	// bip94Warp is how long before the end of the last period one may begin,
	// in seconds, where BIP94 holds.
	bip94Warp = 600
	// bip54Warp is the same where BIP54 holds.
	bip54Warp = 7200
)

// rules are a network's parameters in the form the checks need.
type rules struct {
	*Params
	period     int32 // blocks per difficulty period
	timespan   int64 // seconds a period should take
	minSpan    int64
	maxSpan    int64
	reduceTime int64 // seconds after which a testnet allows the easiest target
	limit      uint256
}

func newRules(p *Params) *rules {
	span := int64(p.Net.TargetTimespan / time.Second)
	return &rules{
		Params:     p,
		period:     int32(p.Net.TargetTimespan / p.Net.TargetTimePerBlock),
		timespan:   span,
		minSpan:    span / p.Net.RetargetAdjustmentFactor,
		maxSpan:    span * p.Net.RetargetAdjustmentFactor,
		reduceTime: int64(p.Net.MinDiffReductionTime / time.Second),
		limit:      uint256FromBig(p.Net.PowLimit),
	}
}

// checkpointAt returns the checkpoint at exactly this height. Checkpoints end
// periods, so nearly every height is answered at once.
func (r *rules) checkpointAt(height int32) (*Base, bool) {
	if height < 0 || (height+1)%r.period != 0 {
		return nil, false
	}
	i := sort.Search(len(r.Checkpoints), func(i int) bool {
		return r.Checkpoints[i].Height >= height
	})
	if i < len(r.Checkpoints) && r.Checkpoints[i].Height == height {
		return &r.Checkpoints[i], true
	}
	return nil, false
}

// retarget computes the compact target of the period that follows one of this
// target which took span seconds from its first block to its last.
func (r *rules) retarget(compact uint32, span int64) uint32 {
	span = min(max(span, r.minSpan), r.maxSpan)
	old, ok := targetFromCompact(compact)
	if !ok {
		return 0
	}
	return old.scale(uint64(span), uint64(r.timespan), r.limit).compact()
}

// permitted reports whether a period with target next can follow one with
// target compact, whatever the times.
func (r *rules) permitted(compact, next uint32) bool {
	n, ok := targetFromCompact(next)
	if !ok || n.cmp(r.limit) > 0 {
		return false
	}
	lo, okLo := targetFromCompact(r.retarget(compact, r.minSpan))
	hi, okHi := targetFromCompact(r.retarget(compact, r.maxSpan))
	return okLo && okHi && n.cmp(lo) >= 0 && n.cmp(hi) <= 0
}

// check judges h as the block after parent, to which it links. now is in
// seconds.
func (t *Tree) check(parent place, h *Header, now int64) (workEntry, error) {
	e := *t.line.known.of(h.Bits())
	height := parent.height() + 1
	if !e.ok || e.target.cmp(t.rules.limit) > 0 {
		return e, refuse(h, height, BadPoW, "target %08x out of range", h.Bits())
	}
	if hashNumber(&h.Hash).cmp(e.target) > 0 {
		return e, refuse(h, height, BadPoW, "hash exceeds target %08x", h.Bits())
	}
	if err := t.checkContext(parent, h, now, true); err != nil {
		return e, err
	}
	if height <= t.floor {
		return e, refuse(h, height, BelowCheckpoint, "checkpoint at %d", t.floor)
	}
	if c, ok := t.rules.checkpointAt(height); ok && c.Hash != h.Hash {
		return e, refuse(h, height, CheckpointMismatch, "want %v", c.Hash)
	}
	return e, nil
}

// checkContext judges what h's proof of work does not show: the rules that
// depend on the blocks before. median is false where that rule was seen to.
func (t *Tree) checkContext(parent place, h *Header, now int64, median bool) error {
	height := parent.height() + 1
	if want := t.nextBits(parent, h.Time()); h.Bits() != want {
		return refuse(h, height, BadBits, "target is %08x, want %08x", h.Bits(), want)
	}
	if median {
		if m, ok := parent.medianAtLeast(); ok && h.Time() <= m {
			return refuse(h, height, TimeTooOld, "time is %d, median before %d", h.Time(), m)
		}
	}
	if int64(h.Time()) > now+maxAhead {
		return refuse(h, height, TimeTooNew, "time is %d, clock says %d", h.Time(), now)
	}
	if detail := t.warp(parent, h, height); detail != "" {
		return refuse(h, height, TimeWarp, "%s", detail)
	}
	if v := h.Version(); v < t.rules.minVersion(height) {
		return refuse(h, height, BadVersion, "version %d, want %d", v, t.rules.minVersion(height))
	}
	return nil
}

func refuse(h *Header, height int32, kind RuleKind, format string, args ...any) error {
	return &RuleError{kind, Tip{height, h.Hash}, fmt.Sprintf(format, args...)}
}

// minVersion is the lowest version a block at height may have.
func (r *rules) minVersion(height int32) int32 {
	switch {
	case height >= r.Net.BIP0065Height:
		return 4
	case height >= r.Net.BIP0066Height:
		return 3
	case height >= r.Net.BIP0034Height:
		return 2
	}
	return -1 << 31
}

// nextBits is the compact target demanded of the block after parent, if its
// time is this.
func (t *Tree) nextBits(parent place, time uint32) uint32 {
	r := t.rules
	if r.Net.PoWNoRetargeting {
		return r.Net.PowLimitBits
	}
	if parent.isBase() {
		return t.line.base.Bits
	}
	if (parent.height()+1)%r.period == 0 {
		first := parent.at(parent.height() + 1 - r.period)
		old := rawBits(parent.raw())
		if r.Net.EnforceBIP94 {
			// The first block of a period never uses the 20-minute
			// exception, so the real target survives in it.
			old = rawBits(first.raw())
		}
		return r.retarget(old, int64(rawTime(parent.raw()))-int64(rawTime(first.raw())))
	}
	if !r.Net.ReduceMinDifficulty {
		return rawBits(parent.raw())
	}
	if int64(time) > int64(rawTime(parent.raw()))+r.reduceTime {
		return r.Net.PowLimitBits
	}
	return t.realBits(parent)
}

// realBits is the target of the last block up to p that did not use the
// 20-minute exception, looking no further back than the period's first.
func (t *Tree) realBits(p place) uint32 {
	for p.height()%t.rules.period != 0 && rawBits(p.raw()) == t.rules.Net.PowLimitBits {
		p = p.parent()
	}
	return rawBits(p.raw())
}

// warp checks the rules on times at the edges of a period. It returns what is
// wrong, or nothing.
func (t *Tree) warp(parent place, h *Header, height int32) string {
	r := t.rules
	limit := int64(-1)
	switch {
	case r.Net.EnforceBIP94:
		limit = bip94Warp
	case r.BIP54:
		limit = bip54Warp
	}
	if limit >= 0 && height%r.period == 0 && !parent.isBase() {
		if last := int64(rawTime(parent.raw())); int64(h.Time()) < last-limit {
			return fmt.Sprintf("period begins at %d, the last ended at %d", h.Time(), last)
		}
	}
	if r.BIP54 && (height+1)%r.period == 0 {
		if first := rawTime(parent.at(height + 1 - r.period).raw()); h.Time() < first {
			return fmt.Sprintf("period ends at %d, it began at %d", h.Time(), first)
		}
	}
	return ""
}
