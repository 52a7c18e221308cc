package chain_test

import (
	"math/rand/v2"
	"testing"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/chain"
)

// FuzzAdd feeds a small tree raw headers as a peer might send them, in batches
// of lengths it chooses. Whatever comes, the books stay right, and what was
// taken can be loaded again.
func FuzzAdd(f *testing.F) {
	net := easy(&chaincfg.TestNet4Params, 20)
	rng := rand.New(rand.NewPCG(13, 13))
	m := newModel(net)
	main := m.chainFrom(rng, m.all[0], 45, 600)
	fork := m.chainFrom(rng, main[21], 27, 500)
	p := &chain.Params{Net: net}
	f.Add(byte(7), rawHeaders(main))
	f.Add(byte(3), append(rawHeaders(main), rawHeaders(fork)...))
	f.Add(byte(50), append(rawHeaders(fork), rawHeaders(main)...))
	f.Add(byte(0), rawHeaders(main[10:]))
	f.Fuzz(func(t *testing.T, size byte, raw []byte) {
		tree := chain.New(p, p.Genesis())
		chain.SetSideLimits(tree, 20, 3)
		hs := split(raw[:len(raw)-len(raw)%chain.HeaderSize])
		var sh shadow
		sh = append(sh, *net.GenesisHash)
		for len(hs) > 0 {
			n := min(1+int(size), len(hs))
			before := tree.Work()
			res, err := tree.Add(realNow, hs[:n])
			if err == nil && res.Last.Hash != hs[n-1].Hash {
				t.Fatal("taken, but the last is not known")
			}
			sh.apply(t, &res.Change)
			if tree.Tip().Hash != sh[len(sh)-1] || tree.Work().Cmp(before) < 0 {
				t.Fatal("the change does not tell of the tip")
			}
			require.Empty(t, chain.CheckSide(tree))
			hs = hs[n:]
		}
		checkLoad(t, p, tree)
	})
}
