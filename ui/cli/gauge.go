package cli

import (
	"fmt"
	"sync"
	"time"
)

// gaugeTick is how often progress is looked at.
const gaugeTick = 250 * time.Millisecond

// gauge is the line of progress on stderr, if that is a terminal.
type gauge struct {
	p    *program
	mu   sync.Mutex
	text string // on screen now
	off  bool
}

// set shows a text in place of the one before.
func (g *gauge) set(text string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.p.deps.ErrTerminal || g.off || text == g.text {
		return
	}
	g.text = text
	_, _ = fmt.Fprint(g.p.deps.Stderr, "\r\x1b[K"+text+" …")
}

// clear takes the line away, before something else is printed.
func (g *gauge) clear() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.text != "" {
		_, _ = fmt.Fprint(g.p.deps.Stderr, "\r\x1b[K")
		g.text = ""
	}
}

// stop takes the line away for good.
func (g *gauge) stop() {
	g.clear()
	g.mu.Lock()
	g.off = true
	g.mu.Unlock()
}
