package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const onion = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:8333"

func TestPickSeeds(t *testing.T) {
	t.Parallel()
	got, err := pickSeeds("# a comment\n1.2.3.4:8333 # AS1\n\n1.2.9.9:8333\n5.6.7.8:18333\n" +
		strings.ToUpper(onion) + "\n[2a02:1::1]:8333\n[2a02:1:ffff::1]:8333\n")
	require.NoError(t, err)
	require.Equal(t, []string{"1.2.3.4:8333", "5.6.7.8:18333", "[2a02:1::1]:8333", onion}, got)
	for _, bad := range []string{
		"1.2.3.4", "1.2.3.4:0", "1.2.3.4:x", "10.0.0.1:8333", "127.0.0.1:8333", "seed.example:8333",
		"q" + onion[1:], "aaaaaaaaaaaaaaaa.onion:8333",
	} {
		_, err := pickSeeds(bad)
		require.Error(t, err, bad)
	}
	var many strings.Builder
	for i := range maxSeeds + 1 {
		fmt.Fprintf(&many, "%d.%d.0.1:8333\n", 20+i/200, i%200)
	}
	_, err = pickSeeds(many.String())
	require.Error(t, err)
}

func TestWriteSeeds(t *testing.T) {
	t.Parallel()
	in, out := filepath.Join(t.TempDir(), "signet.txt"), t.TempDir()
	for text, want := range map[string]string{"1.2.3.4:8333 # x\n": "1.2.3.4:8333\n", "": "# None are known yet.\n"} {
		require.NoError(t, os.WriteFile(in, []byte(text), 0o600))
		require.NoError(t, writeSeeds(in, out))
		got, err := os.ReadFile(filepath.Join(out, "signet.txt"))
		require.NoError(t, err)
		require.Equal(t, "# Addresses of peers of signet that have been up for long, one a line.\n"+want, string(got))
	}
	require.Error(t, writeSeeds(filepath.Join(out, "missing.txt"), out))
}

// The lists that ship are what would be made of them.
func TestEmbeddedSeeds(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../seeds/*.txt")
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, file := range files {
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		out := t.TempDir()
		require.NoError(t, writeSeeds(file, out))
		got, err := os.ReadFile(filepath.Join(out, filepath.Base(file)))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	}
}
