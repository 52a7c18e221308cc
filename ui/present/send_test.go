package present_test

import (
	"errors"
	"strings"
	"testing"

	"thistle/app"
	"thistle/app/units"
	"thistle/ui/present"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
)

const (
	payee   = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
	another = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
)

func one(to, amount string) present.SendForm {
	return present.SendForm{Recipients: []present.SendRecipientForm{{To: to, Amount: amount}}}
}

func TestFormsAreRead(t *testing.T) {
	t.Parallel()
	form := present.SendForm{Recipients: []present.SendRecipientForm{
		{To: " bc1q ar0s\u00a0rrr7 xfkv y5l6 43ly dnw9 re59 gtzz wf5m dq\n", Amount: "61"},
		{To: another, Amount: "typed before", Max: true},
	}, Label: " Rent ", FeeRate: " 1.5 "}
	p, c := present.ToSendParams(form, present.UnitMilli)
	require.True(t, c.Ready)
	require.Equal(t, app.SendParams{Recipients: []app.Recipient{{Address: payee, Amount: "0.06100000"}, {Address: another, Amount: "max"}}, Label: "Rent", FeeRate: "1.5"}, p)

	p, c = present.ToSendParams(one(" bitcoin:X?label=a b ", "1"), present.UnitSat)
	require.True(t, c.Ready)
	require.Equal(t, "bitcoin:X?label=a b", p.Recipients[0].Address, "a link is nobody's to change")
	require.Equal(t, "0.00000001", p.Recipients[0].Amount)
}

func TestFormsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		form        present.SendForm
		unit        present.Unit
		amount, fee string
	}{
		{"nobody", present.SendForm{}, 0, "", ""},
		{"no address", one("", "1"), 0, "", ""},
		{"no amount", one(payee, " "), 0, "", ""},
		{"grouped by a comma", one(payee, "1,000"), 0, "commas are not used", ""},
		{"decimal comma", one(payee, "0,5"), 0, "commas are not used", ""},
		{"nothing", one(payee, "0.0"), 0, "An amount must be more than zero.", ""},
		{"half a sat", one(payee, "0.5"), present.UnitSat, "A sat cannot be divided.", ""},
		{"a word", one(payee, "max"), 0, "not a number", ""},
		{"custom, empty", present.SendForm{Recipients: one(payee, "1").Recipients, Custom: true}, 0, "", ""},
		{"custom, zero", present.SendForm{Recipients: one(payee, "1").Recipients, FeeRate: "0"}, 0, "", "above zero"},
		{"custom, dear", present.SendForm{Recipients: one(payee, "1").Recipients, FeeRate: "1001"}, 0, "", "taken for a mistake"},
		{"custom, comma", present.SendForm{Recipients: one(payee, "1").Recipients, FeeRate: "1,5"}, 0, "", "commas are not used"},
	} {
		_, check := present.ToSendParams(c.form, c.unit)
		require.False(t, check.Ready, c.name)
		require.Len(t, check.Recipients, len(c.form.Recipients), c.name)
		if c.amount == "" {
			for _, r := range check.Recipients {
				require.Empty(t, r.AmountProblem, c.name)
			}
		} else {
			require.Contains(t, check.Recipients[0].AmountProblem, c.amount, c.name)
		}
		if c.fee == "" {
			require.Empty(t, check.FeeProblem, c.name)
		} else {
			require.Contains(t, check.FeeProblem, c.fee, c.name)
		}
	}
	both := present.SendForm{Recipients: []present.SendRecipientForm{{To: payee, Max: true}, {To: another, Max: true}}}
	_, check := present.ToSendParams(both, 0)
	require.False(t, check.Ready)
	require.Empty(t, check.Recipients[0].AmountProblem)
	require.Equal(t, "Only one recipient can get all that is left.", check.Recipients[1].AmountProblem)
}

// desk knows two addresses and one link.
func desk(draft func(app.SendParams) (*app.Draft, error)) present.SendDesk {
	return present.SendDesk{
		Link: func(text string) (*app.Link, error) {
			switch text {
			case payee, another:
				return &app.Link{Address: text}, nil
			case "bitcoin:" + payee:
				return &app.Link{Address: payee, Amount: 6_100_000, Message: "Rent\u202e"}, nil
			}
			return nil, &app.Error{Kind: app.KindAddress, Detail: "the address is mistyped: its checksum is wrong"}
		},
		Check: func(p app.SendParams) error {
			if p.Recipients[0].Amount == "0.00000001" {
				return &app.Error{Kind: app.KindDust, Detail: "0.00000294"}
			}
			return nil
		},
		Draft: draft,
	}
}

func aDraft(to ...app.DraftRecipient) *app.Draft {
	return &app.Draft{
		Recipients: to, Amount: 6_100_000, Fee: 1240, Total: 6_101_240, Change: 500, Left: 78_130_520, FeeRate: 8800, Label: "Rent",
		Warnings: []app.SendWarning{{Kind: "x", Text: "Mind this."}},
	}
}

func TestCheckTellsWhatItCosts(t *testing.T) {
	t.Parallel()
	var asked app.SendParams
	d := desk(func(p app.SendParams) (*app.Draft, error) {
		asked = p
		return aDraft(app.DraftRecipient{Address: payee, Amount: 6_100_000}), nil
	})
	c := present.CheckSend(one(payee, "0.061"), present.Prefs{}, d)
	require.Equal(t, []app.Recipient{{Address: payee, Amount: "0.06100000"}}, asked.Recipients)
	require.True(t, c.Ready)
	require.Equal(t, []string{narrow("0.061 000 00"), narrow("0.000 012 40"), narrow("0.061 012 40"), narrow("0.781 305 20")}, []string{c.Gets, c.Fee, c.Total, c.Left})
	require.Equal(t, "8.8 sat/vB · under 0.1\u202f% of the amount", c.Rate)
	require.Equal(t, []string{"Mind this."}, c.Warnings)
	require.True(t, c.Recipients[0].Good)
	require.Equal(t, "Native SegWit · never paid before from this wallet — compare the last characters", c.Recipients[0].Note.Words)
	require.Equal(t, "zzwf 5mdq", c.Recipients[0].Tail)
	require.Empty(t, c.Recipients[0].Max)

	c = present.CheckSend(one(payee, "0.061"), present.Prefs{Hide: true}, d)
	require.Equal(t, present.Hidden, c.Left, "what one owns can be hidden")
	require.NotEqual(t, present.Hidden, c.Total, "what one pays cannot")
}

func TestCheckKnowsAddresses(t *testing.T) {
	t.Parallel()
	known := func(r app.DraftRecipient) present.RecipientCheck {
		d := desk(func(app.SendParams) (*app.Draft, error) { return aDraft(r), nil })
		form := present.SendForm{Recipients: []present.SendRecipientForm{{To: payee, Max: true}}}
		return present.CheckSend(form, present.Prefs{Unit: present.UnitSat}, d).Recipients[0]
	}
	r := known(app.DraftRecipient{Address: payee, Amount: 1234, Ours: true, PaidBefore: true})
	require.Equal(t, present.Text{Words: "Native SegWit · an address of this wallet: the payment comes back to you", Tone: present.Warn}, r.Note)
	require.Empty(t, r.Tail)
	require.Equal(t, "1234", r.Max)
	r = known(app.DraftRecipient{Address: payee, PaidBefore: true})
	require.Equal(t, "Native SegWit · paid before from this wallet", r.Note.Words)

	twice := present.SendForm{Recipients: []present.SendRecipientForm{{To: payee, Amount: "1"}, {To: payee, Amount: "2"}}}
	c := present.CheckSend(twice, present.Prefs{}, desk(func(app.SendParams) (*app.Draft, error) {
		return aDraft(app.DraftRecipient{Address: payee, PaidBefore: true}, app.DraftRecipient{Address: payee, PaidBefore: true}), nil
	}))
	require.Equal(t, present.Muted, c.Recipients[0].Note.Tone)
	require.Equal(t, present.Text{Words: "Native SegWit · the same address as above", Tone: present.Warn}, c.Recipients[1].Note)
}

func TestCheckTakesLinksApart(t *testing.T) {
	t.Parallel()
	c := present.CheckSend(one("bitcoin:"+payee, ""), present.Prefs{Unit: present.UnitBits}, desk(nil))
	require.Equal(t, &present.LinkFill{To: payee, Amount: "61000", Label: "Rent?"}, c.Recipients[0].Fill)
	require.False(t, c.Ready)
	require.False(t, c.Recipients[0].Good)
}

// TestProblemsStandBesideTheirField: nothing is worked out while there is one.
func TestProblemsStandBesideTheirField(t *testing.T) {
	t.Parallel()
	form := present.SendForm{Recipients: []present.SendRecipientForm{{To: payee, Amount: "0.00000001"}, {To: "bc1qx", Amount: "1"}}}
	c := present.CheckSend(form, present.Prefs{}, desk(nil))
	require.Contains(t, c.Recipients[0].AmountProblem, "0.00000294")
	require.Empty(t, c.Recipients[0].ToProblem)
	require.Equal(t, "The address is mistyped: its checksum is wrong.", c.Recipients[1].ToProblem)
	require.False(t, c.Recipients[1].Good)

	for _, k := range []struct {
		kind                 app.Kind
		amount, fee, general bool
	}{
		{app.KindInsufficient, true, false, false}, {app.KindDust, true, false, false}, {app.KindAmount, true, false, false},
		{app.KindFeeRate, false, true, false}, {app.KindAbsurdFee, false, true, false}, {app.KindNoPeers, false, false, true},
	} {
		refuse := desk(func(app.SendParams) (*app.Draft, error) { return nil, &app.Error{Kind: k.kind, Detail: "x"} })
		c := present.CheckSend(one(payee, "1"), present.Prefs{}, refuse)
		require.False(t, c.Ready)
		require.Equal(t, []bool{k.amount, k.fee, k.general}, []bool{c.Recipients[0].AmountProblem != "", c.FeeProblem != "", c.Problem != ""}, "%v", k.kind)
		two := present.SendForm{Recipients: []present.SendRecipientForm{{To: payee, Amount: "1"}, {To: another, Amount: "1"}}}
		c = present.CheckSend(two, present.Prefs{}, refuse)
		require.Equal(t, []bool{k.fee, !k.fee}, []bool{c.FeeProblem != "", c.Problem != ""}, "%v: of two, neither is to blame", k.kind)
	}
}

func TestAddressKinds(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		payee: "Native SegWit", "BC1QAR0SRRR7XFKVY5L643LYDNW9RE59GTZZWF5MDQ": "Native SegWit",
		"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080":                   "Native SegWit",
		"bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3": "Native SegWit script",
		"bc1p5d7rjq7g6rdk2yhzks9smlaqtedr4dekq08ge8ztwac72sfr9rusxg3297": "Taproot",
		"3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy":                             "Script or nested SegWit",
		"2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc":                            "Script or nested SegWit",
		"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2":                             "Legacy", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn": "Legacy",
	} {
		require.Equal(t, want, present.AddressKind(address), address)
	}
}

func TestReview(t *testing.T) {
	t.Parallel()
	d := aDraft(app.DraftRecipient{Address: payee, Amount: 6_000_000}, app.DraftRecipient{Address: payee, Amount: 100_000, Ours: true})
	r := present.ReviewOf(d, present.Prefs{Unit: present.UnitSat, Hide: true})
	require.Equal(t, "Send "+narrow("6 101 240")+"\u00a0sat", r.Confirm)
	require.Equal(t, []string{narrow("6 100 000"), narrow("1 240"), narrow("6 101 240"), present.Hidden, present.Hidden}, []string{r.Gets, r.Fee, r.Total, r.Left, r.Change})
	require.Equal(t, []string{payee, payee}, []string{r.Recipients[0].Address, r.Recipients[1].Address}, "never shortened")
	require.Equal(t, "Native SegWit · never paid before from this wallet", r.Recipients[0].Note.Words)
	require.Equal(t, present.Warn, r.Recipients[1].Note.Tone)
	require.Equal(t, []string{"Mind this.", "One address is paid twice in this payment."}, r.Warnings)
	require.Equal(t, "Rent", r.Label)
	d.Change = 0
	require.Empty(t, present.ReviewOf(d, present.Prefs{}).Change)
}

// TestHiddenAmountsStayHidden: a refusal must not tell what can be spent.
func TestHiddenAmountsStayHidden(t *testing.T) {
	t.Parallel()
	poor := desk(func(app.SendParams) (*app.Draft, error) {
		return nil, &app.Error{Kind: app.KindInsufficient, Detail: "0.5 BTC can be spent"}
	})
	c := present.CheckSend(one(payee, "0.061"), present.Prefs{}, poor)
	require.Contains(t, c.Recipients[0].AmountProblem, "0.5 BTC can be spent")
	c = present.CheckSend(one(payee, "0.061"), present.Prefs{Hide: true}, poor)
	require.Equal(t, "There is not enough to spend.", c.Recipients[0].AmountProblem)
}

func TestLabelsOfLinksAreNotEndless(t *testing.T) {
	t.Parallel()
	d := desk(nil)
	d.Link = func(string) (*app.Link, error) {
		return &app.Link{Address: payee, Label: strings.Repeat("é", 5000) + "\n"}, nil
	}
	label := present.CheckSend(one("bitcoin:"+payee, ""), present.Prefs{}, d).Recipients[0].Fill.Label
	require.Equal(t, strings.Repeat("é", 120)+"…", label)
}

func TestOneAddressTwiceIsSaidOnce(t *testing.T) {
	t.Parallel()
	to := app.DraftRecipient{Address: payee, Amount: 1}
	require.Len(t, present.ReviewOf(aDraft(to, to, to), present.Prefs{}).Warnings, 2)
	d := aDraft(to)
	d.Label = "Rent\u202e\n"
	require.Equal(t, "Rent??", present.ReviewOf(d, present.Prefs{}).Label)
}

func TestSendFailures(t *testing.T) {
	t.Parallel()
	require.Equal(t, present.SendFailure{}, present.SendFailureOf(&app.SendResult{}, nil, present.Prefs{}))
	require.Equal(t, present.SendFailure{}, present.SendFailureOf(&app.SendResult{}, &app.Error{Kind: app.KindUnannounced}, present.Prefs{}), "it is signed and kept")
	require.Equal(t, present.SendFailure{Words: "Wrong password."}, present.SendFailureOf(nil, &app.Error{Kind: app.KindPassword}, present.Prefs{}))
	require.True(t, present.SendFailureOf(nil, &app.Error{Kind: app.KindStale}, present.Prefs{}).Again)
	require.NotEmpty(t, present.SendFailureOf(nil, &app.Error{Kind: app.KindStale}, present.Prefs{}).Words)
	require.False(t, present.SendFailureOf(nil, errors.New("x"), present.Prefs{}).Again)

	short := &app.Error{Kind: app.KindInsufficient, Detail: "0.5 BTC can be spent"}
	require.Contains(t, present.SendFailureOf(nil, short, present.Prefs{}).Words, "0.5")
	require.NotContains(t, present.SendFailureOf(nil, short, present.Prefs{Hide: true}).Words, "0.5")
}

// TestSentIsSaidLate: the word is for an echo, an only peer or a block.
func TestSentIsSaidLate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		travel   app.Travel
		conf     int32
		headline string
		done     [3]bool
		block    string
	}{
		{app.Travel{State: app.Queued, Peers: 3}, 0, "Not sent yet; it is kept, and offered again whenever the wallet is connected", [3]bool{true}, ""},
		{app.Travel{}, 0, "Not sent yet; it is kept, and offered again whenever the wallet is connected", [3]bool{true}, ""},
		{app.Travel{State: app.Acknowledged, Acknowledged: []string{"a"}, Peers: 2}, 0, "Fetched by 1 peer; not yet heard of from others", [3]bool{true, true}, ""},
		{app.Travel{State: app.Acknowledged, Acknowledged: []string{"a"}, Peers: 1}, 0, "Sent to your only peer; no second peer can confirm it", [3]bool{true, true}, ""},
		{app.Travel{State: app.Acknowledged, Acknowledged: []string{"a", "b"}, Peers: 1}, 0, "Fetched by 2 peers; not yet heard of from others", [3]bool{true, true}, ""},
		{app.Travel{State: app.Acknowledged, Acknowledged: []string{"a"}}, 0, "Fetched by 1 peer; not yet heard of from others", [3]bool{true, true}, ""},
		{app.Travel{State: app.Echoed, Acknowledged: []string{"a"}, Echoed: 2, Peers: 3}, 0, "Sent — seen by 3 peers", [3]bool{true, true, true}, ""},
		{app.Travel{State: app.Echoed, Acknowledged: []string{"a"}, Echoed: 2}, 1, "Sent — seen by 3 peers", [3]bool{true, true, true}, "1 of 6 confirmations"},
		{app.Travel{State: app.Queued}, 2, "Sent — it is in a block", [3]bool{true, true, true}, "2 of 6 confirmations"},
		{app.Travel{State: app.Echoed, Echoed: 1}, 6, "Sent — seen by 1 peer", [3]bool{true, true, true}, "Confirmed"},
	} {
		sent := present.TravelOf(c.travel, c.conf)
		require.Equal(t, c.headline, sent.Headline.Words)
		require.Equal(t, c.done, [3]bool{sent.Steps[0].Done, sent.Steps[1].Done, sent.Steps[2].Done}, c.headline)
		require.Equal(t, c.block, sent.Confirmed.Words)
		require.Equal(t, "Signed and saved", sent.Steps[0].Words)
		for _, s := range sent.Steps {
			if !s.Done {
				require.NotRegexp(t, "^(Sent|Fetched)", s.Words)
			}
		}
	}
	two := present.TravelOf(app.Travel{State: app.Acknowledged, Acknowledged: []string{"a", "b"}, Peers: 4}, 0)
	require.Equal(t, "Fetched by 2 peers", two.Steps[1].Words)
}

func TestSendState(t *testing.T) {
	t.Parallel()
	id := chainhash.Hash{31: 7}
	s := present.Snapshot{
		Prefs:   present.Prefs{Unit: present.UnitSat},
		Balance: app.Balance{Final: true, Spendable: 5, Height: 10}, Progress: app.Progress{Current: true, Peers: 2, Height: 10},
		History: []app.HistoryEntry{{TxID: chainhash.Hash{1}}, {TxID: id, State: app.StateConfirmed, Confirmations: 1}},
	}
	state := present.SendOf(s, nil)
	require.Equal(t, present.SendState{Unit: present.UnitSat, Coins: 5}, state)
	state = present.SendOf(s, &app.Travel{TxID: id, State: app.Queued})
	require.Equal(t, "1 of 6 confirmations", state.Sent.Confirmed.Words)
	require.Equal(t, id.String(), state.Sent.TxID)
	s.History[1] = app.HistoryEntry{TxID: id, State: app.StateConflicted, Amount: -1}
	require.Equal(t, present.Text{Words: "Displaced by another payment", Tone: present.Bad}, present.SendOf(s, &app.Travel{TxID: id}).Sent.Headline)
	winner := chainhash.Hash{0: 0xef, 31: 0xab}
	s.History[1] = app.HistoryEntry{TxID: id, State: app.StateReplaced, Amount: -1, Outgoing: true, ReplacedBy: &winner}
	require.Equal(t, present.Text{Words: "Replaced by ab00…00ef", Tone: present.Bad}, present.SendOf(s, &app.Travel{TxID: id}).Sent.Headline)
	s.History = nil
	only := &app.Travel{TxID: id, State: app.Acknowledged, Acknowledged: []string{"a"}, Peers: 1}
	s.Peers = []app.Peer{{Addr: "a"}}
	require.Contains(t, present.SendOf(s, only).Sent.Headline.Words, "Sent to your only peer")
	s.Peers = []app.Peer{{Addr: "b"}}
	require.Equal(t, "Fetched by 1 peer; not yet heard of from others", present.SendOf(s, only).Sent.Headline.Words, "the only peer now is not the one that fetched it")
	require.Contains(t, present.SendOf(s, &app.Travel{TxID: id}).Sent.Headline.Words, "Not sent yet")
}

func TestSendWaits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		balance  app.Balance
		progress app.Progress
		want     string
	}{
		{app.Balance{Final: true, Height: 10}, app.Progress{Current: true, Height: 10}, ""},
		{app.Balance{Final: false, Height: 10}, app.Progress{Height: 10}, "No peer is connected yet."},
		{app.Balance{Final: false, Height: -1}, app.Progress{Height: -1, Peers: 1}, "The wallet is catching up."},
		{app.Balance{Final: true, Height: 1000}, app.Progress{Height: 1500, Target: 2000, Peers: 1}, "The wallet is catching up: block 1 000 of 2 000."},
		{app.Balance{Final: false, Height: 2000}, app.Progress{Height: 2000, Target: 2000, Peers: 1, Current: true}, "The wallet is catching up: nearly done."},
	} {
		got := present.SendOf(present.Snapshot{Balance: c.balance, Progress: c.progress}, nil).Wait
		if c.want != "" {
			c.want += " A payment can be reviewed once the wallet knows all its coins."
		}
		require.Equal(t, c.want, got)
	}
}

func TestAmountsAreRetyped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text     string
		from, to present.Unit
		want     string
	}{
		{"0.061", present.UnitBTC, present.UnitSat, "6100000"}, {"6100000", present.UnitSat, present.UnitBTC, "0.061"},
		{"1", present.UnitSat, present.UnitMilli, "0.00001"}, {"2 500", present.UnitBits, present.UnitSat, "250000"},
		{"100", present.UnitSat, present.UnitBits, "1"}, {"1", present.UnitBTC, present.UnitBTC, "1"},
		{"1,5", present.UnitBTC, present.UnitSat, ""}, {"", present.UnitBTC, present.UnitSat, ""}, {"0", present.UnitBTC, present.UnitSat, "0"},
	} {
		require.Equal(t, c.want, present.Retyped(c.text, c.from, c.to), "%q", c.text)
	}
	for _, u := range present.Units() {
		for _, a := range []units.Amount{0, 1, 10, 123_456_789, units.MaxAmount} {
			back, err := present.ParseMoney(present.TypedMoney(a, u), u)
			require.NoError(t, err)
			require.Equal(t, a, back)
		}
	}
}
