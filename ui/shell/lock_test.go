package shell_test

import (
	"testing"
	"time"

	"thistle/ui/kit"
	"thistle/ui/kit/kittest"
	"thistle/ui/shell"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/require"
)

// objects are all that the window holds, visible or not.
func (d *desk) objects() []fyne.CanvasObject {
	d.t.Helper()
	all := test.LaidOutObjects(d.c.Content())
	for _, o := range d.c.Overlays().List() {
		all = append(all, test.LaidOutObjects(o)...)
	}
	return all
}

// TestLockingLeavesNothing looks for what was on the screens in all that the
// window holds afterwards.
func TestLockingLeavesNothing(t *testing.T) {
	d := sit(t, t.TempDir(), network(t, 2))
	d.creates("Savings")
	d.taps("demo.pay")
	d.reads("overview.arriving", "arriving")
	d.taps("nav.receive")
	d.sees("receive.address")
	address := d.text("receive.address")
	d.types("receive.label", "Workshop deposit")
	d.taps("nav.send")
	d.types("send.to", "bcrt1qsomebody")
	require.NotEmpty(t, address)

	d.menu("Help", "About Thistle") // a dialog must not stay either
	before := len(d.objects())
	d.s.Lock()
	d.sees("lock.password")
	require.Empty(t, d.c.Overlays().List())
	require.Less(t, len(d.objects()), before)
	for _, o := range d.objects() {
		words := ""
		switch o := o.(type) {
		case interface{ Text() string }:
			words = o.Text()
		case *kit.Entry:
			words = o.Text
		case *canvas.Text:
			words = o.Text
		}
		for _, secret := range []string{"0.025", "bcrt1", address, "Workshop", "somebody"} {
			require.NotContains(t, plain(words), secret)
		}
	}
	d.menu("View", "Send") // shortcuts are dead while locked
	require.False(t, kittest.Has(t, d.c, "send.to"))

	d.types("lock.password", password)
	d.taps("lock.unlock")
	d.sees("overview.balance")
	d.menu("View", "Send")
	require.Empty(t, d.text("send.to"))
}

func TestShortcutsSleepUnderDialogs(t *testing.T) {
	d := sit(t, t.TempDir(), network(t, 1))
	d.creates("Savings")
	d.menu("Help", "About Thistle")
	d.menu("View", "Peers")
	d.menu("Wallet", "Lock")
	d.sees("overview.balance")
	d.taps("dialog.ok")
	d.menu("View", "Peers")
	d.sees("peers.add") // in whichever view the screen begins
}

// points moves the pointer as the toolkit does: every object below it is asked
// for its cursor.
func (d *desk) points(p fyne.Position) {
	d.t.Helper()
	var visit func(o fyne.CanvasObject, at fyne.Position)
	visit = func(o fyne.CanvasObject, at fyne.Position) {
		at = at.Add(o.Position())
		s := o.Size()
		if !o.Visible() || p.X < at.X || p.Y < at.Y || p.X >= at.X+s.Width || p.Y >= at.Y+s.Height {
			return
		}
		if c, ok := o.(desktop.Cursorable); ok {
			c.Cursor()
		}
		switch o := o.(type) {
		case *fyne.Container:
			for _, child := range o.Objects {
				visit(child, at)
			}
		case fyne.Widget:
			for _, child := range test.WidgetRenderer(o).Objects() {
				visit(child, at)
			}
		}
	}
	visit(d.c.Content(), fyne.Position{})
}

// looks waits until the window looks at its clock.
func (d *desk) looks() {
	d.t.Helper()
	begun := false
	go func() {
		d.tick <- time.Time{}
		d.q.put(func() { begun = true })
	}()
	d.until("the window looks at its clock", func() bool { return begun })
}

func TestIdleLock(t *testing.T) {
	now := &clock{now: time.Now()}
	d := sit(t, t.TempDir(), network(t, 1), func(o *shell.Options) { o.Now = now.Now })
	d.creates("Savings")
	d.taps("nav.send")
	d.types("send.label", "R")
	// passes lets time go by, and the window look at its clock. That the second
	// look begins shows that the first is over.
	passes := func(by time.Duration) {
		now.add(by)
		d.looks()
		d.looks()
	}
	open := func() bool { return kittest.Has(t, d.c, "rail.lock") }

	passes(9 * time.Minute)
	require.True(t, open())
	kittest.Key(t, d.c, fyne.KeyLeft) // somebody is at the keyboard
	passes(9 * time.Minute)
	require.True(t, open())
	d.points(fyne.NewPos(600, 300)) // and at the pointer
	passes(9 * time.Minute)
	require.True(t, open())
	passes(90 * time.Second)
	d.sees("lock.password")
}

// TestLeavingWhileUnlocking must not leave a wallet open that nobody sees.
func TestLeavingWhileUnlocking(t *testing.T) {
	d := sit(t, t.TempDir(), network(t, 1))
	d.creates("Savings")
	d.s.Lock()
	d.types("lock.password", password)
	kittest.Tap(t, d.c, "lock.unlock")
	d.menu("Wallet", "New wallet…")
	d.taps("onboard.leave")
	d.sees("lock.password")
	d.until("the wallet is closed", d.s.Locked)
	d.types("lock.password", password)
	d.taps("lock.unlock")
	d.sees("overview.balance")
}
