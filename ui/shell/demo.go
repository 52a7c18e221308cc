package shell

import (
	"thistle/app/units"
	"thistle/ui/kit"
	"thistle/ui/present"

	"fyne.io/fyne/v2"
)

const (
	// demoPay is what "Pay me" pays.
	demoPay units.Amount = 2_500_000
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
	d.news = kit.NewParagraph(kit.Small, kit.Muted, "Play the rest of the world: be paid, then let a block be found.").Called("demo.news")
	d.buttons = []*kit.Button{
		kit.Secondary("demo.pay", "Pay me", kit.IconReceive, d.pay),
		kit.Secondary("demo.mine", "Mine a block", kit.IconBlock, d.mine),
		kit.Secondary("demo.reorg", "Reorganise", kit.IconBolt, d.reorg),
	}
	row := kit.Row(kit.Gap)
	for _, b := range d.buttons {
		row.Add(b)
	}
	words := kit.Column(2, kit.NewParagraph(kit.Small, kit.Plain, "Practice network inside this program — these coins are worth nothing"), d.news)
	d.content = noticeGround(kit.Warn, kit.IconInfo, words, row)
	return d
}

// act does something off the window's goroutine and says what happened.
func (d *demoPanel) act(doing string, do func(o *opened, net Demo) (string, error)) {
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
			said = present.Sentence(err)
		}
		return func() {
			d.news.Set(said)
			d.enable(true)
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

func (d *demoPanel) reorg() {
	d.act("Another branch takes over…", func(o *opened, net Demo) (string, error) {
		said := "The last " + present.Count(demoDepth, "block was", "blocks were") + " replaced by others."
		return said, net.Reorg(o.ctx, demoDepth)
	})
}
