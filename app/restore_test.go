package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"thistle/app"
	"thistle/app/units"
	"thistle/keystore/keystoretest"
	"thistle/spv/spvtest/synth"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcutil/v2/hdkeychain"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
	"github.com/tyler-smith/go-bip39"
)

var restoreBlocks = flag.Int("blocks", 24_000, "how many blocks TestRestoreLongChain restores from")

const (
	restorePayments = 300
	restorePeers    = 25 // of these one of each bad kind: a fifth
	restorePatience = 50 * time.Minute
	// restoreHeap is what the peer may take (64 MB) and the wallet besides.
	restoreHeap = (64 + 16) << 20
)

// restoreEnv makes the test binary the program that restores: its value is the
// file of a restoreSpec.
const restoreEnv = "THISTLE_RESTORE_CHILD"

func TestMain(m *testing.M) {
	if file := os.Getenv(restoreEnv); file != "" {
		if err := restoreChild(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// restoreSpec is what the child is told.
type restoreSpec struct {
	Dir   string
	Peers []string
	Facts synth.Facts
	Limit int64 // to the filters on disk, in bytes
}

func (s *restoreSpec) env() (*app.Env, error) {
	params, err := s.Facts.Params()
	if err != nil {
		return nil, err
	}
	params.Net.Name = chaincfg.MainNetParams.Name // its keys, which the keystore knows
	return &app.Env{
		DataDir: s.Dir, Network: "synth", Params: params, FilterCheckpoints: s.Facts.FilterHeaders, Peering: app.Peering{Connect: s.Peers, NoDNS: true},
		Keys: keystoretest.CheapOptions(), Data: app.Data{FilterLimit: s.Limit},
	}, nil
}

// restored is what the child found.
type restored struct {
	Confirmed units.Amount
	Final     bool
	Entries   []found
	Heap      uint64 // the most that was live at any time
	Took      time.Duration
}

type found struct {
	TxID   string
	Height int32
	Amount units.Amount
}

// restoreChild syncs a wallet and prints what it found.
func restoreChild(file string) error {
	var spec restoreSpec
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &spec); err != nil {
		return err
	}
	env, err := spec.env()
	if err != nil {
		return err
	}
	w, err := app.Open(env, "", secret("correct horse"))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), restorePatience)
	defer cancel()
	var res restored
	began, sampled := time.Now(), make(chan struct{})
	inner, stop := context.WithCancel(ctx)
	go func() {
		defer close(sampled)
		for inner.Err() == nil {
			select {
			case <-inner.Done():
			case <-time.After(500 * time.Millisecond):
			}
			runtime.GC()
			live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}} // without what was let go since
			metrics.Read(live)
			res.Heap = max(res.Heap, live[0].Value.Uint64())
		}
	}()
	err = w.Online(ctx, func(ctx context.Context) error {
		_, err := w.Sync(ctx)
		return err
	})
	res.Took = time.Since(began)
	stop()
	<-sampled
	if err != nil {
		return err
	}
	res.Confirmed, res.Final = w.Balance().Confirmed, w.Balance().Final
	for _, e := range w.History(0, -1) {
		res.Entries = append(res.Entries, found{e.TxID.String(), e.Height, e.Amount})
	}
	return errors.Join(json.NewEncoder(os.Stdout).Encode(res), w.Close())
}

// chains derives scripts of account 0 of BIP84 with other code than the
// wallet's.
func chains(t *testing.T, words string) (script func(keychain, index uint32) []byte) {
	t.Helper()
	seed, err := bip39.NewSeedWithErrorChecking(words, "")
	require.NoError(t, err)
	account, err := hdkeychain.NewMaster(seed, &chaincfg.MainNetParams)
	require.NoError(t, err)
	derive := func(key *hdkeychain.ExtendedKey, path ...uint32) *hdkeychain.ExtendedKey {
		for _, i := range path {
			key, err = key.Derive(i)
			require.NoError(t, err)
		}
		return key
	}
	const hardened = hdkeychain.HardenedKeyStart
	account = derive(account, hardened+84, hardened, hardened)
	return func(keychain, index uint32) []byte {
		pub, err := derive(account, keychain, index).ECPubKey()
		require.NoError(t, err)
		return append([]byte{0, 20}, address.Hash160(pub.SerializeCompressed())...)
	}
}

// payments spreads payments over a chain. Two thirds go to receiving addresses,
// the later an address the lower the block, so that whoever reads upwards meets
// the last one first, far beyond his window; a third to change addresses, in the
// order of the chain. Up to gap addresses in a row are left out.
func payments(t *testing.T, blocks int32, gap int) map[int32]*wire.TxOut {
	t.Helper()
	dice := rand.New(rand.NewPCG(uint64(blocks), 300))
	script := chains(t, keystoretest.Words12)
	pays := make(map[int32]*wire.TxOut)
	stride := (blocks - 20) / restorePayments
	var indices [2][]uint32 // of both keychains, ascending
	for kc, count := range []int{restorePayments * 2 / 3, restorePayments / 3} {
		next := uint32(0)
		for range count {
			next += uint32(dice.IntN(gap + 1))
			indices[kc] = append(indices[kc], next)
			next++
		}
	}
	for i := range int32(restorePayments) {
		height := blocks - 10 - i*stride - dice.Int32N(stride) // downwards
		amount := int64(10_000 + i)
		if i%3 > 0 {
			pays[height] = wire.NewTxOut(amount, script(0, indices[0][0]))
			indices[0] = indices[0][1:]
			continue
		}
		last := len(indices[1]) - 1
		pays[height] = wire.NewTxOut(amount, script(1, indices[1][last]))
		indices[1] = indices[1][:last]
	}
	return pays
}

// TestRestoreLongChain restores a wallet with many payments from a long chain, in
// a process of its own, over sockets from many peers, a fifth of them bad: one
// stalls, one hangs up, one stands by filters that hide our payments, one keeps
// blocks back, one tells false headers.
func TestRestoreLongChain(t *testing.T) {
	t.Parallel()
	blocks := int32(*restoreBlocks)
	r := newRestore(t, blocks, 7)
	res := r.run(t, 0)
	served := r.served()
	t.Logf("%d blocks restored in %.1f s; live heap at most %.1f MB; %d blocks, %.2f filters and %.2f headers for each of the chain, %d MB",
		blocks, res.Took.Seconds(), float64(res.Heap)/(1<<20), served.Blocks, float64(served.Filters)/float64(blocks),
		float64(served.Headers)/float64(blocks), served.Bytes>>20)
	for _, p := range r.bad {
		require.Positive(t, p.Served().Requests, "nobody asked the bad peer %s", p.name)
	}
	require.Less(t, served.Filters, 2*int64(blocks), "filters are fetched once, but for what a slow peer is relieved of")
	// What the filters name by chance, what is audited, and what is asked of two.
	const scripts, m = 2200, 784_931
	least := restorePayments + int64(blocks)*scripts/m + int64(blocks)/2000
	require.Less(t, served.Blocks, least*3/2+50)
	require.Less(t, res.Heap, uint64(restoreHeap))
}

// TestRestoreWideGaps has the used addresses further apart than any script is
// searched for ahead of the window, and then no room on the disk besides: what
// was searched and let go is fetched again for scripts that come late.
func TestRestoreWideGaps(t *testing.T) {
	t.Parallel()
	r := newRestore(t, 9000, 60)
	for name, limit := range map[string]int64{"all filters stay": 0, "one segment stays": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := r.run(t, limit)
			t.Logf("restored in %.1f s", res.Took.Seconds())
		})
	}
}

// TestRestoreKilled kills the restoring program again and again, while headers
// come, while filters come and while blocks are read. It goes on where it was, and
// finds all.
func TestRestoreKilled(t *testing.T) {
	t.Parallel()
	r := newRestore(t, 24_000, 7)
	spec := r.spec(t, 0)
	headers := func(s synth.Served) int64 { return s.Headers }
	filters := func(s synth.Served) int64 { return s.Filters }
	blocks := func(s synth.Served) int64 { return s.Blocks }
	for _, at := range []struct {
		what   string
		served func(synth.Served) int64
		count  int64 // by all peers, in all lives
	}{
		{"headers", headers, 1}, {"headers", headers, 8_000}, {"headers", headers, 20_000},
		{"filters", filters, 1}, {"filters", filters, 5_000}, {"filters", filters, 12_000}, {"filters", filters, 20_000},
		{"blocks", blocks, 100}, {"blocks", blocks, 200},
	} {
		require.True(t, r.kill(t, spec, func(s synth.Served) bool { return at.served(s) >= at.count }),
			"it was done before %d %s were served", at.count, at.what)
		t.Logf("killed after %d %s: %+v", at.count, at.what, r.served())
	}
	before := r.served()
	r.require(t, runRestore(t, spec))
	served := r.served()
	t.Logf("filters fetched before the last start: %d, after: %d; blocks %d and %d", before.Filters, served.Filters-before.Filters,
		before.Blocks, served.Blocks-before.Blocks)
	require.Less(t, served.Filters, 2*int64(24_000), "what was fetched is kept")
	aside, err := filepath.Glob(filepath.Join(spec.Dir, "*", "*.damaged*"))
	require.NoError(t, err)
	require.Empty(t, aside)
}

// kill restores until its peers have served enough, and reports whether the
// program was still at it then.
func (r *restoreCase) kill(t *testing.T, spec *restoreSpec, enough func(synth.Served) bool) bool {
	t.Helper()
	cmd := restoreCommand(t, spec)
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ended:
			return false
		case <-look.C:
			if enough(r.served()) {
				_ = cmd.Process.Kill()
				return <-ended != nil
			}
		}
	}
}

// restoreCase is a chain, what it pays to the wallet, and its peers.
type restoreCase struct {
	chain    *synth.Chain
	facts    synth.Facts
	pays     map[int32]*wire.TxOut
	all, bad []namedPeer
}

func newRestore(t *testing.T, blocks int32, gap int) *restoreCase {
	t.Helper()
	r := &restoreCase{pays: payments(t, blocks, gap)}
	began := time.Now()
	var err error
	r.chain, err = synth.New(synth.Options{Seed: 77, Height: blocks, Pay: func(h int32) []*wire.TxOut {
		if out := r.pays[h]; out != nil {
			return []*wire.TxOut{out}
		}
		return nil
	}})
	require.NoError(t, err)
	t.Logf("%d blocks mined in %v", blocks, time.Since(began).Round(time.Millisecond))
	r.facts, err = r.chain.Facts(blocks - 3000)
	require.NoError(t, err)
	r.all, r.bad = servePeers(t, r.chain, r.pays)
	return r
}

// spec makes a wallet to be restored.
func (r *restoreCase) spec(t *testing.T, limit int64) *restoreSpec {
	t.Helper()
	spec := &restoreSpec{Dir: filepath.Join(t.TempDir(), "data"), Facts: r.facts, Limit: limit}
	for _, p := range r.all {
		spec.Peers = append(spec.Peers, p.addr)
	}
	env, err := spec.env()
	require.NoError(t, err)
	_, err = app.Restore(env, app.RestoreParams{Mnemonic: secret(keystoretest.Words12), Password: secret("correct horse")})
	require.NoError(t, err)
	return spec
}

// run restores, and requires that all is found.
func (r *restoreCase) run(t *testing.T, limit int64) restored {
	t.Helper()
	res := runRestore(t, r.spec(t, limit))
	r.require(t, res)
	return res
}

func (r *restoreCase) require(t *testing.T, res restored) {
	t.Helper()
	var want []found
	var total units.Amount
	for h := r.chain.Tip().Height; h > 0; h-- {
		if out := r.pays[h]; out != nil {
			want = append(want, found{r.chain.Block(h).Transactions[1].TxHash().String(), h, units.Amount(out.Value)})
			total += units.Amount(out.Value)
		}
	}
	require.Len(t, want, restorePayments)
	require.Equal(t, want, res.Entries)
	require.Equal(t, total, res.Confirmed)
	require.True(t, res.Final)
}

// served is the sum over all peers.
func (r *restoreCase) served() (sum synth.Served) {
	for _, p := range r.all {
		s := p.Served()
		sum.Blocks, sum.Filters = sum.Blocks+s.Blocks, sum.Filters+s.Filters
		sum.Headers, sum.Bytes = sum.Headers+s.Headers, sum.Bytes+s.Bytes
	}
	return sum
}

// namedPeer is a peer that serves a port.
type namedPeer struct {
	*synth.Peer
	name, addr string
}

// servePeers serves a chain until the test ends.
func servePeers(t *testing.T, c *synth.Chain, pays map[int32]*wire.TxOut) (all, bad []namedPeer) {
	t.Helper()
	hidden := make(map[int32][]byte)
	for h := range pays {
		hidden[h] = c.FalseFilter(h)
	}
	manners := []struct {
		name string
		synth.Manners
	}{
		{"stalls", synth.Manners{Obey: func(n int64, _ wire.Message) synth.Act {
			if n%3 > 0 {
				return synth.Ignore
			}
			return synth.Answer
		}}},
		{"hangs up", synth.Manners{Obey: func(n int64, _ wire.Message) synth.Act {
			if n%10 == 9 {
				return synth.HangUp
			}
			return synth.Answer
		}}},
		{"hides payments", synth.Manners{False: hidden}},
		{"keeps blocks back", synth.Manners{Obey: func(n int64, request wire.Message) synth.Act {
			if _, ok := request.(*wire.MsgGetData); ok {
				return []synth.Act{synth.Ignore, synth.Refuse}[n%2]
			}
			return synth.Answer
		}}},
		{"tells false headers", synth.Manners{Spoil: func(h int32, header []byte) {
			if h%1500 == 700 {
				header[76]++ // another nonce
			}
		}}},
	}
	for len(manners) < restorePeers {
		manners = append(manners, manners[0])
		manners[len(manners)-1].name = "honest"
		manners[len(manners)-1].Manners = synth.Manners{Latency: time.Duration(len(manners)) * time.Millisecond}
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, len(manners))
	for _, m := range manners {
		ln, err := synth.Listen(ctx)
		require.NoError(t, err)
		p := namedPeer{synth.NewPeer(c, m.Manners), m.name, ln.Addr().String()}
		go func() { served <- p.Serve(ctx, ln) }()
		all = append(all, p)
		if m.name != "honest" {
			bad = append(bad, p)
		}
	}
	t.Cleanup(func() {
		cancel()
		for range manners {
			require.NoError(t, <-served)
		}
	})
	return all, bad
}

// restoreCommand is the child.
func restoreCommand(t *testing.T, spec *restoreSpec) *exec.Cmd {
	t.Helper()
	file := filepath.Join(t.TempDir(), "spec")
	b, err := json.Marshal(spec)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, b, 0o600))
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), restoreEnv+"="+file)
	return cmd
}

// runRestore runs the child to its end.
func runRestore(t *testing.T, spec *restoreSpec) (res restored) {
	t.Helper()
	cmd := restoreCommand(t, spec)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(out, &res))
	return res
}
