package kit_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/require"

	"thistle/assets"
	"thistle/ui/kit"
	"thistle/ui/kit/kittest"
)

const (
	segwit  = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
	taproot = "bc1p5d7rjq7g6rdk2yhzks9smlaqtedr4dekq08ge8ztwac72sfr9rusxg3297"
)

func TestAddressIsAlwaysWhole(t *testing.T) {
	kittest.App(t, kit.Light)
	for _, text := range []string{segwit, taproot, "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "bc1q", ""} {
		for _, width := range []float32{90, 200, 333, 600, 900} {
			a := kit.NewAddress("address")
			a.Set(text)
			c := kittest.Sized(t, container.NewVBox(a), width, 700).Canvas()
			require.Equal(t, text, kittest.Text(t, c, "address"))
			drawn, right, bottom := drawnTexts(a)
			require.Equal(t, text, drawn, "width %v", width)
			require.LessOrEqual(t, right, width+1)
			require.LessOrEqual(t, bottom, a.Size().Height+1, "the last line is inside")
		}
	}
	a := kit.NewAddress("")
	a.Set(" bc1q ar0s\nrrr7 ")
	require.Equal(t, "bc1qar0srrr7", a.Text())
	require.Equal(t, "bc1q ar0s rrr7", a.AccessibilityLabel())
}

func TestAddressFollowsItsText(t *testing.T) {
	kittest.App(t, kit.Light)
	a := kit.NewAddress("address")
	c := kittest.Sized(t, container.NewVBox(a), 300, 500).Canvas()
	for _, text := range []string{taproot, segwit, "", taproot} {
		a.Set(text)
		require.True(t, kittest.Has(t, c, "address"))
		drawn, _, _ := drawnTexts(a)
		require.Equal(t, text, drawn)
	}
}

// Digits are equally wide in the face amounts are drawn in, so that columns of
// them line up.
func TestFiguresLineUp(t *testing.T) {
	kittest.App(t, kit.Light)
	for _, style := range []fyne.TextStyle{{}, {Bold: true}} {
		for _, size := range []float32{12.5, 14, 38} {
			want := fyne.MeasureText("0000000000", size, style).Width
			for _, d := range "123456789" {
				require.InDelta(t, want, fyne.MeasureText(strings.Repeat(string(d), 10), size, style).Width, 0.5, "%c %v", d, style)
			}
		}
	}
}

func TestAmount(t *testing.T) {
	kittest.App(t, kit.Light)
	a := kit.NewAmount("amount", kit.Huge)
	a.Set("0.842 317 60", "BTC", kit.Plain)
	require.Equal(t, "0.842 317 60 BTC", a.Text())
	whole := a.MinSize()
	a.Fitting()
	c := kittest.Sized(t, container.NewVBox(a), whole.Width*0.7, 200).Canvas()
	require.Equal(t, "0.842 317 60 BTC", kittest.Text(t, c, "amount"))
	_, right, _ := drawnTexts(a)
	require.LessOrEqual(t, right, whole.Width*0.7+1, "drawn smaller rather than cut")
	r := kit.NewAmount("", kit.Figure).Right()
	r.Set("+1", "", kit.Good)
	kittest.Sized(t, r, 300, 40)
	_, right, _ = drawnTexts(r)
	require.InDelta(t, 300, right, 1)
	require.Equal(t, "+1", r.Text())
}

func TestQRIsReadBack(t *testing.T) {
	for _, mode := range []kit.Mode{kit.Light, kit.Dark} {
		kittest.App(t, mode)
		q := kit.NewQR("qr")
		require.Nil(t, q.PNG())
		text := "bitcoin:" + taproot + "?amount=0.015&label=Workshop%20deposit"
		require.NoError(t, q.Set(text))
		require.NoError(t, q.Set(text))
		require.Equal(t, text, q.Text())
		img, err := png.Decode(bytes.NewReader(q.PNG()))
		require.NoError(t, err)
		require.Equal(t, text, readQR(t, img))
		for _, side := range []float32{200, 231, 300} {
			c := kittest.Sized(t, container.NewCenter(container.NewGridWrap(fyne.NewSize(side, side), q)), 500, 400).Canvas()
			require.Equal(t, text, readQR(t, c.Capture()), "side %v", side)
		}
		require.Error(t, q.Set(strings.Repeat("x", 5000)))
		require.Empty(t, q.Text(), "rather nothing than the one before")
		require.Nil(t, q.PNG())
		require.NoError(t, q.Set(""))
	}
}

func readQR(t *testing.T, img image.Image) string {
	t.Helper()
	bmp, err := gozxing.NewBinaryBitmapFromImage(img)
	require.NoError(t, err)
	res, err := qrcode.NewQRCodeReader().Decode(bmp, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	require.NoError(t, err)
	return res.GetText()
}

func TestSteps(t *testing.T) {
	kittest.App(t, kit.Light)
	s := kit.NewSteps("steps", "Name", "Back up", "Check")
	c := kittest.Sized(t, container.NewVBox(s), 600, 100).Canvas()
	require.Equal(t, "Name", kittest.Text(t, c, "steps"))
	s.SetCurrent(1)
	require.Equal(t, "2 / 3: Back up", s.AccessibilityLabel())
	drawn, _, _ := drawnTexts(s)
	require.Equal(t, "Name2Back up3Check", drawn, "what is done has a check instead of its number")
	s.SetCurrent(3)
	require.Empty(t, s.Text())
	s.SetNames("Only")
	require.Equal(t, 1, strings.Count(kittestDrawn(s), "Only"))

	long := kit.NewSteps("long", strings.Repeat("Name ", 10), strings.Repeat("Check ", 10), "C")
	kittest.Sized(t, container.NewVBox(long), 420, 100)
	drawn, right, _ := drawnTexts(long)
	require.NotContains(t, drawn, "Check", "where there is little room only the current one has its name")
	require.LessOrEqual(t, right, float32(421))
}

func kittestDrawn(o fyne.CanvasObject) string { s, _, _ := drawnTexts(o); return s }

func TestChart(t *testing.T) {
	kittest.App(t, kit.Light)
	ch := kit.NewStepChart("chart")
	ch.Set(nil, "No payments yet")
	c := kittest.Sized(t, ch, 300, 100).Canvas()
	require.Equal(t, "No payments yet", kittest.Text(t, c, "chart"))
	blank := c.Capture()
	ch.Set([]kit.ChartPoint{{0, 0.2}, {0.5, 1}}, "No payments yet")
	require.Empty(t, kittest.Text(t, c, "chart"))
	full := c.Capture()
	require.NotEqual(t, blank, full)
	accent := full.At(250, 1)
	require.Equal(t, accent, full.At(160, 1), "level between the points, and on to the right edge")
	require.Equal(t, accent, full.At(150, 40), "upright where it jumps")
	require.NotEqual(t, accent, full.At(60, 1))
	require.NotEqual(t, blank.At(250, 60), full.At(250, 60), "filled below")
	require.Equal(t, blank.At(60, 40), full.At(60, 40), "not above")
	for _, wild := range [][]kit.ChartPoint{{{-1, 2}}, {{2, -1}, {0, 0}}, {{math.NaN(), math.NaN()}}, {{0.5, 0.5}}} {
		ch.Set(wild, "")
		c.Capture()
	}
}

func TestBar(t *testing.T) {
	kittest.App(t, kit.Light)
	b := kit.NewBar("bar")
	for f, want := range map[float64]float64{0.25: 0.25, -1: 0, 7: 1, math.Inf(1): 1} {
		b.Set(f)
		require.Equal(t, want, b.Fraction())
	}
	b.Set(math.NaN())
	require.Zero(t, b.Fraction())
}

func TestChip(t *testing.T) {
	kittest.App(t, kit.Light)
	chip := kit.NewChip("chip")
	require.Zero(t, chip.MinSize().Width)
	c := kittest.Sized(t, container.NewVBox(chip), 300, 60).Canvas()
	chip.Set(kit.Warn, "Arriving · unconfirmed")
	require.Equal(t, "Arriving · unconfirmed", kittest.Text(t, c, "chip"))
	_, right, _ := drawnTexts(chip)
	require.Less(t, right, float32(200), "as wide as its words")
	chip.SetQuiet(kit.IconShieldCheck, kit.Muted, "Confirmed")
	require.Equal(t, "Confirmed", kittest.Text(t, c, "chip"))
	chip.Right()
	chip.Set(kit.Good, strings.Repeat("long ", 40))
	kittest.Text(t, c, "chip")
	_, right, _ = drawnTexts(chip)
	require.LessOrEqual(t, right, float32(300))
}

// Every icon is drawn for somebody.
func TestEveryIconHasAName(t *testing.T) {
	src, err := os.ReadFile("icons.go")
	require.NoError(t, err)
	names := assets.Icons()
	for _, name := range names {
		require.Contains(t, string(src), `drawn("`+name+`")`)
	}
	require.Equal(t, len(names), strings.Count(string(src), `drawn("`))
}

func TestIconsTakeTheTone(t *testing.T) {
	kittest.App(t, kit.Light)
	icon := kit.NewIcon(kit.IconLock, kit.Bad, 48)
	c := kittest.Sized(t, icon, 48, 48).Canvas()
	red := c.Capture()
	icon.Set(kit.IconLock, kit.Good)
	require.NotEqual(t, red, c.Capture())
	icon.Set(nil, kit.Good)
	c.Capture()
}

// TestQRHasItsQuietBorderAndNoMore: whatever the room, the white ground ends
// four modules from the code.
func TestQRHasItsQuietBorderAndNoMore(t *testing.T) {
	kittest.App(t, kit.Dark)
	q := kit.NewQR("qr")
	require.NoError(t, q.Set("bitcoin:"+segwit))
	const modules = 33 // of a code of this length
	for _, side := range []float32{200, 231, 260, 287, 300} {
		c := kittest.Sized(t, container.NewCenter(container.NewGridWrap(fyne.NewSize(side, side), q)), 500, 400).Canvas()
		img := c.Capture()
		white, black := coloured(img, color.White), coloured(img, color.Black)
		require.Equal(t, black.Dx(), black.Dy())
		require.Zero(t, black.Dx()%modules, "all modules are of one size")
		module := black.Dx() / modules
		require.Equal(t, int(side)/(modules+8), module, "as large as there is room for")
		require.Equal(t, black.Inset(-4*module), white, "side %v", side)
	}
}

// coloured is where a colour is.
func coloured(img image.Image, c color.Color) (found image.Rectangle) {
	r, g, b, _ := c.RGBA()
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			if pr, pg, pb, _ := img.At(x, y).RGBA(); pr == r && pg == g && pb == b {
				found = found.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return found
}

// TestPageHeads: all pages begin alike, with or without buttons.
func TestPageHeads(t *testing.T) {
	kittest.App(t, kit.Light)
	tops := map[float32]bool{}
	for _, right := range []fyne.CanvasObject{nil, kit.NewSteps("x", "Compose", "Review"), kit.Row(10, kit.Spring(), kit.Primary("x", "Send", kit.IconSend, nil)), kit.NewEntry("x", "Search")} {
		for _, sub := range []string{"", strings.Repeat("more about it ", 20)} {
			head := kit.PageHead("Overview", sub, right)
			require.Equal(t, float32(44), head.MinSize().Height)
			c := kittest.Sized(t, container.NewVBox(head), 700, 100).Canvas()
			require.LessOrEqual(t, head.MinSize().Width, float32(700))
			each(head, fyne.Position{}, func(o fyne.CanvasObject, at fyne.Position) {
				if text, ok := o.(*kit.Text); ok && text.Text() == "Overview" {
					tops[at.Y] = true
				}
			})
			if right != nil {
				x := kittest.Find(t, c, "x")
				require.GreaterOrEqual(t, x.Size().Width, x.MinSize().Width)
			}
		}
	}
	require.Len(t, tops, 1, "all titles stand at one height")
}
