package chain_test

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/stretchr/testify/require"

	"thistle/spv/chain"
)

// shelf is a Source as plain as can be: what was stored of each height.
type shelf struct {
	records map[int32][]byte
	width   int
	broken  error
	reads   int
}

func (s *shelf) ReadRecords(from int32, dst []byte) error {
	s.reads++
	for ; len(dst) > 0; dst = dst[s.width:] {
		r, ok := s.records[from]
		if !ok || s.broken != nil {
			return errors.Join(s.broken, errors.New("not stored"))
		}
		copy(dst, r)
		from++
	}
	return nil
}

func (s *shelf) Record(height int32) ([]byte, error) {
	record := make([]byte, s.width)
	return record, s.ReadRecords(height, record)
}

// A column, whatever of it is on disk, holds what a slice would.
func TestColumnAgainstSlice(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 3))
		disk := &shelf{records: map[int32][]byte{}, width: 4}
		first := int32(rng.IntN(40))
		c := chain.NewColumn(4, 10, first, disk)
		var model []uint32
		stored := 0 // of the model
		for range 200 {
			switch rng.IntN(6) {
			case 0, 1:
				var add []byte
				for range rng.IntN(35) {
					v := rng.Uint32()
					model = append(model, v)
					add = binary.BigEndian.AppendUint32(add, v)
				}
				c.Append(add)
			case 2:
				next := first + int32(len(model)-rng.IntN(len(model)/2+2))
				c.Cut(next)
				model = model[:max(0, next-first)]
				stored = min(stored, len(model))
			case 3: // a commit
				for i := stored; i < len(model); i++ {
					disk.records[first+int32(i)] = binary.BigEndian.AppendUint32(nil, model[i])
				}
				stored = len(model)
			case 4:
				c.Release(first, first+int32(stored)-1)
			case 5:
				if stored == len(model) {
					require.NoError(t, c.Open(first, first+int32(stored)))
				}
			}
			require.Equal(t, len(model), c.Len())
			require.Equal(t, first+int32(len(model)), c.Next())
			for range 5 {
				h := first - 2 + int32(rng.IntN(len(model)+4))
				got, ok := c.At(h)
				require.Equal(t, h >= first && h < c.Next(), ok)
				if ok {
					require.Equal(t, model[h-first], binary.BigEndian.Uint32(got), "seed %d", seed)
				}
			}
			from := first + int32(rng.IntN(len(model)+1))
			to := from + int32(rng.IntN(int(c.Next()-from)+1))
			at := from
			require.NoError(t, c.Walk(from, to, func(h int32, records []byte) {
				require.Equal(t, at, h)
				for ; len(records) > 0; records = records[4:] {
					require.Equal(t, model[at-first], binary.BigEndian.Uint32(records))
					at++
				}
			}))
			require.Equal(t, to, at)
		}
		require.NotZero(t, disk.reads)
		require.NoError(t, c.Err())
	}
}

// released is a tree of n headers that has let go of what it can, and its disk.
func released(t *testing.T, n int) (*model, []*mnode, *chain.Params, *chain.Tree, *shelf) {
	net := easy(&chaincfg.MainNetParams, 20)
	rng := rand.New(rand.NewPCG(3, 4))
	m := newModel(net)
	blocks := append(m.all[:1:1], m.chainFrom(rng, m.all[0], n-1, 600)...)
	p := checkpointed(net, blocks, 20, 40)
	disk := &shelf{records: map[int32][]byte{}, width: chain.HeaderSize}
	tree, err := chain.Open(p, chain.Stored{Base: p.Genesis(), Tip: p.Genesis().Tip(), Source: disk})
	require.NoError(t, err)
	addAll(t, tree, headersOf(blocks))
	store(tree, disk)
	tree.Release(0, tree.Tip())
	return m, blocks, p, tree, disk
}

func store(tree *chain.Tree, disk *shelf) {
	for h := tree.Base().Height + 1; h <= tree.Tip().Height; h++ {
		header, _ := tree.HeaderAt(h)
		disk.records[h] = header.Raw[:]
	}
}

// A tree of which most is on disk answers as one that is in memory, also after
// it was opened from there, lowered, and reorganised below what it kept.
func TestReleasedTree(t *testing.T) {
	t.Parallel()
	m, blocks, p, tree, disk := released(t, 330)
	hs := headersOf(blocks)
	reads := disk.reads
	m.agree(t, tree)
	require.Greater(t, disk.reads, reads, "nothing was released")

	open := func(base chain.Base) *chain.Tree {
		opened, err := chain.Open(p, chain.Stored{Base: base, Tip: tree.Tip(), Work: tree.Work(), Source: disk})
		require.NoError(t, err)
		return opened
	}
	m.agree(t, open(p.Genesis()))

	lowered := open(p.Checkpoints[1])
	run, err := chain.CheckRun(p, rawHeaders(blocks[1:40]))
	require.NoError(t, err)
	require.NoError(t, lowered.Lower(p.Genesis(), []chain.Run{run}))
	agreeTrees(t, p, hs, lowered)

	rng := rand.New(rand.NewPCG(5, 6))
	fork := headersOf(m.chainFrom(rng, blocks[107], 260, 600))
	for _, tree := range []*chain.Tree{tree, open(p.Genesis()), lowered} {
		addAll(t, tree, fork)
		require.Equal(t, m.best().hash, tree.Tip().Hash)
		m.agree(t, tree)
		tree.Release(0, chain.Tip{Height: 329, Hash: hs[329].Hash}) // not on the chain any more
		m.agree(t, tree)
	}
}

// Unknown hashes are told without reading: half of what peers name is unknown.
func TestUnknownHashesAreNotReadFor(t *testing.T) {
	t.Parallel()
	_, _, _, tree, disk := released(t, 2000)
	rng := rand.New(rand.NewPCG(1, 2))
	reads := disk.reads
	for range 10_000 {
		var h [32]byte
		rngBytes(rng, h[:])
		_, _, ok := tree.Find(h)
		require.False(t, ok)
	}
	require.Less(t, disk.reads-reads, 20)
}

// A disk that fails is an end, not an answer.
func TestFailingSource(t *testing.T) {
	t.Parallel()
	m, blocks, p, _, _ := released(t, 330)
	broken := errors.New("bad sector")
	rng := rand.New(rand.NewPCG(5, 7))
	fork := headersOf(m.chainFrom(rng, blocks[107], 260, 600))
	for name, try := range map[string]func(tree *chain.Tree){
		"hash":   func(tree *chain.Tree) { _, ok := tree.HashAt(5); require.False(t, ok) },
		"header": func(tree *chain.Tree) { _, ok := tree.HeaderAt(5); require.False(t, ok) },
		"work":   func(tree *chain.Tree) { _, ok := tree.WorkFrom(5); require.False(t, ok) },
		"median": func(tree *chain.Tree) { _, ok := tree.MedianTime(5); require.False(t, ok) },
		"find":   func(tree *chain.Tree) { _, _, ok := tree.Find(blocks[5].hash); require.False(t, ok) },
		"reorg": func(tree *chain.Tree) {
			res, err := tree.Add(realNow, fork)
			require.ErrorIs(t, err, broken)
			require.Zero(t, res)
		},
	} {
		_, _, _, tree, disk := released(t, 330)
		require.NoError(t, tree.Err())
		disk.broken = broken
		try(tree)
		require.ErrorIs(t, tree.Err(), broken, name)
		disk.broken = nil
		_, err := tree.Add(realNow, headersOf(blocks[:1]))
		require.ErrorIs(t, err, broken, name)
		disk.broken = broken
		_, err = chain.Open(p, chain.Stored{Base: p.Genesis(), Tip: tree.Tip(), Work: tree.Work(), Source: disk})
		require.ErrorIs(t, err, broken)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	_, blocks, p, tree, disk := released(t, 330)
	good := chain.Stored{Base: p.Genesis(), Tip: tree.Tip(), Work: tree.Work(), Source: disk}
	for name, spoil := range map[string]func(*chain.Stored, *shelf){
		"tip":    func(s *chain.Stored, _ *shelf) { s.Tip.Hash[0]++ },
		"work":   func(s *chain.Stored, _ *shelf) { s.Work = s.Work.Add(chain.Work{1}) },
		"base":   func(s *chain.Stored, _ *shelf) { s.Base = p.Checkpoints[0]; s.Base.Hash[0]++ },
		"period": func(_ *chain.Stored, d *shelf) { d.records[40] = d.records[41] },
		"last":   func(_ *chain.Stored, d *shelf) { d.records[39] = d.records[38] },
		"target": func(_ *chain.Stored, d *shelf) { d.records[50] = badTarget(d.records[50]) },
		"length": func(_ *chain.Stored, d *shelf) { delete(d.records, 100) },
	} {
		bad, badDisk := good, &shelf{records: map[int32][]byte{}, width: chain.HeaderSize}
		store(tree, badDisk)
		bad.Source = badDisk
		_, err := chain.Open(p, bad)
		require.NoError(t, err)
		spoil(&bad, badDisk)
		_, err = chain.Open(p, bad)
		require.Error(t, err, name)
	}
	other := *p
	other.Checkpoints = append([]chain.Base(nil), p.Checkpoints...)
	other.Checkpoints[1].Hash = blocks[41].hash
	_, err := chain.Open(&other, good)
	require.ErrorIs(t, err, chain.ErrStored)
}
