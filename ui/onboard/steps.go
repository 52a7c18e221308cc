package onboard

import (
	"strconv"

	"thistle/ui/kit"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// steps shows how far the wizard is: what is done, what is being done, what is
// still to come.
func steps(names []string, now int) fyne.CanvasObject {
	row := kit.Row(kit.Space)
	for i, name := range names {
		ground, tone := kit.NewPanel("", kit.ColorLine, 12), kit.Muted
		var mark fyne.CanvasObject = kit.Label(kit.Small, kit.Muted, strconv.Itoa(i+1)).Centre()
		switch {
		case i < now:
			mark = container.NewCenter(kit.NewIcon(kit.IconCheck, kit.Muted, 14))
		case i == now:
			tone = kit.Accent
			ground = kit.NewPanel(kit.ColorAccentGround, "", 12)
			mark = kit.Label(kit.Small, kit.Accent, strconv.Itoa(i+1)).Centre()
		}
		row.Add(kit.Row(kit.Gap, kit.Middle(container.NewStack(kit.Blank(24, 24), ground, mark)), kit.Middle(kit.Label(kit.Small, tone, name))))
	}
	return row
}
