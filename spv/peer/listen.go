package peer

import (
	"context"
	"net"
)

// Listen opens a port on this computer, "host:port", for Accept.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", addr)
}
