package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"thistle/app"
	"thistle/ui/present"
)

// The exit codes.
const (
	exitOK        = 0
	exitOther     = 1
	exitUsage     = 2
	exitNetwork   = 3
	exitPassword  = 4
	exitFunds     = 5
	exitFile      = 6
	usageKind     = "usage"
	internalKind  = "internal"
	interruptKind = "interrupted"
)

// exitCodes has every kind of error; a test sees to that.
var exitCodes = map[app.Kind]int{
	app.KindInternal: exitOther, app.KindInUse: exitOther, app.KindExists: exitOther, app.KindUnknownTx: exitOther,
	app.KindUnconfirmed: exitOther, app.KindDiskFull: exitOther,
	app.KindPermission: exitOther, app.KindRejected: exitOther, app.KindLocked: exitOther,
	app.KindStale: exitOther,

	app.KindAmount: exitUsage, app.KindAddress: exitUsage, app.KindFeeRate: exitUsage, app.KindWords: exitUsage,
	app.KindBirthday: exitUsage, app.KindName: exitUsage, app.KindNetwork: exitUsage, app.KindTxID: exitUsage, app.KindPeering: exitUsage,
	app.KindProof: exitUsage, app.KindPasswordRule: exitUsage, app.KindPassphrase: exitUsage, app.KindDust: exitUsage,
	app.KindDice: exitUsage, app.KindLanguage: exitUsage, app.KindAbsurdFee: exitUsage, app.KindNoWallet: exitUsage,

	app.KindNoPeers: exitNetwork, app.KindTimeout: exitNetwork, app.KindUnannounced: exitNetwork,
	app.KindPassword: exitPassword, app.KindInsufficient: exitFunds,
	app.KindDamaged: exitFile, app.KindForeign: exitFile, app.KindVersion: exitFile,
}

// exitMeanings says the codes for people.
var exitMeanings = []struct {
	code    int
	meaning string
}{
	{exitOK, "done"},
	{exitOther, "anything else; data folder in use"},
	{exitUsage, "wrong usage or bad argument"},
	{exitNetwork, "no peers, not done in time, or payment not fetched by anybody yet"},
	{exitPassword, "wrong password"},
	{exitFunds, "not enough to spend"},
	{exitFile, "file damaged, foreign, or of a newer version"},
}

func exitText() string {
	var b strings.Builder
	for _, m := range exitMeanings {
		fmt.Fprintf(&b, "  %d  %s\n", m.code, m.meaning)
	}
	return b.String()
}

// fault is an error of this face: a bad flag, an unreadable file.
type fault struct {
	kind string
	code int
	text string // one sentence
}

func (f *fault) Error() string { return f.text }

// usage says that the command line is wrong.
func usage(format string, args ...any) error {
	return &fault{kind: usageKind, code: exitUsage, text: fmt.Sprintf(format, args...)}
}

// verdict is an error in its three voices: word, exit code and sentence.
func verdict(ctx context.Context, err error) (Problem, int) {
	kind := app.KindOf(err)
	interrupted := errors.Is(err, context.Canceled) && kind != app.KindUnannounced
	var f *fault
	var e *app.Error
	switch {
	case ctx.Err() != nil && interrupted:
		return Problem{interruptKind, "Interrupted; what was done is kept."}, exitOther
	case errors.As(err, &f):
		return Problem{f.kind, f.text}, f.code
	case errors.As(err, &e):
		return Problem{kind.String(), sentence(e)}, exitCodes[kind]
	}
	return Problem{internalKind, present.Sentence(err)}, exitOther
}

// sentence says an error, and what flag or command helps where only one does.
func sentence(e *app.Error) string {
	text := strings.TrimSuffix(present.Sentence(e), ".")
	switch {
	case e.Op == app.OpFindPeers && e.Kind == app.KindNoPeers:
		text += `: "thistle peers --add HOST:PORT" keeps it, --connect HOST:PORT uses it alone`
	case e.Kind == app.KindNoWallet:
		text += `: "thistle wallets" lists those that there are, --wallet NAME takes one, "thistle create" makes one`
	}
	return text + "."
}
