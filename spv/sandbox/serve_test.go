package sandbox_test

import (
	"net"
	"testing"
	"time"

	"github.com/btcsuite/btcd/btcutil/v2/gcs/builder"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/sandbox"
)

// A client that trusts nothing walks headers, filters and blocks.
func TestServesAChainThatHoldsTogether(t *testing.T) {
	t.Parallel()
	n := start(t, sandbox.Options{Premine: 1100})
	txid, err := n.Pay(script(1), 1e6)
	require.NoError(t, err)
	_, err = n.Mine(1, nil)
	require.NoError(t, err)
	_, tip := n.Tip()

	c := dial(t, n.Addr(), false)
	want := wire.SFNodeNetwork | wire.SFNodeWitness | wire.SFNodeCF
	require.Equal(t, want, c.version.Services&want)
	require.EqualValues(t, 1101, c.version.LastBlock)

	headers := c.headers(genesis())
	require.Len(t, headers, 1101)
	hashes := []chainhash.Hash{genesis()}
	for _, h := range headers {
		require.Equal(t, hashes[len(hashes)-1], h.PrevBlock)
		hashes = append(hashes, h.BlockHash())
	}
	require.Equal(t, tip, hashes[1101])
	require.Empty(t, c.headers(tip), "nothing after the tip, but an answer")

	filterHeaders := walkFilters(t, c, n, hashes)
	c.send(wire.NewMsgGetCFCheckpt(wire.GCSFilterRegular, &tip))
	points := expect[*wire.MsgCFCheckpt](c)
	require.Len(t, points.FilterHeaders, 1)
	require.Equal(t, filterHeaders[1000], *points.FilterHeaders[0])

	// A later start: the answer hangs on the header before it.
	c.send(wire.NewMsgGetCFHeaders(wire.GCSFilterRegular, 1050, &tip))
	later := expect[*wire.MsgCFHeaders](c)
	require.Len(t, later.FilterHashes, 52)
	require.Equal(t, filterHeaders[1049], later.PrevFilterHeader)

	full := c.block(tip, wire.InvTypeWitnessBlock)
	requireSound(t, full)
	require.Equal(t, txid, full.Transactions[1].TxHash())
	require.True(t, full.Transactions[1].HasWitness())
	stripped := c.block(tip, wire.InvTypeBlock)
	require.Equal(t, txid, stripped.Transactions[1].TxHash())
	require.False(t, stripped.Transactions[1].HasWitness())
}

// walkFilters fetches all filters, computes each anew from its block, and
// returns the filter headers they chain to.
func walkFilters(t *testing.T, c *client, n *sandbox.Node, hashes []chainhash.Hash) []chainhash.Hash {
	t.Helper()
	tip := hashes[len(hashes)-1]
	c.send(wire.NewMsgGetCFHeaders(wire.GCSFilterRegular, 0, &tip))
	cf := expect[*wire.MsgCFHeaders](c)
	require.Len(t, cf.FilterHashes, len(hashes))
	require.Equal(t, chainhash.Hash{}, cf.PrevFilterHeader)

	var filters []*wire.MsgCFilter
	for from := 0; from < len(hashes); from += 1000 {
		stop := hashes[min(from+999, len(hashes)-1)]
		c.send(wire.NewMsgGetCFilters(wire.GCSFilterRegular, uint32(from), &stop))
		for range min(1000, len(hashes)-from) {
			filters = append(filters, expect[*wire.MsgCFilter](c))
		}
	}
	var prev chainhash.Hash
	var chained []chainhash.Hash
	for i, f := range filters {
		require.Equal(t, hashes[i], f.BlockHash)
		require.Equal(t, *cf.FilterHashes[i], chainhash.DoubleHashH(f.Data))
		prev = chainhash.DoubleHashH(append(chainhash.DoubleHashB(f.Data), prev[:]...))
		chained = append(chained, prev)

		block, err := n.Block(hashes[i])
		require.NoError(t, err)
		var spent [][]byte
		for range block.Transactions[1:] {
			spent = append(spent, n.FaucetScript()) // who else has money here
		}
		own, err := builder.BuildBasicFilter(block, spent)
		require.NoError(t, err)
		data, err := own.NBytes()
		require.NoError(t, err)
		require.Equal(t, data, f.Data, "filter of block %d", i)
	}
	return chained
}

func TestAnswersAtHeightZero(t *testing.T) {
	t.Parallel()
	n := start(t, sandbox.Options{Premine: -1})
	c := dial(t, n.Addr(), false)
	g := genesis()
	require.Empty(t, c.headers(g))
	c.send(wire.NewMsgGetCFHeaders(wire.GCSFilterRegular, 0, &g))
	require.Len(t, expect[*wire.MsgCFHeaders](c).FilterHashes, 1)
	c.send(wire.NewMsgGetCFilters(wire.GCSFilterRegular, 0, &g))
	require.Equal(t, g, expect[*wire.MsgCFilter](c).BlockHash)
	c.send(wire.NewMsgGetCFCheckpt(wire.GCSFilterRegular, &g))
	require.Empty(t, expect[*wire.MsgCFCheckpt](c).FilterHeaders)
}

func TestAnswersWithAnOldTip(t *testing.T) {
	t.Parallel()
	past := time.Date(2015, 1, 2, 3, 4, 5, 0, time.UTC)
	n := start(t, sandbox.Options{Premine: 120, Now: func() time.Time { return past }})
	c := dial(t, n.Addr(), false)
	headers := c.headers(genesis())
	require.Len(t, headers, 120)
	require.True(t, headers[119].Timestamp.Equal(past))
	_, tip := n.Tip()
	c.send(wire.NewMsgGetCFHeaders(wire.GCSFilterRegular, 100, &tip))
	require.Len(t, expect[*wire.MsgCFHeaders](c).FilterHashes, 21)

	// Mining, the mempool and relay do not mind either.
	txid, err := n.Pay(script(1), 5e5)
	require.NoError(t, err)
	c.awaitInv(txid)
	_, err = n.Mine(1, nil)
	require.NoError(t, err)
	require.Empty(t, n.Mempool())
	require.EqualValues(t, 121, confirmedAt(t, n, txid))
}

func TestServesTransactionsAndWhatItLacks(t *testing.T) {
	t.Parallel()
	n := start(t, sandbox.Options{})
	c := dial(t, n.Addr(), false)
	txid, err := n.Pay(script(1), 12345)
	require.NoError(t, err)
	c.awaitInv(txid)

	c.get(wire.InvTypeWitnessTx, txid)
	tx := expect[*wire.MsgTx](c)
	require.Equal(t, txid, tx.TxHash())
	require.True(t, tx.HasWitness())
	require.EqualValues(t, 12345, tx.TxOut[0].Value)
	c.get(wire.InvTypeTx, txid)
	require.False(t, expect[*wire.MsgTx](c).HasWitness())

	for _, typ := range []wire.InvType{wire.InvTypeTx, wire.InvTypeWitnessTx, wire.InvTypeBlock, wire.InvTypeWitnessBlock, 5} {
		c.get(typ, chainhash.Hash{9})
		lacking := expect[*wire.MsgNotFound](c).InvList
		require.Len(t, lacking, 1)
		require.Equal(t, *wire.NewInvVect(typ, &chainhash.Hash{9}), *lacking[0])
	}
}

func TestTellsAddresses(t *testing.T) {
	t.Parallel()
	net2 := network(t, 2, sandbox.Options{Premine: 1})
	c := dial(t, net2[1].Addr(), false)
	c.send(wire.NewMsgGetAddr())
	var told []string
	for _, na := range expect[*wire.MsgAddr](c).AddrList {
		addr := net.TCPAddr{IP: na.IP, Port: int(na.Port)}
		told = append(told, addr.String())
	}
	require.ElementsMatch(t, net2.Addrs(), told)
	c.send(wire.NewMsgGetAddr())
	for _, m := range c.sync() {
		require.NotEqual(t, wire.CmdAddr, m.Command(), "told only once")
	}
}

func TestKeepsSilentOnFiltersItCannotServe(t *testing.T) {
	t.Parallel()
	n := start(t, sandbox.Options{})
	c := dial(t, n.Addr(), true)
	_, tip := n.Tip()
	unknown := chainhash.Hash{1}
	c.send(wire.NewMsgGetCFilters(wire.GCSFilterRegular, 0, &unknown))
	c.send(wire.NewMsgGetCFilters(wire.GCSFilterRegular, 201, &tip))
	c.send(wire.NewMsgGetCFilters(wire.GCSFilterRegular, 1<<31, &tip))
	c.send(wire.NewMsgGetCFHeaders(99, 0, &tip))
	c.send(wire.NewMsgGetCFCheckpt(99, &tip))
	for _, m := range c.sync() {
		require.NotContains(t, []string{wire.CmdCFilter, wire.CmdCFHeaders, wire.CmdCFCheckpt}, m.Command())
	}
}
