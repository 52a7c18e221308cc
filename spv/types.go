package spv

import (
	"errors"

	"thistle/spv/addrmgr"
	"thistle/spv/chain"
	"thistle/spv/merkle"
	"thistle/spv/protocol"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// The value types of the layers below, under one name for those above.
type (
	Tip      = chain.Tip
	Change   = chain.Change
	Params   = chain.Params
	PeerInfo = protocol.PeerInfo
	PeerID   = protocol.PeerID
	Progress = protocol.Progress
	Given    = protocol.Given
	Reason   = protocol.Reason
	Warning  = protocol.Warning
	Stages   = protocol.Stages
	Stage    = protocol.Stage
	Why      = protocol.Why
	Proof    = merkle.Proof
	Health   = protocol.Health
	Ban      = addrmgr.Ban

	Condition = protocol.Condition
)

// Event is news of the client: one of the types below, or Overflow.
type Event = protocol.Event

// The events that a subscriber sees.
type (
	PeerUp          = protocol.PeerUp
	PeerDown        = protocol.PeerDown
	PeerFailed      = protocol.PeerFailed
	HeadersAdvanced = protocol.HeadersAdvanced
	HeadersLowered  = protocol.HeadersLowered
	HeadersCurrent  = protocol.HeadersCurrent
	FiltersAdvanced = protocol.FiltersAdvanced
	FiltersReverted = protocol.FiltersReverted
	TxSeen          = protocol.TxSeen
	TxHeard         = protocol.TxHeard
	TxAcknowledged  = protocol.TxAcknowledged
	TxEchoed        = protocol.TxEchoed
	TxPropagated    = protocol.TxPropagated
	TxStalled       = protocol.TxStalled
	Warned          = protocol.Warned
	HealthChanged   = protocol.HealthChanged
)

// What a Warning is about.
const (
	WarnClock         = protocol.WarnClock
	WarnFilterDispute = protocol.WarnFilterDispute
	WarnFilterLie     = protocol.WarnFilterLie
	WarnNoFilterPeers = protocol.WarnNoFilterPeers
	WarnNodeStuck     = protocol.WarnNodeStuck
	WarnLightNode     = protocol.WarnLightNode
)

// What a person should know first about the connection.
const (
	HealthGood         = protocol.HealthGood
	HealthStarting     = protocol.HealthStarting
	HealthLone         = protocol.HealthLone
	HealthFew          = protocol.HealthFew
	HealthUnfiltered   = protocol.HealthUnfiltered
	HealthNodeBypassed = protocol.HealthNodeBypassed
	HealthNodeStuck    = protocol.HealthNodeStuck
	HealthOld          = protocol.HealthOld
	HealthDispute      = protocol.HealthDispute
	HealthClock        = protocol.HealthClock
	HealthEclipse      = protocol.HealthEclipse
	HealthOffline      = protocol.HealthOffline
)

// What a connection is for.
const (
	ForAll       = protocol.ForAll
	ForBlocks    = protocol.ForBlocks
	ForFeeling   = protocol.ForFeeling
	ForBroadcast = protocol.ForBroadcast
)

// What keeps a stage of the work from going on.
const (
	WhyNone          = protocol.WhyNone
	WhyNoPeers       = protocol.WhyNoPeers
	WhyNoFilterPeers = protocol.WhyNoFilterPeers
	WhyNoAnswer      = protocol.WhyNoAnswer
	WhyDispute       = protocol.WhyDispute
	WhyClock         = protocol.WhyClock
	WhyBlock         = protocol.WhyBlock
	WhyFullBlocks    = protocol.WhyFullBlocks
)

// Travel is how far a transaction of ours has got.
type Travel = protocol.Travel

// Stall says why a transaction of ours does not get on.
type Stall = protocol.Stall

// The reasons of a Stall.
const (
	StallNone    = protocol.StallNone
	StallNobody  = protocol.StallNobody
	StallFee     = protocol.StallFee
	StallUnasked = protocol.StallUnasked
	StallSilent  = protocol.StallSilent
)

// DefaultFullBlocks is how many blocks may be read whole unless told otherwise.
const DefaultFullBlocks = protocol.DefaultFullBlocks

// BlockRef names a block of the best chain.
type BlockRef struct {
	Height int32
	Hash   chainhash.Hash
}

// Block is a whole block, checked against its header.
type Block struct {
	Height int32
	Hash   chainhash.Hash
	Header [chain.HeaderSize]byte
	Txs    []*wire.MsgTx
}

// Prove makes the Merkle proof of one of the block's transactions.
func (b *Block) Prove(index int) (Proof, error) {
	txids := make([]chainhash.Hash, len(b.Txs))
	for i, tx := range b.Txs {
		txids[i] = tx.TxHash()
	}
	return merkle.Prove(b.Header, txids, index)
}

// Query is what Search asks about.
type Query struct {
	Scripts [][]byte
	// Known tells what is known of them; nil means nothing. It is called if the
	// person's own node is to be asked: that one sees a payment by its script, and
	// the spending of a coin by the coin's name alone.
	Known func() Known
}

// Known is what is known of scripts.
type Known struct {
	// Coins are outputs that pay them and may be spent in the blocks asked about.
	Coins []Coin
	// Unread are blocks that may pay them and were not read yet.
	Unread []BlockRef
}

// Coin is an output, by what locks it.
type Coin struct {
	OutPoint wire.OutPoint
	Script   []byte
}

// MatchResult is the answer to Match: blocks From..To were looked at, the last
// of them being EndHash, and Hits may concern the scripts. EndMark is
// the filter header of the last block, which commits to all filters up to there,
// together with the heights up to there whose filter is in doubt; zero if not all
// was told by filters.
type MatchResult struct {
	From, To int32
	EndHash  chainhash.Hash
	EndMark  chainhash.Hash
	Hits     []Hit
	// OwnNode: the person's own node told of some of the blocks. It finds what is
	// spent only of coins that were known or that it has come by in these blocks.
	OwnNode bool
}

// Hit is a block that may concern some of the scripts that were asked about:
// those with the indices Scripts, ascending. With none the filter cannot tell,
// and the block must be read whatever was asked.
type Hit struct {
	BlockRef
	Scripts []int
}

// ProofBlock is a Merkle proof that is sound in itself.
type ProofBlock = merkle.Block

// ParseProof reads and checks the bytes of a Merkle proof, as Bitcoin Core's
// gettxoutproof gives them.
func ParseProof(b []byte) (*ProofBlock, error) { return merkle.ParseMerkleBlock(b) }

// Kinds of errors.
var (
	// ErrNotReady: the filters asked about are not all on disk yet.
	ErrNotReady = errors.New("filters are not there yet")
	// ErrReorged: the chain changed while it was looked at; ask again.
	ErrReorged = errors.New("the chain has changed meanwhile")
	// ErrStale: the block is not on the best chain.
	ErrStale = errors.New("block is not on the best chain")
	// ErrNoChain: no headers were ever stored here.
	ErrNoChain = errors.New("there is no chain here yet")
	// ErrInUse: another program has the folder open.
	ErrInUse = errors.New("data folder is in use")
	// ErrDiskFull: the disk has no room.
	ErrDiskFull = errors.New("disk is full")
	// ErrDamaged: a file does not hold what was written. Opening the folder
	// again sets it aside.
	ErrDamaged = errors.New("a file is damaged")
)

// Time is when the block was found, by its miner's word, in seconds since 1970.
func (b *Block) Time() int64 {
	h := chain.Header{Raw: b.Header, Hash: b.Hash}
	return int64(h.Time())
}
