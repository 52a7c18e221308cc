package kittest_test

import (
	"fmt"
	"runtime"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/require"

	"thistle/ui/kit"
	"thistle/ui/kit/kittest"
)

// recorder stands for a test that is expected to fail.
type recorder struct {
	testing.TB
	failed string
}

func (r *recorder) Helper()                      {}
func (r *recorder) Errorf(f string, args ...any) { r.failed += fmt.Sprintf(f, args...) }
func (r *recorder) FailNow()                     { runtime.Goexit() }

// failure is how do fails, empty if it does not.
func failure(t *testing.T, do func(testing.TB)) string {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() { // FailNow ends the goroutine it is called on
		defer close(done)
		do(r)
	}()
	<-done
	return r.failed
}

func TestTapFailsWhereAPersonWould(t *testing.T) {
	kittest.App(t, kit.Light)
	tapped := ""
	button := func(id string) *kit.Button { return kit.Primary(id, id, nil, func() { tapped = id }) }
	hidden, off, below, cover := button("hidden"), button("off"), button("below"), button("cover")
	hidden.Hide()
	off.Disable()
	inHidden := container.NewVBox(button("in.hidden"))
	inHidden.Hide()
	flat := container.NewWithoutLayout(button("flat"))
	c := kittest.Window(t, container.NewVBox(
		button("fine"), hidden, off, inHidden, container.NewStack(below, cover), flat,
		button("twin"), button("twin"), kit.NewText(kit.Body, "words").Called("words"),
	)).Canvas()

	require.Empty(t, failure(t, func(t testing.TB) { kittest.Tap(t, c, "fine") }))
	require.Equal(t, "fine", tapped)
	for id, why := range map[string]string{
		"hidden": "not shown", "in.hidden": "not shown", "no such": "not shown", "off": "disabled", "below": `covered by a *kit.Button "cover"`,
		"flat": "no size", "twin": "more than once", "words": "gets no press",
	} {
		require.Contains(t, failure(t, func(t testing.TB) { kittest.Tap(t, c, id) }), why, id)
	}
	require.Contains(t, failure(t, func(t testing.TB) { kittest.Type(t, c, "words", "x") }), "takes no keys")
	require.Contains(t, failure(t, func(t testing.TB) { kittest.Type(t, c, "off", "x") }), "disabled")
	require.Contains(t, failure(t, func(t testing.TB) { kittest.Get[*kit.Entry](t, c, "fine") }), "*kit.Button")
	require.Equal(t, "fine", tapped)

	p := widget.NewModalPopUp(button("above"), c)
	p.Show()
	require.NotEmpty(t, failure(t, func(t testing.TB) { kittest.Tap(t, c, "fine") }))
	require.Contains(t, failure(t, func(t testing.TB) { kittest.Focus(t, c, "fine") }), "below a dialog")
	kittest.Tap(t, c, "above")
	require.Equal(t, "above", tapped)
	p.Hide()
	kittest.Tap(t, c, "fine")
}

func TestTapScrolls(t *testing.T) {
	kittest.App(t, kit.Light)
	tapped := -1
	box := container.NewVBox()
	for i := range 60 {
		box.Add(kit.Secondary(fmt.Sprintf("b.%d", i), "Press", nil, func() { tapped = i }))
	}
	inner := container.NewVScroll(box)
	c := kittest.Sized(t, container.NewVScroll(container.NewVBox(kit.Blank(10, 900), container.NewGridWrap(fyne.NewSize(200, 300), inner))), 300, 200).Canvas()
	for _, i := range []int{59, 0, 30} {
		kittest.Tap(t, c, fmt.Sprintf("b.%d", i))
		require.Equal(t, i, tapped)
	}
}

func TestTypeReplaces(t *testing.T) {
	kittest.App(t, kit.Light)
	e := kit.NewEntry("amount", "0.00")
	var heard []string
	c := kittest.Window(t, container.NewVBox(e, kit.NewPassword("password", ""))).Canvas()
	kittest.Type(t, c, "amount", "0.5")
	require.Equal(t, "0.5", kittest.Text(t, c, "amount"))
	e.OnChanged = func(s string) { heard = append(heard, s) }
	kittest.Type(t, c, "amount", "12")
	require.Equal(t, "12", e.Text)
	require.Equal(t, []string{"", "1", "12"}, heard)
	require.Equal(t, "amount", kittest.Focused(t, c))
	kittest.Type(t, c, "password", "secret")
	kittest.Type(t, c, "password", "other")
	require.Equal(t, "other", kittest.Text(t, c, "password"))
	require.NotContains(t, kittest.Words(t, c), "other", "nobody can read it")
	require.Equal(t, []string{"amount", "password"}, kittest.TabOrder(t, c))
}

func TestWords(t *testing.T) {
	kittest.App(t, kit.Light)
	amount := kit.NewAmount("amount", kit.Figure)
	amount.Set("+1", "BTC", kit.Good)
	row := kit.NewRow("row", kit.Row(8, kit.NewText(kit.Body, "Rent"), amount), nil)
	sel := kit.NewSelect("unit", []string{"BTC", "sat"}, nil)
	check := kit.NewCheck("check", "Later", nil)
	gone := kit.NewText(kit.Body, "gone")
	gone.Hide()
	c := kittest.Window(t, container.NewVBox(row, sel, check, gone, kit.Link("link", "More", nil), widget.NewLabel("Fyne's"))).Canvas()
	require.Equal(t, "Rent\n+1 BTC", kittest.Text(t, c, "row"))
	kittest.Choose(t, c, "unit", "sat")
	require.Equal(t, "Rent\n+1 BTC\nsat\nLater\nMore\nFyne's", kittest.Words(t, c))
	require.Equal(t, []string{"row", "amount", "unit", "check", "link"}, kittest.IDs(t, c, ""))
	require.Equal(t, []string{"row"}, kittest.Rows(t, c, "row"))
	require.NotEmpty(t, failure(t, func(t testing.TB) { kittest.Choose(t, c, "unit", "no such") }))
}
