package present_test

import (
	"testing"
	"time"

	"thistle/ui/present"

	"github.com/stretchr/testify/require"
)

func TestDaysAndMoments(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 2*60*60)
	now := time.Date(2026, 11, 22, 0, 30, 0, 0, zone)
	for _, c := range []struct {
		at        time.Time
		day, past string
	}{
		{time.Time{}, "", ""},
		{now, "Today", "just now"},
		{now.Add(time.Hour), "Today", "just now"},
		{now.Add(-59 * time.Second), "Today", "just now"},
		{now.Add(-4 * time.Minute), "Today", "4 min ago"},
		{now.Add(-59 * time.Minute), "Yesterday", "59 min ago"},
		{now.Add(-25 * time.Minute).UTC(), "Today", "25 min ago"},
		{now.Add(-2 * time.Hour), "Yesterday", "2 h ago"},
		{now.Add(-24 * time.Hour), "Yesterday", "1 day ago"},
		{now.Add(-3*24*time.Hour - time.Hour), "18 Nov", "3 days ago"},
		{now.Add(-31 * 24 * time.Hour), "22 Oct", "22 Oct"},
		{time.Date(2025, 11, 22, 12, 0, 0, 0, zone), "22 Nov 2025", "22 Nov 2025"},
		{time.Date(2025, 12, 31, 23, 0, 0, 0, time.UTC), "1 Jan", "1 Jan"},
	} {
		require.Equal(t, c.day, present.Day(c.at, now), "%v", c.at)
		require.Equal(t, c.past, present.Ago(c.at, now), "%v", c.at)
	}
	at := time.Date(2026, 11, 2, 22, 9, 59, 0, time.UTC)
	require.Equal(t, "3 Nov 2026 00:09", present.Moment(at, now))
	require.Equal(t, "3 Nov 2026", present.Date(at, now))
	require.Empty(t, present.Moment(time.Time{}, now)+present.Date(time.Time{}, now))
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Hour: "under a second", 0: "under a second", 999 * time.Millisecond: "under a second",
		time.Second: "1 s", 59900 * time.Millisecond: "59 s", time.Minute: "1 min", 119 * time.Second: "1 min",
		time.Hour: "1 h", 130 * time.Minute: "2 h 10 min", 47 * time.Hour: "47 h", 48 * time.Hour: "2 days", 99 * time.Hour: "4 days",
	} {
		require.Equal(t, want, present.Duration(d))
	}
}
