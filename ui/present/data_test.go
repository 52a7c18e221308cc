package present_test

import (
	"strings"
	"testing"

	"thistle/ui/present"

	"github.com/stretchr/testify/require"
)

func TestSizes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"none": 0, "None": 0, "0": 0, " 0 ": 0, "5GB": 5e9, "5 gb": 5e9, "700MB": 700e6, "1TB": 1e12, "1000000MB": 1e12,
	} {
		got, err := present.ParseSize(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "5", "GB", "-5GB", "+5GB", "1.5GB", "1,5GB", "0GB", "5GiB", "5 G B", "5TBMB", "99999999TB", "5kB"} {
		_, err := present.ParseSize(text)
		require.Error(t, err, text)
	}
	for bytes, want := range map[int64]string{0: "0 MB", 250e6: "250 MB", 1e9: "1 GB", 1.54e9: "1.5 GB", 2e12: "2000 GB"} {
		require.Equal(t, want, present.Size(bytes))
	}
}

func TestDataChoices(t *testing.T) {
	t.Parallel()
	words := func(list []present.DataChoice) (words []string) {
		for _, c := range list {
			words = append(words, strings.ReplaceAll(c.Words, "\u202f", " "))
		}
		return words
	}
	limits := []string{"All, without a limit", "Up to 1 GB", "Up to 5 GB", "Up to 10 GB"}
	require.Equal(t, limits, words(present.FilterLimits(0)))
	require.Equal(t, limits, words(present.FilterLimits(5e9)))
	require.Equal(t, append([]string{"Up to 700 MB"}, limits...), words(present.FilterLimits(700e6)))
	require.EqualValues(t, 1e9, present.FilterLimits(0)[1].Value)

	blocks := []string{
		"Never", "Up to 144 blocks (1 day)", "Up to 288 blocks (2 days)", "Up to 1 008 blocks (7 days)", "Up to 2 016 blocks (14 days)",
	}
	require.Equal(t, blocks, words(present.FullBlocks(-1)))
	require.Equal(t, blocks, words(present.FullBlocks(288)))
	require.Equal(t, append([]string{"Up to 1 block"}, blocks...), words(present.FullBlocks(1)))
	require.EqualValues(t, -1, present.FullBlocks(288)[0].Value)
}
