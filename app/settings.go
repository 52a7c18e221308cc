package app

import (
	"thistle/app/config"
	"thistle/spv"
)

// Settings is how a person likes the window; nothing in it is secret.
type Settings = config.Settings

// Data is how much of the chain is fetched and kept.
type Data = config.Data

// Blocks that may be read whole: how many usually, and how many at most.
const (
	DefaultFullBlocks = spv.DefaultFullBlocks
	MaxFullBlocks     = config.MaxFullBlocks
)

// LoadSettings reads the settings of a data folder, the usual ones where there
// are none or they make no sense. They can be used also if there is an error,
// which says that a file is there and could not be read.
func LoadSettings(dataDir string) (Settings, error) {
	s, err := config.LoadSettings(dataDir)
	return s, failure("read settings", err)
}

// SaveSettings writes the settings of a data folder. Errors are of the disk's
// kinds.
func SaveSettings(dataDir string, s Settings) error {
	return failure("save settings", config.SaveSettings(dataDir, s))
}
