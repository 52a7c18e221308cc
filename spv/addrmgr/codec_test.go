package addrmgr_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net"
	"testing"
	"time"

	"thistle/spv/addrmgr"

	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// addrV2 is an addrv2 message of one address.
func addrV2(network byte, host []byte, port uint16) []byte {
	b := []byte{1, 0x61, 0xbc, 0x66, 0x49, 0, network}
	if len(host) < 0xfd {
		b = append(b, byte(len(host)))
	} else {
		b = binary.LittleEndian.AppendUint16(append(b, 0xfd), uint16(len(host)))
	}
	return binary.BigEndian.AppendUint16(append(b, host...), port)
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

// The message and the names of BIP155, and Bitcoin Core's cases (net_tests.cpp,
// cnetaddr_unserialize_v2).
func TestDecodeAddrV2(t *testing.T) {
	t.Parallel()
	onionKey := unhex(t, "79bcc625184b05194975c28b66b66b0469f7f6556fb1ac3189a79b40dda32f1f")
	i2pHash := unhex(t, "a2894dabaec08c0051a481a6dac88b64f98232ae42d4b6fd2fa81952dfe36a87")
	for _, c := range []struct {
		name    string
		network byte
		host    []byte
		want    string // empty if left out, "error" if refused
	}{
		{"ipv4", 1, []byte{1, 2, 3, 4}, "1.2.3.4:8333"},
		{"ipv4 too short", 1, []byte{1, 2, 3}, "error"},
		{"ipv4 too long", 1, []byte{1, 2, 3, 4, 5}, "error"},
		{"ipv6", 2, unhex(t, "0102030405060708090a0b0c0d0e0f10"), "[102:304:506:708:90a:b0c:d0e:f10]:8333"},
		{"ipv6 too short", 2, make([]byte, 15), "error"},
		{"ipv4 in ipv6", 2, unhex(t, "00000000000000000000ffff01020304"), ""},
		{"tor v2 in ipv6", 2, unhex(t, "fd87d87eeb430102030405060708090a"), ""},
		{"cjdns in ipv6", 2, unhex(t, "fc000001000200030004000500060007"), ""},
		{"tor v2", 3, make([]byte, 10), ""},
		{"tor v2 of bad length", 3, make([]byte, 9), "error"},
		{"tor v3", 4, onionKey, onionName + ":8333"},
		{"tor v3 of bad length", 4, onionKey[:31], "error"},
		{"i2p", 5, i2pHash, i2pName + ":8333"},
		{"i2p of bad length", 5, i2pHash[:3], "error"},
		{"cjdns", 6, unhex(t, "fc000001000200030004000500060007"), "[fc00:1:2:3:4:5:6:7]:8333"},
		{"cjdns without its prefix", 6, unhex(t, "aa000001000200030004000500060007"), ""},
		{"cjdns of bad length", 6, []byte{0xfc}, "error"},
		{"network to come", 0xaa, make([]byte, 512), ""},
		{"network to come, nothing", 0xaa, nil, ""},
		{"network to come, too long", 0xaa, make([]byte, 513), "error"},
	} {
		payload := addrV2(c.network, c.host, 8333)
		list, err := addrmgr.DecodeAddrV2(payload)
		switch c.want {
		case "error":
			require.Error(t, err, c.name)
			continue
		case "":
			require.NoError(t, err, c.name)
			require.Empty(t, list, c.name)
			continue
		}
		require.NoError(t, err, c.name)
		require.Len(t, list, 1, c.name)
		require.Equal(t, c.want, list[0].Addr.String(), c.name)
		require.Equal(t, int64(0x4966bc61), list[0].Seen.Unix())
		require.Equal(t, payload, addrmgr.EncodeAddrV2(list), c.name)
		for n := range payload {
			_, err := addrmgr.DecodeAddrV2(payload[:n])
			require.Error(t, err, "%s cut to %d", c.name, n)
		}
		_, err = addrmgr.DecodeAddrV2(append(payload, 0))
		require.Error(t, err, c.name)
	}
	_, err := addrmgr.DecodeAddrV2([]byte{0xfd, 0xe9, 0x03}) // 1,001
	require.Error(t, err)
	_, err = addrmgr.DecodeAddrV2(append([]byte{0xfd, 1, 0}, addrV2(1, []byte{1, 2, 3, 4}, 1)[1:]...))
	require.Error(t, err, "a count in too many bytes")
}

// What btcd writes is read, and what we write is read by btcd.
func TestAgainstPackageWire(t *testing.T) {
	t.Parallel()
	seen := time.Unix(1_700_000_000, 0)
	var list []addrmgr.Heard
	v1, v2 := wire.NewMsgAddr(), wire.NewMsgAddrV2()
	for _, ip := range []string{"1.2.3.4", "8.8.8.8", "2a02::1"} {
		services := wire.SFNodeNetwork | wire.SFNodeCF | 1<<40
		list = append(list, addrmgr.Heard{Addr: parse(t, net.JoinHostPort(ip, "8333")), Services: services, Seen: seen})
		raw := net.ParseIP(ip)
		require.NoError(t, v1.AddAddress(wire.NewNetAddressTimestamp(seen, services, raw, 8333)))
		if v4 := raw.To4(); v4 != nil {
			raw = v4
		}
		v2.AddrList = append(v2.AddrList, wire.NetAddressV2FromBytes(seen, services, raw, 8333))
	}
	var b bytes.Buffer
	require.NoError(t, v1.BtcEncode(&b, 70016, wire.LatestEncoding))
	require.Equal(t, b.Bytes(), addrmgr.EncodeAddr(list))
	got, err := addrmgr.DecodeAddr(b.Bytes())
	require.NoError(t, err)
	require.Equal(t, list, got)

	b.Reset()
	require.NoError(t, v2.BtcEncode(&b, 70016, wire.LatestEncoding))
	require.Equal(t, b.Bytes(), addrmgr.EncodeAddrV2(list))
	got, err = addrmgr.DecodeAddrV2(b.Bytes())
	require.NoError(t, err)
	require.Equal(t, list, got)

	// As messages, and without what addr has no room for.
	list = append(list, addrmgr.Heard{Addr: parse(t, onionName+":8333"), Seen: seen})
	for _, v2 := range []bool{false, true} {
		b.Reset()
		require.NoError(t, wire.WriteMessage(&b, addrmgr.Message(list, v2), 70016, wire.MainNet))
		msg, _, err := wire.ReadMessage(&b, 70016, wire.MainNet)
		require.NoError(t, err)
		if v2 {
			require.Len(t, msg.(*wire.MsgAddrV2).AddrList, 4)
		} else {
			require.Len(t, msg.(*wire.MsgAddr).AddrList, 3)
		}
	}
	_, err = addrmgr.DecodeAddr([]byte{1, 2})
	require.Error(t, err)
}

// Nothing that decodes changes by being written and read again, and nothing
// makes the decoders panic or hold more than was sent.
func FuzzDecode(f *testing.F) {
	f.Add(addrV2(1, []byte{1, 2, 3, 4}, 8333))
	f.Add(addrV2(4, make([]byte, 32), 1))
	f.Add(addrV2(9, make([]byte, 513), 1))
	f.Add(addrmgr.EncodeAddr([]addrmgr.Heard{{Addr: parse(f, "8.8.8.8:8333"), Seen: time.Unix(1, 0)}}))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, payload []byte) {
		if list, err := addrmgr.DecodeAddrV2(payload); err == nil {
			again, err := addrmgr.DecodeAddrV2(addrmgr.EncodeAddrV2(list))
			require.NoError(t, err)
			require.Equal(t, list, again)
			for _, h := range list {
				require.Equal(t, h.Addr, parse(t, h.Addr.String()))
				require.NotEmpty(t, h.Addr.BanKey())
				require.NotZero(t, h.Addr.Group())
			}
		}
		if list, err := addrmgr.DecodeAddr(payload); err == nil {
			again, err := addrmgr.DecodeAddr(addrmgr.EncodeAddr(list))
			require.NoError(t, err)
			require.Equal(t, list, again)
		}
	})
}
