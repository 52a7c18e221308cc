package shell

// Locked says that no wallet is open, whatever is shown.
func (s *Shell) Locked() bool {
	s.ctl.life.Lock()
	defer s.ctl.life.Unlock()
	o := s.ctl.acquire()
	if o != nil {
		o.uses.Done()
	}
	return o == nil
}
