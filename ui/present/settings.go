package present

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"thistle/app"
)

// Theme chooses between light and dark; ui/kit has the same in the same order.
type Theme int

// The themes. ThemeSystem follows the desktop.
const (
	ThemeSystem Theme = iota
	ThemeLight
	ThemeDark
)

// themes are the names in the settings' file, and the words on the screen.
var themes = [...]struct{ name, words string }{
	{"system", "As the desktop"}, {"light", "Light"}, {"dark", "Dark"},
}

// Themes lists the words for all themes, in their order.
func Themes() []string {
	var list []string
	for _, t := range themes {
		list = append(list, t.words)
	}
	return list
}

// Settings is app.Settings in the types of the window.
type Settings struct {
	Theme     Theme
	Unit      Unit
	LockAfter time.Duration // 0 never
	Hide      bool
	Wallet    string // last opened
	// Data is how much of the chain is fetched and kept; of FullBlocks it has the
	// number.
	Data app.Data
	// Peering is how other peers are found and met.
	Peering app.Peering
}

// Equal tells whether both are the same choice.
func (s Settings) Equal(o Settings) bool {
	return s.Theme == o.Theme && s.Unit == o.Unit && s.LockAfter == o.LockAfter && s.Hide == o.Hide && s.Wallet == o.Wallet &&
		s.Data == o.Data && s.Peering.Equal(o.Peering)
}

// SettingsFrom takes settings as they are kept.
func SettingsFrom(a app.Settings) Settings {
	s := Settings{Unit: ParseUnit(a.Unit), LockAfter: max(a.LockAfter, 0), Hide: a.Hide, Wallet: a.Wallet, Data: a.Data, Peering: a.Peering}
	if s.Data.FullBlocks == 0 {
		s.Data.FullBlocks = app.DefaultFullBlocks
	}
	for i, t := range themes {
		if t.name == a.Theme {
			s.Theme = Theme(i)
		}
	}
	return s
}

// App is the form in which settings are kept.
func (s Settings) App() app.Settings {
	theme := s.Theme
	if theme < 0 || int(theme) >= len(themes) {
		theme = ThemeSystem
	}
	data := s.Data
	if data.FullBlocks == app.DefaultFullBlocks { // as usual, also where that will be another number
		data.FullBlocks = 0
	}
	return app.Settings{Theme: themes[theme].name, Unit: s.Unit.String(), LockAfter: s.LockAfter, Hide: s.Hide, Wallet: s.Wallet, Data: data, Peering: s.Peering}
}

// Prefs is what screens need of the settings.
func (s Settings) Prefs() Prefs { return Prefs{Unit: s.Unit, Hide: s.Hide} }

// LockTime is how long nobody may touch the window before the wallet locks.
type LockTime struct {
	After time.Duration // 0 never
	Words string
}

var lockTimes = []LockTime{
	{time.Minute, "1 minute"}, {5 * time.Minute, "5 minutes"}, {10 * time.Minute, "10 minutes"}, {30 * time.Minute, "30 minutes"}, {0, "Never"},
}

// LockTimes lists what can be chosen, and what is set now even if it is none of
// these.
func LockTimes(now time.Duration) []LockTime {
	if slices.ContainsFunc(lockTimes, func(l LockTime) bool { return l.After == now }) {
		return slices.Clone(lockTimes)
	}
	return append([]LockTime{{now, Duration(now)}}, lockTimes...)
}

// LockWarning says what it means to lock never, and is empty otherwise.
func LockWarning(after time.Duration) string {
	if after > 0 {
		return ""
	}
	return "Whoever finds this computer switched on can see all payments and addresses. Sending still asks for the password."
}

// About is what the program says of itself.
type About struct {
	Version, DataDir string
}

// SettingsState is the screen of settings.
type SettingsState struct {
	Now      time.Time // so that secrets are not shown for long
	Settings Settings

	// What follows is empty while no wallet is open.
	Wallet                         string
	Network, Fingerprint, Birthday string
	Descriptors                    []string
	BackedUp                       bool
	Backup                         Text // of the recovery words

	Version, DataDir string

	// Chain is the network that peers are chosen for; Overruled says that
	// something else holds for now, empty if not.
	Chain, Overruled string
	// Listening says whether others can connect, empty if they are not to.
	Listening Text
}

// Open says that there is an open wallet.
func (s SettingsState) Open() bool { return s.Wallet != "" }

// SettingsOf makes the screen of settings.
func SettingsOf(s Snapshot, set Settings, about About) SettingsState {
	o := SettingsState{Now: s.Now, Settings: set, Version: orWords(about.Version, "development version"), DataDir: Plain(about.DataDir)}
	o.Chain, o.Overruled = s.Network, overruled(s, set.Peering)
	switch l := s.Listening; {
	case l.Problem != "":
		o.Listening = Text{"Others cannot connect: " + l.Problem + ".", Warn}
	case l.Addr != "":
		o.Listening = Text{"Others can connect at " + l.Addr + ".", Good}
	}
	if s.Wallet == "" {
		return o
	}
	o.Wallet, o.Network, o.BackedUp = Plain(s.Wallet), networkLine(s), s.BackedUp
	if s.Status.Fingerprint != ([4]byte{}) {
		o.Fingerprint = hex.EncodeToString(s.Status.Fingerprint[:])
	}
	if o.Birthday = Date(s.Status.Birthday, s.Now); o.Birthday != "" && s.Status.BirthdayHeight != nil {
		o.Birthday += ", block " + number(*s.Status.BirthdayHeight)
	}
	o.Descriptors = s.Status.Descriptors
	o.Backup = Text{"Checked: you have them", Good}
	if !s.BackedUp {
		o.Backup = Text{"Not checked yet", Warn}
	}
	return o
}

// NewPasswordProblem says why a password cannot be changed.
func NewPasswordProblem(old, password, repeat []byte) string {
	if len(old) == 0 {
		return "Type the password the wallet has now."
	}
	if problem := PasswordProblem(password, repeat); problem != "" {
		return problem
	}
	if bytes.Equal(old, password) {
		return "The new password is the old one."
	}
	return ""
}

// WordCheck asks for some recovery words, to show that they are on paper. It
// keeps a copy of the words until Wipe.
type WordCheck struct {
	words app.Secret
	asked []int
}

// asksFor is how many words a check asks for.
const asksFor = 3

// NewWordCheck asks for words at positions thrown by dice, where dice(n) is a
// number from 0 to n-1.
func NewWordCheck(words []byte, dice func(n int) int) *WordCheck {
	words = bytes.Clone(words)
	c := &WordCheck{words: func() []byte { return words }}
	n := len(bytes.Fields(words))
	for len(c.asked) < min(asksFor, n) {
		if p := dice(n) + 1; !slices.Contains(c.asked, p) {
			c.asked = append(c.asked, p)
		}
	}
	slices.Sort(c.asked)
	return c
}

// Asked are the positions of the words, from 1.
func (c *WordCheck) Asked() []int { return c.asked }

// Check says in a sentence which answers, in the order of Asked, are wrong. It
// is empty if none is.
func (c *WordCheck) Check(answers [][]byte) (problem string) {
	words := bytes.Fields(c.words())
	var wrong []string
	for i, p := range c.asked {
		var answer []byte
		if i < len(answers) {
			answer = simpleWords(answers[i])
		}
		if p > len(words) || !bytes.Equal(answer, words[p-1]) {
			wrong = append(wrong, strconv.Itoa(p))
		}
		clear(answer)
	}
	switch len(wrong) {
	case 0:
		return ""
	case 1:
		return "Word " + wrong[0] + " is not right. Look at your paper again."
	}
	last := len(wrong) - 1
	return fmt.Sprintf("Words %s and %s are not right. Look at your paper again.", commas(wrong[:last]), wrong[last])
}

func commas(list []string) string {
	text := list[0]
	for _, s := range list[1:] {
		text += ", " + s
	}
	return text
}

// Wipe forgets the words.
func (c *WordCheck) Wipe() {
	clear(c.words())
	c.asked = nil
}
