package backup_test

import (
	"bytes"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"thistle/app/backup"
)

var (
	update = flag.Bool("backup.update", false, "write testdata of the current version, once per version")
	seed   = flag.Uint64("backup.seed", 0, "run one case of the damage test")
)

// sample is what the files in testdata hold.
func sample() *backup.Backup {
	return &backup.Backup{
		Network: "signet",
		Created: time.Date(2026, 11, 22, 20, 30, 40, 0, time.UTC),
		Parts: []backup.Part{
			{Kind: backup.Keystore, Data: bytes.Repeat([]byte("key"), 100)},
			{Kind: backup.Wallet, Data: bytes.Repeat([]byte("wallet\x00"), 150)},
			{Kind: backup.Settings, Data: []byte("settings")},
		},
	}
}

func encode(t testing.TB, b *backup.Backup) []byte {
	t.Helper()
	file, err := backup.Encode(b)
	require.NoError(t, err)
	return file
}

// TestCompatibility: files of every released version open for ever, and this
// version's is written as it ever was.
func TestCompatibility(t *testing.T) {
	t.Parallel()
	current := filepath.Join("testdata", "v1", "wallet.backup")
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(current), 0o755))
		require.NoError(t, os.WriteFile(current, encode(t, sample()), 0o644))
	}
	files, err := filepath.Glob(filepath.Join("testdata", "v*", "wallet.backup"))
	require.NoError(t, err)
	require.Len(t, files, int(backup.Version))
	for _, name := range files {
		file, err := os.ReadFile(name)
		require.NoError(t, err)
		b, err := backup.Parse(file)
		require.NoError(t, err)
		require.Equal(t, sample(), b)
	}
	frozen, err := os.ReadFile(current)
	require.NoError(t, err)
	require.Equal(t, frozen, encode(t, sample()))
}

func TestSummary(t *testing.T) {
	t.Parallel()
	file := encode(t, sample())
	s, err := backup.Summarize(file)
	require.NoError(t, err)
	require.Equal(t, backup.Summary{
		Version: 1, Network: "signet", Created: sample().Created, Size: len(file),
		Parts: []backup.PartSummary{{Kind: backup.Keystore, Size: 300}, {Kind: backup.Wallet, Size: 1050}, {Kind: backup.Settings, Size: 8}},
	}, s)
	_, err = backup.Summarize(file[:len(file)-1])
	require.ErrorIs(t, err, backup.ErrCut)
}

// TestOnePart: a wallet without keys has no keystore.
func TestOnePart(t *testing.T) {
	t.Parallel()
	b := sample()
	b.Parts = b.Parts[1:2]
	got, err := backup.Parse(encode(t, b))
	require.NoError(t, err)
	require.Equal(t, b, got)
	require.Nil(t, got.Part(backup.Keystore))
	require.Equal(t, b.Parts[0].Data, got.Part(backup.Wallet))
	require.Equal(t, "wallet", backup.Wallet.String())
}

func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(b *backup.Backup){
		"no part":        func(b *backup.Backup) { b.Parts = nil },
		"an empty part":  func(b *backup.Backup) { b.Parts[1].Data = nil },
		"no such part":   func(b *backup.Backup) { b.Parts[2].Kind = 4 },
		"part 0":         func(b *backup.Backup) { b.Parts[0].Kind = 0 },
		"a part twice":   func(b *backup.Backup) { b.Parts[1].Kind = backup.Keystore },
		"another order":  func(b *backup.Backup) { b.Parts[0], b.Parts[1] = b.Parts[1], b.Parts[0] },
		"no network":     func(b *backup.Backup) { b.Network = "" },
		"a long network": func(b *backup.Backup) { b.Network = strings.Repeat("x", 33) },
		"a path":         func(b *backup.Backup) { b.Network = "../x" },
		"no time":        func(b *backup.Backup) { b.Created = time.Time{} },
		"a far time":     func(b *backup.Backup) { b.Created = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		b := sample()
		change(b)
		_, err := backup.Encode(b)
		require.ErrorIs(t, err, backup.ErrContent, name)
	}
}

// TestOtherFiles: what it is not, it is not called damaged.
func TestOtherFiles(t *testing.T) {
	t.Parallel()
	file := encode(t, sample())
	for _, other := range []string{"", "{}", "thistle wallet\n", "Thistle backup\n"} {
		_, err := backup.Parse([]byte(other))
		require.ErrorIs(t, err, backup.ErrFormat, other)
	}
	newer := bytes.Clone(file)
	newer[16] = 2
	_, err := backup.Parse(newer)
	require.ErrorIs(t, err, backup.ErrNewer)
	_, _, err = backup.Salvage(newer)
	require.ErrorIs(t, err, backup.ErrNewer)
	newer[16] = 0
	_, err = backup.Parse(newer)
	require.ErrorIs(t, err, backup.ErrCorrupt)
}

// TestNothingReadable: beyond network and time the container adds nothing that
// can be read.
func TestNothingReadable(t *testing.T) {
	t.Parallel()
	b := sample()
	for i := range b.Parts {
		for j := range b.Parts[i].Data {
			b.Parts[i].Data[j] = 0xff // stands for what is sealed
		}
	}
	readable := ""
	for _, c := range encode(t, b) {
		if c >= ' ' && c <= '~' {
			readable += string(rune(c))
		}
	}
	require.Equal(t, 2, strings.Count(readable, "thistle backup"))
	require.Equal(t, 2, strings.Count(readable, "signet"))
	for _, word := range []string{"keystore", "wallet", "settings"} {
		require.NotContains(t, readable, word)
	}
}

var clear4 = []error{backup.ErrFormat, backup.ErrNewer, backup.ErrCut, backup.ErrCorrupt}

// judge holds a damaged file to the promise: it is refused with a clear error,
// and what is salvaged of it is as it was.
func judge(t *testing.T, original *backup.Backup, whole, file []byte, how ...any) (salvaged int) {
	t.Helper()
	if bytes.Equal(whole, file) {
		return 0
	}
	b, err := backup.Parse(file)
	if b != nil || !isClear(err) {
		t.Fatalf("%v: parsed as %v: %v", how, b, err)
	}
	b, damaged, err := backup.Salvage(file)
	if err != nil {
		if b != nil || !isClear(err) {
			t.Fatalf("%v: %v", how, err)
		}
		return 0
	}
	if len(b.Parts)+len(damaged) != len(original.Parts) || b.Network != original.Network || !b.Created.Equal(original.Created) {
		t.Fatalf("%v: salvaged %+v", how, b)
	}
	for _, p := range b.Parts {
		if !bytes.Equal(p.Data, original.Part(p.Kind)) {
			t.Fatalf("%v: salvaged another %v", how, p.Kind)
		}
	}
	return len(b.Parts)
}

func isClear(err error) bool {
	for _, want := range clear4 {
		if errors.Is(err, want) {
			return true
		}
	}
	return false
}

func TestEveryTruncation(t *testing.T) {
	t.Parallel()
	whole := encode(t, sample())
	for n := range whole {
		judge(t, sample(), whole, whole[:n], "cut to", n)
		_, err := backup.Parse(whole[:n])
		if n > 0 {
			require.ErrorIs(t, err, backup.ErrCut, "cut to %d", n)
		}
	}
	judge(t, sample(), whole, append(bytes.Clone(whole), 0), "a byte more")
	// The keystore stands first: of half a file it is there.
	b, damaged, err := backup.Salvage(whole[:len(whole)/2])
	require.NoError(t, err)
	require.Equal(t, sample().Part(backup.Keystore), b.Part(backup.Keystore))
	require.Equal(t, []backup.Kind{backup.Wallet, backup.Settings}, damaged)
}

// TestEveryBit: no flipped bit goes unnoticed, and none costs more than the
// part it is in; a header has its copy.
func TestEveryBit(t *testing.T) {
	t.Parallel()
	original := sample()
	whole := encode(t, original)
	version := len("thistle backup\n")
	for i := range whole {
		for bit := range 8 {
			file := bytes.Clone(whole)
			file[i] ^= 1 << bit
			salvaged := judge(t, original, whole, file, "byte", i, "bit", bit)
			// A version that reads as a later one is not guessed at.
			if i != version && i != version+1 {
				require.GreaterOrEqual(t, salvaged, len(original.Parts)-1, "byte %d bit %d", i, bit)
			}
		}
	}
}

func TestSeededDamage(t *testing.T) {
	t.Parallel()
	from, to := uint64(1), uint64(200)
	if *seed != 0 {
		from, to = *seed, *seed
	}
	original := sample()
	whole := encode(t, original)
	for n := from; n <= to; n++ {
		r := rand.New(rand.NewPCG(n, 6))
		file := bytes.Clone(whole)
		for range 1 + r.IntN(3) {
			file = damage(r, file)
		}
		judge(t, original, whole, file, "-backup.seed", n)
	}
}

// damage zeroes, overwrites, flips, cuts, doubles, removes or moves a piece.
func damage(r *rand.Rand, b []byte) []byte {
	if len(b) == 0 {
		return []byte{byte(r.Uint32())}
	}
	from := r.IntN(len(b))
	to := min(len(b), from+1+r.IntN(512))
	switch r.IntN(7) {
	case 0:
		clear(b[from:to])
	case 1:
		for i := from; i < to; i++ {
			b[i] = byte(r.Uint32())
		}
	case 2:
		b[from] ^= 1 << r.IntN(8)
	case 3:
		b = b[:from]
	case 4:
		b = bytes.Join([][]byte{b[:to], b[from:]}, nil)
	case 5:
		b = bytes.Join([][]byte{b[:from], b[to:]}, nil)
	default:
		b = bytes.Join([][]byte{b[to:], b[:to]}, nil)
	}
	return b
}

// FuzzParse: what is accepted has this one spelling.
func FuzzParse(f *testing.F) {
	whole := encode(f, sample())
	f.Add(whole)
	f.Add(whole[:100])
	f.Add([]byte("thistle backup\n\x00\x01\x06signet"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, file []byte) {
		b, err := backup.Parse(file)
		salvaged, damaged, errSalvage := backup.Salvage(file)
		if err != nil {
			if !isClear(err) || (errSalvage != nil && !isClear(errSalvage)) {
				t.Fatal(err, errSalvage)
			}
			return
		}
		again, err := backup.Encode(b)
		if err != nil || !bytes.Equal(again, file) {
			t.Fatalf("%x is written as %x: %v", file, again, err)
		}
		if errSalvage != nil || len(damaged) > 0 || len(salvaged.Parts) != len(b.Parts) {
			t.Fatalf("%x: %v %v", file, damaged, errSalvage)
		}
	})
}
