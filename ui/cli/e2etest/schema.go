//go:build e2e

package e2etest

// The JSON of the command line as its documentation promises it, written here
// once more so that a change of the program's own types is noticed.

// Created is what create tells.
type Created struct {
	Wallet         string
	Mnemonic       string
	Fingerprint    string
	Birthday       string
	BirthdayHeight *int32 `json:"birthday_height"`
}

// Synced is what sync tells.
type Synced struct {
	Height   int32
	Hash     string
	Peers    int
	Coverage [][2]int32
	Scripts  int
	Matches  int
}

// Balance is what balance tells, in satoshi.
type Balance struct {
	Confirmed        int64
	TrustedPending   int64 `json:"trusted_pending"`
	UntrustedPending int64 `json:"untrusted_pending"`
	Immature         int64
	Spendable        int64
	Total            int64
	Height           *int32
	Final            bool
}

// Receiving is what receive tells.
type Receiving struct{ Address, Path, URI string }

// Sent is what send tells.
type Sent struct {
	TxID, Hex           string
	Fee, Amount, Change int64
	FeeRate             float64 `json:"fee_rate"`
	VSize               int64
	State               string
	Acknowledged        []string
	Echoed              int
}

// Payment is one entry of history.
type Payment struct {
	TxID          string
	Time          string
	Height        *int32
	Confirmations int32
	State         string
	Amount        int64
	Fee           *int64
	Balance       int64
	Label         string
	Proved        bool
}

// Proof is what proof tells.
type Proof struct {
	TxID        string
	BlockHash   string `json:"block_hash"`
	Height      int32
	Index       uint32
	Branch      []string
	MerkleBlock string
}

// Verified is what verify-proof tells.
type Verified struct {
	BlockHash     string `json:"block_hash"`
	Height        int32
	Confirmations int32
	TxIDs         []string
}

// Event is a line of watch.
type Event struct {
	Event, Peer, Hash, TxID, State, Time, Reason, Kind, Message string

	Height       int32
	Amount       int64
	ReplacedBy   string `json:"replaced_by"`
	Fork         int32
	Disconnected int

	// Line is what was printed.
	Line string `json:"-"`
}
