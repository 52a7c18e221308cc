package spvtest_test

import (
	"testing"
	"time"

	"thistle/spv/cfilter"
	"thistle/spv/chain"
	"thistle/spv/protocol"
	"thistle/spv/spvtest"

	"github.com/stretchr/testify/require"
)

func TestGeneratedChainsAreValid(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]spvtest.Options{
		"regtest":    {Seed: 1},
		"retarget":   {Seed: 2, Period: 20, Spacing: 4 * time.Minute},
		"easier":     {Seed: 3, Period: 20, Spacing: 20 * time.Minute},
		"empty":      {Seed: 4, Empty: true},
		"otherseeds": {Seed: 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := spvtest.NewGenerator(opt)
			b := g.Mine(g.Genesis(), 160)
			tree := chain.New(g.Params(), g.Params().Genesis())
			now := time.Unix(int64(b.Tip().Header.Time()), 0)
			_, err := tree.Add(now, b.Headers(1, 160))
			require.NoError(t, err)
			require.Equal(t, b.Tip().Hash, tree.Tip().Hash)
			spends, witnesses := 0, 0
			for _, blk := range b[1:] {
				require.NoError(t, protocol.CheckBlock(g.Params().Net, blk.Hash, blk.Msg), "height %d", blk.Height)
				require.Equal(t, cfilter.Build(blk.Scripts(), &blk.Hash), blk.Filter, "height %d", blk.Height)
				spends += len(blk.Spent)
				for _, tx := range blk.Msg.Transactions {
					if tx.HasWitness() {
						witnesses++
					}
				}
			}
			if !opt.Empty {
				require.Greater(t, spends, 30)
				require.Greater(t, witnesses, 30)
			}
			require.Equal(t, cfilter.GenesisHeader(g.Params().Net), b[0].FilterHeader)
		})
	}
}

func TestRetargetingChangesBits(t *testing.T) {
	t.Parallel()
	g := spvtest.NewGenerator(spvtest.Options{Seed: 1, Period: 20, Spacing: 4 * time.Minute, Empty: true})
	b := g.Mine(g.Genesis(), 60)
	require.NotEqual(t, b[1].Header.Bits(), b[20].Header.Bits())
	require.NotEqual(t, b[39].Header.Bits(), b[40].Header.Bits())
	base := g.Checkpoint(b, 39)
	g.Params().Checkpoints = []chain.Base{base}
	tree := chain.New(g.Params(), base)
	_, err := tree.Add(base.Time.Add(24*time.Hour), b.Headers(40, 60))
	require.NoError(t, err)
	full := chain.New(g.Params(), g.Params().Genesis())
	_, err = full.Add(base.Time.Add(24*time.Hour), b.Headers(1, 60))
	require.NoError(t, err)
	require.Equal(t, full.Work(), tree.Work())
}

func TestGeneratorIsDeterministic(t *testing.T) {
	t.Parallel()
	script := []byte{0x51}
	make := func() spvtest.Branch {
		g := spvtest.NewGenerator(spvtest.Options{Seed: 9})
		b := g.Pay(g.Mine(g.Genesis(), 110), 5000, script)
		return g.Mine(b.To(90), 30)
	}
	a, b := make(), make()
	require.Equal(t, a.Tip().Hash, b.Tip().Hash)
	require.Equal(t, a.Tip().FilterHeader, b.Tip().FilterHeader)
}

func TestPaidScriptIsInFilter(t *testing.T) {
	t.Parallel()
	g := spvtest.NewGenerator(spvtest.Options{Seed: 9})
	script := g.Script()
	early := g.Pay(g.Genesis(), 5000, script)
	late := g.Pay(g.Mine(early, 120), 5000, script)
	var m cfilter.Matcher
	for _, blk := range []*spvtest.Block{early.Tip(), late.Tip()} {
		require.NoError(t, protocol.CheckBlock(g.Params().Net, blk.Hash, blk.Msg))
		hits, err := m.Match(blk.Filter, &blk.Hash, cfilter.NewQuery([][]byte{script}))
		require.NoError(t, err)
		require.Equal(t, []int{0}, hits)
	}
}
