package assets_test

import (
	"encoding/xml"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"thistle/assets"
)

// The window recolours fills only, and knows no other drawing than a path.
func TestIcons(t *testing.T) {
	t.Parallel()
	names := assets.Icons()
	require.GreaterOrEqual(t, len(names), 26)
	outline := regexp.MustCompile(`^(M-?[\d.]+ -?[\d.]+(L-?[\d.]+ -?[\d.]+)+Z)+$`)
	for _, name := range names {
		var svg struct {
			ViewBox string `xml:"viewBox,attr"`
			Paths   []struct {
				Fill   string `xml:"fill,attr"`
				Stroke string `xml:"stroke,attr"`
				D      string `xml:"d,attr"`
			} `xml:"path"`
		}
		require.NoError(t, xml.Unmarshal(assets.Icon(name), &svg), name)
		require.Equal(t, "0 0 24 24", svg.ViewBox, name)
		require.Len(t, svg.Paths, 1, name)
		require.Equal(t, "#000000", svg.Paths[0].Fill, name)
		require.Empty(t, svg.Paths[0].Stroke, name)
		require.Regexp(t, outline, svg.Paths[0].D, name)
		require.Less(t, len(assets.Icon(name)), 5000, name)
	}
	require.Nil(t, assets.Icon("no such icon"))
}
