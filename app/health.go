package app

import (
	"errors"
	"syscall"

	"thistle/spv"
)

// Health is how well the peer is connected: in a Condition, and in the numbers
// behind it.
type Health = spv.Health

// Condition is what a person should know first about the connection.
type Condition = spv.Condition

// The conditions, as package spv explains them.
const (
	HealthGood         = spv.HealthGood
	HealthStarting     = spv.HealthStarting
	HealthLone         = spv.HealthLone
	HealthFew          = spv.HealthFew
	HealthUnfiltered   = spv.HealthUnfiltered
	HealthNodeBypassed = spv.HealthNodeBypassed
	HealthNodeStuck    = spv.HealthNodeStuck
	HealthOld          = spv.HealthOld
	HealthDispute      = spv.HealthDispute
	HealthClock        = spv.HealthClock
	HealthEclipse      = spv.HealthEclipse
	HealthOffline      = spv.HealthOffline
)

// Health is how well the session's peer is connected. False says that it does not
// run.
func (s *Session) Health() (Health, bool) {
	chain, running := s.client()
	if chain == nil || !running {
		return Health{}, false
	}
	return chain.Health(), true
}

// Health is how well the wallet's peer is connected. False says that it does not
// run.
func (w *Wallet) Health() (Health, bool) {
	chain := w.online()
	if chain == nil {
		return Health{}, false
	}
	return chain.Health(), true
}

// Listening tells where others can connect to us.
type Listening struct {
	Addr string // "host:port", empty if nowhere
	// Problem says why not though they should, as a clause; it is tried again.
	Problem string
}

// Listening tells where others can connect to the session's peer.
func (s *Session) Listening() Listening {
	chain, running := s.client()
	if chain == nil || !running {
		return Listening{}
	}
	return listeningOf(chain)
}

// Listening tells where others can connect to the wallet's peer.
func (w *Wallet) Listening() Listening {
	chain := w.online()
	if chain == nil {
		return Listening{}
	}
	return listeningOf(chain)
}

func listeningOf(chain *spv.Client) Listening {
	return Listening{Addr: chain.ListenAddr(), Problem: listenProblem(chain.ListenError())}
}

func listenProblem(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, syscall.EADDRINUSE):
		return "another program has that port"
	case errors.Is(err, syscall.EACCES):
		return "the system does not allow that port"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "this computer has no such address"
	}
	return "the port cannot be opened"
}
