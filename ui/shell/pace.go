package shell

import (
	"time"

	"thistle/app"
)

// paceWindow is how far back the speed of catching up is measured.
const paceWindow = 30 * time.Second

// pace says how long catching up takes still, from how fast it went lately.
type pace struct {
	stage   int
	samples []sample
}

type sample struct {
	at   time.Time
	done int32
}

// stageOf is what is being fetched, how far, and how far it goes.
func stageOf(p app.Progress) (stage int, done, goal int32) {
	switch {
	case !p.Running || p.Peers == 0:
		return 0, 0, 0
	case !p.Current:
		return 1, p.Height, p.Target
	case p.FiltersFrom < 0: // nobody has asked for any
		return 0, 0, 0
	case p.FilterHeaders < p.Height:
		return 2, p.FilterHeaders, p.Height
	case p.Filters < p.Height:
		return 3, p.Filters, p.Height
	}
	return 0, 0, 0
}

// left is how long the present stage takes still, 0 if nothing is under way or
// nobody can say.
func (e *pace) left(now time.Time, p app.Progress) time.Duration {
	stage, done, goal := stageOf(p)
	if stage != e.stage {
		*e = pace{stage: stage}
	}
	if stage == 0 {
		return 0
	}
	e.samples = append(e.samples, sample{now, done})
	for len(e.samples) > 2 && now.Sub(e.samples[0].at) > paceWindow {
		e.samples = e.samples[1:]
	}
	first := e.samples[0]
	took, gained := now.Sub(first.at), done-first.done
	if took < 2*time.Second || gained <= 0 || goal <= done {
		return 0
	}
	return time.Duration(float64(took) * float64(goal-done) / float64(gained))
}
