package spvtest

import (
	"bytes"
	"math"
	"strings"
	"time"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// greeting shakes hands and lets say be said in place of each part.
func greeting(first, second, last func(l *Link)) func(*Link, *wire.MsgVersion) {
	return func(l *Link, theirs *wire.MsgVersion) {
		part := func(say func(*Link), usual wire.Message) {
			if say != nil {
				say(l)
			} else {
				l.Say(usual)
			}
		}
		part(first, l.Version(theirs))
		part(second, wire.NewMsgVerAck())
		if last != nil {
			last(l)
		}
	}
}

// mute never answers some kinds of messages.
func mute(kinds ...string) func(*Link, wire.Message, []wire.Message) []wire.Message {
	return func(_ *Link, asked wire.Message, truth []wire.Message) []wire.Message {
		if asked == nil {
			return truth
		}
		for _, k := range kinds {
			if k == asked.Command() {
				return nil
			}
		}
		return truth
	}
}

var filterQuestions = []string{wire.CmdGetCFHeaders, wire.CmdGetCFilters, wire.CmdGetCFCheckpt}

// Long because it is a table.
func handshakes() []Hostile {
	return []Hostile{
		{1, "wrong magic, HTTP or TLS", "drop at 24 bytes", Banned, false, 3, 0, func(v int) Deviation {
			return Deviation{Greet: func(l *Link, _ *wire.MsgVersion) {
				other := l.encode(wire.NewMsgVerAck())
				other[0] ^= 0xff
				l.Raw([][]byte{
					append(other, other...),
					[]byte("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n400 Bad Request"),
					append([]byte{0x15, 3, 3, 0, 2, 2, 40}, bytes.Repeat([]byte{0x16, 3, 1, 2}, 16)...),
				}[v])
			}}
		}},
		{5, "no version, or no verack", "handshake time-out, the slot is free again", Left, false, 2, 0, func(v int) Deviation {
			return Deviation{Greet: func(l *Link, theirs *wire.MsgVersion) {
				if v == 1 {
					l.Say(l.Version(theirs))
				}
			}}
		}},
		{6, "messages before version, two versions, two veracks", "disconnect, nothing changes", Banned, false, 4, 0, func(v int) Deviation {
			twice := func(l *Link) { l.Say(wire.NewMsgVerAck()); l.Say(wire.NewMsgVerAck()) }
			return Deviation{Greet: func(l *Link, theirs *wire.MsgVersion) {
				ours := l.Version(theirs)
				[]func(*Link, *wire.MsgVersion){
					greeting(func(l *Link) { l.Say(wire.NewMsgPing(1)); l.Say(ours) }, nil, nil),
					greeting(func(l *Link) { l.Say(ours); l.Say(ours) }, nil, nil),
					greeting(nil, nil, func(l *Link) { l.Say(ours) }),
					greeting(nil, twice, nil),
				}[v](l, theirs)
			}}
		}},
		{7, "too old, without services, or false ones", "disconnect politely, try the next; a lie shows by no answer", Left, false, 4, 0, func(v int) Deviation {
			d := Deviation{Version: func(_, ours *wire.MsgVersion) {
				switch v {
				case 0:
					ours.ProtocolVersion = 70012
				case 1:
					ours.Services = 0
				case 2:
					ours.Services = wire.SFNodeNetwork | wire.SFNodeCF
				}
			}}
			if v == 3 {
				d.Reply = mute(filterQuestions...)
			}
			return d
		}},
		{8, "our own nonce comes back", "disconnect, again and again without noise", Left, false, 0, 0, func(int) Deviation {
			return Deviation{Version: func(theirs, ours *wire.MsgVersion) { ours.Nonce = theirs.Nonce }}
		}},
		{9, "times and heights from nowhere", "hints at most", Borne, true, 6, 0, func(v int) Deviation {
			return Deviation{Version: func(_, ours *wire.MsgVersion) {
				switch v {
				case 0:
					ours.Timestamp = ours.Timestamp.AddDate(10, 0, 0)
				case 1:
					ours.Timestamp = ours.Timestamp.AddDate(-10, 0, 0)
				case 2:
					ours.Timestamp = time.Unix(math.MinInt64, 0)
				case 3:
					ours.LastBlock = math.MaxInt32
				case 4:
					ours.LastBlock = -1
				case 5:
					ours.Timestamp = time.Unix(math.MaxInt64, 0)
				}
			}}
		}},
		{10, "a user agent of escapes, bidi, HTML or 256 bytes", "stored escaped, never shown raw", Borne, true, 3, 0, func(v int) Deviation {
			return Deviation{Version: func(_, ours *wire.MsgVersion) {
				ours.UserAgent = []string{"\x1b[2J\x1b]0;own\x07\u202e<script>alert(1)</script>\x00\xff", strings.Repeat("\u202e", 85), strings.Repeat("A", 256)}[v]
			}}
		}},
	}
}
