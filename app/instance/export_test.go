package instance

import "time"

// Abandon ends a listener as a crash does.
func (l *Listener) Abandon() { _ = l.socket.Close() }

// Stumble lets Accept fail from now on, or no longer.
func (l *Listener) Stumble(on bool) {
	var t time.Time
	if on {
		t = time.Unix(1, 0)
	}
	_ = l.socket.SetDeadline(t)
}
