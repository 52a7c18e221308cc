package spvtest

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"time"

	"thistle/spv/chain"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// lyingHeaders changes every headers message that is not empty.
func lyingHeaders(lie HeaderLie) Deviation {
	return Deviation{Reply: func(l *Link, _ wire.Message, truth []wire.Message) []wire.Message {
		for i, m := range truth {
			hm, ok := m.(*wire.MsgHeaders)
			if !ok || len(hm.Headers) == 0 {
				continue
			}
			list := make([]chain.Header, len(hm.Headers))
			for j, h := range hm.Headers {
				list[j] = chain.FromWire(h)
			}
			s := &Sim{gen: l.Node.town.Land.Gen, now: time.Now()}
			truth[i] = headersMsg(lie(s, &Peer{Chain: l.Node.Branch()}, list))
		}
		return truth
	}}
}

// withBits gives the last header other bits, and work for them unless nobody
// could do it.
func withBits(work bool, change func(uint32) uint32) HeaderLie {
	return func(s *Sim, _ *Peer, hs []chain.Header) []chain.Header {
		h := hs[len(hs)-1].Wire()
		h.Bits = change(h.Bits)
		if work {
			s.gen.solve(&h)
		}
		return replaceLast(hs, chain.FromWire(&h))
	}
}

// atRetarget ends at the first header of a harder period, with the target of the
// one before, or one far easier still.
func atRetarget(easier bool) HeaderLie {
	return func(s *Sim, _ *Peer, hs []chain.Header) []chain.Header {
		for i := 1; i < len(hs); i++ {
			if hs[i].Bits() == hs[i-1].Bits() {
				continue
			}
			bits := hs[i-1].Bits()
			if easier {
				bits = s.gen.net.PowLimitBits
			}
			h := hs[i].Wire()
			h.Bits = bits
			s.gen.solve(&h)
			return replaceLast(hs[:i+1], chain.FromWire(&h))
		}
		return hs
	}
}

// hashesFrom draws hashes that nothing has.
func hashesFrom(dice *rand.Rand, n int) []chainhash.Hash {
	list := make([]chainhash.Hash, n)
	for i := range list {
		for j := 0; j < chainhash.HashSize; j += 8 {
			binary.LittleEndian.PutUint64(list[i][j:], dice.Uint64())
		}
	}
	return list
}

func diceOf(l *Link) *rand.Rand { return rand.New(rand.NewPCG(uint64(l.N), 48)) }

// Long because it is a table.
func badHeaders() []Hostile {
	lies := func(v int, list ...HeaderLie) Deviation { return lyingHeaders(list[v]) }
	on := func(b func(*Land) Branch) Deviation {
		return Deviation{Chain: func(l *Land, _ Branch) Branch { return b(l) }}
	}
	return []Hostile{
		{22, "a gap inside headers", "disconnect", Banned, false, 0, 0, func(int) Deviation { return lyingHeaders(Gap) }},
		{22, "headers that follow nothing known", "asked about a few times, then disconnect", Left, false, 2, 0, func(v int) Deviation {
			if v == 0 {
				return lyingHeaders(Unconnecting)
			}
			return Deviation{Live: func(l *Link) {
				dice, h := diceOf(l), l.Node.Branch().Tip().Msg.Header
				often(time.Second, func(l *Link) bool {
					h.PrevBlock = hashesFrom(dice, 1)[0]
					l.Node.town.Land.Gen.solve(&h)
					return l.Say(headersMsg([]chain.Header{chain.FromWire(&h)}))
				})(l)
			}}
		}},
		{23, "headers without work, or targets that cannot be", "ban", Banned, false, 4, 0, func(v int) Deviation {
			return lies(v, BadPoW,
				withBits(true, func(uint32) uint32 { return 0x2100ffff }),
				withBits(false, func(b uint32) uint32 { return b | 0x800000 }),
				withBits(false, func(uint32) uint32 { return 0xff7fffff }))
		}},
		{24, "a target that the rules do not give", "ban", Banned, false, 3, 0, func(v int) Deviation {
			return lies(v, BadBits, atRetarget(false), atRetarget(true))
		}},
		{25, "a time before the median", "ban", Banned, false, 0, 0, func(int) Deviation { return lyingHeaders(OldTime) }},
		{25, "a time of tomorrow", "held, not banned: it may be our clock", Borne, false, 0, 0, func(int) Deviation { return lyingHeaders(FromFuture) }},
		{26, "an endless chain without work", "little is kept while it has less work than others", Borne, false, 0, NeedsNoCheckpoints, func(int) Deviation {
			return Deviation{
				Silent:  true,
				Version: func(_, ours *wire.MsgVersion) { ours.LastBlock = 1_000_000 },
				Reply: func(l *Link, asked wire.Message, truth []wire.Message) []wire.Message {
					get, ok := asked.(*wire.MsgGetHeaders)
					if !ok {
						return truth
					}
					return []wire.Message{headersMsg(l.Node.town.Land.Endless().after(get.BlockLocatorHashes))}
				},
			}
		}},
		{27, "a long fork from below a checkpoint", "refused, not stored", Doubtful, false, 0, 0, func(int) Deviation { return on(func(l *Land) Branch { return l.Deep }) }},
		{28, "more headers, less work", "the most work wins", Borne, false, 0, 0, func(int) Deviation { return on(func(l *Land) Branch { return l.Weak }) }},
		{29, "a branch with more work, of any depth", "followed, and what the wallet knew is taken back", Borne, false, 4, 0, func(v int) Deviation {
			return on(func(l *Land) Branch { return l.Longer[[]int32{1, 3, 10, 100}[v]] })
		}},
		{30, "the same headers again and again", "no progress, another is asked", Left, false, 0, 0, func(int) Deviation {
			return Deviation{Live: often(time.Second, func(l *Link) bool {
				return l.Say(headersMsg(l.Node.Branch().Headers(landRoot, landRoot+99)))
			})}
		}},
		{30, "no headers to give", "another is asked", Borne, false, 0, 0, func(int) Deviation {
			return lyingHeaders(func(*Sim, *Peer, []chain.Header) []chain.Header { return nil })
		}},
		{30, "one header a message", "too slow, another is asked", Borne, false, 0, 0, func(int) Deviation { return lyingHeaders(Drip) }},
		{31, "two tips in turn", "nothing changes without more work", Borne, false, 0, 0, func(int) Deviation {
			return Deviation{Chain: func(l *Land, _ Branch) Branch { return l.Main.To(l.Start) }, Live: func(l *Link) {
				land, first := l.Node.town.Land, false
				often(2*time.Second, func(l *Link) bool {
					tip := land.Main[land.Start]
					if first = !first; !first {
						tip = land.Twin.Tip()
					}
					return l.Say(headersMsg([]chain.Header{tip.Header}))
				})(l)
			}}
		}},
		{32, "new blocks are withheld", "the old tip is noticed, others are asked", Borne, false, 0, 0, func(int) Deviation {
			return on(func(l *Land) Branch { return l.Main.To(l.Start - 10) })
		}},
		{33, "all of one net group, on a chain with little work", "peers of other groups are sought", Borne, false, 0, 0, func(int) Deviation {
			return Deviation{Group: 9, Chain: func(l *Land, _ Branch) Branch { return l.Weak[:landRoot+100] }}
		}},
	}
}

// endless is a chain of headers without blocks.
type endless struct {
	list []chain.Header // from height 1 on
	at   map[chainhash.Hash]int
}

// endlessHeaders is how many of them there are: less work than Main.
const endlessHeaders = 30_000

// newEndless mines at ease: the last block of each period claims to be of now, so
// that the next is easy again.
func newEndless(g *Generator, now time.Time) *endless {
	e := &endless{at: make(map[chainhash.Hash]int)}
	start := g.net.GenesisBlock.Header
	prev := *g.net.GenesisHash
	for i := 1; i <= endlessHeaders; i++ {
		h := wire.BlockHeader{Version: 4, PrevBlock: prev, Bits: start.Bits, Timestamp: start.Timestamp.Add(time.Duration(i) * time.Second)}
		if i%landPeriod == landPeriod-1 {
			h.Timestamp = now
		}
		g.solve(&h)
		e.list = append(e.list, chain.FromWire(&h))
		prev = e.list[i-1].Hash
		e.at[prev] = i
	}
	return e
}

func (e *endless) after(locator []*chainhash.Hash) []chain.Header {
	from := 0
	if i := slices.IndexFunc(locator, func(h *chainhash.Hash) bool { return e.at[*h] > 0 }); i >= 0 {
		from = e.at[*locator[i]]
	}
	return e.list[from:min(from+wire.MaxBlockHeadersPerMsg, len(e.list))]
}
