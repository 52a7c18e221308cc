package app

import "thistle/spv"

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
