package present_test

import (
	"testing"

	"thistle/app"
	"thistle/ui/present"

	"github.com/stretchr/testify/require"
)

func TestReceive(t *testing.T) {
	t.Parallel()
	const first, second, third = payee, another, "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3"
	s := present.Snapshot{Prefs: present.Prefs{Unit: present.UnitMilli}, Addresses: []app.Address{
		{Address: first, Label: "Coffee\x1b", Used: true, Received: 419_000}, {Address: second, Used: true, Arriving: true, Received: 5}, {Address: third, Label: "old"},
	}}
	shown := app.Address{Address: third, Label: "new", Amount: 1_500_000, URI: "bitcoin:" + third + "?amount=0.015", Path: "m/84'/0'/0'/0/2"}
	state := present.ReceiveOf(s, shown)
	require.Equal(t, present.UnitMilli, state.Unit)
	require.Equal(t, []present.ReceiveRow{
		{Address: third, Short: "bc1qrp3…fmv3", Label: "old", State: present.Text{Words: "Waiting", Tone: present.Muted}, Received: "—"},
		{Address: second, Short: "bc1qw50…f3t4", State: present.Text{Words: "Arriving", Tone: present.Warn}, Received: narrow("0.000 05")},
		{Address: first, Short: "bc1qar0…5mdq", Label: "Coffee?", State: present.Text{Words: "Used", Tone: present.Muted}, Received: narrow("4.190 00")},
	}, state.Rows)
	require.Equal(t, "new", state.Shown.Label)
	require.Equal(t, "15", state.Shown.Amount)
	require.Equal(t, third, state.Shown.Address)
	require.Equal(t, "bitcoin:bc1qrp3…fmv3?amount=0.015", state.Shown.Link)
	require.Equal(t, "A fresh address. It is yours alone and changes once it has been paid.", state.Shown.Note.Words)
	require.Empty(t, state.Shown.Warning)
	require.False(t, state.Shown.Paid)

	s.Prefs.Hide = true
	require.Equal(t, present.Hidden, present.ReceiveOf(s, shown).Rows[2].Received)
	require.Nil(t, present.ReceiveOf(s, app.Address{}).Shown)
}

func TestReceiveTellsWhatCame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		shown, kept app.Address
		note        string
		warns, paid bool
	}{
		{app.Address{}, app.Address{Used: true, Arriving: true}, "A payment to this address is arriving.", false, true},
		{app.Address{}, app.Address{Used: true}, "This address has been paid.", false, true},
		{app.Address{Used: true}, app.Address{}, "This address has been paid.", false, true},
		{app.Address{BeyondGap: true}, app.Address{}, "A fresh address.", true, false},
		{app.Address{}, app.Address{BeyondGap: true}, "A fresh address.", true, false},
		{app.Address{BeyondGap: true}, app.Address{Used: true}, "This address has been paid.", false, true},
	} {
		c.shown.Address, c.kept.Address = payee, payee
		r := present.ReceiveOf(present.Snapshot{Addresses: []app.Address{c.kept}}, c.shown).Shown
		require.Contains(t, r.Note.Words, c.note)
		require.Equal(t, c.warns, r.Warning != "")
		require.Equal(t, c.paid, r.Paid)
	}
}
