package synth

import (
	"bytes"

	"thistle/spv/chain"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	chainhash "github.com/btcsuite/btcd/chainhash/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// Facts are what a program is shipped with to use a chain: small, and of plain
// values, so that it can be handed to another process.
type Facts struct {
	Genesis []byte // the first block, serialized
	Tip     chain.Tip
	Rows    []chain.Row
	// FilterHeaders are known beforehand, every 100,000 blocks like those of
	// mainnet.
	FilterHeaders map[int32]chainhash.Hash
}

const filterHeadersEvery = 100_000

// Facts are those a program has that was shipped when the chain was upTo high:
// its last checkpoint is the last period's that begins there or below.
func (c *Chain) Facts(upTo int32) (Facts, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	f := Facts{Tip: chain.Tip{Height: c.height(), Hash: c.tip}, FilterHeaders: make(map[int32]chainhash.Hash)}
	var genesis bytes.Buffer
	if err := c.genesis.Serialize(&genesis); err != nil {
		return Facts{}, err
	}
	f.Genesis = genesis.Bytes()
	upTo = min(upTo, c.height())
	var work chain.Work
	for h := int32(periodBlocks); h <= upTo; h += periodBlocks {
		each, err := chain.BlockWork(c.periods[h/periodBlocks-1].bits)
		if err != nil {
			return Facts{}, err
		}
		for range periodBlocks {
			work = work.Add(each)
		}
		f.Rows = append(f.Rows, chain.Row{Height: h, Prev: c.hash(h - 1), Bits: c.periods[h/periodBlocks].bits,
			Work: work.Bytes(), Time: c.start + c.elapsed(h)})
	}
	for h := int32(filterHeadersEvery); h <= upTo; h += filterHeadersEvery {
		f.FilterHeaders[h] = c.headers[h]
	}
	return f, nil
}

// Net is the network's parameters, without checkpoints.
func (f *Facts) Net() (*chaincfg.Params, error) {
	genesis := new(wire.MsgBlock)
	if err := genesis.Deserialize(bytes.NewReader(f.Genesis)); err != nil {
		return nil, err
	}
	return netOf(genesis), nil
}

// Params are the rules and checkpoints for our client.
func (f *Facts) Params() (*chain.Params, error) {
	net, err := f.Net()
	if err != nil {
		return nil, err
	}
	return chain.ParamsFor(net, f.Rows)
}

// Checkpoints are every so many of the rows, for btcd's kind of client.
func (f *Facts) Checkpoints(every int) []chaincfg.Checkpoint {
	var out []chaincfg.Checkpoint
	for i := every - 1; i < len(f.Rows); i += every {
		hash := chainhash.Hash(f.Rows[i].Prev)
		out = append(out, chaincfg.Checkpoint{Height: f.Rows[i].Height - 1, Hash: &hash})
	}
	return out
}
