package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"thistle/app"
	"thistle/keystore/keystoretest"
	"thistle/spv/sandbox"
	"thistle/ui/cli"

	"github.com/stretchr/testify/require"
)

const (
	regtestAddress = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
	mainnetAddress = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
)

// TestBadPayments gives send what it must refuse before it connects: there is no
// peer to reach, and that is never what it complains of.
func TestBadPayments(t *testing.T) {
	t.Parallel()
	r := newRig(t, closedPort(t))
	gives[cli.Created](r, "create")
	for _, c := range []struct {
		kind, word string
		args       []string
	}{
		{"bad_amount", "commas", []string{regtestAddress, "0,1"}},
		{"bad_amount", "8 decimals", []string{regtestAddress, "0.123456789"}},
		{"bad_amount", "exponent", []string{regtestAddress, "1e3"}},
		{"bad_amount", "negative", []string{regtestAddress, "-1"}},
		{"bad_amount", "negative", []string{regtestAddress, "-0.5"}},
		{"bad_amount", "negative", []string{regtestAddress, "-.5"}},
		{"bad_amount", "negative", []string{"--", regtestAddress, "-1"}},
		{"bad_amount", "negative", []string{regtestAddress, "−1"}},
		{"bad_amount", "plus", []string{regtestAddress, "+1"}},
		{"bad_amount", "21 million", []string{regtestAddress, "21000000.00000001"}},
		{"bad_amount", "21 million", []string{regtestAddress, "99999999999999999999"}},
		{"bad_amount", "digits 0 to 9", []string{regtestAddress, "１"}},
		{"bad_amount", "digits 0 to 9", []string{regtestAddress, "٣"}},
		{"bad_amount", "more than zero", []string{regtestAddress, "0"}},
		{"bad_amount", "empty", []string{regtestAddress, ""}},
		{"bad_amount", "without spaces", []string{regtestAddress, "1 000"}},
		{"bad_amount", "not a number", []string{regtestAddress, "1BTC"}},
		{"bad_amount", "not a number", []string{regtestAddress, "0x10"}},
		{"bad_amount", "not a number", []string{regtestAddress, "NaN"}},
		{"bad_amount", "not a number", []string{regtestAddress, "MAX"}},
		{"bad_amount", "not a number", []string{regtestAddress, "\x1b[31m"}},
		{"bad_amount", "commas", []string{"--to", regtestAddress + "=0,1"}},
		{"dust", "0.00000294 BTC", []string{regtestAddress, "0.00000293"}},
		{"bad_address", "another network", []string{mainnetAddress, "0.1"}},
		{"bad_address", "checksum", []string{regtestAddress[:43] + "q", "0.1"}},
		{"bad_address", "empty", []string{"", "0.1"}},
		{"bad_address", "not a Bitcoin address", []string{"hello", "0.1"}},
		{"bad_address", "space", []string{" " + regtestAddress, "0.1"}},
		{"bad_fee_rate", "above zero", []string{regtestAddress, "0.1", "--fee-rate", "0"}},
		{"bad_fee_rate", "1000 sat/vB", []string{regtestAddress, "0.1", "--fee-rate", "1001"}},
		{"bad_fee_rate", "negative", []string{regtestAddress, "0.1", "--fee-rate", "-1"}},
		{"bad_fee_rate", "3 decimals", []string{regtestAddress, "0.1", "--fee-rate", "1.0001"}},
		{"bad_fee_rate", "commas", []string{regtestAddress, "0.1", "--fee-rate", "1,5"}},
		{"usage", "2 arguments", nil},
		{"usage", "2 arguments", []string{regtestAddress}},
		{"usage", "2 arguments", []string{regtestAddress, "1", "2"}},
		{"usage", "ADDRESS=AMOUNT", []string{"--to", regtestAddress}},
		{"usage", "label", []string{regtestAddress, "1", "--label", "a\x07b"}},
		{"usage", "label", []string{regtestAddress, "1", "--label", strings.Repeat("x", 501)}},
		{"usage", "--wait", []string{regtestAddress, "1", "--wait", "-1s"}},
		{"usage", "--timeout", []string{regtestAddress, "1", "--timeout", "0s"}},
		{"usage", "as in 90s", []string{regtestAddress, "1", "--wait", "30"}},
		{"usage", "no flag --fee", []string{regtestAddress, "1", "--fee", "3"}},
		{"usage", "needs a value", []string{regtestAddress, "1", "--fee-rate"}},
		{"usage", "no flag -x", []string{"-x"}},
	} {
		require.Contains(t, r.fails(2, c.kind, append([]string{"send"}, c.args...)...), c.word, "%q", c.args)
	}
	require.Empty(t, gives[[]cli.Payment](r, "history"))
}

// TestBadArguments gives the other commands what they must refuse.
func TestBadArguments(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	gives[cli.Created](r, "create")
	files := 0
	words := func(text string) []string {
		files++
		return []string{"--wallet", "w", "restore", "--mnemonic-file", r.file(fmt.Sprintf("words%d", files), text)}
	}
	good := r.file("good", keystoretest.Words12)
	for _, c := range []struct {
		kind, word string
		args       []string
	}{
		{"bad_words", "word 2 is not in the list", words("abandon abondon " + strings.Repeat("abandon ", 9) + "about")},
		{"bad_words", "do not belong together", words(strings.Repeat("abandon ", 12))},
		{"bad_words", "there are 11 words", words(strings.Repeat("abandon ", 11))},
		{"bad_words", "there are 0 words", words("")},
		{"bad_words", "cannot be read as text", words("\xff\xfe")},
		{"usage", "too large", words(strings.Repeat("abandon ", 9000))},
		{"usage", "no such file", []string{"restore", "--mnemonic-file", filepath.Join(r.dir, "nothing")}},
		{"usage", "it is a folder", []string{"restore", "--mnemonic-file", r.dir}},
		{"usage", "Without a terminal", []string{"restore"}},
		{"usage", "no such file", []string{"create", "--passphrase-file", filepath.Join(r.dir, "nothing")}},
		{"usage", "12 or 24", []string{"create", "--words", "15"}},
		{"usage", "no value for --words", []string{"create", "--words", "many"}},
		{"bad_birthday", "2024-02-30", []string{"--wallet", "w", "restore", "--mnemonic-file", good, "--birthday", "2024-02-30"}},
		{"bad_birthday", "past day", []string{"--wallet", "w", "restore", "--mnemonic-file", good, "--birthday", "2999-01-01"}},
		{"bad_birthday", "yesterday", []string{"--wallet", "w", "restore", "--mnemonic-file", good, "--birthday", "yesterday"}},
		{"bad_birthday", "-5", []string{"--wallet", "w", "restore", "--mnemonic-file", good, "--birthday", "-5"}},
		{"bad_birthday", "99999999999", []string{"--wallet", "w", "restore", "--mnemonic-file", good, "--birthday", "99999999999"}},
		{"bad_name", "../up", []string{"--wallet", "../up", "create"}},
		{"bad_name", "a/b", []string{"--wallet", "a/b", "balance"}},
		{"bad_network", "moonnet", []string{"--network", "moonnet", "balance"}},
		{"no_wallet", "nobody", []string{"--wallet", "nobody", "balance"}},
		{"bad_txid", "64 hexadecimal digits", []string{"proof", "12"}},
		{"bad_txid", "64 hexadecimal digits", []string{"proof", strings.Repeat("g", 64)}},
		{"bad_proof", "not hexadecimal", []string{"verify-proof", "xyz"}},
		{"bad_proof", "proves nothing", []string{"verify-proof", "00"}},
		{"bad_proof", "proves nothing", []string{"verify-proof", ""}},
		{"bad_amount", "commas", []string{"receive", "--amount", "1,5"}},
		{"bad_amount", "negative", []string{"receive", "--amount", "-1"}},
		{"usage", "label", []string{"receive", "--label", "a\nb"}},
		{"usage", "takes no arguments", []string{"balance", "now"}},
		{"usage", "takes 1 argument", []string{"proof"}},
		{"usage", `no command "blance"`, []string{"blance"}},
		{"usage", `no command "nonsense"`, []string{"help", "nonsense"}},
		{"usage", "as in 500MB", []string{"sync", "--filter-limit", "5"}},
		{"usage", "number up to 100000", []string{"sync", "--full-blocks", "-1"}},
		{"usage", "number up to 100000", []string{"sync", "--full-blocks", "100001"}},
		{"usage", "no value for --audit", []string{"sync", "--audit=perhaps"}},
		{"usage", "no peer", []string{"sync", "--connect", "localhost"}},
		{"usage", "no peer", []string{"sync", "--connect", "::1:8333"}},
		{"usage", "no peer", []string{"sync", "--connect", "host:0"}},
		{"usage", "no peer", []string{"peers", "--connect", "host:99999"}},
		{"usage", "--timeout", []string{"sync", "--timeout", "-1s"}},
		{"usage", "level of a log", []string{"balance", "--log-level", "loud"}},
		{"usage", "log file", []string{"balance", "--log-file", filepath.Join(r.dir, "no", "folder")}},
	} {
		require.Contains(t, r.fails(2, c.kind, c.args...), c.word, "%q", c.args)
	}
	require.Len(t, gives[[]cli.WalletItem](r, "wallets"), 1, "a refused wallet was made")
	require.Contains(t, r.fails(1, "exists", "create"), `"default"`)
	require.Contains(t, r.fails(1, "unknown_tx", "proof", strings.Repeat("0", 64)), "no transaction 0000")
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	gives[cli.Created](r, "create")
	with := func(file string) []string { return []string{"--password-file", file, "balance"} }
	require.Equal(t, "Wrong password.", r.fails(4, "wrong_password", with(r.file("wrong", "correct  horse"))...))
	r.fails(4, "wrong_password", with(r.file("spaced", "correct horse\n\n"))...)
	r.fails(2, "bad_password", with(r.file("empty", "\n"))...)
	r.fails(2, "bad_password", append([]string{"--wallet", "other"}, append(with(r.file("empty", ""))[:2], "create")...)...)
	r.fails(2, "bad_password", with(r.file("binary", "\xff\xfe"))...)
	require.Contains(t, r.fails(2, "usage", with(filepath.Join(r.dir, "nothing"))...), "password file cannot be read")
	require.Zero(t, r.run(with(r.file("dos", "correct horse\r\n"))...).code)
	require.Zero(t, r.run(with(r.file("bare", "correct horse"))...).code)
	r.args = r.args[:len(r.args)-2]
	require.Contains(t, r.fails(2, "usage", "balance"), "--password-file")
}

func TestInsufficientFunds(t *testing.T) {
	t.Parallel()
	c := nodes(t, 1)
	r := newRig(t, c.Addrs()...)
	gives[cli.Created](r, "create")
	require.Contains(t, r.fails(5, "insufficient_funds", "send", regtestAddress, "0.1"), "0.00000000 BTC can be spent")
	r.fails(5, "insufficient_funds", "send", regtestAddress, "max")
}

func TestNoPeers(t *testing.T) {
	t.Parallel()
	r := newRig(t, closedPort(t))
	gives[cli.Created](r, "create")
	require.Contains(t, r.fails(3, "no_peers", "sync", "--timeout", "500ms"), " does not answer; see whether it is running.")
	require.Contains(t, r.fails(3, "no_peers", "peers", "--wait", "500ms"), " does not answer; see whether it is running.")
	require.Contains(t, r.fails(3, "no_peers", "--proxy", closedPort(t), "peers", "--wait", "500ms"), "through the proxy 127.0.0.1:")
	require.Equal(t, `"nowhere" is no peer: write HOST:PORT.`, r.fails(2, "usage", "peers", "--add", "nowhere"))
	r.fails(3, "no_peers", "send", regtestAddress, "0.1", "--timeout", "500ms")
}

// TestSilentPeers has peers that take the connection and never answer: at all, to
// headers, to filters, to blocks.
func TestSilentPeers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ mute, kind, word string }{
		{sandbox.Everything, "no_peers", "does not answer"},
		{"getheaders", "timeout", "height"},
		{"getcfilters", "timeout", "filters are here up to"},
		{"getdata", "timeout", "blocks that may hold payments 2 are still missing"},
	} {
		t.Run(c.mute, func(t *testing.T) {
			t.Parallel()
			n := nodes(t, 1)
			r := newRig(t, n.Addrs()...)
			gives[cli.Created](r, "create")
			to := gives[cli.Receiving](r, "receive")
			_, err := n[0].Mine(2, script(t, to.Address))
			require.NoError(t, err)
			n[0].Mute(c.mute)
			require.Contains(t, r.fails(3, c.kind, "sync", "--timeout", "5s"), c.word)
			n[0].Unmute()
			require.Equal(t, int32(202), gives[cli.Synced](r, "sync").Height)
			require.NotZero(t, gives[cli.Balance](r, "balance").Immature)
		})
	}
}

func TestInUse(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	gives[cli.Created](r, "create")
	env, err := testEnv(cli.Place{DataDir: filepath.Join(r.dir, "data"), Network: "regtest"})
	require.NoError(t, err)
	w, err := app.Open(env, "", func() []byte { return []byte("correct horse") })
	require.NoError(t, err)
	require.Equal(t, "The data folder is in use by another Thistle.", r.fails(1, "in_use", "balance"))
	r.fails(1, "in_use", "create", "--wallet", "two")
	require.NoError(t, w.Close())
	gives[cli.Balance](r, "balance")
}

// TestForeignFiles takes files of another network and of another wallet.
func TestForeignFiles(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	gives[cli.Created](r, "create")
	gives[cli.Created](r, "create", "--wallet", "two")
	data := filepath.Join(r.dir, "data")
	require.NoError(t, os.CopyFS(filepath.Join(data, "testnet4"), os.DirFS(filepath.Join(data, "regtest"))))
	r.fails(6, "foreign", "--network", "testnet4", "balance")
	list := gives[[]cli.WalletItem](r, "--network", "testnet4", "wallets")
	require.Equal(t, "foreign", *list[0].Problem)
	require.Nil(t, list[0].Birthday)
	require.Contains(t, r.says("--network", "testnet4", "wallets"), "belongs to another network")

	copyFile(t, filepath.Join(data, "regtest/wallets/two/wallet.db"), filepath.Join(data, "regtest/wallets/default/wallet.db"))
	r.fails(6, "foreign", "balance")
}

// TestDamagedFiles truncates the wallet's two files and flips bits in them: that
// is noticed or harmless, and never a panic.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	c := nodes(t, 1)
	for _, name := range []string{"keystore.db", "wallet.db"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.Addrs()...)
			gives[cli.Created](r, "create")
			gives[cli.Receiving](r, "receive")
			gives[cli.Synced](r, "sync")
			want := r.run("status", "--json").out
			path := filepath.Join(r.dir, "data/regtest/wallets/default", name)
			whole, err := os.ReadFile(path)
			require.NoError(t, err)
			for _, size := range []int{0, 1, 100, len(whole) / 4, len(whole) / 2} {
				require.NoError(t, os.WriteFile(path, whole[:size], 0o600))
				t.Logf("cut to %d of %d", size, len(whole))
				r.fails(6, "damaged", "balance")
			}
			const seed, flips = 7, 24
			dice := rand.New(rand.NewPCG(seed, 1))
			var used []int // most of the file is empty
			for at, b := range whole {
				if b != 0 {
					used = append(used, at)
				}
			}
			noticed := 0
			for range flips {
				bad := bytes.Clone(whole)
				at := used[dice.IntN(len(used))]
				bad[at] ^= 1 << dice.IntN(8)
				require.NoError(t, os.WriteFile(path, bad, 0o600))
				o := r.run("status", "--json")
				require.Contains(t, []int{0, 6}, o.code, "seed %d, byte %d: %s", seed, at, o.errors)
				if o.code == 6 {
					noticed++
				} else {
					require.Equal(t, want, o.out, "seed %d, byte %d", seed, at)
				}
			}
			t.Logf("%d of %d flips noticed", noticed, flips)
			require.NotZero(t, noticed)
			require.NoError(t, os.WriteFile(path, whole, 0o600))
			require.Equal(t, want, r.run("status", "--json").out)
		})
	}
}

// TestDamagedChain cuts the file of headers: it is set aside, told of, and made
// again from the network.
func TestDamagedChain(t *testing.T) {
	t.Parallel()
	c := nodes(t, 1)
	r := newRig(t, c.Addrs()...)
	gives[cli.Created](r, "create")
	want := gives[cli.Synced](r, "sync")
	path := filepath.Join(r.dir, "data/regtest/chain.db")
	for _, size := range []int64{0, 5000} {
		require.NoError(t, os.Truncate(path, size))
		o := r.run("sync", "--json")
		require.Zero(t, o.code, o.errors)
		require.Equal(t, want, value[cli.Synced](t, o.out))
		require.Equal(t, "set_aside", value[cli.Caution](t, o.errors).Warning.Kind, "cut to %d", size)
	}
	require.NoError(t, os.Truncate(path, 5000))
	require.Contains(t, r.run("sync").errors, "Note: A damaged file was set aside")
}

// TestInterrupted ends a sync that waits for a silent peer.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	c := nodes(t, 1)
	r := newRig(t, c.Addrs()...)
	gives[cli.Created](r, "create")
	c[0].Mute("getheaders")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	var out, errors bytes.Buffer
	require.Equal(t, 3, r.runTo(ctx, &out, &errors, "sync", "--json"), "a deadline from outside is a time-out")
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	out.Reset()
	require.Equal(t, 1, r.runTo(ctx, &out, &errors, "sync", "--json"))
	require.Equal(t, "interrupted", value[cli.Failure](t, out.String()).Error.Kind)
}

// TestPanic makes sure that a mistake of the program ends in a sentence.
func TestPanic(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.deps.Env = func(cli.Place) (*app.Env, error) { panic("broken\nin two") }
	require.Contains(t, r.fails(1, "internal", "wallets"), "unexpected went wrong: broken in two")
}

// closedPort is an address where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return l.Addr().String()
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, b, 0o600))
}
