package cli_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"thistle/app"
	"thistle/keystore/keystoretest"
	"thistle/ui/cli"
	"thistle/ui/present"

	"github.com/stretchr/testify/require"
)

// serving runs a command that goes on in the background.
type serving struct {
	*watching
	ready cli.DaemonLine
}

// daemon begins one in the rig's folder, which ends with the test.
func (r *rig) daemon(args ...string) *serving {
	r.t.Helper()
	s := &serving{watching: r.background(append([]string{"--json", "daemon"}, args...)...)}
	s.ready = value[cli.DaemonLine](r.t, s.await(`"ready"`))
	return s
}

// TestEveryCommandByDaemon goes through a wallet's life with a daemon in its
// folder: every result is of the same shape as without.
func TestEveryCommandByDaemon(t *testing.T) {
	t.Parallel()
	net := nodes(t, 2)
	r := newRig(t, net.Addrs()...)
	d := r.daemon()
	require.Equal(t, "regtest", d.ready.Network)
	require.Equal(t, filepath.Join(r.dir, "data", "regtest", "socket"), d.ready.Socket)

	require.Empty(t, gives[[]cli.WalletItem](r, "wallets"))
	made := gives[cli.Created](r, "create")
	require.Len(t, strings.Fields(made.Mnemonic), 12)
	require.Equal(t, "exists", value[cli.Failure](t, r.run("--json", "create").out).Error.Kind)
	require.Contains(t, r.says("wallets"), "default  regtest")
	to := gives[cli.Receiving](r, "receive", "--label", "rent")
	require.Contains(t, r.says("addresses"), "not paid yet")
	w := r.watch("--json")
	value[cli.SyncedLine](t, w.await(`"synced"`))
	paid, err := net[0].Pay(script(t, to.Address), 50_000_000)
	require.NoError(t, err)
	require.Equal(t, paid.String(), value[cli.TxSeenLine](t, w.await(`"tx_seen"`)).TxID)
	require.Equal(t, int64(50_000_000), gives[cli.Balance](r, "balance").UntrustedPending, "while it is watched")
	for height := int32(201); height < 205; height++ {
		_, err = net[0].Mine(1, nil) // it has the payment; the other may not have heard of it yet
		require.NoError(t, err)
		require.Equal(t, height, gives[cli.Synced](r, "sync").Height, "the newest block is not waited for")
	}
	require.NoError(t, net.Synced(t.Context()))
	w.await(`"tx_confirmed"`, paid.String())
	require.True(t, gives[cli.Status](r, "status").Final)
	require.Contains(t, r.says("status"), "default on regtest")

	dest := faucet(t, net[1])
	sent := gives[cli.Sent](r, "send", dest, "0.1")
	require.Contains(t, []string{"propagated", "echoed", "acknowledged"}, *sent.State)
	require.Len(t, gives[[]cli.Payment](r, "history"), 2)
	require.Contains(t, r.fails(5, "insufficient_funds", "send", dest, "5"), "There is not enough to spend")
	require.Contains(t, r.fails(2, "bad_amount", "send", dest, "0,1"), "0,1")
	proof := gives[cli.Proof](r, "proof", paid.String())
	require.Equal(t, []string{paid.String()}, gives[cli.Verified](r, "verify-proof", proof.MerkleBlock).TxIDs)
	r.deps.Stdin = strings.NewReader(proof.MerkleBlock + "\n")
	require.Contains(t, r.says("verify-proof", "-"), "The proof holds")
	require.Len(t, gives[[]cli.PeerItem](r, "peers"), 2)

	words := r.file("words", keystoretest.Words12+"\n")
	restored := gives[cli.Restored](r, "--wallet", "two", "restore", "--mnemonic-file", words, "--passphrase-file", r.file("passphrase", "TREZOR"))
	require.Equal(t, "b4e3f5ed", restored.Fingerprint)
	require.Equal(t, "two", gives[cli.Status](r, "--wallet", "two", "status").Wallet)
	people := r.watch()
	people.await("Connected to " + net.Addrs()[0])
	people.await("All is known up to block 204.")
	require.Zero(t, people.end())

	require.ElementsMatch(t, []string{"default", "two"}, gives[cli.DaemonLocked](r, "daemon", "lock").Wallets)
	require.Contains(t, w.rest(), `"locked"`)
	require.Equal(t, 1, w.end())
	require.Contains(t, r.says("daemon", "lock"), "No wallet was open")
	require.Len(t, gives[[]cli.Payment](r, "history"), 2, "opened again with the password")

	require.Equal(t, "The daemon has ended.\n", r.says("daemon", "stop"))
	require.Zero(t, d.end())
	r.fails(1, "no_daemon", "daemon", "stop")
	r.fails(1, "no_daemon", "daemon", "lock")
	require.Len(t, gives[[]cli.Payment](r, "history"), 2, "the folder is free")
	require.NoFileExists(t, d.ready.Socket)
}

// TestDaemonAndPasswords: an open wallet is looked at without one, a payment is
// never signed without; what was typed is left in no memory.
func TestDaemonAndPasswords(t *testing.T) {
	t.Parallel()
	net := nodes(t, 1)
	r, p := sit(t, net.Addrs()...)
	p.answers = []string{"secret", "secret"}
	require.Zero(t, r.run("create").code)
	p.expect(nil, "New password: ", "Once more: ")
	screen := *r
	screen.deps.OutTerminal, screen.deps.ErrTerminal = false, false
	d := screen.daemon()

	p.expect([]string{"wrong"})
	o := r.run("balance")
	require.Equal(t, 4, o.code, o.errors)
	require.Contains(t, o.errors, "\x1b[31mWrong password.")
	p.expect([]string{"secret"}, "Password: ")
	require.Zero(t, r.run("balance").code)
	p.expect(nil, "Password: ")
	o = r.run("receive", "--json")
	require.Zero(t, o.code, o.errors)
	own := value[cli.Receiving](t, o.out).Address
	_, err := net[0].Mine(1, script(t, own))
	require.NoError(t, err)
	_, err = net[0].Mine(100, nil)
	require.NoError(t, err)
	require.Zero(t, r.run("sync").code)

	p.expect([]string{"wrong"})
	require.Equal(t, 4, r.run("send", regtestAddress, "0.1").code)
	p.expect([]string{"secret"}, "Password to sign: ")
	o = r.run("send", regtestAddress, "0.1")
	require.Zero(t, o.code, o.errors)
	require.Contains(t, o.errors, "Left after it", "it was reviewed")
	p.expect(nil, "Password to sign: ")

	// Without a terminal there is nobody to be asked.
	r.deps.InTerminal = false
	o = r.run("send", regtestAddress, "0.1")
	require.Equal(t, 2, o.code)
	require.Contains(t, o.errors, "Without a terminal")
	require.Zero(t, d.end())
}

// TestDaemonRefuses: what would be passed over in silence is refused.
func TestDaemonRefuses(t *testing.T) {
	t.Parallel()
	net := nodes(t, 1)
	r := newRig(t, net.Addrs()...)
	d := r.daemon()
	for _, flags := range [][]string{{"--connect", "127.0.0.1:1"}, {"--proxy", "127.0.0.1:9050"}, {"--low-data"}, {"--filter-limit", "5GB"}} {
		require.Contains(t, r.fails(2, "usage", append(flags, "wallets")...), "daemon stop")
	}
	gives[[]cli.WalletItem](r, "wallets", "--connect", net.Addrs()[0], "--low-data=false")
	require.Contains(t, r.fails(2, "usage", "--password-file", filepath.Join(r.dir, "nowhere"), "create"), "there is no such file")
	require.Contains(t, r.fails(2, "usage", "--password-file", r.dir, "create"), "it is a folder")
	require.Contains(t, r.fails(2, "usage", "--password-file", r.file("large", strings.Repeat("x", 70_000)), "create"), "too large")

	require.Equal(t, `The data folder is in use by the daemon, which "thistle daemon stop" ends.`, r.fails(1, "in_use", "daemon"))
	env, err := testEnv(cli.Place{DataDir: filepath.Join(r.dir, "data"), Network: "regtest"})
	require.NoError(t, err)
	_, err = app.Begin(env)
	require.Equal(t, app.KindInUse, app.KindOf(err), "the window opens the same way")
	require.Contains(t, present.Sentence(err), "in use by the daemon")

	other := *r
	other.deps.Version = "1.2.4"
	require.Contains(t, other.fails(1, "other_version", "wallets"), `"1.2.3", this is "1.2.4"`)
	other.fails(1, "other_version", "daemon", "lock")
	gives[cli.DaemonStopped](&other, "daemon", "stop")
	require.Zero(t, d.end())

	nobody := newRig(t)
	require.Contains(t, nobody.fails(3, "no_peers", "daemon"), "no public peers")
	nobody.fails(2, "usage", "daemon", "--lock-after", "-1s")
}

// TestDaemonOpens: with a password file a wallet is open from the start, and it is
// locked when nobody has used it for a while.
func TestDaemonOpens(t *testing.T) {
	t.Parallel()
	net := nodes(t, 1)
	r := newRig(t, net.Addrs()...)
	gives[cli.Created](r, "create")
	d := r.daemon("--lock-after", "300ms")
	blind := *r
	blind.args = append(r.args[:5:5], r.args[7:]...) // without a password
	blind.args = append(blind.args, "--json")
	status := func() int { return blind.run("status").code }
	require.Zero(t, status())
	for pause := 400 * time.Millisecond; status() == 0; pause *= 2 { // each look is a use
		require.Less(t, pause, 30*time.Second)
		<-time.After(pause)
	}
	require.Zero(t, d.end())
}

// TestDaemonCutOff: who is interrupted, or goes away, leaves the daemon as it was;
// a wallet whose words were not seen is put aside.
func TestDaemonCutOff(t *testing.T) {
	t.Parallel()
	net := nodes(t, 1)
	r := newRig(t, net.Addrs()...)
	d := r.daemon()
	var errs bytes.Buffer
	require.Equal(t, 1, r.runTo(t.Context(), gone{}, &errs, "create"))
	require.Contains(t, errs.String(), "the wallet was put aside")
	require.Empty(t, gives[[]cli.WalletItem](r, "wallets"))
	gives[cli.Created](r, "create")

	net[0].Mute("getheaders")
	ctx, cancel := context.WithCancel(t.Context())
	r.deps.ErrTerminal = true
	said := &notice{about: "\r", told: make(chan bool, 1)}
	code := make(chan int, 1)
	go func() { code <- r.runTo(ctx, io.Discard, said, "sync") }()
	<-said.told
	cancel()
	require.Equal(t, 1, <-code)
	require.Contains(t, said.String(), "Interrupted")
	r.deps.ErrTerminal = false
	gives[cli.Balance](r, "balance")

	w := r.watch()
	w.await("Connected")
	require.Zero(t, d.end())
	require.Contains(t, w.rest(), "The wallet is locked.")
	require.Equal(t, 1, w.end())
}

// notice is a writer that tells when a text has come.
type notice struct {
	bytes.Buffer
	about string
	told  chan bool
}

func (n *notice) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(n.about)) {
		select {
		case n.told <- true:
		default:
		}
	}
	return n.Buffer.Write(b)
}

// TestDaemonDied: what a daemon has left that was killed is no hindrance.
func TestDaemonDied(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	folder := filepath.Join(r.dir, "data", "regtest")
	require.NoError(t, os.MkdirAll(folder, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "socket"), nil, 0o600))
	require.Empty(t, gives[[]cli.WalletItem](r, "wallets"))
	r.fails(1, "no_daemon", "daemon", "lock")
}

// TestDaemonPeers: peers that are named while it runs are met, and its own flags
// hold on.
func TestDaemonPeers(t *testing.T) {
	t.Parallel()
	net := nodes(t, 2)
	r := newRig(t)
	d := r.daemon("--connect", net[0].Addr(), "--low-data")
	require.Len(t, gives[[]cli.PeerItem](r, "peers"), 1)
	list := gives[[]cli.PeerItem](r, "peers", "--only", net[1].Addr())
	require.Len(t, list, 1)
	require.Equal(t, net[1].Addr(), list[0].Addr)
	gives[[]cli.PeerItem](r, "--low-data", "peers")
	settings, err := app.LoadSettings(filepath.Join(r.dir, "data"), "regtest")
	require.NoError(t, err)
	require.Equal(t, app.Peering{Connect: []string{net[1].Addr()}}, settings.Peering)

	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			r.runTo(t.Context(), io.Discard, io.Discard, "peers", "--add", "127.0.0.1:"+strconv.Itoa(1+i), "--banned")
		})
	}
	group.Wait()
	settings, err = app.LoadSettings(filepath.Join(r.dir, "data"), "regtest")
	require.NoError(t, err)
	require.Len(t, settings.Peering.Preferred, 8, "none is lost to another")
	require.Zero(t, d.end())
}

// TestUnit: the unit runs the daemon with the flags that were given.
func TestUnit(t *testing.T) {
	t.Parallel()
	r := newRig(t, "127.0.0.1:1")
	t.Cleanup(func() { require.NoError(t, os.Remove("100% \"here\"")) }) // the log is begun
	text := gives[cli.DaemonUnit](r, "daemon", "unit", "--audit", "--log-file", "100% \"here\"", "--proxy", "127.0.0.1:9050").Unit
	here, err := os.Getwd()
	require.NoError(t, err)
	for _, want := range []string{
		`"--network=regtest" "--datadir=` + filepath.Join(r.dir, "data") + `"`, `"--connect=127.0.0.1:1"`, `"--no-dns=true"`, `"--audit=true"`, `"--proxy=127.0.0.1:9050"`,
		`"--password-file=` + filepath.Join(r.dir, "password") + `"`, `"--log-file=` + here + `/100%% \"here\""`, " daemon\n", "NoNewPrivileges=yes",
	} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, "--json")
	require.Equal(t, text, r.says("daemon", "unit", "--audit", "--log-file", "100% \"here\"", "--proxy", "127.0.0.1:9050"))
}

// TestDaemonHearsNonsense: a program that does not speak the language is hung up
// on, and the daemon goes on.
func TestDaemonHearsNonsense(t *testing.T) {
	t.Parallel()
	net := nodes(t, 1)
	r := newRig(t, net.Addrs()...)
	d := r.daemon()
	for _, nonsense := range []string{
		"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"\x01\x00\x00\x00\x00\xff\xff\xff\xff",          // too large
		"\x01\x00\x00\x00\x00\x00\x00\x00\x02{}",        // of no version
		"\x03\x00\x00\x00\x00\x00\x00\x00\x02ok",        // an answer to nothing
		"\x01\x00\x00\x00\x00\x00\x00\x00\x05hello",     // no request
		"\x01\x00\x00\x00\x00\x00\x00\x00\x10{\"stop\"", // and no more
	} {
		c, err := app.Call(filepath.Join(r.dir, "data"), "regtest")
		require.NoError(t, err)
		_, err = io.WriteString(c, nonsense)
		require.NoError(t, err)
		require.NoError(t, c.CloseWrite())
		_, _ = io.Copy(io.Discard, c) // until it hangs up
		require.NoError(t, c.Close())
	}
	silent, err := app.Call(filepath.Join(r.dir, "data"), "regtest")
	require.NoError(t, err)
	gives[[]cli.WalletItem](r, "wallets")
	for _, command := range []string{"demo", "daemon"} {
		c, err := app.Call(filepath.Join(r.dir, "data"), "regtest")
		require.NoError(t, err)
		ask := `{"version":"1.2.3","args":["` + command + `"]}`
		_, err = io.WriteString(c, "\x01\x00\x00\x00\x00\x00\x00\x00"+string(rune(len(ask)))+ask)
		require.NoError(t, err)
		said := make([]byte, 200)
		n, err := c.Read(said)
		require.NoError(t, err)
		for n < 20 {
			more, err := c.Read(said[n:])
			require.NoError(t, err)
			n += more
		}
		require.Contains(t, string(said[:n]), "The daemon does not run")
		require.NoError(t, c.Close())
	}
	require.Zero(t, d.end())
	require.NoError(t, silent.Close())
}

// TestDaemonCrowded: however many commands run, one more waits until there is a
// place or it is interrupted, and those that lock or end the daemon wait for none.
func TestDaemonCrowded(t *testing.T) {
	t.Parallel()
	net := nodes(t, 1)
	r := newRig(t, net.Addrs()...)
	gives[cli.Created](r, "create")
	d := r.daemon()
	gives[cli.Synced](r, "sync")
	const most = 64
	ask := `{"version":"1.2.3","args":["--network","regtest","watch","--json"]}`
	for range most {
		c, err := app.Call(filepath.Join(r.dir, "data"), "regtest")
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		_, err = io.WriteString(c, "\x01\x00\x00\x00\x00\x00\x00\x00"+string(rune(len(ask)))+ask)
		require.NoError(t, err)
		head := make([]byte, 9)
		_, err = io.ReadFull(c, head)
		require.NoError(t, err)
		require.Equal(t, byte(5), head[0], "it says what it sees")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var errs bytes.Buffer
	require.Equal(t, 1, r.runTo(ctx, io.Discard, &errs, "wallets"))
	require.Contains(t, errs.String(), "Interrupted")

	waited := make(chan int, 1)
	go func() { waited <- r.runTo(t.Context(), io.Discard, io.Discard, "wallets") }()
	require.Equal(t, []string{"default"}, gives[cli.DaemonLocked](r, "daemon", "lock").Wallets)
	require.Zero(t, <-waited, "those that were locked have left")
	gives[cli.DaemonStopped](r, "daemon", "stop")
	require.Zero(t, d.end())
}
