package present_test

import (
	"strings"
	"testing"
	"time"

	"thistle/app"
	"thistle/ui/present"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
)

func healthy() app.Health {
	return app.Health{
		Outbound: 6, Groups: 6, Networks: 2, Encrypted: 5, FilterPeers: 3, Agreed: 3, TipAge: 4 * time.Minute, Odds: 0.67, ClockPeers: 6,
	}
}

func healthOf(change func(*present.Snapshot, *app.Health)) present.HealthState {
	h := healthy()
	s := present.Snapshot{Network: "mainnet", Health: &h, Progress: app.Progress{Height: 900_000}}
	change(&s, &h)
	return present.HealthOf(s)
}

// TestHealthSentences goes through all conditions: each has a title, one plain
// sentence and, unless nothing can be done, a word on what to do.
func TestHealthSentences(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for c := app.HealthGood; c <= app.HealthOffline; c++ {
		o := healthOf(func(_ *present.Snapshot, h *app.Health) { h.Condition = c; h.TipAge, h.Odds = 100*time.Minute, 4.5e-5 })
		require.NotEmpty(t, o.Title.Words, c)
		require.False(t, seen[o.Words], "%d says the same as another: %s", c, o.Words)
		seen[o.Words] = true
		for _, text := range []string{o.Words, o.Do} {
			require.NotContains(t, text, "%!")
			require.Equal(t, strings.TrimSpace(text), text)
			require.True(t, text == "" || strings.HasSuffix(text, "."), text)
		}
		require.NotContains(t, strings.TrimSuffix(o.Words, "."), ". ", "one sentence")
		require.Equal(t, c == app.HealthGood, o.Title.Tone == present.Good, "%d", c)
		require.Equal(t, c == app.HealthGood || c == app.HealthStarting, o.Do == "", "%d: %s", c, o.Words)
	}
	require.Contains(t, healthOf(func(_ *present.Snapshot, h *app.Health) {
		h.Condition, h.TipAge, h.Odds = app.HealthOld, 100*time.Minute, 4.5e-5
	}).Words, "1 h 40 min; by chance that happens once in 22\u202f000 blocks")
	require.Contains(t, healthOf(func(_ *present.Snapshot, h *app.Health) {
		h.Condition, h.ClockSkew = app.HealthClock, 2*time.Hour
	}).Words, "By the clocks of most peers this computer's is 2 h behind")
	require.Contains(t, healthOf(func(_ *present.Snapshot, h *app.Health) {
		h.Condition, h.ClockSkew = app.HealthClock, -5*time.Minute
	}).Words, "5 min ahead")
	require.Contains(t, healthOf(func(_ *present.Snapshot, h *app.Health) { h.Condition = app.HealthClock }).Words, "from the future")
	require.Contains(t, healthOf(func(_ *present.Snapshot, h *app.Health) { h.Condition = app.HealthEclipse }).Words, "less work")
	require.Contains(t, healthOf(func(s *present.Snapshot, h *app.Health) {
		h.Condition, s.Progress.Stages.Filters.Why = app.HealthUnfiltered, app.WhyFullBlocks
	}).Words, "reads whole blocks, which finds the same payments")
}

// TestHealthAsChosen: what somebody has chosen is no fault, and a proxy that does
// not answer is named.
func TestHealthAsChosen(t *testing.T) {
	t.Parallel()
	own := healthOf(func(s *present.Snapshot, h *app.Health) {
		h.Condition, h.Outbound, h.Groups = app.HealthLone, 1, 1
		s.Peering.Connect = []string{"node:8333"}
	})
	require.Equal(t, present.Good, own.Title.Tone)
	require.Contains(t, own.Words, "one peer alone, as you chose")
	one := healthOf(func(_ *present.Snapshot, h *app.Health) { h.Condition, h.Outbound, h.Groups = app.HealthLone, 1, 1 })
	require.Equal(t, present.Warn, one.Title.Tone)
	require.Contains(t, one.Words, "the word of one peer")
	for silent, words := range map[int]string{1: "only 2 tell", 2: "only one tells", 3: "None of 3 peers tells"} {
		few := healthOf(func(_ *present.Snapshot, h *app.Health) {
			h.Condition, h.Outbound, h.Groups, h.Silent = app.HealthLone, 3, 3, silent
		})
		require.Contains(t, few.Words, words)
	}
	practice := healthOf(func(s *present.Snapshot, h *app.Health) { h.Condition, s.Demo = app.HealthLone, true })
	require.Contains(t, practice.Words, "practice network")
	require.Empty(t, practice.Do)
	proxy := healthOf(func(s *present.Snapshot, h *app.Health) {
		h.Condition = app.HealthOffline
		s.Peering.Proxy = "127.0.0.1:9050"
	})
	require.Contains(t, proxy.Do, "127.0.0.1:9050 is running. Thistle does not go around it.")
	for do, change := range map[string]func(*app.Peering){
		"Through a proxy no DNS seeds are asked":   func(p *app.Peering) { p.Proxy = "127.0.0.1:9050" },
		"DNS seeds are switched off":               func(p *app.Peering) { p.NoDNS = true },
		"DNS seeds have named none, perhaps as th": func(*app.Peering) {},
	} {
		nobody := func(c app.Condition) present.HealthState {
			return healthOf(func(s *present.Snapshot, h *app.Health) {
				h.Condition, h.Outbound, h.Nobody = c, 0, true
				change(&s.Peering)
			})
		}
		o := nobody(app.HealthOffline)
		require.Equal(t, "Nobody to ask", o.Title.Words)
		require.Contains(t, o.Do, do)
		require.Contains(t, o.Do, "add a peer that you know of")
		asks := strings.HasPrefix(do, "DNS seeds have")
		require.Equal(t, asks, nobody(app.HealthStarting).Title.Words == "Looking for peers", "said at once where none can come")
	}
	named := healthOf(func(s *present.Snapshot, h *app.Health) {
		h.Outbound, h.Groups, s.Peering.Connect = 1, 1, []string{"node:8333"}
	})
	two := healthOf(func(s *present.Snapshot, h *app.Health) {
		h.Outbound, s.Peering.Connect = 1, []string{"node:8333", "other:8333"}
	})
	require.Contains(t, two.Words, "through 1 of 2 peers alone", "the other is not there")
	require.Equal(t, "Connected as you chose", named.Title.Words, "well connected is who is to many")
	few := healthOf(func(s *present.Snapshot, h *app.Health) {
		h.Condition = app.HealthFew
		s.Peering.Connect = []string{"node:8333"}
	})
	require.Equal(t, present.Good, few.Title.Tone)
	none := present.HealthOf(present.Snapshot{Stopped: &app.Error{Kind: app.KindPeering, Detail: "no proxy"}})
	require.Equal(t, "Thistle is not running as a peer.", none.Words)
	require.Equal(t, "No proxy.", none.Do)
	require.Empty(t, none.Facts)
}

// TestAlertsOfHistory: what was told before the wallet was closed is told again,
// the newest first; what is in a block, or lost, is not.
func TestAlertsOfHistory(t *testing.T) {
	t.Parallel()
	require.Equal(t, present.Alert{}, present.AlertFrom(nil))
	at := time.Unix(1_750_000_000, 0)
	list := []app.HistoryEntry{
		{TxID: chainhash.Hash{1}, Time: at.Add(time.Hour)},
		{TxID: chainhash.Hash{2}, Time: at, Contested: true},
		{TxID: chainhash.Hash{3}, Time: at.Add(time.Minute), Contested: true, Outgoing: true},
	}
	want := func(id chainhash.Hash, ours bool) {
		told, _ := present.AlertOf(app.DoubleSpend{TxID: id, Ours: ours})
		require.Equal(t, told, present.AlertFrom(list))
		require.True(t, present.Alert{TxID: id.String(), Grave: true}.Ends(present.AlertFrom(list)))
	}
	want(chainhash.Hash{3}, true)
	list[2].Contested = false
	want(chainhash.Hash{2}, false)
}

// TestNotConnectedFacts: what nobody shows is not told as if it were known, and
// the empty list of peers says the same as the sentence above it.
func TestNotConnectedFacts(t *testing.T) {
	t.Parallel()
	of := func(change func(*present.Snapshot)) present.PeersState {
		s := present.Snapshot{Network: "mainnet", Health: &app.Health{Condition: app.HealthOffline}, Progress: app.Progress{Height: 900_000, Running: true}}
		change(&s)
		return present.PeersOf(s)
	}
	var facts []string
	for _, f := range of(func(*present.Snapshot) {}).Health.Facts {
		facts = append(facts, f.Name+": "+f.Value.Words)
	}
	require.Equal(t, []string{"Peers: none found", "Spread: —", "Encrypted: —", "Filters: —"}, facts[:4])
	require.Contains(t, facts, "Payments: not seen now")
	require.Contains(t, of(func(*present.Snapshot) {}).Empty, "this computer may be offline")
	require.Contains(t, of(func(s *present.Snapshot) { s.Peering.Connect = []string{"node:8333"} }).Empty, "None of those that you named answers")
	require.Contains(t, of(func(s *present.Snapshot) { s.Peering.Proxy = "127.0.0.1:9050" }).Empty, "see whether the proxy is running")
	nobody := of(func(s *present.Snapshot) { s.Health.Nobody = true })
	require.Contains(t, nobody.Empty, "Add a peer that you know of")
	require.False(t, nobody.Looking)
	require.True(t, of(func(*present.Snapshot) {}).Looking)
	require.False(t, of(func(s *present.Snapshot) { s.Progress.Running = false }).Looking)
}

// TestWarningsPass: what a warning says of a state is not said any longer than it
// lasts; what has happened stays.
func TestWarningsPass(t *testing.T) {
	t.Parallel()
	for kind, passes := range map[string]bool{"node_stuck": true, "own_node": true, "no_filter_peers": true, "filter_lie": false, "filter_dispute": false, "clock": false} {
		w := app.Warning{Kind: kind}
		require.Equal(t, passes, present.WarningPassed(w, healthy()), kind)
		for _, c := range []app.Condition{app.HealthOffline, app.HealthStarting, app.HealthNodeStuck, app.HealthNodeBypassed} {
			require.False(t, present.WarningPassed(w, app.Health{Condition: c, FilterPeers: 1}), kind)
		}
		require.Equal(t, passes && kind != "no_filter_peers", present.WarningPassed(w, app.Health{Condition: app.HealthUnfiltered}), kind)
	}
}

// TestHealthIsHeardEverywhere: the rail names what is wrong, and what is grave
// stands above every screen.
func TestHealthIsHeardEverywhere(t *testing.T) {
	t.Parallel()
	s := inSync()
	h := healthy()
	s.Health = &h
	require.Equal(t, present.Good, present.RailOf(s).Tone)
	require.Empty(t, present.HealthAlarm(s))
	s.Peering.LowData = true
	require.Contains(t, present.RailOf(s).Note, "low data · ")
	h.Condition = app.HealthFew
	require.Equal(t, "Few peers", present.RailOf(s).Note)
	require.Equal(t, present.Warn, present.RailOf(s).Tone)
	require.Empty(t, present.HealthAlarm(s))
	h.Condition = app.HealthEclipse
	require.Equal(t, present.Bad, present.RailOf(s).Tone)
	require.Contains(t, present.HealthAlarm(s), "keeping the real network from you. Do not rely")
	s.Health = nil
	require.Empty(t, present.HealthAlarm(s))
}

func TestHealthFacts(t *testing.T) {
	t.Parallel()
	fact := func(name string, change func(*present.Snapshot, *app.Health)) present.Text {
		for _, f := range healthOf(change).Facts {
			if f.Name == name {
				return f.Value
			}
		}
		t.Fatal("no fact called " + name)
		return present.Text{}
	}
	as := func(*present.Snapshot, *app.Health) {}
	require.Equal(t, "6 found", fact("Peers", as).Words)
	require.Equal(t, "6 found · 2 came to you", fact("Peers", func(_ *present.Snapshot, h *app.Health) { h.Inbound = 2 }).Words)
	require.Equal(t, "6 parts, of 2 kinds", fact("Spread", as).Words)
	require.Equal(t, present.Text{Words: "1 part", Tone: present.Warn}, fact("Spread", func(_ *present.Snapshot, h *app.Health) { h.Groups, h.Networks = 1, 1 }))
	require.Equal(t, "5 of 6", fact("Encrypted", as).Words)
	require.Equal(t, present.Text{Words: "all 3 agree", Tone: present.Good}, fact("Filters", as))
	require.Equal(t, "disputed at 1 block", fact("Filters", func(_ *present.Snapshot, h *app.Health) { h.Disputed = 1 }).Words)
	require.Equal(t, "4 min ago", fact("Newest block", as).Words)
	require.Equal(t, present.Text{Words: "1 h 10 min ago · 1 in 1\u202f100", Tone: present.Warn},
		fact("Newest block", func(_ *present.Snapshot, h *app.Health) { h.TipAge, h.Odds = 70*time.Minute, 0.00091 }))
	require.Equal(t, present.Text{Words: "1 h 10 min ago", Tone: present.Warn}, fact("Newest block", func(_ *present.Snapshot, h *app.Health) {
		h.Condition, h.TipAge, h.Odds = app.HealthOld, 70*time.Minute, 0.00091
	}), "the sentence above has the odds")
	require.Equal(t, "1 h 10 min ago", fact("Newest block", func(s *present.Snapshot, h *app.Health) {
		s.Network, h.TipAge, h.Odds = "regtest", 70*time.Minute, 0.00091
	}).Words)
	require.Equal(t, present.Text{Words: "right", Tone: present.Good}, fact("Clock", as))
	require.Equal(t, "1 min behind", fact("Clock", func(_ *present.Snapshot, h *app.Health) { h.ClockSkew = time.Minute }).Words)
	require.Equal(t, "seen in a block", fact("Payments", func(s *present.Snapshot, _ *app.Health) { s.Peering.LowData = true }).Words)
	require.Equal(t, "nothing", fact("Shared", as).Words)
	require.Equal(t, "12.3 MB · 1 payment", fact("Shared", func(_ *present.Snapshot, h *app.Health) {
		h.ServedBytes, h.RelayedTxs = 12_345_678, 1
	}).Words)
	require.Equal(t, "nothing yet, at 0.0.0.0:1", fact("Shared", func(s *present.Snapshot, _ *app.Health) { s.Listening.Addr = "0.0.0.0:1" }).Words)
	unheard := func(s *present.Snapshot, _ *app.Health) { s.Listening.Problem = "another program has that port" }
	require.Equal(t, present.Text{Words: "nobody can connect", Tone: present.Warn}, fact("Shared", unheard))
	h := healthy()
	s := present.Snapshot{Health: &h}
	unheard(&s, &h)
	require.Equal(t, "Others cannot connect to you: another program has that port.", present.PeersOf(s).Health.Do)
	require.Equal(t, "999 B", present.Amount(999))
	require.Equal(t, "12 kB", present.Amount(12_999))
}

// TestAlerts: what is grave is not silenced by a payment's getting on.
func TestAlerts(t *testing.T) {
	t.Parallel()
	id := chainhash.Hash{1}
	said := make(map[string]bool)
	for _, e := range []app.DoubleSpend{{TxID: id}, {TxID: id, Ours: true}, {TxID: id, Confirmed: true}, {TxID: id, Ours: true, Confirmed: true}} {
		a, about := present.AlertOf(e)
		require.True(t, about && a.Grave && a.TxID == id.String())
		require.Equal(t, e.Ours, strings.Contains(a.Words, "somebody else has your recovery words"))
		said[a.Words] = true
	}
	require.Len(t, said, 4)
	grave, _ := present.AlertOf(app.DoubleSpend{TxID: id})
	stalled, _ := present.AlertOf(app.Stalled{TxID: id, Why: []app.StallReason{app.StallSilent}})
	require.Equal(t, "A payment of yours is probably not accepted: nobody passes it on. It is kept, and offered again.", stalled.Words)
	for _, c := range []struct {
		event                    app.Event
		endsGrave, endsTheOthers bool
	}{
		{app.Propagated{TxID: id}, false, true},
		{app.Stalled{TxID: id}, false, true},
		{app.TxConfirmed{TxID: id}, true, true},
		{app.TxConfirmed{TxID: chainhash.Hash{2}}, false, false},
		{app.TxChanged{TxID: id, State: app.StateReplaced}, false, true},
		{app.TxChanged{TxID: id, State: app.StateAbandoned}, true, true},
	} {
		a, about := present.AlertOf(c.event)
		require.True(t, about)
		require.Equal(t, c.endsGrave, a.Ends(grave), "%T", c.event)
		require.Equal(t, c.endsTheOthers, a.Ends(stalled), "%T", c.event)
	}
	_, about := present.AlertOf(app.TxChanged{TxID: id, State: app.StateConflicted})
	require.False(t, about, "another event tells of it")
}

// TestTravelWords: how far payments have got, and what spends the same coins.
func TestTravelWords(t *testing.T) {
	t.Parallel()
	one, two := chainhash.Hash{1}, chainhash.Hash{2}
	require.Contains(t, present.Event(app.Propagated{TxID: one, Groups: 3}), "3 parts of the network")
	require.Contains(t, present.Event(app.TxHeard{TxID: one, Groups: 1}), "one part of the network")
	require.Contains(t, present.Event(app.DoubleSpend{TxID: one, Rival: two, Ours: true}), "Coins of yours are being spent twice")
	require.Contains(t, present.Event(app.DoubleSpend{TxID: one, Rival: two, Confirmed: true}), "lost")
	for _, why := range []app.StallReason{
		app.StallNoPeers, app.StallFeeFloor, app.StallFeeLow, app.StallDoubleSpent, app.StallParents, app.StallUnasked, app.StallSilent,
	} {
		require.Greater(t, len(present.StallWords([]app.StallReason{why})), len("Probably not accepted: "), why)
	}
	stalled := present.Event(app.Stalled{TxID: one, Why: []app.StallReason{app.StallFeeLow, app.StallSilent}})
	require.Contains(t, stalled, "Probably not accepted: its fee is lower than some peers pass on; or nobody passes it on")
	require.Contains(t, present.Event(app.Stalled{TxID: one}), "gets on again")
	sent := present.TravelOf(app.Travel{State: app.Acknowledged, Acknowledged: []string{"a:1"}, Stalled: []app.StallReason{app.StallSilent}, Peers: 4}, 0)
	require.Equal(t, present.Warn, sent.Headline.Tone)
	require.Contains(t, sent.Headline.Words, "nobody passes it on. It is kept")
	sent = present.TravelOf(app.Travel{State: app.Echoed, Acknowledged: []string{"a:1"}, Echoed: 2, Groups: 2, Peers: 4}, 0)
	require.Equal(t, "Sent — seen by 3 peers in 2 parts of the network", sent.Headline.Words)

	coming := app.HistoryEntry{Amount: 5, State: app.StatePending, Unverified: true, Groups: 2}
	d := present.PaymentOf(&app.Payment{HistoryEntry: coming}, nil, present.Prefs{}, time.Time{})
	require.Contains(t, d.Explain.Words, "cannot be checked here before that. It was announced in 2 parts")
	coming.Contested = true
	d = present.PaymentOf(&app.Payment{HistoryEntry: coming}, nil, present.Prefs{}, time.Time{})
	require.Equal(t, present.Bad, d.Explain.Tone)
	require.Equal(t, present.Text{Words: "Spent twice · unconfirmed", Tone: present.Bad}, d.State)
	require.Contains(t, present.Event(app.HealthChanged{Health: app.Health{Condition: app.HealthOffline}}), "No peer can be reached. ")
}
