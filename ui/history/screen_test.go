package history_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"

	"thistle/app"
	"thistle/app/units"
	"thistle/ui/history"
	"thistle/ui/kit"
	"thistle/ui/kit/kittest"
	"thistle/ui/present"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// answer is a question for details that waits.
type answer struct {
	txid string
	done func(*present.Payment, string)
}

// stage is a screen in a window, with a diary of what it asked for.
type stage struct {
	*history.Screen
	c       fyne.Canvas
	asked   []string
	waiting []answer
	copied  bool // what copying says
	refuse  string
}

func open(t *testing.T, width, height float32) *stage {
	t.Helper()
	kittest.App(t, kit.Light)
	s := &stage{copied: true}
	var window fyne.Window
	host := kit.Host{Window: fyne.CurrentApp().NewWindow("")}
	s.Screen = history.New(host, history.Actions{
		Details: func(id string, done func(*present.Payment, string)) { s.waiting = append(s.waiting, answer{id, done}) },
		Label: func(id, text string, done func(string)) {
			s.asked = append(s.asked, "label "+id[:4]+" "+text)
			done(s.refuse)
		},
		ExportProof: func(id string) { s.asked = append(s.asked, "export "+id[:4]) },
		Copy:        func(text string) bool { s.asked = append(s.asked, "copy "+text); return s.copied },
		Receive:     func() { s.asked = append(s.asked, "receive") },
	})
	window = host.Window
	window.SetContent(s.Content())
	window.SetPadded(false)
	window.Resize(fyne.NewSize(width, height))
	t.Cleanup(window.Close)
	s.c = window.Canvas()
	return s
}

func id(i int) chainhash.Hash {
	return chainhash.Hash{29: byte(i >> 16), 30: byte(i >> 8), 31: byte(i)}
}

func row(i int) string { return "history.row." + id(i).String() }

// snapshot has payments numbered from the oldest, 1, to the newest.
func snapshot(payments int) present.Snapshot {
	s := present.Snapshot{Now: noon, Progress: app.Progress{Height: 9, TipTime: noon, Current: true}, Balance: app.Balance{Height: 9, Final: true}}
	for i := payments; i > 0; i-- {
		s.History = append(s.History, app.HistoryEntry{
			TxID: id(i), Time: noon.AddDate(0, 0, i-payments), Amount: units.Amount(i), State: app.StateConfirmed, Confirmations: 9,
			Label: fmt.Sprint("payment ", i), Proved: true,
		})
	}
	return s
}

func (s *stage) draw(sn present.Snapshot) { s.Update(present.HistoryOf(sn, present.Filter{})) }

// reply answers the oldest question, as package present would.
func (s *stage) reply(change func(*present.Payment)) {
	a := s.waiting[0]
	s.waiting = s.waiting[1:]
	d := &present.Payment{
		TxID: a.txid, Title: "Received", Label: "label of " + a.txid[:4], State: present.Text{Words: "Confirmed", Tone: present.Muted},
		Amount: present.Text{Words: "+1", Tone: present.Good}, Unit: "sat", Fee: "1 sat", Mined: "block 7", Raw: "00" + a.txid,
		Proof: &present.Proof{
			Header: present.Node{Caption: "block header 7", Hash: "aa", Path: true}, Work: "2 blocks of work on top",
			Root: present.Node{Caption: "Merkle root", Hash: "bb", Path: true}, Links: "12 hashes link the payment to the block",
			Levels: []present.Level{
				{Left: present.Node{Hash: "cc"}, Right: present.Node{Hash: "dd", Path: true}},
				{Left: present.Node{Hash: "ee", Path: true, Caption: "this payment"}, Right: present.Node{Hash: "ff"}, LeftOut: 10},
			},
		},
	}
	if change != nil {
		change(d)
	}
	a.done(d, "")
}

func TestListAndSearch(t *testing.T) {
	s := open(t, 920, 712)
	s.draw(snapshot(12))
	require.Equal(t, []string{row(12), row(11), row(10)}, kittest.Rows(t, s.c, "history.row.")[:3], "the newest is on top")
	require.Equal(t, "Today, payment 12, Confirmed, +0.000 000 12", strings.ReplaceAll(kittest.Text(t, s.c, row(12)), "\u202f", " "))

	kittest.Type(t, s.c, "history.search", "payment 1")
	require.Equal(t, []string{row(12), row(11), row(10), row(1)}, kittest.Rows(t, s.c, "history.row."))
	s.draw(snapshot(13))
	require.Equal(t, []string{row(13), row(12), row(11), row(10), row(1)}, kittest.Rows(t, s.c, "history.row."), "an update searches on")
	require.Equal(t, "history.search", kittest.Focused(t, s.c))
	require.Equal(t, "payment 1", kittest.Text(t, s.c, "history.search"))

	kittest.Choose(t, s.c, "history.show", "Sent")
	require.Empty(t, kittest.Rows(t, s.c, "history.row."))
	require.True(t, kittest.Has(t, s.c, "history.none"))
	kittest.Choose(t, s.c, "history.show", "All types")
	kittest.Type(t, s.c, "history.search", "")
	require.Len(t, kittest.Rows(t, s.c, "history.row."), 13)
	require.False(t, kittest.Has(t, s.c, "history.none"))
}

func TestDetails(t *testing.T) {
	s := open(t, 920, 712)
	s.draw(snapshot(3))
	require.False(t, kittest.Has(t, s.c, "history.state"), "nothing is chosen")
	kittest.Tap(t, s.c, row(2))
	require.Equal(t, id(2).String(), kittest.Text(t, s.c, "history.txid"), "the id is shown whole, and at once")
	require.False(t, kittest.Enabled(t, s.c, "history.export"), "the answer is not there")
	s.reply(nil)
	for name, want := range map[string]string{
		"history.label": "label of 0200", "history.state": "Confirmed", "history.amount": "+1 sat", "history.fee": "1 sat", "history.mined": "block 7",
		"history.proof": "Proved by this computer", "history.work": "2 blocks of work on top", "history.links": "12 hashes link the payment to the block",
		"history.node.ee": "this payment\n",
	} {
		require.Equal(t, want, kittest.Text(t, s.c, name), name)
	}
	require.Contains(t, kittest.Words(t, s.c), "10 more levels")
	require.False(t, kittest.Has(t, s.c, "history.noproof"))
	require.False(t, kittest.Has(t, s.c, "history.when"))
	kittest.Tap(t, s.c, "history.export")
	kittest.Tap(t, s.c, "history.txid.copy")
	require.Equal(t, []string{"export 0200", "copy " + id(2).String()}, s.asked)
	require.Equal(t, "The transaction id is on the clipboard.", kittest.Text(t, s.c, "history.said"))
	s.copied = false
	kittest.Tap(t, s.c, "history.raw")
	require.Contains(t, kittest.Text(t, s.c, "history.said"), "do not paste")
	require.Equal(t, "copy 00"+id(2).String(), s.asked[2])
}

func TestUnconfirmedDetails(t *testing.T) {
	s := open(t, 920, 712)
	s.draw(snapshot(2))
	s.Select(id(1).String())
	s.reply(func(d *present.Payment) {
		d.Proof, d.NoProof, d.Mined, d.When, d.Fee = nil, "There is no proof yet.", "", "today", ""
		d.Explain, d.Delivery = present.Text{Words: "Explained."}, present.Text{Words: "Not sent yet."}
		d.Winner = id(2).String()
		d.Recipients = []present.PaymentLine{{Address: "bc1qsomebody", Amount: "5 sat", Note: "paid to"}, {Amount: "7 sat", Note: "back to you", Change: true}}
	})
	for name, want := range map[string]string{
		"history.noproof": "There is no proof yet.", "history.when": "today", "history.explain": "Explained.", "history.delivery": "Not sent yet.",
	} {
		require.Equal(t, want, kittest.Text(t, s.c, name), name)
	}
	for _, name := range []string{"history.proof", "history.mined", "history.fee", "history.work"} {
		require.False(t, kittest.Has(t, s.c, name), name)
	}
	require.False(t, kittest.Enabled(t, s.c, "history.export"))
	words := kittest.Words(t, s.c)
	for _, want := range []string{"bc1qsomebody", "5 sat", "paid to", "back to you", "no address stands for this output"} {
		require.Contains(t, words, want)
	}
	kittest.Tap(t, s.c, "history.winner")
	require.Equal(t, id(2).String(), kittest.Text(t, s.c, "history.txid"))
	require.NotContains(t, kittest.Words(t, s.c), "bc1qsomebody", "that was the other payment's")
}

// TestLateAnswers: only those about the chosen payment count.
func TestLateAnswers(t *testing.T) {
	s := open(t, 920, 712)
	s.draw(snapshot(3))
	s.Select(id(1).String())
	s.Select(id(2).String())
	s.reply(func(d *present.Payment) { d.Fee = "of the first" })
	require.NotContains(t, kittest.Words(t, s.c), "of the first")
	s.reply(func(d *present.Payment) { d.Fee = "of the second" })
	require.Equal(t, "of the second", kittest.Text(t, s.c, "history.fee"))
	s.Select(id(3).String())
	s.waiting[0].done(nil, "The wallet is locked.")
	require.Equal(t, "The wallet is locked.", kittest.Text(t, s.c, "history.problem"))
}

// TestDetailsFollow: they are asked for again when they may have changed, and
// never twice at a time.
func TestDetailsFollow(t *testing.T) {
	s := open(t, 920, 712)
	s.draw(snapshot(3))
	s.Select(id(2).String())
	s.reply(nil)
	s.draw(snapshot(4))
	require.Empty(t, s.waiting, "nothing happened to it")
	for n := range int32(3) {
		sn := snapshot(4)
		sn.History[2].Confirmations = 10 + n
		s.draw(sn)
	}
	require.Len(t, s.waiting, 1)
	s.reply(nil)
	require.Len(t, s.waiting, 1, "what came in the meantime is asked for afterwards")
	s.reply(func(d *present.Payment) { d.State.Words = "deeper" })
	require.Equal(t, "deeper", kittest.Text(t, s.c, "history.state"))
	require.Empty(t, s.waiting)
}

func TestChoiceSurvives(t *testing.T) {
	s := open(t, 920, 712)
	s.draw(snapshot(3))
	kittest.Tap(t, s.c, row(2))
	s.reply(nil)
	s.draw(snapshot(5))
	require.True(t, selected(t, s, 2), "by its id, not by its place")
	require.False(t, selected(t, s, 4))
	kittest.Type(t, s.c, "history.search", "payment 5")
	require.Equal(t, id(2).String(), kittest.Text(t, s.c, "history.txid"), "its details stay open")
	s.Select(id(3).String())
	require.True(t, selected(t, s, 3), "a search that hides it ends")
	require.Empty(t, kittest.Text(t, s.c, "history.search"))
}

func selected(t *testing.T, s *stage, i int) bool {
	t.Helper()
	return kittest.Get[interface {
		fyne.CanvasObject
		Selected() bool
	}](t, s.c, row(i)).Selected()
}

func TestKeyboard(t *testing.T) {
	s := open(t, 920, 712)
	s.draw(snapshot(100))
	kittest.Focus(t, s.c, "history.list")
	for _, c := range []struct {
		key  fyne.KeyName
		want int
	}{
		{fyne.KeyDown, 100}, {fyne.KeyDown, 99}, {fyne.KeyUp, 100}, {fyne.KeyUp, 100}, {fyne.KeyEnd, 1}, {fyne.KeyDown, 1},
		{fyne.KeyHome, 100}, {fyne.KeyA, 100},
	} {
		kittest.Key(t, s.c, c.key)
		require.True(t, selected(t, s, c.want), "%s leads to %d, and there it is in sight", c.key, c.want)
	}
	kittest.Key(t, s.c, fyne.KeyPageDown)
	require.False(t, selected(t, s, 100))
	kittest.Key(t, s.c, fyne.KeyPageUp)
	require.True(t, selected(t, s, 100))
	kittest.Tap(t, s.c, row(98))
	require.Equal(t, "history.list", kittest.Focused(t, s.c), "the arrow keys go on from what was pressed")
	order := kittest.TabOrder(t, s.c)
	require.Less(t, len(order), 12, "rows are no stops of their own: %v", order)
}

func TestLabels(t *testing.T) {
	s := open(t, 920, 712)
	s.draw(snapshot(3))
	s.Select(id(2).String())
	s.reply(nil)
	kittest.Type(t, s.c, "history.label", "Rent")
	s.draw(changed(2, 11))
	s.reply(nil)
	require.Equal(t, "Rent", kittest.Text(t, s.c, "history.label"), "an update does not overwrite what is being typed")
	kittest.Key(t, s.c, fyne.KeyReturn)
	require.Equal(t, []string{"label 0200 Rent"}, s.asked)
	s.draw(changed(2, 12))
	s.reply(func(d *present.Payment) { d.Label = "Rent" })
	s.draw(changed(2, 13))
	s.reply(func(d *present.Payment) { d.Label = "changed elsewhere" })
	require.Equal(t, "changed elsewhere", kittest.Text(t, s.c, "history.label"))

	kittest.Type(t, s.c, "history.label", "Hosting")
	kittest.Tap(t, s.c, row(1))
	require.Equal(t, []string{"label 0200 Rent", "label 0200 Hosting"}, s.asked, "going elsewhere keeps it, once")
	s.reply(nil)

	s.refuse = "The disk is full."
	kittest.Type(t, s.c, "history.label", "Food")
	s.Hidden()
	require.Equal(t, "The disk is full.", kittest.Text(t, s.c, "history.problem"))
	require.Equal(t, "Food", kittest.Text(t, s.c, "history.label"))
	s.refuse = ""
	s.Hidden()
	require.Len(t, s.asked, 4, "and can be tried again")
}

// changed is a history of three in which one has got deeper.
func changed(i int, confirmations int32) present.Snapshot {
	sn := snapshot(3)
	sn.History[3-i].Confirmations = confirmations
	return sn
}

func TestEmptyTeaches(t *testing.T) {
	s := open(t, 920, 712)
	s.draw(snapshot(0))
	require.Equal(t, "No payments yet. Share an address to receive your first.", kittest.Text(t, s.c, "history.empty"))
	kittest.Tap(t, s.c, "history.receive")
	require.Equal(t, []string{"receive"}, s.asked)
	s.Shown()
	s.draw(snapshot(1))
	require.False(t, kittest.Has(t, s.c, "history.empty"))
	s.Shown()
	require.True(t, selected(t, s, 1), "the newest is opened")
}

// TestPlaceIsKept: rows that arrive above do not push away what is read.
func TestPlaceIsKept(t *testing.T) {
	s := open(t, 920, 712)
	s.draw(snapshot(200))
	s.Select(id(100).String())
	before := kittest.Rows(t, s.c, "history.row.")
	s.draw(snapshot(203))
	require.Equal(t, before[:10], kittest.Rows(t, s.c, "history.row.")[:10])
}

// TestLongHistories: what is drawn is what is seen.
func TestLongHistories(t *testing.T) {
	s := open(t, 920, 712)
	s.draw(snapshot(100_000))
	require.Less(t, len(kittest.IDs(t, s.c, "history.row.")), 30)
	s.Select(id(1).String())
	require.True(t, selected(t, s, 1))
	kittest.Type(t, s.c, "history.search", "payment 99999")
	require.Equal(t, []string{row(99_999)}, kittest.Rows(t, s.c, "history.row."))
}

func TestSmallWindow(t *testing.T) {
	s := open(t, 640, 552)
	s.draw(snapshot(3))
	s.Select(id(2).String())
	s.reply(nil)
	require.LessOrEqual(t, s.Content().MinSize().Width, float32(640))
	require.LessOrEqual(t, s.Content().MinSize().Height, float32(552))
	kittest.Tap(t, s.c, "history.raw")
	kittest.Tap(t, s.c, "history.export")
	require.Len(t, s.asked, 2)
}
