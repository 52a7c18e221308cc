package receive

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// Screen offers an address.
type Screen struct {
	host  kit.Host
	a     Actions
	state present.ReceiveState
	drawn bool // Update was called

	moving bool // another address was asked for

	qr      *kit.QR
	note    *kit.Paragraph
	address *kit.Address
	copyIt  *kit.SquareButton
	request *request
	warning *kit.Paragraph
	banner  *fyne.Container
	result  *kit.Paragraph
	buttons []*kit.Button
	list    *list
	content *fyne.Container
	offer   *fyne.Container // what belongs to the shown address
}

// New builds the screen, without an address yet.
func New(host kit.Host, a Actions) *Screen {
	s := &Screen{host: host, a: a, qr: kit.NewQR("receive.qr"), address: kit.NewAddress("receive.address")}
	s.qr.Hide()
	s.address.Hide()
	s.note = kit.NewParagraph(kit.Small, kit.Muted, "An address of your own appears here.").Centre().Called("receive.note")
	s.result = kit.NewParagraph(kit.Small, kit.Muted, "").Called("receive.result")
	s.warning = kit.NewParagraph(kit.Small, kit.Warn, "").Called("receive.warning")
	s.banner = container.NewStack(kit.NewPanel(kit.ColorWarningGround, "", kit.FieldRadius), kit.Inset(8, 12, 8, 12, s.warning))
	s.banner.Hide()
	s.request = newRequest(s)
	s.list = newList(s)
	// The code's own border is room enough around it.
	picture := container.NewStack(kit.NewPanel(kit.ColorCard, kit.ColorLine, kit.CardRadius),
		kit.Inset(6, 6, 12, 6, container.NewBorder(nil, kit.Inset(2, 12, 0, 12, s.note), nil, nil, s.qr)))
	s.offer = container.New(beside{most: 300}, picture, kit.Card(s.details()))
	s.content = kit.Page(kit.PageHead("Receive", "", nil),
		container.NewVScroll(container.New(half{most: 352, least: 190}, s.offer, kit.Card(s.list.content))))
	return s
}

// details is all but the picture.
func (s *Screen) details() fyne.CanvasObject {
	s.copyIt = kit.IconButton("receive.address.copy", kit.IconCopy, "Copy address", s.copyAddress)
	field := container.NewStack(kit.NewPanel(kit.ColorField, kit.ColorLine, kit.FieldRadius),
		kit.Inset(8, 6, 8, 14, container.NewBorder(nil, nil, nil, kit.Middle(s.copyIt), kit.Middle(s.address))))
	s.buttons = []*kit.Button{
		kit.Primary("receive.copy", "Copy address", kit.IconCopy, s.copyAddress),
		kit.Secondary("receive.copy.link", "Copy link", nil, s.copyLink),
		kit.Secondary("receive.save", "Save QR", kit.IconQR, s.saveQR),
		kit.Secondary("receive.new", "New address", kit.IconPlus, s.next),
	}
	row := container.New(flow{gap: 10})
	for _, b := range s.buttons {
		row.Add(b)
	}
	top := kit.Column(12,
		kit.Column(6, kit.Label(kit.Small, kit.Muted, "Address"), field),
		s.request.content, s.banner)
	return container.NewBorder(top, kit.Column(kit.Gap, s.result, row), nil, nil)
}

// Content is what the shell puts into the window.
func (s *Screen) Content() fyne.CanvasObject { return s.content }

// Update draws a state.
func (s *Screen) Update(state present.ReceiveState) {
	old := s.state
	s.state = state
	another := old.Shown == nil || state.Shown == nil || old.Shown.Address != state.Shown.Address
	s.request.update(old, another || !s.drawn)
	s.drawn = true
	if state.Shown != nil {
		s.show(*state.Shown)
	}
	if another {
		s.say(present.Text{})
	}
	for _, b := range s.buttons[:3] {
		b.SetEnabled(state.Shown != nil)
	}
	s.copyIt.SetEnabled(state.Shown != nil)
	s.list.update()
}

func (s *Screen) show(a present.ReceiveShown) {
	if s.qr.Set(a.URI) != nil { // too much for a picture: the address alone fits
		_ = s.qr.Set("bitcoin:" + a.Address)
	}
	s.note.SetTone(kit.Tone(a.Note.Tone))
	s.note.Set(a.Note.Words)
	s.address.Set(a.Address)
	if !s.qr.Visible() {
		s.qr.Show()
		s.address.Show()
	}
	s.warning.Set(a.Warning)
	if on := a.Warning != ""; on != s.banner.Visible() {
		if on {
			s.banner.Show()
		} else {
			s.banner.Hide()
		}
		s.content.Refresh()
	}
}

func (s *Screen) copyAddress() {
	if s.state.Shown != nil {
		s.copied(s.state.Shown.Address, "Copied and checked ✓")
	}
}

func (s *Screen) copyLink() {
	s.request.apply(func() { s.copied(s.state.Shown.URI, "Link copied and checked ✓") })
}

// copied says how copying went.
func (s *Screen) copied(text, well string) {
	if s.a.Copy(text) {
		s.say(present.Text{Words: well, Tone: present.Good})
		return
	}
	s.say(present.Text{Words: "The clipboard holds something else than what was copied. Do not paste it: another program may exchange addresses.", Tone: present.Bad})
}

func (s *Screen) saveQR() {
	s.request.apply(func() {
		if png := s.qr.PNG(); png != nil {
			s.a.SaveQR(png)
		}
	})
}

// next hands out another address, one at a time, and after what was typed for
// this one is taken over: two answers at once could change places.
func (s *Screen) next() {
	if s.moving {
		return
	}
	s.move(true)
	s.request.settled(func() {
		s.a.Next(func(problem string) {
			s.move(false)
			if problem != "" {
				s.say(present.Text{Words: problem, Tone: present.Bad})
			}
		})
	})
}

func (s *Screen) move(on bool) {
	s.moving = on
	s.buttons[3].SetEnabled(!on)
}

func (s *Screen) say(t present.Text) {
	s.result.SetTone(kit.Tone(t.Tone))
	s.result.Set(t.Words)
}
