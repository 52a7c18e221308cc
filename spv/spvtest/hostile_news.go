package spvtest

import (
	"encoding/binary"
	"math"
	"net"
	"time"

	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

func invOf(kind wire.InvType, hashes ...chainhash.Hash) *wire.MsgInv {
	m := wire.NewMsgInv()
	for i := range hashes {
		m.InvList = append(m.InvList, wire.NewInvVect(kind, &hashes[i]))
	}
	return m
}

// spam announces things that nobody has.
func spam(kind wire.InvType, n int, pause time.Duration) func(*Link) {
	return func(l *Link) {
		dice := diceOf(l)
		same := l.encode(invOf(kind, hashesFrom(dice, n)...))
		often(pause, func(l *Link) bool {
			if kind == wire.InvTypeBlock { // once more is as good as others
				return l.Raw(same)
			}
			return l.Say(invOf(kind, hashesFrom(dice, n)...))
		})(l)
	}
}

// FalsePayments are transactions that pay the wallet and cannot be.
func FalsePayments(land *Land) []*wire.MsgTx {
	var list []*wire.MsgTx
	for i, value := range []int64{50_000, 1, 21e14, 0} {
		tx := wire.NewMsgTx(2)
		tx.AddTxIn(wire.NewTxIn(wire.NewOutPoint(&land.Main[i+1].Hash, 0), nil, wire.TxWitness{{1}, {2}}))
		tx.AddTxOut(wire.NewTxOut(value, land.Ours[0]))
		list = append(list, tx)
	}
	return list
}

// strangers are addresses that lead nowhere.
func strangers(l *Link, n int, alter func(i int, a *wire.NetAddress)) *wire.MsgAddr {
	m, dice := wire.NewMsgAddr(), diceOf(l)
	for i := range n {
		a := &wire.NetAddress{Timestamp: time.Now(), Services: 0x449, Port: 8333,
			IP: net.IPv4(byte(50+dice.IntN(40)), byte(dice.IntN(256)), byte(dice.IntN(256)), byte(1+dice.IntN(250)))}
		if alter != nil {
			alter(i, a)
		}
		m.AddrList = append(m.AddrList, a)
	}
	return m
}

func unroutable(i int, a *wire.NetAddress) {
	a.IP = net.ParseIP([]string{"10.0.0.1", "127.0.0.1", "::1", "2001:10::1", "fd87:d87e:eb43::1", "0.0.0.0", "255.255.255.255", "2001:db8::1"}[i%8])
	a.Port = uint16(i % 2 * 8333)
	a.Timestamp = time.Unix(math.MaxUint32, 0)
}

// addrV2 is one entry of an addrv2 message with an address of any length.
func addrV2(network byte, address []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 1_300_000_000)
	b = append(b, 9, network)
	if len(address) < 0xfd {
		b = append(b, byte(len(address)))
	} else {
		b = binary.LittleEndian.AppendUint16(append(b, 0xfd), uint16(len(address)))
	}
	return binary.BigEndian.AppendUint16(append(b, address...), 8333)
}

// requests are all that a client could be asked for.
func requests(l *Link) []wire.Message {
	land := l.Node.town.Land
	txid, tip := land.Tx.TxHash(), land.Main[land.Start].Hash
	get := wire.NewMsgGetData()
	for _, inv := range []*wire.InvVect{
		wire.NewInvVect(wire.InvTypeWitnessTx, &txid), wire.NewInvVect(wire.InvTypeTx, &txid),
		wire.NewInvVect(wire.InvTypeWitnessBlock, &tip), wire.NewInvVect(wire.InvTypeFilteredBlock, &tip),
	} {
		_ = get.AddInvVect(inv) // a handful
	}
	headers := &wire.MsgGetHeaders{ProtocolVersion: wireVersion, BlockLocatorHashes: []*chainhash.Hash{land.Params.Net.GenesisHash}}
	blocks := &wire.MsgGetBlocks{ProtocolVersion: wireVersion, BlockLocatorHashes: headers.BlockLocatorHashes}
	return []wire.Message{
		get, headers, blocks, wire.NewMsgGetAddr(), wire.NewMsgMemPool(),
		wire.NewMsgGetCFilters(wire.GCSFilterRegular, landRoot, &tip),
		wire.NewMsgGetCFHeaders(wire.GCSFilterRegular, landRoot, &tip),
		wire.NewMsgGetCFCheckpt(wire.GCSFilterRegular, &tip),
		wire.NewMsgFilterLoad(make([]byte, 100), 10, 0, wire.BloomUpdateAll),
	}
}

// Long because it is a table.
func news() []Hostile {
	return []Hostile{
		{17, "50,000 blocks that nobody has, again and again", "skipped, then disconnect", Left, false, 0, 0, func(int) Deviation {
			return Deviation{Live: spam(wire.InvTypeBlock, 50_000, 200*time.Millisecond)}
		}},
		{17, "1,000 blocks that nobody has, again and again", "one question at a time, then disconnect", Left, false, 0, 0, func(int) Deviation {
			return Deviation{Live: spam(wire.InvTypeBlock, 1000, 5*time.Second)}
		}},
		{18, "thousands of transactions that nobody has", "few are asked for", Borne, true, 2, 0, func(v int) Deviation {
			d := Deviation{Live: spam(wire.InvTypeTx, 200, 500*time.Millisecond)}
			if v == 1 {
				d.Reply = func(l *Link, asked wire.Message, truth []wire.Message) []wire.Message {
					if _, ok := asked.(*wire.MsgGetData); ok && l.Node.blockOf(asked) == nil {
						return nil
					}
					return truth
				}
			}
			return d
		}},
		{19, "our payment is announced back and never fetched", "others must have it too", Borne, true, 0, 0, func(int) Deviation {
			ours := func(l *Link) chainhash.Hash { return l.Node.town.Land.Tx.TxHash() }
			return Deviation{
				Live: often(5*time.Second, func(l *Link) bool { return l.Say(invOf(wire.InvTypeTx, ours(l))) }),
				Reply: func(l *Link, asked wire.Message, truth []wire.Message) []wire.Message {
					switch m := asked.(type) {
					case *wire.MsgInv:
						return nil
					case *wire.MsgGetData:
						if m.InvList[0].Hash == ours(l) {
							return nil
						}
					}
					return truth
				},
			}
		}},
		{20, "payments to us that cannot be", "never counted as ours", Borne, true, 2, 0, func(v int) Deviation {
			return Deviation{
				Live: often(time.Minute, func(l *Link) bool {
					for _, tx := range FalsePayments(l.Node.town.Land) {
						if v == 0 && !l.Say(invOf(wire.InvTypeTx, tx.TxHash())) || v == 1 && !l.Say(tx) {
							return false
						}
					}
					return true
				}),
				Reply: func(l *Link, asked wire.Message, truth []wire.Message) []wire.Message {
					get, ok := asked.(*wire.MsgGetData)
					if !ok {
						return truth
					}
					for _, tx := range FalsePayments(l.Node.town.Land) {
						for _, inv := range get.InvList {
							if inv.Hash == tx.TxHash() {
								truth = append([]wire.Message{tx}, truth...)
							}
						}
					}
					return truth
				},
			}
		}},
		{46, "addresses without end", "few are taken", Borne, true, 2, 0, func(v int) Deviation {
			return Deviation{Live: often(time.Second, func(l *Link) bool {
				if v == 0 {
					return l.Say(strangers(l, 1000, nil))
				}
				return l.Say(strangers(l, 1000, unroutable))
			})}
		}},
		{46, "addresses of no network, or of 513 bytes", "dropped", Doubtful, false, 2, 0, func(v int) Deviation {
			return Deviation{Live: often(time.Second, func(l *Link) bool {
				return l.Frame("addrv2", append([]byte{1}, addrV2([]byte{1, 99}[v], make([]byte, 513-500*v))...))
			})}
		}},
		{47, "absurd fee floors", "bounded, never paid", Borne, true, 4, 0, func(v int) Deviation {
			return Deviation{Live: func(l *Link) {
				dice := diceOf(l)
				often(time.Second, func(l *Link) bool {
					return l.Say(&wire.MsgFeeFilter{MinFee: []int64{math.MaxInt64, -1, 0, dice.Int64()}[v]})
				})(l)
			}}
		}},
		{48, "requests of every kind", "nothing is told but what was announced", Borne, true, 0, 0, func(int) Deviation {
			return Deviation{Live: often(10*time.Second, func(l *Link) bool {
				for _, m := range requests(l) {
					if !l.Say(m) {
						return false
					}
				}
				return true
			})}
		}},
	}
}
