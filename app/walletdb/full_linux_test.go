package walletdb_test

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"thistle/app/walletdb"
)

// TestDiskFull runs fillDisk in processes of their own: one limits the size of its
// files, the other has a disk of half a megabyte.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	for _, job := range []string{"limit", "disk"} {
		t.Run(job, func(t *testing.T) {
			t.Parallel()
			cmd := childCommand(t, job, filepath.Join(t.TempDir(), "wallet.db"))
			if job == "disk" {
				cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
				if os.Getuid() != 0 {
					cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
					cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
				}
			}
			out, err := cmd.Output()
			if errors.Is(err, unix.EPERM) || strings.Contains(string(out), "cannot mount") {
				t.Skipf("a disk of one's own is not allowed here: %v %s", err, out)
			}
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			var refusals, steps int
			if _, err := fmt.Sscanf(string(out), "%d refusals, %d steps", &refusals, &steps); err != nil || refusals < 5 || steps < 5 {
				t.Fatalf("%s", out)
			}
			t.Logf("%s", out)
		})
	}
}

// fillLimited makes files end at a size.
func fillLimited(path string) error {
	signal.Ignore(syscall.SIGXFSZ)
	limit := func(size uint64) error {
		return unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: unix.RLIM_INFINITY})
	}
	return fill(path, func(round int) error {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		return limit(uint64(info.Size()) + uint64(round)*5000)
	}, func() error { return limit(unix.RLIM_INFINITY) })
}

// fillDisk works on a small disk, much of which another file takes.
func fillDisk(path string) error {
	dir := filepath.Dir(path)
	if err := unix.Mount("none", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("cannot mount: %w", err)
	}
	if err := unix.Mount("none", dir, "tmpfs", 0, "size="+strconv.Itoa(1<<20)); err != nil {
		return fmt.Errorf("cannot mount: %w", err)
	}
	other := filepath.Join(dir, "other")
	return fill(path, func(round int) error {
		f, err := os.Create(other)
		if err != nil {
			return err
		}
		defer f.Close()
		for err == nil {
			_, err = f.Write(make([]byte, 4096))
		}
		if !errors.Is(err, unix.ENOSPC) {
			return err
		}
		info, err := f.Stat()
		if err != nil {
			return err
		}
		return f.Truncate(max(0, info.Size()-int64(round)*4096))
	}, func() error { return os.Remove(other) })
}

// fill saves until there is no room, makes room, and goes on, some times.
func fill(path string, full func(round int) error, room func() error) error {
	db, err := walletdb.Create(path, options())
	if err != nil {
		return err
	}
	n, refusals := 0, 0
	for round := range 5 {
		if err := full(round); err != nil {
			return err
		}
		for {
			err := db.Save(numbered(n + 1))
			if errors.Is(err, walletdb.ErrDiskFull) {
				refusals++
				break
			} else if err != nil {
				return fmt.Errorf("step %d: %w", n+1, err)
			}
			n++
		}
		if err := holds(db, n); err != nil {
			return fmt.Errorf("while full: %w", err)
		}
		if err := room(); err != nil {
			return err
		}
		if err := db.Save(numbered(n + 1)); err != nil {
			return fmt.Errorf("with room again: %w", err)
		}
		n++
		if round%2 == 1 {
			if err := db.Close(); err != nil {
				return err
			}
			if db, err = walletdb.Open(path, options()); err != nil {
				return err
			}
		}
		if err := holds(db, n); err != nil {
			return fmt.Errorf("with room again: %w", err)
		}
	}
	if err := db.Check(); err != nil {
		return err
	}
	fmt.Printf("%d refusals, %d steps\n", refusals, n)
	return nil
}

func holds(db *walletdb.DB, n int) error {
	c, err := db.Load()
	if err != nil {
		return err
	}
	got, err := lastNumber(c)
	if err == nil && got != n {
		err = fmt.Errorf("the file is at step %d, not %d", got, n)
	}
	return err
}
