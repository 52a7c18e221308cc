package settings_test

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"thistle/app"
	"thistle/ui/kit"
	"thistle/ui/kit/kittest"
	"thistle/ui/present"
	"thistle/ui/settings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/stretchr/testify/require"
)

const recovery = "lunar orbit candle velvet mosaic ripple harvest timber anchor ginger puzzle meadow"

// person works the screen and keeps what it asked for.
type person struct {
	t *testing.T
	s *settings.Screen
	c fyne.Canvas

	changed      []present.Settings
	old, fresh   string
	passwordDone func(problem string)
	asked        []string // passwords given to see the words
	wordsDone    func(words []byte, problem string)
	checked      int
	locked, more int
}

func meet(t *testing.T) *person { t.Helper(); return meetIn(t, kit.Light) }

func meetIn(t *testing.T, mode kit.Mode) *person {
	t.Helper()
	kittest.App(t, mode)
	p := &person{t: t}
	w := kittest.Window(t, kit.Blank(1, 1))
	p.s = settings.New(kit.Host{Window: w}, settings.Actions{
		Change: func(s present.Settings) { p.changed = append(p.changed, s) },
		ChangePassword: func(old, fresh []byte, done func(string)) {
			p.old, p.fresh, p.passwordDone = string(old), string(fresh), done
			clear(old)
			clear(fresh)
		},
		Words: func(password []byte, done func([]byte, string)) {
			p.asked, p.wordsDone = append(p.asked, string(password)), done
			clear(password)
		},
		WordsChecked: func() { p.checked++ },
		Lock:         func() { p.locked++ },
		NewWallet:    func() { p.more++ },
	})
	w.SetContent(kit.WithTips(container.NewVScroll(p.s.Content()), w.Canvas()))
	p.c = w.Canvas()
	p.s.Update(state())
	return p
}

var began = time.Date(2026, 11, 22, 8, 19, 0, 0, time.UTC)

func state() present.SettingsState {
	return present.SettingsState{
		Now: began, Settings: present.Settings{LockAfter: 10 * time.Minute}, Wallet: "Savings", Network: "Bitcoin · Native SegWit", Fingerprint: "73c5da0a",
		Birthday: "3 Feb 2026", Descriptors: []string{"wpkh(a)#x", "wpkh(b)#y"}, Backup: present.Text{Words: "Not checked yet", Tone: present.Warn},
		Version: "0.2.0", DataDir: "/data",
	}
}

func (p *person) tap(id string)           { p.t.Helper(); kittest.Tap(p.t, p.c, id) }
func (p *person) write(id, text string)   { p.t.Helper(); kittest.Type(p.t, p.c, id, text) }
func (p *person) reads(id string) string  { p.t.Helper(); return kittest.Text(p.t, p.c, id) }
func (p *person) sees(id string) bool     { p.t.Helper(); return kittest.Has(p.t, p.c, id) }
func (p *person) last() present.Settings  { return p.changed[len(p.changed)-1] }
func (p *person) choose(id, words string) { p.t.Helper(); kittest.Choose(p.t, p.c, id, words) }

// What is fetched and kept is drawn as it is, and chosen like all else.
func TestNetworkData(t *testing.T) {
	p := meet(t)
	set := state()
	set.Settings.Data = present.Data{FilterLimit: 5e9, FullBlocks: 288}
	p.s.Update(set)
	require.Empty(t, p.changed, "drawing is no choice")
	require.LessOrEqual(t, p.s.Content().MinSize().Width, float32(640), "it must fit a small window")
	require.Equal(t, "Up to 5 GB", p.reads("settings.filterlimit"))
	require.Contains(t, p.reads("settings.fullblocks"), "288")
	p.choose("settings.filterlimit", "All, without a limit")
	require.Equal(t, present.Data{FullBlocks: 288}, p.last().Data)
	p.choose("settings.fullblocks", "Never")
	require.Equal(t, present.Data{FullBlocks: -1}, p.last().Data)
	p.tap("settings.audit")
	require.Equal(t, present.Data{FullBlocks: -1, Audit: true}, p.last().Data)
	require.Len(t, p.changed, 3)

	set.Settings.Data = present.Data{FilterLimit: 700e6, FullBlocks: 5, Audit: true}
	p.s.Update(set)
	require.Equal(t, "Up to 700 MB", p.reads("settings.filterlimit"))
	require.Contains(t, p.reads("settings.fullblocks"), "5 blocks")
	require.Len(t, p.changed, 3)
	p.tap("settings.audit")
	require.Equal(t, present.Data{FilterLimit: 700e6, FullBlocks: 5}, p.last().Data)
}

func TestChoicesHoldAtOnce(t *testing.T) {
	p := meet(t)
	require.Empty(t, p.changed, "drawing is no choice")
	p.tap("settings.theme.2")
	require.Equal(t, present.Settings{Theme: present.ThemeDark, LockAfter: 10 * time.Minute}, p.last())
	p.tap("settings.unit.3")
	require.Equal(t, present.UnitSat, p.last().Unit)
	require.Equal(t, present.ThemeDark, p.last().Theme, "one choice does not undo another")
	p.tap("settings.hide")
	require.True(t, p.last().Hide)
	p.choose("settings.lockafter", "1 minute")
	require.Equal(t, time.Minute, p.last().LockAfter)
	require.False(t, p.sees("settings.lockwarning"))
	p.choose("settings.lockafter", "Never")
	require.Zero(t, p.last().LockAfter)
	require.Contains(t, p.reads("settings.lockwarning"), "Sending still asks")
	require.Len(t, p.changed, 5)

	next := state()
	next.Settings = p.last()
	p.s.Update(next)
	next.Settings = present.Settings{Unit: present.UnitBits, LockAfter: 2 * time.Hour}
	p.s.Update(next)
	require.Len(t, p.changed, 5, "drawing is no choice")
	require.Equal(t, "bits", p.reads("settings.unit"))
	require.Equal(t, "As the desktop", p.reads("settings.theme"))
	require.Equal(t, "2 h", p.reads("settings.lockafter"))
	require.False(t, kittest.Get[*kit.Check](t, p.c, "settings.hide").Checked)
}

func TestPasswordIsChanged(t *testing.T) {
	p := meet(t)
	p.tap("settings.change")
	require.Equal(t, "Type the password the wallet has now.", p.reads("settings.problem"))
	require.Equal(t, "settings.old", kittest.Focused(t, p.c))
	p.write("settings.old", "old one")
	p.write("settings.new", "a new password")
	require.Contains(t, p.reads("settings.new.hint"), "14 characters: good")
	p.write("settings.repeat", "a new pastword")
	require.Contains(t, p.reads("settings.repeat.hint"), "differs")
	p.tap("settings.change")
	require.Equal(t, "The two passwords differ.", p.reads("settings.problem"))
	require.Nil(t, p.passwordDone)

	p.write("settings.repeat", "a new password")
	kittest.Key(t, p.c, fyne.KeyReturn)
	require.Equal(t, []string{"old one", "a new password"}, []string{p.old, p.fresh})
	require.False(t, kittest.Enabled(t, p.c, "settings.change"))
	require.Empty(t, p.reads("settings.old")+p.reads("settings.new")+p.reads("settings.repeat"), "no password stays in its field")
	p.passwordDone("Wrong password.")
	require.Equal(t, "Wrong password.", p.reads("settings.problem"))
	require.True(t, kittest.Enabled(t, p.c, "settings.change"))

	p.write("settings.old", "older")
	p.write("settings.new", "a new password")
	p.write("settings.repeat", "a new password")
	p.tap("settings.change")
	p.passwordDone("")
	require.Contains(t, p.reads("settings.problem"), "is changed")

	p.write("settings.old", "typed and left")
	p.s.Hidden()
	require.Empty(t, p.reads("settings.old"))
	require.False(t, p.sees("settings.problem"))
}

func TestWordsAreShownForAMinute(t *testing.T) {
	p := meet(t)
	p.tap("settings.words")
	require.Equal(t, "settings.secret.password", kittest.Focused(t, p.c))
	p.tap("settings.secret.next")
	require.Equal(t, "Type the password first.", p.reads("settings.secret.problem"))
	p.write("settings.secret.password", "wrong")
	kittest.Key(t, p.c, fyne.KeyReturn)
	require.Equal(t, []string{"wrong"}, p.asked)
	require.Empty(t, p.reads("settings.secret.password"))
	p.wordsDone(nil, "Wrong password.")
	require.Equal(t, "Wrong password.", p.reads("settings.secret.problem"))

	p.write("settings.secret.password", "right")
	p.tap("settings.secret.next")
	words := []byte(recovery)
	p.wordsDone(words, "")
	require.Equal(t, make([]byte, len(words)), words, "the screen wipes its copy")
	for i, word := range strings.Fields(recovery) {
		require.Equal(t, word, p.reads("settings.word."+strconv.Itoa(i+1)))
	}
	later := state()
	later.Now = began.Add(59 * time.Second)
	p.s.Update(later)
	require.Equal(t, "They disappear in 1 s.", p.reads("settings.secret.left"))
	later.Now = began.Add(time.Minute)
	p.s.Update(later)
	require.False(t, p.sees("settings.word.1"))
	require.True(t, p.sees("settings.words"), "back at the settings")
	require.NotContains(t, kittest.Words(t, p.c), "candle")
}

func TestWordsGoWithTheScreen(t *testing.T) {
	p := meet(t)
	for _, leave := range []func(){p.s.Hidden, func() { p.tap("settings.secret.close") }} {
		p.s.ShowWords()
		p.write("settings.secret.password", "right")
		p.tap("settings.secret.next")
		p.wordsDone([]byte(recovery), "")
		require.True(t, p.sees("settings.word.12"))
		leave()
		require.False(t, p.sees("settings.word.12"))
	}
	p.s.ShowWords()
	p.write("settings.secret.password", "right")
	p.tap("settings.secret.next")
	p.s.Hidden()
	words := []byte(recovery)
	p.wordsDone(words, "")
	require.False(t, p.sees("settings.word.1"), "the answer came too late")
	require.Equal(t, make([]byte, len(words)), words)
}

func TestLongWordsFit(t *testing.T) {
	p := meet(t)
	p.s.ShowWords()
	p.write("settings.secret.password", "right")
	p.tap("settings.secret.next")
	p.wordsDone([]byte(recovery+" "+recovery), "")
	require.Equal(t, "meadow", p.reads("settings.word.24"))
	require.LessOrEqual(t, p.s.Content().MinSize().Width, float32(640))
}

func TestWordsAreChecked(t *testing.T) {
	p := meet(t)
	p.tap("settings.checkwords")
	p.write("settings.secret.password", "right")
	p.tap("settings.secret.next")
	p.wordsDone([]byte(recovery), "")
	var fields []string
	for _, id := range kittest.IDs(t, p.c, "settings.check.") {
		if strings.Count(id, ".") == 2 {
			fields = append(fields, id)
		}
	}
	require.Len(t, fields, 3)
	words := strings.Fields(recovery)
	require.NotContains(t, kittest.Words(t, p.c), words[0])
	for i, id := range fields {
		require.Equal(t, id, kittest.Focused(t, p.c), "the next field gets the keyboard")
		n, err := strconv.Atoi(id[strings.LastIndex(id, ".")+1:])
		require.NoError(t, err)
		answer := words[n-1]
		if i == 1 {
			answer = "wrong"
		}
		p.write(id, answer)
		kittest.Key(t, p.c, fyne.KeyReturn)
	}
	require.Contains(t, p.reads("settings.secret.problem"), "is not right")
	require.Zero(t, p.checked)
	n, _ := strconv.Atoi(fields[1][strings.LastIndex(fields[1], ".")+1:])
	p.write(fields[1], strings.ToUpper(words[n-1]))
	p.tap("settings.secret.next")
	require.Equal(t, 1, p.checked)
	require.Contains(t, kittest.Words(t, p.c), "Right.")
	p.tap("settings.secret.close")

	done := state()
	done.BackedUp, done.Backup = true, present.Text{Words: "Checked", Tone: present.Good}
	p.s.Update(done)
	require.Equal(t, "Checked", p.reads("settings.backup"))
}

func TestWalletCard(t *testing.T) {
	p := meet(t)
	require.Equal(t, []string{"Savings", "73c5da0a", "3 Feb 2026", "0.2.0", "/data"},
		[]string{p.reads("settings.name"), p.reads("settings.fingerprint"), p.reads("settings.birthday"), p.reads("settings.version"), p.reads("settings.folder")})
	require.False(t, p.sees("settings.descriptor.0"))
	p.tap("settings.descriptors")
	require.Equal(t, "wpkh(b)#y", p.reads("settings.descriptor.1"))
	p.tap("settings.copy")
	require.Equal(t, "wpkh(a)#x\nwpkh(b)#y", fyne.CurrentApp().Clipboard().Content())
	p.tap("settings.descriptors")
	require.False(t, p.sees("settings.descriptor.0"))
	p.tap("settings.lock")
	p.tap("settings.another")
	require.Equal(t, []int{1, 1}, []int{p.locked, p.more})
}

func TestWithoutWallet(t *testing.T) {
	p := meet(t)
	p.s.Update(present.SettingsState{Version: "0.2.0"})
	for _, id := range []string{"settings.old", "settings.words", "settings.lock"} {
		require.False(t, p.sees(id), id)
	}
	require.True(t, p.sees("settings.theme"))
	p.s.ShowWords()
	require.False(t, p.sees("settings.secret.password"))
}

// Whatever the clock brings, typing goes on.
func TestUpdatesDoNotDisturb(t *testing.T) {
	p := meet(t)
	p.write("settings.new", "half a pass")
	for i := range 5 {
		next := state()
		next.Now = began.Add(time.Duration(i) * time.Minute)
		next.BackedUp = i%2 == 0
		p.s.Update(next)
	}
	require.Equal(t, "settings.new", kittest.Focused(t, p.c))
	require.Equal(t, "half a pass", p.reads("settings.new"))
	require.False(t, bytes.Contains([]byte(kittest.Words(t, p.c)), []byte("Changing")))
}

// TestEnterAfterTheCheck: keys that still reach a field which has gone do nothing.
func TestEnterAfterTheCheck(t *testing.T) {
	for _, way := range []string{"right", "closed"} {
		p := meet(t)
		p.tap("settings.checkwords")
		p.write("settings.secret.password", "right")
		p.tap("settings.secret.next")
		p.wordsDone([]byte(recovery), "")
		words := strings.Fields(recovery)
		var last *kit.Entry
		for i := range words {
			if id := "settings.check." + strconv.Itoa(i+1); p.sees(id) {
				p.write(id, words[i])
				last = kittest.Get[*kit.Entry](t, p.c, id)
			}
		}
		if way == "right" {
			kittest.Key(t, p.c, fyne.KeyReturn)
			require.Equal(t, 1, p.checked)
		} else {
			p.tap("settings.secret.close")
		}
		require.NotEqual(t, fyne.Focusable(last), p.c.Focused(), "what has gone has no focus")
		require.NotPanics(t, func() { last.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn}) }, way)
		require.Empty(t, last.Text)
		require.False(t, p.sees("settings.secret.problem"))
	}
}

// TestWordsAreNotCopied: the answers of the check are recovery words.
func TestWordsAreNotCopied(t *testing.T) {
	p := meet(t)
	p.tap("settings.checkwords")
	p.write("settings.secret.password", "right")
	p.tap("settings.secret.next")
	p.wordsDone([]byte(recovery), "")
	clipboard := fyne.CurrentApp().Clipboard()
	clipboard.SetContent("before")
	for i, word := range strings.Fields(recovery) {
		if id := "settings.check." + strconv.Itoa(i+1); p.sees(id) {
			p.write(id, word)
			e := kittest.Get[*kit.Entry](t, p.c, id)
			e.TypedShortcut(&fyne.ShortcutSelectAll{})
			e.TypedShortcut(&fyne.ShortcutCopy{Clipboard: clipboard})
			e.TypedShortcut(&fyne.ShortcutCut{Clipboard: clipboard})
			require.Equal(t, "before", clipboard.Content())
			require.Equal(t, word, e.Text)
		}
	}
}

// TestLateAnswersTakeNoFocus: who has gone elsewhere keeps the keyboard there.
func TestLateAnswersTakeNoFocus(t *testing.T) {
	p := meet(t)
	p.write("settings.old", "old")
	p.write("settings.new", "new one")
	p.write("settings.repeat", "new one")
	p.tap("settings.change")
	p.s.Hidden()
	p.c.Unfocus()
	p.passwordDone("Wrong password.")
	require.Nil(t, p.c.Focused())
	require.Equal(t, "Wrong password.", p.reads("settings.problem"))
}

// How peers are met is chosen line by line; what cannot be used is not chosen,
// and said where it was typed.
func TestPeering(t *testing.T) {
	p := meet(t)
	set := state()
	set.Chain, set.Settings.Peering = "regtest", app.Peering{Preferred: []string{"a:1", "b:2"}, NoDNS: true, Unknown: true}
	p.s.Update(set)
	require.Empty(t, p.changed, "drawing is no choice")
	require.LessOrEqual(t, p.s.Content().MinSize().Width, float32(640), "it must fit a small window")
	require.Equal(t, "a:1, b:2", p.reads("settings.prefer"))
	require.False(t, kittest.Enabled(t, p.c, "settings.proxy.apply"))

	p.tap("settings.onion")
	require.Contains(t, p.reads("settings.onion.hint"), "through a proxy alone")
	require.False(t, kittest.Get[*kit.Check](t, p.c, "settings.onion").Checked)
	require.Empty(t, p.changed)
	p.write("settings.proxy", "tor")
	p.tap("settings.proxy.apply")
	require.Contains(t, p.reads("settings.proxy.hint"), "no SOCKS5 proxy")
	require.False(t, p.sees("settings.onion.hint"))
	require.Empty(t, p.changed)
	p.write("settings.proxy", " 127.0.0.1:9050")
	p.tap("settings.proxy.apply")
	require.False(t, p.sees("settings.proxy.hint"))
	require.Equal(t, app.Peering{Proxy: "127.0.0.1:9050", Preferred: []string{"a:1", "b:2"}, NoDNS: true}, p.last().Peering)
	require.Equal(t, "127.0.0.1:9050", p.reads("settings.proxy"))
	p.tap("settings.onion")
	require.Contains(t, p.reads("settings.onion.hint"), "no onion address")
	p.write("settings.prefer", "")
	p.tap("settings.prefer.apply")
	p.tap("settings.onion")
	require.True(t, p.last().Peering.OnionOnly)
	p.tap("settings.onion")
	p.write("settings.connect", "node.example 10.0.0.1:9")
	p.tap("settings.connect.apply")
	require.Equal(t, []string{"node.example:18444", "10.0.0.1:9"}, p.last().Peering.Connect)
	p.write("settings.listen", "0.0.0.0:8333")
	p.tap("settings.listen.apply")
	require.Contains(t, p.reads("settings.listen.hint"), "would show it")
	p.write("settings.listen", "127.0.0.1:8333")
	p.tap("settings.listen.apply")
	p.tap("settings.dns")
	p.tap("settings.lowdata")
	p.tap("settings.v2")
	require.Equal(t, app.Peering{
		Connect: []string{"node.example:18444", "10.0.0.1:9"}, Proxy: "127.0.0.1:9050", Listen: "127.0.0.1:8333", LowData: true, NoV2: true,
	}, p.last().Peering)

	p.write("settings.prefer", "half-ty")
	require.False(t, p.sees("settings.listening"))
	set.Settings, set.Overruled = p.last(), "Something else holds."
	set.Listening = present.Text{Words: "Others cannot connect.", Tone: present.Warn}
	p.s.Update(set)
	require.Equal(t, "Others cannot connect.", p.reads("settings.listening"))
	require.Equal(t, "half-ty", p.reads("settings.prefer"), "what is being typed stays")
	require.Equal(t, "Something else holds.", p.reads("settings.overruled"))
}

// TestKeysReachTheConnection: Tab goes through the card from top to bottom, Enter
// applies a line, and Space ticks.
func TestKeysReachTheConnection(t *testing.T) {
	p := meet(t)
	p.s.Update(state())
	kittest.Focus(t, p.c, "settings.proxy")
	kittest.Type(t, p.c, "settings.proxy", "tor")
	kittest.Key(t, p.c, fyne.KeyReturn)
	require.Contains(t, p.reads("settings.proxy.hint"), "no SOCKS5 proxy")
	require.Equal(t, "settings.proxy", kittest.Focused(t, p.c), "to be mended")
	kittest.Type(t, p.c, "settings.proxy", "127.0.0.1:9050")
	kittest.Key(t, p.c, fyne.KeyReturn)
	require.Equal(t, "127.0.0.1:9050", p.last().Peering.Proxy)
	card := []string{
		"settings.proxy", "settings.proxy.apply", "settings.onion", "settings.connect", "settings.connect.apply", "settings.prefer", "settings.prefer.apply",
		"settings.dns", "settings.listen", "settings.listen.apply", "settings.lowdata", "settings.v2",
	}
	for _, id := range card {
		if l, is := strings.CutSuffix(id, ".apply"); is && id != "settings.proxy.apply" {
			kittest.Type(t, p.c, l, "a.example:1") // what cannot be pressed has no focus
		}
	}
	kittest.Type(t, p.c, "settings.proxy", "127.0.0.1:9")
	order := slices.DeleteFunc(kittest.TabOrder(t, p.c), func(id string) bool { return !slices.Contains(card, id) })
	require.Equal(t, card, order)
	kittest.Focus(t, p.c, "settings.lowdata")
	p.c.Focused().TypedRune(' ')
	require.True(t, p.last().Peering.LowData)
}

func TestPictures(t *testing.T) {
	for name, mode := range map[string]kit.Mode{"light": kit.Light, "dark": kit.Dark} {
		p := meetIn(t, mode)
		set := state()
		set.Settings.Peering = app.Peering{Proxy: "127.0.0.1:9050", Preferred: []string{"node.example:8333"}}
		set.Overruled = "Thistle was started with other words about this on the command line, which hold until it is closed."
		p.c.(interface{ Resize(fyne.Size) }).Resize(fyne.NewSize(640, 1900))
		p.s.Update(set)
		kittest.Type(t, p.c, "settings.listen", "0.0.0.0:8333")
		kittest.Tap(t, p.c, "settings.listen.apply")
		p.tap("settings.onion")
		kittest.Shot(t, p.c, "settings-"+name)
	}
}
