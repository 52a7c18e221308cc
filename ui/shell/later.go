package shell

import "thistle/ui/kit"

func blank(p page) *screen {
	return &screen{content: kit.NewText(kit.Title, p.title()), update: func(view) {}}
}

func buildHistory(*stay) *screen  { return blank(historyPage) }
func buildSettings(*stay) *screen { return blank(settingsPage) }

// openPayment shows a payment in the history.
func (t *stay) openPayment(txid string) { t.goTo(historyPage) }
