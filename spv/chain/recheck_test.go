package chain_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"thistle/spv/chain"
	"thistle/spv/spvtest"
)

// Whatever bit of the newest headers falls over, and wherever it does, is found.
func TestRecheck(t *testing.T) {
	t.Parallel()
	g := spvtest.NewGenerator(spvtest.Options{Seed: 71, Empty: true})
	p, b := g.Params(), g.Mine(g.Genesis(), 2*2016+100)
	sound := chain.New(p, p.Genesis())
	require.NoError(t, sound.Recheck(), "genesis alone")
	headers := b.Headers(1, b.Tip().Height)
	_, err := sound.Add(b.Tip().Time().Add(time.Hour), headers)
	require.NoError(t, err)
	require.NoError(t, sound.Recheck())

	dice := rand.New(rand.NewPCG(1, 71))
	for range 60 {
		tree := chain.New(p, p.Genesis())
		_, err := tree.Add(b.Tip().Time().Add(time.Hour), headers)
		require.NoError(t, err)
		at := int32(len(headers) - dice.IntN(2016))
		chain.Harm(tree, at, dice.IntN(8*chain.HeaderSize))
		require.ErrorIs(t, tree.Linked(), chain.ErrStored)
		require.ErrorIs(t, tree.Recheck(), chain.ErrStored)
		require.ErrorIs(t, tree.Err(), chain.ErrStored)
		_, err = tree.Add(b.Tip().Time().Add(time.Hour), headers)
		require.ErrorIs(t, err, chain.ErrStored, "nothing is concluded from it")
	}
}
