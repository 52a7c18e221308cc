package instance

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// sameUser refuses a connection whose other end is another user's.
func sameUser(c *net.UnixConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return fmt.Errorf("look at the caller: %w", err)
	}
	var cred *unix.Xucred
	var cerr error
	err = raw.Control(func(fd uintptr) { cred, cerr = unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED) })
	switch {
	case err != nil:
		return fmt.Errorf("look at the caller: %w", err)
	case cerr != nil:
		return fmt.Errorf("look at the caller: %w", cerr)
	case int(cred.Uid) != os.Geteuid():
		return ErrStranger
	}
	return nil
}
