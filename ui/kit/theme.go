package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Mode chooses between light and dark.
type Mode int

// The modes. System follows the desktop.
const (
	System Mode = iota
	Light
	Dark
)

// The colours beyond Fyne's own names.
const (
	ColorSide          fyne.ThemeColorName = "thistle-side" // of the rail
	ColorCard          fyne.ThemeColorName = "thistle-card"
	ColorLine          fyne.ThemeColorName = "thistle-line"
	ColorField         fyne.ThemeColorName = "thistle-field"
	ColorMuted         fyne.ThemeColorName = "thistle-muted"
	ColorAccentGround  fyne.ThemeColorName = "thistle-accent-ground"
	ColorReceived      fyne.ThemeColorName = "thistle-received"
	ColorWarningGround fyne.ThemeColorName = "thistle-warning-ground"
	ColorErrorGround   fyne.ThemeColorName = "thistle-error-ground"
	ColorGoodGround    fyne.ThemeColorName = "thistle-good-ground"
)

// rgb is 0xRRGGBB.
type rgb uint32

func (c rgb) color() color.Color {
	return color.NRGBA{R: uint8(c >> 16), G: uint8(c >> 8), B: uint8(c), A: 0xff}
}

// palette is the one table of colours: light, then dark. Every tone of text has a
// contrast of at least 4.5 to every ground it may stand on.
var palette = map[fyne.ThemeColorName][2]color.Color{
	theme.ColorNameBackground: {rgb(0xF6F5F9).color(), rgb(0x15131C).color()},
	ColorSide:                 {rgb(0xEFEDF5).color(), rgb(0x1A1723).color()},
	ColorCard:                 {rgb(0xFFFFFF).color(), rgb(0x1E1B28).color()},
	ColorLine:                 {rgb(0xE2DEEC).color(), rgb(0x2E2A3B).color()},
	ColorField:                {rgb(0xF3F1F8).color(), rgb(0x262232).color()},
	theme.ColorNameForeground: {rgb(0x1E1A2B).color(), rgb(0xECE9F5).color()},
	ColorMuted:                {rgb(0x6A647E).color(), rgb(0x9A93AF).color()},
	theme.ColorNamePrimary:    {rgb(0x6C3FC5).color(), rgb(0xA98BF0).color()},
	ColorAccentGround:         {rgb(0xECE4FB).color(), rgb(0x33284F).color()},
	ColorReceived:             {rgb(0x17744B).color(), rgb(0x4CC38A).color()},
	ColorGoodGround:           {rgb(0xE0F3EA).color(), rgb(0x18332A).color()},
	theme.ColorNameWarning:    {rgb(0x925700).color(), rgb(0xF0B45A).color()},
	ColorWarningGround:        {rgb(0xFFF3DD).color(), rgb(0x3A2C14).color()},
	theme.ColorNameError:      {rgb(0xB83229).color(), rgb(0xF2766B).color()},
	ColorErrorGround:          {rgb(0xFBE6E4).color(), rgb(0x3D1F1F).color()},

	theme.ColorNameForegroundOnPrimary: {rgb(0xFFFFFF).color(), rgb(0x15131C).color()},
	theme.ColorNameForegroundOnError:   {rgb(0xFFFFFF).color(), rgb(0x15131C).color()},
	theme.ColorNameForegroundOnSuccess: {rgb(0xFFFFFF).color(), rgb(0x15131C).color()},
	theme.ColorNameForegroundOnWarning: {rgb(0xFFFFFF).color(), rgb(0x15131C).color()},
	theme.ColorNameHyperlink:           {rgb(0x6C3FC5).color(), rgb(0xA98BF0).color()},
	theme.ColorNameSuccess:             {rgb(0x17744B).color(), rgb(0x4CC38A).color()},
	theme.ColorNamePlaceHolder:         {rgb(0x706A84).color(), rgb(0x918AA6).color()},
	theme.ColorNameDisabled:            {rgb(0xA9A3BA).color(), rgb(0x5F5974).color()},
	theme.ColorNameButton:              {rgb(0xFFFFFF).color(), rgb(0x1E1B28).color()},
	theme.ColorNameDisabledButton:      {rgb(0xECE9F2).color(), rgb(0x242030).color()},
	theme.ColorNameInputBackground:     {rgb(0xF3F1F8).color(), rgb(0x262232).color()},
	theme.ColorNameInputBorder:         {rgb(0xE2DEEC).color(), rgb(0x2E2A3B).color()},
	theme.ColorNameSeparator:           {rgb(0xE2DEEC).color(), rgb(0x2E2A3B).color()},
	theme.ColorNameMenuBackground:      {rgb(0xFFFFFF).color(), rgb(0x1E1B28).color()},
	theme.ColorNameOverlayBackground:   {rgb(0xFFFFFF).color(), rgb(0x1E1B28).color()},
	theme.ColorNameHeaderBackground:    {rgb(0xEFEDF5).color(), rgb(0x1A1723).color()},
	theme.ColorNameShadow:              {color.NRGBA{0x1E, 0x1A, 0x2B, 0x18}, color.NRGBA{0, 0, 0, 0x50}},
	theme.ColorNameHover:               {color.NRGBA{0x6C, 0x3F, 0xC5, 0x14}, color.NRGBA{0xA9, 0x8B, 0xF0, 0x1C}},
	theme.ColorNameFocus:               {color.NRGBA{0x6C, 0x3F, 0xC5, 0x3C}, color.NRGBA{0xA9, 0x8B, 0xF0, 0x4C}},
	theme.ColorNamePressed:             {color.NRGBA{0x6C, 0x3F, 0xC5, 0x30}, color.NRGBA{0xA9, 0x8B, 0xF0, 0x38}},
	theme.ColorNameScrollBar:           {color.NRGBA{0x6A, 0x64, 0x7E, 0x80}, color.NRGBA{0x9A, 0x93, 0xAF, 0x80}},
	theme.ColorNameSelection:           {rgb(0xECE4FB).color(), rgb(0x33284F).color()},
}

// The sizes, in logical pixels on a grid of four.
const (
	CardRadius  = 14
	FieldRadius = 10
	// Gap parts things that belong together, Space those that do not.
	Gap   = 8
	Space = 16
	// Edge is between a card's border and what it holds.
	Edge = 20
)

var sizes = map[fyne.ThemeSizeName]float32{
	theme.SizeNameText:               14,
	theme.SizeNameCaptionText:        12.5,
	theme.SizeNameHeadingText:        21,
	theme.SizeNameSubHeadingText:     15,
	theme.SizeNamePadding:            4,
	theme.SizeNameInnerPadding:       11,
	theme.SizeNameInputBorder:        1.5,
	theme.SizeNameInputRadius:        FieldRadius,
	theme.SizeNameSelectionRadius:    FieldRadius,
	theme.SizeNameButtonRadius:       FieldRadius,
	theme.SizeNameCardRadius:         CardRadius,
	theme.SizeNameDialogRadius:       CardRadius,
	theme.SizeNamePopupRadius:        FieldRadius,
	theme.SizeNameMenuRadius:         FieldRadius,
	theme.SizeNameSeparatorThickness: 1,
	theme.SizeNameScrollBar:          10,
	theme.SizeNameScrollBarSmall:     4,
}

// NewTheme returns the theme in a mode.
func NewTheme(m Mode) fyne.Theme { return look{Theme: theme.DefaultTheme(), mode: m} }

type look struct {
	fyne.Theme
	mode Mode
}

func (l look) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	switch l.mode {
	case Light:
		variant = theme.VariantLight
	case Dark:
		variant = theme.VariantDark
	}
	if pair, ok := palette[name]; ok {
		if variant == theme.VariantDark {
			return pair[1]
		}
		return pair[0]
	}
	return l.Theme.Color(name, variant)
}

func (l look) Size(name fyne.ThemeSizeName) float32 {
	if s, ok := sizes[name]; ok {
		return s
	}
	return l.Theme.Size(name)
}

// colorOf is a colour of the current theme.
func colorOf(name fyne.ThemeColorName) color.Color {
	a := fyne.CurrentApp()
	return a.Settings().Theme().Color(name, a.Settings().ThemeVariant())
}
