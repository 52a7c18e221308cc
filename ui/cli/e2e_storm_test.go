//go:build e2e

package cli_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"thistle/app"
	"thistle/app/config"
	"thistle/app/units"
	"thistle/spv"
	"thistle/spv/store"
	"thistle/ui/cli/e2etest"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
)

var stormKills = flag.Int("kills", 36, "so many kills in TestE2EKillStorm")

const (
	stormBlocks  = 2300 // at the start: a whole chunk of the disk's and some more
	killsPerHome = 12
	longestLife  = 1200 * time.Millisecond
)

// TestE2EKillStorm kills a syncing child at random moments, while the chain
// grows and is reorganised, and looks at what is on disk after each: it opens,
// nothing is damaged, all that was told is there, and nothing there is wrong.
// Every few kills the wallet may finish, and must know exactly what the chain
// pays it; then another begins in an empty folder.
func TestE2EKillStorm(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	s := &storm{dice: rand.New(rand.NewPCG(seed, 0))}
	s.a = e2etest.StartNode(t, bins, e2etest.NodeOptions{})
	s.b = e2etest.StartNode(t, bins, e2etest.NodeOptions{Follow: []*e2etest.Node{s.a}})
	for _, n := range []*e2etest.Node{s.a, s.b} {
		s.proxies = append(s.proxies, e2etest.NewProxy(t, n.Addr))
	}
	s.account = e2etest.NewAccount(t, someWords)
	s.payer = &payer{node: s.a, faucet: e2etest.NewFaucet(t, s.a, 60), account: s.account}
	s.payer.pay(stormBlocks, 40)
	s.replay = newReplay(t, s.a, s.account, 1000)
	for s.kills < *stormKills {
		left := min(killsPerHome, *stormKills-s.kills)
		t.Run(fmt.Sprintf("kills %d to %d", s.kills+1, s.kills+left), func(t *testing.T) { s.home(t, left) })
		if t.Failed() {
			return
		}
	}
	t.Logf("%d kills: %d before anything was told, %d while headers came, %d while filters came, %d when synced; %d blocks more, %d reorgs; %d filters compared",
		s.kills, s.when[silent], s.when[heading], s.when[filtering], s.when[done], s.grown, s.reorgs, s.compared)
	require.Positive(t, s.compared)
}

// moment is how far a child had come when it was killed.
type moment int

const (
	silent moment = iota
	heading
	filtering
	done
	moments
)

type storm struct {
	dice    *rand.Rand
	a, b    *e2etest.Node
	proxies []*e2etest.Proxy
	account *e2etest.Account
	payer   *payer
	replay  *replay

	kills, grown, reorgs, compared int
	when                           [moments]int
}

// home kills children in one folder, lets the last finish and compares.
func (s *storm) home(t *testing.T, kills int) {
	dir := filepath.Join(t.TempDir(), "data")
	env, err := stormEnvironment(dir, s.proxies[0].Addr, s.proxies[1].Addr)
	require.NoError(t, err)
	_, err = app.Restore(env, app.RestoreParams{Mnemonic: func() []byte { return []byte(someWords) }, Password: stormSecret})
	require.NoError(t, err)
	for range kills {
		s.kills++
		how := asWallet
		if s.dice.IntN(3) > 0 {
			how = asPeer
		}
		lines := s.killOne(t, env, how)
		if t.Failed() {
			return
		}
		s.look(t, env, lines)
	}
	s.finish(t, env)
}

// killOne runs a child for a moment and returns what it said.
func (s *storm) killOne(t *testing.T, env *app.Env, how string) []told {
	t.Helper()
	life := longestLife
	if s.dice.IntN(3) == 0 {
		life = s.spread(5*time.Millisecond, longestLife)
	}
	left := int(s.spread(1, 2*stormBlocks)) // messages until its end
	moment := s.spread(time.Microsecond, 20*time.Millisecond)
	said, child := s.launch(t, env, how)
	defer s.onAnswer(nil)
	s.onAnswer(func(command string) {
		before := left
		left -= weights[command]
		if before > 0 && left <= 0 {
			time.AfterFunc(moment, child.Strike)
		}
	})
	timer := time.AfterFunc(life, child.Strike)
	defer timer.Stop()
	switch s.dice.IntN(4) {
	case 0:
		s.grow(t)
	case 1:
		s.reorg(t)
	}
	require.Equal(t, -1, child.Wait(), "it is killed, and no sooner: %s", readFile(t, said))
	return linesOf(t, said)
}

// spread is a random duration, evenly over the scales from least to most.
func (s *storm) spread(least, most time.Duration) time.Duration {
	return time.Duration(float64(least) * math.Pow(float64(most)/float64(least), s.dice.Float64()))
}

// onAnswer calls fn, one call at a time, for each message of the nodes.
func (s *storm) onAnswer(fn func(command string)) {
	var mu sync.Mutex
	both := func(command string) {
		mu.Lock()
		defer mu.Unlock()
		fn(command)
	}
	if fn == nil {
		both = nil
	}
	for _, p := range s.proxies {
		p.OnAnswer(both)
	}
}

// launch starts a child whose lines go to a file.
func (s *storm) launch(t *testing.T, env *app.Env, how string) (said string, child e2etest.Child) {
	t.Helper()
	said = filepath.Join(t.TempDir(), fmt.Sprintf("%s-%d", how, s.kills))
	out, err := os.Create(said)
	require.NoError(t, err)
	defer func() { require.NoError(t, out.Close()) }()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s", stormEnv, how, env.DataDir, strings.Join(env.Peering.Connect, ",")),
		stormTip+"="+s.a.TipHash().String())
	cmd.Stdout, cmd.Stderr = out, out
	t.Cleanup(func() {
		if t.Failed() {
			text := readFile(t, said)
			t.Logf("%s said at last:\n%s", filepath.Base(said), text[max(0, len(text)-600):])
		}
	})
	return said, e2etest.Launch(t, "child as "+how, cmd)
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return text
}

// linesOf reads a child's lines; the last may be torn.
func linesOf(t *testing.T, said string) []told {
	t.Helper()
	var list []told
	text := readFile(t, said)
	for line := range bytes.Lines(text[:bytes.LastIndexByte(text, '\n')+1]) {
		var e told
		require.NoError(t, json.Unmarshal(line, &e), "%s", text)
		require.NotContains(t, []string{"failed", "set_aside"}, e.Event, e.Message)
		list = append(list, e)
	}
	return list
}

// grow finds a few blocks, with a payment now and then.
func (s *storm) grow(t *testing.T) {
	t.Helper()
	n := 1 + s.dice.IntN(12)
	s.payer.pay(n, 6)
	s.grown += n
	s.replay.learn()
}

// reorg takes blocks back and finds more of them; what was in them is confirmed
// again, elsewhere.
func (s *storm) reorg(t *testing.T) {
	t.Helper()
	depth := 1 + s.dice.IntN(6)
	if s.dice.IntN(5) == 0 {
		depth = 30 + s.dice.IntN(40)
	}
	tip := s.replay.learn()
	s.b.AwaitTip(s.a) // it takes branches one at a time
	s.a.Invalidate(tip.at(tip.height - int32(depth) + 1).hash)
	s.a.MinePool()
	s.a.Mine(depth, nil)
	s.replay.learn()
	s.reorgs++
}

// look holds the disk against what the child said and against the truth.
func (s *storm) look(t *testing.T, env *app.Env, lines []told) {
	t.Helper()
	var headers, filters, synced told
	stage, end := silent, s.replay.learn().hash.String()
	for _, e := range lines {
		switch e.Event {
		case "headers":
			headers, stage = e, max(stage, heading)
		case "filters":
			filters, stage = e, max(stage, filtering)
			if filters.Hash == end {
				stage = done
			}
		case "reverted":
			require.Fail(t, "nobody lies")
		case "synced":
			synced, stage = e, done
		}
	}
	s.when[stage]++

	tip := s.lookAtHeaders(t, env, headers)
	s.lookAtFilters(t, env, filters, tip)
	s.lookAtWallet(t, env, synced)
	require.Empty(t, damaged(t, env.DataDir))
}

// lookAtHeaders opens the chain: its tip is what was told, or has more work.
func (s *storm) lookAtHeaders(t *testing.T, env *app.Env, headers told) *known {
	t.Helper()
	c, err := stormClient(env, true)
	if headers.Event == "" && err != nil {
		require.ErrorIs(t, err, spv.ErrNoChain)
		return nil
	}
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	require.Empty(t, c.SetAside())
	tip := s.replay.blocks[c.Tip().Hash]
	require.NotNil(t, tip, "a tip that never was: %v", c.Tip())
	require.Equal(t, tip.height, c.Tip().Height)
	if headers.Event == "" {
		return tip
	}
	said := s.block(t, headers.Hash)
	require.GreaterOrEqual(t, tip.height, said.height, "headers that were told are lost")
	if fork(tip, said) < said.height {
		require.Greater(t, tip.height, said.height, "a reorg to less work")
	}
	return tip
}

// lookAtFilters compares every filter on disk with the truth; those told are
// there, but for what a reorg has replaced since.
func (s *storm) lookAtFilters(t *testing.T, env *app.Env, filters told, tip *known) {
	t.Helper()
	st, err := store.Open(store.Options{Dir: config.NetworkFolder(env.DataDir, env.Network).Dir, Net: env.Params.Net})
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	held := make(map[int32]chainhash.Hash)
	var buf []byte
	for _, r := range st.HeldFilters() {
		for h := r.From; h <= r.To; h++ {
			hash, ok := st.HeldFilter(h)
			require.True(t, ok)
			block := s.replay.blocks[hash]
			require.NotNil(t, block, "a filter of a block that never was")
			require.Equal(t, h, block.height)
			filter, err := st.FilterInto(buf, h, hash)
			require.NoError(t, err)
			require.True(t, bytes.Equal(block.filter, filter), "a filter is false: height %d", h)
			held[h] = hash
			s.compared++
		}
	}
	if filters.Event == "" {
		return
	}
	said := s.block(t, filters.Hash)
	for b := said.at(fork(tip, said)); b.height >= filters.From; b = b.prev {
		if held[b.height] == b.hash {
			continue
		}
		// A reorg's filters may be there before its headers.
		other := s.replay.blocks[held[b.height]]
		require.NotNil(t, other, "the filter of %d was told and is gone", b.height)
		require.Greater(t, other.height, fork(b, other))
	}
	require.NoError(t, st.Check())
}

// lookAtWallet opens the wallet: when it says that it knows all, it does.
func (s *storm) lookAtWallet(t *testing.T, env *app.Env, synced told) {
	t.Helper()
	w, err := app.Open(env, "", stormSecret)
	require.NoError(t, err)
	defer func() { require.NoError(t, w.Close()) }()
	status := w.Status()
	if synced.Event != "" && status.Hash.String() == synced.Hash {
		require.True(t, status.Final, "what was told as known is not any more")
	}
	if status.Final {
		s.requireBalance(t, w, s.block(t, status.Hash.String()))
	}
}

func (s *storm) requireBalance(t *testing.T, w *app.Wallet, at *known) {
	t.Helper()
	amount, txs := at.sum()
	require.Equal(t, units.Amount(amount), w.Balance().Confirmed)
	confirmed := 0
	for _, e := range w.History(0, -1) {
		if e.State == app.StateConfirmed {
			confirmed++
		}
	}
	require.Equal(t, txs, confirmed)
}

// finish lets the wallet sync to its end.
func (s *storm) finish(t *testing.T, env *app.Env) {
	t.Helper()
	s.b.AwaitTip(s.a)
	said, child := s.launch(t, env, asSyncer)
	code := child.Wait()
	linesOf(t, said)
	require.Zero(t, code, "%s", readFile(t, said))
	w, err := app.Open(env, "", stormSecret)
	require.NoError(t, err)
	defer func() { require.NoError(t, w.Close()) }()
	tip := s.replay.learn()
	require.Equal(t, tip.hash, w.Status().Hash)
	require.True(t, w.Balance().Final)
	s.requireBalance(t, w, tip)
	require.Equal(t, w.Balance().Confirmed, w.Balance().Total)
	require.Empty(t, damaged(t, env.DataDir))
}

func (s *storm) block(t *testing.T, hash string) *known {
	t.Helper()
	h, err := chainhash.NewHashFromStr(hash)
	require.NoError(t, err)
	require.NotNil(t, s.replay.blocks[*h], "a block that never was: %s", hash)
	return s.replay.blocks[*h]
}

// damaged lists the files that were set aside.
func damaged(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if asideName.MatchString(path) {
			list = append(list, filepath.Base(path))
		}
		return err
	}))
	return list
}
