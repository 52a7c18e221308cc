package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"thistle/app"
	"thistle/keystore/keystoretest"
	"thistle/ui/cli"

	"github.com/stretchr/testify/require"
)

// TestEveryCommand walks through a wallet's life with every command, for people
// and for programs.
func TestEveryCommand(t *testing.T) {
	t.Parallel()
	net := nodes(t, 2)
	r := newRig(t, net.Addrs()...)

	require.Empty(t, gives[[]cli.WalletItem](r, "wallets"))
	require.Contains(t, r.says("wallets"), "no wallet here yet")
	made := gives[cli.Created](r, "create", "--words", "24")
	require.Equal(t, "default", made.Wallet)
	require.Len(t, strings.Fields(made.Mnemonic), 24)
	require.Regexp(t, "^[0-9a-f]{8}$", made.Fingerprint)
	require.Nil(t, made.BirthdayHeight)
	born, err := time.Parse(time.RFC3339, made.Birthday)
	require.NoError(t, err)
	require.InDelta(t, 2*time.Hour.Seconds(), time.Since(born).Seconds(), 60)
	list := gives[[]cli.WalletItem](r, "wallets")
	require.Len(t, list, 1)
	require.Equal(t, made.Birthday, *list[0].Birthday)
	require.Nil(t, list[0].Problem)
	require.Contains(t, r.says("wallets"), "default  regtest")

	require.Empty(t, gives[[]cli.Payment](r, "history"))
	require.Contains(t, r.says("history"), "No payments yet")
	require.Empty(t, gives[[]cli.AddressItem](r, "addresses"))
	before := gives[cli.Balance](r, "balance")
	require.Nil(t, before.Height)
	require.False(t, before.Final)
	require.Contains(t, r.says("balance"), "Nothing is known yet")
	status := gives[cli.Status](r, "status")
	require.Nil(t, status.Height)
	require.Nil(t, status.Hash)
	require.Zero(t, status.ToSearch)
	require.Len(t, status.Descriptors, 2)

	to := gives[cli.Receiving](r, "receive", "--label", "rent & \"more\"", "--amount", "0.5")
	require.Equal(t, "m/84'/1'/0'/0/0", to.Path)
	require.Contains(t, to.URI, "amount=0.5")
	require.Equal(t, to.Address, gives[cli.Receiving](r, "receive", "--again").Address)
	require.Equal(t, "m/84'/1'/0'/0/1", gives[cli.Receiving](r, "receive").Path)
	require.Contains(t, r.says("receive", "--again"), "bcrt 1q")
	addresses := gives[[]cli.AddressItem](r, "addresses")
	require.Len(t, addresses, 2)
	require.Equal(t, int64(50_000_000), *addresses[0].Amount)
	require.Equal(t, "rent & \"more\"", addresses[0].Label)
	require.Nil(t, addresses[1].Amount)
	require.Contains(t, r.says("addresses"), "not paid yet")

	// Paid, seen while watching, confirmed.
	w := r.watch("--json")
	value[cli.SyncedLine](t, w.await(`"synced"`))
	paid, err := net[0].Pay(script(t, to.Address), 50_000_000)
	require.NoError(t, err)
	seen := value[cli.TxSeenLine](t, w.await(`"tx_seen"`))
	require.Equal(t, paid.String(), seen.TxID)
	require.Equal(t, int64(50_000_000), seen.Amount)
	require.Zero(t, w.end())
	pending := gives[[]cli.Payment](r, "history")
	require.Len(t, pending, 1)
	require.Equal(t, "pending", pending[0].State)
	require.Nil(t, pending[0].Height)
	require.Nil(t, pending[0].Fee)
	require.Contains(t, r.says("history"), "Arriving · unconfirmed")
	require.Equal(t, int64(50_000_000), gives[cli.Balance](r, "balance").UntrustedPending)
	require.Contains(t, r.says("balance"), "Arriving · unconfirmed  0.500 000 00 BTC")
	require.Contains(t, r.fails(1, "unconfirmed", "proof", paid.String()), "not confirmed yet")

	_, err = net[0].Mine(1, nil)
	require.NoError(t, err)
	synced := gives[cli.Synced](r, "sync")
	require.Equal(t, int32(201), synced.Height)
	require.Equal(t, 2, synced.Peers)
	require.Equal(t, 1, synced.Matches)
	require.Len(t, synced.Coverage, 1)
	require.Equal(t, int32(201), synced.Coverage[0][1])
	require.Contains(t, r.says("sync"), "Up to date with block 201, by 2 peers.")
	after := gives[cli.Balance](r, "balance")
	require.Equal(t, cli.Balance{Confirmed: 50_000_000, Spendable: after.Spendable, Total: 50_000_000, Height: after.Height, Final: true}, after)
	require.Equal(t, int32(201), *after.Height)
	require.Contains(t, r.says("balance"), "As of block 201.")
	status = gives[cli.Status](r, "status")
	require.Equal(t, synced.Hash, *status.Hash)
	require.NotNil(t, status.BirthdayHeight)
	require.True(t, status.Final)
	require.Contains(t, r.says("status"), "default on regtest")
	require.Contains(t, r.says("history"), "1 of 6 confirmations")

	// Sending: a trial, one payment, several.
	dest := faucet(t, net[1])
	trial := gives[cli.Sent](r, "send", dest, "0.1", "--dry-run", "--fee-rate", "1.5")
	require.Nil(t, trial.State)
	require.Empty(t, trial.Acknowledged)
	require.Len(t, gives[[]cli.Payment](r, "history"), 1, "a trial was kept")
	require.Contains(t, r.says("send", dest, "0.1", "--dry-run"), "this was a trial")
	sent := gives[cli.Sent](r, "send", dest, "0.1", "--to", dest+"=0.05", "--label", "two at once")
	require.Equal(t, int64(15_000_000), sent.Amount)
	require.Equal(t, int64(50_000_000), sent.Amount+sent.Change+sent.Fee)
	require.Equal(t, "echoed", *sent.State)
	require.Len(t, sent.Acknowledged, 1)
	require.Equal(t, 1, sent.Echoed)
	require.Equal(t, sent.Fee, (sent.VSize*2000+999)/1000)
	rate, err := sent.FeeRate.Float64()
	require.NoError(t, err)
	require.InDelta(t, 2, rate, 0.01)
	history := gives[[]cli.Payment](r, "history")
	require.Len(t, history, 2)
	require.Equal(t, sent.TxID, history[0].TxID)
	require.Equal(t, -sent.Amount-sent.Fee, history[0].Amount)
	require.Equal(t, sent.Fee, *history[0].Fee)
	require.Equal(t, "two at once", history[0].Label)
	require.Equal(t, sent.Change, gives[cli.Balance](r, "balance").TrustedPending)
	require.Contains(t, r.says("send", "--to", dest+"=max", "--wait", "30s"), "Sent — seen by 2 peers.")

	// Proofs.
	_, err = net[0].Mine(1, nil)
	require.NoError(t, err)
	require.NoError(t, net.Synced(t.Context()))
	require.Zero(t, gives[cli.Synced](r, "sync").Height-202)
	proof := gives[cli.Proof](r, "proof", sent.TxID)
	require.Equal(t, sent.TxID, proof.TxID)
	require.Equal(t, int32(202), proof.Height)
	require.NotEmpty(t, proof.Branch)
	require.Contains(t, r.says("proof", sent.TxID), proof.MerkleBlock)
	verified := gives[cli.Verified](r, "verify-proof", proof.MerkleBlock)
	require.Equal(t, []string{sent.TxID}, verified.TxIDs)
	require.Equal(t, proof.BlockHash, verified.BlockHash)
	require.Equal(t, int32(1), verified.Confirmations)
	r.deps.Stdin = strings.NewReader(proof.MerkleBlock + "\n")
	require.Contains(t, r.says("verify-proof", "-"), "The proof holds")

	peers := gives[[]cli.PeerItem](r, "peers")
	require.Len(t, peers, 2)
	require.True(t, peers[0].Filters)
	require.Contains(t, r.says("peers"), net.Addrs()[1])

	// From the words, in a second folder.
	second := newRig(t, net.Addrs()...)
	restored := gives[cli.Restored](second, "restore", "--mnemonic-file", second.file("words", "  "+strings.ReplaceAll(made.Mnemonic, " ", "  ")+"\n"))
	require.Equal(t, made.Fingerprint, restored.Fingerprint)
	gives[cli.Synced](second, "sync")
	require.Equal(t, gives[cli.Balance](r, "balance").Total, gives[cli.Balance](second, "balance").Total)
	require.Len(t, gives[[]cli.Payment](second, "history"), 3)
}

func TestWatchTellsOfReorgs(t *testing.T) {
	t.Parallel()
	net := nodes(t, 1)
	r := newRig(t, net.Addrs()...)
	gives[cli.Created](r, "create")
	to := gives[cli.Receiving](r, "receive")
	w := r.watch("--json")
	peer := value[cli.PeerConnectedLine](t, w.await(`"peer_connected"`))
	require.Equal(t, net.Addrs()[0], peer.Peer)
	w.await(`"synced"`)
	txid, err := net[0].Pay(script(t, to.Address), 1_000_000)
	require.NoError(t, err)
	w.await(`"tx_seen"`, txid.String())
	_, err = net[0].Mine(1, nil)
	require.NoError(t, err)
	require.Equal(t, int32(201), value[cli.HeadersLine](t, w.await(`"headers"`, "201")).Height)
	confirmed := value[cli.TxConfirmedLine](t, w.await(`"tx_confirmed"`))
	require.Equal(t, txid.String(), confirmed.TxID)
	require.Equal(t, int32(201), confirmed.Height)
	require.Equal(t, int32(201), value[cli.BlockLine](t, w.await(`"block"`)).Height)
	require.NoError(t, net[0].Reorg(1, 2))
	reorg := value[cli.ReorgLine](t, w.await(`"reorg"`))
	require.Equal(t, int32(200), reorg.Fork)
	require.Equal(t, 1, reorg.Disconnected)
	require.Equal(t, int32(202), reorg.Height)
	changed := value[cli.TxChangedLine](t, w.await(`"tx_changed"`))
	require.Equal(t, "pending", changed.State)
	require.Nil(t, changed.ReplacedBy)
	_, err = net[0].Mine(1, nil)
	require.NoError(t, err)
	w.await(`"tx_confirmed"`, txid.String())
	net[0].DropPeers()
	require.Equal(t, net.Addrs()[0], value[cli.PeerLostLine](t, w.await(`"peer_lost"`)).Peer)
	require.Zero(t, w.end())

	status := gives[cli.Status](r, "status")
	require.Equal(t, *status.Height-*status.BirthdayHeight+1, status.Searched)
	require.Zero(t, status.ToSearch)

	people := r.watch()
	people.await("Connected to " + net.Addrs()[0])
	people.await("All is known up to block 203.")
	require.Zero(t, people.end())
}

// TestProgressForPrograms watches a wallet catch up. One that is made before its
// network is known has all to fetch.
func TestProgressForPrograms(t *testing.T) {
	t.Parallel()
	net := nodes(t, 1)
	r := newRig(t, net.Addrs()...)
	gives[cli.Created](r, "create")
	net[0].Mute("getcfilters")
	w := r.watch("--json")
	var line cli.ProgressLine
	for line.Stages == nil || line.Stages[3].Total == 0 { // until its birthday is known
		line = value[cli.ProgressLine](t, w.await(`"progress"`, `"stage":"headers","done":201`))
	}
	net[0].Unmute()
	var names []string
	for _, s := range line.Stages {
		names = append(names, s.Stage)
		require.LessOrEqual(t, s.Done, s.Total)
	}
	require.Equal(t, []string{"peers", "headers", "filter_headers", "filters", "blocks"}, names)
	require.EqualValues(t, 1, line.Stages[0].Done)
	require.EqualValues(t, 201, line.Stages[1].Total)
	filters := line.Stages[3]
	require.Zero(t, filters.Done)
	require.Nil(t, filters.Why)
	require.Nil(t, filters.Height)
	var last cli.StageItem
	for last.Done < filters.Total {
		last = value[cli.ProgressLine](t, w.await(`"progress"`)).Stages[3]
		require.Equal(t, filters.Total, last.Total)
	}
	require.Zero(t, w.end())
}

// TestDataFlags: what a flag says holds for this run, the rest is as chosen in the
// window.
func TestDataFlags(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var got []app.Data
	r.deps.Env = func(place cli.Place) (*app.Env, error) {
		got = append(got, place.Data)
		return testEnv(place)
	}
	gives[[]cli.WalletItem](r, "wallets")
	gives[[]cli.WalletItem](r, "wallets", "--filter-limit", "5GB", "--full-blocks", "144", "--audit")
	chosen := app.Settings{Data: app.Data{FilterLimit: 1e9, FullBlocks: -1, Audit: true}}
	require.NoError(t, app.SaveSettings(filepath.Join(r.dir, "data"), "regtest", app.Settings{}, chosen))
	gives[[]cli.WalletItem](r, "wallets")
	gives[[]cli.WalletItem](r, "wallets", "--filter-limit", "none", "--audit=false")
	gives[[]cli.WalletItem](r, "wallets", "--full-blocks", "0")
	require.Equal(t, []app.Data{
		{}, {FilterLimit: 5e9, FullBlocks: 144, Audit: true}, chosen.Data, {FullBlocks: -1}, {FilterLimit: 1e9, FullBlocks: -1, Audit: true},
	}, got)
}

// TestContestedIsTold: that a payment is being taken back is told again by commands
// that have not heard of it themselves, until a block ends it.
func TestContestedIsTold(t *testing.T) {
	t.Parallel()
	net := nodes(t, 1)
	r := newRig(t, net.Addrs()...)
	gives[cli.Created](r, "create")
	require.Empty(t, gives[cli.Status](r, "status").Contested)
	to := gives[cli.Receiving](r, "receive")
	w := r.watch("--json")
	w.await(`"synced"`)
	paid, err := net[0].Pay(script(t, to.Address), 50_000_000)
	require.NoError(t, err)
	w.await(`"tx_seen"`)
	_, err = net[0].Replace(paid)
	require.NoError(t, err)
	w.await(`"double_spend"`)
	require.Zero(t, w.end())
	require.Equal(t, []string{paid.String()}, gives[cli.Status](r, "status").Contested)
	require.Contains(t, r.says("status"), "may never arrive. Do not rely on it before it is in a block. "+paid.String())
	require.True(t, gives[[]cli.Payment](r, "history")[0].Contested)
	require.Contains(t, r.says("history"), "Spent twice")
	_, err = net[0].Mine(1, nil)
	require.NoError(t, err)
	gives[cli.Synced](r, "sync")
	require.Empty(t, gives[cli.Status](r, "status").Contested)
}

// TestPeeringFlags: what a flag says holds for this run, the rest is as chosen in
// the window.
func TestPeeringFlags(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var got []app.Peering
	r.deps.Env = func(place cli.Place) (*app.Env, error) {
		got = append(got, place.Peering)
		return testEnv(place)
	}
	const tor = "127.0.0.1:9050"
	chosen := app.Settings{Peering: app.Peering{Connect: []string{"a:1"}, Preferred: []string{"b:2"}, Proxy: tor, NoDNS: true, LowData: true}}
	require.NoError(t, app.SaveSettings(filepath.Join(r.dir, "data"), "regtest", app.Settings{}, chosen))
	gives[[]cli.WalletItem](r, "wallets")
	gives[[]cli.WalletItem](r, "wallets", "--connect", "c:3", "--prefer", "d:4", "--low-data=false", "--no-dns=false")
	gives[[]cli.WalletItem](r, "wallets", "--proxy", "none", "--listen", "127.0.0.1:0")
	require.Equal(t, []app.Peering{
		chosen.Peering,
		{Connect: []string{"c:3"}, Preferred: []string{"b:2", "d:4"}, Proxy: tor},
		{Connect: []string{"a:1"}, Preferred: []string{"b:2"}, NoDNS: true, Listen: "127.0.0.1:0", LowData: true},
	}, got)
	for _, wrong := range [][]string{
		{"--onion-only"}, {"--listen", "0.0.0.0:8333"}, {"--proxy", "tor"}, {"--prefer", "x.onion:1"}, {"--proxy", "none", "--onion-only"},
	} {
		o := r.run(append([]string{"wallets", "--json"}, wrong...)...)
		require.Equal(t, 2, o.code, "%v: %s", wrong, o.errors)
	}
	require.Len(t, got, 3)
}

// TestQueuedPayment sends to peers that do not listen: the result is told all the
// same, and the payment is offered again later.
func TestQueuedPayment(t *testing.T) {
	t.Parallel()
	net := nodes(t, 1)
	r := newRig(t, net.Addrs()...)
	gives[cli.Created](r, "create")
	to := gives[cli.Receiving](r, "receive")
	_, err := net[0].Pay(script(t, to.Address), 10_000_000)
	require.NoError(t, err)
	_, err = net[0].Mine(1, nil)
	require.NoError(t, err)
	net[0].Mute("inv")
	o := r.run("send", faucet(t, net[0]), "0.01", "--wait", "300ms", "--json")
	require.Equal(t, 3, o.code)
	sent := value[cli.Sent](t, o.out)
	require.Equal(t, "queued", *sent.State)
	require.Empty(t, sent.Acknowledged)
	require.Equal(t, "unannounced", value[cli.Failure](t, o.errors).Error.Kind)
	o = r.run("send", faucet(t, net[0]), "0.01", "--wait", "300ms")
	require.Equal(t, 3, o.code)
	require.Contains(t, o.out, "Not sent yet")
	requireSentence(t, strings.TrimSuffix(o.errors, "\n"))
	net[0].Unmute()
	w := r.watch("--json")
	line := value[cli.DeliveredLine](t, w.await(`"delivered"`, sent.TxID))
	require.Equal(t, "acknowledged", line.State)
	require.Zero(t, w.end())
	require.Contains(t, net[0].Mempool(), txHash(t, sent.TxID))
	require.Contains(t, r.says("history"), "Leaving · unconfirmed")

	// Nobody to listen to: acknowledged at once.
	one := gives[cli.Sent](r, "send", faucet(t, net[0]), "0.01")
	require.Equal(t, "acknowledged", *one.State)
	require.Equal(t, net.Addrs(), one.Acknowledged)
}

// Words are made and read in other languages, and it is told which were taken for
// which.
func TestLanguagesOfWords(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	made := gives[cli.Created](r, "create", "--language", "Japanese")
	require.Equal(t, "japanese", made.Language)
	require.Len(t, strings.Split(made.Mnemonic, "\u3000"), 12)
	text := r.says("--wallet", "two", "create", "--language", "korean", "--words", "24")
	require.Regexp(t, `(?m)^ +22  \p{Hangul}+ +23  \p{Hangul}+ +24  \p{Hangul}+$`, text)

	words := r.file("words", made.Mnemonic+"\n")
	again := gives[cli.Restored](r, "--wallet", "three", "restore", "--mnemonic-file", words)
	require.Equal(t, made.Fingerprint, again.Fingerprint)
	require.Equal(t, "japanese", again.Language)
	require.Empty(t, again.CompletedWords)

	short := r.file("short", strings.Repeat("aban ", 11)+"about")
	require.Equal(t, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, gives[cli.Restored](r, "--wallet", "four", "restore", "--mnemonic-file", short).CompletedWords)
	text = r.says("--wallet", "five", "restore", "--mnemonic-file", short, "--language", "english")
	require.Contains(t, text, "73c5da0a")
	require.Contains(t, text, "they were completed: number 1 2 3 4 5 6 7 8 9 10 11.")
	require.Contains(t, r.run("restore", "--wallet", "six", "--mnemonic-file", words, "--language", "klingon").errors, "There are: english, japanese,")
	require.Contains(t, r.run("restore", "--wallet", "six", "--mnemonic-file", words, "--language", "czech").errors, "word 1 is not in the list")
}

func TestCreateAndRestoreForPeople(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	text := r.says("create")
	require.Contains(t, text, "Write these 12 words down")
	require.Regexp(t, `(?m)^ +1  [a-z]+ +2  [a-z]+ +3  [a-z]+$`, text)
	require.Regexp(t, `(?m)^ +10  [a-z]+ +11  [a-z]+ +12  [a-z]+$`, text)

	words := r.file("words", keystoretest.Words12+"\n")
	text = r.says("--wallet", "two", "restore", "--mnemonic-file", words, "--birthday", "2024-05-01")
	require.Contains(t, text, `"two" is restored`)
	require.Contains(t, text, "73c5da0a")
	got := gives[cli.Restored](r, "--wallet", "three", "restore", "--mnemonic-file", words, "--birthday", "5000",
		"--passphrase-file", r.file("passphrase", "TREZOR\r\n"))
	require.Equal(t, "b4e3f5ed", got.Fingerprint)
	require.Equal(t, int32(5000-2016), *got.BirthdayHeight)
	names := []string{}
	for _, w := range gives[[]cli.WalletItem](r, "wallets") {
		names = append(names, w.Name)
	}
	require.Equal(t, []string{"default", "three", "two"}, names)
	info, err := os.Stat(filepath.Join(r.dir, "data", "regtest", "wallets", "two", "keystore.db"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}
