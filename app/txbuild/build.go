package txbuild

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/btcsuite/btcd/address/v2"

	"thistle/app/coinselect"
	"thistle/app/units"
)

// Build plans a transaction. Errors are those of this package and of
// coinselect: *coinselect.InsufficientError foremost.
func Build(r Request) (*Plan, error) {
	maxIndex, total, err := r.check()
	if err != nil {
		return nil, err
	}
	sel, err := r.choose(maxIndex, total)
	if err != nil {
		return nil, fmt.Errorf("choose coins: %w", err)
	}
	for i := range sel.Coins {
		if err := checkCoin(&sel.Coins[i]); err != nil {
			return nil, err
		}
	}
	if sel.Fee > MaxFee && !r.AllowAbsurdFee {
		return nil, &AbsurdFeeError{Fee: sel.Fee, Rate: r.FeeRate}
	}
	p := &Plan{
		Recipients: slices.Clone(r.Recipients), Amount: total + sel.Rest,
		Fee: sel.Fee, FeeRate: r.FeeRate, Weight: sel.Weight, VSize: sel.Weight.VSize(),
		Inputs: sel.Coins, ChangeIndex: -1, Change: sel.Change,
		LockTime: lockTime(r.Tip, r.Now, r.Rand), Method: sel.Method,
		allowAbsurd: r.AllowAbsurdFee,
	}
	if maxIndex >= 0 {
		p.Recipients[maxIndex].Amount = sel.Rest
	}
	p.arrange(&r)
	p.warn(&sel)
	return p, nil
}

// choose runs coin selection with the exact weights of the outputs.
func (r *Request) choose(maxIndex int, total units.Amount) (coinselect.Selection, error) {
	p := coinselect.Params{
		Target: total, Outputs: len(r.Recipients),
		ChangeWeight: coinselect.OutputWeight(r.Change.PkScript),
		MinChange:    Dust(r.Change.PkScript),
		FeeRate:      r.FeeRate, LongTermRate: r.LongTermRate,
		MaxWeight: MaxWeight, Rand: r.Rand,
	}
	if p.LongTermRate == 0 {
		p.LongTermRate = DefaultLongTermRate
	}
	for i := range r.Recipients {
		p.OutputWeight += coinselect.OutputWeight(r.Recipients[i].PkScript)
	}
	if maxIndex < 0 {
		return coinselect.Select(r.Coins, p)
	}
	p.MinRest = Dust(r.Recipients[maxIndex].PkScript)
	return coinselect.All(r.Coins, p)
}

// checkCoin makes sure of what the signer will be told: segwit signatures
// commit to the value of the own input only, so a wrong value elsewhere would
// become fee unseen.
func checkCoin(c *coinselect.Coin) error {
	if c.PrevTx == nil || c.PrevTx.TxHash() != c.OutPoint.Hash ||
		int64(c.OutPoint.Index) >= int64(len(c.PrevTx.TxOut)) {
		return fmt.Errorf("coin %v: %w", c.OutPoint, ErrCoin)
	}
	out := c.PrevTx.TxOut[c.OutPoint.Index]
	if out.Value != int64(c.Value) || !bytes.Equal(out.PkScript, c.PkScript) {
		return fmt.Errorf("coin %v: %w", c.OutPoint, ErrCoin)
	}
	if !bytes.Equal(address.Hash160(c.Derivation.PubKey), c.PkScript[2:]) {
		return fmt.Errorf("coin %v: key of another script: %w", c.OutPoint, ErrCoin)
	}
	return nil
}

// arrange puts inputs and outputs in random order, so that their places tell
// nothing.
func (p *Plan) arrange(r *Request) {
	for i := range p.Recipients {
		to := &p.Recipients[i]
		p.Outputs = append(p.Outputs, Output{to.PkScript, to.Amount, i})
	}
	if p.Change > 0 {
		p.Outputs = append(p.Outputs, Output{r.Change.PkScript, p.Change, -1})
		p.Derivation = r.Change.Derivation
	}
	r.Rand.Shuffle(len(p.Inputs), func(i, j int) { p.Inputs[i], p.Inputs[j] = p.Inputs[j], p.Inputs[i] })
	r.Rand.Shuffle(len(p.Outputs), func(i, j int) { p.Outputs[i], p.Outputs[j] = p.Outputs[j], p.Outputs[i] })
	if p.Change > 0 {
		p.ChangeIndex = slices.IndexFunc(p.Outputs, func(o Output) bool { return o.Recipient < 0 })
	}
}

func (p *Plan) warn(sel *coinselect.Selection) {
	if p.Fee*20 > p.Amount {
		p.Warnings = append(p.Warnings, Warning{Kind: FeeHigh, Amount: p.Fee})
	}
	if given := p.Fee - p.FeeRate.Fee(p.VSize); given > 0 {
		p.Warnings = append(p.Warnings, Warning{Kind: ChangeGiven, Amount: given})
	}
	if sel.Uneconomic > 0 {
		p.Warnings = append(p.Warnings, Warning{Kind: CoinsLeft, Count: sel.Uneconomic})
	}
}

const (
	// freshTip is the age up to which a tip is taken for the network's.
	freshTip = 8 * time.Hour
	// maxBackdate is how far below the tip a lock time may be put.
	maxBackdate = 100
)

// lockTime ties the transaction to the next block, so that a miner gains
// nothing by redoing the last one for its fees. One time in ten it goes a bit
// further back, to hide among transactions that were held for a while. With a
// stale tip it would only tell how far behind we are: then it is 0.
func lockTime(tip Tip, now time.Time, dice *rand.Rand) uint32 {
	if tip.Height <= 0 || now.Sub(tip.Time) >= freshTip {
		return 0
	}
	height := tip.Height
	if dice.IntN(10) == 0 {
		height -= dice.Int32N(maxBackdate)
	}
	return uint32(max(height, 0))
}
