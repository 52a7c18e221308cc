package instance

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// ErrNobody says that nobody answers in the folder.
var ErrNobody = errors.New("no program answers in this folder")

// ErrStranger says that the other end of a socket is another user's program.
var ErrStranger = errors.New("the other program is another user's")

// longestPath is what fits into a socket's address on every system.
const longestPath = 100

// acceptPause is the pause after a call could not be taken: too many files are
// open, perhaps.
const acceptPause = 200 * time.Millisecond

// Conn is a connection between two programs of one user, on this computer.
type Conn struct{ *net.UnixConn }

// Listener takes calls at a path.
type Listener struct {
	socket *net.UnixListener
	path   string
	folder string // a short one of its own, where path is too long to be an address
	close  sync.Once
	closed chan struct{}
}

// Listen takes calls at path, which nobody but this user can make. The lock of
// the folder that path is in must be held: what is found there was left behind by
// a program that is gone, and the folder is closed to others (0700).
func Listen(path string) (*Listener, error) {
	// Others could call between the making of the socket and its mode.
	if err := os.Chmod(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("close data folder to others: %w", err)
	}
	if err := forget(path); err != nil {
		return nil, err
	}
	l := &Listener{path: path, closed: make(chan struct{})}
	address := path
	if len(path) > longestPath {
		var err error
		if l.folder, err = os.MkdirTemp("", "thistle-"); err != nil { // 0700
			return nil, fmt.Errorf("make a folder for the socket: %w", err)
		}
		address = filepath.Join(l.folder, "socket")
	}
	err := l.open(address)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen in data folder: %w", err), l.Close())
	}
	return l, nil
}

// open makes the socket, and the way to it if it lies elsewhere.
func (l *Listener) open(address string) (err error) {
	l.socket, err = net.ListenUnix("unix", &net.UnixAddr{Name: address, Net: "unix"})
	if err != nil {
		return err
	}
	l.socket.SetUnlinkOnClose(false) // forget does it, whatever the way
	if err := os.Chmod(address, 0o600); err != nil {
		return err
	}
	if address == l.path {
		return nil
	}
	return os.Symlink(address, l.path)
}

// forget removes a socket that nobody listens at, and the folder that was made
// for it.
func forget(path string) error {
	target, err := os.Readlink(path)
	if err == nil && ownFolder(target) {
		_ = os.Remove(target)
		_ = os.Remove(filepath.Dir(target)) // stays if there is anything else in it
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the socket of a program that is gone: %w", err)
	}
	return nil
}

// ownFolder tells whether a path looks like one that Listen has made.
func ownFolder(path string) bool {
	made, err := filepath.Match(filepath.Join(os.TempDir(), "thistle-*", "socket"), path)
	return err == nil && made
}

// Path is where callers find the listener.
func (l *Listener) Path() string { return l.path }

// Accept waits for a call of the same user; those of others are hung up on. The
// error wraps net.ErrClosed and comes after Close alone: what else goes wrong
// passes.
func (l *Listener) Accept() (*Conn, error) {
	for {
		c, err := l.socket.AcceptUnix()
		switch {
		case err == nil && sameUser(c) == nil:
			return &Conn{c}, nil
		case err == nil:
			_ = c.Close()
			continue
		case errors.Is(err, net.ErrClosed):
			return nil, fmt.Errorf("accept: %w", err)
		}
		select {
		case <-time.After(acceptPause):
		case <-l.closed:
		}
	}
}

// Close takes no more calls, and leaves nothing behind. To be called before the
// folder's lock is released. Closing twice does nothing.
func (l *Listener) Close() (err error) {
	l.close.Do(func() {
		close(l.closed)
		err = l.remove()
	})
	return err
}

func (l *Listener) remove() (err error) {
	if l.socket != nil {
		err = l.socket.Close()
	}
	if ferr := forget(l.path); err == nil {
		err = ferr
	}
	if l.folder != "" {
		_ = os.RemoveAll(l.folder)
	}
	return err
}

// Dial calls whoever listens at path. The error is ErrNobody if nobody can be
// reached, and ErrStranger if it is another user's program.
func Dial(path string) (*Conn, error) {
	address := path
	if target, err := os.Readlink(path); err == nil {
		address = target
	}
	c, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: address, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNobody, err)
	}
	if err := sameUser(c); err != nil {
		_ = c.Close()
		return nil, err
	}
	return &Conn{c}, nil
}
