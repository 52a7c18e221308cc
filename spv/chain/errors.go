package chain

import "fmt"

// RuleKind names the rule a header broke.
type RuleKind int

// The rules, in the order in which they are checked.
const (
	// UnknownParent: the batch does not link to anything held.
	UnknownParent RuleKind = iota + 1
	// NotLinked: a header does not link to the one before it in the batch.
	NotLinked
	// BadPoW: the compact target is negative, too large, zero or easier than
	// the network allows, or the hash exceeds it.
	BadPoW
	// BadBits: the target is not the one the retarget rule demands.
	BadBits
	// TimeTooOld: not later than the median of the 11 blocks before.
	TimeTooOld
	// TimeTooNew: more than two hours ahead of our clock.
	TimeTooNew
	// TimeWarp: a period begins too long before the end of the last (BIP94,
	// BIP54), or ends before it began (BIP54).
	TimeWarp
	// BadVersion: retired by BIP34, BIP66 or BIP65.
	BadVersion
	// BelowCheckpoint: leaves the best chain below a checkpoint it has passed.
	BelowCheckpoint
	// CheckpointMismatch: another block at a checkpoint's height.
	CheckpointMismatch
	// TooManyForks: no room for another side branch.
	TooManyForks
)

var ruleNames = [...]string{
	UnknownParent:      "unknown parent",
	NotLinked:          "not linked",
	BadPoW:             "bad proof of work",
	BadBits:            "wrong target",
	TimeTooOld:         "time too old",
	TimeTooNew:         "time too new",
	TimeWarp:           "time warp",
	BadVersion:         "retired version",
	BelowCheckpoint:    "fork below checkpoint",
	CheckpointMismatch: "checkpoint mismatch",
	TooManyForks:       "too many forks",
}

func (k RuleKind) String() string {
	if k > 0 && int(k) < len(ruleNames) {
		return ruleNames[k]
	}
	return fmt.Sprintf("RuleKind(%d)", int(k))
}

// Provable reports that whoever sent the header broke a rule that every honest
// peer keeps. The others can happen to the honest: we may lack the parent, our
// clock may be wrong, our room for forks may be used up.
func (k RuleKind) Provable() bool {
	switch k {
	case UnknownParent, TimeTooNew, TooManyForks:
		return false
	}
	return k > 0 && int(k) < len(ruleNames)
}

// RuleError refuses one header. Tip is the header refused; its height is -1
// when it is not known because the parent is not.
type RuleError struct {
	Kind   RuleKind
	Tip    Tip
	Detail string
}

func (e *RuleError) Error() string {
	if e.Detail == "" {
		return fmt.Sprintf("header %v: %v", e.Tip, e.Kind)
	}
	return fmt.Sprintf("header %v: %v: %s", e.Tip, e.Kind, e.Detail)
}
