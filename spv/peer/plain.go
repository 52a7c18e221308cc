package peer

import "sync"

// maxPlain bounds the addresses remembered to speak plain text.
const maxPlain = 4096

// PlainSet holds addresses that did not answer an encrypted greeting, so that the
// next one is in plain text at once. The zero value is empty and ready; it is safe
// for concurrent use.
type PlainSet struct {
	mu   sync.Mutex
	held map[string]struct{}
}

func (s *PlainSet) has(addr string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.held[addr]
	return ok
}

// add forgets any other address if there are too many: the worst is one more
// greeting.
func (s *PlainSet) add(addr string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil {
		s.held = make(map[string]struct{})
	}
	for other := range s.held {
		if len(s.held) < maxPlain {
			break
		}
		delete(s.held, other)
	}
	s.held[addr] = struct{}{}
}

func (s *PlainSet) drop(addr string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.held, addr)
}
