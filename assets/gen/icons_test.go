package main

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The files are what the list says, and nothing is left over.
func TestIconsAreUpToDate(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	require.NoError(t, writeIcons("icons.txt", out))
	made, err := os.ReadDir(out)
	require.NoError(t, err)
	kept, err := os.ReadDir(filepath.Join("..", "icons"))
	require.NoError(t, err)
	require.Len(t, kept, len(made))
	for _, e := range made {
		want, err := os.ReadFile(filepath.Join(out, e.Name()))
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join("..", "icons", e.Name()))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "%s: run go generate -run icons ./assets", e.Name())
	}
}

// covered computes what the outlines fill, by the rule that counts turns.
func covered(t *testing.T, strokes string) (sum float64) {
	t.Helper()
	svg, err := drawIcon(strokes)
	require.NoError(t, err)
	_, d, _ := strings.Cut(svg, ` d="`)
	d, _, _ = strings.Cut(d, `"`)
	var loops [][]point
	for _, loop := range strings.Split(strings.TrimSuffix(d, "Z"), "Z") {
		var line []point
		for _, pt := range strings.Split(strings.TrimPrefix(loop, "M"), "L") {
			x, y, _ := strings.Cut(pt, " ")
			px, err := strconv.ParseFloat(x, 64)
			require.NoError(t, err)
			py, err := strconv.ParseFloat(y, 64)
			require.NoError(t, err)
			line = append(line, point{px, py})
		}
		loops = append(loops, line)
	}
	const step = 0.05
	for y := step / 2; y < 24; y += step {
		for x := step / 2; x < 24; x += step {
			turns := 0
			for _, line := range loops {
				turns += winding(line, point{x, y})
			}
			if turns != 0 {
				sum += step * step
			}
		}
	}
	return sum
}

func winding(line []point, p point) (n int) {
	for i, a := range line {
		b := line[(i+1)%len(line)]
		side := b.minus(a).cross(p.minus(a))
		switch {
		case a.y <= p.y && b.y > p.y && side > 0:
			n++
		case a.y > p.y && b.y <= p.y && side < 0:
			n--
		}
	}
	return n
}

func TestStrokesCoverWhatAPenWould(t *testing.T) {
	t.Parallel()
	cap := math.Pi * 0.9 * 0.9
	for strokes, want := range map[string]float64{
		"M4 12 H20":           16*1.8 + cap,
		"M20 12 H4":           16*1.8 + cap,
		"M12 4 V20 M4 12 H20": 2*(16*1.8+cap) - 1.8*1.8, // a crossing counts once
		"O 12 12 6":           math.Pi * (6.9*6.9 - 5.1*5.1),
		"D 12 12 6":           math.Pi * 36,
		"M6 12 A6 6 0 1 1 18 12 A6 6 0 1 1 6 12 Z": math.Pi * (6.9*6.9 - 5.1*5.1),
		"M6 12 A6 6 0 1 0 18 12 A6 6 0 1 0 6 12 Z": math.Pi * (6.9*6.9 - 5.1*5.1), // the other way round
		"M6 12 A6 6 0 0 1 18 12":                   math.Pi/2*(6.9*6.9-5.1*5.1) + cap,
		"M4 4 H20 V20 H4 Z":                        17.8*17.8 - 14.2*14.2 - 4*(0.81-cap/4),
		"F M4 4 H20 V20 H4 Z":                      17.8*17.8 - 4*(0.81-cap/4),
		"M4 4 L12 12 L4 20":                        2*(math.Sqrt(128)*1.8) + 2*cap - 0.81 - cap/2 - cap/4,
		"W 1 M4 12 H20":                            16 + math.Pi/4,
	} {
		require.InEpsilon(t, want, covered(t, strokes), 0.02, strokes)
	}
}

func TestStrokesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for _, strokes := range []string{"L4 4", "M4", "M4 x", "Q1 1 2 2", "A1 1 0 0 0 4 4", "H4"} {
		_, err := drawIcon(strokes)
		require.Error(t, err, strokes)
	}
	list := filepath.Join(t.TempDir(), "list")
	require.NoError(t, os.WriteFile(list, []byte("# fine\nno tab\n"), 0o600))
	require.ErrorContains(t, writeIcons(list, t.TempDir()), "list:2: no tab")
	require.NoError(t, os.WriteFile(list, []byte("bad\tM4 x\n"), 0o600))
	require.ErrorContains(t, writeIcons(list, t.TempDir()), "list:1: ")
	require.Error(t, writeIcons(list+"not there", t.TempDir()))
}
