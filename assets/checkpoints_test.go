package assets_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"thistle/assets"
	"thistle/assets/assetstest"
)

func rows(t *testing.T) []assets.Checkpoint {
	t.Helper()
	cs, err := assets.MainnetCheckpoints()
	require.NoError(t, err)
	require.Len(t, cs, 473)
	for i, c := range cs {
		require.Equal(t, int32(i+1)*2016, c.Height)
		require.NotZero(t, c.Bits)
		if i > 0 {
			require.Greater(t, c.Time, cs[i-1].Time)
			require.Positive(t, bytes.Compare(c.Work[:], cs[i-1].Work[:]))
		}
		require.Equal(t, i >= 436, c.Estimated, "height %d", c.Height)
	}
	return cs
}

func doubleHash(b []byte) [32]byte {
	h := sha256.Sum256(b)
	return sha256.Sum256(h[:])
}

// The headers at the edges of the periods, from another source.
func TestAgainstBoundaries(t *testing.T) {
	t.Parallel()
	cs := rows(t)
	var last [32]byte
	var work string
	compared := 0
	for _, line := range strings.Split(string(assetstest.Vector(t, "headers/mainnet-period-boundaries-0-832608.tsv")), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		raw, err := hex.DecodeString(f[1])
		require.NoError(t, err)
		if i := slices.IndexFunc(cs, func(c assets.Checkpoint) bool { return bytes.Equal(c.Prev[:], raw[4:36]) }); i >= 0 {
			c := cs[i]
			require.Equal(t, last, c.Prev)
			require.Equal(t, binary.LittleEndian.Uint32(raw[72:]), c.Bits)
			require.Equal(t, int64(binary.LittleEndian.Uint32(raw[68:])), c.Time)
			require.Equal(t, work, strings.TrimLeft(hex.EncodeToString(c.Work[:]), "0"))
			compared++
		}
		last, work = doubleHash(raw), f[2]
	}
	require.Equal(t, 413, compared)
}

// Electrum lists the last hash of each period and the target of the next.
func TestAgainstElectrum(t *testing.T) {
	t.Parallel()
	cs := rows(t)
	var list [][2]json.RawMessage
	require.NoError(t, json.Unmarshal(assetstest.Vector(t, "headers/electrum_checkpoints_mainnet.json"), &list))
	require.Len(t, list, len(cs))
	for i, c := range cs {
		var hash string
		require.NoError(t, json.Unmarshal(list[i][0], &hash))
		prev := slices.Clone(c.Prev[:])
		slices.Reverse(prev)
		require.Equal(t, hash, hex.EncodeToString(prev))
		target, ok := new(big.Int).SetString(string(list[i][1]), 10)
		require.True(t, ok)
		size := c.Bits >> 24
		top := new(big.Int).Rsh(target, uint(8*size-24))
		require.Equal(t, int64(c.Bits&0x7fffff), top.Int64(), "height %d", c.Height)
	}
}

// bitcoinj lists the first header of each period with the work through it.
func TestAgainstBitcoinj(t *testing.T) {
	t.Parallel()
	cs := rows(t)
	compared := 0
	for _, line := range strings.Split(string(assetstest.Vector(t, "headers/bitcoinj_checkpoints_mainnet.txt")), "\n") {
		b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(line), "="))
		if err != nil || len(b) != 96 {
			continue
		}
		c := cs[binary.BigEndian.Uint32(b[12:])/2016-1]
		require.Equal(t, int32(binary.BigEndian.Uint32(b[12:])), c.Height)
		header := b[16:]
		require.Equal(t, c.Prev[:], header[4:36])
		require.Equal(t, c.Bits, binary.LittleEndian.Uint32(header[72:]))
		require.Equal(t, c.Time, int64(binary.LittleEndian.Uint32(header[68:])))
		target := new(big.Int).Lsh(big.NewInt(int64(c.Bits&0x7fffff)), uint(8*(c.Bits>>24)-24))
		own := new(big.Int).Lsh(big.NewInt(1), 256)
		own.Div(own, target.Add(target, big.NewInt(1)))
		require.Equal(t, own.Add(own, new(big.Int).SetBytes(c.Work[:])), new(big.Int).SetBytes(b[:12]))
		compared++
	}
	require.Equal(t, 436, compared)
}

func TestFilterHeaders(t *testing.T) {
	t.Parallel()
	hs, err := assets.MainnetFilterHeaders()
	require.NoError(t, err)
	require.Len(t, hs, 7)
	for i, h := range hs {
		require.NotZero(t, h.Header)
		require.True(t, i == 0 || h.Height > hs[i-1].Height)
	}
	require.Equal(t, int32(660_000), hs[6].Height)
	// As displayed, 0831…3032: the wire has it backwards.
	require.Equal(t, byte(0x32), hs[6].Header[0])
	require.Equal(t, byte(0x08), hs[6].Header[31])
}
