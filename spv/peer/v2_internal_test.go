package peer

import (
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"io"
	"runtime"
	"strconv"
	"testing"

	"thistle/assets/assetstest"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ellswift"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// vectors reads a table of BIP324's, as one map per row.
func vectors(t *testing.T, name string) []map[string]string {
	rows, err := csv.NewReader(bytes.NewReader(assetstest.Vector(t, "bips/"+name))).ReadAll()
	require.NoError(t, err)
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, v := range row {
			m[rows[0][i]] = v
		}
		out = append(out, m)
	}
	return out
}

func unhex(t *testing.T, s string) []byte {
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

// TestPacketVectors: BIP324's packets, made by us, and opened by the other side.
func TestPacketVectors(t *testing.T) {
	t.Parallel()
	rows := vectors(t, "bip-0324_packet_encoding_test_vectors.csv")
	require.Equal(t, 7, len(rows))
	for _, v := range rows {
		number := func(name string) int {
			n, err := strconv.Atoi(v[name])
			require.NoError(t, err)
			return n
		}
		private, _ := btcec.PrivKeyFromBytes(unhex(t, v["in_priv_ours"]))
		k := &keyExchange{net: wire.MainNet, private: private, ours: [64]byte(unhex(t, v["in_ellswift_ours"]))}
		theirs := [64]byte(unhex(t, v["in_ellswift_theirs"]))
		initiating := number("in_initiating") == 1
		ours, err := k.meet(theirs, initiating)
		require.NoError(t, err)
		require.Equal(t, unhex(t, v["mid_send_garbage_terminator"]), ours.sendTerm)
		require.Equal(t, unhex(t, v["mid_recv_garbage_terminator"]), ours.recvTerm)

		secret := unhex(t, v["mid_shared_secret"])
		far, err := newChannel(secret, !initiating, wire.MainNet)
		require.NoError(t, err)
		require.Equal(t, ours.sendTerm, far.recvTerm)

		send := func(contents []byte, decoy bool) []byte {
			p, err := ours.seal.packet(contents, decoy)
			require.NoError(t, err)
			n, err := far.open.length(p[:packetLenSize])
			require.NoError(t, err)
			require.Equal(t, len(contents), n)
			got, wasDecoy, err := far.open.contents(p[packetLenSize:])
			require.NoError(t, err)
			require.True(t, bytes.Equal(contents, got))
			require.Equal(t, decoy, wasDecoy)
			return p
		}
		for range number("in_idx") {
			send(nil, false)
		}
		ours.seal.aad, far.open.aad = unhex(t, v["in_aad"]), unhex(t, v["in_aad"])
		p := send(bytes.Repeat(unhex(t, v["in_contents"]), number("in_multiply")), number("in_ignore") == 1)
		if want := v["out_ciphertext"]; want != "" {
			require.Equal(t, want, hex.EncodeToString(p))
		}
		if want := unhex(t, v["out_ciphertext_endswith"]); len(want) > 0 {
			require.Equal(t, want, p[len(p)-len(want):])
		}
	}
}

// TestKeyVectors: BIP324's encodings of keys, through the library that we use.
func TestKeyVectors(t *testing.T) {
	t.Parallel()
	field := func(s string) *btcec.FieldVal {
		f := new(btcec.FieldVal)
		f.SetByteSlice(unhex(t, s))
		return f.Normalize()
	}
	rows := vectors(t, "bip-0324_ellswift_decode_test_vectors.csv")
	require.Equal(t, 76, len(rows))
	for _, v := range rows {
		x, err := ellswift.XSwiftEC(field(v["ellswift"][:64]), field(v["ellswift"][64:]))
		require.NoError(t, err)
		require.Equal(t, v["x"], hex.EncodeToString(x.Normalize().Bytes()[:]), v["comment"])
	}
	rows = vectors(t, "bip-0324_xswiftec_inv_test_vectors.csv")
	require.Equal(t, 32, len(rows))
	for _, v := range rows {
		for n := range 8 {
			got, want := "", v["case"+strconv.Itoa(n)+"_t"]
			if f := ellswift.XSwiftECInv(field(v["u"]), field(v["x"]), n); f != nil {
				got = hex.EncodeToString(f.Normalize().Bytes()[:])
			}
			require.Equal(t, want, got, "%s, case %d", v["comment"], n)
		}
	}
}

// TestLargePacketClaimed: a claim costs no more memory than a frame's. Not
// parallel, for it looks at the memory of all.
func TestLargePacketClaimed(t *testing.T) {
	ours, err := newChannel(make([]byte, 32), true, wire.MainNet)
	require.NoError(t, err)
	theirs, err := newChannel(make([]byte, 32), false, wire.MainNet)
	require.NoError(t, err)
	p, err := ours.seal.packet(make([]byte, 3_900_000), false)
	require.NoError(t, err)
	c := testConn(t, p[:50_000])
	askAll(c)
	c.in.open, c.in.most = theirs.open, c.largest
	require.Equal(t, uint32(maxBlockPayload), c.largest(), "a block is awaited")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = c.in.next()
	runtime.ReadMemStats(&after)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(256<<10))
}

// TestShortTypes: the short names are those of package wire, both ways.
func TestShortTypes(t *testing.T) {
	t.Parallel()
	named := 0
	for _, msg := range []wire.Message{
		&wire.MsgAddr{AddrList: []*wire.NetAddress{{}}}, &wire.MsgFeeFilter{}, &wire.MsgGetData{}, &wire.MsgGetHeaders{},
		&wire.MsgHeaders{}, &wire.MsgInv{}, &wire.MsgNotFound{}, &wire.MsgPing{}, &wire.MsgPong{}, wire.NewMsgTx(2),
		&wire.MsgGetCFilters{}, &wire.MsgCFilter{}, &wire.MsgGetCFHeaders{}, &wire.MsgCFHeaders{}, &wire.MsgGetCFCheckpt{},
		&wire.MsgCFCheckpt{}, &wire.MsgMemPool{}, &wire.MsgBlock{}, &wire.MsgSendHeaders{}, &wire.MsgWTxIdRelay{}, &wire.MsgVersion{},
	} {
		var b bytes.Buffer
		_, err := wire.WriteV2MessageN(&b, msg, ProtocolVersion, wire.WitnessEncoding)
		require.NoError(t, err)
		if b.Bytes()[0] != 0 {
			named++
		}
		name, _, err := splitType(b.Bytes())
		require.NoError(t, err)
		require.Equal(t, commandOf(msg.Command()), name)
	}
	require.Equal(t, 18, named)
	for _, b := range [][]byte{{3}, {29}, {255, 1, 2}} {
		name, body, err := splitType(b)
		require.NoError(t, err)
		require.Zero(t, name, "unknown, hence skipped")
		require.Equal(t, b[1:], body)
	}
	for _, b := range [][]byte{nil, {0}, make([]byte, 12)} {
		_, _, err := splitType(b)
		require.Error(t, err)
	}
}
