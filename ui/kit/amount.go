package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Amount is a figure with its unit, muted and smaller, beside it.
type Amount struct {
	widget.BaseWidget
	Named
	role         Role
	tone         Tone
	digits, unit string
	align        fyne.TextAlign
	fitting      bool
}

// NewAmount returns an empty amount.
func NewAmount(id string, role Role) *Amount {
	a := &Amount{Named: Named{ID: id}, role: role}
	a.ExtendBaseWidget(a)
	return a
}

// Right aligns the amount to the right: so figures below each other line up.
func (a *Amount) Right() *Amount { a.align = fyne.TextAlignTrailing; return a }

// Fitting lets the amount be drawn smaller, down to half its size, where there
// is less room.
func (a *Amount) Fitting() *Amount { a.fitting = true; return a }

// Set changes digits, unit (may be empty) and tone.
func (a *Amount) Set(digits, unit string, tone Tone) {
	if a.digits != digits || a.unit != unit || a.tone != tone {
		a.digits, a.unit, a.tone = digits, unit, tone
		a.Refresh()
	}
}

// Text is digits and unit.
func (a *Amount) Text() string {
	if a.unit == "" {
		return a.digits
	}
	return a.digits + " " + a.unit
}

// AccessibilityLabel implements fyne.Accessible.
func (a *Amount) AccessibilityLabel() string { return a.Text() }

// AccessibilityRole implements fyne.Accessible.
func (a *Amount) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (a *Amount) CreateRenderer() fyne.WidgetRenderer {
	r := &amountRenderer{a: a, digits: canvas.NewText("", nil), unit: canvas.NewText("", nil)}
	r.Refresh()
	return r
}

// smallest is the least part of its size at which an amount is drawn.
const smallest = 0.5

type amountRenderer struct {
	a            *Amount
	digits, unit *canvas.Text
}

// set gives both texts the size of the role times factor, and says how wide
// they are, the room between them, and how high.
func (r *amountRenderer) set(factor float32) (digits, gap, unit, height float32) {
	size := r.a.role.size() * factor
	r.digits.Text, r.digits.TextSize, r.digits.TextStyle = r.a.digits, size, r.a.role.style()
	r.digits.TextStyle.Bold = true
	r.unit.Text, r.unit.TextSize = r.a.unit, max(size*0.5, min(size, 12.5))
	d := r.digits.MinSize()
	if r.a.unit != "" {
		gap, unit = max(size*0.2, 4), r.unit.MinSize().Width
	}
	return d.Width, gap, unit, d.Height
}

func (r *amountRenderer) Layout(size fyne.Size) {
	digits, gap, unit, height := r.set(1)
	// Unit and gap have least sizes, so the first guess may be too large.
	for factor, i := float32(1), 0; i < 3 && r.a.fitting && digits+gap+unit > size.Width; i++ {
		factor = max(factor*size.Width/(digits+gap+unit), smallest)
		digits, gap, unit, height = r.set(factor)
	}
	x := float32(0)
	if r.a.align == fyne.TextAlignTrailing {
		x = size.Width - digits - gap - unit
	}
	y := (size.Height - height) / 2
	place(r.digits, x, y, digits, height)
	place(r.unit, x+digits+gap, y+baseline(r.digits)-baseline(r.unit), unit, r.unit.MinSize().Height)
}

// baseline is how far below its top a text stands.
func baseline(t *canvas.Text) float32 {
	_, b := fyne.CurrentApp().Driver().RenderedTextSize("0", t.TextSize, t.TextStyle, nil)
	return b
}

func (r *amountRenderer) MinSize() fyne.Size {
	factor := float32(1)
	if r.a.fitting {
		factor = smallest
	}
	digits, gap, unit, _ := r.set(factor)
	_, _, _, height := r.set(1)
	return fyne.NewSize(digits+gap+unit, height)
}

func (r *amountRenderer) Refresh() {
	r.digits.Color, r.unit.Color = colorOf(r.a.tone.color()), colorOf(ColorMuted)
	r.Layout(r.a.Size())
	r.digits.Refresh()
	r.unit.Refresh()
}

func (r *amountRenderer) Destroy()                     {}
func (r *amountRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.digits, r.unit} }
