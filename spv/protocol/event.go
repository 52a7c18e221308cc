package protocol

import (
	"time"

	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// Event is news for the program, sent up through Emit. The set is closed.
type Event interface{ isEvent() }

type (
	// PeerUp tells of a peer that is ready for use.
	PeerUp struct{ Peer PeerInfo }

	// PeerDown tells of the end of a connection.
	PeerDown struct {
		Peer   PeerInfo
		Reason Reason
	}

	// PeerFailed tells of an address that could not be connected to.
	PeerFailed struct {
		Addr   string
		Reason Reason
	}

	// HeadersAdvanced tells of a new best chain. A reorg is one event: what was
	// disconnected and what was connected.
	HeadersAdvanced struct{ Change chain.Change }

	// HeadersLowered tells that the chain begins at an earlier base now.
	HeadersLowered struct{ Base chain.Base }

	// HeadersCurrent tells that every connected peer has answered from our tip
	// with nothing new (see Progress.HeadersCurrent for the exact rule).
	HeadersCurrent struct{ Tip chain.Tip }

	// FiltersAdvanced tells that the checked filters of all blocks from From to
	// Tip are on disk, but for those to be read themselves (Machine.ReadWhole) or
	// that the person's own node is asked about (Machine.AskOwn).
	FiltersAdvanced struct {
		From int32
		Tip  chain.Tip
	}

	// FiltersReverted tells that filters of blocks at or above Height were
	// proved false: what was concluded from them must be scanned again.
	FiltersReverted struct{ Height int32 }

	// BlockArrived brings a wanted block, checked whole by CheckBlock.
	BlockArrived struct {
		Hash  chainhash.Hash
		Block *wire.MsgBlock
	}

	// TxSeen brings an unconfirmed transaction that a peer announced. Its
	// inputs cannot be verified.
	TxSeen struct {
		Tx   *wire.MsgTx
		Peer PeerInfo
		At   time.Time
		// Groups counts the parts of the network whose peers have announced it.
		Groups int
		// Rivals are transactions that came before, or are offered by us, and
		// spend a coin that this one spends too.
		Rivals []chainhash.Hash
	}

	// TxHeard tells that one more part of the network announced a transaction
	// that was seen before, or is offered by us.
	TxHeard struct {
		TxID   chainhash.Hash
		Groups int
	}

	// TxAcknowledged tells that a peer fetched a transaction of ours and
	// answered a ping sent after it.
	TxAcknowledged struct {
		TxID chainhash.Hash
		Peer PeerInfo
	}

	// TxEchoed tells that a peer we had not announced it to announced a
	// transaction of ours. Groups counts the parts of the network that did.
	TxEchoed struct {
		TxID   chainhash.Hash
		Peer   PeerInfo
		Groups int
	}

	// TxPropagated tells that a transaction of ours has come back from two parts
	// of the network, or from all that are listened to if those are fewer.
	TxPropagated struct {
		TxID   chainhash.Hash
		Groups int
	}

	// TxStalled tells that a transaction of ours does not get on, and why as far
	// as that is known. It is offered on all the same.
	TxStalled struct {
		TxID chainhash.Hash
		Why  Stall
		// Floor is the lowest rate that a connected peer passes on, in sat/kvB,
		// for StallFee.
		Floor int64
	}

	// HealthChanged tells of another Condition than before.
	HealthChanged struct{ Health Health }

	// Overflow stands for events that a slow reader has missed: it must look
	// at the state again. The machine never emits it.
	Overflow struct{}

	// Warned tells of something a person should know: lying peers, a clock
	// that differs, a dispute that cannot be settled.
	Warned struct{ Warning Warning }
)

func (PeerUp) isEvent()          {}
func (PeerDown) isEvent()        {}
func (PeerFailed) isEvent()      {}
func (HeadersAdvanced) isEvent() {}
func (HeadersLowered) isEvent()  {}
func (HeadersCurrent) isEvent()  {}
func (FiltersAdvanced) isEvent() {}
func (FiltersReverted) isEvent() {}
func (BlockArrived) isEvent()    {}
func (TxSeen) isEvent()          {}
func (TxHeard) isEvent()         {}
func (TxAcknowledged) isEvent()  {}
func (TxEchoed) isEvent()        {}
func (TxPropagated) isEvent()    {}
func (TxStalled) isEvent()       {}
func (HealthChanged) isEvent()   {}
func (Overflow) isEvent()        {}
func (Warned) isEvent()          {}

// Stall says why a transaction of ours does not get on.
type Stall uint8

const (
	// StallNone: nothing keeps it, or nothing is known yet.
	StallNone Stall = iota
	// StallNobody: there is no peer that takes transactions.
	StallNobody
	// StallFee: it pays less than any connected peer passes on.
	StallFee
	// StallUnasked: no peer that was told has asked for it. Perhaps they have it.
	StallUnasked
	// StallSilent: peers fetched it, but nobody announces it: it was probably not
	// accepted.
	StallSilent
)

var stallNames = [...]string{
	StallNone: "", StallNobody: "nobody to tell", StallFee: "below all fee floors", StallUnasked: "nobody asks for it", StallSilent: "no echo",
}

func (s Stall) String() string {
	if int(s) < len(stallNames) {
		return stallNames[s]
	}
	return "unknown"
}

// WarningKind says what a Warning is about.
type WarningKind uint8

const (
	// WarnClock: a peer's chain lies in the future by this computer's clock.
	WarnClock WarningKind = iota + 1
	// WarnFilterDispute: peers disagree about a filter and the block cannot
	// settle it; the block itself is scanned.
	WarnFilterDispute
	// WarnFilterLie: a peer was proved to serve false filters.
	WarnFilterLie
	// WarnNoFilterPeers: no connected peer serves compact filters.
	WarnNoFilterPeers
	// WarnNodeStuck: a peer named by the person makes no progress. Others are
	// used instead unless it is to be the only one.
	WarnNodeStuck
	// WarnLightNode: the person's own node does not answer what it is asked by
	// Bloom filters, so filters are fetched of others.
	WarnLightNode
)

// Warning is one such news.
type Warning struct {
	Kind   WarningKind
	Height int32  // of the block concerned, where there is one
	Peer   string // address of the peer concerned, where there is one
}
