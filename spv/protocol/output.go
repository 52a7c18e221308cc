package protocol

import (
	"thistle/spv/addrmgr"
	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// Output is something the machine wants done. Outputs of one step are carried
// out in order; in particular a Save comes before the Emit that tells of it.
// The set is closed.
type Output interface{ isOutput() }

// To peers.
type (
	// Dial asks for a connection to an address and the version handshake;
	// answered by PeerConnected or DialFailed.
	Dial struct {
		Addr    string
		Purpose Purpose
	}

	// Disconnect ends a connection; answered by PeerDisconnected.
	Disconnect struct {
		Peer   PeerID
		Reason Reason
	}

	// Send queues a message to a peer.
	Send struct {
		Peer PeerID
		Msg  wire.Message
	}

	// Resolve asks the network's DNS seeds; answered by AddressesFound.
	Resolve struct{}

	// Serve asks for the answer to a peer's request to be read from disk and
	// queued to it, after those asked for before; answered by Served, unless the
	// connection ends before.
	Serve struct {
		Peer PeerID
		What Ware
		// From is the first height, Stop the last block; a From above it stands
		// for an empty answer.
		From int32
		Stop chain.Tip
	}
)

// Ware is what a peer can ask to be served with.
type Ware uint8

const (
	// ServeHeaders: one headers message.
	ServeHeaders Ware = iota + 1
	// ServeFilters: a cfilter message for each block.
	ServeFilters
	// ServeFilterHashes: one cfheaders message.
	ServeFilterHashes
	// ServeFilterPoints: one cfcheckpt message. From is 0.
	ServeFilterPoints
)

func (w Ware) String() string {
	switch w {
	case ServeHeaders:
		return "headers"
	case ServeFilters:
		return "filters"
	case ServeFilterHashes:
		return "filter hashes"
	case ServeFilterPoints:
		return "filter checkpoints"
	}
	return ""
}

// To disk.
type (
	// SaveHeaders brings the best chain on disk in line with Change.
	SaveHeaders struct{ Change chain.Change }

	// SaveLower puts Runs, which join Base to the stored base, under the stored
	// headers, so that they begin at Base from then on. The genesis header is
	// not among them.
	SaveLower struct {
		Base chain.Base
		Runs []chain.Run
	}

	// ResetFilterHeaders throws the stored filter headers away and starts anew
	// at height From, with Prev as the filter header of block From-1.
	ResetFilterHeaders struct {
		From int32
		Prev chainhash.Hash
	}

	// SaveFilterHeaders stores the filter headers of heights From, From+1, …
	// and forgets all above them. With no Headers it only truncates.
	SaveFilterHeaders struct {
		From    int32
		Headers []chainhash.Hash
	}

	// SaveDirect marks a height whose filter is in a dispute that its block
	// cannot settle: scans must read the block itself.
	SaveDirect struct{ Height int32 }

	// SaveFilter stores the filter of a block, checked against its filter
	// header.
	SaveFilter struct {
		Height int32
		Block  chainhash.Hash
		Data   []byte
	}

	// SaveBook keeps what is known of addresses. It can be late, or lost.
	SaveBook struct{ Book addrmgr.Snapshot }

	// DropFilters deletes the filters below height Below.
	DropFilters struct{ Below int32 }
)

// Emit tells the program what has happened.
type Emit struct{ Event Event }

func (Dial) isOutput()               {}
func (Disconnect) isOutput()         {}
func (Send) isOutput()               {}
func (Resolve) isOutput()            {}
func (Serve) isOutput()              {}
func (SaveHeaders) isOutput()        {}
func (SaveLower) isOutput()          {}
func (ResetFilterHeaders) isOutput() {}
func (SaveFilterHeaders) isOutput()  {}
func (SaveDirect) isOutput()         {}
func (DropFilters) isOutput()        {}
func (SaveFilter) isOutput()         {}
func (SaveBook) isOutput()           {}
func (Emit) isOutput()               {}
