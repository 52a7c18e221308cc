package spvtest

import (
	"slices"

	"thistle/spv/cfilter"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// replying lies by its replies to one kind of question.
func replying[M wire.Message](lie func(l *Link, asked M, truth []wire.Message) []wire.Message) Deviation {
	return Deviation{Reply: func(l *Link, asked wire.Message, truth []wire.Message) []wire.Message {
		if m, ok := asked.(M); ok {
			return lie(l, m, truth)
		}
		return truth
	}}
}

// omitOurs leaves out a script that the wallet waits for.
func omitOurs(land func() *Land) func(*Block) []byte {
	return func(b *Block) []byte {
		for _, s := range land().Ours {
			if f := Omit(s)(b); f != nil {
				return f
			}
		}
		return nil
	}
}

// above tells a falsehood above the filter checkpoint that clients know.
func above(f func(*Block) []byte) func(*Block) []byte { return From(landRoot+1, f) }

func telling(f FilterLie) func(int) Deviation {
	return func(int) Deviation { return Deviation{Filters: f} }
}

// Long because it is a table.
func badFilters() []Hostile {
	return []Hostile{
		{34, "filter checkpoints of its own", "compared, proved and banned", Banned, false, 0, NeedsAll,
			telling(FilterLie{False: Superset, InCheckpoints: true})},
		{34, "filter headers against a checkpoint known beforehand", "ban", Banned, false, 0, 0,
			telling(Everywhere(From(landRoot-10, Superset)))},
		{35, "filter headers that follow nothing", "ban", Banned, false, 0, 0, func(int) Deviation {
			return replying(func(_ *Link, _ *wire.MsgGetCFHeaders, truth []wire.Message) []wire.Message {
				for _, m := range truth {
					m.(*wire.MsgCFHeaders).PrevFilterHeader[7] ^= 1
				}
				return truth
			})
		}},
		{36, "a filter that is not what its header says", "ban, fetched elsewhere", Banned, false, 2, 0, func(v int) Deviation {
			return Deviation{Filters: FilterLie{False: []func(*Block) []byte{Garbage, OmitOutput}[v], InFilters: true}}
		}},
		{37, "filters without our scripts, by a chain of headers that fits", "found out by anyone who tells the truth", Doubtful, false, 0, 0, func(int) Deviation {
			var d Deviation
			d.FiltersOf = func(l *Land) FilterLie { return Everywhere(above(omitOurs(func() *Land { return l }))) }
			return d
		}},
		{38, "filters of 256 kB", "ban: they are not what their header says", Banned, false, 0, 0,
			telling(FilterLie{False: func(*Block) []byte { return slices.Repeat([]byte{0xfe, 1, 2, 3}, 65_000) }, InFilters: true})},
		{38, "filters that match everything of ours", "each block is read", Doubtful, true, 0, 0, func(int) Deviation {
			var d Deviation
			d.FiltersOf = func(l *Land) FilterLie {
				return Everywhere(above(func(b *Block) []byte { return cfilter.Build(append(b.Scripts(), l.Ours...), &b.Hash) }))
			}
			return d
		}},
		{39, "filters of other blocks", "dropped", Doubtful, false, 0, 0, func(int) Deviation {
			return replying(func(l *Link, _ *wire.MsgGetCFilters, truth []wire.Message) []wire.Message {
				dice := diceOf(l)
				for _, m := range truth {
					m.(*wire.MsgCFilter).BlockHash = hashesFrom(dice, 1)[0]
				}
				return truth
			})
		}},
		{39, "filters of another type, or far too many", "dropped, then disconnect", Left, false, 2, 0, func(v int) Deviation {
			return replying(func(_ *Link, _ *wire.MsgGetCFilters, truth []wire.Message) []wire.Message {
				if v == 1 {
					return slices.Repeat(truth, 20)
				}
				for _, m := range truth {
					m.(*wire.MsgCFilter).FilterType = 7
				}
				return truth
			})
		}},
	}
}
