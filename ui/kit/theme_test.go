package kit_test

import (
	"fmt"
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"github.com/stretchr/testify/require"

	"thistle/ui/kit"
)

// luminance and contrast are those of WCAG 2.
func luminance(c color.Color) float64 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	part := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*part(n.R) + 0.7152*part(n.G) + 0.0722*part(n.B)
}

func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestContrastIsTheFormulas(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 21, contrast(color.White, color.Black), 0.001)
	require.InDelta(t, 4.54, contrast(color.White, color.Gray{Y: 0x76}), 0.01)
}

var modes = map[kit.Mode]fyne.ThemeVariant{kit.Light: theme.VariantLight, kit.Dark: theme.VariantDark}

// Words can be read on whatever they may stand on.
func TestContrast(t *testing.T) {
	t.Parallel()
	texts := []fyne.ThemeColorName{
		theme.ColorNameForeground, kit.ColorMuted, theme.ColorNamePrimary, kit.ColorReceived,
		theme.ColorNameWarning, theme.ColorNameError, theme.ColorNameHyperlink, theme.ColorNameSuccess,
	}
	grounds := []fyne.ThemeColorName{
		theme.ColorNameBackground, kit.ColorSide, kit.ColorCard, kit.ColorField, kit.ColorAccentGround,
		theme.ColorNameMenuBackground, theme.ColorNameOverlayBackground, theme.ColorNameSelection,
	}
	pairs := map[fyne.ThemeColorName]fyne.ThemeColorName{
		theme.ColorNameForegroundOnPrimary: theme.ColorNamePrimary,
		theme.ColorNameForegroundOnError:   theme.ColorNameError,
		theme.ColorNameForegroundOnSuccess: theme.ColorNameSuccess,
		theme.ColorNameForegroundOnWarning: theme.ColorNameWarning,
		theme.ColorNamePlaceHolder:         theme.ColorNameInputBackground,
		kit.ColorReceived:                  kit.ColorGoodGround,
		theme.ColorNameWarning:             kit.ColorWarningGround,
		theme.ColorNameError:               kit.ColorErrorGround,
	}
	for mode, variant := range modes {
		th := kit.NewTheme(mode)
		check := func(text, ground fyne.ThemeColorName) {
			got := contrast(th.Color(text, variant), th.Color(ground, variant))
			require.GreaterOrEqual(t, got, 4.5, fmt.Sprintf("%s on %s, mode %d", text, ground, mode))
		}
		for _, text := range texts {
			for _, ground := range grounds {
				check(text, ground)
			}
		}
		for text, ground := range pairs {
			check(text, ground)
		}
		for _, tone := range []fyne.ThemeColorName{kit.ColorGoodGround, kit.ColorWarningGround, kit.ColorErrorGround} {
			check(theme.ColorNameForeground, tone)
		}
	}
}

// The focus's line is seen against what is beside it.
func TestFocusHasContrast(t *testing.T) {
	t.Parallel()
	for mode, variant := range modes {
		th := kit.NewTheme(mode)
		for _, ground := range []fyne.ThemeColorName{theme.ColorNameBackground, kit.ColorSide, kit.ColorCard, kit.ColorField} {
			require.GreaterOrEqual(t, contrast(th.Color(theme.ColorNamePrimary, variant), th.Color(ground, variant)), 3.0)
		}
		require.GreaterOrEqual(t, contrast(th.Color(theme.ColorNameForeground, variant), th.Color(kit.ColorCard, variant)), 3.0)
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	light, dark, system := kit.NewTheme(kit.Light), kit.NewTheme(kit.Dark), kit.NewTheme(kit.System)
	for _, name := range []fyne.ThemeColorName{theme.ColorNameBackground, kit.ColorCard, kit.ColorLine} {
		l, d := light.Color(name, theme.VariantDark), dark.Color(name, theme.VariantLight)
		require.NotEqual(t, l, d, "%s: the mode decides, not the desktop", name)
		require.Equal(t, l, system.Color(name, theme.VariantLight))
		require.Equal(t, d, system.Color(name, theme.VariantDark))
	}
	require.NotNil(t, light.Color(theme.ColorNameShadow, theme.VariantLight), "what we have no colour for is Fyne's")
	require.NotZero(t, light.Size(theme.SizeNameInlineIcon))
	require.Equal(t, float32(kit.FieldRadius), light.Size(theme.SizeNameInputRadius))
}
