package app

import (
	"time"

	"thistle/app/units"
	"thistle/spv"

	"github.com/btcsuite/btcd/chainhash/v2"
)

// Secret gives access to secret bytes without holding them where printing a
// value could find them.
type Secret func() []byte

// Created is a new or restored wallet.
type Created struct {
	Wallet      string
	Words       Secret // recovery words; nil after restoring
	Found       FoundWords
	Fingerprint [4]byte
	Birthday    time.Time
	// BirthdayHeight is nil until headers are known.
	BirthdayHeight *int32
}

// WalletInfo is what can be told of a wallet without its password.
type WalletInfo struct {
	Name      string
	Network   string
	CreatedAt time.Time
	Birthday  time.Time
	Problem   Kind // why its keystore cannot be read, 0 if it can
}

// Range is a run of block heights, both ends included.
type Range struct{ From, To int32 }

// SyncResult is the state after syncing.
type SyncResult struct {
	Height   int32
	Hash     chainhash.Hash
	Peers    int
	Coverage []Range // heights that all live scripts were matched at
	Scripts  int     // scripts watched
	Matches  int     // blocks that the filters named
}

// Balance is what the wallet owns. Every output unspent by a live transaction
// counts in exactly one of the first four, and Total is their sum.
type Balance struct {
	Confirmed        units.Amount
	TrustedPending   units.Amount // our own change
	UntrustedPending units.Amount // from others
	Immature         units.Amount // young coinbases
	Spendable        units.Amount
	Total            units.Amount
	Height           int32 // what it speaks for, -1 if nothing is known yet
	Final            bool  // every script is covered from birthday to tip
}

// Address is an address of the wallet.
type Address struct {
	Address  string
	Path     string
	Keychain string // "external" or "internal"
	Index    uint32
	Label    string
	Amount   units.Amount // asked for, 0 if none was
	URI      string       // BIP321
	Used     bool         // a transaction pays to it
	// BeyondGap: wallets that look only 20 unused addresses ahead would not
	// find a payment to it.
	BeyondGap  bool
	RevealedAt time.Time    // or when its label or amount was last changed
	Received   units.Amount // by payments that count, ever
	Arriving   bool         // a payment to it is unconfirmed
}

// Recipient is someone to be paid.
type Recipient struct {
	Address string
	Amount  string // BTC decimal, or "max" for all that is left
}

// SendParams says what to send.
type SendParams struct {
	Recipients []Recipient
	FeeRate    string // sat/vB decimal; empty for the default
	Label      string
	DryRun     bool          // sign, but neither save nor announce
	Wait       time.Duration // for acknowledgement and echo
	Password   Secret        // asked for again to sign
}

// Delivery says how far a transaction has travelled.
type Delivery string

// The stages of a delivery.
const (
	Queued       Delivery = "queued"       // nobody has fetched it yet
	Acknowledged Delivery = "acknowledged" // a peer fetched it
	Echoed       Delivery = "echoed"       // another peer announced it to us
)

// StallReason is a likely reason why a payment does not get on.
type StallReason string

// The reasons.
const (
	// StallNoPeers: nobody connected takes transactions.
	StallNoPeers StallReason = "no_peers"
	// StallFeeFloor: it pays less than any connected peer passes on.
	StallFeeFloor StallReason = "fee_floor"
	// StallFeeLow: it pays less than some connected peers pass on.
	StallFeeLow StallReason = "fee_low"
	// StallDoubleSpent: another transaction spends the same coins.
	StallDoubleSpent StallReason = "double_spent"
	// StallParents: it spends what is unconfirmed itself.
	StallParents StallReason = "unconfirmed_parents"
	// StallUnasked: peers were told, and none asked for it; perhaps they have it.
	StallUnasked StallReason = "unasked"
	// StallSilent: peers fetched it, and nobody passes it on.
	StallSilent StallReason = "no_echo"
)

// SendResult is a transaction as sent, or as it would be.
type SendResult struct {
	TxID         chainhash.Hash
	Raw          []byte
	Fee          units.Amount
	FeeRate      units.FeeRate // what the fee really comes to
	VSize        units.VSize
	Amount       units.Amount // what recipients get
	Change       units.Amount
	State        Delivery // empty in a dry run
	Acknowledged []string // addresses of peers that fetched it
	Echoed       int      // peers that announced it though we had not told them
	Groups       int      // parts of the network that those peers are in
	Propagated   bool     // it has come back from as many of them as can be hoped for
	Stalled      []StallReason
	Warnings     []SendWarning
}

// SendWarning is something a person should know before sending. Text is one
// sentence.
type SendWarning struct {
	Kind string
	Text string
}

// TxState is the state of a transaction in the history.
type TxState string

// The states of a transaction.
const (
	StatePending    TxState = "pending"
	StateConfirmed  TxState = "confirmed"
	StateReplaced   TxState = "replaced"
	StateConflicted TxState = "conflicted"
	StateAbandoned  TxState = "abandoned"
)

// HistoryEntry is one transaction of the wallet.
type HistoryEntry struct {
	TxID          chainhash.Hash
	Time          time.Time // of its block, or when it was first seen
	Height        int32     // -1 if unconfirmed
	Confirmations int32
	State         TxState
	Amount        units.Amount  // net effect on the wallet
	Fee           *units.Amount // nil if unknown
	Balance       units.Amount  // of the wallet after it, by confirmed and pending entries
	Label         string
	Proved        bool // its inclusion proof is kept
	ReplacedBy    *chainhash.Hash
	Outgoing      bool // it spends coins of the wallet
	// Contested: another transaction spends the same coins, and neither is in a
	// block, as far as was heard.
	Contested bool
	// Unverified: it is unconfirmed, and what it spends is not ours, so that
	// nobody here can tell whether that exists.
	Unverified bool
	// Groups is how many parts of the network have announced it, while it is
	// unconfirmed and the peer runs; 0 if that is not known.
	Groups int
	// Address is whom it pays first, or the first of ours that it pays; empty if
	// no address stands for that.
	Address string
}

// Draft is a payment that is ready to be signed: its coins are chosen and its
// fee is known. Nothing is set aside for it, so the coins can be spent elsewhere
// meanwhile; then it is refused.
type Draft struct {
	Recipients []DraftRecipient
	Amount     units.Amount // what recipients get
	Fee        units.Amount
	Total      units.Amount // Amount and Fee
	Change     units.Amount // comes back to us
	Left       units.Amount // Balance.Total after it
	FeeRate    units.FeeRate
	VSize      units.VSize // at most
	Inputs     int
	Label      string
	Warnings   []SendWarning

	plan *draftPlan
}

// DraftRecipient is one who is to be paid, with the amount worked out.
type DraftRecipient struct {
	Address    string
	Amount     units.Amount
	Ours       bool // the address is of this wallet
	PaidBefore bool // a payment of this wallet that counts went there already
}

// Travel tells how far a payment of ours has got.
type Travel struct {
	TxID         chainhash.Hash
	State        Delivery
	Acknowledged []string // addresses of peers that fetched it
	Echoed       int      // peers that announced it though we had not told them
	Groups       int      // parts of the network that those peers are in, since the peer runs
	Propagated   bool     // it has come back from as many of them as can be hoped for
	Stalled      []StallReason
	Peers        int // connected now
	Listeners    int // of those, how many would tell us that it has travelled
}

// Link is what a payment link or an address asks for.
type Link struct {
	Address        string
	Amount         units.Amount // 0 if none is named
	Label, Message string
}

// Payment is all that is known of one transaction of the wallet.
type Payment struct {
	HistoryEntry
	Recipients []PaymentRecipient // all outputs if we sent it, else those of ours
	VSize      units.VSize
	FeeRate    units.FeeRate  // 0 if the fee is unknown
	BlockHash  chainhash.Hash // zero if unconfirmed
	BlockTime  time.Time      // zero if unconfirmed
	Travel     Travel
	Raw        []byte // as on the wire
	// Work is how many hashes it takes, on average, to redo its block and all
	// that follow, in decimal digits; empty if unconfirmed or not known.
	Work string
}

// PaymentRecipient is an output of a transaction.
type PaymentRecipient struct {
	Address string // empty if none stands for its script
	Amount  units.Amount
	Label   string
	Ours    bool
	Change  bool // back to us, not a payment
}

// Progress tells what the peer knows of the chain.
type Progress struct {
	Running     bool
	Peers       int
	FilterPeers int   // of those, how many serve compact filters
	Agreed      int   // of those, how many agree with each other and us on all filter headers
	Height      int32 // newest header, -1 if nothing is known
	Hash        chainhash.Hash
	TipTime     time.Time // of the newest header, zero if it is not here
	Target      int32     // highest height that a connected peer claims, a hint
	Base        int32     // first header kept
	BaseWanted  int32     // first header wanted: below Base while older ones are fetched
	Current     bool      // peers have nothing newer
	// LowData: transactions are not announced to us, so that payments are seen
	// when they are in a block, and nobody tells how far ours have travelled.
	LowData       bool
	FiltersFrom   int32  // first height whose filter is kept, -1 if none yet
	FilterHeaders int32  // known up to here, -1 if none yet
	Filters       int32  // on disk up to here, -1 if none yet
	Stages        Stages // all zero while it does not run
}

// What is known of the parts of the work: how far each is, how fast, and what
// keeps it.
type (
	Stages = spv.Stages
	Stage  = spv.Stage
	Why    = spv.Why
)

// Why a stage does not go on.
const (
	WhyNone          = spv.WhyNone
	WhyNoPeers       = spv.WhyNoPeers
	WhyNoFilterPeers = spv.WhyNoFilterPeers
	WhyNoAnswer      = spv.WhyNoAnswer
	WhyDispute       = spv.WhyDispute
	WhyClock         = spv.WhyClock
	WhyBlock         = spv.WhyBlock
	WhyFullBlocks    = spv.WhyFullBlocks
)

// ProofInfo is the proof that a transaction is in a block.
type ProofInfo struct {
	TxID        chainhash.Hash
	BlockHash   chainhash.Hash
	Height      int32
	Index       uint32
	Branch      []chainhash.Hash
	MerkleBlock []byte // as Bitcoin Core's gettxoutproof gives it
}

// Verified is what foreign proof bytes prove on our chain.
type Verified struct {
	BlockHash     chainhash.Hash
	Height        int32
	Confirmations int32
	TxIDs         []chainhash.Hash
}

// Peer is a connected peer.
type Peer struct {
	Addr        string
	UserAgent   string
	Version     uint32
	Services    []string
	StartHeight int32
	Height      int32
	Latency     time.Duration
	FeeFloor    units.FeeRate
	Since       time.Time
	Filters     bool // serves compact filters
	Inbound     bool // it has connected to us
	Named       bool // by the person
	Transport   Transport
	Purpose     Purpose
	// Received and Sent count the bytes of the connection.
	Received, Sent uint64
}

// Transport is how the bytes of a connection are packed.
type Transport string

// The transports.
const (
	TransportPlain     Transport = "v1"
	TransportEncrypted Transport = "v2" // BIP324
)

// Purpose is what a connection is for.
type Purpose string

// The purposes.
const (
	PurposeAll       Purpose = "all"       // headers, filters, blocks and payments
	PurposeBlocks    Purpose = "blocks"    // the same without payments and addresses
	PurposeFeeler    Purpose = "feeler"    // only to see whether somebody is there
	PurposeBroadcast Purpose = "broadcast" // only to hand one payment over
	PurposeServing   Purpose = "serving"   // it has connected to us
)

// Status is what is known without connecting.
type Status struct {
	Network        string
	Wallet         string
	Fingerprint    [4]byte
	Height         int32 // -1 if nothing is known yet
	Hash           chainhash.Hash
	Birthday       time.Time
	BirthdayHeight *int32
	Coverage       []Range
	Scripts        int
	Matches        int
	Unapplied      int // blocks that wait to be fetched
	Pending        int // unconfirmed transactions
	Final          bool
	Descriptors    []string // with checksums; public, but telling of all addresses
}
