package send

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// delivery is the third step: how far the payment has come.
type delivery struct {
	s         *Screen
	icon      *kit.Icon
	headline  *kit.Paragraph
	confirmed *kit.Text
	icons     [3]*kit.Icon
	words     [3]*kit.Text
	txid      *kit.Text
	copied    *kit.Text
	what      *fyne.Container // rebuilt for every payment
	content   *fyne.Container
	scroll    *container.Scroll
	last      present.Sent
}

func newDelivery(s *Screen) *delivery {
	d := &delivery{s: s, icon: kit.NewIcon(kit.IconClock, kit.Muted, 36), headline: kit.NewParagraph(kit.Heading, kit.Plain, "").Called("send.state")}
	d.confirmed = kit.NewText(kit.Strong, "").Called("send.confirmations")
	d.txid = kit.NewText(kit.Mono, "").Called("send.txid")
	d.copied = kit.Label(kit.Small, kit.Muted, "").Called("send.copied")
	d.what = kit.Column(kit.Space)
	list := kit.Column(12)
	for i, id := range []string{"send.step.signed", "send.step.fetched", "send.step.seen"} {
		d.icons[i] = kit.NewIcon(kit.IconClock, kit.Muted, 20)
		d.words[i] = kit.Label(kit.Body, kit.Muted, "").Called(id)
		list.Add(kit.Row(10, kit.Middle(d.icons[i]), kit.Middle(d.words[i])))
	}
	copying := kit.Secondary("send.copy", "Copy", kit.IconCopy, d.copy)
	buttons := kit.Row(kit.Gap,
		kit.Primary("send.again", "New payment", nil, s.another),
		kit.Secondary("send.open", "Show in history", nil, func() { s.a.Open(d.last.TxID) }))
	body := kit.Column(kit.Space,
		container.NewBorder(nil, nil, kit.Middle(d.icon), nil, kit.Inset(0, 0, 0, 4, kit.Middle(d.headline))),
		list, d.confirmed, kit.Rule(), d.what, kit.Rule(),
		kit.Column(6, kit.Label(kit.Small, kit.Muted, "Transaction id"), container.NewHScroll(d.txid), kit.Row(kit.Gap, copying, kit.Middle(d.copied))))
	card, scroll := scrolling(body)
	d.scroll = scroll
	d.content = container.NewBorder(nil, kit.Inset(kit.Space, 0, 0, 0, buttons), nil, nil, card)
	return d
}

// open goes to this step with a payment that is on its way.
func (d *delivery) open(p *present.Review) {
	paid := *p
	paid.Recipients = slices.Clone(p.Recipients)
	for i := range paid.Recipients {
		paid.Recipients[i].Note = present.Text{} // it spoke of the time before
	}
	d.what.Objects = payees(&paid, "Payment of")
	d.what.Refresh()
	d.scroll.ScrollToTop()
	d.s.enter(sent)
	d.draw()
}

// draw shows the way so far.
func (d *delivery) draw() {
	if d.s.stage != sent {
		return
	}
	var now present.Sent
	if d.s.state.Sent != nil {
		now = *d.s.state.Sent
	} else {
		now.Headline = present.Text{Words: "Signed and saved", Tone: present.Neutral}
		now.Steps[0] = present.SentStep{Words: "Signed and saved", Done: true}
	}
	if now == d.last && d.headline.Text() != "" {
		return
	}
	if now.TxID != d.last.TxID {
		d.copied.Set("")
	}
	d.last = now
	tone := kit.Tone(now.Headline.Tone)
	d.headline.Set(now.Headline.Words)
	d.headline.SetTone(tone)
	d.icon.Set(pictureOf(now.Headline.Tone), tone)
	for i, step := range now.Steps {
		if step.Done {
			d.icons[i].Set(kit.IconCheck, kit.Good)
			d.words[i].SetTone(kit.Plain)
		} else {
			d.icons[i].Set(kit.IconClock, kit.Muted)
			d.words[i].SetTone(kit.Muted)
		}
		d.words[i].Set(step.Words)
	}
	d.confirmed.Set(now.Confirmed.Words)
	d.confirmed.Show()
	if now.Confirmed.Words == "" {
		d.confirmed.Hide()
	}
	d.confirmed.SetTone(kit.Tone(now.Confirmed.Tone))
	d.txid.Set(now.TxID)
	d.content.Refresh()
}

func pictureOf(t present.Tone) fyne.Resource {
	switch t {
	case present.Good:
		return kit.IconCheck
	case present.Warn, present.Bad:
		return kit.IconWarning
	}
	return kit.IconClock
}

func (d *delivery) copy() {
	if d.s.a.Copy(d.last.TxID) {
		d.copied.SetTone(kit.Good)
		d.copied.Set("Copied and checked ✓")
		return
	}
	d.copied.SetTone(kit.Bad)
	d.copied.Set("The clipboard holds something else: copy it by hand.")
}
