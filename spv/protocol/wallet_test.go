package protocol_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"thistle/spv/cfilter"
	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
)

// searcher concludes from filters what a wallet concludes, when a wallet does.
type searcher struct {
	s    *spvtest.Sim
	from int32
	have int32 // filters are told to be there from here
	tip  int32 // to here
	done map[int32]searched
}

// searched is what a height was searched by.
type searched struct {
	block, filter, header chainhash.Hash
	whole                 bool // by its block
	directs               int  // heights in dispute up to there
}

func (w *searcher) watch(out protocol.Output) {
	emit, ok := out.(protocol.Emit)
	if !ok {
		return
	}
	switch e := emit.Event.(type) {
	case protocol.HeadersAdvanced:
		w.tip = min(w.tip, e.Change.Fork.Height)
		for h := range w.done {
			if h > e.Change.Fork.Height {
				delete(w.done, h)
			}
		}
	case protocol.FiltersReverted:
		w.tip = min(w.tip, e.Height-1)
		for h := range w.done {
			if h >= e.Height {
				delete(w.done, h)
			}
		}
	case protocol.FiltersAdvanced:
		w.have, w.tip = e.From, e.Tip.Height
		w.search()
	}
}

func (w *searcher) search() {
	disk, machine, directs := w.s.Disk(), w.s.Machine(), 0
	for h := int32(1); h <= w.tip; h++ {
		if disk.Direct(h) {
			directs++
		}
		header, known := machine.FilterHeader(h)
		block, _ := machine.HashAt(h)
		if d, ok := w.done[h]; ok && (known && d.header != header && !d.whole || d.directs != directs || d.block != block) {
			delete(w.done, h)
		}
		if _, ok := w.done[h]; ok || h < w.from || h < w.have {
			continue
		}
		now := searched{block: block, header: header, directs: directs, whole: disk.Direct(h) || machine.ReadWhole(h)}
		if !now.whole {
			filter := disk.Filter(now.block)
			prev, ok := machine.FilterHeader(h - 1)
			if filter == nil || !ok || !known || cfilter.NextHeader(cfilter.Hash(filter), prev) != header {
				w.miss(h, block)
				return
			}
			now.filter = cfilter.Hash(filter)
		}
		w.done[h] = now
	}
}

// miss asks again for a filter that is not there after all.
func (w *searcher) miss(height int32, block chainhash.Hash) {
	w.tip = height - 1
	w.s.After(0, func() { w.s.Input(protocol.FilterLost{Height: height, Block: block}) })
}

// through is up to where nothing is missing.
func (w *searcher) through() int32 {
	h := w.from - 1
	for {
		if _, ok := w.done[h+1]; !ok {
			return h
		}
		h++
	}
}

// TestNothingIsMissed: whatever peers do and however filters come and go, what a
// wallet has searched in the end is the honest chain, each block by its true
// filter or by itself.
func TestNothingIsMissed(t *testing.T) {
	t.Parallel()
	eachSeed(t, 40, func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 97))
		w := newWorld(seed, 150+rng.IntN(300), rng.IntN(2) == 0)
		honest := &spvtest.Peer{Name: "honest", Chain: w.b, Latency: time.Duration(10+rng.IntN(300)) * time.Millisecond}
		peers := []*spvtest.Peer{honest}
		for i := range 1 + rng.IntN(6) {
			peers = append(peers, anyPeer(rng, fmt.Sprint("p", i), w.b))
		}
		rng.Shuffle(len(peers), func(i, j int) { peers[i], peers[j] = peers[j], peers[i] })
		keep := 1 + int32(rng.IntN(140))
		s := spvtest.NewSim(spvtest.SimConfig{Gen: w.g, Seed: seed, Keep: keep, Peers: peers, Pinned: true})
		wallet := &searcher{s: s, from: keep, done: make(map[int32]searched)}
		s.Watch = wallet.watch
		b := w.b
		for range 40 {
			s.Run(time.Duration(rng.IntN(4000)) * time.Millisecond)
			switch rng.IntN(9) {
			case 0, 1:
				fork := b.Tip().Height - int32(rng.IntN(12))
				b = w.g.Mine(b.To(fork), int(b.Tip().Height-fork)+1+rng.IntN(3))
				for _, p := range peers {
					late := b
					s.After(time.Duration(rng.IntN(3000))*time.Millisecond, func() {
						if late.Tip().Height > p.Chain.Tip().Height {
							s.Grow(late, p)
						}
					})
				}
			case 2:
				p := peers[rng.IntN(len(peers))]
				p.Refuses = !p.Refuses
				s.Kick(p)
			case 3:
				s.CrashIn(time.Duration(rng.IntN(2000)) * time.Millisecond)
			case 4:
				blk := b[int(keep)+rng.IntN(len(b)-int(keep))]
				s.Disk().Lose(blk.Hash)
				s.Input(protocol.FilterLost{Height: blk.Height, Block: blk.Hash})
			case 5, 6:
				s.Input(protocol.FiltersUsed{Through: wallet.through()})
				s.Input(protocol.TrimFilters{Below: int32(rng.IntN(len(b)))})
			case 7:
				keep = max(1, keep-int32(rng.IntN(30)))
				wallet.from = keep
				s.Input(protocol.FiltersUsed{Through: wallet.through()})
				s.Keep(keep)
			case 8:
				s.Run(time.Duration(rng.IntN(120)) * time.Second)
			}
		}
		s.Run(5 * time.Second)
		for _, p := range peers {
			p.Refuses = false
			s.Grow(b, p)
		}
		ok := s.RunUntil(time.Hour, func() bool {
			wallet.search()
			s.Input(protocol.FiltersUsed{Through: wallet.through()})
			return wallet.through() == b.Tip().Height && s.Disk().Tip().Hash == b.Tip().Hash
		})
		for range 10 {
			s.Run(time.Minute) // audits
			wallet.search()
			s.Input(protocol.FiltersUsed{Through: wallet.through()})
		}
		if !ok || wallet.through() != b.Tip().Height {
			t.Errorf("searched up to %d of %d: %+v", wallet.through(), b.Tip().Height, s.Machine().Progress())
		}
		s.Check(t)
		require.Zero(t, honest.Banned())
		for h := keep; h <= b.Tip().Height; h++ {
			d := wallet.done[h]
			require.Equal(t, b[h].Hash, d.block, "height %d", h)
			if !d.whole {
				require.Equal(t, b[h].FilterHash, d.filter, "filter of %d", h)
			}
		}
	})
}
