package app_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"thistle/app"
	"thistle/keystore/keystoretest"

	"github.com/stretchr/testify/require"
)

// Words are made and checked before there is a wallet, and nothing is written.
func TestWordsBeforeAWallet(t *testing.T) {
	t.Parallel()
	for _, count := range []int{12, 24} {
		words, err := app.NewWords(count)
		require.NoError(t, err)
		require.Len(t, bytes.Fields(words()), count)
		require.NoError(t, app.CheckWords(words))
		again, err := app.NewWords(count)
		require.NoError(t, err)
		require.NotEqual(t, words(), again())
		for _, word := range bytes.Fields(words()) {
			require.Contains(t, app.CompleteWord(string(word)), string(word))
		}
	}
	_, err := app.NewWords(15)
	require.Equal(t, app.KindWords, app.KindOf(err))

	err = app.CheckWords(secret(strings.Replace(keystoretest.Words12, "about", "abuot", 1)))
	require.Equal(t, app.KindWords, app.KindOf(err))
	require.ErrorContains(t, err, "word 12 is not in the list")
	require.NotContains(t, err.Error(), "abuot")
	require.ErrorContains(t, app.CheckWords(secret("abandon")), "there are 1 words")
	require.ErrorContains(t, app.CheckWords(secret(strings.Replace(keystoretest.Words12, "about", "zoo", 1))), "do not belong together")
	require.Error(t, app.CheckWords(nil))
}

// What dice give into new words can be worked out beforehand by nobody, and too few
// are refused before anything is made.
func TestDice(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	rolls := secret(strings.Repeat("1 2 3 4 5 6\n", 10))
	n, bits, err := app.CheckDice(rolls)
	require.NoError(t, err)
	require.Equal(t, []int{60, 155}, []int{n, bits})
	seen := map[string]bool{}
	for _, name := range []string{"one", "two"} {
		made, err := app.Create(env, app.CreateParams{Name: name, Words: 24, Dice: rolls, Password: secret(keystoretest.Password)})
		require.NoError(t, err)
		require.Len(t, bytes.Fields(made.Words()), 24)
		seen[string(made.Words())] = true
	}
	require.Len(t, seen, 2, "the system draws, too")
	_, err = app.Create(env, app.CreateParams{Name: "three", Words: 12, Dice: secret("123"), Password: secret(keystoretest.Password)})
	require.Equal(t, app.KindDice, app.KindOf(err))
	_, _, err = app.CheckDice(secret("7"))
	require.Equal(t, app.KindDice, app.KindOf(err))
	infos, err := app.Wallets(env)
	require.NoError(t, err)
	require.Len(t, infos, 2)
}

// Words of all languages lead to their wallets, typed as people do, and are shown
// again in full.
func TestLanguages(t *testing.T) {
	t.Parallel()
	require.Len(t, app.Languages(), 10)
	require.Equal(t, "english", app.Languages()[0])
	for _, c := range []struct {
		language, typed, shown, fingerprint string
		completed                           []int
	}{
		{
			"spanish", "OBRA diadema gorila farmacia colgar gorra pausa talar cocina duda dragon opta",
			"obra diadema gorila farmacia colgar gorra pausa talar cocina duda dragón optar", "9d23f612", []int{12},
		},
		{
			"japanese", "ておくれ げざん しねま こりる きぼう しねん ななおし ほんやく きない けむり けまり てんない",
			"ておくれ　げざん　しねま　こりる　きぼう　しねん　ななおし　ほんやく　きない　けむり　けまり　てんない", "e462708f", nil,
		},
		{
			"french", "monument depenser feroce entasser comedie ferveur optique sonnette codifier discuter dioxyde nerveux",
			"monument dépenser féroce entasser comédie ferveur optique sonnette codifier discuter dioxyde nerveux", "abd02ab2", nil,
		},
		{
			"chinese-traditional", "蒙台脫紀構硫漿黴感僅魚湯",
			"蒙 台 脫 紀 構 硫 漿 黴 感 僅 魚 湯", "9719e989", nil,
		},
	} {
		t.Run(c.language, func(t *testing.T) {
			t.Parallel()
			env := newEnv(t)
			found, err := app.ReadWords(secret(c.typed), "")
			require.NoError(t, err)
			require.Equal(t, app.FoundWords{Language: c.language, Completed: c.completed}, found)
			made, err := app.Restore(env, app.RestoreParams{
				Mnemonic: secret(c.typed), Passphrase: secret("TREZOR"), Password: secret("correct horse"),
			})
			require.NoError(t, err)
			require.Equal(t, found, made.Found)
			require.Equal(t, c.fingerprint, hex.EncodeToString(made.Fingerprint[:]))
			words, wipe, err := open(t, env).Words(secret("correct horse"))
			require.NoError(t, err)
			defer wipe()
			require.Equal(t, c.shown, string(words()))
		})
	}
	_, err := app.ReadWords(secret(keystoretest.Words12), "czech")
	require.Equal(t, app.KindWords, app.KindOf(err))
	_, err = app.ReadWords(secret(keystoretest.Words12), "klingon")
	require.Equal(t, app.KindLanguage, app.KindOf(err))
	require.Equal(t, []string{"árbol"}, app.CompleteWordOf("spanish", "arbo"))
	require.Empty(t, app.CompleteWordOf("klingon", "a"))
}

// New words are of the language that was asked for, English if none was.
func TestNewWordsOfALanguage(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	for name, language := range map[string]string{"one": "", "two": "korean"} {
		made, err := app.Create(env, app.CreateParams{Name: name, Words: 12, Language: language, Password: secret(keystoretest.Password)})
		require.NoError(t, err)
		want := language
		if want == "" {
			want = "english"
		}
		require.Equal(t, want, made.Found.Language)
		found, err := app.ReadWords(made.Words, "")
		require.NoError(t, err)
		require.Equal(t, want, found.Language)
	}
	_, err := app.Create(env, app.CreateParams{Name: "three", Words: 12, Language: "klingon", Password: secret(keystoretest.Password)})
	require.Equal(t, app.KindLanguage, app.KindOf(err))
}

func TestCompleteWord(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"abandon", "ability", "able", "about", "above"}, app.CompleteWord("ab"))
	require.Equal(t, []string{"zone", "zoo"}, app.CompleteWord("ZO"))
	require.Equal(t, []string{"zoo"}, app.CompleteWord("zoo"))
	require.Empty(t, app.CompleteWord(""))
	require.Empty(t, app.CompleteWord("zoop"))
	require.Equal(t, []string{"ébano", "éblouir"}, app.CompleteWord("éb"))
	require.Equal(t, []string{"ábaco", "abaco", "abacate"}, app.CompleteWord("abac"))
	require.Len(t, app.CompleteWord("é"), 5)
}

func TestChecks(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	require.NoError(t, app.CheckName("Savings"))
	for _, name := range []string{"", "a/b", ".x"} {
		require.Equal(t, app.KindName, app.KindOf(app.CheckName(name)), name)
	}
	for _, text := range []string{"", "1", "2024-02-29"} {
		require.NoError(t, app.CheckBirthday(env, text), text)
	}
	for _, text := range []string{"2999-01-01", "2023-02-29", "-1", "+1", "yesterday"} {
		require.Equal(t, app.KindBirthday, app.KindOf(app.CheckBirthday(env, text)), text)
	}
}

// A wallet counts as backed up if its words were checked, or typed in; else until
// that is made up for.
func TestBackedUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make func(env *app.Env, words app.Secret) error
		want bool
	}{
		"checked": {func(env *app.Env, words app.Secret) error {
			created, err := app.Create(env, app.CreateParams{Mnemonic: words, Password: secret("correct horse")})
			if err == nil && created.Words != nil {
				t.Error("the words are the caller's already")
			}
			return err
		}, true},
		"unchecked": {func(env *app.Env, words app.Secret) error {
			_, err := app.Create(env, app.CreateParams{Mnemonic: words, Unchecked: true, Password: secret("correct horse")})
			return err
		}, false},
		"made here": {func(env *app.Env, _ app.Secret) error {
			created, err := app.Create(env, app.CreateParams{Words: 12, Password: secret("correct horse")})
			if err == nil && len(created.Words()) == 0 {
				t.Error("nobody has the words")
			}
			return err
		}, false},
		"restored": {func(env *app.Env, words app.Secret) error {
			_, err := app.Restore(env, app.RestoreParams{Mnemonic: words, Password: secret("correct horse")})
			return err
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newEnv(t)
			words, err := app.NewWords(24)
			require.NoError(t, err)
			require.NoError(t, c.make(env, words))
			w := open(t, env)
			require.Equal(t, c.want, w.BackedUp())
			require.NoError(t, w.SetBackedUp())
			require.True(t, w.BackedUp())
			require.NoError(t, w.Close())
			require.True(t, open(t, env).BackedUp())
		})
	}
	_, err := app.Create(newEnv(t), app.CreateParams{Mnemonic: secret("abandon"), Password: secret("correct horse")})
	require.Equal(t, app.KindWords, app.KindOf(err))
}

// The words shown before are those of the wallet; they are shown again for the
// password alone, which can be changed.
func TestWordsAndPassword(t *testing.T) {
	t.Parallel()
	env := newEnv(t)
	words, err := app.NewWords(12)
	require.NoError(t, err)
	_, err = app.Create(env, app.CreateParams{Mnemonic: words, Password: secret("correct horse")})
	require.NoError(t, err)
	w := open(t, env)
	shown, wipe, err := w.Words(secret("correct horse"))
	require.NoError(t, err)
	require.Equal(t, words(), shown())
	wipe()
	require.Nil(t, shown())
	_, _, err = w.Words(secret("wrong"))
	require.Equal(t, app.KindPassword, app.KindOf(err))

	require.Equal(t, app.KindPassword, app.KindOf(w.ChangePassword(secret("wrong"), secret("new"))))
	require.Equal(t, app.KindPasswordRule, app.KindOf(w.ChangePassword(secret("correct horse"), nil)))
	require.NoError(t, w.ChangePassword(secret("correct horse"), secret("new")))
	require.NoError(t, w.Close())
	_, err = app.Open(env, "", secret("correct horse"))
	require.Equal(t, app.KindPassword, app.KindOf(err))
	w, err = app.Open(env, "", secret("new"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
}
