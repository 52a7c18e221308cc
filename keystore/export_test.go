package keystore

import (
	"bytes"
	"io"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"thistle/keystore/hd"
	"thistle/keystore/seal"
)

// ViewKey is a copy of the view key.
func ViewKey(k *Keystore) []byte { return bytes.Clone(k.view().key[:]) }

// SpendKey unwraps the spend key.
func SpendKey(k *Keystore, password []byte) ([]byte, error) {
	return k.env.Open(password, seal.Spend, k.opts.Bounds)
}

// View is the closure in a struct of its own.
func View(k *Keystore) any { return struct{ v func() *viewState }{k.view} }

// Deref is the value behind the pointer, without its mutex.
func Deref(k *Keystore) any {
	return struct {
		net, opts, file, env any
		view                 func() *viewState
	}{k.net, k.opts, k.file, k.env, k.view}
}

// SignMessageWithWIF signs for an output that a private key can own, as SignMessage
// does for ours.
func SignMessageWithWIF(net *chaincfg.Params, wif, script, message []byte, rand io.Reader) (text string, err error) {
	err = withWIF(net, wif, func(key *hd.Single, ours wifKey) error {
		for _, out := range ours {
			if bytes.Equal(out.Script, script) {
				text, err = signMessage(key, plannedInput{kind: out.kind, uncompressed: len(out.PublicKey) == 65, script: script}, message, rand)
				return err
			}
		}
		return ErrNotOurs
	})
	return text, err
}

// ToSpend and ToSign are BIP322's two transactions.
func ToSpend(script, message []byte) *wire.MsgTx { return toSpend(script, message) }

func ToSign(script, message []byte) *wire.MsgTx {
	return planMessage(plannedInput{script: script}, message).tx
}
