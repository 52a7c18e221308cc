package cli_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"thistle/app"
	"thistle/keystore/keystoretest"
	"thistle/ui/cli"

	"github.com/stretchr/testify/require"
)

// memoryEnv makes this test the process whose memory is searched: "PASSWORD-FILE
// WORDS-FILE".
const memoryEnv = "THISTLE_CLI_MEMORY"

// TestSecretsLeaveMemory searches the memory of a process in which a daemon made
// two wallets and restored a third, and so did the commands that called it: the
// words that were shown and read, and the password, are to be found no more.
func TestSecretsLeaveMemory(t *testing.T) {
	if files := os.Getenv(memoryEnv); files != "" {
		secretive(t, strings.Fields(files))
		return
	}
	t.Parallel()
	r := newRig(t)
	password := rand.Text() + rand.Text()
	other := strings.Fields(gives[cli.Created](r, "create").Mnemonic)
	cmd := exec.Command(os.Args[0], "-test.run=^TestSecretsLeaveMemory$")
	cmd.Env = append(os.Environ(), memoryEnv+"="+r.file("secret", password)+" "+r.file("words", strings.Join(other, " ")))
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	defer func() {
		_ = in.Close()
		_ = cmd.Wait()
	}()
	lines := bufio.NewScanner(out)
	for _, made := range []string{"restore", "create", "create --json"} { // a later one overwrites what an earlier one left
		needles := [][]byte{[]byte(password), []byte(strings.Join(other[6:], " "))}
		for lines.Scan() && lines.Text() != "idle" {
			switch line := lines.Text(); {
			case strings.Contains(line, "mnemonic"):
				words := strings.Fields(value[cli.Created](t, line+"\n").Mnemonic)
				needles = append(needles, []byte(strings.Join(words, " ")), []byte(strings.Join(words[6:], " ")))
			case strings.HasPrefix(line, "    1  "):
				needles = append(needles, []byte(line))
			}
		}
		require.Equal(t, made != "restore", len(needles) > 2, "the words were not shown")
		require.True(t, inMemory(t, cmd.Process.Pid, []byte("a text that stays in memory")), "the search does not find what is there")
		for _, needle := range needles {
			// More than what a stored vector register holds of what was copied through it.
			require.False(t, inMemory(t, cmd.Process.Pid, needle[:min(len(needle), 40)]), "%s left %q", made, needle)
		}
		_, err = fmt.Fprintln(in, "go on")
		require.NoError(t, err)
	}
}

// remains is what the search must find.
var remains []byte

// secretive makes wallets through a daemon, and waits to be searched.
func secretive(t *testing.T, files []string) {
	net := nodes(t, 1)
	r := newRig(t, net.Addrs()...)
	r.deps.Env = func(place cli.Place) (*app.Env, error) {
		env, err := testEnv(place)
		if err == nil {
			env.Keys = keystoretest.RealOptions() // memory of cheap ones is not overwritten
		}
		return env, err
	}
	r.args = append(r.args, "--password-file", files[0])
	d := r.daemon()
	remains = append([]byte("a text that stays"), " in memory"...)
	step := bufio.NewScanner(os.Stdin)
	for _, args := range [][]string{
		{"restore", "--wallet", "three", "--mnemonic-file", files[1]}, {"create", "--wallet", "two"}, {"create", "--json"},
	} {
		require.Zero(t, r.runTo(t.Context(), os.Stdout, os.Stderr, args...))
		fmt.Println("idle")
		require.True(t, step.Scan()) // the parent is done
	}
	require.Zero(t, d.end())
}

// inMemory looks for a text in what a process can write to.
func inMemory(t *testing.T, pid int, text []byte) bool {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	require.NoError(t, err)
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if os.IsPermission(err) {
		t.Skip("this system does not let a parent read its child's memory")
	}
	require.NoError(t, err)
	defer func() { _ = mem.Close() }()
	for line := range strings.Lines(string(maps)) {
		var from, to int64
		var mode string
		if n, _ := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); n != 3 || !strings.HasPrefix(mode, "rw") {
			continue
		}
		const chunk = 1 << 20
		buf := make([]byte, chunk+len(text))
		for at := from; at < to; at += chunk {
			n, _ := mem.ReadAt(buf[:min(int64(len(buf)), to-at)], at)
			if bytes.Contains(buf[:n], text) {
				return true
			}
		}
	}
	return false
}
