//go:build !linux

package keystore

// mainMemory is not known here.
func mainMemory() (uint64, bool) { return 0, false }
