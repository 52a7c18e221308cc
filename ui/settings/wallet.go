package settings

import (
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// backup is the card of the recovery words.
type backup struct {
	card  *fyne.Container
	badge *kit.Chip
	check *kit.Button
	text  *kit.Paragraph
}

func newBackup(s *Screen) *backup {
	b := &backup{badge: kit.NewChip("settings.backup"), text: kit.NewParagraph(kit.Small, kit.Muted, "")}
	show := kit.Secondary("settings.words", "Show my recovery words…", nil, s.ShowWords)
	b.check = kit.Secondary("settings.checkwords", "Check my words…", nil, s.CheckWords)
	b.card = card("Recovery words", b.badge, b.text, wrap(show, b.check))
	return b
}

func (b *backup) draw(state present.SettingsState) {
	b.badge.Set(kit.Tone(state.Backup.Tone), state.Backup.Words)
	text := "They bring your coins back if this computer is lost, together with the passphrase if the wallet has one. Keep the paper safe, and away from cameras."
	if !state.BackedUp {
		text = "They bring your coins back if this computer is lost, together with the passphrase if the wallet has one. Show that you have them on paper: it takes a minute."
	}
	b.text.Set(text)
}

// wallet is the card of the open wallet.
type wallet struct {
	card                                 *fyne.Container
	name, network, fingerprint, birthday *kit.Text
	more                                 *kit.LinkButton
	descriptors                          *fyne.Container
	shown                                []string
	s                                    *Screen
}

func newWallet(s *Screen) *wallet {
	text := func(id string, role kit.Role) *kit.Text { return kit.NewText(role, "").Shortened().Called(id) }
	w := &wallet{
		s: s, name: text("settings.name", kit.Strong), network: text("settings.network", kit.Small),
		fingerprint: text("settings.fingerprint", kit.Mono), birthday: text("settings.birthday", kit.Small),
	}
	w.more = kit.Link("settings.descriptors", "Show descriptors", w.toggle)
	w.descriptors = kit.Column(kit.Gap)
	w.descriptors.Hide()
	another := kit.Secondary("settings.another", "Create or restore another", nil, func() { s.a.NewWallet() })
	lock := kit.Secondary("settings.lock", "Lock now", kit.IconLock, func() { s.a.Lock() })
	w.card = card("Wallet",
		kit.Column(kit.Gap, row("Name", w.name), row("Network", w.network), row("Fingerprint", w.fingerprint), row("Nothing before", w.birthday)),
		w.more, w.descriptors, wrap(lock, another))
	return w
}

// row is a name and what it stands for.
func row(name string, value fyne.CanvasObject) fyne.CanvasObject {
	label := container.NewStack(kit.Blank(104, 1), kit.Middle(kit.Label(kit.Small, kit.Muted, name)))
	return container.NewBorder(nil, nil, label, nil, value)
}

func (w *wallet) draw(state present.SettingsState) {
	w.name.Set(state.Wallet)
	w.network.Set(state.Network)
	w.fingerprint.Set(state.Fingerprint)
	w.birthday.Set(state.Birthday)
	if !slices.Equal(w.shown, state.Descriptors) {
		w.descriptors.Hide()
		w.more.SetLabel("Show descriptors")
	}
}

// toggle shows the descriptors, or takes them away.
func (w *wallet) toggle() {
	w.shown = w.s.state.Descriptors
	w.descriptors.Objects = nil
	w.descriptors.Add(kit.NewParagraph(kit.Small, kit.Muted,
		"The recipe of all your addresses, for other wallet software. Whoever has it sees all your payments, but can spend nothing."))
	for i, d := range w.shown {
		w.descriptors.Add(kit.NewParagraph(kit.Mono, kit.Plain, d).Called("settings.descriptor." + strconv.Itoa(i)))
	}
	says := kit.Label(kit.Small, kit.Muted, "")
	w.descriptors.Add(kit.Row(kit.Gap, kit.Link("settings.copy", "Copy", func() {
		if kit.Copy(strings.Join(w.shown, "\n")) {
			says.Set("Copied")
		} else {
			says.Set("The clipboard does not take it")
		}
	}), kit.Middle(says)))
	if setShown(w.descriptors, !w.descriptors.Visible()); w.descriptors.Visible() {
		w.more.SetLabel("Hide descriptors")
	} else {
		w.more.SetLabel("Show descriptors")
	}
	w.s.settle()
}

// about is the card of the program.
type about struct {
	card            *fyne.Container
	version, folder *kit.Text
}

func newAbout() *about {
	a := &about{
		version: kit.NewText(kit.Small, "").Shortened().Called("settings.version"),
		folder:  kit.NewText(kit.Mono, "").Shortened().Called("settings.folder"),
	}
	a.card = card("About Thistle",
		kit.Column(kit.Gap, row("Version", a.version), row("Data folder", a.folder), row("Licence", kit.NewText(kit.Small, "MIT"))),
		kit.NewParagraph(kit.Small, kit.Muted, "Free to use, change and share, without any warranty. It asks no server, sends no statistics, and looks for no updates by itself."))
	return a
}

func (a *about) draw(state present.SettingsState) {
	a.version.Set(state.Version)
	a.folder.Set(state.DataDir)
}

// wrap puts buttons beside each other, or below each other where that is too
// wide.
func wrap(buttons ...fyne.CanvasObject) *fyne.Container { return container.New(&flow{}, buttons...) }

type flow struct{ width float32 }

func (f *flow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	f.width = size.Width
	f.each(objects, func(o fyne.CanvasObject, x, y float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(min(o.MinSize().Width, size.Width), o.MinSize().Height))
	})
}

func (f *flow) each(objects []fyne.CanvasObject, do func(o fyne.CanvasObject, x, y float32)) (height float32) {
	x, y := float32(0), float32(0)
	for _, o := range objects {
		m := o.MinSize()
		if x > 0 && x+m.Width > f.width {
			x, y = 0, height+kit.Gap
		}
		do(o, x, y)
		x += m.Width + kit.Gap
		height = max(height, y+m.Height)
	}
	return height
}

// MinSize is the height that the width given last needs.
func (f *flow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	widest := float32(0)
	for _, o := range objects {
		widest = max(widest, o.MinSize().Width)
	}
	return fyne.NewSize(widest, f.each(objects, func(fyne.CanvasObject, float32, float32) {}))
}
