package peer

import "time"

// bucket is a token bucket that starts full.
type bucket struct {
	rate   float64 // tokens per second
	size   float64
	spent  float64
	lastAt time.Time
}

// take spends n tokens and tells whether they were there.
func (b *bucket) take(now time.Time, n float64) bool {
	if !b.lastAt.IsZero() {
		b.spent = max(0, b.spent-now.Sub(b.lastAt).Seconds()*b.rate)
	}
	b.lastAt = now
	b.spent += n
	return b.spent <= b.size
}

// allowance is what a peer may send in one class, in messages and in payload
// bytes.
type allowance struct{ messages, bytes bucket }

func (a *allowance) take(now time.Time, length uint32) bool {
	few, small := a.messages.take(now, 1), a.bytes.take(now, float64(length))
	return few && small
}

// newsAllowance is for messages of use that nobody asked for: announcements,
// pings, addresses. On mainnet a peer sends a handful a second; the burst is
// for a test network that mines thousands of blocks at once.
func newsAllowance() allowance {
	return allowance{
		messages: bucket{rate: 200, size: 20_000},
		bytes:    bucket{rate: 1 << 20, size: 32 << 20},
	}
}

// junkAllowance is for what is skipped: unknown commands, requests we do not
// serve, replies to nothing. Late and double replies must fit in the burst.
func junkAllowance() allowance {
	return allowance{
		messages: bucket{rate: 20, size: 2_000},
		bytes:    bucket{rate: 128 << 10, size: 16 << 20},
	}
}
