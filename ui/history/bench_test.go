package history_test

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"

	"thistle/ui/history"
	"thistle/ui/kit"
	"thistle/ui/kit/kittest"
	"thistle/ui/present"
)

// BenchmarkUpdate compares a short history with a long one: what an update and a
// step of scrolling cost should hardly differ.
func BenchmarkUpdate(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			kittest.App(b, kit.Light)
			window := fyne.CurrentApp().NewWindow("")
			defer window.Close()
			s := history.New(kit.Host{Window: window}, history.Actions{Details: func(string, func(*present.Payment, string)) {}})
			window.SetContent(s.Content())
			window.Resize(fyne.NewSize(920, 712))
			states := []present.HistoryState{present.HistoryOf(snapshot(n), present.Filter{}), present.HistoryOf(snapshot(n), present.Filter{})}
			s.Update(states[0])
			s.Select(id(1).String())
			for i := 0; b.Loop(); i++ {
				s.Update(states[i%2])
				s.Select(id(n - i%n).String())
			}
		})
	}
}
