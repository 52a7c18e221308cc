package light

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"maps"

	"github.com/btcsuite/btcd/btcutil/v2/bloom"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

const (
	// wantedRate is the rate of false positives per element tested where there is
	// room for it. A block of 2026 has some 30,000 elements.
	wantedRate = 1e-9
	// MaxElements is how many scripts and coins there may be: with more the filter
	// of 36,000 bytes would name several transactions of each block by chance.
	MaxElements = 16_000
	// spare is how many more elements the node may add in a round.
	spare = 200
)

// ErrTooMany says that there are more scripts and coins than MaxElements.
var ErrTooMany = errors.New("too many scripts for a filter")

// Watch is what is looked for: scripts, and the coins that pay them. It must not be
// used by several goroutines at once.
type Watch struct {
	scripts  map[string]int // by the first place in the list
	elements [][]byte
	coins    map[wire.OutPoint]int // by the script's place
	key      chainhash.Hash
}

// NewWatch looks for scripts. Payments to one that pushes no data are not found.
func NewWatch(scripts [][]byte) *Watch {
	w := &Watch{scripts: make(map[string]int, len(scripts)), coins: make(map[wire.OutPoint]int)}
	digest := sha256.New()
	for i, s := range scripts {
		digest.Write(binary.AppendUvarint(nil, uint64(len(s))))
		digest.Write(s)
		if _, twice := w.scripts[string(s)]; twice {
			continue
		}
		w.scripts[string(s)] = i
		if e := element(s); len(e) > 0 {
			w.elements = append(w.elements, e)
		}
	}
	w.key = chainhash.Hash(digest.Sum(nil))
	return w
}

// element is the longest data that a script pushes: a hash or a key.
func element(script []byte) (longest []byte) {
	pushed, err := txscript.PushedData(script)
	if err != nil {
		return nil
	}
	for _, data := range pushed {
		if len(data) > len(longest) {
			longest = data
		}
	}
	return longest
}

// Know adds a coin by what locks it, if that is one of the scripts.
func (w *Watch) Know(coin wire.OutPoint, script []byte) {
	if i, ours := w.scripts[string(script)]; ours {
		w.coins[coin] = i
	}
}

// Filter makes the message that tells a node what to look for. tweak is any number
// that was not used before. Without an element the filter matches nothing.
func (w *Watch) Filter(tweak uint32) (*wire.MsgFilterLoad, error) {
	n := len(w.elements) + len(w.coins)
	if n > MaxElements {
		return nil, ErrTooMany
	}
	f := bloom.NewFilter(uint32(n+max(spare, n/8)), tweak, wantedRate, wire.BloomUpdateAll)
	for _, e := range w.elements {
		f.Add(e)
	}
	for coin := range w.coins {
		f.AddOutPoint(&coin)
	}
	return f.MsgFilterLoad(), nil
}

// note finds what a transaction pays to the scripts, which it adds to the coins,
// and what it spends of these. It adds the scripts' places to those of a block.
func (w *Watch) note(tx *wire.MsgTx, places map[int]bool) {
	for _, in := range tx.TxIn {
		if i, ours := w.coins[in.PreviousOutPoint]; ours {
			places[i] = true
		}
	}
	var id *wire.OutPoint
	for vout, out := range tx.TxOut {
		i, ours := w.scripts[string(out.PkScript)]
		if !ours {
			continue
		}
		if id == nil {
			id = &wire.OutPoint{Hash: tx.TxHash()}
		}
		w.coins[wire.OutPoint{Hash: id.Hash, Index: uint32(vout)}] = i
		places[i] = true
	}
}

// Key is the same for the same scripts in the same order.
func (w *Watch) Key() chainhash.Hash { return w.key }

// Learn takes over the coins of another watch for the same scripts.
func (w *Watch) Learn(from *Watch) {
	if w.key == from.key {
		maps.Copy(w.coins, from.coins)
	}
}
