package peers_test

import (
	"strconv"
	"testing"

	"thistle/ui/kit"
	"thistle/ui/kit/kittest"
	"thistle/ui/peers"
	"thistle/ui/present"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"
)

func show(t *testing.T, width, height float32, a ...peers.Actions) (*peers.Screen, fyne.Canvas) {
	t.Helper()
	return showIn(t, kit.Light, width, height, a...)
}

func showIn(t *testing.T, mode kit.Mode, width, height float32, a ...peers.Actions) (*peers.Screen, fyne.Canvas) {
	t.Helper()
	kittest.App(t, mode)
	w := kittest.Sized(t, kit.Blank(1, 1), width, height)
	s := peers.New(kit.Host{Window: w}, append(a, peers.Actions{})[0])
	w.SetContent(s.Content())
	w.Resize(fyne.NewSize(width, height))
	return s, w.Canvas()
}

func synced() present.PeersState {
	return present.PeersState{
		Star:          []present.PeerDot{{Addr: "a:1", Filters: true}, {Addr: "b:2"}, {Addr: "c:3", Inbound: true}},
		Headers:       present.Bar{Title: "Headers", Count: "10 / 10", Done: 1},
		FilterHeaders: present.Bar{Title: "Filter headers — from one peer", Count: "5 / 10", Done: 0.5},
		Filters:       present.Bar{Title: "Filters", Count: "none yet"},
		Blocks:        present.Bar{Title: "Blocks — waiting for block 7 (2 peers tried)", Count: "3 / 4", Done: 0.75, Tone: present.Warn},
		Line:          present.Text{Words: "Fetching filter headers.", Tone: present.Accent},
		Network:       "mainnet",
		Health: present.HealthState{
			Title: present.Text{Words: "No new block", Tone: present.Warn},
			Words: "No block has come for 1 h 40 min; by chance that happens once in 22 000 blocks.",
			Do:    "Thistle looks for other peers meanwhile. Wait before you rely on a payment.",
			Facts: []present.Fact{
				{Name: "Peers", Value: present.Text{Words: "6 found · 2 came to you"}}, {Name: "Spread", Value: present.Text{Words: "6 parts, of 2 kinds"}},
				{Name: "Encrypted", Value: present.Text{Words: "5 of 6"}}, {Name: "Filters", Value: present.Text{Words: "all 3 agree", Tone: present.Good}},
				{Name: "Newest block", Value: present.Text{Words: "1 h 40 min ago", Tone: present.Warn}}, {Name: "Clock", Value: present.Text{Words: "right", Tone: present.Good}},
				{Name: "Payments", Value: present.Text{Words: "seen at once"}}, {Name: "Shared", Value: present.Text{Words: "12.3 MB · 14 payments"}},
			},
		},
		Rows: []present.PeerRow{
			{Key: "a:1", Address: "a", Software: "/Satoshi/", Serves: "Filters", Height: "10", Ping: "1 ms", Received: "12.4 MB", Sent: "214 kB", Line: "encrypted", Named: true,
				Details: []present.Fact{{Name: "Address", Value: present.Text{Words: "a:1"}}, {Name: "Offers", Value: present.Text{Words: "NETWORK, WITNESS"}}}},
			{Key: "b:2", Address: "b:2", Software: "/x/", Serves: "Blocks", Height: "—", Ping: "—", Received: "0 B", Sent: "0 B", Line: "—"},
		},
	}
}

func TestShowsPeersAndSync(t *testing.T) {
	s, c := show(t, 948, 712)
	s.Update(synced())
	require.Equal(t, "No new block", kittest.Text(t, c, "peers.health"))
	require.Contains(t, kittest.Text(t, c, "peers.health.words"), "1 h 40 min")
	require.Contains(t, kittest.Text(t, c, "peers.health.do"), "Wait")
	require.Contains(t, kittest.Words(t, c), "14 payments")
	require.False(t, kittest.Has(t, c, "peers.headers"))
	kittest.Tap(t, c, "peers.view.1")
	require.False(t, kittest.Has(t, c, "peers.health"))
	require.Equal(t, []string{"peers.row.a:1", "peers.row.b:2"}, kittest.Rows(t, c, "peers.row."))
	require.Equal(t, "a\n/Satoshi/\nFilters\n10\n1 ms\nencrypted\n12.4 MB\n214 kB", kittest.Text(t, c, "peers.row.a:1"))
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
	s.Update(present.PeersState{Empty: "Thistle is not running."})
	require.Equal(t, "Nobody to talk to", kittest.Text(t, c, "peers.nobody"))
	s.Update(present.PeersState{Empty: "None has answered yet.", Looking: true})
	require.Equal(t, "Looking for peers…", kittest.Text(t, c, "peers.nobody"))
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

// Who opens the screen while there is something to catch up with sees that
// first, and stays where the person goes from there.
func TestCatchingUpComesFirst(t *testing.T) {
	s, c := show(t, 948, 712)
	state := synced()
	state.Busy = true
	s.Update(state)
	require.True(t, kittest.Has(t, c, "peers.headers"))
	kittest.Tap(t, c, "peers.view.0")
	state.Health.Title.Words = "Well connected"
	state.Health.Do, state.Health.Facts = "", nil
	s.Update(state)
	require.Equal(t, "Well connected", kittest.Text(t, c, "peers.health"))
	require.False(t, kittest.Has(t, c, "peers.health.do"))
}

func TestAddAndForget(t *testing.T) {
	var asked []string
	problem := "That is no peer."
	s, c := show(t, 948, 712, peers.Actions{
		Add: func(addr string, only bool, done func(string)) {
			asked = append(asked, addr)
			if only {
				asked = append(asked, "only")
			}
			done(problem)
		},
		Forget: func(addr string, done func(string)) { asked = append(asked, "forget "+addr); done(problem) },
	})
	s.Update(synced())
	kittest.Tap(t, c, "peers.add")
	kittest.Tap(t, c, "dialog.yes")
	require.Equal(t, "Type an address first.", kittest.Text(t, c, "peers.add.hint"))
	kittest.Type(t, c, "peers.add.address", "node.example")
	kittest.Tap(t, c, "dialog.yes")
	require.Equal(t, problem, kittest.Text(t, c, "peers.add.hint"))
	require.Equal(t, []string{"node.example:8333"}, asked)
	kittest.Tap(t, c, "peers.add.only")
	problem = ""
	kittest.Tap(t, c, "dialog.yes")
	require.False(t, kittest.Has(t, c, "dialog.yes"))
	require.Equal(t, "only", asked[2])

	kittest.Tap(t, c, "peers.row.b:2")
	require.False(t, kittest.Has(t, c, "peers.forget"), "nobody has named it")
	kittest.Tap(t, c, "dialog.ok")
	kittest.Tap(t, c, "peers.row.a:1")
	require.Contains(t, kittest.Words(t, c), "NETWORK, WITNESS")
	problem = "That did not work."
	kittest.Tap(t, c, "peers.forget")
	require.Equal(t, problem, kittest.Text(t, c, "peers.look.problem"))
	problem = ""
	kittest.Tap(t, c, "peers.forget")
	require.False(t, kittest.Has(t, c, "peers.forget"))
	require.Equal(t, "forget a:1", asked[4])
}

func TestRefuse(t *testing.T) {
	var asked []string
	problem := "That did not work."
	s, c := show(t, 948, 712, peers.Actions{
		Ban:   func(addr string, done func(string)) { asked = append(asked, "ban "+addr); done(problem) },
		Unban: func(key string, done func(string)) { asked = append(asked, "unban "+key); done(problem) },
	})
	state := synced()
	s.Update(state)
	require.False(t, kittest.Has(t, c, "peers.bans"))
	kittest.Tap(t, c, "peers.row.b:2")
	kittest.Tap(t, c, "peers.ban")
	require.Equal(t, problem, kittest.Text(t, c, "peers.look.problem"))
	problem = ""
	kittest.Tap(t, c, "peers.ban")
	require.False(t, kittest.Has(t, c, "peers.ban"))
	for i := range 10 {
		state.Bans = append(state.Bans, present.BanRow{Key: "10.0.0." + strconv.Itoa(i), Until: "until tomorrow"})
	}
	s.Update(state)
	require.Equal(t, "10 refused", kittest.Text(t, c, "peers.bans"))
	kittest.Tap(t, c, "peers.bans")
	kittest.Shot(t, c, "peers-bans")
	require.Contains(t, kittest.Words(t, c), "and 2 more")
	problem = "That did not work."
	kittest.Tap(t, c, "peers.unban.10.0.0.3")
	require.Equal(t, problem, kittest.Text(t, c, "peers.bans.problem"))
	problem = ""
	kittest.Tap(t, c, "peers.unban.10.0.0.3")
	require.Equal(t, []string{"ban b:2", "ban b:2", "unban 10.0.0.3", "unban 10.0.0.3"}, asked)
	require.False(t, kittest.Has(t, c, "peers.unban.10.0.0.3"))
	state.Bans = nil
	s.Update(state)
	require.False(t, kittest.Has(t, c, "peers.bans"))
}

// TestPictures draws the screen in both themes and in a small window.
func TestPictures(t *testing.T) {
	for name, mode := range map[string]kit.Mode{"light": kit.Light, "dark": kit.Dark} {
		s, c := showIn(t, mode, 948, 712)
		s.Update(synced())
		kittest.Shot(t, c, "peers-"+name)
		kittest.Tap(t, c, "peers.row.a:1")
		kittest.Shot(t, c, "peers-look-"+name)
	}
	s, c := show(t, 640, 552)
	s.Update(synced())
	kittest.Shot(t, c, "peers-small")
	kittest.Tap(t, c, "peers.view.1")
	kittest.Shot(t, c, "peers-sync-small")
	kittest.Tap(t, c, "peers.add")
	kittest.Shot(t, c, "peers-add-small")
}

// What is known of the connection is shown in full also where there is little
// room: beside a short fact a long one has more than half of it.
func TestFactsAreWhole(t *testing.T) {
	for _, width := range []float32{640, 900, 948} {
		s, c := show(t, width, 552)
		for _, facts := range [][2]string{{"seen at once", "12.3 MB · 14 payments"}, {"seen in a block", "123 MB · 14 000 payments"}, {"1 h 40 min ago · 1 in 22 000", "right"}} {
			state := synced()
			state.Health.Facts[6].Value.Words, state.Health.Facts[7].Value.Words = facts[0], facts[1]
			s.Update(state)
			for i := range state.Health.Facts {
				value := kittest.Get[*kit.Text](t, c, "peers.fact."+strconv.Itoa(i))
				require.GreaterOrEqual(t, value.Size().Width, value.Whole().Width, "%s at %v", value.Text(), width)
			}
		}
	}
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
	for _, view := range []string{"peers.view.0", "peers.view.1"} {
		kittest.Tap(t, c, view)
		least := s.Content().MinSize()
		require.LessOrEqual(t, least.Width, float32(640))
		require.LessOrEqual(t, least.Height, float32(552))
		seen := len(kittest.Rows(t, c, "peers.row."))
		require.Greater(t, seen, 3)
		require.Less(t, seen, len(state.Rows), "what is not seen has no widgets")
	}
}

// Who came to us has a mark of its own, which the legend explains as long as
// there is one.
func TestTheLegend(t *testing.T) {
	s, c := show(t, 640, 552)
	state := synced()
	s.Update(state)
	require.Contains(t, kittest.Words(t, c), "others\ncame to you\n")
	state.Star, state.More = state.Star[:2], "and 3 more"
	s.Update(state)
	require.NotContains(t, kittest.Words(t, c), "others\ncame to you\n")
	require.Contains(t, kittest.Words(t, c), "and 3 more")
}
