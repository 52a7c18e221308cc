package app

import (
	"time"

	"thistle/app/units"

	"github.com/btcsuite/btcd/chainhash/v2"
)

// Event is news for a face. The set is closed; every event is on disk before it
// is told.
type Event interface{ isEvent() }

// The events of a running wallet.
type (
	// PeerConnected tells of a peer ready for use.
	PeerConnected struct{ Peer Peer }
	// PeerLost tells of the end of a connection. Reason is fit to be shown.
	PeerLost struct{ Addr, Reason string }
	// Headers tells that the best chain has grown to Height.
	Headers struct {
		Height int32
		Hash   chainhash.Hash
	}
	// BlockScanned tells that the wallet has taken a block into account that
	// its filter had named.
	BlockScanned struct {
		Height int32
		Hash   chainhash.Hash
	}
	// TxSeen tells of an unconfirmed transaction that concerns us.
	TxSeen struct {
		TxID   chainhash.Hash
		Amount units.Amount
		At     time.Time
	}
	// TxConfirmed tells that a transaction of ours is in a block.
	TxConfirmed struct {
		TxID   chainhash.Hash
		Amount units.Amount
		Height int32
	}
	// TxChanged tells of any other change of state.
	TxChanged struct {
		TxID   chainhash.Hash
		State  TxState
		Winner *chainhash.Hash
	}
	// Delivered tells how far a transaction of ours has travelled.
	Delivered struct {
		TxID  chainhash.Hash
		State Delivery
		Peer  string
	}
	// Propagated tells that a transaction of ours is passed on by others, in so
	// many parts of the network.
	Propagated struct {
		TxID   chainhash.Hash
		Groups int
	}
	// Stalled tells that a transaction of ours does not get on: it is probably
	// not accepted. Why has the likely reasons, the likeliest first.
	Stalled struct {
		TxID chainhash.Hash
		Why  []StallReason
	}
	// TxHeard tells that so many parts of the network have announced an
	// unconfirmed transaction that concerns us.
	TxHeard struct {
		TxID   chainhash.Hash
		Groups int
	}
	// DoubleSpend tells that another transaction spends the same coins as one
	// that concerns us. While neither is in a block, nobody knows which will
	// count.
	DoubleSpend struct {
		TxID  chainhash.Hash
		Rival chainhash.Hash
		// Ours: the coins are of this wallet; else of who pays us.
		Ours bool
		// Confirmed: Rival is in a block, so TxID is lost.
		Confirmed bool
		Amount    units.Amount // net effect of TxID on the wallet
	}
	// Reorg tells that blocks above Fork were replaced.
	Reorg struct {
		Fork         int32
		Disconnected int
		Height       int32
		Hash         chainhash.Hash
	}
	// Synced tells that everything is known up to Height.
	Synced struct {
		Height int32
		Hash   chainhash.Hash
	}
	// HealthChanged tells that something else than before should be known first
	// about the connection.
	HealthChanged struct{ Health Health }
	// Warning tells of something a person should know, in one sentence.
	Warning struct{ Kind, Text string }
)

func (PeerConnected) isEvent() {}
func (PeerLost) isEvent()      {}
func (Headers) isEvent()       {}
func (BlockScanned) isEvent()  {}
func (TxSeen) isEvent()        {}
func (TxConfirmed) isEvent()   {}
func (TxChanged) isEvent()     {}
func (Delivered) isEvent()     {}
func (Propagated) isEvent()    {}
func (Stalled) isEvent()       {}
func (TxHeard) isEvent()       {}
func (DoubleSpend) isEvent()   {}
func (Reorg) isEvent()         {}
func (Synced) isEvent()        {}
func (HealthChanged) isEvent() {}
func (Warning) isEvent()       {}
