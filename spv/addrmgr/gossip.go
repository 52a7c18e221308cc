package addrmgr

import "time"

const (
	// gossipRate is how many addresses a peer may tell of in a second, as
	// Bitcoin Core allows.
	gossipRate = 0.1
	// Asked is what a peer may tell at once when it was asked.
	Asked = MaxHeard
)

// Allowance is how many addresses one peer may still tell of. The zero value
// allows one.
type Allowance struct {
	tokens float64
	begun  bool
	last   time.Time
}

// Expect allows a peer an answer.
func (a *Allowance) Expect() { a.tokens += Asked }

// Take spends what it can for n addresses, and says for how many there was
// enough.
func (a *Allowance) Take(now time.Time, n int) int {
	if !a.begun {
		a.begun, a.last, a.tokens = true, now, a.tokens+1
	}
	if passed := now.Sub(a.last).Seconds(); passed > 0 {
		if a.tokens < Asked {
			a.tokens = min(Asked, a.tokens+passed*gossipRate)
		}
		a.last = now
	}
	n = min(n, int(a.tokens))
	a.tokens -= float64(n)
	return n
}
