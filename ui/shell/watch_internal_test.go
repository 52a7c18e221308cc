package shell

import (
	"testing"
	"time"

	"thistle/app"

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

func TestPace(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	p := app.Progress{Running: true, Peers: 1, Height: 0, Target: 1000}
	var e pace
	require.Zero(t, e.left(now, p), "nothing is known of the speed yet")
	p.Height = 100
	require.Equal(t, 90*time.Second, e.left(now.Add(10*time.Second), p))
	require.Equal(t, 180*time.Second, e.left(now.Add(20*time.Second), p), "it went slower since")
	p.Height, p.Current = 1000, true
	p.FilterHeaders, p.Filters = 1000, 1000
	require.Zero(t, e.left(now.Add(30*time.Second), p), "all is there")
}
