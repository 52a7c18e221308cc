package app_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"thistle/app"
	"thistle/app/descriptor"
	"thistle/app/units"
	"thistle/keystore/keystoretest"
	"thistle/spv"
	"thistle/spv/spvtest"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// crowdSize is how many hostile peers there are beside one honest.
const crowdSize = 7

// paid is what a transaction of the land pays us, and where it is.
type paid struct {
	amount units.Amount
	blocks map[chainhash.Hash]int32 // its blocks of all branches, with their heights
}

// estate is a land that pays a wallet's scripts.
type estate struct {
	*spvtest.Land
	truth map[chainhash.Hash]paid
	lies  map[chainhash.Hash]units.Amount // payments that cannot be
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	script := chains(t, keystoretest.Words12)
	e := &estate{
		Land:  spvtest.NewLand(49, script(0, 0), script(0, 1), script(1, 0), script(0, 3)),
		truth: make(map[chainhash.Hash]paid), lies: make(map[chainhash.Hash]units.Amount),
	}
	e.Params.Net.Name = chaincfg.MainNetParams.Name // its keys, which the keystore knows
	e.learn(e.Main)
	for _, b := range e.Longer {
		e.learn(b)
	}
	for _, tx := range spvtest.FalsePayments(e.Land) {
		e.lies[tx.TxHash()] = units.Amount(tx.TxOut[0].Value)
	}
	return e
}

func (e *estate) learn(b spvtest.Branch) {
	for _, block := range b[spvtest.LandBirthday:] {
		for _, tx := range block.Msg.Transactions {
			amount := e.ours(tx)
			if amount == 0 {
				continue
			}
			p := e.truth[tx.TxHash()]
			if p.blocks == nil {
				p = paid{amount, make(map[chainhash.Hash]int32)}
				e.truth[tx.TxHash()] = p
			}
			p.blocks[block.Hash] = block.Height
		}
	}
}

func (e *estate) ours(tx *wire.MsgTx) units.Amount {
	coins := make(map[wire.OutPoint]int64)
	e.AddCoins(coins, []*wire.MsgTx{tx})
	sum := int64(0)
	for _, value := range coins {
		sum += value
	}
	return units.Amount(sum)
}

// next is the payment in the first block that has one above a height.
func (e *estate) next(height int32) (tx *wire.MsgTx, at int32) {
	for _, block := range e.Main[height+1:] {
		for _, tx := range block.Msg.Transactions {
			if e.ours(tx) > 0 {
				return tx, block.Height
			}
		}
	}
	panic("no more payments")
}

// confirmed is what a branch pays us, and by which transactions.
func (e *estate) confirmed(b spvtest.Branch) (sum units.Amount, txs map[chainhash.Hash]bool) {
	txs = make(map[chainhash.Hash]bool)
	for txid, p := range e.truth {
		for hash, height := range p.blocks {
			if height <= b.Tip().Height && b[height].Hash == hash {
				txs[txid] = true
				sum += p.amount
			}
		}
	}
	return sum, txs
}

// cast deals all behaviours out in crowds, each at least once. The second says in
// which crowd clients know no checkpoints.
func cast(dice *rand.Rand) (crowds [][]spvtest.Hostile, bare int) {
	forms := make(map[int][]spvtest.Hostile)
	for _, h := range spvtest.Hostiles() {
		if h.Needs != spvtest.NeedsAll { // a wallet of that age is another story
			forms[h.Number] = append(forms[h.Number], h)
		}
	}
	var all []spvtest.Hostile
	for number := range 48 {
		list := forms[number+1]
		all = append(all, list[dice.IntN(len(list))])
	}
	dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for len(all)%crowdSize != 0 {
		all = append(all, all[dice.IntN(48)])
	}
	crowds = slices.Collect(slices.Chunk(all, crowdSize))
	bare = slices.IndexFunc(crowds, func(c []spvtest.Hostile) bool {
		return slices.ContainsFunc(c, func(h spvtest.Hostile) bool { return h.Needs == spvtest.NeedsNoCheckpoints })
	})
	return crowds, bare
}

// TestHostilePeers: a wallet among seven hostile peers and one honest never has a
// balance that the chain does not justify, and in the end has it to the satoshi.
// All 48 behaviours take part.
func TestHostilePeers(t *testing.T) {
	t.Parallel()
	land := newEstate(t)
	dice := rand.New(rand.NewPCG(5, 48))
	crowds, bare := cast(dice)
	var mu sync.Mutex
	met := make(map[int]bool)
	var pending atomic.Int32
	t.Run("crowds", func(t *testing.T) {
		for i, crowd := range crowds {
			place, variants := dice.IntN(crowdSize+1), make([]int, crowdSize)
			name := ""
			for j, h := range crowd {
				variants[j] = dice.IntN(max(h.Variants, 1))
				name += fmt.Sprintf(" %d.%d", h.Number, variants[j])
			}
			t.Run(name[1:], func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					time.Sleep(time.Until(land.Main[land.Start].Time().Add(time.Minute)))
					s := &siege{t: t, estate: land, town: spvtest.NewTown(land.Land)}
					defer s.town.Close()
					for j, h := range crowd {
						if j == place {
							s.town.Add(spvtest.Deviation{})
						}
						s.evil = append(s.evil, s.town.Add(h.Make(variants[j])))
						s.liars = s.liars || h.Number == 20
					}
					if place == crowdSize {
						s.town.Add(spvtest.Deviation{})
					}
					s.run(i == bare)
					if s.pending {
						pending.Add(1)
					}
					mu.Lock()
					defer mu.Unlock()
					for j, h := range crowd {
						if s.evil[j].Dials() > 0 {
							met[h.Number] = true
						}
					}
				})
			})
		}
	})
	require.Len(t, met, 48)
	require.Positive(t, pending.Load(), "payments are seen before they are in a block")
}

// siege is a wallet among hostile peers.
type siege struct {
	*estate
	t       *testing.T
	town    *spvtest.Town
	evil    []*spvtest.Node
	liars   bool // payments that cannot be are told of
	w       *app.Wallet
	events  *app.Events
	reorgs  int
	told    map[chainhash.Hash]bool // true payments that are not in a block yet
	pending bool                    // one of them was seen
}

func (s *siege) env(bare bool) *app.Env {
	env := &app.Env{
		DataDir: s.t.TempDir(), Network: "land", Params: s.Params, Peering: app.Peering{NoDNS: true},
		FilterCheckpoints: map[int32]chainhash.Hash{}, Keys: keystoretest.CheapOptions(), Dial: s.town.Dial,
	}
	for _, n := range s.town.Nodes() {
		env.FixedSeeds = append(env.FixedSeeds, n.Addr)
	}
	if bare {
		env.Params = &spv.Params{Net: s.Params.Net}
	} else {
		root := s.Main[spvtest.LandBirthday+29] // where checkpoints end
		env.FilterCheckpoints[root.Height] = root.FilterHeader
	}
	return env
}

// run has a wallet see payments come and go, and holds it against the chain.
func (s *siege) run(bare bool) {
	t, env := s.t, s.env(bare)
	s.town.Settle()
	young := *env
	young.Now = func() time.Time { return s.Main[spvtest.LandBirthday].Time() }
	_, err := app.Create(&young, app.CreateParams{Mnemonic: secret(keystoretest.Words12), Password: secret("correct horse")})
	require.NoError(t, err)
	session, err := app.Begin(env)
	require.NoError(t, err)
	s.w, err = session.Open("", secret("correct horse"))
	require.NoError(t, err)
	s.events = s.w.Events()
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 2)
	go func() { ran <- session.Run(ctx) }()
	go func() { ran <- s.w.Run(ctx) }()
	end := sync.OnceFunc(func() {
		stop()
		require.NoError(t, <-ran)
		require.NoError(t, <-ran)
	})
	defer func() {
		end()
		s.events.Close()
		require.NoError(t, session.End())
	}()

	s.settle(ctx)
	if s.town.Best().Tip() == s.Main[s.Start] {
		s.town.Grow(s.Longer[3])
		s.settle(ctx)
	}
	tx, at := s.next(s.Start)
	s.told = map[chainhash.Hash]bool{tx.TxHash(): true}
	s.town.Spread(tx)
	s.watch(ctx, 2*time.Minute, func() bool { return s.pending })
	s.town.Grow(s.Main.To(at)) // away from any other branch
	s.settle(ctx)
	_, at = s.next(at)
	s.town.Grow(s.Main.To(at))
	s.settle(ctx)
	require.Positive(t, s.reorgs)
	end()
	s.requireCoins(env)
}

// settle waits until the wallet says that it knows all of the true chain.
func (s *siege) settle(ctx context.Context) {
	s.t.Helper()
	tip := s.town.Best().Tip()
	want, _ := s.confirmed(s.town.Best())
	if !s.watch(ctx, 30*time.Minute, func() bool {
		b := s.w.Balance()
		return b.Final && b.Height == tip.Height && s.w.Status().Hash == tip.Hash
	}) {
		s.t.Fatalf("not there: want %d at %d, have %+v, %+v", want, tip.Height, s.w.Balance(), s.w.Progress())
	}
	b := s.w.Balance()
	require.Equal(s.t, want, b.Confirmed)
	s.requireHistory()
}

// watch looks at the wallet at every event, until something holds or some time is
// over.
func (s *siege) watch(ctx context.Context, d time.Duration, until func() bool) bool {
	s.t.Helper()
	ctx, stop := context.WithTimeout(ctx, d)
	defer stop()
	for !until() {
		brief, stop := context.WithTimeout(ctx, 10*time.Second)
		event, err := s.events.Next(brief)
		stop()
		s.requireJustified()
		if _, ok := event.(app.Reorg); ok {
			s.reorgs++
		}
		if err != nil && ctx.Err() != nil {
			return false
		}
	}
	return true
}

// requireJustified: what is confirmed is on a branch with honest work, and what is
// pending is no more than it is said to be.
func (s *siege) requireJustified() {
	s.t.Helper()
	b, entries := s.snapshot()
	var confirmed, pending units.Amount
	for _, e := range entries {
		p, genuine := s.truth[e.TxID]
		lie, told := s.lies[e.TxID]
		require.True(s.t, genuine || told && s.liars, "%+v", e)
		require.Equal(s.t, p.amount+lie, e.Amount)
		switch e.State {
		case app.StateConfirmed:
			require.Contains(s.t, slices.Collect(maps.Values(p.blocks)), e.Height, "%+v", e)
			confirmed += e.Amount
		case app.StatePending:
			require.True(s.t, e.Unverified)
			pending += e.Amount
			s.pending = s.pending || s.told[e.TxID]
		}
	}
	require.Equal(s.t, confirmed, b.Confirmed)
	require.Equal(s.t, confirmed, b.Spendable)
	require.Equal(s.t, pending, b.UntrustedPending)
	require.Equal(s.t, confirmed+pending, b.Total)
}

// snapshot is a balance and the history that belongs to it.
func (s *siege) snapshot() (app.Balance, []app.HistoryEntry) {
	for {
		before, entries := s.w.Balance(), s.w.History(0, -1)
		if before == s.w.Balance() {
			return before, entries
		}
	}
}

// requireHistory: exactly the payments of the true chain are confirmed; those of
// other branches and of liars are not.
func (s *siege) requireHistory() {
	s.t.Helper()
	best := s.town.Best()
	_, want := s.confirmed(best)
	_, entries := s.snapshot()
	for _, e := range entries {
		require.Equal(s.t, want[e.TxID], e.State == app.StateConfirmed, "%+v", e)
		if e.State == app.StateConfirmed {
			require.Contains(s.t, s.truth[e.TxID].blocks, best[e.Height].Hash)
			delete(want, e.TxID)
		}
	}
	require.Empty(s.t, want)
}

// requireCoins: what can be spent are the outputs of the true chain, and no
// others.
func (s *siege) requireCoins(env *app.Env) {
	s.t.Helper()
	best := s.town.Best()
	coins := s.Coins(best)
	want, _ := s.confirmed(best)
	to, err := descriptor.AddressOf(chains(s.t, keystoretest.Words24)(0, 0), env.Params.Net)
	require.NoError(s.t, err)
	d, err := s.w.Draft(app.SendParams{Recipients: []app.Recipient{{Address: to, Amount: "max"}}, FeeRate: "1"})
	require.NoError(s.t, err)
	require.Equal(s.t, len(coins), d.Inputs)
	require.Equal(s.t, want, d.Total)
	require.Equal(s.t, want, s.w.Balance().Spendable)
	require.True(s.t, s.w.Balance().Final)
}
