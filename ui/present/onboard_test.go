package present_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"thistle/app"
	"thistle/ui/present"

	"github.com/stretchr/testify/require"
)

const twelveWords = "lunar orbit candle velvet mosaic ripple harvest timber anchor ginger puzzle meadow"

func anyText(string) string { return "" }

func anyWords([]byte) string { return "" }

// zeroDice always throws 0, so that the first words are asked back.
func zeroDice(int) int { return 0 }

// atWords is a wizard that shows new words.
func atWords(t *testing.T, dice func(int) int, words string) *present.Wizard {
	t.Helper()
	w := present.NewWizard(dice)
	w.Choose(false)
	w.SetCount(len(strings.Fields(words)))
	require.Empty(t, w.Name("Savings", nil, anyText))
	require.Equal(t, present.StepWords, w.Step())
	require.False(t, w.HasWords())
	w.Made([]byte(words))
	require.True(t, w.HasWords())
	return w
}

func typedAs(words ...string) (out [][]byte) {
	for _, w := range words {
		out = append(out, []byte(w))
	}
	return out
}

func TestOnboardOf(t *testing.T) {
	t.Parallel()
	for network, want := range map[string]string{
		"mainnet":  "",
		"regtest":  "This is regtest, a private practice network. Its coins are worth nothing.",
		"testnet4": "This is testnet4, a test network. Its coins are worth nothing.",
	} {
		o := present.OnboardOf(present.Snapshot{Network: network}, []app.WalletInfo{{Name: "a"}, {Name: "b"}})
		require.Equal(t, present.OnboardState{Network: want, Taken: []string{"a", "b"}}, o)
	}
	demo := present.OnboardOf(present.Snapshot{Network: "regtest", Demo: true}, nil)
	require.True(t, demo.Demo)
	require.Contains(t, demo.Network, "demo")
}

func TestWizardCreates(t *testing.T) {
	t.Parallel()
	w := present.NewWizard(zeroDice)
	_, now := w.Progress()
	require.Equal(t, -1, now)
	w.Choose(false)
	require.Equal(t, present.StepName, w.Step())
	require.Empty(t, w.Name(" Savings ", nil, anyText))
	w.Made([]byte(twelveWords))
	names, now := w.Progress()
	require.Equal(t, []string{"Name", "Back up", "Check", "Password"}, names)
	require.Equal(t, 1, now)
	require.Equal(t, "lunar", w.Word(1))
	require.Equal(t, "meadow", w.Word(12))
	require.Empty(t, w.Word(0))
	require.Empty(t, w.Word(13))
	require.Contains(t, w.Source(), "128 random bits")

	w.Written()
	require.Equal(t, present.StepCheck, w.Step())
	require.Empty(t, w.Word(1), "words are told only while they are shown")
	require.Equal(t, []int{1, 2, 3}, w.Asked())
	require.Empty(t, w.Check(typedAs("lunar", " ORBIT ", "candle")))
	require.True(t, w.Checked())
	require.Equal(t, present.StepPassword, w.Step())

	start, problem := w.Password([]byte("a"), []byte("b"))
	require.False(t, start)
	require.Equal(t, "The two passwords differ.", problem)
	start, problem = w.Password([]byte("a"), []byte("a"))
	require.True(t, start)
	require.Empty(t, problem)
	require.True(t, w.Busy())
	require.Equal(t, present.Order{Name: "Savings", Words: []byte(twelveWords)}, w.Order())
}

func TestWizardMakesOnce(t *testing.T) {
	t.Parallel()
	w := atWords(t, zeroDice, twelveWords)
	w.Written()
	w.Later()
	w.Later()
	start, _ := w.Password([]byte("a"), []byte("a"))
	require.True(t, start)
	start, problem := w.Password([]byte("a"), []byte("a"))
	require.False(t, start, "a second press makes no second wallet")
	require.Empty(t, problem)
	w.Back()
	require.Equal(t, present.StepPassword, w.Step(), "no way back while it is being made")
	w.Failed()
	start, _ = w.Password([]byte("a"), []byte("a"))
	require.True(t, start, "after a failure it can be tried again")
}

func TestWizardNames(t *testing.T) {
	t.Parallel()
	wrong := func(name string) string {
		if name == "bad/name" {
			return "No."
		}
		return ""
	}
	for _, c := range []struct{ typed, problem, want string }{
		{"Savings", "", "Savings"},
		{"  ", "", "My wallet 2"},
		{"", "", "My wallet 2"},
		{"bad/name", "No.", ""},
		{"my WALLET", `There is a wallet called "my WALLET" already.`, ""},
	} {
		w := present.NewWizard(zeroDice)
		w.Choose(false)
		require.Equal(t, c.problem, w.Name(c.typed, []string{"My wallet"}, wrong), c.typed)
		if c.problem != "" {
			require.Equal(t, present.StepName, w.Step())
			continue
		}
		require.Equal(t, c.want, w.Order().Name)
	}
	require.Equal(t, "My wallet", present.FreeName(nil))
	require.Equal(t, "My wallet 3", present.FreeName([]string{"my wallet", "My wallet 2"}))
}

func TestWizardRefusesWrongWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answers [][]byte
		wrong   []int
	}{
		{typedAs("orbit", "orbit", "candle"), []int{1}},
		{typedAs("lunar", "", "velvet"), []int{2, 3}},
		{typedAs("lunar", "orbit"), []int{3}},
		{nil, []int{1, 2, 3}},
		{typedAs("lunar x", "orbit", "candle"), []int{1}},
	} {
		w := atWords(t, zeroDice, twelveWords)
		w.Written()
		require.Equal(t, c.wrong, w.Check(c.answers))
		require.Equal(t, present.StepCheck, w.Step())
		require.False(t, w.Checked())
	}
	w := present.NewWizard(zeroDice)
	require.Empty(t, w.Check(nil))
	require.Equal(t, present.StepWelcome, w.Step(), "nothing is checked elsewhere")
}

// Every position can be asked for, none twice, and each time anew.
func TestWizardAsksAnywhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		words string
		asked int
	}{{twelveWords, 3}, {twelveWords + " " + twelveWords, 4}} {
		n := len(strings.Fields(c.words))
		seen := map[int]bool{}
		throw := 0
		w := atWords(t, func(of int) int {
			require.Positive(t, of)
			throw++
			return throw * 7 % of
		}, c.words)
		for range 100 {
			w.Written()
			asked := w.Asked()
			require.Len(t, asked, c.asked)
			for i, p := range asked {
				require.GreaterOrEqual(t, p, 1)
				require.LessOrEqual(t, p, n)
				if i > 0 {
					require.Less(t, asked[i-1], p)
				}
				seen[p] = true
			}
			w.Back()
		}
		require.Len(t, seen, n)
	}
}

func TestWizardLater(t *testing.T) {
	t.Parallel()
	w := atWords(t, zeroDice, twelveWords)
	w.Later()
	require.Equal(t, present.StepWords, w.Step(), "only the check can be put off")
	w.Written()
	w.Later()
	require.True(t, w.Sure())
	require.Equal(t, present.StepCheck, w.Step(), "it asks once more")
	w.Back()
	w.Written()
	require.False(t, w.Sure(), "and does not remember an answer half given")
	w.Later()
	w.Later()
	require.Equal(t, present.StepPassword, w.Step())
	require.True(t, w.Order().Later)

	w.Back()
	require.Empty(t, w.Check(typedAs("lunar", "orbit", "candle")))
	require.False(t, w.Order().Later, "who checks after all need not be reminded")
}

func TestWizardBackKeeps(t *testing.T) {
	t.Parallel()
	w := atWords(t, zeroDice, twelveWords)
	w.Written()
	w.Check(typedAs("lunar", "orbit", "candle"))
	for _, want := range []present.OnboardStep{present.StepCheck, present.StepWords, present.StepName} {
		w.Back()
		require.Equal(t, want, w.Step())
	}
	require.Empty(t, w.Name("Other", nil, anyText))
	require.Equal(t, "lunar", w.Word(1), "the words on the paper stay the words")
	w.Written()
	require.True(t, w.Checked(), "and what was shown stays shown")
	require.Empty(t, w.Check(nil))
	require.Equal(t, present.StepPassword, w.Step())
	require.Equal(t, "Other", w.Order().Name)

	w.Back()
	w.Back()
	w.Back()
	w.SetCount(12)
	require.Empty(t, w.Name("Other", nil, anyText))
	require.True(t, w.HasWords())
	w.Back()
	w.SetCount(24)
	require.Empty(t, w.Name("Other", nil, anyText))
	require.False(t, w.HasWords(), "another number needs other words")
	require.False(t, w.Checked())
	w.Made([]byte(twelveWords))
	require.False(t, w.HasWords(), "and not so few")
}

func TestWizardWelcomeForgets(t *testing.T) {
	t.Parallel()
	w := atWords(t, zeroDice, twelveWords)
	w.Back()
	w.Back()
	w.Back()
	require.Equal(t, present.StepWelcome, w.Step())
	require.False(t, w.HasWords())
	w.Choose(true)
	require.Empty(t, w.Name("", nil, anyText))
	require.Equal(t, present.StepMnemonic, w.Step())
	require.Empty(t, w.Kept().Words)
	w.Made([]byte(twelveWords))
	require.Empty(t, w.Kept().Words, "new words that come late do not land among the old")
}

func TestWizardRestores(t *testing.T) {
	t.Parallel()
	w := present.NewWizard(zeroDice)
	w.Choose(true)
	require.True(t, w.Restoring())
	require.Empty(t, w.Name("Old", nil, anyText))
	names, now := w.Progress()
	require.Equal(t, []string{"Name", "Words", "Password"}, names)
	require.Equal(t, 1, now)

	typed := present.TypedWords{Words: []byte("  Lunar\n" + strings.ToUpper(twelveWords[6:]) + " "), Passphrase: []byte("a  B "), Repeat: []byte("a  B "), Birthday: " 2020-01-02 "}
	for _, c := range []struct {
		change  func(*present.TypedWords)
		problem string
	}{
		{func(t *present.TypedWords) { t.Words = []byte(" \n") }, "Type your recovery words first."},
		{func(t *present.TypedWords) { t.Words = []byte("bad") }, "Bad words."},
		{func(t *present.TypedWords) { t.Birthday = "bad" }, "Bad day."},
		{func(t *present.TypedWords) { t.Repeat = []byte("a b") }, "The two passphrases differ."},
		{func(t *present.TypedWords) {
			t.Passphrase = bytes.Repeat([]byte("a"), 1025)
			t.Repeat = t.Passphrase
		}, "This passphrase is too long."},
		{func(*present.TypedWords) {}, ""},
	} {
		now := typed
		c.change(&now)
		problem := w.Mnemonic(now,
			func(words []byte) string {
				if string(words) == "bad" {
					return "Bad words."
				}
				require.Equal(t, twelveWords, string(words))
				return ""
			},
			func(day string) string {
				if day == "bad" {
					return "Bad day."
				}
				require.Equal(t, "2020-01-02", day)
				return ""
			})
		require.Equal(t, c.problem, problem)
	}
	require.Equal(t, present.StepPassword, w.Step())
	require.Equal(t, present.Order{Name: "Old", Words: []byte(twelveWords), Passphrase: []byte("a  B "), Birthday: "2020-01-02"}, w.Order())
	clear(typed.Words)
	w.Back()
	kept := w.Kept()
	require.Equal(t, "  Lunar\n"+strings.ToUpper(twelveWords[6:])+" ", string(kept.Words), "as it was typed, and the wizard's own copy")
	require.Equal(t, "a  B ", string(kept.Repeat))
}

func TestWizardWipes(t *testing.T) {
	t.Parallel()
	w := present.NewWizard(zeroDice)
	w.Choose(true)
	require.Empty(t, w.Name("Old", nil, anyText))
	w.Keep(present.TypedWords{Words: []byte(twelveWords), Passphrase: []byte("secret"), Birthday: "1"})
	require.NotContains(t, fmt.Sprintf("%+v %#v", w, w), "lunar", "printing the wizard prints no words")
	w.Wipe()
	require.Equal(t, present.StepWelcome, w.Step())
	require.False(t, w.HasWords())
	require.Empty(t, w.Order().Words)
	require.Empty(t, w.Order().Name)
	w.Choose(true)
	require.Equal(t, present.TypedWords{}, w.Kept())
}

// A page that is not open takes nothing.
func TestWizardKeepsItsOrder(t *testing.T) {
	t.Parallel()
	w := present.NewWizard(zeroDice)
	require.Empty(t, w.Name("x", nil, anyText))
	w.Written()
	w.Later()
	w.SetCount(24)
	require.Empty(t, w.Mnemonic(present.TypedWords{}, anyWords, anyText))
	start, problem := w.Password([]byte("a"), []byte("a"))
	require.False(t, start)
	require.Empty(t, problem)
	w.Back()
	require.Equal(t, present.StepWelcome, w.Step())
	require.Equal(t, 12, w.Count())
	w.Choose(false)
	w.Choose(true)
	require.False(t, w.Restoring())
	require.Empty(t, w.Name("x", nil, anyText))
	w.Written()
	require.Equal(t, present.StepWords, w.Step(), "there is nothing yet that could be on paper")
}

func TestEveryPageHasWords(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	look := func(w *present.Wizard) {
		title, lead := w.Page()
		require.NotEmpty(t, lead)
		seen[title] = true
	}
	w := present.NewWizard(zeroDice)
	look(w)
	w.Choose(true)
	require.Empty(t, w.Name("", nil, anyText))
	look(w)
	w = present.NewWizard(zeroDice)
	w.Choose(false)
	look(w)
	require.Empty(t, w.Name("", nil, anyText))
	look(w)
	w.Made([]byte(twelveWords))
	w.Written()
	look(w)
	w.Later()
	w.Later()
	look(w)
	require.Len(t, seen, 6)
}
