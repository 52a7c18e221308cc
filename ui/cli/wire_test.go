package cli_test

import (
	"bytes"
	"testing"

	"thistle/ui/cli"

	"github.com/stretchr/testify/require"
)

// FuzzFrame: what is read as a frame is written as it was.
func FuzzFrame(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0, 7, 0, 0, 0, 2, 'h', 'i', 'x'})
	f.Add([]byte{3, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{1, 0, 0, 0, 7, 0xff, 0, 0, 2, 'h', 'i'})
	f.Add([]byte{99, 0, 0, 0, 7, 0, 0, 0, 0})
	f.Add([]byte{1, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		again, rest, err := cli.RepeatFrame(b)
		if err == nil {
			require.Equal(t, b, append(again, rest...))
		}
	})
}

func TestFrames(t *testing.T) {
	t.Parallel()
	for _, bad := range [][]byte{nil, {1}, {0, 0, 0, 0, 0, 0, 0, 0, 0}, {11, 0, 0, 0, 0, 0, 0, 0, 0}, {1, 0, 0, 0, 0, 0, 0, 0, 1}, {1, 0, 0, 0, 0, 0, 0x10, 0, 1}} {
		_, _, err := cli.RepeatFrame(bad)
		require.Error(t, err, "%v", bad)
	}
	again, rest, err := cli.RepeatFrame([]byte{10, 1, 2, 3, 4, 0, 0, 0, 1, 'a', 'b'})
	require.NoError(t, err)
	require.Equal(t, []byte{10, 1, 2, 3, 4, 0, 0, 0, 1, 'a'}, again)
	require.True(t, bytes.Equal([]byte{'b'}, rest))
}
