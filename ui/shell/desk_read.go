package shell

import (
	"thistle/ui/kit"
	"thistle/ui/peers"
	"thistle/ui/present"
)

func buildPeers(t *stay) *screen {
	sc := peers.New(t.s.host(), peers.Actions{})
	of := func(v view) present.PeersState { return present.PeersOf(v.snap) }
	return &screen{content: sc.Content(), update: drawer(of, sc.Update)}
}

func blank(p page) *screen {
	return &screen{content: kit.NewText(kit.Title, p.title()), update: func(view) {}}
}

func buildOverview(*stay) *screen { return blank(overviewPage) }
func buildReceive(*stay) *screen  { return blank(receivePage) }
func buildHistory(*stay) *screen  { return blank(historyPage) }
func buildSettings(*stay) *screen { return blank(settingsPage) }

// openPayment shows a payment in the history.
func (t *stay) openPayment(txid string) { t.goTo(historyPage) }
