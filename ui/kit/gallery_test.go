package kit_test

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"github.com/stretchr/testify/require"

	"thistle/ui/kit"
	"thistle/ui/kit/kittest"
)

// gallery shows every widget once; words turns the English words into others.
func gallery(words func(string) string) fyne.CanvasObject {
	return container.NewVScroll(kit.Inset(16, 16, 16, 16, kit.Shares(16, []float32{1, 0},
		kit.Card(kit.Column(12, galleryHead(words), galleryButtons(words), galleryRows(words), galleryForm(words))),
		kit.Card(gallerySide(words)),
	)))
}

func galleryHead(words func(string) string) fyne.CanvasObject {
	steps := kit.NewSteps("g.steps", words("Compose"), words("Review"), words("Sent"))
	steps.SetCurrent(1)
	balance := kit.NewAmount("g.balance", kit.Huge).Fitting()
	balance.Set("0.842 317 60", "BTC", kit.Plain)
	chart := kit.NewStepChart("g.chart")
	chart.Set([]kit.ChartPoint{{0, .2}, {.15, .35}, {.3, .3}, {.45, .6}, {.75, .8}}, "")
	return kit.Column(8,
		container.NewBorder(nil, nil, nil, steps, kit.NewText(kit.Title, words("Send")).Shortened()),
		kit.Label(kit.Small, kit.Muted, words("Total balance")).Shortened(), balance,
		container.New(layout.NewCustomPaddedLayout(0, 0, 0, 0), chart),
		kit.NewSegments("g.span", []string{words("1M"), words("1Y"), words("All")}, nil),
	)
}

func galleryButtons(words func(string) string) fyne.CanvasObject {
	off := kit.Primary("g.off", words("Send"), kit.IconSend, nil)
	off.Disable()
	chips := kit.Shares(8, nil)
	for tone := kit.Plain; tone <= kit.Bad; tone++ {
		chip := kit.NewChip(fmt.Sprintf("g.chip.%d", tone)).Shortened()
		chip.Set(tone, words("Arriving"))
		chips.Add(chip)
	}
	return kit.Column(12,
		kit.Row(8, kit.Primary("g.primary", words("Send"), kit.IconSend, nil), kit.Secondary("g.secondary", words("Receive"), nil, nil),
			kit.IconButton("g.copy", kit.IconCopy, "Copy", nil), kit.IconButton("g.eye", kit.IconEye, "Hide", nil).Framed()),
		kit.Row(8, off, kit.Link("g.link", words("Add"), nil).WithIcon(kit.IconPlus)),
		chips,
		kit.Banner(kit.Warn, kit.IconEyeOff, words("Make sure nobody can see your screen. Never type these words into a web site, and take no photo of them.")),
	)
}

func galleryRows(words func(string) string) fyne.CanvasObject {
	weights := []float32{1, 2, 1, 2}
	rows := kit.Column(0, kit.NewHeads(10, weights, kit.Head{Title: words("Date")}, kit.Head{Title: words("Label")}, kit.Head{Title: words("State")}, kit.Head{Title: words("Amount (BTC)"), Right: true}))
	for i, amount := range []string{"+0.025 000 00", "−0.061 012 40"} {
		figure := kit.NewAmount("", kit.Figure).Right()
		figure.Set(amount, "", []kit.Tone{kit.Good, kit.Plain}[i])
		state := kit.NewChip("").Shortened()
		state.SetQuiet(kit.IconShieldCheck, kit.Muted, words("Confirmed"))
		row := kit.NewRow(fmt.Sprintf("g.row.%d", i), kit.Shares(10, weights, kit.Label(kit.Body, kit.Muted, words("Today")).Shortened(), kit.NewText(kit.Body, words("Rent, November")).Shortened(), state, figure), func() {})
		row.SetSelected(i == 1)
		rows.Add(row)
	}
	return rows
}

func galleryForm(words func(string) string) fyne.CanvasObject {
	to := kit.NewMonoEntry("g.to", "")
	to.SetText(segwit)
	field := kit.NewField(words("Pay to — address or bitcoin: link"), to)
	field.SetHint(kit.Bad, words("This is an address of another network: the coins would be lost."))
	unit := kit.NewSelect("g.unit", []string{"BTC", "sat"}, nil)
	unit.SetSelected("BTC")
	fees := kit.NewChoices("g.fee", []kit.Choice{
		{ID: "hours", Title: words("Hours"), Text: words("~24 blocks · 2.1 sat/vB"), Extra: "0.000 002 96"},
		{ID: "hour", Title: words("Within an hour"), Text: words("~6 blocks · 8.8 sat/vB"), Extra: "0.000 012 40"},
		{ID: "custom", Title: words("Custom"), Text: "sat/vB"},
	}, nil)
	fees.Select("hour")
	done := kit.NewBar("g.bar")
	done.Set(0.6)
	return kit.Column(12, field,
		kit.Shares(12, nil, kit.NewField(words("Label"), kit.NewEntry("g.label", words("Rent"))), kit.NewField(words("Unit"), unit)),
		kit.NewField(words("Password"), kit.NewPassword("g.password", "")),
		kit.NewCheck("g.check", words("Later"), nil), fees, done)
}

func gallerySide(words func(string) string) fyne.CanvasObject {
	home := kit.NavItem("g.home", kit.IconHome, words("Overview"), nil)
	home.SetCurrent(true)
	lock := kit.NavItem("g.lock", kit.IconLock, words("Lock"), nil)
	lock.SetNote("Ctrl L")
	qr := kit.NewQR("g.qr")
	_ = qr.Set(segwit)
	address := kit.NewAddress("g.address")
	address.Set(segwit)
	return kit.Column(12, home, lock, qr, address, kit.NewDot(kit.Good), kit.NewTile(kit.IconReceive, kit.Good),
		kit.Box(kit.Accent, words("this payment"), "7d1f…"), kit.Rule(), kit.NewParagraph(kit.Small, kit.Muted, words("A fresh address. It is yours alone and changes once it has been paid.")))
}

func same(s string) string { return s }

func twice(s string) string { return s + " " + strings.ToLower(s) }

// Nothing is squeezed, overlaps or sticks out: in both themes, in the smallest
// window, and with words twice as long.
func TestGallery(t *testing.T) {
	for name, mode := range map[string]kit.Mode{"light": kit.Light, "dark": kit.Dark} {
		for _, c := range []struct {
			name  string
			width float32
			words func(string) string
			scale float32
		}{
			{"usual", 1180, same, 1}, {"small", 900, same, 1}, {"translated", 1180, twice, 1}, {"translated-large", 1180, twice, 2},
		} {
			t.Run(name+"-"+c.name, func(t *testing.T) {
				kittest.App(t, mode)
				content := gallery(c.words)
				w := kittest.Sized(t, content, c.width, 1100)
				scaled, ok := w.Canvas().(interface{ SetScale(float32) })
				require.True(t, ok)
				scaled.SetScale(c.scale)
				kittest.Shot(t, w.Canvas(), "kit-"+name+"-"+c.name)
				require.LessOrEqual(t, content.(*container.Scroll).Content.MinSize().Width, c.width)
				checkLayout(t, content)
				checkInside(t, w.Canvas())
			})
		}
	}
}

// checkLayout: every widget has the room it needs, and neighbours keep apart.
func checkLayout(t *testing.T, root fyne.CanvasObject) {
	t.Helper()
	each(root, fyne.Position{}, func(o fyne.CanvasObject, _ fyne.Position) {
		if strings.HasPrefix(fmt.Sprintf("%T", o), "*kit.") {
			size, least := o.Size(), o.MinSize()
			require.True(t, size.Width >= least.Width-0.5 && size.Height >= least.Height-0.5, "%T %s has %v, needs %v", o, idOf(o), size, least)
		}
		box, ok := o.(*fyne.Container)
		if !ok || fmt.Sprintf("%T", box.Layout) == "*layout.stackLayout" || fmt.Sprintf("%T", box.Layout) == "layout.stackLayout" {
			return
		}
		for i, a := range box.Objects {
			for _, b := range box.Objects[i+1:] {
				if a.Visible() && b.Visible() && a.Size().Width > 0 && b.Size().Width > 0 {
					require.False(t, overlap(a, b), "%T %s %v %v and %T %s %v %v", a, idOf(a), a.Position(), a.Size(), b, idOf(b), b.Position(), b.Size())
				}
			}
		}
	})
}

func overlap(a, b fyne.CanvasObject) bool {
	p, q, s, r := a.Position(), b.Position(), a.Size(), b.Size()
	return p.X+0.5 < q.X+r.Width && q.X+0.5 < p.X+s.Width && p.Y+0.5 < q.Y+r.Height && q.Y+0.5 < p.Y+s.Height
}

// checkInside: what a widget of ours writes stays within it.
func checkInside(t *testing.T, c fyne.Canvas) {
	t.Helper()
	ids := kittest.IDs(t, c, "g.")
	require.Greater(t, len(ids), 30)
	for _, id := range ids {
		o := kittest.Find(t, c, id)
		switch o.(type) {
		case *kit.Entry, *kit.Select: // these scroll, or cut
			continue
		}
		each(o, fyne.Position{}, func(child fyne.CanvasObject, at fyne.Position) {
			if text, ok := child.(*canvas.Text); ok && text.Text != "" {
				require.LessOrEqual(t, text.MinSize().Width, text.Size().Width+1, "%s: %q is cut", id, text.Text)
				require.LessOrEqual(t, at.X+text.Size().Width, o.Size().Width+1, "%s: %q sticks out", id, text.Text)
				require.LessOrEqual(t, at.Y+text.Size().Height, o.Size().Height+1, "%s: %q sticks out below", id, text.Text)
			}
		})
	}
}

func idOf(o fyne.CanvasObject) string {
	if named, ok := o.(kit.Identified); ok {
		return named.TestID()
	}
	return ""
}
