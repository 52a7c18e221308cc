package walletdb_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"thistle/app/ledger"
	"thistle/app/walletdb"
)

// child is what this test binary does when it is started by one of its tests.
func child(job string) int {
	var err error
	path := os.Getenv("WALLETDB_TEST_PATH")
	switch job {
	case "write":
		err = writeForEver(path)
	case "limit":
		err = fillLimited(path)
	case "disk":
		err = fillDisk(path)
	default:
		err = fmt.Errorf("unknown job %q", job)
	}
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	return 0
}

func childCommand(t *testing.T, job, path string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "WALLETDB_TEST_JOB="+job, "WALLETDB_TEST_PATH="+path)
	cmd.Stderr = os.Stderr
	return cmd
}

// numbered is the change of step n: it puts a row of its own, rewrites one that
// all steps share, and deletes one of an earlier step.
func numbered(n int) ledger.Change {
	id := func(i int) (l ledger.LabelRow) {
		copy(l.TxID[:], fmt.Sprintf("row %d", i))
		return l
	}
	own, shared := id(n), id(-1)
	own.Text = strings.Repeat("x", n%2000)
	own.At = int64(n)
	shared.At = int64(n)
	c := ledger.Change{Put: []ledger.Row{own, shared}}
	if n%3 == 2 {
		c.Delete = append(c.Delete, id(n-2).Key())
	}
	return c
}

// lastNumber checks that what a file holds is the state after exactly n steps, and
// returns n.
func lastNumber(c walletdb.Contents) (int, error) {
	rows := make(map[ledger.Key]ledger.LabelRow)
	last := 0
	for _, r := range c.Rows {
		l := r.(ledger.LabelRow)
		rows[l.Key()] = l
		last = max(last, int(l.At))
	}
	want := make(map[ledger.Key]ledger.LabelRow)
	for n := 1; n <= last; n++ {
		change := numbered(n)
		for _, r := range change.Put {
			want[r.Key()] = r.(ledger.LabelRow)
		}
		for _, k := range change.Delete {
			delete(want, k)
		}
	}
	if len(rows) != len(want) {
		return last, fmt.Errorf("after step %d: %d rows, want %d", last, len(rows), len(want))
	}
	for k, r := range want {
		if rows[k] != r {
			return last, fmt.Errorf("after step %d: a row is of step %d, want %d", last, rows[k].At, r.At)
		}
	}
	return last, nil
}

// writeForEver saves one step after the other and says so after each.
func writeForEver(path string) error {
	db, err := walletdb.Open(path, options())
	if err != nil {
		return err
	}
	c, err := db.Load()
	if err != nil {
		return err
	}
	n, err := lastNumber(c)
	if err != nil {
		return err
	}
	for {
		n++
		if err := db.Save(numbered(n)); err != nil {
			return err
		}
		if _, err := fmt.Println(n); err != nil {
			return err
		}
	}
}

// TestKilled kills a writer again and again: what it said was saved is there.
func TestKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "wallet.db")
	db, err := walletdb.Create(path, options())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	const kills = 40
	total := 0
	for kill := range kills {
		acked := runAndKill(t, path, 1+rng.IntN(12), time.Duration(rng.IntN(3000))*time.Microsecond)
		db, err := walletdb.Open(path, options())
		if err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		if err := db.Check(); err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		c, err := db.Load()
		if err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		n, err := lastNumber(c)
		if err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		// The one that was under way may have made it.
		if n < acked || n > acked+1 {
			t.Fatalf("kill %d: step %d was acknowledged, the file is at %d", kill, acked, n)
		}
		total = n
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if total < kills {
		t.Fatalf("only %d steps were made", total)
	}
	t.Logf("%d kills, %d steps", kills, total)
}

// runAndKill lets a writer make some steps and kills it some time after. It
// returns the last step that was acknowledged.
func runAndKill(t *testing.T, path string, steps int, after time.Duration) int {
	t.Helper()
	cmd := childCommand(t, "write", path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acked := 0
	lines := bufio.NewScanner(out)
	for i := 0; lines.Scan(); i++ {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Fatalf("the writer says %q", lines.Text())
		}
		acked = n
		if i == steps {
			// The moment within a step is a matter of chance.
			time.AfterFunc(after, func() { cmd.Process.Kill() })
		}
	}
	if err := lines.Err(); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrClosed) {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the writer ended by itself")
	}
	return acked
}
