package shell

import (
	"thistle/ui/kit"

	"fyne.io/fyne/v2"
)

// page is one of the places that the rail leads to.
type page int

const (
	overviewPage page = iota
	sendPage
	receivePage
	historyPage
	peersPage
	settingsPage
	noPage
)

var pages = []page{overviewPage, sendPage, receivePage, historyPage, peersPage, settingsPage}

func (p page) name() string {
	return [...]string{"overview", "send", "receive", "history", "peers", "settings"}[p]
}

func (p page) title() string {
	return [...]string{"Overview", "Send", "Receive", "History", "Peers", "Settings"}[p]
}

func (p page) icon() fyne.Resource {
	return [...]fyne.Resource{kit.IconHome, kit.IconSend, kit.IconReceive, kit.IconHistory, kit.IconPeers, kit.IconSettings}[p]
}

func (p page) build(t *stay) *screen {
	return [...]func(*stay) *screen{
		buildOverview, buildSend, buildReceive, buildHistory, buildPeers, buildSettings,
	}[p](t)
}
