package present_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"thistle/app"
	"thistle/ui/present"

	"github.com/stretchr/testify/require"
)

// kinds lists all kinds of error.
func kinds() []app.Kind {
	list := []app.Kind{app.KindInternal}
	for k := app.KindInternal + 1; k.String() != app.KindInternal.String(); k++ {
		list = append(list, k)
	}
	return list
}

func TestEveryKindHasItsSentence(t *testing.T) {
	t.Parallel()
	require.Greater(t, len(kinds()), 30)
	seen := map[string]app.Kind{}
	for _, k := range kinds() {
		for _, detail := range []string{"", "the reason", `"quoted" reason.`, "two\nlines \x1b[31m"} {
			s := present.Sentence(fmt.Errorf("wrapped: %w", &app.Error{Op: "do it", Kind: k, Detail: detail}))
			require.Regexp(t, `^["\p{Lu}][^\x00-\x1f]*[^.]\.$`, s, "%v, %q", k, detail)
			require.NotContains(t, s, "%", "%v", k)
			if k == app.KindInternal {
				continue
			}
			require.NotContains(t, s, "do it", "%v: an operation is for the log", k)
			if detail == "" {
				require.NotContains(t, seen, s, "%v says what another kind says", k)
				seen[s] = k
			}
		}
	}
}

func TestUnforeseenErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("torn page"), "Something unexpected went wrong: torn page."},
		{&app.Error{Op: "open chain data", Err: errors.New("torn page")}, "Thistle could not open chain data: torn page."},
		{&app.Error{Op: "open chain data", Detail: "it is odd."}, "Thistle could not open chain data: it is odd."},
		{&app.Error{Op: "open chain data"}, "Thistle could not open chain data."},
		{errors.Join(errors.New("a"), errors.New("b")), "Something unexpected went wrong: a b."},
	} {
		require.Equal(t, c.want, present.Sentence(c.err))
	}
	long := present.Sentence(errors.New(strings.Repeat("x", 10_000)))
	require.Less(t, len(long), 400)
}

func TestSentencesQuoteWhatWasTyped(t *testing.T) {
	t.Parallel()
	s := present.Sentence(&app.Error{Kind: app.KindName, Detail: "a\x1b[31m\u202e" + strings.Repeat("x", 500)})
	require.Contains(t, s, `"a\x1b[31m\u202exxx`)
	require.Less(t, len(s), 250)
	require.Equal(t, "Wrong password.", present.Sentence(&app.Error{Kind: app.KindPassword, Detail: "unused"}))
	require.Equal(t, "The address is mistyped.", present.Sentence(&app.Error{Kind: app.KindAddress, Detail: "the address is mistyped"}))
}
