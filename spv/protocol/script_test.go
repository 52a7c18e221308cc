package protocol_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"thistle/spv/spvtest"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the answers of the scripts anew")

// TestScripts runs the stories in testdata. They are meant to be read; see
// spvtest.Script for their language.
func TestScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 10)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			got, err := spvtest.RunScript(string(want))
			require.NoError(t, err)
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
				return
			}
			require.Equal(t, string(want), got, "if the change is meant, run: go test ./spv/protocol -run TestScripts -update")
		})
	}
}
