package synth

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/btcsuite/btcd/blockchain"
	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

const (
	periodBlocks = 2016
	spacing      = 600 // seconds
	timespan     = periodBlocks * spacing
	retargetMost = 4

	// jitter is how far a block's time is off the period's even beat at most,
	// in seconds. With beats of at least minPace permille of the spacing no
	// time can fall to the median of the eleven before: they lie six beats back.
	jitter  = 600
	minPace = 600
	maxPace = 1700

	// calm is how many blocks at the beginning have no jitter: their medians
	// are of fewer than eleven.
	calm = 12
)

// period is one stretch of equal targets.
type period struct {
	bits   uint32
	target chainhash.Hash // the same, as hashes are: least significant byte first
	begin  int64          // milliseconds after the first block, without jitter
	pace   int64          // milliseconds between blocks
}

// schedule decides targets and times up to a height. They follow from the seed
// alone, not from the hashes.
func (c *Chain) schedule(to int32) {
	for k := int32(len(c.periods)); k <= to/periodBlocks; k++ {
		p := period{bits: blockchain.BigToCompact(c.limit)}
		if k > 0 {
			last := c.periods[k-1]
			p.begin = last.begin + periodBlocks*last.pace
			p.bits = c.retarget(last.bits, c.elapsed(k*periodBlocks-1)-c.elapsed((k-1)*periodBlocks))
		}
		p.pace = spacing * c.pacePermille(k, p.bits)
		blockchain.CompactToBig(p.bits).FillBytes(p.target[:])
		slices.Reverse(p.target[:])
		c.periods = append(c.periods, p)
	}
}

// retarget is Bitcoin's rule, in plain big integers.
func (c *Chain) retarget(bits uint32, took int64) uint32 {
	took = min(max(took, timespan/retargetMost), timespan*retargetMost)
	target := blockchain.CompactToBig(bits)
	target.Mul(target, big.NewInt(took)).Div(target, big.NewInt(timespan))
	if target.Cmp(c.limit) > 0 {
		target.Set(c.limit)
	}
	return blockchain.BigToCompact(target)
}

// pacePermille draws how fast a period's blocks come, so that targets wander
// between a tenth of the limit and the limit: mining stays cheap.
func (c *Chain) pacePermille(k int32, bits uint32) int64 {
	of := blockchain.CompactToBig(bits)
	ease := of.Mul(of, big.NewInt(1000)).Div(of, c.limit).Int64() // permille of the limit
	draw := int64(c.dice(k, saltPace) % 1000)
	pace := minPace + draw*(maxPace-minPace)/1000
	switch next := ease * pace / 1000; {
	case next > 900:
		return minPace + draw*300/1000
	case next < 100:
		return 1100 + draw*(maxPace-1100)/1000
	}
	return pace
}

// elapsed is a block's time in seconds since the schedule's beginning.
func (c *Chain) elapsed(height int32) int64 {
	p := c.periods[height/periodBlocks]
	at := (p.begin + int64(height%periodBlocks)*p.pace) / 1000
	if height < calm {
		return at
	}
	return at + int64(c.dice(height, saltTime)%(2*jitter+1)) - jitter
}

// makeGenesis mines the first block and the network's parameters.
func (c *Chain) makeGenesis() {
	c.genesis = &wire.MsgBlock{Transactions: []*wire.MsgTx{c.coinbase(0)}}
	c.raw = make([]byte, 80, (int(c.opt.Height)+1)*80)
	root := c.merkleRoot(0)
	copy(c.raw[36:68], root[:])
	c.tip = c.mine(0, chainhash.Hash{})
	if err := c.genesis.Header.Deserialize(bytes.NewReader(c.raw)); err != nil {
		panic(err) // 80 bytes are a header
	}
	c.net = netOf(c.genesis)
	c.index.add(0, 0, c.hash)
}

// netOf is mainnet's rules with another beginning and an easy limit.
func netOf(genesis *wire.MsgBlock) *chaincfg.Params {
	net := chaincfg.MainNetParams
	easy := chaincfg.RegressionNetParams
	hash := genesis.BlockHash()
	net.Name, net.Net = "synth", 0x68746e79
	net.DefaultPort, net.DNSSeeds = "0", nil
	net.PowLimit, net.PowLimitBits = new(big.Int).Set(easy.PowLimit), easy.PowLimitBits
	net.GenesisBlock, net.GenesisHash = genesis, &hash
	net.BIP0034Height, net.BIP0034Hash, net.BIP0065Height, net.BIP0066Height = 1, nil, 1, 1
	net.TargetTimespan, net.TargetTimePerBlock = timespan*time.Second, spacing*time.Second
	net.RetargetAdjustmentFactor = retargetMost
	net.Checkpoints = nil
	return &net
}

// mine completes the header at a height, of which the Merkle root is there, and
// returns its hash.
func (c *Chain) mine(height int32, prev chainhash.Hash) chainhash.Hash {
	raw, p := c.row(height), &c.periods[height/periodBlocks]
	binary.LittleEndian.PutUint32(raw, 0x2000_0000)
	copy(raw[4:36], prev[:])
	binary.LittleEndian.PutUint32(raw[68:], uint32(c.start+c.elapsed(height)))
	binary.LittleEndian.PutUint32(raw[72:], p.bits)
	for nonce := uint32(0); ; nonce++ {
		binary.LittleEndian.PutUint32(raw[76:], nonce)
		once := sha256.Sum256(raw)
		if hash := chainhash.Hash(sha256.Sum256(once[:])); atMost(&hash, &p.target) {
			return hash
		}
	}
}

func atMost(hash, target *chainhash.Hash) bool {
	for i := len(hash) - 1; i >= 0; i-- {
		if hash[i] != target[i] {
			return hash[i] < target[i]
		}
	}
	return true
}

// inParallel calls do for each height on all cores, a stretch at a time.
func inParallel(from, to int32, do func(height int32) error) error {
	const stretch = 512
	var next atomic.Int32
	next.Store(from)
	var group errgroup.Group
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			for {
				first := next.Add(stretch) - stretch
				if first > to {
					return nil
				}
				for h := first; h <= min(first+stretch-1, to); h++ {
					if err := do(h); err != nil {
						return err
					}
				}
			}
		})
	}
	return group.Wait()
}

// What the dice are thrown for.
const (
	saltPace = iota + 1
	saltTime
	saltScript
	saltSpend
	saltPool
)

// dice throws for a height (or a period): SplitMix64.
func (c *Chain) dice(n int32, salt uint64) uint64 {
	x := c.opt.Seed*0x9e3779b97f4a7c15 + uint64(uint32(n))<<8 + salt
	for range 2 {
		x += 0x9e3779b97f4a7c15
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		x ^= x >> 31
	}
	return x
}
