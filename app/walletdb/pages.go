package walletdb

import (
	"errors"
	"fmt"
	"io"

	"thistle/boltpages"
)

// pageSize is that of files made here, whatever the system's.
const pageSize = 4096

// checkPages checks the structure of a file before bbolt follows its pointers.
func checkPages(r io.ReaderAt, size int64) error {
	metas, err := boltpages.Metas(r, size)
	switch {
	case err != nil:
	case len(metas) < 2:
		return corrupt("a meta page is lost")
	case metas[0].PageSize != pageSize:
		return corrupt("pages of %d bytes", metas[0].PageSize)
	// An older pair means that a later meta page was lost.
	case metas[0].Tx != metas[1].Tx+1:
		return corrupt("meta pages of transactions %d and %d", metas[0].Tx, metas[1].Tx)
	default:
		err = metas[0].Check(r, size)
	}
	if errors.Is(err, boltpages.ErrDamaged) {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}
