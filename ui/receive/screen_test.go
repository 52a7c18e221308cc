package receive_test

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"thistle/ui/kit"
	"thistle/ui/kit/kittest"
	"thistle/ui/present"
	"thistle/ui/receive"
)

const address = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"

// bench is the screen with a made-up wallet behind it. While later is set,
// answers wait for answer.
type bench struct {
	t       *testing.T
	c       fyne.Canvas
	s       *receive.Screen
	state   present.ReceiveState
	later   bool
	waiting []func()

	problem   string
	described [][2]string // label, amount
	copied    []string
	clipboard bool
	saved     [][]byte
	nexts     int
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, clipboard: true}
	kittest.App(t, kit.Light)
	w := kittest.Window(t, kit.Blank(1, 1))
	b.c = w.Canvas()
	b.s = receive.New(kit.Host{Window: w}, receive.Actions{
		Next: func(done func(string)) {
			b.nexts++
			b.soon(func() {
				if b.problem == "" {
					b.offer(fmt.Sprintf("bc1qnext%d", b.nexts), "", "")
				}
				done(b.problem)
			})
		},
		Describe: func(label, amount string, done func(string)) {
			b.described = append(b.described, [2]string{label, amount})
			b.soon(func() {
				if b.problem == "" {
					b.offer(b.state.Shown.Address, label, amount)
				}
				done(b.problem)
			})
		},
		Copy:   func(text string) bool { b.copied = append(b.copied, text); return b.clipboard },
		SaveQR: func(png []byte) { b.saved = append(b.saved, png) },
	})
	w.SetContent(kit.WithTips(b.s.Content(), b.c))
	b.draw()
	return b
}

// offer makes an address the shown one. "0.10" is known as "0.1" then.
func (b *bench) offer(address, label, amount string) {
	if amount == "0.10" {
		amount = "0.1"
	}
	b.state.Shown = &present.ReceiveShown{Address: address, Label: label, Amount: amount, URI: "bitcoin:" + address + "?amount=" + amount + "&label=" + label,
		Link: "link " + amount + " " + label, Note: present.Text{Words: "A fresh address.", Tone: present.Muted}}
	b.draw()
}

func (b *bench) soon(f func()) {
	if b.later {
		b.waiting = append(b.waiting, f)
		return
	}
	f()
}

func (b *bench) answer() {
	require.NotEmpty(b.t, b.waiting)
	f := b.waiting[0]
	b.waiting = b.waiting[1:]
	f()
}

func (b *bench) draw()                   { b.s.Update(b.state) }
func (b *bench) types(name, text string) { b.t.Helper(); kittest.Type(b.t, b.c, name, text) }
func (b *bench) taps(name string)        { b.t.Helper(); kittest.Tap(b.t, b.c, name) }
func (b *bench) text(name string) string { b.t.Helper(); return kittest.Text(b.t, b.c, name) }
func (b *bench) qr() string              { b.t.Helper(); return kittest.Get[*kit.QR](b.t, b.c, "receive.qr").Text() }

func offered(t *testing.T) *bench {
	b := newBench(t)
	b.offer(address, "", "")
	return b
}

func TestBeforeAnAddressIsThere(t *testing.T) {
	b := newBench(t)
	for _, id := range []string{"receive.copy", "receive.copy.link", "receive.save", "receive.address.copy"} {
		require.False(t, kittest.Enabled(t, b.c, id), id)
	}
	require.False(t, kittest.Has(t, b.c, "receive.qr"))
	require.False(t, kittest.Has(t, b.c, "receive.address"))
	require.Contains(t, b.text("receive.empty"), "No addresses yet")
	b.types("receive.amount", "1")
	kittest.Key(t, b.c, fyne.KeyReturn)
	require.Empty(t, b.described)
	b.taps("receive.new")
	require.Equal(t, "bc1qnext1", b.text("receive.address"))
	require.True(t, kittest.Enabled(t, b.c, "receive.copy"))
}

func TestCopying(t *testing.T) {
	b := offered(t)
	require.Equal(t, address, b.text("receive.address"), "whole")
	require.Equal(t, "bitcoin:"+address+"?amount=&label=", b.qr())
	b.taps("receive.copy")
	require.Equal(t, "Copied and checked ✓", b.text("receive.result"))
	b.taps("receive.address.copy")
	b.taps("receive.copy.link")
	require.Equal(t, []string{address, address, b.state.Shown.URI}, b.copied)
	require.Equal(t, "Link copied and checked ✓", b.text("receive.result"))
	require.Empty(t, b.described, "there was nothing to take over")
	b.clipboard = false
	b.taps("receive.copy")
	require.Contains(t, b.text("receive.result"), "Do not paste it")
	b.offer("bc1qother", "", "")
	require.Empty(t, b.text("receive.result"), "it was about another address")
}

func TestDescribing(t *testing.T) {
	b := offered(t)
	b.types("receive.amount", "0.10")
	require.Empty(t, b.described, "still typing")
	kittest.Key(t, b.c, fyne.KeyReturn)
	require.Equal(t, [][2]string{{"", "0.10"}}, b.described)
	require.Equal(t, "0.1", b.text("receive.amount"))
	require.Equal(t, "link 0.1 ", b.text("receive.link"))
	require.Contains(t, b.qr(), "amount=0.1&")
	b.types("receive.label", "Rent")
	kittest.Focus(t, b.c, "receive.amount")
	require.Equal(t, [2]string{"Rent", "0.1"}, b.described[1], "the focus went elsewhere")
	b.c.Unfocus()
	require.Len(t, b.described, 2, "nothing new")
	b.types("receive.amount", "2")
	b.taps("receive.save")
	require.Equal(t, [2]string{"Rent", "2"}, b.described[2])
	require.Len(t, b.saved, 1)
	require.Equal(t, "\x89PNG", string(b.saved[0][:4]))
}

// TestLinksSayWhatTheFieldsSay: what is still being taken over is waited for,
// and what cannot be taken over is not copied.
func TestLinksSayWhatTheFieldsSay(t *testing.T) {
	b := offered(t)
	b.later = true
	b.types("receive.amount", "0.2")
	b.taps("receive.copy.link")
	require.Empty(t, b.copied)
	require.Len(t, b.described, 1)
	b.types("receive.amount", "0.3")
	b.answer()
	require.Empty(t, b.copied, "the amount is another by now")
	require.Equal(t, "0.3", b.text("receive.amount"))
	require.Len(t, b.described, 2)
	kittest.Focus(t, b.c, "receive.label")
	require.Len(t, b.described, 2, "that is under way")
	b.answer()
	require.Equal(t, []string{"bitcoin:" + address + "?amount=0.3&label="}, b.copied)

	b.later, b.problem = false, "This is not an amount of bitcoin."
	b.types("receive.amount", "1,5")
	b.taps("receive.copy.link")
	require.Len(t, b.copied, 1)
	require.Equal(t, "This is not an amount of bitcoin.", b.text("receive.problem"))
	b.taps("receive.save")
	require.Empty(t, b.saved)
	require.Equal(t, "1,5", b.text("receive.amount"))
	require.Len(t, b.described, 3, "asked once for the same words")
	b.problem = ""
	b.types("receive.amount", "1.5")
	require.False(t, kittest.Has(t, b.c, "receive.problem"))
	b.taps("receive.copy.link")
	require.Contains(t, b.copied[1], "amount=1.5")
}

func TestNextAddress(t *testing.T) {
	b := offered(t)
	b.types("receive.label", "Rent")
	b.c.Unfocus()
	b.later = true
	b.taps("receive.new")
	require.False(t, kittest.Enabled(t, b.c, "receive.new"))
	kittest.Get[*kit.Button](t, b.c, "receive.new").OnTapped()
	b.answer()
	require.Equal(t, "bc1qnext1", b.text("receive.address"))
	require.Empty(t, b.text("receive.label"), "each address has its own")
	b.later, b.problem = false, "The disk is full."
	b.taps("receive.new")
	require.Equal(t, "The disk is full.", b.text("receive.result"))
	require.Equal(t, "bc1qnext1", b.text("receive.address"))
}

// TestAnswersKeepTheirOrder: an answer about the address that was shown before
// does not touch the one that is shown now.
func TestAnswersKeepTheirOrder(t *testing.T) {
	b := offered(t)
	b.later = true
	b.types("receive.label", "Rent")
	b.taps("receive.new") // the focus leaves the label first
	require.Len(t, b.described, 1)
	require.Zero(t, b.nexts, "one after the other")
	b.taps("receive.copy.link")
	b.answer()
	require.Equal(t, 1, b.nexts)
	b.answer()
	require.Equal(t, "bc1qnext1", b.text("receive.address"))
	require.Empty(t, b.copied)
	require.True(t, kittest.Enabled(t, b.c, "receive.new"))

	b.types("receive.amount", "5")
	b.c.Unfocus()
	require.Len(t, b.described, 2)
	b.offer("bc1qpaid", "", "5") // the wallet moved on by itself
	b.problem = "The disk is full."
	b.answer()
	require.False(t, kittest.Has(t, b.c, "receive.problem"))
}

func TestNewsLeaveTypingAlone(t *testing.T) {
	b := offered(t)
	b.types("receive.amount", "123")
	e := kittest.Get[*kit.Entry](t, b.c, "receive.amount")
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
	for i := range 3 {
		b.state.Rows = append(b.state.Rows, present.ReceiveRow{Address: fmt.Sprint(i)})
		b.offer(address, "", "")
	}
	require.Equal(t, "receive.amount", kittest.Focused(t, b.c))
	require.Equal(t, 2, e.CursorColumn)
	require.Equal(t, "123", b.text("receive.amount"))
}

func TestUnitsAreRewritten(t *testing.T) {
	b := offered(t)
	b.types("receive.amount", "0.5")
	b.state.Unit = present.UnitMilli
	b.draw()
	require.Equal(t, "500", b.text("receive.amount"), "typed, not taken over yet")
	b.c.Unfocus()
	require.Equal(t, [][2]string{{"", "500"}}, b.described)
	b.state.Unit = present.UnitBTC
	b.offer(address, "", "0.5")
	require.Equal(t, "0.5", b.text("receive.amount"))
	b.c.Unfocus()
	require.Len(t, b.described, 1)
}

func TestListAndWarnings(t *testing.T) {
	b := offered(t)
	for i := range 100 {
		b.state.Rows = append(b.state.Rows, present.ReceiveRow{Address: fmt.Sprint("a", i), Short: "short", Label: "Coffee", State: present.Text{Words: "Arriving", Tone: present.Warn}, Received: "1"})
	}
	b.state.Shown.Warning = "More than 20 addresses wait."
	b.state.Shown.Note = present.Text{Words: "This address has been paid.", Tone: present.Warn}
	b.draw()
	rows := kittest.Rows(t, b.c, "receive.row.")
	require.Equal(t, "receive.row.a0", rows[0])
	require.Less(t, len(rows), 40, "only what is seen")
	require.Equal(t, "short\nCoffee\nArriving\n1", b.text("receive.row.a0"))
	require.False(t, kittest.Has(t, b.c, "receive.empty"))
	require.Equal(t, "More than 20 addresses wait.", b.text("receive.warning"))
	require.Equal(t, "This address has been paid.", b.text("receive.note"))
	b.state.Rows = nil
	b.state.Shown.Warning = ""
	b.draw()
	require.Empty(t, kittest.Rows(t, b.c, "receive.row."))
	require.False(t, kittest.Has(t, b.c, "receive.warning"))
}

// TestRoom: at the least size everything can be reached.
func TestRoom(t *testing.T) {
	b := offered(t)
	b.state.Rows = []present.ReceiveRow{{Address: "a"}}
	b.state.Shown.Warning = "More than 20 addresses before this one wait for a payment, and more words still."
	b.draw()
	require.LessOrEqual(t, b.s.Content().MinSize().Width, float32(640))
	b.c = kittest.Sized(t, b.s.Content(), 640, 500).Canvas()
	for _, id := range []string{"receive.copy", "receive.copy.link", "receive.save", "receive.new"} {
		b.taps(id)
	}
	b.types("receive.amount", "1")
	require.NotEmpty(t, kittest.IDs(t, b.c, "receive.row."))
}
