package spv

import "thistle/spv/protocol"

// drop deletes the filters that the machine has given up.
func (s *saver) drop() error {
	below := s.below
	if below == 0 {
		return nil
	}
	s.below = 0
	s.c.log.Info("old filters make room for new ones", "below", below)
	return s.c.store.DropFilters(below)
}

// trim asks the machine to give up filters that have served, where they take
// more room than they may.
func (s *saver) trim() {
	limit := s.c.cfg.FilterLimit
	if limit <= 0 {
		return
	}
	s.c.mu.RLock()
	used := s.c.used
	s.c.mu.RUnlock()
	if below := s.c.store.FiltersOver(limit, used+1); below > 0 {
		s.c.commands.put(protocol.TrimFilters{Below: below})
	}
}
