package peers

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"thistle/ui/kit"
	"thistle/ui/present"
)

// add asks for a peer to be connected to.
func (s *Screen) add() {
	entry := kit.NewEntry("peers.add.address", "node.example or 192.0.2.1:8333")
	field := kit.NewField("Address of the peer", entry).Called("peers.add.hint")
	only := kit.NewCheck("peers.add.only", "Use this one alone, and look for no others", nil)
	var sheet *kit.Sheet
	save := kit.Primary("dialog.yes", "Add", nil, nil)
	cancel := kit.Secondary("dialog.no", "Cancel", nil, func() { sheet.Close() })
	save.OnTapped = func() {
		addr := present.PeerAddr(entry.Text, s.state.Network)
		if addr == "" {
			field.SetHint(kit.Bad, "Type an address first.")
			sheet.Fit()
			return
		}
		save.SetEnabled(false)
		s.a.Add(addr, only.Checked, func(problem string) {
			save.SetEnabled(true)
			if problem == "" {
				sheet.Close()
				return
			}
			field.SetHint(kit.Bad, problem)
			sheet.Fit()
		})
	}
	entry.OnSubmitted = func(string) { save.OnTapped() }
	content := kit.Column(kit.Space, kit.NewParagraph(kit.Small, kit.Muted,
		"A node of your own, or one that you trust. Thistle stays connected to it as long as it is of use; without its port the usual one is meant."),
		field, kit.Row(0, only))
	sheet = kit.NewSheet(s.host, "Add a peer", 480, content, cancel, save)
	sheet.Escape(entry)
	sheet.Show(entry)
}

// look shows all that is known of a peer, and what can be done about it.
func (s *Screen) look(row present.PeerRow) {
	list := kit.Column(kit.Gap - 2)
	for _, f := range row.Details {
		name := container.NewStack(kit.Blank(100, 1), kit.Label(kit.Small, kit.Muted, f.Name))
		list.Add(container.NewBorder(nil, nil, name, nil, kit.NewParagraph(kit.Small, kit.Plain, f.Value.Words)))
	}
	problem := kit.NewParagraph(kit.Small, kit.Bad, "").Called("peers.look.problem")
	problem.Hide()
	var sheet *kit.Sheet
	end := func(text string) {
		if text == "" {
			sheet.Close()
			return
		}
		problem.Set(text)
		problem.Show()
		sheet.Fit()
	}
	shut := kit.Primary("dialog.ok", "Close", nil, func() { sheet.Close() })
	buttons := []*kit.Button{kit.Secondary("peers.ban", "Refuse for a day", nil, func() { s.a.Ban(row.Key, end) })}
	if row.Named {
		buttons = append(buttons, kit.Secondary("peers.forget", "No longer keep it", nil, func() { s.a.Forget(row.Key, end) }))
	}
	buttons = append(buttons, shut)
	sheet = kit.NewSheet(s.host, "Peer", 500, kit.Column(kit.Gap, fyne.CanvasObject(list), problem), buttons...)
	sheet.Show(shut)
}

// mostBans is how many refusals the sheet lists: those that end first.
const mostBans = 8

// bans lists what is refused, to be allowed again.
func (s *Screen) bans() {
	var sheet *kit.Sheet
	list := kit.Column(kit.Gap, kit.NewParagraph(kit.Small, kit.Muted,
		"Who provably lied or broke the rules is refused for a day, together with its neighbours, and so is whom you refuse."))
	problem := kit.NewParagraph(kit.Small, kit.Bad, "").Called("peers.bans.problem")
	problem.Hide()
	for _, b := range s.state.Bans[:min(mostBans, len(s.state.Bans))] {
		allow := kit.Secondary("peers.unban."+b.Key, "Allow again", nil, nil)
		allow.OnTapped = func() {
			allow.SetEnabled(false)
			s.a.Unban(b.Key, func(text string) {
				if text == "" {
					sheet.Close()
					return
				}
				allow.SetEnabled(true)
				problem.Set(text)
				problem.Show()
				sheet.Fit()
			})
		}
		words := kit.Column(0, kit.NewText(kit.Mono, b.Key).Shortened(), kit.Label(kit.Small, kit.Muted, b.Until))
		list.Add(container.NewBorder(nil, nil, nil, allow, words))
	}
	if n := len(s.state.Bans) - mostBans; n > 0 {
		list.Add(kit.Label(kit.Small, kit.Muted, "and "+present.Height(int32(n))+" more"))
	}
	list.Add(problem)
	shut := kit.Primary("dialog.ok", "Close", nil, func() { sheet.Close() })
	sheet = kit.NewSheet(s.host, "Refused", 500, list, shut)
	sheet.Show(shut)
}
