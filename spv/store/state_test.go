package store

import (
	"encoding/binary"
	"hash/crc32"
	"testing"
	"time"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/chain"
)

func sampleState() state {
	s := newState(chain.Base{Height: 4031, Hash: chainhash.Hash{1, 2}, Work: chain.Work{3, 4, 5, 6},
		Bits: 0x1d00ffff, Time: time.Unix(1231006505, 0).UTC()})
	s.tip = chain.Tip{Height: 4041, Hash: chainhash.Hash{9}}
	s.work = chain.Work{7, 8}
	s.headers.count, s.headers.sum = 10, 77
	s.begun, s.filterPrev = true, chainhash.Hash{31: 5}
	s.filters = extent{first: 4035, count: 3, sum: 78}
	s.direct = []int32{4035, 4040}
	s.headers = extent{first: 4032, count: 4042, sum: 77, joints: []joint{{6048, 12}}}
	s.tip.Height = 8073
	return s
}

func TestStateRoundTrip(t *testing.T) {
	t.Parallel()
	net := &chaincfg.MainNetParams
	for _, s := range []state{sampleState(), newState(genesisBase(net)), newState(chain.Base{Height: -1})} {
		s.base.Time = s.base.Time.UTC()
		got, err := decodeState(s.encode(net), net)
		require.NoError(t, err)
		require.Equal(t, s, got)
	}
}

// TestStateDamage flips every bit and cuts at every length.
func TestStateDamage(t *testing.T) {
	t.Parallel()
	net := &chaincfg.MainNetParams
	s := sampleState()
	whole := s.encode(net)
	for i := range 8 * len(whole) {
		b := append([]byte{}, whole...)
		b[i/8] ^= 1 << (i % 8)
		_, err := decodeState(b, net)
		require.ErrorIs(t, err, ErrDamaged, i)
	}
	for i := range whole {
		_, err := decodeState(whole[:i], net)
		require.ErrorIs(t, err, ErrDamaged, i)
	}
	// Custom signets share a genesis; their magic tells them apart.
	signet := chaincfg.CustomSignetParams([]byte{0x51}, nil)
	_, err := decodeState(s.encode(&chaincfg.SigNetParams), &signet)
	require.ErrorIs(t, err, errForeign)
}

// TestStateContradictions refuses states that no commit leaves behind.
func TestStateContradictions(t *testing.T) {
	t.Parallel()
	for i, change := range []func(s *state){
		func(s *state) { s.base.Height = -2 },
		func(s *state) { s.headers.first++ },
		func(s *state) { s.headers.count = -1 },
		func(s *state) { s.tip.Height++ },
		func(s *state) { s.filters.first = 4031 },
		func(s *state) { s.filters.count = 4040 },
		func(s *state) { s.filters.count = -1 },
		func(s *state) { s.begun = false },
		func(s *state) { s.headers.count, s.tip.Height = 0, 4031 },
		func(s *state) { s.headers.joints[0].first++ },
		func(s *state) { s.headers.joints[0].first = 4032 },
		func(s *state) { s.headers.joints[0].first = 10_080 },
		func(s *state) { s.headers.joints = append(s.headers.joints, s.headers.joints[0]) },
	} {
		s := sampleState()
		require.True(t, s.valid())
		change(&s)
		require.False(t, s.valid(), i)
		_, err := decodeState(s.encode(&chaincfg.MainNetParams), &chaincfg.MainNetParams)
		require.ErrorIs(t, err, ErrDamaged, i)
	}
}

// TestStateVersion1 is read as it was written before there were joints.
func TestStateVersion1(t *testing.T) {
	t.Parallel()
	net := &chaincfg.MainNetParams
	s := sampleState()
	s.headers.joints = nil
	old := s.encode(net)
	old[len(magic)+1] = 1
	old = binary.BigEndian.AppendUint32(old[:len(old)-4], crc32.Checksum(old[:len(old)-4], castagnoli))
	got, err := decodeState(old, net)
	require.NoError(t, err)
	require.Equal(t, s, got)
}

func FuzzState(f *testing.F) {
	net := &chaincfg.MainNetParams
	s := sampleState()
	f.Add(s.encode(net))
	f.Add([]byte(magic))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decodeState(b, net)
		if err != nil {
			require.ErrorIs(t, err, ErrDamaged)
			return
		}
		again := s.encode(net)
		again[len(magic)+1] = b[len(magic)+1] // it may be older
		require.Equal(t, b[:len(b)-4], again[:len(again)-4])
	})
}
