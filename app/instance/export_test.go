package instance

// Abandon ends a listener as a crash does.
func (l *Listener) Abandon() { _ = l.socket.Close() }
