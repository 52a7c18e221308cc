package protocol_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	"github.com/stretchr/testify/require"
)

// anyPeer throws the dice for a peer's character.
func anyPeer(rng *rand.Rand, name string, b spvtest.Branch) *spvtest.Peer {
	pick := func(n int) int { return rng.IntN(n) }
	p := &spvtest.Peer{Name: name, Chain: b, Latency: time.Duration(5+pick(400)) * time.Millisecond,
		Jitter: time.Duration(pick(100)) * time.Millisecond, Invs: pick(3) == 0, Gossips: pick(2) == 0, NoFilters: pick(6) == 0}
	kinds := []func(*spvtest.Block) []byte{spvtest.OmitOutput, spvtest.OmitSpent, spvtest.Superset, spvtest.Garbage}
	lie := spvtest.From(int32(pick(200)), spvtest.Every(int32(1+pick(60)), kinds[pick(len(kinds))]))
	switch pick(15) {
	case 0:
		p.StallAfter = 1 + pick(30)
	case 1:
		p.HangUp = 0.05
	case 2:
		headers := []spvtest.HeaderLie{spvtest.BadPoW, spvtest.BadBits, spvtest.OldTime, spvtest.Gap, spvtest.Unconnecting, spvtest.FromFuture, spvtest.Drip}
		p.Headers = headers[pick(len(headers))]
	case 3, 4:
		p.Filters = spvtest.Everywhere(lie)
	case 5:
		p.Filters = spvtest.FilterLie{False: lie, InHeaders: pick(2) == 0, InFilters: pick(2) == 0, InCheckpoints: pick(2) == 0, Withholds: pick(2) == 0}
	case 6:
		blocks := []spvtest.BlockLie{spvtest.AlteredTx, spvtest.AlteredWitness, spvtest.RepeatedTail, spvtest.OtherBlock}
		p.Blocks = blocks[pick(len(blocks))]
	case 7:
		p.NoCF = true
	case 8:
		p.NoBlocks = true
	case 9:
		p.NotFound = true
	case 10:
		p.Slow = time.Duration(pick(3000)) * time.Millisecond
	case 11:
		p.Claim = 10_000
	case 12:
		p.NoHeaders = true
	case 13:
		p.NoCFHeaders = true
	}
	return p
}

// TestChaos: any company with one good peer in it, while the chain forks,
// connections break, the machine dies and filters get lost. In the end we are
// on the honest chain with true filters, and no honest peer was wronged.
func TestChaos(t *testing.T) {
	t.Parallel()
	eachSeed(t, 40, func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 99))
		w := newWorld(seed, 150+rng.IntN(300), rng.IntN(2) == 0)
		honest := &spvtest.Peer{Name: "honest", Chain: w.b, Latency: time.Duration(10+rng.IntN(300)) * time.Millisecond}
		peers := []*spvtest.Peer{honest}
		for i := range 1 + rng.IntN(6) {
			peers = append(peers, anyPeer(rng, fmt.Sprint("p", i), w.b))
		}
		rng.Shuffle(len(peers), func(i, j int) { peers[i], peers[j] = peers[j], peers[i] })
		keep := 1 + int32(rng.IntN(140))
		s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: seed, Keep: keep, Peers: peers, Pinned: true, NoReads: rng.IntN(4) == 0})
		b := w.b
		for range 25 {
			s.Run(time.Duration(rng.IntN(4000)) * time.Millisecond)
			requireHeld(t, s)
			switch rng.IntN(9) {
			case 0, 1, 2:
				fork := b.Tip().Height - int32(rng.IntN(6))
				b = w.g.Mine(b.To(fork), int(b.Tip().Height-fork)+1+rng.IntN(3))
				for _, p := range peers {
					late := b
					s.After(time.Duration(rng.IntN(3000))*time.Millisecond, func() {
						if late.Tip().Height > p.Chain.Tip().Height {
							s.Grow(late, p)
						}
					})
				}
			case 3:
				s.Kick(peers[rng.IntN(len(peers))])
			case 4:
				s.CrashIn(time.Duration(rng.IntN(2000)) * time.Millisecond)
			case 5:
				blk := b[int(keep)+rng.IntN(len(b)-int(keep))]
				s.Disk().Lose(blk.Hash)
				s.Input(protocol.FilterLost{Height: blk.Height, Block: blk.Hash})
			case 6:
				s.Want(b[1+rng.IntN(len(b)-1)].Hash)
			case 7:
				s.Submit(someTx(byte(rng.IntN(200))))
			case 8:
				keep = max(1, keep-int32(rng.IntN(30)))
				s.Keep(keep)
			}
		}
		s.Run(5 * time.Second)
		for _, p := range peers {
			s.Grow(b, p)
		}
		ok := s.RunUntil(time.Hour, func() bool {
			p := s.Machine().Progress()
			return s.Disk().Tip().Hash == b.Tip().Hash && p.FiltersTip.Hash == b.Tip().Hash
		})
		s.Run(10 * time.Minute) // audits, and blocks of the best chain
		p := s.Machine().Progress()
		if !ok || p.FiltersTip.Hash != b.Tip().Hash {
			t.Errorf("not settled: %+v, want %d", p, b.Tip().Height)
		}
		s.Check(t)
		requireTrueFilters(t, s, b, p.FiltersFrom)
		require.LessOrEqual(t, p.FiltersFrom, keep)
		require.Zero(t, honest.Banned())
		require.Empty(t, s.Missing(b), "wanted blocks of the best chain have come")
		for txid := range s.Offered() {
			require.NotEmpty(t, s.Told(txid))
		}
	})
}
