package onboard_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"thistle/ui/kit"
	"thistle/ui/kit/kittest"
	"thistle/ui/onboard"
	"thistle/ui/present"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"
)

const words = "lunar orbit candle velvet mosaic ripple harvest timber anchor ginger puzzle meadow"

// fake is the wallet behind the wizard. If it is slow, what it has to say waits
// for answer.
type fake struct {
	t       *testing.T
	slow    bool
	waiting []func()
	problem string // of Create and Restore
	noWords string // problem of NewWords

	counts  []int
	created []onboard.NewWallet
	old     []onboard.OldWallet
	left    int
}

func (f *fake) say(what func()) {
	if f.slow {
		f.waiting = append(f.waiting, what)
		return
	}
	what()
}

// answer lets all that waits be said.
func (f *fake) answer() {
	waiting := f.waiting
	f.waiting = nil
	for _, what := range waiting {
		what()
	}
}

func complete(prefix string) (found []string) {
	list := append(strings.Fields(words), "orient")
	slices.Sort(list)
	for _, w := range list {
		if strings.HasPrefix(w, prefix) {
			found = append(found, w)
		}
	}
	return found
}

func (f *fake) actions() onboard.Actions {
	return onboard.Actions{
		NewWords: func(count int, done func([]byte, string)) {
			f.counts = append(f.counts, count)
			problem := f.noWords
			f.say(func() {
				if problem != "" {
					done(nil, problem)
					return
				}
				made := []byte(strings.TrimSpace(strings.Repeat(words+" ", count/12)))
				done(made, "")
				require.Equal(f.t, make([]byte, len(made)), made, "words handed in are wiped")
			})
		},
		CheckName: func(name string) string {
			if strings.Contains(name, "/") {
				return "No slashes."
			}
			return ""
		},
		Complete: complete,
		CheckWords: func(w []byte) string {
			if string(w) != words {
				return "These are not the words."
			}
			return ""
		},
		CheckBirthday: func(text string) string {
			if text != "2020-01-02" {
				return "No such day."
			}
			return ""
		},
		Create: func(w onboard.NewWallet, done func(string)) {
			f.created = append(f.created, w)
			problem := f.problem
			f.say(func() { done(problem) })
		},
		Restore: func(w onboard.OldWallet, done func(string)) {
			f.old = append(f.old, w)
			problem := f.problem
			f.say(func() { done(problem) })
		},
		Leave: func() { f.left++ },
		Dice:  func(n int) int { return n / 2 },
	}
}

// open shows the wizard.
func open(t *testing.T) (*fake, *onboard.Screen, fyne.Canvas) {
	t.Helper()
	return openSized(t, 1180, 760)
}

func openSized(t *testing.T, width, height float32) (*fake, *onboard.Screen, fyne.Canvas) {
	t.Helper()
	kittest.App(t, kit.Light)
	f := &fake{t: t}
	w := kittest.Sized(t, kit.Blank(1, 1), width, height)
	s := onboard.New(kit.Host{Window: w}, f.actions())
	w.SetContent(s.Content())
	s.Update(present.OnboardState{})
	s.Shown()
	return f, s, w.Canvas()
}

// enter presses Enter where the keyboard is.
func enter(c fyne.Canvas) {
	key := &fyne.KeyEvent{Name: fyne.KeyReturn}
	if f := c.Focused(); f != nil {
		f.TypedKey(key)
	} else if c.OnTypedKey() != nil {
		c.OnTypedKey()(key)
	}
}

// retype puts text in the place of what is in a field for words.
func retype(t *testing.T, c fyne.Canvas, id, text string) {
	t.Helper()
	f := kittest.Focus(t, c, id)
	f.(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutSelectAll{})
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
	for _, r := range text {
		f.TypedRune(r)
	}
}

// asked are the fields of the check, and the words that belong in them.
func asked(t *testing.T, c fyne.Canvas) (ids, right []string) {
	t.Helper()
	for i, word := range strings.Fields(words + " " + words) {
		if id := fmt.Sprintf("onboard.check.%d", i+1); kittest.Has(t, c, id) {
			ids, right = append(ids, id), append(right, word)
		}
	}
	require.GreaterOrEqual(t, len(ids), 3)
	return ids, right
}

func toWords(t *testing.T, c fyne.Canvas) {
	t.Helper()
	kittest.Tap(t, c, "onboard.new")
	kittest.Type(t, c, "onboard.name", "Savings")
	kittest.Tap(t, c, "onboard.next")
}

func toPassword(t *testing.T, c fyne.Canvas) {
	t.Helper()
	toWords(t, c)
	kittest.Tap(t, c, "onboard.written")
	ids, right := asked(t, c)
	for i, id := range ids {
		kittest.Type(t, c, id, right[i])
	}
	kittest.Tap(t, c, "onboard.next")
	require.True(t, kittest.Has(t, c, "onboard.password"))
}

func password(t *testing.T, c fyne.Canvas, text string) {
	t.Helper()
	kittest.Type(t, c, "onboard.password", text)
	kittest.Type(t, c, "onboard.repeat", text)
}

// shown says whether a word of the recovery words can be read anywhere.
func shown(t *testing.T, c fyne.Canvas) bool {
	t.Helper()
	return strings.Contains(kittest.Words(t, c), "lunar")
}

func TestCreate(t *testing.T) {
	f, s, c := open(t)
	kittest.Tap(t, c, "onboard.new")
	require.Equal(t, "onboard.name", kittest.Focused(t, c))
	require.Empty(t, f.counts, "no words before the name")
	kittest.Type(t, c, "onboard.name", "Savings")
	kittest.Tap(t, c, "onboard.next")
	for i, word := range strings.Fields(words) {
		require.Equal(t, word, kittest.Text(t, c, fmt.Sprintf("onboard.word.%d", i+1)))
	}
	require.False(t, kittest.Has(t, c, "onboard.word.13"))
	kittest.Tap(t, c, "onboard.written")
	require.False(t, shown(t, c), "words are not shown beside the questions")

	ids, right := asked(t, c)
	require.Equal(t, ids[0], kittest.Focused(t, c))
	for i, id := range ids {
		kittest.Type(t, c, id, right[i])
	}
	kittest.Tap(t, c, "onboard.next")
	require.Equal(t, "onboard.password", kittest.Focused(t, c))
	password(t, c, "correct horse")
	require.Empty(t, f.created, "nothing is made before the last step")
	kittest.Tap(t, c, "onboard.create")
	require.Equal(t, []onboard.NewWallet{{Name: "Savings", Words: []byte(words), Password: []byte("correct horse")}}, f.created)
	require.Equal(t, []int{12}, f.counts)

	s.Hidden()
	s.Shown()
	kittest.Tap(t, c, "onboard.new")
	require.Empty(t, kittest.Text(t, c, "onboard.name"))
}

func TestCreateByKeyboard(t *testing.T) {
	f, _, c := open(t)
	enter(c)
	require.Equal(t, "onboard.name", kittest.Focused(t, c))
	enter(c)
	require.True(t, kittest.Has(t, c, "onboard.written"))
	enter(c)
	ids, right := asked(t, c)
	for i, id := range ids {
		require.Equal(t, id, kittest.Focused(t, c))
		for _, r := range right[i][:4] { // Enter finishes the word, and goes on
			c.Focused().TypedRune(r)
		}
		enter(c)
	}
	require.Equal(t, "onboard.password", kittest.Focused(t, c))
	for range 2 {
		for _, r := range "correct horse" {
			c.Focused().TypedRune(r)
		}
		enter(c)
	}
	require.Len(t, f.created, 1)
	require.Equal(t, "My wallet", f.created[0].Name)
	require.Equal(t, words, string(f.created[0].Words))
}

func TestTwentyFourWords(t *testing.T) {
	f, _, c := open(t)
	kittest.Tap(t, c, "onboard.new")
	kittest.Tap(t, c, "onboard.count.1")
	kittest.Tap(t, c, "onboard.next")
	require.Equal(t, []int{24}, f.counts)
	require.Equal(t, "meadow", kittest.Text(t, c, "onboard.word.24"))
	kittest.Tap(t, c, "onboard.written")
	ids, _ := asked(t, c)
	require.Len(t, ids, 4)
}

func TestNameProblems(t *testing.T) {
	_, s, c := open(t)
	s.Update(present.OnboardState{Taken: []string{"Savings"}})
	kittest.Tap(t, c, "onboard.new")
	for name, want := range map[string]string{"savings": "There is a wallet called", "a/b": "No slashes."} {
		kittest.Type(t, c, "onboard.name", name)
		kittest.Tap(t, c, "onboard.next")
		require.Contains(t, kittest.Text(t, c, "onboard.problem"), want)
		require.Equal(t, "onboard.name", kittest.Focused(t, c))
	}
	kittest.Type(t, c, "onboard.name", "Travel")
	kittest.Tap(t, c, "onboard.next")
	require.False(t, kittest.Has(t, c, "onboard.problem"))
	require.True(t, kittest.Has(t, c, "onboard.written"))
}

func TestWrongCheckWord(t *testing.T) {
	f, _, c := open(t)
	toWords(t, c)
	kittest.Tap(t, c, "onboard.written")
	ids, right := asked(t, c)
	kittest.Type(t, c, ids[0], right[0])
	kittest.Type(t, c, ids[1], "orient")
	kittest.Tap(t, c, "onboard.next")
	require.True(t, kittest.Has(t, c, "onboard.problem"))
	require.Equal(t, "Right.", kittest.Text(t, c, ids[0]+".hint"))
	require.Equal(t, "Not this word.", kittest.Text(t, c, ids[1]+".hint"))
	require.Equal(t, "Still empty.", kittest.Text(t, c, ids[2]+".hint"))
	require.Equal(t, ids[1], kittest.Focused(t, c), "the first wrong one")
	retype(t, c, ids[1], right[1])
	retype(t, c, ids[2], strings.ToUpper(right[2]))
	kittest.Tap(t, c, "onboard.next")
	require.True(t, kittest.Has(t, c, "onboard.password"))
	require.False(t, kittest.Has(t, c, "onboard.problem"))
	password(t, c, "x")
	kittest.Tap(t, c, "onboard.create")
	require.False(t, f.created[0].Later)
}

func TestLater(t *testing.T) {
	f, _, c := open(t)
	toWords(t, c)
	kittest.Tap(t, c, "onboard.written")
	kittest.Tap(t, c, "onboard.later")
	require.Contains(t, kittest.Words(t, c), "gone for ever")
	require.True(t, kittest.Has(t, c, "onboard.later"), "it asks once more")
	require.Empty(t, f.created)
	kittest.Tap(t, c, "onboard.later")
	password(t, c, "x")
	kittest.Tap(t, c, "onboard.create")
	require.True(t, f.created[0].Later)
}

func TestPasswordsMustAgree(t *testing.T) {
	f, _, c := open(t)
	toPassword(t, c)
	kittest.Tap(t, c, "onboard.create")
	require.Equal(t, "Choose a password first.", kittest.Text(t, c, "onboard.problem"))
	kittest.Type(t, c, "onboard.password", "correct horse")
	kittest.Type(t, c, "onboard.repeat", "correct house")
	require.Contains(t, kittest.Words(t, c), "This differs from the first one.")
	kittest.Tap(t, c, "onboard.create")
	require.Equal(t, "The two passwords differ.", kittest.Text(t, c, "onboard.problem"))
	require.Empty(t, f.created)
	kittest.Type(t, c, "onboard.repeat", "correct horse")
	kittest.Tap(t, c, "onboard.create")
	require.Len(t, f.created, 1)
}

func TestDoubleTapMakesOne(t *testing.T) {
	f, s, c := open(t)
	toPassword(t, c)
	password(t, c, "x")
	f.slow = true
	kittest.Focus(t, c, "onboard.repeat")
	enter(c)
	enter(c)
	require.Equal(t, "Creating…", kittest.Text(t, c, "onboard.create"))
	require.False(t, kittest.Enabled(t, c, "onboard.create"))
	require.False(t, kittest.Enabled(t, c, "onboard.back"))
	require.False(t, kittest.Enabled(t, c, "onboard.password"))
	s.Update(present.OnboardState{Taken: []string{"Savings"}}) // news while it is being made
	require.Len(t, f.created, 1)
	f.answer()
	require.True(t, kittest.Has(t, c, "onboard.new"), "it begins anew")
	require.Len(t, f.created, 1)
}

func TestProblemLeavesEverything(t *testing.T) {
	f, _, c := open(t)
	toPassword(t, c)
	password(t, c, "correct horse")
	f.slow, f.problem = true, "The disk is full; what was saved before is safe."
	kittest.Tap(t, c, "onboard.create")
	f.answer()
	require.Equal(t, f.problem, kittest.Text(t, c, "onboard.problem"))
	require.Equal(t, "Create wallet", kittest.Text(t, c, "onboard.create"))
	f.slow, f.problem = false, ""
	kittest.Tap(t, c, "onboard.create")
	require.Len(t, f.created, 2)
	require.Equal(t, f.created[0], f.created[1], "the second try needs nothing typed again")
}

func TestNoWords(t *testing.T) {
	f, _, c := open(t)
	f.noWords = "The system has no random numbers."
	toWords(t, c)
	require.Equal(t, f.noWords, kittest.Text(t, c, "onboard.problem"))
	require.False(t, kittest.Enabled(t, c, "onboard.written"), "nothing was there to be written down")
	enter(c)
	require.True(t, kittest.Has(t, c, "onboard.written"))
	f.noWords = ""
	kittest.Tap(t, c, "onboard.back")
	kittest.Tap(t, c, "onboard.next")
	require.True(t, kittest.Enabled(t, c, "onboard.written"))
}

// Words that come when nobody waits for them any more are dropped.
func TestLateWords(t *testing.T) {
	f, s, c := open(t)
	f.slow = true
	toWords(t, c)
	require.False(t, kittest.Enabled(t, c, "onboard.written"))
	kittest.Tap(t, c, "onboard.back")
	f.answer()
	require.True(t, kittest.Has(t, c, "onboard.name"))
	kittest.Tap(t, c, "onboard.next")
	s.Hidden()
	f.answer()
	s.Shown()
	require.False(t, shown(t, c))
	toWords(t, c)
	f.answer()
	require.True(t, shown(t, c))
}

func TestBackKeeps(t *testing.T) {
	f, _, c := open(t)
	toPassword(t, c)
	kittest.Type(t, c, "onboard.password", "correct horse")
	kittest.Tap(t, c, "onboard.back")
	require.Contains(t, kittest.Words(t, c), "on your paper")
	kittest.Tap(t, c, "onboard.back")
	require.True(t, shown(t, c))
	kittest.Tap(t, c, "onboard.back")
	require.Equal(t, "Savings", kittest.Text(t, c, "onboard.name"))
	kittest.Tap(t, c, "onboard.next")
	require.Equal(t, "lunar", kittest.Text(t, c, "onboard.word.1"))
	require.Equal(t, []int{12}, f.counts, "the words on the paper stay the words")
	kittest.Tap(t, c, "onboard.written")
	kittest.Tap(t, c, "onboard.next")
	require.Equal(t, "correct horse", kittest.Text(t, c, "onboard.password"))
}

func TestWordsAreGone(t *testing.T) {
	_, s, c := open(t)
	toWords(t, c)
	label := kittest.Find(t, c, "onboard.word.1").(*kit.Text)
	kittest.Tap(t, c, "onboard.written")
	require.Empty(t, label.Text())
	require.False(t, shown(t, c))
	ids, right := asked(t, c)
	kittest.Type(t, c, ids[0], right[0])
	field := kittest.Find(t, c, ids[0])
	require.Equal(t, right[0], onboard.TextOf(field))
	kittest.Tap(t, c, "onboard.back")
	require.Empty(t, onboard.TextOf(field))
	s.Hidden()
	require.False(t, shown(t, c))
	s.Shown()

	kittest.Tap(t, c, "onboard.restore")
	kittest.Tap(t, c, "onboard.next")
	kittest.Type(t, c, "onboard.mnemonic", words)
	area := kittest.Find(t, c, "onboard.mnemonic")
	require.Equal(t, words, onboard.TextOf(area))
	kittest.Tap(t, c, "onboard.next")
	require.Empty(t, onboard.TextOf(area))
	password(t, c, "correct horse")
	entry := kittest.Find(t, c, "onboard.password").(*kit.Entry)
	kittest.Tap(t, c, "onboard.back")
	require.Equal(t, words, onboard.TextOf(area), "back brings it again")
	s.Hidden()
	require.Empty(t, onboard.TextOf(area))
	require.Empty(t, entry.Text)
}

// Fields for words give nothing to the clipboard.
func TestWordsAreNotCopied(t *testing.T) {
	_, _, c := open(t)
	kittest.Tap(t, c, "onboard.restore")
	kittest.Tap(t, c, "onboard.next")
	kittest.Type(t, c, "onboard.mnemonic", words)
	board := fyne.CurrentApp().Clipboard()
	board.SetContent("before")
	field := c.Focused().(fyne.Shortcutable)
	field.TypedShortcut(&fyne.ShortcutSelectAll{})
	field.TypedShortcut(&fyne.ShortcutCopy{Clipboard: board})
	field.TypedShortcut(&fyne.ShortcutCut{Clipboard: board})
	require.Equal(t, "before", board.Content())
	board.SetContent("orbit")
	field.TypedShortcut(&fyne.ShortcutPaste{Clipboard: board})
	require.Equal(t, "orbit", onboard.TextOf(kittest.Find(t, c, "onboard.mnemonic")))
}

func TestRestore(t *testing.T) {
	f, _, c := open(t)
	kittest.Tap(t, c, "onboard.restore")
	kittest.Type(t, c, "onboard.name", "Old")
	kittest.Tap(t, c, "onboard.next")
	require.Equal(t, "onboard.mnemonic", kittest.Focused(t, c))
	kittest.Type(t, c, "onboard.mnemonic", " LUNAR orb")
	kittest.Key(t, c, fyne.KeyTab)
	require.Equal(t, " LUNAR orbit ", onboard.TextOf(kittest.Find(t, c, "onboard.mnemonic")))
	require.Equal(t, "2 words so far.", kittest.Text(t, c, "onboard.mnemonic.hint"))
	retype(t, c, "onboard.mnemonic", words)
	require.Equal(t, "12 words, and they belong together.", kittest.Text(t, c, "onboard.mnemonic.hint"))
	kittest.Type(t, c, "onboard.birthday", "yesterday")
	kittest.Tap(t, c, "onboard.next")
	require.Equal(t, "No such day.", kittest.Text(t, c, "onboard.problem"))
	kittest.Type(t, c, "onboard.birthday", "2020-01-02")
	require.False(t, kittest.Has(t, c, "onboard.passphrase"), "nobody takes it for the password")
	kittest.Tap(t, c, "onboard.passphrase.has")
	require.Equal(t, words, onboard.TextOf(kittest.Find(t, c, "onboard.mnemonic")))
	kittest.Type(t, c, "onboard.passphrase", "a b")
	kittest.Tap(t, c, "onboard.next")
	require.Equal(t, "The two passphrases differ.", kittest.Text(t, c, "onboard.problem"))
	kittest.Type(t, c, "onboard.passphrase.repeat", "a b")
	kittest.Tap(t, c, "onboard.next")
	password(t, c, "correct horse")
	require.Empty(t, f.old)
	kittest.Tap(t, c, "onboard.create")
	require.Equal(t, []onboard.OldWallet{{Name: "Old", Words: []byte(words), Passphrase: []byte("a b"), Password: []byte("correct horse"), Birthday: "2020-01-02"}}, f.old)
	require.Empty(t, f.created)
	require.Empty(t, f.counts)
}

func TestRestoreByKeyboard(t *testing.T) {
	f, _, c := open(t)
	kittest.Tap(t, c, "onboard.restore")
	enter(c)
	kittest.Type(t, c, "onboard.mnemonic", words)
	enter(c)
	require.Equal(t, "onboard.password", kittest.Focused(t, c))
	for range 2 {
		for _, r := range "x" {
			c.Focused().TypedRune(r)
		}
		enter(c)
	}
	require.Len(t, f.old, 1)
	require.Empty(t, f.old[0].Passphrase)
	require.Empty(t, f.old[0].Birthday)
}

func TestWrongWordsAreSaid(t *testing.T) {
	f, _, c := open(t)
	kittest.Tap(t, c, "onboard.restore")
	kittest.Tap(t, c, "onboard.next")
	kittest.Tap(t, c, "onboard.next")
	require.Equal(t, "Type your recovery words first.", kittest.Text(t, c, "onboard.problem"))
	kittest.Type(t, c, "onboard.mnemonic", "lunar xyzzy orbit")
	require.Equal(t, "Word 2 is not in the list of recovery words.", kittest.Text(t, c, "onboard.mnemonic.hint"))
	kittest.Tap(t, c, "onboard.next")
	require.Equal(t, "These are not the words.", kittest.Text(t, c, "onboard.problem"))
	require.Empty(t, f.old)
}

// A passphrase that is switched off again does not count.
func TestPassphraseSwitchedOff(t *testing.T) {
	f, _, c := open(t)
	kittest.Tap(t, c, "onboard.restore")
	kittest.Tap(t, c, "onboard.next")
	kittest.Type(t, c, "onboard.mnemonic", words)
	kittest.Tap(t, c, "onboard.passphrase.has")
	require.Equal(t, "onboard.passphrase", kittest.Focused(t, c))
	kittest.Type(t, c, "onboard.passphrase", "oops")
	kittest.Tap(t, c, "onboard.passphrase.has")
	kittest.Tap(t, c, "onboard.next")
	password(t, c, "x")
	kittest.Tap(t, c, "onboard.create")
	require.Empty(t, f.old[0].Passphrase)
}

func TestNetworkIsNamed(t *testing.T) {
	_, s, c := open(t)
	const words = "This is signet, a test network."
	require.NotContains(t, kittest.Words(t, c), words)
	s.Update(present.OnboardState{Network: words})
	require.Contains(t, kittest.Words(t, c), words)
	kittest.Tap(t, c, "onboard.restore")
	require.Contains(t, kittest.Words(t, c), words)
	kittest.Tap(t, c, "onboard.next")
	require.Contains(t, kittest.Words(t, c), words)
}

func TestLeave(t *testing.T) {
	f, s, c := open(t)
	require.False(t, kittest.Has(t, c, "onboard.leave"), "there is nowhere to go")
	s.Update(present.OnboardState{Taken: []string{"Savings"}})
	kittest.Tap(t, c, "onboard.leave")
	require.Equal(t, 1, f.left)
}

func TestUpdateKeepsWhatIsTyped(t *testing.T) {
	_, s, c := open(t)
	kittest.Tap(t, c, "onboard.new")
	kittest.Type(t, c, "onboard.name", "Sav")
	s.Update(present.OnboardState{Taken: []string{"x"}})
	require.Equal(t, "onboard.name", kittest.Focused(t, c))
	require.Equal(t, "Sav", kittest.Text(t, c, "onboard.name"))
	c.Focused().TypedRune('e')
	require.Equal(t, "Save", kittest.Text(t, c, "onboard.name"))
}

func TestTabOrder(t *testing.T) {
	_, _, c := open(t)
	require.Equal(t, []string{"onboard.new", "onboard.restore"}, kittest.TabOrder(t, c))
	toPassword(t, c)
	order := kittest.TabOrder(t, c)
	at := func(id string) int { return slices.Index(order, id) }
	require.Less(t, at("onboard.password"), at("onboard.repeat"))
	require.Less(t, at("onboard.repeat"), at("onboard.create"))
	require.GreaterOrEqual(t, at("onboard.back"), 0)
}

// All of a page that is read or pressed together fits into the least window.
func TestFitsSmallWindow(t *testing.T) {
	_, s, c := openSized(t, 900, 600)
	fits := func(ids ...string) {
		t.Helper()
		for _, id := range ids {
			o := kittest.Find(t, c, id)
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
			require.LessOrEqual(t, at.Y+o.Size().Height, float32(600), id)
			require.LessOrEqual(t, at.X+o.Size().Width, float32(900), id)
		}
	}
	s.Update(present.OnboardState{Network: strings.Repeat("This is the demo. ", 6), Taken: []string{"a"}})
	fits("onboard.new", "onboard.restore", "onboard.leave")
	kittest.Tap(t, c, "onboard.new")
	kittest.Tap(t, c, "onboard.count.1")
	fits("onboard.next")
	kittest.Tap(t, c, "onboard.next")
	fits("onboard.word.24", "onboard.back", "onboard.written")
	kittest.Tap(t, c, "onboard.written")
	kittest.Tap(t, c, "onboard.next")
	kittest.Tap(t, c, "onboard.later")
	fits("onboard.back", "onboard.later", "onboard.next")
	kittest.Tap(t, c, "onboard.later")
	kittest.Tap(t, c, "onboard.create")
	fits("onboard.problem", "onboard.create")
}
