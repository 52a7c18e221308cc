package config_test

import (
	"strings"
	"testing"

	"thistle/app/config"

	"github.com/stretchr/testify/require"
)

func TestNetworks(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"mainnet", "testnet4", "signet", "regtest"}, config.Networks())
	for _, name := range config.Networks() {
		p, err := config.Params(name)
		require.NoError(t, err)
		require.NotNil(t, p)
	}
	for _, name := range []string{"", "Mainnet", "testnet", "testnet3", "main"} {
		_, err := config.Params(name)
		require.ErrorIs(t, err, config.ErrNetwork, name)
	}
}

func TestCheckName(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"default", "Savings 2026", "日本", "a.b", "x_y-z"} {
		require.NoError(t, config.CheckName(good), good)
	}
	bad := []string{"", ".", "..", ".hidden", "a/b", `a\b`, "../x", "c:", "tab\t", "nul\x00", " lead", "trail ", "dot.",
		"-flag", "what?", "st*r", "\xff", strings.Repeat("a", 65)}
	for _, name := range bad {
		require.ErrorIs(t, config.CheckName(name), config.ErrName, name)
	}
}

func TestFolders(t *testing.T) {
	t.Parallel()
	a := config.NetworkFolder("d", "mainnet")
	b := config.NetworkFolder("d", "regtest")
	require.NotEqual(t, a.Wallet("w"), b.Wallet("w"))
	require.True(t, strings.HasPrefix(a.Keystore("w"), a.Wallet("w")))
	require.NotEqual(t, a.Keystore("w"), a.WalletDB("w"))
}

// What is refused must be somebody: a list that shows what has no effect would be
// believed.
func TestCheckHost(t *testing.T) {
	t.Parallel()
	onion := strings.Repeat("a", 56) + ".onion"
	for _, addr := range []string{"1.2.3.4", "1.2.3.4:8333", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:8333", "2001:db8::/64", onion, onion + ":8333", "node.example:8333"} {
		require.NoError(t, config.CheckHost(addr), addr)
	}
	for _, addr := range []string{"", "1.2.3", "1.2.3.444", "10.0.0.0/8", "1.2.3.4/32", "2001:db8::/32", "node.example", "short.onion", "a b"} {
		require.Error(t, config.CheckHost(addr), addr)
	}
}
