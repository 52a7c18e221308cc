package store

import (
	"log/slog"
	"path/filepath"
	"sync"
)

// maxOpen bounds the segment files open, and what is known of them in memory, at
// a time: a whole chain has hundreds, 48 MB together, and some systems allow a
// process 1,024 files, peers included.
const maxOpen = 64

// pool closes segment files that were opened longest ago.
type pool struct {
	mu    sync.Mutex
	files []*segment
	log   *slog.Logger
}

func (p *pool) warn(path string, err error) {
	p.log.Warn("filter segment cannot be read", "file", filepath.Base(path), "err", err)
}

// opened notes that g, whose lock the caller holds, has opened its file, and
// closes another one if there are too many. One that is in use or has something
// to sync is left for later.
func (p *pool) opened(g *segment) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files = append(p.files, g)
	for tries := len(p.files); tries > 0 && len(p.files) > maxOpen; tries-- {
		old := p.files[0]
		p.files = p.files[1:]
		if old == g || !old.mu.TryLock() {
			p.files = append(p.files, old)
			continue
		}
		if len(old.pending) > 0 {
			p.files = append(p.files, old)
		} else {
			old.unload()
		}
		old.mu.Unlock()
	}
}
