package store_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/store"
)

// childEnv makes the test binary be a child of TestKill or TestDiskFull: its
// value is the folder.
const childEnv = "THISTLE_STORE_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		if dir, ok := strings.CutPrefix(dir, "full:"); ok {
			diskFullChild(dir)
		} else {
			killChild(dir)
		}
		return
	}
	os.Exit(m.Run())
}

// script is the endless row of batches and filters that the child writes; what
// step i does is known from i and what was before.
type script struct {
	m   *model
	seq uint64
}

// next gives step seq: a batch, and the filters put before it.
func (s *script) next() (b store.Batch, from int32, blocks []chainhash.Hash) {
	r := rand.New(rand.NewPCG(s.seq, 50))
	b = s.m.batch(r, s.seq+1, 150)
	tip := s.m.tip().Height
	from = max(s.m.base.Height+1, tip-20)
	for h := from; h <= tip; h++ {
		block := s.m.at(h).Hash
		blocks = append(blocks, block)
		s.m.filters[h] = block
	}
	s.seq++
	return b, from, blocks
}

// seqOf is the number of steps that led to what was loaded.
func seqOf(l loaded) uint64 {
	if len(l.Headers) == 0 {
		return 0
	}
	return binary.LittleEndian.Uint64(l.Headers[len(l.Headers)-80+36:])
}

// killChild goes on with the script until it is killed, and says on stdout which
// steps are done.
func killChild(dir string) {
	check := func(err error) {
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
	}
	s, err := store.Open(store.Options{Dir: dir, Net: net})
	check(err)
	l, err := loadAll(s)
	check(err)
	sc := script{m: newModel()}
	for sc.seq < seqOf(l) {
		sc.next()
	}
	for {
		b, from, blocks := sc.next()
		for i, block := range blocks {
			check(s.PutFilter(from+int32(i), block, filterFor(block)))
		}
		check(s.SyncFilters())
		check(s.Commit(b))
		fmt.Println(sc.seq)
	}
}

// TestKill kills a writing child again and again: every step it acknowledged is
// there, and nothing but whole steps.
func TestKill(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("kills forty children")
	}
	const kills = 45
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, 51))
	sc := script{m: newModel()}
	lowered := 0
	acked := uint64(0)
	for kill := range kills {
		acked = max(acked, runAndKill(t, dir, time.Duration(r.IntN(40_000))*time.Microsecond))
		s := open(t, dir)
		l := load(t, s)
		require.Empty(t, l.SetAside, kill)
		seq := seqOf(l)
		require.GreaterOrEqual(t, seq, acked, "kill %d: an acknowledged commit is lost", kill)
		require.LessOrEqual(t, seq, acked+1, kill)
		for sc.seq < acked {
			b, _, _ := sc.next()
			lowered += len(b.Lower)
		}
		sure := sc.m.filters // filters of the step after may be there too
		for sc.seq < seq {
			sc.m.filters = cloneMap(sure)
			sc.next()
		}
		sc.m.require(t, l, "kill %d seq %d", kill, seq)
		next := script{m: sc.m.clone(), seq: sc.seq}
		next.m.filters = cloneMap(sc.m.filters)
		next.next()
		held := 0
		for h, block := range sure {
			got, ok := s.HeldFilter(h)
			require.True(t, ok, "kill %d height %d", kill, h)
			if got != block {
				require.Contains(t, []chainhash.Hash{sc.m.filters[h], next.m.filters[h]}, got, kill)
			}
			f, err := s.Filter(h, got)
			require.NoError(t, err, "kill %d height %d", kill, h)
			require.True(t, bytes.Equal(filterFor(got), f))
			held++
		}
		require.NoError(t, s.Check(), kill)
		require.NoError(t, s.Close())
		acked = seq
		if kill == kills-1 {
			t.Logf("%d kills, %d steps, tip at %d, %d filters", kills, seq, l.Tip.Height, held)
			require.Greater(t, seq, uint64(kills), "the child got nothing done")
			require.Positive(t, lowered)
		}
	}
}

func cloneMap(m map[int32]chainhash.Hash) map[int32]chainhash.Hash {
	c := make(map[int32]chainhash.Hash, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

// runAndKill starts a child, kills it some time after its first step, and
// returns the last step that it acknowledged.
func runAndKill(t *testing.T, dir string, after time.Duration) uint64 {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	acked := uint64(0)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		n, err := strconv.ParseUint(lines.Text(), 10, 64)
		require.NoError(t, err, lines.Text())
		if acked == 0 {
			time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
		acked = n
	}
	require.Error(t, cmd.Wait(), "the child ended by itself")
	require.Positive(t, acked)
	return acked
}
