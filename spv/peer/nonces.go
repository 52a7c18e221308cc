package peer

import (
	"crypto/rand"
	"encoding/binary"
	"sync"
)

// NonceSet holds the nonces of our version messages while their handshakes
// last. A peer that sends one of them is ourselves, or an echo. The zero value
// is empty and ready; it is safe for concurrent use.
type NonceSet struct {
	mu   sync.Mutex
	held map[uint64]struct{}
}

// draw makes a random nonce that is not zero and holds it until forget.
func (s *NonceSet) draw() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		var b [8]byte
		rand.Read(b[:]) // ends the process rather than fail
		n := binary.LittleEndian.Uint64(b[:])
		if _, used := s.held[n]; n == 0 || used {
			continue
		}
		if s.held == nil {
			s.held = make(map[uint64]struct{})
		}
		s.held[n] = struct{}{}
		return n
	}
}

func (s *NonceSet) has(n uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.held[n]
	return ok
}

func (s *NonceSet) forget(n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.held, n)
}
