package app

import (
	"time"

	"thistle/app/units"

	"github.com/btcsuite/btcd/chainhash/v2"
)

// Secret gives access to secret bytes without holding them where printing a
// value could find them.
type Secret func() []byte

// Created is a new or restored wallet.
type Created struct {
	Wallet      string
	Words       Secret // recovery words, ASCII, single spaces; nil after restoring
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
	RevealedAt time.Time
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
}

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
}

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
