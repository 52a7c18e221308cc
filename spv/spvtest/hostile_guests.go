package spvtest

import (
	"encoding/binary"
	"fmt"
	"time"

	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// HostileGuest is what those may do who connect to a client that listens.
type HostileGuest struct {
	Hostile
	From []string // where they come from
}

// repeat says the same so often as fast as it is taken.
func repeat(times int, m func(l *Link) wire.Message) Deviation {
	return Deviation{Live: func(l *Link) {
		b := l.encode(m(l))
		for range times {
			if !l.Raw(b) {
				return
			}
		}
	}}
}

// questions are what a client that listens answers.
func questions(v int) func(l *Link) wire.Message {
	return func(l *Link) wire.Message {
		land := l.Node.town.Land
		tip := land.Main[land.Start].Hash
		return []wire.Message{
			&wire.MsgGetHeaders{ProtocolVersion: wireVersion, BlockLocatorHashes: []*chainhash.Hash{land.Params.Net.GenesisHash}},
			wire.NewMsgGetCFilters(wire.GCSFilterRegular, uint32(land.Start-200), &tip),
			wire.NewMsgGetCFHeaders(wire.GCSFilterRegular, uint32(land.Start-200), &tip),
			wire.NewMsgGetAddr(),
			wire.NewMsgPing(7),
		}[v]
	}
}

// tales are headers that others do not tell of.
func tales(v int, land *Land) []chain.Header {
	switch v {
	case 0: // with less work than they need
		h := land.Main[land.Start].Msg.Header
		h.PrevBlock = land.Main[land.Start].Hash
		unsolve(&h)
		return []chain.Header{chain.FromWire(&h)}
	case 1: // many of them, and little work
		return land.Weak.Headers(land.Start-50, land.Weak.Tip().Height)
	case 2: // a true branch, which nobody we chose tells of
		return land.Longer[10].Headers(land.Start-9, land.Start+1)
	default: // of nobody knows what
		h := land.Main[land.Start].Msg.Header
		h.PrevBlock = chainhash.Hash{7}
		land.Gen.solve(&h)
		return []chain.Header{chain.FromWire(&h)}
	}
}

// HostileGuests lists what they may do, numbered apart from Hostiles.
//
// Long because it is a table.
func HostileGuests() []HostileGuest {
	one := []string{"77.1.2.3:5000"}
	var house, towns []string
	for i := range 40 {
		house = append(house, fmt.Sprintf("[2a01:4f8:1:2:3::%x]:5000", i+1))
		towns = append(towns, fmt.Sprintf("%d.1.2.3:5000", 100+i))
	}
	wait := func(l *Link) { <-l.gone }
	return []HostileGuest{
		{Hostile{1, "the same question without end", "answered in turn and at a pace, then disconnect", Left, false, 5, 0, func(v int) Deviation {
			return repeat(30_000, questions(v))
		}}, one},
		{Hostile{2, "a length beyond all bounds", "disconnect before anything is allocated", Banned, false, 0, 0, func(int) Deviation {
			return Deviation{Live: func(l *Link) {
				b := l.frame("getheaders", nil)
				binary.LittleEndian.PutUint32(b[16:], 4_000_001)
				l.Raw(b)
			}}
		}}, one},
		{Hostile{3, "asks for filters and does not read them", "a deadline for writing, then disconnect", Left, false, 0, 0, func(int) Deviation {
			d := repeat(20, questions(1))
			d.Deaf = func(l *Link) bool {
				select {
				case <-l.ready:
					return true
				default:
					return false
				}
			}
			return d
		}}, one},
		{Hostile{4, "addresses without end", "none is taken from who was not chosen", Borne, false, 0, 0, func(int) Deviation {
			return Deviation{Live: often(100*time.Millisecond, func(l *Link) bool { return l.Say(strangers(l, 1000, nil)) })}
		}}, one},
		{Hostile{5, "transactions that nobody has, without end", "none is asked for", Borne, false, 0, 0, func(int) Deviation {
			return Deviation{Live: spam(wire.InvTypeTx, 1000, 100*time.Millisecond)}
		}}, one},
		{Hostile{6, "many connections of one house", "two have room", Borne, false, 0, 0, func(int) Deviation { return Deviation{Live: wait} }}, house},
		{Hostile{7, "many that connect and say nothing", "their time is short, others come in", Left, false, 2, 0, func(v int) Deviation {
			return Deviation{Open: func(l *Link) bool {
				if v == 1 {
					drip(l, far)
				}
				wait(l)
				return false
			}}
		}}, towns},
		{Hostile{8, "headers that are not so, or that nobody else tells of", "others are asked; false work is a ban", Doubtful, false, 4, 0, func(v int) Deviation {
			return Deviation{Live: often(time.Second, func(l *Link) bool { return l.Say(headersMsg(tales(v, l.Node.town.Land))) })}
		}}, one},
		{Hostile{9, "asks for what was not announced", "nothing is there", Borne, false, 0, 0, func(int) Deviation {
			return Deviation{Live: often(10*time.Second, func(l *Link) bool {
				for _, m := range requests(l) {
					if _, ok := m.(*wire.MsgFilterLoad); !ok && !l.Say(m) {
						return false
					}
				}
				return true
			})}
		}}, one},
	}
}
