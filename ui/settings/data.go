package settings

import (
	"slices"

	"fyne.io/fyne/v2"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// data is the card of how much of the chain is fetched and kept.
type data struct {
	card   *fyne.Container
	limit  *choice
	blocks *choice
	audit  *kit.Check
	quiet  bool // draw is at work: nobody has chosen anything
}

func newData(s *Screen) *data {
	d := &data{}
	d.limit = newChoice("settings.filterlimit", func(v int64) {
		s.change(func(to *present.Settings) { to.Data.FilterLimit = v })
	})
	d.blocks = newChoice("settings.fullblocks", func(v int64) {
		s.change(func(to *present.Settings) { to.Data.FullBlocks = int32(v) })
	})
	d.audit = kit.NewCheck("settings.audit", "Check all headers since block 0", func(on bool) {
		if !d.quiet {
			s.change(func(to *present.Settings) { to.Data.Audit = on })
		}
	})
	says := func(text string) *kit.Paragraph { return kit.NewParagraph(kit.Small, kit.Muted, text) }
	part := func(objects ...fyne.CanvasObject) *fyne.Container { return kit.Column(kit.Gap-2, objects...) }
	d.card = card("Network data",
		part(kit.NewField("Filters to keep", d.limit.sel),
			says("Payments are found with them; each block has one, of about 20 kB. Above a limit the oldest go that your wallets no longer need; a wallet that needs them again fetches them again.")),
		part(kit.NewField("Read whole blocks if no peer serves filters", d.blocks.sel),
			says("This finds the same payments, with more to download: up to 2 MB for each block. With more blocks than that to catch up with, Thistle waits for filters.")),
		part(kit.Row(0, d.audit),
			says("Thistle begins at a block that it was delivered with. This also fetches and checks, in the background, the headers of all blocks before: about 80 MB, once. Your balance does not wait for it.")))
	return d
}

func (d *data) draw(to present.Settings) {
	d.limit.draw(present.FilterLimits(to.Data.FilterLimit), to.Data.FilterLimit)
	d.blocks.draw(present.FullBlocks(to.Data.FullBlocks), int64(to.Data.FullBlocks))
	if d.audit.Checked != to.Data.Audit {
		d.quiet = true
		d.audit.SetChecked(to.Data.Audit)
		d.quiet = false
	}
}

// choice is a list of which one is chosen.
type choice struct {
	sel   *kit.Select
	list  []present.DataChoice
	quiet bool // draw is at work: nobody has chosen anything
}

func newChoice(id string, chosen func(int64)) *choice {
	c := &choice{}
	c.sel = kit.NewSelect(id, nil, func(words string) {
		if c.quiet {
			return
		}
		if i := slices.IndexFunc(c.list, func(o present.DataChoice) bool { return o.Words == words }); i >= 0 {
			chosen(c.list[i].Value)
		}
	})
	return c
}

func (c *choice) draw(list []present.DataChoice, now int64) {
	c.list = list
	var options []string
	current := ""
	for _, o := range list {
		options = append(options, o.Words)
		if o.Value == now {
			current = o.Words
		}
	}
	c.quiet = true
	if !slices.Equal(c.sel.Options, options) {
		c.sel.SetOptions(options)
	}
	if c.sel.Selected != current {
		c.sel.SetSelected(current)
	}
	c.quiet = false
}
