package chain_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"thistle/spv/chain"
)

// A trail judges every header as the tree does, and sums the same work, though
// it forgets what is behind it.
func TestTrailJudgesAsTree(t *testing.T) {
	t.Parallel()
	for _, real := range networks {
		t.Run(real.Name, func(t *testing.T) {
			t.Parallel()
			refused := 0
			for seed := range uint64(40) {
				rng := rand.New(rand.NewPCG(seed, 9))
				m := newModel(easy(real, 20))
				blocks := []*mnode{m.all[0]}
				spoilt := 40 + rng.IntN(400) // half of them beyond the end
				for len(blocks) < 240 {
					parent := blocks[len(blocks)-1]
					h := m.extend(rng, parent, m.steer(rng, parent.h.Bits))
					if len(blocks) == spoilt {
						h = m.spoil(rng, parent, h)
					}
					blocks = append(blocks, m.add(h, parent))
				}
				p := &chain.Params{Net: m.net}
				hs := headersOf(blocks)
				from := rng.IntN(40)
				part := chain.New(p, p.Genesis())
				addAll(t, part, hs[1:from+1])
				trail, ok := part.Trail(part.Tip())
				require.True(t, ok)
				whole := chain.New(p, p.Genesis())
				addAll(t, whole, hs[1:from+1])
				for rest := hs[from+1:]; len(rest) > 0; {
					n := 1 + rng.IntN(min(50, len(rest)))
					require.True(t, trail.Holds(rest[0].Prev()))
					_, want := whole.Add(realNow, rest[:n])
					got := trail.Add(realNow, rest[:n])
					require.Equal(t, want, got, "seed %d", seed)
					require.Equal(t, whole.Tip(), trail.Tip())
					require.Equal(t, whole.Work(), trail.Work())
					if rest = rest[n:]; got != nil {
						refused++
						break
					}
				}
				require.Equal(t, part.Tip(), trail.Start())
			}
			require.Greater(t, refused, 10)
		})
	}
}

// A trail can begin on a branch, and at a checkpoint that a tree begins at.
func TestTrailBegins(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 10))
	m := newModel(easy(networks[0], 20))
	main := m.chainFrom(rng, m.all[0], 130, 600)
	side := m.chainFrom(rng, main[89], 30, 600)
	p := checkpointed(m.net, append([]*mnode{m.all[0]}, main...), 20, 80)
	tree := chain.New(p, p.Checkpoints[len(p.Checkpoints)-1])
	hs := headersOf(main)
	addAll(t, tree, hs[tree.Base().Height:])
	addAll(t, tree, headersOf(side[:10]))
	for _, at := range []*mnode{main[85], main[len(main)-1], side[0], side[9]} {
		trail, ok := tree.Trail(chain.Tip{Height: at.height, Hash: at.hash})
		require.True(t, ok)
		require.Equal(t, at.work.Text(16), trail.Work().String())
	}
	trail, _ := tree.Trail(chain.Tip{Height: side[9].height, Hash: side[9].hash})
	require.NoError(t, trail.Add(realNow, headersOf(side[10:])))
	require.Equal(t, side[29].work.Text(16), trail.Work().String())
	trail, ok := tree.Trail(tree.Base().Tip())
	require.True(t, ok)
	require.NoError(t, trail.Add(realNow, hs[tree.Base().Height:]))
	require.Equal(t, tree.Work(), trail.Work())
	_, ok = tree.Trail(chain.Tip{Height: 100, Hash: m.all[0].hash})
	require.False(t, ok)
}

// There is no room for a branch beside a long cheap chain, until it is known to
// have more work in the end.
func TestPrefer(t *testing.T) {
	t.Parallel()
	rng, m, p := regtest(3)
	cheap := m.chainFrom(rng, m.all[0], 200, 600)
	good := m.chainFrom(rng, cheap[9], 250, 600)
	tree := chain.New(p, p.Genesis())
	chain.SetSideLimits(tree, 50, 4)
	addAll(t, tree, headersOf(cheap))
	res, err := tree.Add(realNow, headersOf(good))
	var rule *chain.RuleError
	require.True(t, errors.As(err, &rule))
	require.Equal(t, chain.TooManyForks, rule.Kind)
	require.Equal(t, good[49].hash, res.Last.Hash)

	_, ok := tree.Prefer(chain.Tip{Height: good[48].height, Hash: good[48].hash})
	require.False(t, ok, "not the end")
	change, ok := tree.Prefer(res.Last)
	require.True(t, ok)
	require.Equal(t, cheap[9].hash, change.Fork.Hash)
	require.Len(t, change.Disconnected, 190)
	require.Len(t, change.Connected, 50)
	require.Equal(t, res.Last, tree.Tip())
	require.Equal(t, good[49].work.Text(16), tree.Work().String())
	require.Empty(t, chain.CheckSide(tree))
	headers, _ := chain.SideSize(tree)
	require.Zero(t, headers, "what was there before cannot take the place back")
	addAll(t, tree, headersOf(good[50:]))
	require.Equal(t, good[249].work.Text(16), tree.Work().String())
}
