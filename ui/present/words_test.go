package present_test

import (
	"slices"
	"strings"
	"testing"

	"thistle/ui/present"

	"github.com/stretchr/testify/require"
)

// completeWord knows a small list.
func completeWord(prefix string) (found []string) {
	list := append(strings.Fields(twelveWords), "act", "action", "actor", "orient")
	slices.Sort(list)
	for _, w := range list {
		if strings.HasPrefix(w, prefix) {
			found = append(found, w)
		}
	}
	if prefix == "arbo" {
		found = append(found, "árbol")
	}
	return found
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":             "",
		"lu":           "nar",
		"LU":           "nar",
		"lunar":        "",
		"lunar ":       "",
		"lunar or":     "", // orbit, orient
		"lunar orb":    "it",
		"lunar\norb":   "it",
		"act":          "", // a word already, but others begin so
		"acti":         "on",
		"lunar xyz":    "",
		"arbo":         "", // árbol
		"lunar\u00a0m": "", // mosaic, meadow
	} {
		require.Equal(t, want, present.Completion([]byte(text), completeWord), "%q", text)
	}
}

func TestWordHint(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]present.Text{
		"":      {},
		"or":    {Words: "orbit · orient", Tone: present.Muted},
		"lunar": {},
		"act":   {Words: "act · action · actor", Tone: present.Muted},
		"xyz":   {Words: "No recovery word begins so.", Tone: present.Warn},
	} {
		require.Equal(t, want, present.WordHint([]byte(text), completeWord), "%q", text)
	}
}

func TestWordsHint(t *testing.T) {
	t.Parallel()
	shortened := strings.Replace(twelveWords, "lunar", "luna", 1)
	wrong := func(words []byte) string {
		if s := string(words); s == twelveWords || s == twelveWords+" "+twelveWords || s == shortened || s == "蒙台脫" {
			return ""
		}
		return "They do not belong together."
	}
	for _, c := range []struct {
		text string
		want string
		tone present.Tone
	}{
		{"", "Words are completed as you type: press Enter or Tab.", present.Muted},
		{"lunar ", "1 word so far.", present.Muted},
		{"lunar or", "Word 2: orbit · orient", present.Muted},
		{"lunar xy", "Word 2: No recovery word begins so.", present.Warn},
		{"lunar xy candle", "Word 2 is not in the list of recovery words.", present.Bad},
		{"lunar xy ", "Word 2 is not in the list of recovery words.", present.Bad},
		{twelveWords, "12 words, and they belong together.", present.Good},
		{strings.ToUpper(twelveWords) + "\n", "12 words, and they belong together.", present.Good},
		{shortened, "12 words, and they belong together. What was left out of some is added.", present.Good},
		{"蒙台脫", "These words belong together.", present.Good},
		{twelveWords + " orbit", "13 words so far.", present.Muted},
		{strings.Replace(twelveWords, "lunar", "orbit", 1), "12 words. If these are all, one of them is wrong, or two are swapped.", present.Warn},
		{twelveWords + " " + twelveWords, "24 words, and they belong together.", present.Good},
		{twelveWords + " " + strings.Replace(twelveWords, "lunar", "orbit", 1), "24 words, but they do not belong together: one of them is wrong, or two are swapped.", present.Bad},
		{twelveWords + " " + twelveWords + " orbit", "25 words: these are too many, there are never more than 24.", present.Bad},
	} {
		require.Equal(t, present.Text{Words: c.want, Tone: c.tone}, present.WordsHint([]byte(c.text), completeWord, wrong), "%q", c.text)
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ü", 2048)
	for _, c := range []struct{ password, repeat, problem string }{
		{"", "", "Choose a password first."},
		{"", "a", "Choose a password first."},
		{"a", "", "Type the password a second time."},
		{"a", "b", "The two passwords differ."},
		{"a", "a ", "The two passwords differ."},
		{"a", "a", ""},
		{long, long, ""},
		{long + "a", long + "a", "This password is far too long."},
	} {
		require.Equal(t, c.problem, present.PasswordProblem([]byte(c.password), []byte(c.repeat)))
	}
	for password, tone := range map[string]present.Tone{
		"": present.Muted, "1234567": present.Bad, "12345678": present.Warn, "12345678901": present.Warn,
		"üüüüüüüüüüü": present.Warn, "123456789012": present.Good, long: present.Good, long + "a": present.Bad,
	} {
		hint := present.PasswordHint([]byte(password))
		require.NotEmpty(t, hint.Words)
		require.Equal(t, tone, hint.Tone, "%.20q", password)
	}
	for _, c := range []struct {
		password, repeat string
		want             present.Text
	}{
		{"abc", "", present.Text{}},
		{"", "abc", present.Text{}},
		{"abc", "ab", present.Text{}},
		{"abc", "abc", present.Text{Words: "The same.", Tone: present.Good}},
		{"abc", "abd", present.Text{Words: "This differs from the first one.", Tone: present.Bad}},
		{"abc", "abcd", present.Text{Words: "This differs from the first one.", Tone: present.Bad}},
	} {
		require.Equal(t, c.want, present.RepeatHint([]byte(c.password), []byte(c.repeat)))
	}
}
