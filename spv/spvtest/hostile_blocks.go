package spvtest

import (
	"time"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// lyingBlocks sends other blocks than it is asked for.
func lyingBlocks(lie BlockLie) Deviation {
	return Deviation{Reply: func(l *Link, asked wire.Message, truth []wire.Message) []wire.Message {
		for i, m := range truth {
			if b, ok := m.(*wire.MsgBlock); ok {
				truth[i] = lie(l.Node.town.Land.Gen.Find(b.BlockHash()))
			}
		}
		return truth
	}}
}

// innerNodes shows pairs of hashes as if they were transactions of 64 bytes
// (CVE-2017-12842).
func innerNodes(l *Link, b *Block) {
	txs := b.Msg.Transactions
	raw := append(b.Header.Raw[:], byte((len(txs)+1)/2))
	for i := 0; i < len(txs); i += 2 {
		left, right := txs[i].TxHash(), txs[min(i+1, len(txs)-1)].TxHash()
		raw = append(append(raw, left[:]...), right[:]...)
	}
	l.Frame("block", raw)
}

// Long because it is a table.
func badBlocks() []Hostile {
	return []Hostile{
		{40, "another block than was asked for", "skipped, asked of another", Borne, false, 0, 0, func(int) Deviation { return lyingBlocks(OtherBlock) }},
		{41, "a block with another transaction or witness", "ban, asked of another", Banned, false, 2, 0, func(v int) Deviation {
			return lyingBlocks([]BlockLie{AlteredTx, AlteredWitness}[v])
		}},
		{42, "a block whose tail is repeated", "ban, asked of another", Banned, false, 0, 0, func(int) Deviation { return lyingBlocks(RepeatedTail) }},
		{42, "inner nodes shown as transactions", "ban, asked of another", Banned, false, 0, 0, func(int) Deviation {
			return Deviation{Reply: func(l *Link, asked wire.Message, truth []wire.Message) []wire.Message {
				if b := l.Node.blockOf(asked); b != nil {
					innerNodes(l, b)
					return nil
				}
				return truth
			}}
		}},
		{43, "a filter that names a script by chance", "nothing is wrong", Borne, true, 0, 0, func(int) Deviation { return Deviation{} }},
		{44, "filters that name what the blocks lack", "neutral: it cannot be proved", Borne, true, 0, 0, telling(Everywhere(above(Superset)))},
		{44, "filters that lack what the blocks show", "proved by any block", Doubtful, false, 0, 0, telling(Everywhere(above(OmitOutput)))},
		{45, "no blocks, no filters, or late ones", "another is asked, nobody banned", Borne, false, 4, 0, func(v int) Deviation {
			return Deviation{Reply: func(l *Link, asked wire.Message, truth []wire.Message) []wire.Message {
				get, data := asked.(*wire.MsgGetData)
				_, filters := asked.(*wire.MsgGetCFilters)
				switch {
				case v == 0 && data:
					m := wire.NewMsgNotFound()
					m.InvList = get.InvList
					return []wire.Message{m}
				case v == 1 && data || v == 2 && filters:
					return nil
				case v == 3 && (data || filters):
					l.Wait(time.Duration(2+diceOf(l).IntN(598)) * time.Second)
				}
				return truth
			}}
		}},
	}
}
