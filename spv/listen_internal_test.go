package spv

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The door lets in a few at a time, of one host fewer, and not too many a second.
func TestDoor(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	host := func(n byte) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, n}) }
	here := netip.Addr{}

	d := newDoor()
	for range maxGreetingHost {
		require.True(t, d.enter(now, host(1)))
	}
	require.False(t, d.enter(now, host(1)))
	require.True(t, d.enter(now, host(2)))
	d.leave(host(1))
	require.True(t, d.enter(now, host(1)))

	d = newDoor()
	for range maxGreeting {
		require.True(t, d.enter(now, here), "loopback is anybody, by Tor")
	}
	require.False(t, d.enter(now, host(9)))
	d.leave(here)
	require.True(t, d.enter(now, host(9)))

	d = newDoor()
	for n := range greetBurst {
		require.True(t, d.enter(now, host(byte(n))))
		d.leave(host(byte(n)))
	}
	require.Empty(t, d.hosts)
	require.False(t, d.enter(now, here), "a burst, and no more")
	now = now.Add(time.Second)
	for range greetRate {
		require.True(t, d.enter(now, here))
		d.leave(here)
	}
	require.False(t, d.enter(now, here))

	logged := 0
	for range 1000 {
		if d.mayLog(now) {
			logged++
		}
	}
	require.Equal(t, logBurst, logged)
	require.True(t, d.mayLog(now.Add(time.Hour)))
}
