package app

import (
	"errors"

	"thistle/app/config"
	"thistle/app/instance"
)

// Conn is a connection between two programs of one user in one folder.
type Conn = instance.Conn

// Listener takes calls from programs that want to work in the session's folder.
type Listener = instance.Listener

// Listen takes calls in the session's folder until the listener is closed, which
// must be before the session ends.
func (s *Session) Listen() (*Listener, error) {
	l, err := instance.Listen(s.env.folder().Socket())
	return l, failure("listen in the data folder", err)
}

// Call calls the program that takes calls in a network's folder. Nil without an
// error says that there is none.
func Call(dataDir, network string) (*Conn, error) {
	c, err := instance.Dial(config.NetworkFolder(dataDir, network).Socket())
	if errors.Is(err, instance.ErrNobody) {
		return nil, nil
	}
	return c, failure("call the daemon", err)
}
