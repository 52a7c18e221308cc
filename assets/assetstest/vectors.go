// Package assetstest finds the published test vectors for tests of every layer.
//
// The vectors are not part of the module. They are looked for in the folder
// named by $THISTLE_VECTORS, else in ../shared/vectors as seen from the
// module's root. A test that needs one and does not find the folder is skipped
// with a line that says so; a file missing from a folder that exists is a
// failure, because a vector that quietly vanishes tests nothing.
package assetstest

import (
	"os"
	"path/filepath"
	"testing"
)

// Vector returns the content of the vector file with this slash-separated
// name, "bip39/english.txt" say.
func Vector(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(VectorPath(t, name))
	if err != nil {
		t.Fatalf("vector: %v", err)
	}
	return b
}

// VectorPath returns the path of a vector file, for files better read as a
// stream.
func VectorPath(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("THISTLE_VECTORS")
	if dir == "" {
		dir = filepath.Join(filepath.Dir(moduleRoot(t)), "shared", "vectors")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("test vectors are not at %s: set THISTLE_VECTORS to their folder", dir)
	}
	return filepath.Join(dir, filepath.FromSlash(name))
}

// moduleRoot walks up from the test's folder to the one that holds go.mod.
func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = parent
	}
}
