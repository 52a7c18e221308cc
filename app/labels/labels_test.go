package labels_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"thistle/app/labels"
	"thistle/assets/assetstest"
)

const txid = "f91d0a8a78462bc59398f2c5d7a84fcff491c26ba54c4833478b202796c8aafd"

func ptr[T any](v T) *T { return &v }

// TestBIP329: the example export of the BIP, read, and written again.
func TestBIP329(t *testing.T) {
	t.Parallel()
	_, rest, ok := strings.Cut(string(assetstest.Vector(t, "bips/bip-0329.mediawiki")), "==Test Vectors==")
	require.True(t, ok)
	_, rest, ok = strings.Cut(rest, "<pre>\n")
	require.True(t, ok)
	example, _, ok := strings.Cut(rest, "</pre>")
	require.True(t, ok)
	require.Equal(t, 8, strings.Count(example, "\n"))

	im, err := labels.Read(strings.NewReader(example))
	require.NoError(t, err)
	require.Empty(t, im.Errors)
	require.Equal(t, 1, im.Unknown, "silent payments are not known here")
	require.Zero(t, im.Cut)
	require.Equal(t, []labels.Record{
		{Type: labels.Tx, Ref: txid, Label: ptr("Transaction"), Origin: "wpkh([d34db33f/84'/0'/0'])"},
		{Type: labels.Addr, Ref: "bc1q34aq5drpuwy3wgl9lhup9892qp6svr8ldzyy7c", Label: ptr("Address")},
		{Type: labels.PubKey, Ref: "0283409659355b6d1cc3c32decd5d561abaac86c37a353b52895a5e6c196d6f448", Label: ptr("Public Key")},
		{Type: labels.Input, Ref: txid + ":0", Label: ptr("Input")},
		{Type: labels.Output, Ref: txid + ":1", Label: ptr("Output"), Spendable: ptr(false)},
		{Type: labels.Xpub, Ref: "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8", Label: ptr("Extended Public Key")},
		{Type: labels.Tx, Ref: "f546156d9044844e02b181026a1a407abfca62e7ea1159f87bbeaa77b4286c74", Label: ptr("Account #1 Transaction"), Origin: "wpkh([d34db33f/84'/0'/1'])"},
	}, im.Records)

	var out bytes.Buffer
	require.NoError(t, labels.Write(&out, im.Records))
	// The same but for the spaces and the line that is not known.
	want := ""
	for line := range strings.Lines(example) {
		if !strings.Contains(line, "spscan") {
			want += strings.NewReplacer(`{ "`, `{"`, `" }`, `"}`, `false }`, `false}`, `": `, `":`, `, "`, `,"`).Replace(line)
		}
	}
	require.Equal(t, want, out.String())
}

func TestWhatIsNotSaidStaysUnsaid(t *testing.T) {
	t.Parallel()
	im, err := labels.Read(strings.NewReader(`{"type":"output","ref":"` + strings.ToUpper(txid) + `:7"}
{"type":"output","ref":"` + txid + `:7","label":"","spendable":true}
{"type":"tx","ref":"` + txid + `","label":null,"origin":null,"spendable":null,"height":5,"rate":{"USD":1.5},"fmv":[1]}
`))
	require.NoError(t, err)
	require.Empty(t, im.Errors)
	require.Equal(t, []labels.Record{
		{Type: labels.Output, Ref: txid + ":7"},
		{Type: labels.Output, Ref: txid + ":7", Label: ptr(""), Spendable: ptr(true)},
		{Type: labels.Tx, Ref: txid},
	}, im.Records)
}

// TestLines: a bad line is told by its number, and the others are read.
func TestLines(t *testing.T) {
	t.Parallel()
	ref := `"ref":"` + txid + `"`
	cases := []struct {
		line string
		err  error
	}{
		{`{"type":"tx",` + ref + `}`, nil},
		{``, nil},
		{"  \t\r", nil},
		{`{"type":"nothing",` + ref + `}`, nil},
		{`{"type":"Tx",` + ref + `}`, nil},
		{`{"Type":"tx",` + ref + `}`, labels.ErrJSON},
		{`{"type":"tx","type":"tx",` + ref + `}`, labels.ErrJSON},
		{`{"type":"tx",` + ref + `} {}`, labels.ErrJSON},
		{`{"type":"tx",` + ref, labels.ErrJSON},
		{`[1]`, labels.ErrJSON}, {`null`, labels.ErrJSON}, {`"tx"`, labels.ErrJSON}, {`{}`, labels.ErrJSON}, {`hello`, labels.ErrJSON},
		{`{"type":"tx"}`, labels.ErrJSON}, {`{` + ref + `}`, labels.ErrJSON}, {`{"type":1,` + ref + `}`, labels.ErrJSON},
		{`{"type":"tx","ref":null}`, labels.ErrJSON},
		{`{"type":"tx",` + ref + `,"label":5}`, labels.ErrJSON},
		{`{"type":"tx",` + ref + `,"origin":{}}`, labels.ErrJSON},
		{`{"type":"output","ref":"` + txid + `:0","spendable":"false"}`, labels.ErrJSON},
		{`{"type":"tx",` + ref + `,"spendable":true}`, labels.ErrSpendable},
		{`{"type":"tx",` + ref + `,"origin":"wpkh(\u202e)"}`, labels.ErrOrigin},
		{`{"type":"tx",` + ref + `,"origin":"` + strings.Repeat("x", 1025) + `"}`, labels.ErrOrigin},
		{`{"type":"tx","ref":"` + txid[2:] + `"}`, labels.ErrRef},
		{`{"type":"tx","ref":"` + txid + `:0"}`, labels.ErrRef},
		{`{"type":"input",` + ref + `}`, labels.ErrRef},
		{`{"type":"output","ref":"` + txid + `:-1"}`, labels.ErrRef},
		{`{"type":"output","ref":"` + txid + `:01"}`, labels.ErrRef},
		{`{"type":"output","ref":"` + txid + `:4294967296"}`, labels.ErrRef},
		{`{"type":"pubkey","ref":"` + txid + `0102"}`, labels.ErrRef},
		{`{"type":"addr","ref":""}`, labels.ErrRef},
		{`{"type":"addr","ref":"bc1 q"}`, labels.ErrRef},
		{`{"type":"addr","ref":"bc1\u202eq"}`, labels.ErrRef},
		{`{"type":"xpub","ref":"` + strings.Repeat("x", 201) + `"}`, labels.ErrRef},
		{"{\"type\":\"tx\",\"label\":\"\xff\"," + ref + "}", labels.ErrEncoding},
		{`{"type":"tx","x":"` + strings.Repeat("x", labels.MaxLine) + `",` + ref + `}`, labels.ErrTooLong},
		{strings.Repeat("x", 5*labels.MaxLine), labels.ErrTooLong},
		{`{"type":"tx",` + ref + `,"label":"last"}`, nil},
	}
	var lines []string
	want := map[int]error{}
	for i, c := range cases {
		lines = append(lines, c.line)
		if c.err != nil {
			want[i+1] = c.err
		}
	}
	file := "\ufeff" + strings.Join(lines, "\n")
	for _, r := range []io.Reader{strings.NewReader(file), iotest.HalfReader(strings.NewReader(file)), iotest.DataErrReader(strings.NewReader(file + "\n"))} {
		im, err := labels.Read(r)
		require.NoError(t, err)
		require.Len(t, im.Errors, len(want))
		for _, e := range im.Errors {
			require.ErrorIs(t, e, want[e.Line], "line %d: %q", e.Line, cases[e.Line-1].line)
			require.NotContains(t, e.Error(), txid, "an error shows nothing of the line")
		}
		require.Equal(t, 2, im.Unknown)
		require.Len(t, im.Records, 2)
		require.Equal(t, "last", *im.Records[1].Label)
	}
	require.Len(t, cases, 39)
}

// TestShownText: what reorders or hides text is gone, what spells it stays.
func TestShownText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Miete März":                     "Miete März",
		" a\u202eb\u2066c\u200bd\u0000 ": "abcd",
		"two\nlines\r\nand\u2028more":    "two lines  and more",
		"می\u200cخواهم":                  "می\u200cخواهم",
		"\xffa":                          "\ufffda",
		"":                               "",
	} {
		got, cut := labels.Clean(in)
		require.Equal(t, want, got)
		require.False(t, cut)
	}
	long := strings.Repeat("ä", labels.MaxLabel)
	got, cut := labels.Clean(long)
	require.Equal(t, long, got)
	require.False(t, cut)
	got, cut = labels.Clean(long + "x")
	require.Equal(t, long, got)
	require.True(t, cut)
	im, err := labels.Read(strings.NewReader(`{"type":"tx","ref":"` + txid + `","label":"` + long + `\n\u202e--"}`))
	require.NoError(t, err)
	require.Equal(t, 1, im.Cut)
	require.Equal(t, long, *im.Records[0].Label)
}

func TestBounds(t *testing.T) {
	t.Parallel()
	im, err := labels.Read(strings.NewReader(strings.Repeat("x\n", 1000)))
	require.ErrorIs(t, err, labels.ErrTooMany)
	require.Len(t, im.Errors, 100)
	endless := io.LimitReader(zeros{}, 2*labels.MaxBytes)
	_, err = labels.Read(endless)
	require.ErrorIs(t, err, labels.ErrTooLong)
	broken := errors.New("broken")
	im, err = labels.Read(io.MultiReader(strings.NewReader(`{"type":"tx","ref":"`+txid+"\"}\n"), iotest.ErrReader(broken)))
	require.ErrorIs(t, err, broken)
	require.Len(t, im.Records, 1)
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	good := labels.Record{Type: labels.Tx, Ref: txid}
	for name, c := range map[string]struct {
		r   labels.Record
		err error
	}{
		"type":      {labels.Record{Type: "spscan", Ref: "x"}, labels.ErrType},
		"ref":       {labels.Record{Type: labels.Tx, Ref: "x"}, labels.ErrRef},
		"capitals":  {labels.Record{Type: labels.Tx, Ref: strings.ToUpper(txid)}, labels.ErrRef},
		"spendable": {labels.Record{Type: labels.Tx, Ref: txid, Spendable: ptr(true)}, labels.ErrSpendable},
		"label":     {labels.Record{Type: labels.Tx, Ref: txid, Label: ptr("two\nlines")}, labels.ErrLabel},
		"long":      {labels.Record{Type: labels.Tx, Ref: txid, Label: ptr(strings.Repeat("x", 256))}, labels.ErrLabel},
	} {
		var out bytes.Buffer
		require.ErrorIs(t, labels.Write(&out, []labels.Record{good, c.r}), c.err, name)
		require.Zero(t, out.Len(), "nothing is half written")
	}
	var out bytes.Buffer
	require.NoError(t, labels.Write(&out, []labels.Record{{Type: labels.Tx, Ref: txid, Label: ptr("<a&b> ü")}}))
	require.Equal(t, `{"type":"tx","ref":"`+txid+`","label":"<a&b> ü"}`+"\n", out.String())
	require.ErrorIs(t, labels.Write(fullDisk{}, []labels.Record{good}), errFull)
}

var errFull = errors.New("full")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

// FuzzRead: whatever is read is written, and read back the same.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		`{"type":"output","ref":"` + txid + `:0","label":"a\u202e","spendable":false,"origin":"wpkh([d34db33f/84h])"}`,
		"\ufeff{\"type\":\"addr\",\"ref\":\"bc1q\"}\r\n\n[", "{}", "\n\n\xff", "",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		im, err := labels.Read(bytes.NewReader(file))
		if err != nil && !errors.Is(err, labels.ErrTooMany) {
			t.Fatal(err)
		}
		for _, r := range im.Records {
			if r.Label != nil && (!utf8.ValidString(*r.Label) || utf8.RuneCountInString(*r.Label) > labels.MaxLabel) {
				t.Fatalf("%q", *r.Label)
			}
		}
		var out bytes.Buffer
		if err := labels.Write(&out, im.Records); err != nil {
			t.Fatalf("%q: %v", file, err)
		}
		again, err := labels.Read(&out)
		if err != nil || len(again.Errors) > 0 || again.Cut > 0 || !reflect.DeepEqual(again.Records, im.Records) {
			t.Fatalf("%q: %v %+v %+v", file, err, im.Records, again)
		}
	})
}
