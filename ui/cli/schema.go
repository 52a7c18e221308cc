package cli

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// The types of this file are the JSON of every command, and the only place where
// it is described: `thistle help json` prints them with the words of their doc
// tags. Amounts are integers in satoshi, hashes in display order, times RFC 3339
// in UTC, unknown values null, empty lists []. Fields may be added; none changes
// its meaning or goes away.

// Failure is printed instead of a result when a command fails.
type Failure struct {
	Error Problem `json:"error" doc:"what went wrong"`
}

// Problem is what went wrong.
type Problem struct {
	Kind    string `json:"kind" doc:"a stable word, such as wrong_password; usage for a bad argument"`
	Message string `json:"message" doc:"one sentence for a person"`
}

// Caution is a line on stderr: something a person should know.
type Caution struct {
	Warning Problem `json:"warning" doc:"what to know"`
}

// Created is the result of create.
type Created struct {
	Wallet         string `json:"wallet" doc:"name of the wallet"`
	Mnemonic       string `json:"mnemonic" doc:"the recovery words: whoever has them has the coins"`
	Language       string `json:"language" doc:"of the recovery words; it belongs to them"`
	Fingerprint    string `json:"fingerprint" doc:"of the master key, 8 hexadecimal digits"`
	Birthday       string `json:"birthday" doc:"time; nothing of the wallet is older"`
	BirthdayHeight *int32 `json:"birthday_height" doc:"block to search from; null until headers are known"`
}

// Restored is the result of restore.
type Restored struct {
	Wallet         string `json:"wallet" doc:"name of the wallet"`
	Language       string `json:"language" doc:"of the recovery words"`
	CompletedWords []int  `json:"completed_words" doc:"numbers, from 1, of words of which only four letters were given"`
	Fingerprint    string `json:"fingerprint" doc:"of the master key, 8 hexadecimal digits"`
	Birthday       string `json:"birthday" doc:"time; nothing of the wallet is older"`
	BirthdayHeight *int32 `json:"birthday_height" doc:"block to search from; null until headers are known"`
}

// WalletItem is a line of wallets.
type WalletItem struct {
	Name      string  `json:"name" doc:"name of the wallet"`
	Network   string  `json:"network" doc:"its network"`
	CreatedAt *string `json:"created_at" doc:"time of creation; null if its file cannot be read"`
	Birthday  *string `json:"birthday" doc:"time; null if its file cannot be read"`
	Problem   *string `json:"problem" doc:"kind of error that prevents reading its file; null if none does"`
}

// Synced is the result of sync.
type Synced struct {
	Height   int32      `json:"height" doc:"of the newest block"`
	Hash     string     `json:"hash" doc:"of the newest block"`
	Peers    int        `json:"peers" doc:"connected ones"`
	Coverage [][2]int32 `json:"coverage" doc:"[from,to] heights at which all scripts were searched for"`
	Scripts  int        `json:"scripts" doc:"number searched for"`
	Matches  int        `json:"matches" doc:"blocks that the filters named"`
}

// Balance is the result of balance. Every unspent output counts in exactly one of
// the first four fields.
type Balance struct {
	Confirmed        int64  `json:"confirmed" doc:"in blocks"`
	TrustedPending   int64  `json:"trusted_pending" doc:"unconfirmed change of our own"`
	UntrustedPending int64  `json:"untrusted_pending" doc:"unconfirmed, from others"`
	Immature         int64  `json:"immature" doc:"coinbases with fewer than 101 confirmations"`
	Spendable        int64  `json:"spendable" doc:"what can be sent now, fees included"`
	Total            int64  `json:"total" doc:"sum of the first four"`
	Height           *int32 `json:"height" doc:"block it speaks for; null before the first sync"`
	Final            bool   `json:"final" doc:"all blocks since the birthday were searched; false: found so far"`
}

// Receiving is the result of receive.
type Receiving struct {
	Address string `json:"address" doc:"to be paid"`
	Path    string `json:"path" doc:"BIP32 path of its key"`
	URI     string `json:"uri" doc:"BIP321 link with label and amount"`
}

// AddressItem is a line of addresses, oldest first.
type AddressItem struct {
	Address    string `json:"address" doc:"as handed out"`
	Path       string `json:"path" doc:"BIP32 path of its key"`
	Keychain   string `json:"keychain" doc:"external or internal"`
	Index      uint32 `json:"index" doc:"last part of the path"`
	Label      string `json:"label" doc:"empty if none"`
	Amount     *int64 `json:"amount" doc:"asked for; null if none was"`
	URI        string `json:"uri" doc:"BIP321 link with label and amount"`
	Used       bool   `json:"used" doc:"a transaction pays to it"`
	RevealedAt string `json:"revealed_at" doc:"time it was first handed out"`
}

// Sent is the result of send.
type Sent struct {
	TxID         string      `json:"txid" doc:"id of the transaction"`
	Hex          string      `json:"hex" doc:"the signed transaction"`
	Fee          int64       `json:"fee" doc:"what it pays to be mined"`
	FeeRate      json.Number `json:"fee_rate" doc:"what the fee comes to, in sat/vB"`
	VSize        int64       `json:"vsize" doc:"virtual bytes"`
	Amount       int64       `json:"amount" doc:"what recipients get, positive"`
	Change       int64       `json:"change" doc:"what comes back to the wallet"`
	State        *string     `json:"state" doc:"queued, acknowledged or echoed; null in a dry run"`
	Acknowledged []string    `json:"acknowledged" doc:"peers that fetched it and answered a ping after it"`
	Echoed       int         `json:"echoed" doc:"peers that announced it though we had not told them"`
	Groups       int         `json:"groups" doc:"parts of the network that those are in"`
	Propagated   bool        `json:"propagated" doc:"as many of them announced it as can be hoped for"`
	Stalled      []string    `json:"stalled" doc:"likely reasons why it does not get on, see below"`
}

// Payment is a line of history, newest first.
type Payment struct {
	TxID          string `json:"txid" doc:"id of the transaction"`
	Time          string `json:"time" doc:"of its block, or when it was first seen"`
	Height        *int32 `json:"height" doc:"of its block; null if unconfirmed"`
	Confirmations int32  `json:"confirmations" doc:"0 if unconfirmed"`
	State         string `json:"state" doc:"pending, confirmed, replaced, conflicted or abandoned"`
	Amount        int64  `json:"amount" doc:"net effect on the wallet, signed"`
	Fee           *int64 `json:"fee" doc:"null if unknown: we did not make it"`
	Balance       int64  `json:"balance" doc:"of the wallet after it"`
	Label         string `json:"label" doc:"empty if none"`
	Proved        bool   `json:"proved" doc:"its inclusion proof is kept"`
	Contested     bool   `json:"contested" doc:"another one spends the same coins, and neither is in a block"`
	Unverified    bool   `json:"unverified" doc:"unconfirmed, and nobody here can tell whether its coins exist"`
	Groups        int    `json:"groups" doc:"parts of the network that announced it; 0 if not known"`
}

// Proof is the result of proof.
type Proof struct {
	TxID        string   `json:"txid" doc:"id of the transaction"`
	BlockHash   string   `json:"block_hash" doc:"block it is in"`
	Height      int32    `json:"height" doc:"of the block"`
	Index       uint32   `json:"index" doc:"place in the block, from 0"`
	Branch      []string `json:"branch" doc:"hashes from the transaction up to the Merkle root"`
	MerkleBlock string   `json:"merkleblock" doc:"hexadecimal, as gettxoutproof of Bitcoin Core gives it"`
}

// Verified is the result of verify-proof.
type Verified struct {
	BlockHash     string   `json:"block_hash" doc:"block of our chain that contains the transactions"`
	Height        int32    `json:"height" doc:"of the block"`
	Confirmations int32    `json:"confirmations" doc:"of the block"`
	TxIDs         []string `json:"txids" doc:"what is proved to be in it"`
}

// PeerItem is a line of peers. All but addr, latency_ms and since is what the peer
// says of itself.
type PeerItem struct {
	Addr        string       `json:"addr" doc:"host:port"`
	UserAgent   string       `json:"user_agent" doc:"its program"`
	Version     uint32       `json:"version" doc:"of the protocol"`
	Services    []string     `json:"services" doc:"what it offers"`
	StartHeight int32        `json:"start_height" doc:"its newest block when it connected"`
	Height      int32        `json:"height" doc:"newest block it has shown to know"`
	LatencyMS   *int64       `json:"latency_ms" doc:"of the last ping; null before"`
	FeeFloor    *json.Number `json:"fee_floor" doc:"least fee rate it relays, in sat/vB; null if it named none"`
	Since       string       `json:"since" doc:"time of connection"`
	Filters     bool         `json:"filters" doc:"serves compact block filters"`
	Inbound     bool         `json:"inbound" doc:"it has connected to us"`
	Named       bool         `json:"named" doc:"by you, to be connected to"`
	Transport   *string      `json:"transport" doc:"v1 or, encrypted, v2; null if unknown"`
	Purpose     string       `json:"purpose" doc:"all, blocks, feeler, broadcast or serving"`
	Received    uint64       `json:"received" doc:"bytes that came over the connection"`
	Sent        uint64       `json:"sent" doc:"bytes that went over it"`
}

// BanItem is a line of peers with --ban, --unban or --banned.
type BanItem struct {
	Key   string `json:"key" doc:"an address, or a part of the network; --unban takes it"`
	Until string `json:"until" doc:"time when the refusal ends"`
}

// HealthItem is how well the wallet is connected.
type HealthItem struct {
	Condition   string  `json:"condition" doc:"a stable word, see below: the worst that is found"`
	Message     string  `json:"message" doc:"the same in one sentence for a person"`
	Advice      string  `json:"advice" doc:"what to do about it; empty if nothing"`
	Outbound    int     `json:"outbound" doc:"peers that were connected to"`
	Inbound     int     `json:"inbound" doc:"peers that have connected to us"`
	Groups      int     `json:"groups" doc:"parts of the network that outbound peers are in"`
	Networks    int     `json:"networks" doc:"kinds of network, as IPv4 and onion"`
	Encrypted   int     `json:"encrypted" doc:"outbound peers with an encrypted line"`
	FilterPeers int     `json:"filter_peers" doc:"those that serve compact filters"`
	Agreed      int     `json:"agreed" doc:"of those, how many have the same filters"`
	TipSeconds  int64   `json:"tip_seconds" doc:"since the newest block came"`
	Odds        float64 `json:"odds" doc:"chance that none comes for so long"`
	Disputed    int     `json:"disputed" doc:"blocks whose filter peers disagree about"`
	Branches    int     `json:"branches" doc:"other chains of about the same work"`
	ClockSkew   *int64  `json:"clock_skew" doc:"seconds that peers' clocks are ahead; null if unknown"`
	Listening   *string `json:"listening" doc:"host:port where others can connect; null if nowhere"`
	Served      uint64  `json:"served" doc:"bytes given to others"`
	Relayed     uint64  `json:"relayed" doc:"payments passed on"`
}

// Status is the result of status.
type Status struct {
	Network        string     `json:"network" doc:"name of the network"`
	Wallet         string     `json:"wallet" doc:"name of the wallet"`
	Fingerprint    string     `json:"fingerprint" doc:"of the master key, 8 hexadecimal digits"`
	Height         *int32     `json:"height" doc:"of the newest known block; null before the first sync"`
	Hash           *string    `json:"hash" doc:"of the newest known block; null before the first sync"`
	Birthday       string     `json:"birthday" doc:"time; nothing of the wallet is older"`
	BirthdayHeight *int32     `json:"birthday_height" doc:"block to search from; null until headers are known"`
	Coverage       [][2]int32 `json:"coverage" doc:"[from,to] heights at which all scripts were searched for"`
	Searched       int32      `json:"searched" doc:"number of blocks searched since the birthday"`
	ToSearch       int32      `json:"to_search" doc:"number of known blocks that are not"`
	Scripts        int        `json:"scripts" doc:"number searched for"`
	Matches        int        `json:"matches" doc:"blocks that the filters named"`
	Unapplied      int        `json:"unapplied" doc:"named blocks still to be fetched"`
	Pending        int        `json:"pending" doc:"unconfirmed transactions"`
	Final          bool       `json:"final" doc:"all blocks since the birthday were searched"`
	Contested      []string   `json:"contested" doc:"unconfirmed transactions whose coins another one spends too"`
	Descriptors    []string   `json:"descriptors" doc:"public, but they tell of all addresses"`

	Health *HealthItem `json:"health" doc:"how well it is connected; null while it is not"`
}

// The lines of watch: one type per event.
type (
	// PeerConnectedLine tells of a peer ready for use.
	PeerConnectedLine struct {
		Event     string `json:"event" doc:"peer_connected"`
		Peer      string `json:"peer" doc:"host:port"`
		UserAgent string `json:"user_agent" doc:"its program, by its own word"`
		Height    int32  `json:"height" doc:"its newest block, by its own word"`
	}
	// PeerLostLine tells of a connection that ended or did not come about.
	PeerLostLine struct {
		Event  string `json:"event" doc:"peer_lost"`
		Peer   string `json:"peer" doc:"host:port"`
		Reason string `json:"reason" doc:"why, in words"`
	}
	// HeadersLine tells of a new best block.
	HeadersLine struct {
		Event  string `json:"event" doc:"headers"`
		Height int32  `json:"height" doc:"of the newest block"`
		Hash   string `json:"hash" doc:"of the newest block"`
	}
	// BlockLine tells of a block that was read because its filter named it.
	BlockLine struct {
		Event  string `json:"event" doc:"block"`
		Height int32  `json:"height" doc:"of the block"`
		Hash   string `json:"hash" doc:"of the block"`
	}
	// TxSeenLine tells of an unconfirmed transaction that concerns the wallet.
	TxSeenLine struct {
		Event  string `json:"event" doc:"tx_seen"`
		TxID   string `json:"txid" doc:"id of the transaction"`
		Amount int64  `json:"amount" doc:"net effect on the wallet, signed"`
		Time   string `json:"time" doc:"when it was seen"`
	}
	// TxConfirmedLine tells that a transaction of the wallet is in a block.
	TxConfirmedLine struct {
		Event  string `json:"event" doc:"tx_confirmed"`
		TxID   string `json:"txid" doc:"id of the transaction"`
		Amount int64  `json:"amount" doc:"net effect on the wallet, signed"`
		Height int32  `json:"height" doc:"of the block"`
	}
	// TxChangedLine tells of any other change of a transaction's state.
	TxChangedLine struct {
		Event      string  `json:"event" doc:"tx_changed"`
		TxID       string  `json:"txid" doc:"id of the transaction"`
		State      string  `json:"state" doc:"as in history; pending: unconfirmed again"`
		ReplacedBy *string `json:"replaced_by" doc:"transaction that took its place; null if none did"`
	}
	// DeliveredLine tells how far a payment of ours has travelled.
	DeliveredLine struct {
		Event string `json:"event" doc:"delivered"`
		TxID  string `json:"txid" doc:"id of the transaction"`
		State string `json:"state" doc:"acknowledged or echoed"`
		Peer  string `json:"peer" doc:"host:port of who fetched or announced it"`
	}
	// PropagatedLine tells that a payment of ours is passed on by others.
	PropagatedLine struct {
		Event  string `json:"event" doc:"propagated"`
		TxID   string `json:"txid" doc:"id of the transaction"`
		Groups int    `json:"groups" doc:"parts of the network it came back from"`
	}
	// StalledLine tells that a payment of ours does not get on.
	StalledLine struct {
		Event string   `json:"event" doc:"stalled"`
		TxID  string   `json:"txid" doc:"id of the transaction"`
		Why   []string `json:"why" doc:"likely reasons, see below, the likeliest first"`
	}
	// TxHeardLine tells how widely an unconfirmed transaction is announced.
	TxHeardLine struct {
		Event  string `json:"event" doc:"tx_heard"`
		TxID   string `json:"txid" doc:"id of the transaction"`
		Groups int    `json:"groups" doc:"parts of the network that announced it"`
	}
	// DoubleSpendLine tells of another transaction that spends the same coins.
	DoubleSpendLine struct {
		Event     string `json:"event" doc:"double_spend"`
		TxID      string `json:"txid" doc:"transaction that concerns the wallet"`
		Rival     string `json:"rival" doc:"the other"`
		Ours      bool   `json:"ours" doc:"the coins are the wallet's, else of who pays it"`
		Confirmed bool   `json:"confirmed" doc:"the other is in a block: txid is lost"`
		Amount    int64  `json:"amount" doc:"net effect of txid on the wallet, signed"`
	}
	// HealthLine tells that the connection has become better or worse.
	HealthLine struct {
		Event  string     `json:"event" doc:"health"`
		Health HealthItem `json:"health" doc:"as in status"`
	}
	// ReorgLine tells that the newest blocks were replaced by others.
	ReorgLine struct {
		Event        string `json:"event" doc:"reorg"`
		Fork         int32  `json:"fork" doc:"height of the last block that stayed"`
		Disconnected int    `json:"disconnected" doc:"number of blocks that were replaced"`
		Height       int32  `json:"height" doc:"of the newest block now"`
		Hash         string `json:"hash" doc:"of the newest block now"`
	}
	// SyncedLine tells that everything up to a block is known.
	SyncedLine struct {
		Event  string `json:"event" doc:"synced"`
		Height int32  `json:"height" doc:"of the newest block"`
		Hash   string `json:"hash" doc:"of the newest block"`
	}
	// ProgressLine tells how far the catching up is.
	ProgressLine struct {
		Event  string      `json:"event" doc:"progress"`
		Stages []StageItem `json:"stages" doc:"parts of the work, in their order"`
	}
	// StageItem is a part of catching up.
	StageItem struct {
		Stage       string  `json:"stage" doc:"peers, headers, filter_headers, filters or blocks"`
		Done        int32   `json:"done" doc:"how many of these are here; peers come and go"`
		Total       int32   `json:"total" doc:"of how many wanted now"`
		Rate        float64 `json:"rate" doc:"how many a second lately"`
		SecondsLeft *int64  `json:"seconds_left" doc:"until done; null if done or nobody can say"`
		Why         *string `json:"why" doc:"what keeps it, see below; null if nothing does"`
		Height      *int32  `json:"height" doc:"of the block that why is about; null if of none"`
		Tried       int     `json:"tried" doc:"peers that were asked for that block"`
	}
	// WarningLine tells of something a person should know.
	WarningLine struct {
		Event   string `json:"event" doc:"warning"`
		Kind    string `json:"kind" doc:"a stable word"`
		Message string `json:"message" doc:"one sentence for a person"`
	}
)

// DaemonLine is what daemon prints once it takes commands.
type DaemonLine struct {
	Event   string `json:"event" doc:"ready"`
	Network string `json:"network" doc:"whose commands it takes"`
	Socket  string `json:"socket" doc:"where it takes them"`
	Version string `json:"version" doc:"of the program; commands must be of the same"`
}

// DaemonStopped is the result of daemon stop.
type DaemonStopped struct {
	Stopped bool `json:"stopped" doc:"true: the data folder is free"`
}

// DaemonLocked is the result of daemon lock.
type DaemonLocked struct {
	Wallets []string `json:"wallets" doc:"names of those that were open"`
}

// DaemonUnit is the result of daemon unit.
type DaemonUnit struct {
	Unit string `json:"unit" doc:"text of a systemd user unit"`
}

// DemoNetwork is the first line of demo --headless.
type DemoNetwork struct {
	Network string   `json:"network" doc:"regtest"`
	Nodes   []string `json:"nodes" doc:"host:port of each"`
	Command string   `json:"command" doc:"how to use them, as an example"`
}

// DemoAnswer is the answer of demo --headless to a line on stdin, if it is not a
// Failure: mine N [ADDRESS], pay ADDRESS AMOUNT, reorg N.
type DemoAnswer struct {
	Height int32    `json:"height" doc:"of the newest block"`
	Hash   string   `json:"hash" doc:"of the newest block"`
	Blocks []string `json:"blocks" doc:"hashes of mined blocks"`
	TxID   *string  `json:"txid" doc:"of a payment; null if none was made"`
}

// DemoResult is the result of demo.
type DemoResult struct {
	Network  string `json:"network" doc:"regtest"`
	Received string `json:"received" doc:"txid of the payment to us"`
	Sent     string `json:"sent" doc:"txid of the payment we made"`
	State    string `json:"state" doc:"how far ours travelled"`
	Proved   bool   `json:"proved" doc:"its inclusion proof was verified"`
	Reorg    int    `json:"reorg" doc:"blocks that were replaced"`
	Balance  int64  `json:"balance" doc:"at the end"`
	Restored int64  `json:"restored" doc:"found again from the recovery words"`
}

// schema lists what each command prints. A list is one value per line when lines
// is set, and one array otherwise.
var schema = []struct {
	command     string
	shape       any
	list, lines bool
}{
	{command: "create", shape: Created{}},
	{command: "restore", shape: Restored{}},
	{command: "wallets", shape: WalletItem{}, list: true},
	{command: "sync", shape: Synced{}},
	{command: "balance", shape: Balance{}},
	{command: "receive", shape: Receiving{}},
	{command: "addresses", shape: AddressItem{}, list: true},
	{command: "send", shape: Sent{}},
	{command: "history", shape: Payment{}, list: true},
	{command: "proof", shape: Proof{}},
	{command: "verify-proof", shape: Verified{}},
	{command: "peers", shape: PeerItem{}, list: true},
	{command: "peers with --ban, --unban or --banned", shape: BanItem{}, list: true},
	{command: "status", shape: Status{}},
	{command: "watch", shape: PeerConnectedLine{}, lines: true},
	{command: "watch", shape: PeerLostLine{}, lines: true},
	{command: "watch", shape: HeadersLine{}, lines: true},
	{command: "watch", shape: BlockLine{}, lines: true},
	{command: "watch", shape: TxSeenLine{}, lines: true},
	{command: "watch", shape: TxConfirmedLine{}, lines: true},
	{command: "watch", shape: TxChangedLine{}, lines: true},
	{command: "watch", shape: DeliveredLine{}, lines: true},
	{command: "watch", shape: PropagatedLine{}, lines: true},
	{command: "watch", shape: StalledLine{}, lines: true},
	{command: "watch", shape: TxHeardLine{}, lines: true},
	{command: "watch", shape: DoubleSpendLine{}, lines: true},
	{command: "watch", shape: HealthLine{}, lines: true},
	{command: "watch", shape: ReorgLine{}, lines: true},
	{command: "watch", shape: SyncedLine{}, lines: true},
	{command: "watch", shape: WarningLine{}, lines: true},
	{command: "watch", shape: ProgressLine{}, lines: true},
	{command: "daemon", shape: DaemonLine{}},
	{command: "daemon stop", shape: DaemonStopped{}},
	{command: "daemon lock", shape: DaemonLocked{}},
	{command: "daemon unit", shape: DaemonUnit{}},
	{command: "demo", shape: DemoResult{}},
	{command: "demo --headless, first line", shape: DemoNetwork{}},
	{command: "demo --headless, each answer", shape: DemoAnswer{}, lines: true},
	{command: "any command that fails, on stdout and stderr", shape: Failure{}},
	{command: "warnings, on stderr", shape: Caution{}, lines: true},
}

// schemaText is the schema for people.
func schemaText() string {
	var b strings.Builder
	b.WriteString(`With --json stdout holds one JSON value on one line and nothing else. Amounts are
integers in satoshi, hashes in display order, times RFC 3339 in UTC; unknown
values are null, empty lists []. "or null" marks fields that may be unknown.
`)
	for _, s := range schema {
		how := ""
		switch {
		case s.list:
			how = ": an array of"
		case s.lines:
			how = ": one per line"
		}
		fmt.Fprintf(&b, "\n%s%s\n", s.command, how)
		describe(&b, reflect.TypeOf(s.shape), "  ")
	}
	b.WriteString(whyText + stallText + healthText)
	b.WriteString("\nExit codes\n" + exitText())
	return b.String()
}

// whyText tells the words for what keeps a part of the work.
const whyText = `
What keeps a part of the work
  no_peers         nobody is connected
  no_filter_peers  no connected peer serves filters
  no_answer        peers were asked and say nothing
  dispute          peers disagree about the filter of a block
  clock            by this computer's clock the newest blocks are from the future
  block            a block was asked for and does not come
  full_blocks      no peer serves filters, so blocks are read instead
`

// stallText tells the words for why a payment does not get on.
const stallText = `
Why a payment does not get on
  no_peers             no connected peer takes payments
  fee_floor            it pays less than any connected peer passes on
  fee_low              it pays less than some connected peers pass on
  double_spent         another transaction spends the same coins
  unconfirmed_parents  it spends what is unconfirmed itself
  unasked              peers were told of it, and none asked for it
  no_echo              peers fetched it, and nobody passes it on
`

// healthText tells the words for how well the wallet is connected.
const healthText = `
How well the wallet is connected
  good           nothing to worry about
  starting       peers are being looked for
  lone           all is believed on the word of one peer, or of one part of the network
  few            for some time fewer peers than wanted
  unfiltered     no connected peer serves compact filters
  node_bypassed  your own node makes no progress, so others are used
  node_stuck     your own node makes no progress, and is the only one allowed
  old            no block has come for longer than chance explains
  dispute        peers disagree about headers or filters
  clock          this computer's clock differs from most peers'
  eclipse        signs of being cut off from the real network
  offline        nobody can be connected to
`

func describe(b *strings.Builder, t reflect.Type, indent string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fmt.Fprintf(b, "%s%-17s %-16s %s\n", indent, name, typeName(f.Type), f.Tag.Get("doc"))
		switch inner := f.Type; {
		case inner.Kind() == reflect.Pointer && inner.Elem().Kind() == reflect.Struct:
			describe(b, inner.Elem(), indent+"  ")
		case inner.Kind() == reflect.Struct:
			describe(b, inner, indent+"  ")
		case inner.Kind() == reflect.Slice && inner.Elem().Kind() == reflect.Struct:
			describe(b, inner.Elem(), indent+"  ")
		}
	}
}

func typeName(t reflect.Type) string {
	if t == reflect.TypeFor[json.Number]() {
		return "number"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem()) + " or null"
	case reflect.Slice, reflect.Array:
		return "[" + typeName(t.Elem()) + "]"
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Struct:
		return "object"
	case reflect.Float64:
		return "number"
	}
	return "integer"
}
