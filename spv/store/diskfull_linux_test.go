package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/chain"
	"thistle/spv/store"
)

// TestFileTooLarge runs a child that may not have files above a size, so that
// the kernel refuses its writes.
func TestFileTooLarge(t *testing.T) {
	t.Parallel()
	runFullChild(t, "limit:", nil)
}

// TestDiskFull runs a child with a small disk of its own, in memory, where the
// system allows that.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	id := func(at int) []syscall.SysProcIDMap {
		return []syscall.SysProcIDMap{{ContainerID: 0, HostID: at, Size: 1}}
	}
	runFullChild(t, "tmpfs:", &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: id(os.Getuid()),
		GidMappings: id(os.Getgid()),
	})
}

func runFullChild(t *testing.T, how string, attr *syscall.SysProcAttr) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"=full:"+how+t.TempDir())
	cmd.SysProcAttr = attr
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || strings.HasPrefix(string(out), "no mount") {
		t.Skipf("no disk of one's own here: %v %s", err, out)
	}
	require.NoError(t, err, string(out))
	require.Equal(t, "refused, kept, went on\n", string(out))
}

// diskFullChild fills a store until nothing more fits. The folder's name begins
// with how room is limited.
func diskFullChild(dir string) {
	how, dir, _ := strings.Cut(dir, ":")
	limit := limitFiles
	if how == "tmpfs" {
		if err := syscall.Mount("none", dir, "tmpfs", 0, "size=2m"); err != nil {
			fmt.Println("no mount:", err)
			os.Exit(1)
		}
		limit = func(bytes uint64) {
			must(syscall.Mount("none", dir, "tmpfs", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", bytes)))
		}
	}
	f := filler{r: rand.New(rand.NewPCG(1, 60)), m: newModel(), dir: dir, small: how == "tmpfs"}
	f.blocks = hashes(f.r, 1000)
	f.open()
	limit(2 << 20)
	f.fill()
	f.kept()
	f.refused()
	f.kept()
	must(f.s.SyncFilters())
	must(f.s.Close())
	f.open()
	f.kept()

	f.fill() // the last try may fit now, or may not
	f.kept()
	limit(1 << 30) // there is room again, and the same store goes on
	must(f.s.Commit(f.last))
	f.m.apply(&f.last)
	f.put()
	f.kept()
	must(f.s.Check())
	must(f.s.Close())

	f.nowhere(limit)
	fmt.Println("refused, kept, went on")
}

// limitFiles sets the largest size of a file for this process.
func limitFiles(bytes uint64) {
	signal.Ignore(syscall.SIGXFSZ)
	var l syscall.Rlimit
	must(syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l))
	l.Cur = min(bytes, l.Max)
	must(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l))
}

func must(err error) { ensure(err == nil, "error", err) }

func ensure(ok bool, what string, err error) {
	if !ok {
		fmt.Println(what, err)
		os.Exit(1)
	}
}

type filler struct {
	r      *rand.Rand
	dir    string
	small  bool // the disk is small, not the files
	s      *store.Store
	m      *model
	blocks []chainhash.Hash
	held   int
	last   store.Batch // the one that was refused
}

func (f *filler) open() {
	var err error
	f.s, err = store.Open(store.Options{Dir: f.dir, Net: net})
	must(err)
}

func (f *filler) put() {
	must(f.s.PutFilter(int32(f.held), f.blocks[f.held], make([]byte, 50_000)))
	f.held++
}

// fill puts some filters, commits until no commit fits, and puts until no
// filter fits.
func (f *filler) fill() {
	for f.held < 11 {
		f.put()
	}
	for i := uint64(0); ; i++ {
		before := f.m.clone()
		if i > 0 || f.last.Headers == nil {
			f.last = store.Batch{Headers: []chain.Change{f.m.change(f.r, 0, 700, i)}}
		}
		f.m.apply(&f.last)
		if err := f.s.Commit(f.last); err != nil {
			ensure(errors.Is(err, store.ErrDiskFull), "commit:", err)
			f.m = before
			break
		}
	}
	ensure(len(f.m.headers) > 2016, "full too early", nil)
	for {
		err := f.s.PutFilter(int32(f.held), f.blocks[f.held], make([]byte, 50_000))
		if err != nil {
			ensure(errors.Is(err, store.ErrDiskFull), "put:", err)
			return
		}
		f.held++
	}
}

// refused makes sure that what did not fit does not fit again. bbolt chooses
// among free pages at random, so that a batch may fit after all: then there is
// less room for the next.
func (f *filler) refused() {
	err := f.s.Commit(f.last)
	for tries := 0; err == nil && tries < 100; tries++ {
		f.m.apply(&f.last)
		f.last = store.Batch{}
		f.fill()
		err = f.s.Commit(f.last)
	}
	ensure(errors.Is(err, store.ErrDiskFull), "commit again:", err)
	err = f.s.PutFilter(int32(f.held), f.blocks[f.held], make([]byte, 50_000))
	ensure(errors.Is(err, store.ErrDiskFull), "put again:", err)
}

// kept makes sure that nothing is gone and nothing is half there.
func (f *filler) kept() {
	l, err := loadAll(f.s)
	must(err)
	ensure(f.m.equal(l) && len(l.SetAside) == 0, "the old state is gone", nil)
	for i, b := range f.blocks {
		filter, err := f.s.Filter(int32(i), b)
		if i < f.held {
			ensure(err == nil && len(filter) == 50_000, "filter", err)
		} else {
			ensure(errors.Is(err, store.ErrMissing), "filter", err)
		}
	}
}

// nowhere opens a new folder where there is no room for a chain.db, and again
// where there is.
func (f *filler) nowhere(limit func(uint64)) {
	dir := f.dir + "/new"
	must(os.Mkdir(dir, 0o700))
	must(os.WriteFile(dir+"/spv.lock", nil, 0o600))
	limit(4 << 20)
	rest, err := os.Create(f.dir + "/rest")
	must(err)
	for size := 1 << 20; size >= 1; { // of the disk; no file may be as large as this
		if _, err := rest.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	if !f.small {
		limit(1000)
	}
	_, err = store.Open(store.Options{Dir: dir, Net: net})
	ensure(errors.Is(err, store.ErrDiskFull), "open:", err)
	limit(1 << 30)
	s, err := store.Open(store.Options{Dir: dir, Net: net})
	must(err)
	l, err := loadAll(s)
	must(err)
	ensure(newModel().equal(l) && len(l.SetAside) == 0, "not new", nil)
	must(s.Close())
}
