package peer_test

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"thistle/spv/peer"
	"thistle/spv/protocol"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
	"github.com/stretchr/testify/require"
)

// claim is a frame header that claims a payload and brings none.
func claim(r *remote, command string, length uint32) []byte {
	b := r.frame(command, nil)
	b[16], b[17], b[18], b[19] = byte(length), byte(length>>8), byte(length>>16), byte(length>>24)
	return b
}

// TestFrames: what is wrong with a frame ends the connection at once, and
// nothing of it reaches the machine.
func TestFrames(t *testing.T) {
	t.Parallel()
	badSum := func(command string, payload []byte) func(*remote) []byte {
		return func(r *remote) []byte {
			b := r.frame(command, payload)
			b[23] ^= 1
			return b
		}
	}
	cases := map[string]func(*remote) []byte{
		"http":               func(*remote) []byte { return []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n") },
		"other network":      func(r *remote) []byte { return frameOf(wire.TestNet3, "ping", make([]byte, 8)) },
		"checksum of ping":   badSum("ping", make([]byte, 8)),
		"checksum of inv":    badSum("inv", append([]byte{1}, make([]byte, 36)...)),
		"checksum of header": badSum("headers", []byte{0}),
		"version again":      func(r *remote) []byte { return r.encode(goodVersion()) },
		"verack again":       func(r *remote) []byte { return r.encode(&wire.MsgVerAck{}) },
	}
	for name, bad := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				s := connect(t)
				s.try(bad(s.remote))
				s.ends(protocol.ReasonProtocol)
				s.none()
			})
		})
	}
}

// TestCaps: a length above the cap of its command ends the connection before
// any payload is sent; a length at the cap is waited for.
func TestCaps(t *testing.T) {
	t.Parallel()
	caps := map[string]uint32{
		"version": 512, "verack": 0, "sendheaders": 0, "wtxidrelay": 0, "sendaddrv2": 0,
		"ping": 8, "pong": 8, "feefilter": 8,
		"headers": 162_003, "inv": 1_800_003, "notfound": 1_800_003, "getdata": 1_800_003,
		"addr": 30_003, "addrv2": 540_003, "cfheaders": 64_100, "cfcheckpt": 64_100,
		"cfilter": 262_200, "block": 4_000_000, "tx": 400_000,
		"merkleblock": 537_569, "nosuch": 4_000_000,
	}
	require.Len(t, caps, 21)
	for command, most := range caps {
		for _, length := range []uint32{most + 1, 0xffff_ffff} {
			t.Run(fmt.Sprint(command, length), func(t *testing.T) {
				t.Parallel()
				bubble(t, func(t *testing.T) {
					s := connect(t)
					s.try(claim(s.remote, command, length))
					s.ends(protocol.ReasonProtocol)
				})
			})
		}
		if most == 0 || command == "version" {
			continue // judged by the header alone
		}
		t.Run(command+" at its cap", func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				s := connect(t)
				s.raw(claim(s.remote, command, most))
				synctest.Wait()
				require.Empty(t, s.reason)
				s.close()
			})
		})
	}
}

// TestClaimsCostNothing: a claimed length allocates no more than the first
// piece of a buffer.
func TestClaimsCostNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := connect(t)
		s.ask(getData(wire.InvTypeTx, hashN(1)))
		b := claim(s.remote, "tx", 400_000)
		require.Less(t, allocated(t, func() { s.raw(b); synctest.Wait() }), uint64(100_000))
		s.close()
	})
	bubble(t, func(t *testing.T) {
		s := connect(t)
		head := make([]byte, 80)
		s.ask(getData(wire.InvTypeBlock, chainhash.DoubleHashH(head)))
		b := append(claim(s.remote, "block", 4_000_000), head...)
		require.Less(t, allocated(t, func() { s.raw(b); synctest.Wait() }), uint64(100_000))
		s.close()
	})
}

func TestSlowHeader(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		s := connect(t)
		began := time.Now()
		for _, b := range s.frame("ping", make([]byte, 8)) {
			if !s.try([]byte{b}) {
				break
			}
			time.Sleep(1500 * time.Millisecond) // of the bubble's clock
		}
		s.ends(protocol.ReasonSlow)
		require.Equal(t, 21*time.Second, time.Since(began)) // the writer's next try included
		s.none()
	})
}

func TestSlowPayload(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		command string
		size    int
		want    time.Duration
	}{
		"known":     {"headers", 2 + 81*500, 60*time.Second + (2+81*500)*time.Second/4096},
		"ignored":   {"nosuch", 40_960, 70 * time.Second},
		"unasked":   {"cfilter", 4_096, 61 * time.Second},
		"nonce too": {"ping", 8, 60*time.Second + 8*time.Second/4096},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				s := connect(t)
				b := s.frame(c.command, make([]byte, c.size))
				s.raw(b[:25])
				began := time.Now()
				s.ends(protocol.ReasonSlow)
				require.Equal(t, c.want, time.Since(began))
				s.none()
			})
		})
	}
}

// TestTrickle: 1 byte a second does not keep a payload alive.
func TestTrickle(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		s := connect(t)
		began := time.Now()
		b := s.frame("headers", make([]byte, 162_003))
		s.raw(b[:24])
		for i := 24; s.try(b[i : i+1]); i++ {
			time.Sleep(time.Second)
		}
		s.ends(protocol.ReasonSlow)
		require.Less(t, time.Since(began), 101*time.Second)
	})
}

// TestSilenceIsNoFault: between messages there is no deadline, nor one left
// over from the message before.
func TestSilenceIsNoFault(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		s := connect(t)
		for range 3 {
			b := s.encode(&wire.MsgPing{Nonce: 5})
			s.raw(b[:10])
			time.Sleep(19 * time.Second)
			s.raw(b[10:26])
			time.Sleep(59 * time.Second)
			s.raw(b[26:])
			require.Equal(t, &wire.MsgPing{Nonce: 5}, (<-s.inputs).(protocol.MessageReceived).Msg)
			time.Sleep(24 * time.Hour)
		}
		s.close()
	})
}

// TestManyFramesInOneWrite: frames that arrive together are all read.
func TestManyFramesInOneWrite(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		s := connect(t)
		s.raw(bytes.Repeat(s.encode(&wire.MsgPing{Nonce: 5}), 5000))
		synctest.Wait()
		require.Len(t, s.inputs, 5000)
		s.close()
	})
}

// TestCutOff: an end in the middle proves nothing.
func TestCutOff(t *testing.T) {
	t.Parallel()
	for _, at := range []int{0, 1, 23, 24, 25, 31} {
		bubble(t, func(t *testing.T) {
			s := connect(t)
			s.raw(s.encode(&wire.MsgPing{Nonce: 5})[:at])
			s.remote.conn.Close()
			s.ends(protocol.ReasonNone)
			s.none()
		})
	}
}

// TestTimeoutsOfConfig: each is a field.
func TestTimeoutsOfConfig(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		s := connect(t, func(c *peer.Config) { c.HeaderTimeout = time.Second })
		s.raw([]byte{0xf9})
		began := time.Now()
		s.ends(protocol.ReasonSlow)
		require.Equal(t, time.Second, time.Since(began))

		s = connect(t, func(c *peer.Config) { c.PayloadTimeout, c.PayloadRate = time.Second, 8 })
		s.raw(claim(s.remote, "ping", 8))
		began = time.Now()
		s.ends(protocol.ReasonSlow)
		require.Equal(t, 2*time.Second, time.Since(began))
	})
}
