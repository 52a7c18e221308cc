package kittest

import (
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"
)

// Shot keeps a picture of the canvas, for a person to look at, in the folder that
// THISTLE_SHOTS names. Without that it only draws, which must not fail either.
func Shot(t testing.TB, c fyne.Canvas, name string) {
	t.Helper()
	settle(c)
	img := c.Capture()
	dir := os.Getenv("THISTLE_SHOTS")
	if dir == "" {
		return
	}
	require.NoError(t, os.MkdirAll(dir, 0o755))
	f, err := os.Create(filepath.Join(dir, name+".png"))
	require.NoError(t, err)
	require.NoError(t, png.Encode(f, img))
	require.NoError(t, f.Close())
}
