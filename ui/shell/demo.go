package shell

import (
	"thistle/app/units"
	"thistle/ui/kit"
	"thistle/ui/present"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

const (
	// demoPay is what "Pay me" pays.
	demoPay units.Amount = 2_500_000
	// demoPrice is what the shop asks for a coffee.
	demoPrice units.Amount = 1_000_000
	// demoDepth is how many blocks "Reorganise" replaces.
	demoDepth = 2
)

// demoPanel lets a person play the rest of the world.
type demoPanel struct {
	t       *stay
	content fyne.CanvasObject
	news    *kit.Paragraph
	buttons []*kit.Button
}

func newDemoPanel(t *stay) *demoPanel {
	d := &demoPanel{t: t}
	d.news = kit.NewParagraph(kit.Small, kit.Muted, "Play the rest of the world: be paid, let a block be found, then buy something.").Called("demo.news")
	d.buttons = []*kit.Button{
		kit.Secondary("demo.pay", "Pay me", kit.IconReceive, d.pay),
		kit.Secondary("demo.shop", "Pay the shop", kit.IconSend, d.shop),
		kit.Secondary("demo.mine", "Mine a block", kit.IconBlock, d.mine),
		kit.Secondary("demo.reorg", "Reorganise", kit.IconBolt, d.reorg),
	}
	row := kit.Row(kit.Gap)
	for _, b := range d.buttons {
		row.Add(b)
	}
	words := kit.Column(2, kit.NewParagraph(kit.Small, kit.Plain, "Practice network inside this program — these coins are worth nothing"), d.news)
	d.content = noticeGround(kit.Warn, kit.IconInfo, container.New(&strip{}, words, row), nil)
	return d
}

// act does something off the window's goroutine and says what happened; then
// comes what belongs on the window's.
func (d *demoPanel) act(doing string, do func(o *opened, net Demo) (string, error), then ...func()) {
	d.t.s.touch()
	d.enable(false)
	d.news.Set(doing)
	d.t.use(func(o *opened) func() {
		net := d.t.s.ctl.network()
		if net == nil {
			return nil
		}
		said, err := do(o, net)
		if err != nil {
			d.t.s.o.Log.Warn("practice network", "err", err)
			said, then = present.Sentence(err), nil
		}
		return func() {
			d.news.Set(said)
			d.enable(true)
			for _, f := range then {
				f()
			}
		}
	})
}

func (d *demoPanel) enable(on bool) {
	for _, b := range d.buttons {
		b.SetEnabled(on)
	}
}

func (d *demoPanel) mine() {
	d.act("Looking for a block…", func(o *opened, net Demo) (string, error) {
		return "A block was found.", net.Mine(o.ctx, 1)
	})
}

func (d *demoPanel) pay() {
	prefs := present.Prefs{Unit: d.t.last.snap.Prefs.Unit}
	d.act("Paying you…", func(o *opened, net Demo) (string, error) {
		to, err := o.w.Receive("", "", true)
		if err != nil {
			return "", err
		}
		d.t.s.ctl.newsFromWallet()
		_, err = net.Pay(o.ctx, to.Address, demoPay)
		return "Somebody paid you " + present.Sum(demoPay, prefs) + ".", err
	})
}

// shop proposes a payment: it is filled in on the send screen, and the person
// reviews and signs it as any other.
func (d *demoPanel) shop() {
	var to string
	d.act("Asking the shop…", func(o *opened, net Demo) (_ string, err error) {
		to, err = net.Address(o.ctx)
		return "A coffee, please: look at the payment, then review it.", err
	}, func() { d.propose(to) })
}

// propose fills the send screen in. What the person typed there stays, unless
// they say otherwise.
func (d *demoPanel) propose(to string) {
	t := d.t
	t.goTo(sendPage)
	fill := func() {
		unit := t.last.snap.Prefs.Unit
		filled := t.s.stay == t && t.send.screen.Fill(present.SendForm{
			Recipients: []present.SendRecipientForm{{To: to, Amount: present.TypedMoney(demoPrice, unit)}}, Label: "Coffee",
		})
		if !filled {
			d.news.Set("One payment after the other.")
		}
	}
	if t.send.screen.Blank() {
		fill()
		return
	}
	kit.Confirm(t.s.host(), "Pay the shop instead?", "What you typed into this payment is replaced.", "Replace it", "Keep it", func(yes bool) {
		if yes {
			fill()
		}
	})
}

func (d *demoPanel) reorg() {
	d.act("Another branch takes over…", func(o *opened, net Demo) (string, error) {
		said := "The last " + present.Count(demoDepth, "block was", "blocks were") + " replaced by others."
		return said, net.Reorg(o.ctx, demoDepth)
	})
}

// strip puts words and buttons beside each other, or below where there is not
// enough room for both.
type strip struct{ width float32 }

// stripWords is the least room for the words beside the buttons.
const stripWords = 260

func (l *strip) below(row fyne.Size) bool {
	return l.width < stripWords+kit.Space+row.Width
}

func (l *strip) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	words, row := objects[0], objects[1]
	least := row.MinSize()
	room := size.Width
	if !l.below(least) {
		room -= kit.Space + least.Width
	}
	words.Resize(fyne.NewSize(room, words.MinSize().Height)) // wraps them
	high := words.MinSize().Height
	row.Resize(least)
	words.Resize(fyne.NewSize(room, high))
	if l.below(least) {
		words.Move(fyne.Position{})
		row.Move(fyne.NewPos(0, high+kit.Gap))
		return
	}
	words.Move(fyne.NewPos(0, max(0, (size.Height-high)/2)))
	row.Move(fyne.NewPos(size.Width-least.Width, max(0, (size.Height-least.Height)/2)))
}

// MinSize depends on how wide the strip was last, as with words that wrap.
func (l *strip) MinSize(objects []fyne.CanvasObject) fyne.Size {
	words, row := objects[0].MinSize(), objects[1].MinSize()
	if l.width > 0 && l.below(row) {
		return fyne.NewSize(row.Width, words.Height+kit.Gap+row.Height)
	}
	return fyne.NewSize(row.Width, max(words.Height, row.Height))
}
