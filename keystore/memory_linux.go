package keystore

import "golang.org/x/sys/unix"

// mainMemory is the size of main memory in bytes.
func mainMemory() (uint64, bool) {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0, false
	}
	return uint64(info.Totalram) * uint64(info.Unit), true
}
