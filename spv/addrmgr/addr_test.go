package addrmgr_test

import (
	"net/netip"
	"testing"

	"thistle/spv/addrmgr"

	"github.com/stretchr/testify/require"
)

const (
	// The onion and I2P names of BIP155.
	onionName = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"
	i2pName   = "ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p"
)

func parse(t testing.TB, s string) addrmgr.Addr {
	t.Helper()
	a, err := addrmgr.Parse(s)
	require.NoError(t, err)
	return a
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in, out, key string
		net          addrmgr.Network
		routable     bool
	}{
		{"1.2.3.4:8333", "1.2.3.4:8333", "1.2.3.4", addrmgr.IPv4, true},
		{"[::ffff:1.2.3.4]:8333", "1.2.3.4:8333", "1.2.3.4", addrmgr.IPv4, true},
		{"1.2.3.4:0", "1.2.3.4:0", "1.2.3.4", addrmgr.IPv4, false},
		{"127.0.0.1:8333", "127.0.0.1:8333", "127.0.0.1:8333", addrmgr.IPv4, false},
		{"10.1.2.3:8333", "10.1.2.3:8333", "10.1.2.3:8333", addrmgr.IPv4, false},
		{"192.168.1.1:8333", "192.168.1.1:8333", "192.168.1.1:8333", addrmgr.IPv4, false},
		{"100.64.0.1:8333", "100.64.0.1:8333", "100.64.0.1:8333", addrmgr.IPv4, false},
		{"169.254.1.1:8333", "169.254.1.1:8333", "169.254.1.1:8333", addrmgr.IPv4, false},
		{"224.0.0.1:8333", "224.0.0.1:8333", "224.0.0.1:8333", addrmgr.IPv4, false},
		{"255.255.255.255:8333", "255.255.255.255:8333", "255.255.255.255:8333", addrmgr.IPv4, false},
		{"0.1.2.3:8333", "0.1.2.3:8333", "0.1.2.3:8333", addrmgr.IPv4, false},
		{"[2A02:1:2:3:4:5:6:7]:8333", "[2a02:1:2:3:4:5:6:7]:8333", "2a02:1:2:3::/64", addrmgr.IPv6, true},
		{"[2001:db8::1]:8333", "[2001:db8::1]:8333", "[2001:db8::1]:8333", addrmgr.IPv6, false},
		{"[2001:10::1]:8333", "[2001:10::1]:8333", "[2001:10::1]:8333", addrmgr.IPv6, false},
		{"[::1]:8333", "[::1]:8333", "[::1]:8333", addrmgr.IPv6, false},
		{"[fe80::1]:8333", "[fe80::1]:8333", "[fe80::1]:8333", addrmgr.IPv6, false},
		{"[fd00::1]:8333", "[fd00::1]:8333", "[fd00::1]:8333", addrmgr.IPv6, false},
		{"[fd87:d87e:eb43::1]:8333", "[fd87:d87e:eb43::1]:8333", "[fd87:d87e:eb43::1]:8333", addrmgr.IPv6, false},
		{"[fc00::1]:8333", "[fc00::1]:8333", "fc00::1", addrmgr.CJDNS, true},
		{"PG6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.Onion:8333", onionName + ":8333", onionName, addrmgr.Onion, true},
		{i2pName + ":0", i2pName + ":0", i2pName, addrmgr.I2P, true},
		{i2pName + ":8333", i2pName + ":8333", i2pName, addrmgr.I2P, false},
	} {
		a := parse(t, c.in)
		require.Equal(t, c.out, a.String())
		require.Equal(t, c.key, a.BanKey(), c.in)
		require.Equal(t, c.net, a.Network(), c.in)
		require.Equal(t, c.routable, a.Routable(), c.in)
		require.Equal(t, a, parse(t, a.String()))
		require.Equal(t, c.key, addrmgr.KeyOf(c.in), "what the person writes")
		require.Equal(t, c.key, addrmgr.KeyOf(c.key), "what was printed before")
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "1.2.3.4", ":8333", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:-1", "1.2.3.4:http", "1.2.3.4.5:8333", "[fe80::1%eth0]:8333",
		"seed.example.org:8333", "localhost:8333",
		"aaaaaaaaaaaaaaaa.onion:8333",                                         // version 2
		"qg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:8333", // checksum
		"pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscry.onion:8333",
		"a." + onionName + ":8333", "ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkd.b32.i2p:0",
	} {
		_, err := addrmgr.Parse(s)
		require.Error(t, err, s)
		require.Empty(t, addrmgr.KeyOf(s[:max(0, len(s)-6)]+"!"))
	}
	require.Empty(t, addrmgr.Addr{}.String())
	require.Empty(t, addrmgr.Addr{}.BanKey())
	require.False(t, addrmgr.Addr{}.Routable())
	require.True(t, addrmgr.FromIP(netip.Addr{}, 1).IsZero())
	require.Empty(t, addrmgr.KeyOf("2001:db8::/32"), "too wide to be refused by one key")
}

// Two addresses that one operator is likely to hold count as one.
func TestGroup(t *testing.T) {
	t.Parallel()
	same := func(a, b string) bool { return parse(t, a).Group() == parse(t, b).Group() }
	require.True(t, same("1.2.3.4:8333", "1.2.200.9:1"))
	require.False(t, same("1.2.3.4:8333", "1.3.3.4:8333"))
	require.True(t, same("[2a02:1:2::1]:8333", "[2a02:1:ffff::1]:8333"))
	require.False(t, same("[2a02:1::1]:8333", "[2a02:2::1]:8333"))
	require.True(t, same("[2002:102:304::1]:8333", "1.2.9.9:8333"), "6to4")
	require.True(t, same("[2001:470:1000::1]:1", "[2001:470:1fff::1]:1"))
	require.False(t, same("[2001:470:1000::1]:1", "[2001:470:2000::1]:1"), "a broker's customers")
	require.True(t, same("[fc12::1]:8333", "[fc1f::1]:8333"))
	require.False(t, same("[fc12::1]:8333", "[fc22::1]:8333"))
	require.False(t, same(onionName+":1", i2pName+":0"))
	require.Equal(t, addrmgr.Group{}, addrmgr.Addr{}.Group())

	// Names that cost nothing are few groups.
	groups := map[addrmgr.Group]bool{}
	for i := range 256 {
		payload := addrV2(4, append([]byte{byte(i)}, make([]byte, 31)...), 1)
		list, err := addrmgr.DecodeAddrV2(payload)
		require.NoError(t, err)
		groups[list[0].Addr.Group()] = true
	}
	require.Len(t, groups, 16)
}
