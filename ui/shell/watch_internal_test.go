package shell

import (
	"testing"
	"time"

	"thistle/app"
	"thistle/ui/present"

	"github.com/stretchr/testify/require"
)

// TestManyEventsAreFewSnapshots: however much happens, the window is drawn four
// times a second at most.
func TestManyEventsAreFewSnapshots(t *testing.T) {
	t.Parallel()
	o, stop := Options{Tick: make(chan time.Time), Dispatch: func(f func()) { f() }}.filled()
	defer stop()
	c := newController(o)
	drawn := make(chan time.Time, 100)
	c.spawn(func() {
		c.watch(func(_ view, done func()) {
			drawn <- time.Now()
			done()
		}, func() {})
	})
	begin := time.Now()
	for i := range 10_000 {
		c.hear(app.Headers{Height: int32(i)})
	}
	<-drawn
	c.newsFromSession() // nothing is lost: the last news is drawn as well
	<-drawn
	took := time.Since(begin)
	require.True(t, c.close())
	require.LessOrEqual(t, len(drawn), int(took/drawPause))
}

// TestAStuckWindowIsNotFlooded: the next snapshot waits until the last one was
// drawn.
func TestAStuckWindowIsNotFlooded(t *testing.T) {
	t.Parallel()
	tick := make(chan time.Time)
	o, _ := Options{Tick: tick, Dispatch: func(f func()) { f() }}.filled()
	c := newController(o)
	done := make(chan func(), 100)
	c.spawn(func() { c.watch(func(_ view, drawn func()) { done <- drawn }, func() {}) })
	c.newsFromSession()
	first := <-done
	c.newsFromSession()
	require.Empty(t, done)
	first()
	<-done
	require.True(t, c.close())
}

// TestWhatIsUnderWayIsLookedAtAgain: filter headers, filters and searching come
// forward without events of their own.
func TestWhatIsUnderWayIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	running := app.Progress{Running: true, Peers: 2, Current: true, Height: 200}
	fetching := running
	fetching.Stages.Filters = app.Stage{Done: 56, Total: 200}
	for name, c := range map[string]struct {
		s     present.Snapshot
		again bool
	}{
		"at rest":          {present.Snapshot{Progress: running}, false},
		"fetching filters": {present.Snapshot{Progress: fetching}, true},
		"searching":        {present.Snapshot{Progress: running, Wallet: "a"}, true},
		"all is known":     {present.Snapshot{Progress: running, Wallet: "a", Status: app.Status{Final: true}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, stop := Options{}.filled()
			defer stop()
			ctl := newController(o)
			drawn := make(chan struct{})
			close(drawn)
			require.True(t, ctl.rest(drawn, c.s))
			require.Equal(t, c.again, len(ctl.dirty) == 1)
		})
	}
}

// TestTurns come one after the other, on whichever goroutine, and none after the
// end.
func TestTurns(t *testing.T) {
	t.Parallel()
	var q turns
	q.done.L = &q.mu
	begun, goOn, over := make(chan struct{}), make(chan struct{}), make(chan struct{})
	order := make(chan string, 10)
	q.add(turn{do: func() { close(begun); <-goOn; order <- "first" }})
	go func() { defer close(over); q.run() }()
	<-begun
	q.add(turn{do: func() { order <- "second" }})
	q.run() // somebody runs already: returns at once
	require.Empty(t, order)
	close(goOn)
	<-over
	require.Equal(t, "first", <-order)
	require.Equal(t, "second", <-order)

	never := func() { order <- "too late" }
	q.add(turn{do: never, dropped: func() { order <- "dropped" }})
	q.end()
	q.wait()
	q.add(turn{do: never, dropped: func() { order <- "dropped" }})
	q.add(turn{do: never})
	q.run()
	require.Equal(t, "dropped", <-order)
	require.Equal(t, "dropped", <-order)
	require.Empty(t, order)
}
