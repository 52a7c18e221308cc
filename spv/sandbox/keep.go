package sandbox

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/btcsuite/btcd/btcutil/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/gofrs/flock"
)

// ErrInUse is returned by Start and Network for a folder that another program,
// or another node, is using.
var ErrInUse = errors.New("the folder is in use by another program")

// The files of a node's folder. btcd's database is none of them: it holds on to
// what it knows for minutes, and a node that was killed would have told its peers
// of blocks it has forgotten. So every block is kept in a list of our own before
// anybody hears of it, and the database is made anew from the list, which takes
// half a millisecond a block.
const (
	blocksName = "blocks"
	poolName   = "mempool"
	faucetName = "faucet.key"
	lockName   = "lock"
	chainName  = "chain" // btcd's
)

// A list is a name and records: length, checksum, bytes.
const (
	listName   = "thistle1"
	recordHead = 8
	maxRecord  = wire.MaxBlockPayload
)

// kept is a node's folder, nil for a node that keeps nothing.
type kept struct {
	dir    string
	lock   *flock.Flock
	blocks *os.File
	fresh  []byte // records of blocks that were not written yet
	pool   []byte // the file of the mempool as it was last written
	err    error  // the first that happened; nothing is written after it
}

// openFolder makes the folder ready, and takes it for this node alone.
func (n *Node) openFolder() error {
	if n.opt.DataDir == "" {
		dir, err := os.MkdirTemp("", "thistle-sandbox-")
		if err != nil {
			return fmt.Errorf("sandbox: temporary folder: %w", err)
		}
		n.dir, n.temp = dir, dir
		return nil
	}
	n.dir = n.opt.DataDir
	if err := os.MkdirAll(n.dir, 0o700); err != nil {
		return fmt.Errorf("sandbox: data folder: %w", err)
	}
	lock := flock.New(filepath.Join(n.dir, lockName))
	mine, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("sandbox: data folder: %w", err)
	}
	if !mine {
		return fmt.Errorf("sandbox: %s: %w", n.dir, ErrInUse)
	}
	n.kept = &kept{dir: n.dir, lock: lock}
	n.temp = filepath.Join(n.dir, chainName)
	if err := os.RemoveAll(n.temp); err != nil {
		return fmt.Errorf("sandbox: data folder: %w", err)
	}
	return nil
}

// takeUp brings the chain and the mempool back that the folder holds.
func (n *Node) takeUp() error {
	if n.kept == nil {
		return nil
	}
	path := filepath.Join(n.dir, blocksName)
	blocks, whole, err := readList(path)
	if err != nil {
		return fmt.Errorf("sandbox: read blocks: %w", err)
	}
	good, err := n.replay(blocks)
	if err != nil {
		return err
	}
	n.kept.blocks, err = n.kept.openBlocks(path, blocks[:good], whole && good == len(blocks))
	if err != nil {
		return fmt.Errorf("sandbox: keep blocks: %w", err)
	}
	if good > 0 {
		n.nonce = n.now().UnixNano() // beyond those of the coinbases that are there
	}
	n.takeUpPool()
	return nil
}

// replay judges blocks again, in the order in which they came, and tells how many
// are good.
func (n *Node) replay(records [][]byte) (good int, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, raw := range records {
		if n.ctx.Err() != nil {
			return good, ErrClosed
		}
		block, err := btcutil.NewBlockFromBytes(raw)
		if err == nil {
			// Were the clock set back since, the block would be from the future.
			n.notBefore = maxTime(n.notBefore, block.MsgBlock().Header.Timestamp)
			var orphan bool
			if orphan, err = n.addBlock(block); err == nil && orphan {
				err = errors.New("its parent is missing")
			}
		}
		if err != nil {
			n.log.Warn("a kept block cannot be used", "number", good, "err", err)
			break
		}
		good++
	}
	n.notBefore = time.Time{}
	n.news = change{} // nobody is there to be told
	return good, nil
}

// takeUpPool offers what was unconfirmed to the mempool again.
func (n *Node) takeUpPool() {
	path := filepath.Join(n.dir, poolName)
	records, whole, err := readList(path)
	if err == nil && !whole {
		_, err = SetAside(path)
	}
	if err != nil {
		n.log.Warn("the kept mempool cannot be read", "err", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	var txs []*btcutil.Tx
	for _, raw := range records {
		if tx, err := btcutil.NewTxFromBytes(raw); err == nil {
			txs = append(txs, tx)
		}
	}
	n.readmit(txs)
	for _, d := range n.poolDescs() {
		n.faucet.lookTx(d.Tx)
	}
}

// openBlocks opens the list for more. A list that ends in damage is set aside,
// and what is good of it written anew.
func (k *kept) openBlocks(path string, good [][]byte, whole bool) (*os.File, error) {
	if !whole {
		if _, err := SetAside(path); err != nil {
			return nil, err
		}
		list := []byte(listName)
		for _, raw := range good {
			list = appendRecord(list, raw)
		}
		if err := writeFile(path, list); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
}

// keepBlock notes a block that was accepted. The caller holds mu.
func (n *Node) keepBlock(block *btcutil.Block) {
	if n.kept == nil || n.kept.blocks == nil {
		return
	}
	raw, err := block.Bytes()
	if err != nil {
		n.kept.failed(err)
		return
	}
	n.kept.fresh = appendRecord(n.kept.fresh, raw)
}

// keep writes what has changed, before anybody is told. The caller holds mu.
func (n *Node) keep() {
	k := n.kept
	if k == nil || k.blocks == nil || k.err != nil {
		return
	}
	if len(k.fresh) > 0 {
		_, err := k.blocks.Write(k.fresh)
		k.fresh = k.fresh[:0]
		if k.failed(errors.Join(err, k.blocks.Sync())) {
			n.log.Error("blocks can no longer be kept", "err", k.err)
			return
		}
	}
	list := []byte(listName)
	for _, d := range n.poolDescs() {
		var raw bytes.Buffer
		if err := d.Tx.MsgTx().Serialize(&raw); err == nil {
			list = appendRecord(list, raw.Bytes())
		}
	}
	if bytes.Equal(list, k.pool) {
		return
	}
	if k.failed(writeFile(filepath.Join(k.dir, poolName), list)) {
		n.log.Error("the mempool can no longer be kept", "err", k.err)
		return
	}
	k.pool = list
}

// failed notes an error, if it is one.
func (k *kept) failed(err error) bool {
	if err != nil && k.err == nil {
		k.err = err
	}
	return err != nil
}

// close gives the folder back.
func (k *kept) close() error {
	var err error
	if k.blocks != nil {
		err = k.blocks.Close()
	}
	return errors.Join(k.err, err, k.lock.Unlock())
}

// readList reads the records of a list up to the first that is damaged; whole
// says that there is none. A file that is not there is no list, and not whole.
func readList(path string) (records [][]byte, whole bool, err error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	data, ok := bytes.CutPrefix(data, []byte(listName))
	if !ok {
		return nil, false, nil
	}
	for len(data) > 0 {
		if len(data) < recordHead {
			return records, false, nil
		}
		length := uint64(binary.LittleEndian.Uint32(data))
		if length > maxRecord || uint64(len(data)-recordHead) < length {
			return records, false, nil
		}
		raw := data[recordHead : recordHead+length]
		if checksum(raw) != binary.LittleEndian.Uint32(data[4:]) {
			return records, false, nil
		}
		records, data = append(records, raw), data[recordHead+length:]
	}
	return records, true, nil
}

func appendRecord(list, raw []byte) []byte {
	list = binary.LittleEndian.AppendUint32(list, uint32(len(raw)))
	list = binary.LittleEndian.AppendUint32(list, checksum(raw))
	return append(list, raw...)
}

func checksum(raw []byte) uint32 {
	return binary.LittleEndian.Uint32(chainhash.HashB(raw))
}

// writeFile replaces a file as a whole.
func writeFile(path string, data []byte) error {
	next := path + ".new"
	if err := os.WriteFile(next, data, 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}

// SetAside renames a file or folder so that its place is free, and returns its
// new name; none if there was nothing.
func SetAside(path string) (string, error) {
	for i := 1; ; i++ {
		aside := fmt.Sprintf("%s.set-aside-%d", path, i)
		if _, err := os.Lstat(aside); !errors.Is(err, os.ErrNotExist) {
			if err != nil {
				return "", err
			}
			continue
		}
		err := os.Rename(path, aside)
		if errors.Is(err, os.ErrNotExist) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		return aside, nil
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
