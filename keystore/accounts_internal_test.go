package keystore

import (
	"testing"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"

	"thistle/keystore/hd"
)

// Accounts are found by name and by the path of a derivation, and nothing else is.
func TestAccountLookup(t *testing.T) {
	t.Parallel()
	net := &chaincfg.RegressionNetParams
	s, list := secretsOf(t, 1)
	root, err := s.root(net)
	require.NoError(t, err)
	require.Len(t, list, 4*prepared)
	const h = hd.Hardened
	for _, want := range list {
		require.Same(t, want, list.find(want.purpose, want.number))
		a, chain, index := list.at([]uint32{want.purpose | h, 1 | h, want.number | h, 1, 7})
		require.Same(t, want, a)
		require.Equal(t, []uint32{1, 7}, []uint32{chain, index})
		key, err := want.key(root, net)
		require.NoError(t, err)
		public, err := key.Public(net)
		require.NoError(t, err)
		require.Equal(t, want.xpub.Text(), public.Text())
		key.Wipe()
	}
	require.Nil(t, list.find(84, prepared))
	require.Nil(t, list.find(45, 0))
	for _, path := range [][]uint32{
		nil, {0}, {0, 0}, {84 | h, 1 | h, h}, {84 | h, 1 | h, h, 0}, {84 | h, 1 | h, h, 0, 0, 0}, {84 | h, h, h, 0, 0},
		{84, 1 | h, h, 0, 0}, {84 | h, 1 | h, prepared | h, 0, 0}, {84 | h, 1 | h, h, 2, 0}, {84 | h, 1 | h, h, 0, h}, {84 | h, 1 | h, h, h, 0},
	} {
		a, _, _ := list.at(path)
		require.Nil(t, a, "%v", path)
	}
	require.True(t, list.claimed(uint32(list[0].fingerprint[0])|uint32(list[0].fingerprint[1])<<8|
		uint32(list[0].fingerprint[2])<<16|uint32(list[0].fingerprint[3])<<24))

	other, _ := secretsOf(t, 2)
	foreign, err := other.root(net)
	require.NoError(t, err)
	_, err = list[3].key(foreign, net)
	require.ErrorIs(t, err, ErrTampered)
}
