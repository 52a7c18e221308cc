package present

import (
	"strconv"
	"time"
)

// Day is a moment's day as seen from now, in now's time zone: "Today",
// "Yesterday", "12 Nov", "12 Nov 2025". It is empty for no moment at all, as all
// of these.
func Day(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(now.Location())
	switch {
	case sameDay(t, now):
		return "Today"
	case sameDay(t, now.AddDate(0, 0, -1)):
		return "Yesterday"
	case t.Year() == now.Year():
		return t.Format("2 Jan")
	}
	return Date(t, now)
}

func sameDay(a, b time.Time) bool { return a.YearDay() == b.YearDay() && a.Year() == b.Year() }

// Date is a day with its year, in now's time zone: "12 Nov 2025".
func Date(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(now.Location()).Format("2 Jan 2006")
}

// Moment is a day with its time, in now's time zone: "22 Nov 2026 08:19".
func Moment(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(now.Location()).Format("2 Jan 2006 15:04")
}

// aMonth is the number of days after which a date says more than their number.
const aMonth = 30

// Ago says how long something has been: "just now", "4 min ago", "2 h ago",
// "3 days ago", and the day if that was long ago. Clocks differ, blocks may be
// from two hours ahead: what has yet to come is just now.
func Ago(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	d := now.Sub(t)
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " min ago"
	case d < 24*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + " h ago"
	case d < aMonth*24*time.Hour:
		return Count(int(d/(24*time.Hour)), "day", "days") + " ago"
	}
	return Day(t, now)
}

// Duration is a length of time with no more precision than a person needs:
// "under a second", "40 s", "5 min", "2 h 10 min", "3 days".
func Duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return "under a second"
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + " s"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " min"
	case d < 48*time.Hour:
		text := strconv.Itoa(int(d/time.Hour)) + " h"
		if rest := int(d % time.Hour / time.Minute); rest > 0 {
			text += " " + strconv.Itoa(rest) + " min"
		}
		return text
	}
	return Count(int(d/(24*time.Hour)), "day", "days")
}
