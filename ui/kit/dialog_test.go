package kit_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"thistle/ui/kit"
	"thistle/ui/kit/kittest"
)

func host(t *testing.T) (kit.Host, fyne.Canvas) {
	t.Helper()
	kittest.App(t, kit.Light)
	w := kittest.Window(t, kit.Column(0, kit.Primary("under", "Send", nil, func() {})))
	return kit.Host{Window: w}, w.Canvas()
}

func TestConfirm(t *testing.T) {
	h, c := host(t)
	var answers []bool
	show := func() {
		kit.Confirm(h, "Lock the wallet?", "Nothing is lost.", "Lock", "Not now", func(yes bool) { answers = append(answers, yes) })
		require.Equal(t, "Lock the wallet?", kittest.Text(t, c, "dialog.title"))
		require.Equal(t, "Nothing is lost.", kittest.Text(t, c, "dialog.text"))
	}
	show()
	kittest.Tap(t, c, "dialog.yes")
	require.False(t, kittest.Has(t, c, "dialog.yes"))
	show()
	kittest.Tap(t, c, "dialog.no")
	show()
	kittest.Key(t, c, fyne.KeyEscape)
	require.False(t, kittest.Has(t, c, "dialog.yes"))
	require.Equal(t, []bool{true, false, false}, answers)
	kit.Confirm(h, "Q", "", "Yes", "No", nil)
	require.Equal(t, "dialog.yes", kittest.Focused(t, c))
}

func TestShowProblem(t *testing.T) {
	h, c := host(t)
	kit.ShowProblem(h, strings.Repeat("No peer answered within a minute. ", 8))
	require.Contains(t, kittest.Text(t, c, "dialog.text"), "No peer answered")
	text, ok := kittest.Find(t, c, "dialog.text"), kittest.Find(t, c, "dialog.ok")
	require.Greater(t, text.Size().Height, float32(60), "long words wrap")
	require.GreaterOrEqual(t, text.Size().Width, float32(300))
	require.NotZero(t, ok.Size())
	kittest.Key(t, c, fyne.KeyEscape)
	require.Empty(t, c.Overlays().List())
}

func TestSaveFile(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	require.NoError(t, os.Mkdir(filepath.Join(home, "Documents"), 0o700))
	h, c := host(t)
	var path string
	var problem error
	calls := 0
	save := func(data string) {
		kit.SaveFile(h, "proof.txt", []byte(data), func(p string, err error) { path, problem = p, err; calls++ })
	}

	save("one")
	require.Equal(t, "dialog.path", kittest.Focused(t, c))
	require.Equal(t, filepath.Join(home, "Documents", "proof.txt"), kittest.Text(t, c, "dialog.path"))
	kittest.Choose(t, c, "dialog.folder", home)
	require.Equal(t, filepath.Join(home, "proof.txt"), kittest.Text(t, c, "dialog.path"))
	kittest.Tap(t, c, "dialog.save")
	require.NoError(t, problem)
	require.Equal(t, filepath.Join(home, "proof.txt"), path)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "one", string(got))

	save("two")
	kittest.Type(t, c, "dialog.path", path)
	kittest.Tap(t, c, "dialog.save")
	require.Equal(t, 1, calls, "nothing is replaced unasked")
	require.Contains(t, kittest.Text(t, c, "dialog.hint"), "already")
	kittest.Type(t, c, "dialog.path", path)
	require.False(t, kittest.Has(t, c, "dialog.hint"), "typing asks again")
	kittest.Tap(t, c, "dialog.save")
	kittest.Tap(t, c, "dialog.save")
	require.Equal(t, 2, calls)
	got, err = os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "two", string(got))

	save("three")
	kittest.Tap(t, c, "dialog.cancel")
	require.Empty(t, path)
	require.NoError(t, problem)
	save("three")
	kittest.Type(t, c, "dialog.path", filepath.Join(home, "no such folder", "x"))
	kittest.Tap(t, c, "dialog.save")
	require.ErrorIs(t, problem, os.ErrNotExist)
	require.Empty(t, path)
	require.Equal(t, 4, calls)
	kit.SaveFile(h, "x", nil, nil)
	kittest.Tap(t, c, "dialog.cancel")
}
