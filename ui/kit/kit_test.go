package kit_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"github.com/stretchr/testify/require"

	"thistle/ui/kit"
	"thistle/ui/kit/kittest"
)

// Everything that is pressed is pressed by pointer, Enter and Space; not while it
// is disabled; says its name; and Tab comes to it.
func TestWhatIsPressed(t *testing.T) {
	kittest.App(t, kit.Light)
	type pressed interface {
		fyne.Focusable
		fyne.Accessible
		fyne.CanvasObject
		fyne.Disableable
	}
	count := 0
	fn := func() { count++ }
	row := kit.NewRow("x", kit.NewText(kit.Body, "Rent"), fn)
	row.SetLabel("A name")
	for name, o := range map[string]pressed{
		"primary":   kit.Primary("x", "A name", kit.IconSend, fn),
		"secondary": kit.Secondary("x", "A name", nil, fn),
		"link":      kit.Link("x", "A name", fn).WithIcon(kit.IconPlus),
		"icon":      kit.IconButton("x", kit.IconCopy, "A name", fn),
		"framed":    kit.IconButton("x", kit.IconCopy, "A name", fn).Framed(),
		"row":       row,
		"nav":       kit.NavItem("x", kit.IconHome, "A name", fn),
	} {
		t.Run(name, func(t *testing.T) {
			c := kittest.Window(t, kit.Column(8, kit.NewEntry("before", ""), o, kit.NewEntry("after", ""))).Canvas()
			count = 0
			kittest.Tap(t, c, "x")
			require.Equal(t, 1, count)
			kittest.Focus(t, c, "x")
			kittest.Key(t, c, fyne.KeyReturn)
			kittest.Key(t, c, fyne.KeyEnter)
			kittest.Key(t, c, fyne.KeySpace)
			kittest.Key(t, c, fyne.KeyA)
			require.Equal(t, 4, count)
			require.Equal(t, "A name", o.AccessibilityLabel())
			require.Equal(t, fyne.AccessibleRoleButton, o.AccessibilityRole())
			require.Equal(t, []string{"before", "x", "after"}, kittest.TabOrder(t, c))

			o.Disable()
			require.False(t, kittest.Enabled(t, c, "x"))
			o.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
			require.Equal(t, 4, count)
			require.Equal(t, []string{"before", "after"}, kittest.TabOrder(t, c))
			o.Enable()
			kittest.Tap(t, c, "x")
			require.Equal(t, 5, count)
		})
	}
}

// The focus can be seen: what is drawn differs.
func TestFocusIsVisible(t *testing.T) {
	for _, mode := range []kit.Mode{kit.Light, kit.Dark} {
		kittest.App(t, mode)
		for _, o := range []fyne.CanvasObject{
			kit.Primary("x", "Send", nil, func() {}), kit.Secondary("x", "Back", nil, func() {}),
			kit.Link("x", "All history", func() {}), kit.IconButton("x", kit.IconCopy, "Copy", func() {}),
			kit.NewRow("x", kit.NewText(kit.Body, "Rent"), func() {}), kit.NavItem("x", kit.IconHome, "Overview", func() {}),
			kit.NewEntry("x", ""), kit.NewPassword("x", ""), kit.NewSelect("x", []string{"a"}, nil), kit.NewCheck("x", "Yes", nil),
		} {
			c := kittest.Sized(t, o, 300, 120).Canvas()
			before := c.Capture()
			kittest.Focus(t, c, "x")
			require.NotEqual(t, before, c.Capture(), "%T", o)
		}
		for id, o := range map[string]fyne.CanvasObject{
			"x.b": kit.NewChoices("x", []kit.Choice{{ID: "a", Title: "A"}, {ID: "b", Title: "B"}}, nil),
			"x.1": kit.NewSegments("x", []string{"1M", "All"}, nil),
		} {
			c := kittest.Sized(t, o, 300, 120).Canvas()
			before := c.Capture()
			kittest.Focus(t, c, id)
			require.NotEqual(t, before, c.Capture(), id)
		}
	}
}

func TestPointerIsAHandWhereItPresses(t *testing.T) {
	kittest.App(t, kit.Light)
	l := kit.Link("x", "More", func() {})
	require.Equal(t, desktop.PointerCursor, l.Cursor())
	l.SetEnabled(false)
	require.Equal(t, desktop.DefaultCursor, l.Cursor())
	require.Equal(t, desktop.DefaultCursor, kit.NewRow("x", kit.NewText(kit.Body, ""), nil).Cursor())
}

func TestToolTips(t *testing.T) {
	kittest.App(t, kit.Light)
	b := kit.IconButton("x", kit.IconEye, "Show amounts", nil)
	require.Equal(t, "Show amounts", b.ToolTip())
	b.Set(kit.IconEyeOff, "Hide amounts")
	require.Equal(t, "Hide amounts", b.ToolTip())
	require.Equal(t, "Hide amounts", b.AccessibilityLabel())
}

func TestChoices(t *testing.T) {
	kittest.App(t, kit.Light)
	var heard []string
	ch := kit.NewChoices("fee", []kit.Choice{
		{ID: "slow", Title: "Hours", Text: "~24 blocks", Extra: "0.000 002 96"},
		{ID: "fast", Title: "Next block", Text: "~1 block"},
		{ID: "custom", Title: "Custom", Text: "sat/vB"},
	}, func(id string) { heard = append(heard, id) })
	c := kittest.Window(t, kit.Column(0, ch)).Canvas()

	require.Empty(t, ch.Selected())
	ch.Select("slow")
	require.Empty(t, heard, "the program's choice is no news to it")
	require.Equal(t, "Hours", ch.Text())
	kittest.Tap(t, c, "fee.custom")
	kittest.Tap(t, c, "fee.custom")
	require.Equal(t, []string{"custom"}, heard)
	kittest.Focus(t, c, "fee.custom")
	kittest.Key(t, c, fyne.KeyLeft)
	require.Equal(t, "fee.fast", kittest.Focused(t, c))
	require.Equal(t, "fast", ch.Selected())
	kittest.Key(t, c, fyne.KeyRight)
	kittest.Key(t, c, fyne.KeyRight) // there is none further
	require.Equal(t, []string{"custom", "fast", "custom"}, heard)

	ch.Set([]kit.Choice{{ID: "custom", Title: "Own", Text: "sat/vB"}, {ID: "fast", Title: "Next block", Text: "soon", Extra: "12"}})
	require.False(t, kittest.Has(t, c, "fee.slow"))
	require.Equal(t, "Own", ch.Text())
	require.Equal(t, "Next block\nsoon\n12", kittest.Text(t, c, "fee.fast"))
	ch.SetEnabled(false)
	require.False(t, kittest.Enabled(t, c, "fee.fast"))
}

func TestSegments(t *testing.T) {
	kittest.App(t, kit.Light)
	var heard []int
	s := kit.NewSegments("span", []string{"1M", "6M", "All"}, func(i int) { heard = append(heard, i) })
	c := kittest.Window(t, kit.Row(0, s)).Canvas()
	require.Equal(t, "1M", s.Text())
	s.SetCurrent(1)
	kittest.Tap(t, c, "span.1")
	require.Empty(t, heard)
	kittest.Tap(t, c, "span.2")
	kittest.Focus(t, c, "span.2")
	kittest.Key(t, c, fyne.KeyLeft)
	kittest.Key(t, c, fyne.KeyLeft)
	kittest.Key(t, c, fyne.KeyLeft)
	require.Equal(t, []int{2, 1, 0}, heard)
	require.Equal(t, 0, s.Current())
}

func TestListShowsOnlyRowsThatAreThere(t *testing.T) {
	kittest.App(t, kit.Light)
	names := []string{"a", "b", "c"}
	tapped := ""
	made := 0
	l := kit.NewList("list", func() int { return len(names) },
		func() *kit.ListRow { made++; return kit.NewRow("", kit.NewText(kit.Body, ""), nil) },
		func(i int, r *kit.ListRow) {
			r.SetID("row." + names[i])
			r.SetTapped(func() { tapped = names[i] })
			r.Content().(*kit.Text).Set(names[i])
			r.SetSelected(i == 1)
		})
	c := kittest.Sized(t, l, 400, 300).Canvas()
	require.Equal(t, []string{"row.a", "row.b", "row.c"}, kittest.Rows(t, c, "row."))
	kittest.Tap(t, c, "row.c")
	require.Equal(t, "c", tapped)
	require.True(t, kittest.Get[*kit.ListRow](t, c, "row.b").Selected())

	names = names[:1]
	l.UpdateItem(2, kit.NewRow("", kit.NewText(kit.Body, ""), nil)) // Fyne asks late sometimes
	l.Refresh()
	require.Equal(t, []string{"row.a"}, kittest.Rows(t, c, "row."))

	names = make([]string, 100_000)
	l.Refresh()
	require.Less(t, len(kittest.Rows(t, c, "row.")), 30)
	require.Less(t, made, 60)
}

func TestCopyReadsBack(t *testing.T) {
	a := kittest.App(t, kit.Light)
	require.True(t, kit.Copy("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"))
	require.Equal(t, "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", a.Clipboard().Content())
}

func TestEntryGivesItsSecretAway(t *testing.T) {
	kittest.App(t, kit.Light)
	left := 0
	e := kit.NewPassword("password", "")
	e.Left = func() { left++ }
	c := kittest.Window(t, kit.Column(0, e, kit.NewEntry("other", ""))).Canvas()
	kittest.Type(t, c, "password", "correct horse")
	require.Equal(t, "correct horse", string(e.Take()))
	require.Empty(t, e.Text)
	kittest.Focus(t, c, "other")
	require.Equal(t, 1, left)
}

func TestFieldsHint(t *testing.T) {
	kittest.App(t, kit.Light)
	f := kit.NewField("Amount", kit.NewEntry("amount", "")).Called("amount.hint")
	c := kittest.Sized(t, kit.Column(0, f, kit.NewText(kit.Body, "below").Called("below")), 240, 400).Canvas()
	require.False(t, kittest.Has(t, c, "amount.hint"))
	y := kittest.Find(t, c, "below").Position().Y
	f.SetHint(kit.Bad, "This is more than the wallet holds, by 0.003 000 00 BTC and the fee.")
	require.Equal(t, f.Hint(), kittest.Text(t, c, "amount.hint"))
	require.Greater(t, kittest.Find(t, c, "below").Position().Y, y+25, "it wraps, and what is below moves down")
	f.SetHint(kit.Bad, "")
	require.False(t, kittest.Has(t, c, "amount.hint"))
	kittest.Find(t, c, "amount")
	require.Equal(t, y, kittest.Find(t, c, "below").Position().Y)
}

// TestTakenPasswordsAreHiddenAgain: who comes next types dots.
func TestTakenPasswordsAreHiddenAgain(t *testing.T) {
	kittest.App(t, kit.Light)
	e := kit.NewPassword("x", "")
	c := kittest.Sized(t, e, 300, 60).Canvas()
	kittest.Type(t, c, "x", "secret")
	e.Password = false // as the eye in the field does
	clipboard := fyne.CurrentApp().Clipboard()
	clipboard.SetContent("before")
	e.TypedShortcut(&fyne.ShortcutSelectAll{})
	e.TypedShortcut(&fyne.ShortcutCut{Clipboard: clipboard})
	e.TypedShortcut(&fyne.ShortcutCopy{Clipboard: clipboard})
	require.Equal(t, "before", clipboard.Content())
	require.Equal(t, "secret", string(e.Take()))
	require.True(t, e.Password)
	e.TypedShortcut(&fyne.ShortcutUndo{})
	require.Empty(t, e.Text, "what was taken cannot be brought back")
	plain := kit.NewEntry("y", "")
	plain.SetText("open")
	plain.TypedShortcut(&fyne.ShortcutSelectAll{})
	plain.TypedShortcut(&fyne.ShortcutCopy{Clipboard: clipboard})
	require.Equal(t, "open", clipboard.Content())
	plain.Take()
	require.False(t, plain.Password)
}

// TestTabGoesThroughWhatCanBePressed: from the head down, and past rows that only
// tell something.
func TestTabGoesThroughWhatCanBePressed(t *testing.T) {
	kittest.App(t, kit.Light)
	dead, live := kit.NewRow("dead", kit.NewText(kit.Body, "1"), nil), kit.NewRow("live", kit.NewText(kit.Body, "2"), func() {})
	page := kit.Page(kit.PageHead("History", "", kit.NewEntry("search", "")), kit.Column(0, dead, live))
	c := kittest.Sized(t, page, 500, 300).Canvas()
	require.Equal(t, []string{"search", "live"}, kittest.TabOrder(t, c))
}

func TestEscapeLeavesSaving(t *testing.T) {
	kittest.App(t, kit.Light)
	t.Setenv("HOME", t.TempDir())
	w := kittest.Sized(t, kit.Blank(1, 1), 800, 600)
	left := false
	kit.SaveFile(kit.Host{Window: w}, "proof.txt", nil, func(path string, err error) { left = path == "" && err == nil })
	require.Equal(t, "dialog.path", kittest.Focused(t, w.Canvas()))
	kittest.Key(t, w.Canvas(), fyne.KeyEscape)
	require.True(t, left)
	require.Nil(t, w.Canvas().Overlays().Top())
}
