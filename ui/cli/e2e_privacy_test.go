//go:build e2e

package cli_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"thistle/ui/cli/e2etest"

	"github.com/btcsuite/btcd/address/v2/base58"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// spoken are the messages a wallet may send.
var spoken = map[string]bool{
	"version": true, "verack": true, "sendaddrv2": true, "wtxidrelay": true, "sendheaders": true, "feefilter": true,
	"ping": true, "pong": true, "getheaders": true, "getcfcheckpt": true, "getcfheaders": true, "getcfilters": true,
	"getdata": true, "inv": true, "tx": true, "getaddr": true,
}

// TestE2EPrivacy reads along while a wallet is made, paid, pays and is
// restored: nothing that tells its addresses leaves the computer, but in the
// transaction it sends.
func TestE2EPrivacy(t *testing.T) {
	t.Parallel()
	a := e2etest.StartNode(t, bins, e2etest.NodeOptions{})
	b := e2etest.StartNode(t, bins, e2etest.NodeOptions{Follow: []*e2etest.Node{a}})
	faucet := e2etest.NewFaucet(t, a, 5)
	pa, pb := e2etest.NewProxy(t, a.Addr), e2etest.NewProxy(t, b.Addr)
	home := e2etest.NewHome(t, bins, pa.Addr, pb.Addr)

	created := home.Create()
	require.Equal(t, "default", created.Wallet)
	require.Nil(t, created.BirthdayHeight, "no headers are known yet")
	words := created.Mnemonic
	account := e2etest.NewAccount(t, words)
	address := home.Receive().Address
	said, _ := pa.Said()
	require.Empty(t, said, "creating and receiving connect to nobody")

	tx := faucet.Pay(coin, e2etest.ScriptOf(t, address))
	paid := a.MineAll([][]*wire.MsgTx{{tx}}, nil)[0]
	a.Mine(50, nil)
	b.AwaitTip(a)
	watch := home.Start("watch")
	sockets := watch.Sockets()
	watch.AwaitSynced(a)
	seen := faucet.Pay(coin/2, account.External(1))
	a.Submit(seen)
	watch.AwaitTx("tx_seen", seen.TxHash().String())
	require.Subset(t, []string{"tcp to " + pa.Addr, "tcp to " + pb.Addr}, sockets())
	watch.Interrupt()
	requireDiscreet(t, account, nil, pa, pb)
	requireAllFilters(t, a.Height(), pa, pb)
	requireBlocks(t, []string{paid.String()}, pa, pb)

	var sent e2etest.Sent
	home.Get(&sent, "send", e2etest.AddressOf(t, faucet.Script), "0.25")
	require.Equal(t, "echoed", sent.State)
	requireDiscreet(t, account, decodeTx(t, sent.Hex), pa, pb)

	ra, rb := e2etest.NewProxy(t, a.Addr), e2etest.NewProxy(t, b.Addr)
	restored := e2etest.NewHome(t, bins, ra.Addr, rb.Addr)
	restored.Restore(words, "")
	restored.Sync()
	require.EqualValues(t, coin, restored.Balance().Confirmed)
	requireDiscreet(t, account, nil, ra, rb)
	requireAllFilters(t, a.Height(), ra, rb)
	requireBlocks(t, []string{paid.String()}, ra, rb)
}

// requireDiscreet searches all that was said for what only the wallet knows.
// The transaction it sent, if any, may be told, to those who asked for it.
func requireDiscreet(t *testing.T, account *e2etest.Account, sent *wire.MsgTx, proxies ...*e2etest.Proxy) {
	t.Helper()
	secrets := account.Hash160s(150)
	xpub, _, err := base58.CheckDecode(account.Xpub)
	require.NoError(t, err)
	const chainCode, publicKey = 12, 44 // places in an extended key without its first byte
	secrets = append(secrets, []byte(account.Xpub), xpub[chainCode:publicKey], xpub[publicKey:], xpub[publicKey+1:])
	var ownTx bytes.Buffer
	told := 0
	if sent != nil {
		require.NoError(t, sent.Serialize(&ownTx))
	}
	for _, p := range proxies {
		messages, raw := p.Said()
		require.NotEmpty(t, messages)
		for _, m := range messages {
			require.True(t, spoken[m.Command], "%q was said", m.Command)
			if m.Command == "tx" {
				require.NotNil(t, sent, "no transaction was to be told")
				require.Equal(t, ownTx.Bytes(), m.Payload)
				raw = bytes.ReplaceAll(raw, m.Payload, nil)
				told++
			}
		}
		for i, secret := range secrets {
			require.False(t, bytes.Contains(raw, secret), "secret %d, %s", i, hex.EncodeToString(secret))
			require.False(t, bytes.Contains(raw, reversed(secret)), "secret %d backwards", i)
			require.False(t, bytes.Contains(raw, []byte(hex.EncodeToString(secret))), "secret %d as text", i)
		}
	}
	if sent != nil {
		require.NotZero(t, told)
	}
}

func reversed(b []byte) []byte {
	r := bytes.Clone(b)
	for i := range len(r) / 2 {
		r[i], r[len(r)-1-i] = r[len(r)-1-i], r[i]
	}
	return r
}

// requireAllFilters sees to it that filters were asked for from the first block
// to the tip, so that which were asked tells nothing.
func requireAllFilters(t *testing.T, tip int32, proxies ...*e2etest.Proxy) {
	t.Helper()
	asked := make(map[uint32]bool)
	for _, p := range proxies {
		messages, _ := p.Said()
		for _, m := range messages {
			if m.Command != "getcfilters" {
				continue
			}
			var get wire.MsgGetCFilters
			require.NoError(t, get.BtcDecode(bytes.NewReader(m.Payload), wire.ProtocolVersion, wire.BaseEncoding))
			// The stop is a hash: what counts is that a range begins where
			// another ended, and how many filters came.
			asked[get.StartHeight] = true
		}
	}
	require.True(t, asked[1], "from the first block on")
	count := 0
	for _, p := range proxies {
		count += p.Answers()["cfilter"]
	}
	require.GreaterOrEqual(t, count, int(tip), "all filters")
}

// requireBlocks sees to it that just these blocks were fetched.
func requireBlocks(t *testing.T, want []string, proxies ...*e2etest.Proxy) {
	t.Helper()
	var got []string
	for _, p := range proxies {
		messages, _ := p.Said()
		for _, m := range messages {
			if m.Command != "getdata" {
				continue
			}
			var get wire.MsgGetData
			require.NoError(t, get.BtcDecode(bytes.NewReader(m.Payload), wire.ProtocolVersion, wire.BaseEncoding))
			for _, inv := range get.InvList {
				if inv.Type == wire.InvTypeBlock || inv.Type == wire.InvTypeWitnessBlock {
					got = append(got, inv.Hash.String())
				}
			}
		}
	}
	require.Subset(t, got, want)
	require.LessOrEqual(t, len(got), len(want)+2, "the blocks that pay, and a false positive perhaps")
}
