package spvtest

import (
	"bytes"
	"encoding/binary"
	"io"
	"time"

	"github.com/btcsuite/btcd/v2transport"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// cipher is one end of an encrypted connection, by btcsuite's code.
type cipher struct {
	*v2transport.Peer
	l *Link
}

// Write queues bytes: a pipe waits for each to be read, and both sides of an
// exchange of keys write before they read.
func (c *cipher) Write(b []byte) (int, error) {
	if !c.l.Raw(bytes.Clone(b)) {
		return 0, io.ErrClosedPipe
	}
	return len(b), nil
}

// packet sends one packet.
func (c *cipher) packet(contents []byte, decoy bool) bool {
	_, _, err := c.V2EncPacket(contents, nil, decoy)
	return err == nil
}

// say sends a message.
func (c *cipher) say(m wire.Message) bool {
	var b bytes.Buffer
	if _, err := wire.WriteV2MessageN(&b, m, wireVersion, wire.WitnessEncoding); err != nil {
		panic(err) // our own message
	}
	return c.packet(b.Bytes(), false)
}

// agree exchanges keys with who has called.
func (c *cipher) agree(garbage int, decoys ...int) bool {
	net := v2transport.BitcoinNet(c.l.magic())
	return c.RespondV2Handshake(garbage, net) == nil && c.CompleteHandshake(false, decoys, net) == nil
}

// shake is the version handshake, until the other side has said verack.
func (c *cipher) shake() bool {
	for {
		plain, err := c.V2ReceivePacket(nil)
		if err != nil {
			return false
		}
		switch msg, _, _ := wire.ReadV2MessageN(plain, wireVersion, wire.WitnessEncoding); m := msg.(type) { // some are unknown there
		case *wire.MsgVersion:
			c.say(c.l.Version(m))
			c.say(wire.NewMsgVerAck())
		case *wire.MsgVerAck:
			return true
		}
	}
}

// drain reads what comes until the connection ends.
func (c *cipher) drain() { _, _ = io.Copy(io.Discard, c.l.in) }

// well is what a system's buffer is to who sends: on a pipe nobody could send
// before all is read.
type well struct {
	chunks chan []byte
	rest   []byte
}

func newWell(l *Link) *well {
	w, in := &well{chunks: make(chan []byte, 1000)}, l.in
	l.Node.town.links.Go(func() {
		defer close(w.chunks)
		for {
			b := make([]byte, 4096)
			n, err := in.Read(b)
			select {
			case w.chunks <- b[:n]:
			case <-l.gone:
				return
			}
			if err != nil {
				return
			}
		}
	})
	return w
}

func (w *well) Read(b []byte) (int, error) {
	for len(w.rest) == 0 {
		chunk, ok := <-w.chunks
		if !ok {
			return 0, io.EOF
		}
		w.rest = chunk
	}
	n := copy(b, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

// encrypting answers who greets encrypted as act does, and ends the connection
// after that. Who calls in plain text meets what plain says.
func encrypting(plain Deviation, act func(c *cipher)) Deviation {
	plain.Open = func(l *Link) bool {
		head := make([]byte, 4)
		if _, err := io.ReadFull(l.conn, head); err != nil {
			return false
		}
		l.in = io.MultiReader(bytes.NewReader(head), l.conn)
		if binary.LittleEndian.Uint32(head) == uint32(l.magic()) {
			return true
		}
		l.in = newWell(l)
		c := &cipher{Peer: v2transport.NewPeer(), l: l}
		c.UseReadWriter(struct {
			io.Reader
			io.Writer
		}{l.in, c})
		act(c)
		return false
	}
	return plain
}

// hangUp ends a connection when the first message has come.
var hangUp = Deviation{Greet: func(l *Link, _ *wire.MsgVersion) { l.Close() }}

// far is a key that nobody has the other half of; any bytes are one.
var far = bytes.Repeat([]byte{0x5a}, 64)

// HostilesEncrypted lists what a peer may do to an encrypted connection (BIP324),
// numbered apart from Hostiles. What is not proved by a message that opens proves
// nothing: anybody between can have done it.
//
// Long because it is a table.
func HostilesEncrypted() []Hostile {
	none := Deviation{Open: nil}
	agreed := func(f func(c *cipher)) Deviation {
		return encrypting(none, func(c *cipher) {
			if c.agree(7) {
				f(c)
			}
		})
	}
	met := func(f func(c *cipher)) Deviation {
		return agreed(func(c *cipher) {
			if c.shake() {
				f(c)
				c.drain()
			}
		})
	}
	return []Hostile{
		{1, "another terminator, or none", "no more than 4095 bytes of garbage are read", Left, false, 2, 0, func(v int) Deviation {
			return encrypting(none, func(c *cipher) {
				c.l.Raw(far)
				for range []int{1, 100}[v] {
					if !c.l.Raw(make([]byte, 1000)) {
						return
					}
				}
				c.drain()
			})
		}},
		{2, "a packet longer than anything of use", "disconnect before it is read", Left, false, 2, 0, func(v int) Deviation {
			if v == 0 {
				return encrypting(none, func(c *cipher) { c.agree(0, 600_000) })
			}
			return met(func(c *cipher) { c.packet(make([]byte, 1_000_000), false) })
		}},
		{3, "a packet that does not open", "disconnect, no ban", Left, false, 2, 0, func(v int) Deviation {
			spoil := func(c *cipher) {
				c.UseReadWriter(struct {
					io.Reader
					io.Writer
				}{c.l.in, spoiler{c}})
				c.say(wire.NewMsgPing(1))
			}
			if v == 0 {
				return agreed(func(c *cipher) { spoil(c); c.drain() })
			}
			return met(spoil)
		}},
		{4, "decoys without end", "a few, or at the peer's cost, then disconnect", Left, false, 2, 0, func(v int) Deviation {
			if v == 0 {
				return encrypting(none, func(c *cipher) { c.agree(0, make([]int, 1000)...) })
			}
			return met(func(c *cipher) {
				for c.l.N < 2 && c.packet(make([]byte, 100_000), true) { // twice is enough
				}
			})
		}},
		{5, "packets without a message, half a name", "ban", Banned, false, 2, 0, func(v int) Deviation {
			return met(func(c *cipher) { c.packet([][]byte{nil, {0, 'p', 'i'}}[v], false) })
		}},
		{6, "hangs up, so that it is called in plain text", "one more call, and the same next time", Left, false, 4, 0, func(v int) Deviation {
			return encrypting(hangUp, []func(*cipher){
				func(*cipher) {},
				func(c *cipher) { c.l.Raw(far[:1]); c.l.Wait(time.Second) },
				func(c *cipher) { c.agree(0); c.l.Wait(time.Second) },
				func(c *cipher) { c.l.Raw(c.l.frame("version", make([]byte, 86))); c.l.Wait(time.Second) },
			}[v])
		}},
		{7, "hangs up, and is honest in plain text", "one more call", Borne, true, 0, 0, func(int) Deviation {
			return encrypting(Deviation{Version: func(_, ours *wire.MsgVersion) { ours.Services |= wire.SFNodeP2PV2 }}, func(*cipher) {})
		}},
		{8, "one byte a second", "the handshake has a deadline", Left, false, 3, 0, func(v int) Deviation {
			switch v {
			case 0:
				return encrypting(hangUp, func(c *cipher) { drip(c.l, far) })
			case 1:
				return encrypting(none, func(c *cipher) { c.l.Raw(far); drip(c.l, make([]byte, 4000)) })
			}
			return agreed(func(c *cipher) { drip(c.l, make([]byte, 4000)) })
		}},
	}
}

// spoiler changes a bit of each packet.
type spoiler struct{ c *cipher }

func (s spoiler) Write(b []byte) (int, error) {
	b = bytes.Clone(b)
	b[len(b)-1] ^= 1
	return s.c.Write(b)
}
