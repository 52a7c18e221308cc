package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"

	"thistle/spv/addrmgr"
)

const (
	peersName  = "peers.db"
	peersMagic = "thistle peers\n"
	// peersSchema is the version of the file's layout.
	peersSchema = 1
	// maxPeersFile is more than a book can need; what is longer is not ours.
	maxPeersFile = 32 << 20
)

// Peers is what SavePeers kept last, empty if that is nothing. A file that is
// damaged, of another network or of another version is renamed aside. Errors are
// the system's.
func (s *Store) Peers() (book addrmgr.Snapshot, err error) {
	path := filepath.Join(s.dir, peersName)
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return book, nil
	}
	if err == nil {
		err = tighten(path, info)
	}
	if err == nil {
		book, err = s.readPeers(path, info)
	}
	if !errors.Is(err, ErrDamaged) {
		return book, err
	}
	aside, renameErr := setAside(path, err)
	if renameErr != nil {
		return book, fmt.Errorf("set %s aside: %w", peersName, renameErr)
	}
	s.log.Warn("peers.db was set aside", "file", aside, "err", err)
	return addrmgr.Snapshot{}, nil
}

func (s *Store) readPeers(path string, info os.FileInfo) (book addrmgr.Snapshot, err error) {
	if !info.Mode().IsRegular() || info.Size() > maxPeersFile {
		return book, fmt.Errorf("%w: %d bytes", ErrDamaged, info.Size())
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return book, err
	}
	head := len(peersMagic)
	if len(b) < head+12 || string(b[:head]) != peersMagic || crc32.Checksum(b[:len(b)-4], castagnoli) != binary.BigEndian.Uint32(b[len(b)-4:]) {
		return book, fmt.Errorf("%w: checksum", ErrDamaged)
	}
	if v := binary.BigEndian.Uint32(b[head:]); v != peersSchema {
		return book, fmt.Errorf("%w: %d", errNewer, v)
	}
	if binary.BigEndian.Uint32(b[head+4:]) != uint32(s.net.Net) {
		return book, errForeign
	}
	rest := b[head+8 : len(b)-4]
	for _, part := range []*[]byte{&book.Secret, &book.Addresses, &book.Bans, &book.Anchors} {
		if len(rest) < 4 || uint64(binary.BigEndian.Uint32(rest)) > uint64(len(rest)-4) {
			return addrmgr.Snapshot{}, fmt.Errorf("%w: cut", ErrDamaged)
		}
		size := 4 + binary.BigEndian.Uint32(rest)
		*part, rest = rest[4:size:size], rest[size:]
	}
	return book, nil
}

// SavePeers replaces what was kept of peers. It is written whole under another
// name first: a crash leaves the old or the new.
func (s *Store) SavePeers(book addrmgr.Snapshot) error {
	b := bytes.NewBufferString(peersMagic)
	word := func(v uint32) { b.Write(binary.BigEndian.AppendUint32(nil, v)) }
	word(peersSchema)
	word(uint32(s.net.Net))
	for _, part := range [][]byte{book.Secret, book.Addresses, book.Bans, book.Anchors} {
		word(uint32(len(part)))
		b.Write(part)
	}
	word(crc32.Checksum(b.Bytes(), castagnoli))
	if err := writeWhole(filepath.Join(s.dir, peersName), b.Bytes()); err != nil {
		return fmt.Errorf("save peers: %w", kind(err))
	}
	return nil
}
