package protocol

import "time"

// deadline is a time by which something must have happened.
type deadline time.Time

// in sets a deadline and asks to be woken then.
func (m *Machine) in(d time.Duration) deadline {
	t := m.now.Add(d)
	m.wakeAt(t)
	return deadline(t)
}

// dueAt tells whether a deadline has passed, and asks to be woken then if not.
func (m *Machine) dueAt(d deadline) bool { return m.due(time.Time(d)) }

// laterOf is a time if it lies after now, else zero.
func laterOf(t, now time.Time) time.Time {
	if t.After(now) {
		return t
	}
	return time.Time{}
}
