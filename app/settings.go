package app

import (
	"thistle/app/config"
	"thistle/spv"
)

// Settings is how a person likes the window; nothing in it is secret.
type Settings = config.Settings

// Data is how much of the chain is fetched and kept.
type Data = config.Data

// Peering is how other peers are found and met.
type Peering = config.Peering

// CheckPeering refuses, with KindPeering, what cannot be used or would reveal
// what is asked to be hidden.
func CheckPeering(p Peering) error { return failure("choose peers", p.Check()) }

// Blocks that may be read whole: how many usually, and how many at most.
const (
	DefaultFullBlocks = spv.DefaultFullBlocks
	MaxFullBlocks     = config.MaxFullBlocks
)

// LoadSettings reads the settings of a data folder for a network, the usual ones
// where there are none or they make no sense. They can be used also if there is
// an error, which says that a file is there and could not be read; then their
// Peering is unknown, and refused.
func LoadSettings(dataDir, network string) (Settings, error) {
	s, err := config.LoadSettings(dataDir, network)
	return s, failure("read settings", err)
}

// SaveSettings writes what of the settings of a data folder has changed from was
// to now, those about peers for a network; what other programs have changed
// meanwhile stays. Errors are of the disk's kinds.
func SaveSettings(dataDir, network string, was, now Settings) error {
	return failure("save settings", config.SaveSettings(dataDir, network, was, now))
}
