package chain_test

import (
	"math/big"
	"testing"

	"github.com/btcsuite/btcd/blockchain"
	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"thistle/spv/chain"
)

var mainnet = &chain.Params{Net: &chaincfg.MainNetParams}

// The cases of Bitcoin Core's pow_tests: times of a period's first and last
// block, its target, the target that follows. Three of them happened.
func TestRetargetKnownCases(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name        string
		first, last int64
		bits, want  uint32
	}{
		{"first change", 1261130161, 1262152739, 0x1d00ffff, 0x1d00d86a},
		{"limit", 1231006505, 1233061996, 0x1d00ffff, 0x1d00ffff},
		{"a quarter at least", 1279008237, 1279297671, 0x1c05a3f4, 0x1c0168fd},
		{"fourfold at most", 1263163443, 1269211443, 0x1c387f6f, 0x1d00e1fd},
	}
	for _, c := range cases {
		require.Equal(t, c.want, chain.Retarget(mainnet, c.bits, c.last-c.first), c.name)
		require.True(t, chain.Permitted(mainnet, c.bits, c.want), c.name)
	}
	// One beyond what the clamps allow is not permitted.
	require.False(t, chain.Permitted(mainnet, 0x1c05a3f4, 0x1c0168fd-1))
	require.False(t, chain.Permitted(mainnet, 0x1c387f6f, 0x1d00e1fd+1))
	require.False(t, chain.Permitted(mainnet, 0x1d00ffff, 0x1d010000), "easier than the limit")
	require.False(t, chain.Permitted(mainnet, 0x1d00ffff, 0x1d80ffff), "negative")
}

func TestTargetForms(t *testing.T) {
	t.Parallel()
	for _, bits := range []uint32{
		0, 0x1d000000, 0x00123456, 0x01003456, 0x02000056, // zero
		0x1d800001, 0x1dffffff, 0x04923456, 0x01fedcba, // negative
		0x23000001, 0x22000100, 0x21010000, 0xff123456, 0x80ffff01, // beyond 256 bits
	} {
		_, ok := chain.Target(bits)
		require.False(t, ok, "%08x", bits)
		_, err := chain.BlockWork(bits)
		require.ErrorIs(t, err, chain.ErrBits, "%08x", bits)
	}
	good := map[uint32]string{
		0x01120000: "12", 0x02123400: "1234", 0x03123456: "123456", 0x04123456: "12345600",
		0x05009234: "92340000", 0x20123456: "1234560000000000000000000000000000000000000000000000000000000000",
		0x2100ffff: "ffff000000000000000000000000000000000000000000000000000000000000",
		0x220000ff: "ff00000000000000000000000000000000000000000000000000000000000000",
	}
	for bits, want := range good {
		n, ok := chain.Target(bits)
		require.True(t, ok, "%08x", bits)
		require.Equal(t, want, n.Text(16), "%08x", bits)
	}
}

func TestTargetAgainstBtcd(t *testing.T) {
	t.Parallel()
	limit := new(big.Int).Lsh(big.NewInt(1), 256)
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.Uint32Range(0, 0x25ffffff).Draw(t, "bits")
		want := blockchain.CompactToBig(bits)
		got, ok := chain.Target(bits)
		if ok != (want.Sign() > 0 && want.Cmp(limit) < 0) {
			t.Fatalf("%08x: %v", bits, ok)
		}
		if !ok {
			return
		}
		if got.Cmp(want) != 0 || chain.Compact(got) != blockchain.BigToCompact(want) {
			t.Fatalf("%08x: %x, want %x", bits, got, want)
		}
		work, err := chain.BlockWork(bits)
		if err != nil || work.String() != blockchain.CalcWork(bits).Text(16) {
			t.Fatalf("%08x: work %v, want %x: %v", bits, work, blockchain.CalcWork(bits), err)
		}
	})
}

func TestCompactAgainstBtcd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 0, 32).Draw(t, "n"))
		if got, want := chain.Compact(n), blockchain.BigToCompact(n); got != want {
			t.Fatalf("%x: %08x, want %08x", n, got, want)
		}
	})
}

func TestRetargetAgainstArithmetic(t *testing.T) {
	t.Parallel()
	nets := []*chaincfg.Params{&chaincfg.MainNetParams, &chaincfg.SigNetParams, &chaincfg.TestNet4Params,
		easy(&chaincfg.MainNetParams, 20), easy(&chaincfg.SigNetParams, 20)}
	rapid.Check(t, func(t *rapid.T) {
		net := rapid.SampledFrom(nets).Draw(t, "net")
		span := rapid.Int64Range(-10_000, 6_000_000).Draw(t, "span")
		top := blockchain.BigToCompact(net.PowLimit)
		bits := rapid.Uint32Range(0x03000001, top).Draw(t, "bits")
		old := blockchain.CompactToBig(bits)
		if old.Sign() <= 0 {
			return
		}
		timespan := int64(net.TargetTimespan.Seconds())
		want := new(big.Int).Mul(old, big.NewInt(min(max(span, timespan/4), timespan*4)))
		want.Div(want, big.NewInt(timespan))
		if want.Cmp(net.PowLimit) > 0 {
			want = net.PowLimit
		}
		if got := chain.Retarget(&chain.Params{Net: net}, bits, span); got != blockchain.BigToCompact(want) {
			t.Fatalf("%08x in %d: %08x, want %08x", bits, span, got, blockchain.BigToCompact(want))
		}
	})
}
