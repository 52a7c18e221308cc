package peers_test

import (
	"testing"

	"thistle/ui/kit"
	"thistle/ui/kit/kittest"
	"thistle/ui/peers"
	"thistle/ui/present"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"
)

func show(t *testing.T, width, height float32) (*peers.Screen, fyne.Canvas) {
	t.Helper()
	kittest.App(t, kit.Light)
	s := peers.New(kit.Host{}, peers.Actions{})
	return s, kittest.Sized(t, s.Content(), width, height).Canvas()
}

func synced() present.PeersState {
	return present.PeersState{
		Star:          []present.PeerDot{{Addr: "a:1", Filters: true}, {Addr: "b:2"}},
		Headers:       present.Bar{Title: "Headers", Count: "10 / 10", Done: 1},
		FilterHeaders: present.Bar{Title: "Filter headers — from one peer", Count: "5 / 10", Done: 0.5},
		Filters:       present.Bar{Title: "Filters", Count: "none yet"},
		Blocks:        present.Bar{Title: "Blocks — waiting for block 7 (2 peers tried)", Count: "3 / 4", Done: 0.75, Tone: present.Warn},
		Line:          present.Text{Words: "Fetching filter headers.", Tone: present.Accent},
		Rows: []present.PeerRow{
			{Key: "a:1", Address: "a", Software: "/Satoshi/", Serves: "Filters", Height: "10", Ping: "1 ms", Since: "just now", Floor: "1 sat/vB"},
			{Key: "b:2", Address: "b:2", Software: "/x/", Serves: "Blocks", Height: "—", Ping: "—", Since: "—", Floor: "—"},
		},
	}
}

func TestShowsPeersAndSync(t *testing.T) {
	s, c := show(t, 948, 712)
	s.Update(synced())
	require.Equal(t, []string{"peers.row.a:1", "peers.row.b:2"}, kittest.Rows(t, c, "peers.row."))
	require.Equal(t, "a\n/Satoshi/\nFilters\n10\n1 ms\njust now\n1 sat/vB", kittest.Text(t, c, "peers.row.a:1"))
	require.Equal(t, "Filter headers — from one peer", kittest.Text(t, c, "peers.filterheaders.title"))
	require.Equal(t, "5 / 10", kittest.Text(t, c, "peers.filterheaders"))
	require.InDelta(t, 0.5, kittest.Get[*kit.Bar](t, c, "peers.filterheaders.bar").Fraction(), 0)
	require.Zero(t, kittest.Get[*kit.Bar](t, c, "peers.filters.bar").Fraction())
	require.Equal(t, "Blocks — waiting for block 7 (2 peers tried)", kittest.Text(t, c, "peers.blocks.title"))
	require.Equal(t, "3 / 4", kittest.Text(t, c, "peers.blocks"))
	require.InDelta(t, 0.75, kittest.Get[*kit.Bar](t, c, "peers.blocks.bar").Fraction(), 0)
	require.Equal(t, "Fetching filter headers.", kittest.Text(t, c, "peers.line"))
	require.False(t, kittest.Has(t, c, "peers.empty"))
}

func TestPeersComeAndGo(t *testing.T) {
	s, c := show(t, 948, 712)
	state := synced()
	all := state.Rows
	s.Update(present.PeersState{Empty: "None has answered yet."})
	require.Equal(t, "None has answered yet.", kittest.Text(t, c, "peers.empty"))
	require.Empty(t, kittest.Rows(t, c, "peers.row."))
	s.Update(state)
	require.Len(t, kittest.Rows(t, c, "peers.row."), 2)
	state.Rows, state.Star, state.More = all[1:], state.Star[1:], "and 3 more"
	s.Update(state)
	require.Equal(t, []string{"peers.row.b:2"}, kittest.Rows(t, c, "peers.row."))
	require.Equal(t, "and 3 more", kittest.Text(t, c, "peers.more"))
	s.Update(present.PeersState{Empty: "Gone."})
	require.Equal(t, "Gone.", kittest.Text(t, c, "peers.empty"))
}

// The table is the part that gives way where there is little room.
func TestFitsASmallWindow(t *testing.T) {
	s, c := show(t, 640, 552)
	state := synced()
	for range 4 {
		state.Rows = append(state.Rows, state.Rows...)
	}
	for i := range state.Rows {
		state.Rows[i].Key = string(rune('A' + i))
	}
	s.Update(state)
	least := s.Content().MinSize()
	require.LessOrEqual(t, least.Width, float32(640))
	require.LessOrEqual(t, least.Height, float32(552))
	seen := len(kittest.Rows(t, c, "peers.row."))
	require.Greater(t, seen, 3)
	require.Less(t, seen, len(state.Rows), "what is not seen has no widgets")
}
