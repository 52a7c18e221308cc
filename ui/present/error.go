package present

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"thistle/app"
)

// maxCause bounds how much of an unforeseen error is shown, in characters.
const maxCause = 300

// wording is how one kind of error is said.
type wording struct {
	plain    string // when nothing more is known
	detailed string // with the detail in place of %s; plain if empty
	quoted   bool   // the detail is what somebody typed
}

// sentences has every kind but KindInternal, which has no words of its own.
var sentences = map[app.Kind]wording{
	app.KindAmount:       {plain: "This is not an amount of bitcoin.", detailed: "%s."},
	app.KindAddress:      {plain: "This is not a Bitcoin address.", detailed: "%s."},
	app.KindFeeRate:      {plain: "This is not a fee rate.", detailed: "%s."},
	app.KindWords:        {plain: "The recovery words are not right.", detailed: "The recovery words are not right: %s."},
	app.KindBirthday:     {plain: "A birthday is a past day written YYYY-MM-DD, or the height of a block.", detailed: "%s is no birthday: write a past day as YYYY-MM-DD, or the height of a block.", quoted: true},
	app.KindName:         {plain: "A wallet cannot be called so.", detailed: "A wallet cannot be called %s: use letters, digits and dashes.", quoted: true},
	app.KindNetwork:      {plain: "There is no such network.", detailed: "There is no network called %s.", quoted: true},
	app.KindPeering:      {plain: "These settings about peers cannot be used.", detailed: "%s."},
	app.KindTxID:         {plain: "A transaction id has 64 hexadecimal digits.", detailed: "%s is not a transaction id, which has 64 hexadecimal digits.", quoted: true},
	app.KindProof:        {plain: "The proof does not hold.", detailed: "The proof does not hold: %s."},
	app.KindPasswordRule: {plain: "This password cannot be used: it is empty, far too long, or not text."},
	app.KindPassphrase:   {plain: "This passphrase cannot be used: it is far too long, or not text."},
	app.KindDice:         {plain: "Dice are at least 50 rolls, written with the digits 1 to 6."},
	app.KindLanguage:     {plain: "There are no recovery words of this language.", detailed: "There are no recovery words of the language %s.", quoted: true},
	app.KindDust:         {plain: "The amount is too small to be passed on.", detailed: "The amount is too small to be passed on: the least to this address is %s BTC."},
	app.KindAbsurdFee:    {plain: "The fee is so high that it must be a mistake.", detailed: "%s."},
	app.KindNoWallet:     {plain: "There is no such wallet.", detailed: "There is no wallet called %s.", quoted: true},
	app.KindNoPeers:      {plain: "No peer could be reached.", detailed: "There is no peer to ask: %s."},
	app.KindTimeout:      {plain: "This was not done in time; what was done is kept.", detailed: "This was not done in time: %s; what was done is kept."},
	app.KindUnannounced:  {plain: "Nobody has fetched the payment yet; it is kept, and offered again whenever the wallet is connected."},
	app.KindPassword:     {plain: "Wrong password."},
	app.KindInsufficient: {plain: "There is not enough to spend.", detailed: "There is not enough to spend: %s."},
	app.KindDamaged:      {plain: "A file of this wallet is damaged; a backup or the recovery words bring it back.", detailed: "A file of this wallet is damaged: %s."},
	app.KindForeign:      {plain: "A file in this folder belongs to another network or another wallet."},
	app.KindVersion:      {plain: "A file of this wallet was written by a newer Thistle; please use that one."},
	app.KindInUse:        {plain: "The data folder is in use by another Thistle.", detailed: "%s."},
	app.KindExists:       {plain: "There is a wallet of that name already.", detailed: "There is a wallet called %s already.", quoted: true},
	app.KindUnknownTx:    {plain: "This wallet has no such transaction.", detailed: "This wallet has no transaction %s."},
	app.KindUnconfirmed:  {plain: "The transaction is not confirmed yet, so there is no proof of it."},
	app.KindDiskFull:     {plain: "The disk is full; what was saved before is safe."},
	app.KindPermission:   {plain: "The system does not allow Thistle to use its data folder."},
	app.KindRejected:     {plain: "The payment did not pass the last look and was not sent.", detailed: "The payment did not pass the last look and was not sent: %s."},
	app.KindLocked:       {plain: "The wallet is locked."},
	app.KindStale:        {plain: "Something has changed since the payment was looked at; nothing was sent, please look again.", detailed: "%s; nothing was sent, please look at the payment again."},
}

// Sentence says an error in one sentence. Errors that are not of package app
// count as unforeseen.
func Sentence(err error) string {
	var e *app.Error
	if !errors.As(err, &e) {
		return "Something unexpected went wrong: " + cause(err) + "."
	}
	w, ok := sentences[e.Kind]
	switch {
	case !ok:
		return unforeseen(e)
	case e.Detail == "" || w.detailed == "":
		return w.plain
	case w.quoted:
		return fmt.Sprintf(w.detailed, quote(e.Detail))
	}
	return capital(fmt.Sprintf(w.detailed, ended(Plain(e.Detail))))
}

// unforeseen says an error for which there are no words: what was being done,
// and the cause for whoever is asked for help.
func unforeseen(e *app.Error) string {
	text := "Thistle could not " + e.Op
	switch {
	case e.Detail != "":
		text += ": " + ended(Plain(e.Detail))
	case e.Err != nil:
		text += ": " + cause(e.Err)
	}
	return text + "."
}

// cause is the text of an error, on one line.
func cause(err error) string {
	text := Plain(strings.Join(strings.Fields(err.Error()), " "))
	if utf8.RuneCountInString(text) > maxCause {
		text = string([]rune(text)[:maxCause]) + "…"
	}
	return ended(text)
}

func ended(s string) string { return strings.TrimRight(s, ". ") }

func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// quote puts what somebody typed into quotation marks, shortened.
func quote(s string) string {
	const most = 80
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return strconv.Quote(s)
}
