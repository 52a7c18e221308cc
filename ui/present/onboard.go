package present

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"thistle/app"
)

// OnboardState is what the wizard must know of the world around it.
type OnboardState struct {
	// Network says that this is not mainnet; empty if it is.
	Network string
	Demo    bool
	// Taken are the names that are in use.
	Taken []string
}

// OnboardOf makes the state of the wizard.
func OnboardOf(s Snapshot, wallets []app.WalletInfo) OnboardState {
	o := OnboardState{Network: networkWords(s.Network, s.Demo), Demo: s.Demo}
	for _, w := range wallets {
		o.Taken = append(o.Taken, w.Name)
	}
	return o
}

// networkWords names every network but mainnet.
func networkWords(network string, demo bool) string {
	switch {
	case demo:
		return "This is the demo: a practice network inside this computer. Its coins are worth nothing, so try everything."
	case network == "mainnet":
		return ""
	case network == "regtest":
		return "This is regtest, a private practice network. Its coins are worth nothing."
	}
	return "This is " + Plain(network) + ", a test network. Its coins are worth nothing."
}

// OnboardStep is a page of the wizard.
type OnboardStep int

// The pages.
const (
	StepWelcome  OnboardStep = iota
	StepName                 // what the wallet is called
	StepWords                // new words are shown, to be written down
	StepCheck                // some of them are asked back
	StepMnemonic             // old words are typed in
	StepPassword
)

// Wizard leads to a new or a restored wallet. It is told what the person does,
// and says which page comes next and what is wrong. Nothing is made before the
// last page: Order then says what. It keeps words and passphrase until Wipe, but
// never a password.
type Wizard struct {
	dice    func(n int) int
	step    OnboardStep
	restore bool
	busy    bool

	name       string
	words      app.Secret // as made, or as typed; nil if there are none
	passphrase app.Secret
	repeat     app.Secret
	birthday   string

	count                int   // of new words
	asked                []int // which of them are asked back, from 1
	checked, later, sure bool
}

// NewWizard begins at the welcome page. dice(n) is a number from 0 to n-1.
func NewWizard(dice func(n int) int) *Wizard { return &Wizard{dice: dice, count: 12} }

// Wipe forgets everything and goes back to the welcome page.
func (w *Wizard) Wipe() {
	w.dropWords()
	*w = *NewWizard(w.dice)
}

// dropWords forgets the words, and all that is known of them.
func (w *Wizard) dropWords() {
	wipeSecret(&w.words)
	wipeSecret(&w.passphrase)
	wipeSecret(&w.repeat)
	w.birthday = ""
	w.asked, w.checked, w.later, w.sure = nil, false, false, false
}

// holdSecret keeps a copy of secret bytes where printing the holder does not find it.
func holdSecret(b []byte) app.Secret {
	b = bytes.Clone(b)
	return func() []byte { return b }
}

func wipeSecret(s *app.Secret) {
	clear(revealSecret(*s))
	*s = nil
}

func revealSecret(s app.Secret) []byte {
	if s == nil {
		return nil
	}
	return s()
}

// Step is the page to show.
func (w *Wizard) Step() OnboardStep { return w.step }

// Restoring says that old words are brought back.
func (w *Wizard) Restoring() bool { return w.restore }

// steps are the pages in their order.
func (w *Wizard) steps() []OnboardStep {
	if w.restore {
		return []OnboardStep{StepWelcome, StepName, StepMnemonic, StepPassword}
	}
	return []OnboardStep{StepWelcome, StepName, StepWords, StepCheck, StepPassword}
}

// Progress names the steps after the welcome page, and says which one it is,
// from 0; -1 at the welcome page.
func (w *Wizard) Progress() (names []string, now int) {
	names = []string{"Name", "Back up", "Check", "Password"}
	if w.restore {
		names = []string{"Name", "Words", "Password"}
	}
	return names, slices.Index(w.steps(), w.step) - 1
}

// Page is what stands above a page: its title, and what it is about.
func (w *Wizard) Page() (title, lead string) {
	switch w.step {
	case StepName:
		return "Name your wallet", "Only you see the name. It tells your wallets apart if you have several."
	case StepWords:
		return "Write these " + strconv.Itoa(w.count) + " words down",
			"On paper, in this order. Whoever has them has your coins; without them nobody — not you, not us, for there is no us — can bring the coins back."
	case StepCheck:
		return "Check what you wrote", "Take your paper and type the words that are asked for. This shows that the backup is there before it is needed."
	case StepMnemonic:
		return "Type your recovery words", "In their order, parted by spaces: 12, 15, 18, 21 or 24 English words. They stay on this computer."
	case StepPassword:
		return "Choose a password", "It opens the wallet on this computer and is asked for before anything is sent. It cannot be recovered; if you forget it, only the recovery words bring the wallet back."
	}
	return "Welcome to Thistle", "A Bitcoin wallet that takes part in the network itself. It asks no server and tells nobody which addresses are yours; the keys never leave this computer."
}

func (w *Wizard) move(by int) {
	steps := w.steps()
	w.step = steps[max(slices.Index(steps, w.step)+by, 0)]
	w.sure = false
}

// Back goes one page back and keeps what was said there. The welcome page is
// the exception: it forgets the secrets.
func (w *Wizard) Back() {
	if w.busy {
		return
	}
	w.move(-1)
	if w.step == StepWelcome {
		w.dropWords()
	}
}

// Choose leaves the welcome page.
func (w *Wizard) Choose(restore bool) {
	if w.step == StepWelcome {
		w.restore = restore
		w.move(1)
	}
}

// FreeName is what a wallet is called if the person has no wish.
func FreeName(taken []string) string {
	const name = "My wallet"
	for i := 1; ; i++ {
		n := name
		if i > 1 {
			n += " " + strconv.Itoa(i)
		}
		if !isTaken(n, taken) {
			return n
		}
	}
}

// isTaken holds names that differ in case only for the same, as some file
// systems do.
func isTaken(name string, taken []string) bool {
	return slices.ContainsFunc(taken, func(t string) bool { return strings.EqualFold(t, name) })
}

// Name takes the wallet's name, FreeName's if it is empty. wrong says what else
// is the matter with a name.
func (w *Wizard) Name(name string, taken []string, wrong func(string) string) (problem string) {
	if w.step != StepName {
		return ""
	}
	if name = strings.TrimSpace(name); name == "" {
		name = FreeName(taken)
	}
	if isTaken(name, taken) {
		return fmt.Sprintf("There is a wallet called %s already.", quote(name))
	}
	if problem = wrong(name); problem != "" {
		return problem
	}
	w.name = name
	w.move(1)
	return ""
}

// Count is how many words a new wallet gets.
func (w *Wizard) Count() int { return w.count }

// SetCount asks for 12 or 24 words; those made before are forgotten.
func (w *Wizard) SetCount(n int) {
	if w.step == StepName && n != w.count {
		w.dropWords()
		w.count = n
	}
}

// HasWords says that there are words.
func (w *Wizard) HasWords() bool { return w.words != nil }

// Made brings the words that were asked for.
func (w *Wizard) Made(words []byte) {
	if w.restore || w.step == StepWelcome || len(bytes.Fields(words)) != w.count {
		return
	}
	w.dropWords()
	w.words = holdSecret(words)
}

// Word is the word at a position from 1, while the words are shown.
func (w *Wizard) Word(position int) string {
	if w.step != StepWords {
		return ""
	}
	return string(w.at(position))
}

func (w *Wizard) at(position int) []byte {
	words := bytes.Fields(revealSecret(w.words))
	if position < 1 || position > len(words) {
		return nil
	}
	return words[position-1]
}

// Source says where the words come from.
func (w *Wizard) Source() string {
	return fmt.Sprintf("Words made on this computer from %d random bits · BIP39 English", w.count/3*32)
}

// Written says that the person has the words on paper. Which of them are asked
// back is thrown anew each time, so that the paper is needed and not the memory.
func (w *Wizard) Written() {
	if w.step != StepWords || !w.HasWords() {
		return
	}
	w.move(1)
	if w.checked {
		return
	}
	positions := make([]int, w.count)
	for i := range positions {
		positions[i] = i + 1
	}
	w.asked = positions[:2+w.count/12]
	for i := range w.asked {
		j := i + w.dice(w.count-i)
		positions[i], positions[j] = positions[j], positions[i]
	}
	slices.Sort(w.asked)
}

// Asked are the positions, from 1, of the words that are asked back.
func (w *Wizard) Asked() []int { return w.asked }

// Checked says that the words were shown to be on paper.
func (w *Wizard) Checked() bool { return w.checked }

// Check compares the words asked back, in the order of Asked, and says which
// positions are wrong. If none is, it goes on.
func (w *Wizard) Check(answers [][]byte) (wrong []int) {
	if w.step != StepCheck {
		return nil
	}
	for i, position := range w.asked {
		if w.checked {
			break
		}
		var answer []byte
		if i < len(answers) {
			answer = bytes.ToLower(bytes.TrimSpace(answers[i]))
		}
		if !bytes.Equal(answer, w.at(position)) {
			wrong = append(wrong, position)
		}
		clear(answer)
	}
	if len(wrong) == 0 && len(w.asked) > 0 {
		w.checked, w.later = true, false
		w.move(1)
	}
	return wrong
}

// Later puts the check off. The first time it only asks whether the person is
// sure; see Sure.
func (w *Wizard) Later() {
	if w.step != StepCheck {
		return
	}
	if !w.sure {
		w.sure = true
		return
	}
	w.later = true
	w.move(1)
}

// Sure says that the person is being asked whether they mean Later.
func (w *Wizard) Sure() bool { return w.sure }

// TypedWords is what the page of old words holds. Its bytes are the caller's to wipe.
type TypedWords struct {
	Words, Passphrase, Repeat []byte
	Birthday                  string
}

// Keep remembers the page of old words as it is.
func (w *Wizard) Keep(t TypedWords) {
	if w.step == StepMnemonic {
		w.dropWords()
		w.words, w.passphrase, w.repeat, w.birthday = holdSecret(t.Words), holdSecret(t.Passphrase), holdSecret(t.Repeat), t.Birthday
	}
}

// Kept is what Keep remembered. The bytes are copies, the caller's to wipe.
func (w *Wizard) Kept() TypedWords {
	if !w.restore {
		return TypedWords{}
	}
	return TypedWords{Words: bytes.Clone(revealSecret(w.words)), Passphrase: bytes.Clone(revealSecret(w.passphrase)),
		Repeat: bytes.Clone(revealSecret(w.repeat)), Birthday: w.birthday}
}

// maxPassphrase is how long a passphrase can be, in bytes.
const maxPassphrase = 1024

// Mnemonic keeps the page of old words and goes on if all is right. wordsWrong
// and birthdayWrong say what is the matter with those.
func (w *Wizard) Mnemonic(t TypedWords, wordsWrong func([]byte) string, birthdayWrong func(string) string) (problem string) {
	if w.step != StepMnemonic {
		return ""
	}
	w.Keep(t)
	words := simpleWords(t.Words)
	defer clear(words)
	if len(words) == 0 {
		return "Type your recovery words first."
	}
	if problem = wordsWrong(words); problem != "" {
		return problem
	}
	if birthday := strings.TrimSpace(t.Birthday); birthday != "" {
		if problem = birthdayWrong(birthday); problem != "" {
			return problem
		}
	}
	switch {
	case len(t.Passphrase) > maxPassphrase:
		return "This passphrase is too long."
	case !bytes.Equal(t.Passphrase, t.Repeat):
		return "The two passphrases differ."
	}
	w.move(1)
	return ""
}

// Password checks a password and begins to make the wallet, once: start is false
// if it is being made already or something is wrong.
func (w *Wizard) Password(password, repeat []byte) (start bool, problem string) {
	if w.step != StepPassword || w.busy {
		return false, ""
	}
	if problem = PasswordProblem(password, repeat); problem != "" {
		return false, problem
	}
	w.busy = true
	return true, ""
}

// Busy says that the wallet is being made.
func (w *Wizard) Busy() bool { return w.busy }

// Failed says that it was not made.
func (w *Wizard) Failed() { w.busy = false }

// Order is what is to be made. Its bytes are copies, the receiver's to wipe.
type Order struct {
	Name              string
	Words, Passphrase []byte
	Birthday          string
	Later             bool // the words were not checked
}

// Order says what is to be made.
func (w *Wizard) Order() Order {
	return Order{Name: w.name, Words: simpleWords(revealSecret(w.words)), Passphrase: bytes.Clone(revealSecret(w.passphrase)),
		Birthday: strings.TrimSpace(w.birthday), Later: w.later && !w.checked}
}
