package peer

import (
	"context"
	"errors"
	"net"
	"time"
)

// acceptPause is the pause after a connection could not be taken: too many files
// are open, or whoever it was has gone.
const acceptPause = time.Second

// Listen opens a port on this computer, "host:port", tells ready where, and hands
// every connection to take, which must not wait and owns it (see Accept). It
// returns when ctx has ended, or the port cannot be used.
func Listen(ctx context.Context, addr string, ready func(addr string), take func(net.Conn)) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	release := closeWith(ctx, listener)
	defer release()
	ready(listener.Addr().String())
	for {
		sock, err := listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return err
		case err == nil:
			take(sock)
			continue
		}
		select {
		case <-time.After(acceptPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
