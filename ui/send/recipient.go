package send

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// recipient is the fields of one who is to be paid.
type recipient struct {
	c          *compose
	to, amount *kit.Entry
	tick       *kit.Icon
	unit, tail *kit.Text
	max        *kit.Button
	remove     *kit.LinkButton
	everything bool // all that is left is wanted

	note, toWrong, amountWrong *hint
	box, header, ends          *fyne.Container
	beside                     *fyne.Container // the amount: the label, in the first place
}

func newRecipient(c *compose) *recipient {
	r := &recipient{c: c, to: kit.NewMonoEntry("", ""), amount: kit.NewEntry("", "0"), tick: kit.NewIcon(kit.IconCheck, kit.Good, 18)}
	r.to.OnChanged = func(string) { c.changed() }
	r.to.OnSubmitted = func(string) { c.submit() }
	r.amount.OnChanged = func(string) { r.typedAmount() }
	r.amount.OnSubmitted = func(string) { c.submit() }
	r.tick.Hide()
	r.to.ActionItem = kit.Inset(0, 10, 0, 6, kit.Middle(r.tick))
	r.unit = kit.Label(kit.Small, kit.Muted, "Amount").Shortened()
	r.max = kit.Secondary("", "Max", nil, r.tapMax)
	r.amount.ActionItem = kit.Inset(4, 6, 4, 6, r.max)
	r.remove = kit.Link("", "Remove", func() { c.drop(r) })
	r.note, r.toWrong, r.amountWrong = newHint(""), newHint(""), newHint("")
	r.tail = kit.NewText(kit.MonoStrong, "")
	r.ends = container.NewHBox(r.tail)
	r.ends.Hide()
	r.beside = container.NewStack()
	r.header = container.New(rightmost{}, kit.Middle(kit.Label(kit.Small, kit.Muted, "Pay to — address or bitcoin: link").Shortened()))
	r.box = kit.Column(4,
		r.header, r.to, r.toWrong.box, r.note.box, r.ends, kit.Blank(0, 6),
		kit.Shares(kit.Space, []float32{1.4, 1}, kit.Column(4, r.unit, r.amount), r.beside), r.amountWrong.box)
	return r
}

// name gives the widgets the identifiers of place i.
func (r *recipient) name(i int, alone bool) {
	end := ""
	if i > 0 {
		end = "." + strconv.Itoa(i+1)
	}
	r.to.ID, r.amount.ID, r.max.ID, r.remove.ID = "send.to"+end, "send.amount"+end, "send.max"+end, "send.remove"+end
	r.note.text.ID, r.tail.ID = "send.note"+end, "send.tail"+end
	r.toWrong.text.ID, r.amountWrong.text.ID = "send.to.problem"+end, "send.amount.problem"+end
	r.header.Objects = r.header.Objects[:1]
	if !alone {
		r.header.Objects = append(r.header.Objects, r.remove)
	}
}

func (r *recipient) setUnit(u present.Unit) { r.unit.Set("Amount in " + u.String()) }

func (r *recipient) form() present.SendRecipientForm {
	return present.SendRecipientForm{To: r.to.Text, Amount: r.amount.Text, Max: r.everything}
}

func (r *recipient) blank() bool { return r.to.Text == "" && r.amount.Text == "" && !r.everything }

// typedAmount: whoever types an amount no longer means "all that is left".
func (r *recipient) typedAmount() {
	if r.c.filling {
		return
	}
	r.setMax(false)
	r.c.changed()
}

func (r *recipient) tapMax() {
	on := !r.everything
	for _, other := range r.c.rows {
		other.setMax(false)
	}
	r.setMax(on)
	if !on {
		r.c.quietly(func() { r.amount.SetText("") })
	}
	r.c.changed()
}

func (r *recipient) setMax(on bool) {
	if r.everything == on {
		return
	}
	r.everything = on
	r.max.Importance = widget.MediumImportance
	if on {
		r.max.Importance = widget.HighImportance
	}
	r.max.Refresh()
}

// show puts what the check says below the fields.
func (r *recipient) show(k present.RecipientCheck) {
	if k.Good == !r.tick.Visible() {
		if k.Good {
			r.tick.Show()
		} else {
			r.tick.Hide()
		}
	}
	moved := r.toWrong.set(bad(k.ToProblem))
	moved = r.amountWrong.set(bad(k.AmountProblem)) || moved
	moved = r.note.set(k.Note) || moved
	if r.tail.Text() != k.Tail {
		r.tail.Set(k.Tail)
		moved = true
		if k.Tail == "" {
			r.ends.Hide()
		} else {
			r.ends.Show()
		}
	}
	if k.Max != "" && r.everything {
		r.fill(r.amount, k.Max)
	}
	if moved {
		r.box.Refresh()
	}
}

// fill writes into a field without asking again.
func (r *recipient) fill(e *kit.Entry, text string) {
	if e.Text != text {
		r.c.quietly(func() { e.SetText(text) })
	}
}

// take puts the parts of a link into the fields; false if nothing changed.
func (r *recipient) take(f *present.LinkFill) bool {
	if f == nil || f.To == "" || f.To == r.to.Text {
		return false
	}
	r.fill(r.to, f.To)
	if f.Amount != "" {
		r.setMax(false)
		r.fill(r.amount, f.Amount)
	}
	if f.Label != "" && r.c.label.Text == "" {
		r.fill(r.c.label, f.Label)
	}
	return true
}

// rightmost puts the second object, if there is one, at the right end and gives
// the first the rest.
type rightmost struct{}

func (rightmost) MinSize(objects []fyne.CanvasObject) (m fyne.Size) {
	for _, o := range objects {
		m.Width += o.MinSize().Width
		m.Height = max(m.Height, o.MinSize().Height)
	}
	return m
}

func (rightmost) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w := size.Width
	if len(objects) > 1 {
		m := objects[1].MinSize()
		w -= m.Width
		objects[1].Resize(fyne.NewSize(m.Width, size.Height))
		objects[1].Move(fyne.NewPos(w, 0))
	}
	objects[0].Resize(fyne.NewSize(w, size.Height))
	objects[0].Move(fyne.NewPos(0, 0))
}
