package protocol

import (
	"time"

	"thistle/spv/addrmgr"
	"thistle/spv/chain"
	"thistle/spv/merkle"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// Input is something that happened outside the machine: a peer's act, the end
// of a piece of work, or a wish of the program. The set is closed.
type Input interface{ isInput() }

// Peers and addresses.
type (
	// PeerConnected says that a dialled peer has finished the version
	// handshake.
	PeerConnected struct{ Info PeerInfo }

	// PeerDisconnected says that a connection has ended. Reason is ReasonNone
	// for an end that says nothing of the peer (a closed socket), ReasonSlow for
	// a missed deadline of reading or writing.
	PeerDisconnected struct {
		Peer   PeerID
		Reason Reason
	}

	// DialFailed says that no handshake could be finished with the address.
	DialFailed struct {
		Addr string
		// Reason is set where the other side provably misbehaved or cannot be
		// used (too old, no services, ourselves).
		Reason Reason
	}

	// AddressesFound brings what DNS seeds said, the answer to a Resolve output.
	// Empty when the look-up failed.
	AddressesFound struct{ Answers []SeedAnswer }
)

// Messages. Every message of a peer arrives as exactly one of these; those that
// only the transport needs (version, verack) never arrive.
type (
	// HeadersReceived is a headers message, hashed by the reader. At most 2,000
	// headers; their links are not checked yet.
	HeadersReceived struct {
		Peer    PeerID
		Headers []chain.Header
	}

	// RangeReceived is a headers message that answers a request for a stretch
	// below the chain, checked by chain.CheckRun.
	RangeReceived struct {
		Peer PeerID
		Run  chain.Run
	}

	// FilterReceived is a cfilter message of type 0, hashed by the reader.
	FilterReceived struct {
		Peer       PeerID
		Block      chainhash.Hash
		FilterHash chainhash.Hash
		Data       []byte
	}

	// BlockReceived is a block that was asked for, already checked by
	// CheckBlock. Err is the outcome; Hash is what was asked for.
	BlockReceived struct {
		Peer  PeerID
		Hash  chainhash.Hash
		Block *wire.MsgBlock
		Err   error
	}

	// TxReceived is a transaction that was asked for.
	TxReceived struct {
		Peer PeerID
		Tx   *wire.MsgTx
	}

	// AddressesHeard is an addr or addrv2 message.
	AddressesHeard struct {
		Peer  PeerID
		Addrs []addrmgr.Heard
	}

	// FilteredReceived is a merkleblock message that was asked for, checked by
	// merkle.ParseFiltered. Err is the outcome. It is not for the machine.
	FilteredReceived struct {
		Peer  PeerID
		Hash  chainhash.Hash
		Block *merkle.Block
		Err   error
	}

	// Served tells that the answer to the oldest request of a peer has been
	// queued to it: how many messages, and how many bytes of payload. None if
	// what it asked for is gone.
	Served struct {
		Peer     PeerID
		Messages int
		Bytes    uint64
	}

	// MessageReceived is any other message the machine understands: inv,
	// getdata, notfound, cfheaders, cfcheckpt, ping, pong, feefilter, and the
	// ones it ignores.
	MessageReceived struct {
		Peer PeerID
		Msg  wire.Message
	}
)

// Wishes of the program.
type (
	// KeepFilters asks for filters of all blocks from height From on. A lower
	// From than before widens the range; a higher one changes nothing.
	KeepFilters struct{ From int32 }

	// KeepHeaders asks for headers from height From on. A lower From than before
	// widens the range; a higher one changes nothing.
	KeepHeaders struct{ From int32 }

	// LookAround has every peer asked for what is new: headers are not current
	// until all have answered again.
	LookAround struct{}

	// FiltersUsed says that filters up to height Through have served, until
	// something else is said. Of what was deleted, only what lies above is
	// fetched again.
	FiltersUsed struct{ Through int32 }

	// TrimFilters says that there is too little room for the filters below
	// height Below.
	TrimFilters struct{ Below int32 }

	// OwnNode says whether the person's own node answers what it is asked by
	// Bloom filters. Before the first of these it is taken to.
	OwnNode struct {
		Serves bool
		// Lied: it gave a false proof. What it has told of cannot be believed.
		Lied bool
	}

	// FilterLost says that the filter of a block is not on disk after all:
	// missing, cut or damaged.
	FilterLost struct {
		Height int32
		Block  chainhash.Hash
	}

	// FilterDisproved says that a downloaded block holds output scripts which
	// its filter, though it fits our filter header, lacks: the filter header is
	// false.
	FilterDisproved struct {
		Height int32
		Block  chainhash.Hash
	}

	// WantBlock asks for a block until it has come or is no longer wanted.
	WantBlock struct{ Hash chainhash.Hash }

	// DropBlock ends WantBlock.
	DropBlock struct{ Hash chainhash.Hash }

	// SubmitTx offers a transaction of ours to peers until WithdrawTx or RestTx.
	SubmitTx struct {
		Tx  *wire.MsgTx
		Fee int64 // what it pays, in satoshi, 0 if that is not known
	}

	// AddPeer names an address to be connected to beside others, and kept.
	AddPeer struct{ Addr string }

	// RemovePeer takes AddPeer back, and what Config.Preferred names: a connection
	// to the address ends, and in this run it is not dialled any more. The only
	// peers that are used (Config.Pinned) stay.
	RemovePeer struct{ Addr string }

	// BanPeer refuses an address and its neighbours (see addrmgr) for some time,
	// and ends connections to it.
	BanPeer struct {
		Addr string
		For  time.Duration
	}

	// UnbanPeer ends a refusal.
	UnbanPeer struct{ Addr string }

	// RestTx ends the announcing until the transaction is submitted again, to the
	// same peers as before.
	RestTx struct{ TxID chainhash.Hash }

	// WithdrawTx ends SubmitTx: confirmed, conflicted or given up.
	WithdrawTx struct{ TxID chainhash.Hash }
)

func (PeerConnected) isInput()    {}
func (PeerDisconnected) isInput() {}
func (DialFailed) isInput()       {}
func (AddressesFound) isInput()   {}
func (HeadersReceived) isInput()  {}
func (RangeReceived) isInput()    {}
func (FilterReceived) isInput()   {}
func (BlockReceived) isInput()    {}
func (TxReceived) isInput()       {}
func (AddressesHeard) isInput()   {}
func (MessageReceived) isInput()  {}
func (FilteredReceived) isInput() {}
func (Served) isInput()           {}
func (KeepFilters) isInput()      {}
func (KeepHeaders) isInput()      {}
func (LookAround) isInput()       {}
func (FiltersUsed) isInput()      {}
func (TrimFilters) isInput()      {}
func (OwnNode) isInput()          {}
func (FilterLost) isInput()       {}
func (FilterDisproved) isInput()  {}
func (WantBlock) isInput()        {}
func (DropBlock) isInput()        {}
func (SubmitTx) isInput()         {}
func (RestTx) isInput()           {}
func (WithdrawTx) isInput()       {}
func (AddPeer) isInput()          {}
func (RemovePeer) isInput()       {}
func (BanPeer) isInput()          {}
func (UnbanPeer) isInput()        {}
