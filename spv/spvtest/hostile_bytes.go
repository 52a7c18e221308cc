package spvtest

import (
	"encoding/binary"
	"time"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// drip sends bytes one each second.
func drip(l *Link, b []byte) {
	for i := range b {
		if !l.Raw(b[i:i+1]) || !l.Wait(time.Second) {
			return
		}
	}
}

func silence(*Link, wire.Message, []wire.Message) []wire.Message { return nil }

// waves is how many times a node repeats itself, over all its connections: enough
// to empty any allowance, and to show that it comes back. Those of a town have
// townWaves together: where many do the same, less of each will do.
const (
	waves     = 150
	townWaves = 2 * waves
)

// often repeats until the connection ends or the node has shown enough.
func often(pause time.Duration, say func(l *Link) bool) func(*Link) {
	return func(l *Link) {
		for l.Node.waves.Add(1) <= waves && l.Node.town.waves.Add(1) <= townWaves && say(l) && l.Wait(pause) {
		}
	}
}

// Long because it is a table.
func bytesAndFrames() []Hostile {
	return []Hostile{
		{2, "bad checksum", "disconnect, nothing is decoded", Banned, false, 0, 0, func(int) Deviation {
			return Deviation{Live: func(l *Link) {
				b := l.encode(wire.NewMsgPing(7))
				b[20]++
				l.Raw(b)
			}}
		}},
		{3, "a length beyond all bounds", "disconnect before anything is allocated", Banned, false, 3, 0, func(v int) Deviation {
			return Deviation{Live: func(l *Link) {
				b := l.frame([]string{"ping", "headers", "whatever"}[v], nil)
				binary.LittleEndian.PutUint32(b[16:], []uint32{0xffff_ffff, 162_004, 4_000_001}[v])
				l.Raw(b)
			}}
		}},
		{4, "one byte a second", "a message once begun has a deadline", Left, false, 2, 0, func(v int) Deviation {
			return Deviation{Reply: silence, Live: func(l *Link) {
				if v == 0 {
					drip(l, l.encode(wire.NewMsgPing(7)))
					return
				}
				b := l.frame("inv", make([]byte, 3+36*200))
				l.Raw(b[:wire.MessageHeaderSize])
				drip(l, b[wire.MessageHeaderSize:])
			}}
		}},
		{11, "unknown commands in numbers", "ignored at the peer's cost, then disconnect", Left, false, 3, 0, func(v int) Deviation {
			name := []string{"nonsense", "ping\x00ping", "\xff\xfe\x1b[31m"}[v]
			return Deviation{Live: often(100*time.Millisecond, func(l *Link) bool {
				for range 1000 {
					if !l.Frame(name, []byte{1, 2, 3}) {
						return false
					}
				}
				return true
			})}
		}},
		{12, "bytes too many, counts too long, counts too high", "disconnect", Banned, false, 5, 0, func(v int) Deviation {
			return Deviation{Live: func(l *Link) {
				switch v {
				case 0:
					l.Frame("inv", append([]byte{1}, make([]byte, 37)...))
				case 1:
					l.Frame("inv", append([]byte{0xfd, 1, 0}, make([]byte, 36)...))
				case 2:
					l.Frame("headers", append([]byte{0xfd, 0xd0, 7}, make([]byte, 81)...))
				case 3:
					l.Frame("pong", make([]byte, 9))
				case 4:
					l.Frame("addr", append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, make([]byte, 30)...))
				}
			}}
		}},
		{13, "a tiny block or transaction that counts giant lists", "refused by its form, nothing is allocated", Banned, false, 2, 0, giants},
		{14, "pings in numbers, pongs nobody asked for, no pongs", "bounded, ignored, 20 minutes", Left, false, 3, 0, func(v int) Deviation {
			var d Deviation
			d.Live = often(100*time.Millisecond, func(l *Link) bool {
				for i := range 200 {
					if v == 0 && !l.Say(wire.NewMsgPing(uint64(i))) || v == 1 && !l.Say(wire.NewMsgPong(uint64(i))) {
						return false
					}
				}
				return v < 2
			})
			if v == 2 {
				d.Reply = mute(wire.CmdPing)
			}
			return d
		}},
		{15, "the connection breaks inside a block", "the block is asked of another at once", Borne, false, 2, 0, func(v int) Deviation {
			return Deviation{Write: func(_ *Link, b []byte) ([]byte, bool) {
				if string(b[4:9]) != "block" {
					return b, false
				}
				return b[:[]int{len(b) / 2, 10}[v]], true
			}}
		}},
		{16, "refuses to read", "a deadline for writing, a bounded queue, then disconnect", Left, false, 0, 0, func(int) Deviation {
			return Deviation{Deaf: func(l *Link) bool {
				select {
				case <-l.ready:
					return true
				default:
					return false
				}
			}}
		}},
		{21, "blocks, filters and filter headers nobody asked for", "skipped undecoded, then disconnect", Left, false, 4, 0, func(v int) Deviation {
			return Deviation{Live: often(100*time.Millisecond, func(l *Link) bool {
				land := l.Node.town.Land
				b := land.Main[landRoot+100]
				for range 30 {
					ok := false
					switch v {
					case 0:
						ok = l.Say(b.Msg)
					case 1:
						ok = l.Frame("merkleblock", make([]byte, 90))
					case 2:
						ok = l.Say(wire.NewMsgCFilter(wire.GCSFilterRegular, &b.Hash, b.Filter))
					case 3:
						ok = l.Say(l.Node.cfHeaders(b, landRoot))
					}
					if !ok {
						return false
					}
				}
				return true
			})}
		}},
	}
}

// giants answers with the header of the block that is asked for, or announces a
// transaction, and a count that no message could hold.
func giants(v int) Deviation {
	giant := []byte{0xfe, 0xff, 0xff, 0xff, 0x7f, 1}
	if v == 1 {
		tx := append([]byte{1, 0, 0, 0}, giant...)
		return Deviation{
			Live: func(l *Link) {
				inv := wire.NewMsgInv()
				_ = inv.AddInvVect(wire.NewInvVect(wire.InvTypeTx, &l.Node.town.Land.Main[1].Hash)) // room for one
				l.Say(inv)
			},
			Reply: func(l *Link, asked wire.Message, truth []wire.Message) []wire.Message {
				if get, ok := asked.(*wire.MsgGetData); ok && get.InvList[0].Hash == l.Node.town.Land.Main[1].Hash {
					l.Frame("tx", tx)
					return nil
				}
				return truth
			},
		}
	}
	return Deviation{Reply: func(l *Link, asked wire.Message, truth []wire.Message) []wire.Message {
		b := l.Node.blockOf(asked)
		if b == nil {
			return truth
		}
		l.Frame("block", append(b.Header.Raw[:], giant...))
		return nil
	}}
}
