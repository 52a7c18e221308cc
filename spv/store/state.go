package store

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"

	"thistle/spv/chain"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// schema is the version of chain.db's layout. Version 1 had no joints.
const schema = 2

// maxDirect bounds the list of disputed heights; what is longer is not ours.
const maxDirect = 1 << 20

// state is the one value that says what chain.db holds.
type state struct {
	base    chain.Base
	tip     chain.Tip
	work    chain.Work
	headers extent
	filters extent
	// begun is false while no filter base was set; filters is then empty.
	begun      bool
	filterPrev chainhash.Hash // filter header of the block below filters.first
	direct     []int32        // ascending
	// cut is not stored: records that were there have gone or changed.
	cut bool
}

// extent is where a series begins, how many records it has, and its checksum.
// Records that were put below others keep a checksum of their own.
type extent struct {
	first  int32
	count  int32
	sum    uint32  // of the records above the last joint
	joints []joint // ascending
}

// joint is a height from which on records had been there when those below came;
// sum is the checksum of those below, down to the joint before or the first.
type joint struct {
	first int32
	sum   uint32
}

// partFirst is where the checksum begins that runs through a height.
func (e extent) partFirst(height int32) int32 {
	first := e.first
	for _, j := range e.joints {
		if j.first <= height {
			first = j.first
		}
	}
	return first
}

// bare is the extent as a comparable value.
func (e extent) bare() [3]int64 { return [3]int64{int64(e.first), int64(e.count), int64(e.sum)} }

// joined tells whether the joints are where joints can be: at the beginnings of
// periods inside.
func (e extent) joined() bool {
	last := e.first
	for _, j := range e.joints {
		if j.first <= last || j.first >= e.next() || j.first%chunk != 0 {
			return false
		}
		last = j.first
	}
	return true
}

// next is the height of the record that would be appended.
func (e extent) next() int32 { return e.first + e.count }

// newState is the state of a store that begins at base.
func newState(base chain.Base) state {
	s := state{base: base, tip: base.Tip(), work: base.Work}
	s.headers = headerSeries.empty(base.Height + 1)
	s.filters = filterSeries.empty(0)
	return s
}

// netID binds a file to a network: the magic tells custom signets apart, which
// share their genesis.
func netID(net *chaincfg.Params) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(net.Net))
	return append(b, net.GenesisHash[:]...)
}

// magic begins the state, before its version: both are read whatever follows.
const magic = "thistle chain\x00"

// encode gives the state's bytes: magic, version, network, fields, CRC-32C of
// all before it. Numbers are big-endian.
func (st *state) encode(net *chaincfg.Params) []byte {
	be := binary.BigEndian
	b := append([]byte(magic), 0, schema)
	b = append(b, netID(net)...)
	b = be.AppendUint32(b, uint32(st.base.Height))
	b = append(b, st.base.Hash[:]...)
	b = appendWork(b, st.base.Work)
	b = be.AppendUint32(b, st.base.Bits)
	b = be.AppendUint64(b, uint64(unix(st.base.Time)))
	b = be.AppendUint32(b, uint32(st.tip.Height))
	b = append(b, st.tip.Hash[:]...)
	b = appendWork(b, st.work)
	b = st.headers.append(b)
	b = st.filters.append(b)
	b = append(b, bool1(st.begun))
	b = append(b, st.filterPrev[:]...)
	b = be.AppendUint32(b, uint32(len(st.direct)))
	for _, h := range st.direct {
		b = be.AppendUint32(b, uint32(h))
	}
	for _, j := range st.headers.joints {
		b = be.AppendUint32(b, uint32(j.first))
		b = be.AppendUint32(b, j.sum)
	}
	return be.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func (e extent) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(e.first))
	b = binary.BigEndian.AppendUint32(b, uint32(e.count))
	return binary.BigEndian.AppendUint32(b, e.sum)
}

func appendWork(b []byte, w chain.Work) []byte {
	be := w.Bytes()
	return append(b, be[:]...)
}

func bool1(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// noTime stands for the zero time, which has no sensible number.
const noTime = -1 << 63

func unix(t time.Time) int64 {
	if t.IsZero() {
		return noTime
	}
	return t.Unix()
}

func fromUnix(sec int64) time.Time {
	if sec == noTime {
		return time.Time{}
	}
	return time.Unix(sec, 0).UTC()
}

// Why a file that is whole is still not ours to use.
var (
	errForeign = fmt.Errorf("%w: of another network", ErrDamaged)
	errNewer   = fmt.Errorf("%w: of another version", ErrDamaged)
)

// decodeState reads what encode wrote. Every error is ErrDamaged, errForeign
// and errNewer among them.
func decodeState(b []byte, net *chaincfg.Params) (state, error) {
	bad := func(what string) (state, error) {
		return state{}, fmt.Errorf("%w: state: %s", ErrDamaged, what)
	}
	if len(b) < len(magic)+2+4 || string(b[:len(magic)]) != magic {
		return bad("not ours")
	}
	body, sum := b[:len(b)-4], binary.BigEndian.Uint32(b[len(b)-4:])
	if crc32.Checksum(body, castagnoli) != sum {
		return bad("checksum")
	}
	r := reader{b: body[len(magic):]}
	if v := r.bytes(2); v[0] != 0 || v[1] < 1 || v[1] > schema {
		return state{}, errNewer
	}
	if !slices.Equal(r.bytes(36), netID(net)) {
		return state{}, errForeign
	}
	var s state
	s.base.Height = int32(r.u32())
	s.base.Hash = chainhash.Hash(r.bytes(32))
	s.base.Work = chain.WorkFromBytes([32]byte(r.bytes(32)))
	s.base.Bits = r.u32()
	s.base.Time = fromUnix(int64(r.u64()))
	s.tip.Height = int32(r.u32())
	s.tip.Hash = chainhash.Hash(r.bytes(32))
	s.work = chain.WorkFromBytes([32]byte(r.bytes(32)))
	s.headers = r.extent()
	s.filters = r.extent()
	s.begun = r.bytes(1)[0] == 1
	s.filterPrev = chainhash.Hash(r.bytes(32))
	n := r.u32()
	if r.failed || n > maxDirect || uint64(len(r.b)) < 4*uint64(n) || (uint64(len(r.b))-4*uint64(n))%8 != 0 {
		return bad("length")
	}
	for range n {
		s.direct = append(s.direct, int32(r.u32()))
	}
	for len(r.b) > 0 {
		s.headers.joints = append(s.headers.joints, joint{int32(r.u32()), r.u32()})
	}
	if !s.valid() {
		return bad("contradicts itself")
	}
	return s, nil
}

// valid tells whether the fields agree with each other.
func (st *state) valid() bool {
	switch {
	case st.base.Height < -1 || st.headers.first != st.base.Height+1:
		return false
	case !st.headers.joined():
		return false
	case st.headers.count < 0 || st.filters.count < 0 || st.filters.first < 0:
		return false
	case st.tip.Height != st.headers.next()-1:
		return false
	case st.headers.count == 0 && (st.tip != st.base.Tip() || st.work != st.base.Work):
		return false
	case !st.begun:
		return st.filters.bare() == filterSeries.empty(0).bare() && len(st.direct) == 0
	}
	return st.filters.first >= st.headers.first && st.filters.next() <= st.headers.next()
}

// reader takes fields off the front; past the end it gives zeros and remembers.
type reader struct {
	b      []byte
	failed bool
}

func (r *reader) bytes(n int) []byte {
	if len(r.b) < n {
		r.failed, r.b = true, nil
		return make([]byte, n)
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) u32() uint32 { return binary.BigEndian.Uint32(r.bytes(4)) }
func (r *reader) u64() uint64 { return binary.BigEndian.Uint64(r.bytes(8)) }

func (r *reader) extent() extent {
	return extent{first: int32(r.u32()), count: int32(r.u32()), sum: r.u32()}
}
