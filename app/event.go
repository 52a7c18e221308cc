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
func (Reorg) isEvent()         {}
func (Synced) isEvent()        {}
func (Warning) isEvent()       {}
