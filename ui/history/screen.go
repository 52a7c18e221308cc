package history

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// Screen is the history.
type Screen struct {
	host kit.Host
	a    Actions

	shown  present.HistoryState // what the filter lets through
	filter present.Filter
	chosen string // id of the payment whose details are shown, empty if none

	// The details that are asked for: at most one question is under way.
	asked, again bool
	question     int // which answer counts

	search  *kit.Entry
	show    *kit.Select
	list    *listCard
	detail  *detail
	cards   *fyne.Container
	teach   *kit.Paragraph
	empty   *fyne.Container
	content *fyne.Container
}

// New builds the screen, empty.
func New(host kit.Host, a Actions) *Screen {
	s := &Screen{host: host, a: a}
	s.search = kit.NewEntry("history.search", "Label, address, amount…")
	s.search.Icon = kit.IconSearch
	s.search.OnChanged = func(string) { s.look() }
	s.show = kit.NewSelect("history.show", names(), func(string) { s.look() })
	s.show.Selected = present.ShowAll.String()
	s.list = newListCard(s)
	s.detail = newDetail(s)
	s.cards = container.New(sides{}, s.list.box, s.detail.box)
	s.teach = kit.NewParagraph(kit.Body, kit.Muted, "").Centre().Called("history.empty")
	share := kit.Secondary("history.receive", "Share an address", kit.IconReceive, a.Receive)
	s.empty = kit.Card(kit.Middle(kit.Column(kit.Space, s.teach, kit.Row(0, kit.Spring(), share, kit.Spring()))))
	s.empty.Hide()
	head := kit.PageHead("History", "", kit.Row(10, kit.Spring(),
		container.New(wide(240), s.search), container.New(wide(146), s.show)))
	s.content = kit.Page(head, container.NewStack(s.cards, s.empty))
	return s
}

func names() (list []string) {
	for _, show := range present.Shows() {
		list = append(list, show.String())
	}
	return list
}

// Content is what the shell puts into the window.
func (s *Screen) Content() fyne.CanvasObject { return s.content }

// Shown opens the newest payment if none is.
func (s *Screen) Shown() {
	if s.chosen == "" && s.shown.Len() > 0 {
		s.choose(s.shown.Row(0).TxID)
	}
}

// Hidden keeps a label that was being typed.
func (s *Screen) Hidden() { s.detail.keepLabel() }

// Update draws a state.
func (s *Screen) Update(state present.HistoryState) {
	before := s.shown
	s.shown = state.Following(before)
	s.stay(before)
	s.list.refresh(s)
	s.teach.Set(state.Empty)
	show(s.empty, state.Empty != "")
	show(s.cards, state.Empty == "")
	if s.chosen == "" {
		return
	}
	if s.shown.Moved(before, s.chosen) {
		s.ask()
	}
}

// stay keeps what the person looks at in its place while rows arrive above it.
func (s *Screen) stay(before present.HistoryState) {
	offset := s.list.list.GetScrollOffset()
	top := int(offset / rowHeight)
	if offset < rowHeight || top >= before.Len() {
		return
	}
	if now := s.shown.Find(before.Row(top).TxID); now >= 0 && now != top {
		s.list.list.Refresh()
		s.list.list.ScrollToOffset(offset + float32(now-top)*rowHeight)
	}
}

// Select opens a payment, and sees to it that its row is there to be seen.
func (s *Screen) Select(txid string) {
	if s.shown.Find(txid) < 0 && s.filter != (present.Filter{}) {
		s.search.SetText("")
		s.show.SetSelected(present.ShowAll.String())
	}
	s.choose(txid)
}

// choose shows the details of a payment.
func (s *Screen) choose(txid string) {
	if txid == "" {
		return
	}
	if txid != s.chosen {
		s.detail.keepLabel()
		s.chosen = txid
		s.detail.begin()
		s.question++
		s.asked, s.again = false, false
		s.ask()
	}
	if i := s.shown.Find(txid); i >= 0 {
		s.list.list.ScrollTo(i)
	}
	s.list.list.Refresh()
}

// ask gathers the details anew. While an answer is awaited it is enough to
// remember that there is more to ask.
func (s *Screen) ask() {
	if s.asked {
		s.again = true
		return
	}
	s.asked = true
	question := s.question
	s.a.Details(s.chosen, func(d *present.Payment, problem string) {
		if question != s.question {
			return
		}
		s.asked = false
		s.detail.draw(d, problem)
		if s.again {
			s.again = false
			s.ask()
		}
	})
}

// look searches for what is typed and picked.
func (s *Screen) look() {
	f := present.Filter{Text: s.search.Text}
	for _, show := range present.Shows() {
		if show.String() == s.show.Selected {
			f.Show = show
		}
	}
	if f == s.filter {
		return
	}
	s.filter = f
	s.shown = s.shown.With(f)
	s.list.refresh(s)
	s.list.list.ScrollToTop()
}

// arrow moves the choice through the list.
func (s *Screen) arrow(key fyne.KeyName) bool {
	last := s.shown.Len() - 1
	page := max(int(s.list.list.Size().Height/rowHeight)-1, 1)
	at := s.shown.Find(s.chosen)
	switch key {
	case fyne.KeyUp:
		at--
	case fyne.KeyDown:
		at++
	case fyne.KeyPageUp:
		at -= page
	case fyne.KeyPageDown:
		at += page
	case fyne.KeyHome:
		at = 0
	case fyne.KeyEnd:
		at = last
	default:
		return false
	}
	s.choose(s.shown.Row(max(min(at, last), 0)).TxID)
	return true
}

// wide is a width for what would take any.
type wide float32

// Layout implements fyne.Layout.
func (w wide) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	h := objects[0].MinSize().Height
	objects[0].Move(fyne.NewPos(0, (size.Height-h)/2))
	objects[0].Resize(fyne.NewSize(size.Width, h))
}

// MinSize implements fyne.Layout.
func (w wide) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(float32(w), objects[0].MinSize().Height)
}

// sides puts the list beside the details, which get a little less of the width.
type sides struct{}

// Layout implements fyne.Layout.
func (sides) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	right := min(size.Width*0.45, 460)
	left := size.Width - kit.Space - right
	objects[0].Move(fyne.NewPos(0, 0))
	objects[0].Resize(fyne.NewSize(left, size.Height))
	objects[1].Move(fyne.NewPos(left+kit.Space, 0))
	objects[1].Resize(fyne.NewSize(right, size.Height))
}

// MinSize implements fyne.Layout.
func (sides) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(a.Width+kit.Space+b.Width, max(a.Height, b.Height))
}
