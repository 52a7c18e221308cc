package lock_test

import (
	"testing"
	"time"

	"thistle/ui/kit"
	"thistle/ui/kit/kittest"
	"thistle/ui/lock"
	"thistle/ui/present"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"
)

// fake opens wallets; what it has to say waits for answer.
type fake struct {
	wallets   []string
	passwords []string
	waiting   []func(problem string)
	fresh     int
}

func (f *fake) answer(problem string) {
	waiting := f.waiting
	f.waiting = nil
	for _, done := range waiting {
		done(problem)
	}
}

func open(t *testing.T, state present.LockState) (*fake, *lock.Screen, fyne.Canvas) {
	t.Helper()
	kittest.App(t, kit.Light)
	f := &fake{}
	w := kittest.Sized(t, kit.Blank(1, 1), 900, 600)
	s := lock.New(kit.Host{Window: w}, lock.Actions{
		Unlock: func(wallet string, password []byte, done func(string)) {
			f.wallets, f.passwords = append(f.wallets, wallet), append(f.passwords, string(password))
			clear(password)
			f.waiting = append(f.waiting, done)
		},
		New: func() { f.fresh++ },
	})
	w.SetContent(s.Content())
	s.Update(state)
	s.Shown()
	return f, s, w.Canvas()
}

func one() present.LockState { return present.LockState{Wallets: []string{"Savings"}} }

func TestUnlock(t *testing.T) {
	f, s, c := open(t, one())
	require.Equal(t, "Savings", kittest.Text(t, c, "lock.name"))
	require.False(t, kittest.Has(t, c, "lock.wallet"), "nothing to choose from")
	require.Equal(t, "lock.password", kittest.Focused(t, c))
	kittest.Type(t, c, "lock.password", "correct horse")
	kittest.Tap(t, c, "lock.unlock")
	require.Equal(t, []string{"Savings"}, f.wallets)
	require.Equal(t, []string{"correct horse"}, f.passwords)
	require.Empty(t, kittest.Text(t, c, "lock.password"), "the field keeps no password")
	f.answer("")
	s.Hidden()
	require.Nil(t, c.OnTypedRune())
}

func TestWrongPassword(t *testing.T) {
	f, _, c := open(t, one())
	kittest.Type(t, c, "lock.password", "wrong")
	kittest.Key(t, c, fyne.KeyReturn)
	require.Len(t, f.wallets, 1)
	f.answer("Wrong password.")
	require.Equal(t, "Wrong password.", kittest.Text(t, c, "lock.problem"))
	require.Empty(t, kittest.Text(t, c, "lock.password"))
	require.Equal(t, "lock.password", kittest.Focused(t, c))
	for _, r := range "right" {
		c.Focused().TypedRune(r)
	}
	kittest.Key(t, c, fyne.KeyReturn)
	require.False(t, kittest.Has(t, c, "lock.problem"))
	require.Equal(t, []string{"wrong", "right"}, f.passwords)
}

func TestOpensOnce(t *testing.T) {
	f, _, c := open(t, one())
	kittest.Type(t, c, "lock.password", "x")
	kittest.Tap(t, c, "lock.unlock")
	require.Equal(t, "Opening…", kittest.Text(t, c, "lock.unlock"))
	for _, id := range []string{"lock.unlock", "lock.password", "lock.new"} {
		require.False(t, kittest.Enabled(t, c, id), id)
	}
	if typed := c.OnTypedRune(); typed != nil {
		typed('y')
	}
	f.answer("Wrong password.")
	require.Equal(t, "Unlock", kittest.Text(t, c, "lock.unlock"))
	require.True(t, kittest.Enabled(t, c, "lock.unlock"))
	require.Len(t, f.wallets, 1)
}

func TestEmptyPassword(t *testing.T) {
	f, _, c := open(t, one())
	kittest.Tap(t, c, "lock.unlock")
	require.Empty(t, f.wallets)
	require.Equal(t, "Type the password first.", kittest.Text(t, c, "lock.problem"))
}

func TestSeveralWallets(t *testing.T) {
	state := present.LockState{Wallets: []string{"Travel", "Savings"}, Damaged: []string{`"Old" cannot be opened. It is damaged.`}}
	f, s, c := open(t, state)
	require.Equal(t, "Travel", kittest.Text(t, c, "lock.wallet"), "the first is the last used")
	require.NotContains(t, kittest.Get[*kit.Select](t, c, "lock.wallet").Options, "Old")
	require.Contains(t, kittest.Words(t, c), "It is damaged.")
	kittest.Choose(t, c, "lock.wallet", "Savings")
	require.Equal(t, "lock.password", kittest.Focused(t, c))

	state.Wallets = []string{"Travel", "Savings", "New"}
	s.Update(state)
	require.Equal(t, "Savings", kittest.Text(t, c, "lock.wallet"), "a choice stays")
	kittest.Type(t, c, "lock.password", "x")
	kittest.Tap(t, c, "lock.unlock")
	require.Equal(t, []string{"Savings"}, f.wallets)
	f.answer("")
	s.Hidden()
	s.Update(present.LockState{Wallets: []string{"Savings", "Travel"}})
	s.Shown()
	require.Equal(t, "Savings", kittest.Text(t, c, "lock.wallet"))
	s.Update(present.LockState{Wallets: []string{"Travel"}})
	require.Equal(t, "Travel", kittest.Text(t, c, "lock.name"))
	kittest.Type(t, c, "lock.password", "x")
	kittest.Tap(t, c, "lock.unlock")
	require.Equal(t, []string{"Savings", "Travel"}, f.wallets)
}

func TestOnlyDamaged(t *testing.T) {
	f, _, c := open(t, present.LockState{Damaged: []string{`"Old" cannot be opened. It is damaged.`}})
	require.False(t, kittest.Has(t, c, "lock.unlock"))
	require.Contains(t, kittest.Words(t, c), "It is damaged.")
	kittest.Tap(t, c, "lock.new")
	require.Equal(t, 1, f.fresh)
	require.Empty(t, f.wallets)
}

func TestLateAnswerIsDropped(t *testing.T) {
	f, s, c := open(t, one())
	kittest.Type(t, c, "lock.password", "x")
	kittest.Tap(t, c, "lock.unlock")
	s.Hidden()
	s.Shown()
	f.answer("Wrong password.")
	require.False(t, kittest.Has(t, c, "lock.problem"))
	require.True(t, kittest.Enabled(t, c, "lock.unlock"))
}

func TestIdleStopsBlinking(t *testing.T) {
	_, s, c := open(t, one())
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s.Idle(now)
	s.Idle(now.Add(50 * time.Second))
	require.Equal(t, "lock.password", kittest.Focused(t, c))
	kittest.Type(t, c, "lock.password", "ab")
	now = now.Add(55 * time.Second)
	s.Idle(now)
	s.Idle(now.Add(59 * time.Second))
	require.Equal(t, "lock.password", kittest.Focused(t, c), "who types is not interrupted")
	s.Idle(now.Add(time.Minute))
	require.Nil(t, c.Focused())

	c.OnTypedRune()('c')
	require.Equal(t, "lock.password", kittest.Focused(t, c), "typing wakes the field")
	require.Equal(t, "abc", kittest.Text(t, c, "lock.password"))
}

func TestUpdateKeepsWhatIsTyped(t *testing.T) {
	_, s, c := open(t, one())
	kittest.Type(t, c, "lock.password", "ab")
	state := one()
	state.Foot = present.Text{Words: "Up to date at block 12, with 1 peer.", Tone: present.Good}
	state.Network = "This is signet."
	s.Update(state)
	require.Equal(t, "lock.password", kittest.Focused(t, c))
	require.Equal(t, "ab", kittest.Text(t, c, "lock.password"))
	require.Equal(t, state.Foot.Words, kittest.Text(t, c, "lock.foot"))
	require.Contains(t, kittest.Words(t, c), "This is signet.")
}
