package app

import (
	"testing"

	"thistle/app/units"
	"thistle/spv"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"
)

func TestRateFor(t *testing.T) {
	t.Parallel()
	peers := func(floors ...int64) []spv.PeerInfo {
		list := make([]spv.PeerInfo, len(floors))
		for i, f := range floors {
			list[i].FeeFloor = f
		}
		return list
	}
	guest := peers(900_000)[0]
	guest.Inbound = true
	tests := map[string]struct {
		asked units.FeeRate
		peers []spv.PeerInfo
		want  units.FeeRate // 0: refused
	}{
		"nothing known":                   {0, nil, 2_000},
		"low floors":                      {0, peers(1_000, 1_000), 2_000},
		"a higher floor raises":           {0, peers(5_000, 5_000, 5_000), 5_000},
		"one liar of two does not":        {0, peers(1_000, 900_000), 2_000},
		"one liar of three does not":      {0, peers(1_000, 900_000, 1_000), 2_000},
		"who connected to us does not":    {0, append(peers(1_000), guest, guest), 2_000},
		"never beyond the bound":          {0, peers(900_000), 50_000},
		"asked for":                       {7_000, peers(1_000), 7_000},
		"asked for at the floor":          {1_000, peers(1_000, 1_000), 1_000},
		"below the floor":                 {100, peers(1_000, 1_000), 0},
		"below the usual one":             {999, peers(0), 0},
		"below, where peers pass it on":   {100, peers(100, 100, 1_000), 100},
		"below what any node passes on":   {99, peers(1, 1, 1), 0},
		"above the bound of a lying peer": {50_000, peers(900_000), 50_000},
	}
	for name, test := range tests {
		got, err := rateFor(test.asked, test.peers)
		if test.want == 0 {
			require.Equal(t, KindFeeRate, KindOf(err), name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, test.want, got, name)
	}
}

func TestBirthdayBeforeSegwit(t *testing.T) {
	t.Parallel()
	env := &Env{Network: "mainnet", Params: &spv.Params{Net: &chaincfg.MainNetParams}}
	for _, s := range []string{"", "2009-01-03", "2017-08-01", "100", "0"} {
		b, err := parseBirthday(env, s)
		require.NoError(t, err, s)
		require.Equal(t, int32(segwitHeight), b.height, s)
	}
	b, err := parseBirthday(env, "2020-05-01")
	require.NoError(t, err)
	require.Zero(t, b.height)
	require.True(t, b.told)
	b, err = parseBirthday(env, "800000")
	require.NoError(t, err)
	require.Equal(t, int32(800_000-birthdayMargin), b.height)
	for _, s := range []string{"2008-01-01", "3000-01-01", "-5", "+7", "yesterday", "1e5", "99999999999", "2020-13-01"} {
		_, err := parseBirthday(env, s)
		require.Equal(t, KindBirthday, KindOf(err), s)
	}
}
