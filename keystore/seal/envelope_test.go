package seal_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"thistle/keystore/keystoretest"
	"thistle/keystore/seal"
)

var (
	cheap  = seal.KDF{Time: 1, MemoryKiB: 64, Threads: 1}
	bounds = seal.Bounds{Min: cheap, Max: seal.DefaultBounds.Max}
	pass   = []byte("correct horse")
)

// dice are predictable: the tests say which bytes they want.
func dice(seed uint64) *keystoretest.Dice { return keystoretest.NewDice(seed) }

func testHeader() seal.Header {
	return seal.Header{
		WalletID: [16]byte{1, 2, 3}, Network: "regtest", Genesis: [32]byte{4, 5},
		Created: 1_700_000_000, Birthday: 1_699_990_000, KDF: cheap,
	}
}

func testKeys() (view, spend []byte) {
	return bytes.Repeat([]byte{0xa1}, 32), bytes.Repeat([]byte{0xb2}, 32)
}

func sealed(t testing.TB) *seal.Envelope {
	t.Helper()
	view, spend := testKeys()
	e, err := seal.Seal(dice(1), testHeader(), bounds, pass, view, spend)
	require.NoError(t, err)
	return e
}

// mend puts a fitting checksum behind altered bytes, as an attacker would.
func mend(b []byte) []byte {
	sum := sha256.Sum256(b[:len(b)-32])
	return append(b[:len(b)-32:len(b)-32], sum[:]...)
}

func TestEnvelope(t *testing.T) {
	t.Parallel()
	view, spend := testKeys()
	e, err := seal.Parse(sealed(t).Marshal())
	require.NoError(t, err)
	require.Equal(t, sealed(t), e)
	for which, want := range map[seal.Which][]byte{seal.View: view, seal.Spend: spend} {
		key, err := e.Open(pass, which, bounds)
		require.NoError(t, err)
		require.Equal(t, want, key)
		for _, wrong := range []string{"correct hors", "Correct horse", "correct horse ", "x"} {
			key, err = e.Open([]byte(wrong), which, bounds)
			require.ErrorIs(t, err, seal.ErrWrongPassword)
			require.Nil(t, key)
		}
	}
	both, second, err := e.OpenBoth(pass, bounds)
	require.NoError(t, err)
	require.Equal(t, [2][]byte{view, spend}, [2][]byte{both, second})
	_, _, err = e.OpenBoth([]byte("x"), bounds)
	require.ErrorIs(t, err, seal.ErrWrongPassword)
	spoilt := e.Marshal()
	spoilt[len(spoilt)-33] ^= 1
	e2, err := seal.Parse(mend(spoilt))
	require.NoError(t, err)
	both, second, err = e2.OpenBoth(pass, bounds)
	require.ErrorIs(t, err, seal.ErrTampered)
	require.Nil(t, both)
	require.Nil(t, second)
	require.NotContains(t, string(e.Marshal()), string(view[:8]))
	require.NotContains(t, string(e.Marshal()), string(spend[:8]))
}

// The format is a promise: these bytes open for ever.
func TestEnvelopeFrozen(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256(sealed(t).Marshal())
	require.Equal(t, "3ad76ce9c5bd800ef059e1a32c4601b78757cdacfc68a00cb4e13b3c53c5e775", fmt.Sprintf("%x", sum))
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	view, spend := testKeys()
	composed, decomposed := []byte("caf\u00e9 \u212b"), []byte("cafe\u0301 A\u030a")
	e, err := seal.Seal(dice(2), testHeader(), bounds, composed, view, spend)
	require.NoError(t, err)
	key, err := e.Open(decomposed, seal.View, bounds)
	require.NoError(t, err)
	require.Equal(t, view, key)

	for name, bad := range map[string][]byte{
		"none": nil, "empty": {}, "not UTF-8": []byte("caf\xe9"), "endless": bytes.Repeat([]byte("x"), seal.MaxPassword+1),
	} {
		_, err := seal.Seal(dice(3), testHeader(), bounds, bad, view, spend)
		require.ErrorIs(t, err, seal.ErrPassword, name)
		_, err = e.Open(bad, seal.View, bounds)
		require.ErrorIs(t, err, seal.ErrPassword, name)
	}
	long := bytes.Repeat([]byte("x"), seal.MaxPassword)
	_, err = seal.Seal(dice(3), testHeader(), bounds, long, view, spend)
	require.NoError(t, err)
}

// Any bit of the file that is wrong is damage, whatever else it would mean.
func TestEnvelopeBitFlips(t *testing.T) {
	t.Parallel()
	whole := sealed(t).Marshal()
	for bit := range 8 * len(whole) {
		b := bytes.Clone(whole)
		b[bit/8] ^= 1 << (bit % 8)
		_, err := seal.Parse(b)
		require.ErrorIs(t, err, seal.ErrCorrupt, "bit %d", bit)
	}
	for n := range whole {
		_, err := seal.Parse(whole[:n])
		require.ErrorIs(t, err, seal.ErrCorrupt, "%d bytes", n)
	}
	_, err := seal.Parse(append(bytes.Clone(whole), make([]byte, 500)...))
	require.ErrorIs(t, err, seal.ErrCorrupt)
}

// Any byte changed by somebody who mends the checksum is told, and no key
// comes out.
func TestEnvelopeTampering(t *testing.T) {
	t.Parallel()
	whole := sealed(t).Marshal()
	seen := map[error]int{}
	for at := range len(whole) - 32 {
		b := bytes.Clone(whole)
		b[at] ^= 0x01
		e, err := seal.Parse(mend(b))
		if err == nil {
			var viewErr, spendErr error
			var view, spend []byte
			view, viewErr = e.Open(pass, seal.View, bounds)
			spend, spendErr = e.Open(pass, seal.Spend, bounds)
			if viewErr == nil || spendErr == nil {
				// One wrap altered leaves the other one readable.
				wantView, wantSpend := testKeys()
				require.True(t, viewErr == nil && bytes.Equal(view, wantView) || spendErr == nil && bytes.Equal(spend, wantSpend))
			}
			if err = viewErr; err == nil {
				err = spendErr
			}
		}
		require.Error(t, err, "byte %d", at)
		for _, kind := range []error{seal.ErrCorrupt, seal.ErrVersion, seal.ErrWrongPassword, seal.ErrTampered, seal.ErrKDFBounds} {
			if bytes.Contains([]byte(err.Error()), []byte(kind.Error())) {
				seen[kind]++
			}
		}
	}
	// Wraps 2·72, wallet id 16, genesis 32, times 16, network 7.
	require.Equal(t, 2*72+16+32+16+7, seen[seal.ErrTampered])
	// Commitment 32, salt 16; the KDF's numbers give another key or are refused.
	require.GreaterOrEqual(t, seen[seal.ErrWrongPassword], 32+16)
	require.NotZero(t, seen[seal.ErrKDFBounds])
	require.NotZero(t, seen[seal.ErrVersion])
}

func TestWrapsAreNotInterchangeable(t *testing.T) {
	t.Parallel()
	b := sealed(t).Marshal()
	view, spend := b[len(b)-32-2*72:len(b)-32-72], b[len(b)-32-72:len(b)-32]
	swapped := append(bytes.Clone(spend), view...)
	copy(view, swapped[:72])
	copy(spend, swapped[72:])
	e, err := seal.Parse(mend(b))
	require.NoError(t, err)
	for _, which := range []seal.Which{seal.View, seal.Spend} {
		_, err := e.Open(pass, which, bounds)
		require.ErrorIs(t, err, seal.ErrTampered)
	}
}

// A hostile cost is refused before a byte is spent on it: the worst of these
// would take 4 TiB.
func TestBoundsBeforeWork(t *testing.T) {
	t.Parallel()
	start := time.Now()
	for name, kdf := range map[string]seal.KDF{
		"memory":       {Time: 3, MemoryKiB: 1<<32 - 1, Threads: 4},
		"passes":       {Time: 1<<32 - 1, MemoryKiB: 64 << 10, Threads: 4},
		"lanes":        {Time: 3, MemoryKiB: 64 << 10, Threads: 255},
		"no passes":    {Time: 0, MemoryKiB: 64 << 10, Threads: 4},
		"no lanes":     {Time: 3, MemoryKiB: 64 << 10, Threads: 0},
		"no memory":    {Time: 3, MemoryKiB: 0, Threads: 4},
		"cheap":        cheap,
		"below memory": {Time: 3, MemoryKiB: 64<<10 - 1, Threads: 4},
		"below passes": {Time: 1, MemoryKiB: 64 << 10, Threads: 4},
		"above memory": {Time: 3, MemoryKiB: 1<<20 + 1, Threads: 4},
		"above passes": {Time: 17, MemoryKiB: 64 << 10, Threads: 4},
		"above lanes":  {Time: 3, MemoryKiB: 64 << 10, Threads: 17},
	} {
		require.ErrorIs(t, kdf.Check(seal.DefaultBounds), seal.ErrKDFBounds, name)
		h := testHeader()
		h.KDF = kdf
		view, spend := testKeys()
		_, err := seal.Seal(dice(1), h, seal.DefaultBounds, pass, view, spend)
		require.ErrorIs(t, err, seal.ErrKDFBounds, name)

		b := sealed(t).Marshal()
		at := 2 + 8 + 1 + 16 + 32 + 16 + 2
		binary.BigEndian.PutUint32(b[at:], kdf.Time)
		binary.BigEndian.PutUint32(b[at+4:], kdf.MemoryKiB)
		b[at+8] = kdf.Threads
		e, err := seal.Parse(mend(b))
		require.NoError(t, err, name)
		require.Equal(t, kdf, e.Header().KDF)
		_, err = e.Open(pass, seal.View, seal.DefaultBounds)
		require.ErrorIs(t, err, seal.ErrKDFBounds, name)
	}
	require.Less(t, time.Since(start), 5*time.Second)
	require.NoError(t, seal.DefaultKDF.Check(seal.DefaultBounds))
	require.NoError(t, seal.SmallKDF.Check(seal.DefaultBounds))
	// What Argon2id cannot run is refused under any bounds.
	loose := seal.Bounds{Max: seal.KDF{Time: 9, MemoryKiB: 9 << 10, Threads: 9}}
	require.ErrorIs(t, seal.KDF{Time: 1, MemoryKiB: 15, Threads: 2}.Check(loose), seal.ErrKDFBounds)
	require.ErrorIs(t, seal.KDF{}.Check(loose), seal.ErrKDFBounds)
}

// The cost in the product, once, for real.
func TestDefaultCost(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes a second and 64 MiB")
	}
	h := testHeader()
	h.KDF = seal.SmallKDF
	view, spend := testKeys()
	e, err := seal.Seal(dice(1), h, seal.DefaultBounds, pass, view, spend)
	require.NoError(t, err)
	key, err := e.Open(pass, seal.Spend, seal.DefaultBounds)
	require.NoError(t, err)
	require.Equal(t, spend, key)
}

func TestRewrap(t *testing.T) {
	t.Parallel()
	view, spend := testKeys()
	old := sealed(t)
	before := old.Marshal()
	costlier := seal.KDF{Time: 2, MemoryKiB: 128, Threads: 2}
	renewed, err := old.Rewrap(dice(9), pass, []byte("other"), costlier, bounds)
	require.NoError(t, err)
	require.Equal(t, before, old.Marshal())
	require.Equal(t, costlier, renewed.Header().KDF)
	require.NotEqual(t, old.Header().Salt, renewed.Header().Salt)
	require.Equal(t, old.Header().WalletID, renewed.Header().WalletID)
	for which, want := range map[seal.Which][]byte{seal.View: view, seal.Spend: spend} {
		key, err := renewed.Open([]byte("other"), which, bounds)
		require.NoError(t, err)
		require.Equal(t, want, key)
		_, err = renewed.Open(pass, which, bounds)
		require.ErrorIs(t, err, seal.ErrWrongPassword)
	}
	_, err = old.Rewrap(dice(9), []byte("wrong"), []byte("other"), cheap, bounds)
	require.ErrorIs(t, err, seal.ErrWrongPassword)
	_, err = old.Rewrap(dice(9), pass, nil, cheap, bounds)
	require.ErrorIs(t, err, seal.ErrPassword)
	_, err = old.Rewrap(dice(9), pass, []byte("other"), seal.KDF{}, bounds)
	require.ErrorIs(t, err, seal.ErrKDFBounds)
}

func TestSealRefuses(t *testing.T) {
	t.Parallel()
	view, spend := testKeys()
	_, err := seal.Seal(dice(1), testHeader(), bounds, pass, view[:31], spend)
	require.Error(t, err)
	_, err = seal.Seal(bytes.NewReader(make([]byte, 20)), testHeader(), bounds, pass, view, spend)
	require.ErrorContains(t, err, "draw nonce")
	for _, network := range []string{"", "main net", "m\x00", "réseau", string(make([]byte, 33))} {
		h := testHeader()
		h.Network = network
		_, err := seal.Seal(dice(1), h, bounds, pass, view, spend)
		require.ErrorContains(t, err, "network's name", "%q", network)
	}
}

func TestFormatting(t *testing.T) {
	t.Parallel()
	view, spend := testKeys()
	e := sealed(t)
	shown := fmt.Sprintf("%v %+v %#v %v", e, e, e, *e)
	b, err := json.Marshal([]any{e})
	require.NoError(t, err)
	for _, secret := range [][]byte{view, spend, pass} {
		require.NotContains(t, shown+string(b), fmt.Sprint(secret[:4])[1:8])
		require.NotContains(t, shown+string(b), fmt.Sprintf("%x", secret[:4]))
		require.NotContains(t, shown+string(b), fmt.Sprintf("%#v", secret[:3])[8:])
	}
}

func FuzzParse(f *testing.F) {
	whole := sealed(f).Marshal()
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add([]byte{})
	f.Add(mend(append([]byte{0xff, 0xff}, whole[2:]...)))
	f.Fuzz(func(t *testing.T, b []byte) {
		// Without the checksum in the way the fuzzer gets further.
		for _, b := range [][]byte{b, mend(append(bytes.Clone(b), make([]byte, 32)...))} {
			e, err := seal.Parse(b)
			if err == nil {
				require.Equal(t, b, e.Marshal())
			}
		}
	})
}

func FuzzHeader(f *testing.F) {
	h := testHeader()
	whole, err := h.Marshal()
	require.NoError(f, err)
	f.Add(whole)
	f.Add(whole[:40])
	f.Add([]byte("thistle\x00\x02"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := seal.ParseHeader(b)
		if err != nil {
			return
		}
		again, err := h.Marshal()
		require.NoError(t, err)
		require.Equal(t, b, again)
	})
}

func BenchmarkOpen(b *testing.B) {
	for _, kdf := range []seal.KDF{seal.SmallKDF, seal.DefaultKDF} {
		b.Run(fmt.Sprintf("%dMiB", kdf.MemoryKiB>>10), func(b *testing.B) {
			h := testHeader()
			h.KDF = kdf
			view, spend := testKeys()
			e, err := seal.Seal(dice(1), h, seal.DefaultBounds, pass, view, spend)
			require.NoError(b, err)
			for b.Loop() {
				if _, err := e.Open(pass, seal.View, seal.DefaultBounds); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
