package chain

import "time"

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
