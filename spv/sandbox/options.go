package sandbox

import (
	"log/slog"
	"time"
)

const (
	// defaultPremine leaves about a hundred mature coinbases of 50 BTC: all
	// come before the first halving of regtest at height 150.
	defaultPremine = 200

	defaultTrickle = 50 * time.Millisecond

	// blockSpacing is the time between two blocks mined at start-up.
	blockSpacing = 10 * time.Minute
)

// Options says how a Node is made. The zero value is a lone node on a free
// port of the loopback, with a chain of 200 blocks and funds.
type Options struct {
	// Listen is the TCP address to listen on; "127.0.0.1:0" if empty.
	Listen string

	// Connect lists the host:port of nodes to link to. A link that breaks,
	// or a node that is not there yet, is tried again until Close.
	Connect []string

	// DataDir holds the blocks, the mempool and the faucet's key, so that the
	// next node there goes on where this one ends, in whatever way it ends. What
	// is damaged in it is set aside. If empty, a temporary folder is used and
	// removed at Close.
	DataDir string

	// Premine is the number of blocks a node at height 0 mines to its faucet
	// at start-up, stamped ten minutes apart and ending now. 0 means 200 for
	// a node without Connect and none for one with; negative means none.
	// Coinbases mature after 100 blocks.
	Premine int

	// TrickleInterval is how long announcements of transactions are gathered
	// before they are sent; 50 ms if zero.
	TrickleInterval time.Duration

	// Now is the node's clock, for the time of blocks and the judgement of
	// blocks from the future; time.Now if nil.
	Now func() time.Time

	// Mute lists commands the node is deaf to from the start; see Node.Mute.
	Mute []string

	// Log hears of links, blocks and refusals; nobody does if nil.
	Log *slog.Logger
}

func (o *Options) fill() {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Premine == 0 && len(o.Connect) == 0 {
		o.Premine = defaultPremine
	}
	if o.TrickleInterval <= 0 {
		o.TrickleInterval = defaultTrickle
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}
