package walletdb

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// Room to ask for: bbolt lets a file grow by up to 16 MiB at a time.
const (
	roomToWrite = 256 << 10
	roomToGrow  = 16 << 20
)

// noRoom reports whether an error is the system's refusal of room on disk. A limit
// on the size of files counts as well.
func noRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, errQuota) || errors.Is(err, syscall.EFBIG)
}

// full asks the system whether there is room for the file to grow: of some
// failures bbolt passes on the words only.
func (db *DB) full() bool {
	info, err := db.file.Stat()
	if err != nil {
		return false
	}
	size := info.Size()
	if err := db.file.Truncate(max(2*size, size+roomToGrow)); err != nil {
		return noRoom(err)
	}
	if err := db.file.Truncate(size); err != nil {
		return false
	}
	tmp, err := os.CreateTemp(filepath.Dir(db.file.Name()), ".wallet.db-*")
	if err != nil {
		return noRoom(err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(make([]byte, roomToWrite))
	return noRoom(errors.Join(err, tmp.Sync(), tmp.Close()))
}
