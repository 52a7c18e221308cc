package main

import (
	"fmt"
	"math/big"
)

const (
	period   = 2016         // blocks
	timespan = period * 600 // seconds a period should take
	easiest  = 0x1d00ffff   // target of the first blocks, the easiest there is
)

// expand turns the compact form of a target into the number. Only targets of
// mainnet come here: positive, and longer than the mantissa.
func expand(bits uint32) *big.Int {
	n := big.NewInt(int64(bits & 0x7fffff))
	return n.Lsh(n, uint(8*(bits>>24)-24))
}

// unit is the value of the last digit of a compact target.
func unit(bits uint32) *big.Int {
	return new(big.Int).Lsh(big.NewInt(1), uint(8*(bits>>24)-24))
}

// blockWork is the expected number of hashes for one block.
func blockWork(bits uint32) *big.Int {
	n := new(big.Int).Lsh(big.NewInt(1), 256)
	return n.Div(n, new(big.Int).Add(expand(bits), big.NewInt(1)))
}

// check refuses a list with a gap, a step of the target beyond a factor of
// four, or work that is not the sum of its blocks'.
func check(rows []row) error {
	bits := uint32(easiest)
	work := new(big.Int)
	var time int64
	for i, r := range rows {
		if r.height != (i+1)*period {
			return fmt.Errorf("height %d: want %d", r.height, (i+1)*period)
		}
		if size := r.bits >> 24; size < 4 || size > 0x1d || r.bits&0x800000 != 0 || r.bits&0x7fffff == 0 {
			return fmt.Errorf("height %d: target %08x", r.height, r.bits)
		}
		work.Add(work, new(big.Int).Mul(blockWork(bits), big.NewInt(period)))
		if r.work.Cmp(work) != 0 {
			return fmt.Errorf("height %d: work %x, want %x", r.height, r.work, work)
		}
		if err := checkStep(bits, r.bits); err != nil {
			return fmt.Errorf("height %d: %w", r.height, err)
		}
		if r.time != 0 {
			if r.time <= time {
				return fmt.Errorf("height %d: time %d before the last period's", r.height, r.time)
			}
			time = r.time
		}
		bits = r.bits
	}
	return nil
}

// checkStep refuses a target more than four times or less than a quarter of
// the one before, or easier than the easiest. The compact form rounds down, by
// less than its unit.
func checkStep(from, to uint32) error {
	f, t := expand(from), expand(to)
	most := new(big.Int).Lsh(f, 2)
	least := new(big.Int).Rsh(f, 2)
	least.Sub(least, unit(to))
	if t.Cmp(most) > 0 || t.Cmp(least) < 0 || t.Cmp(expand(easiest)) > 0 {
		return fmt.Errorf("target %08x after %08x", to, from)
	}
	return nil
}

// estimate computes the times that are missing. The first row must have one.
func estimate(rows []row) {
	for i := 1; i < len(rows); i++ {
		if rows[i].time == 0 {
			rows[i].time = rows[i-1].time + step(rows[i-1].bits, rows[i].bits)
			rows[i].estimated = true
		}
	}
}

// step is the time in seconds from the first block of a period to the first of
// the next, as the two targets tell: new = old * taken / timespan, rounded
// down to the compact form, so half a unit is added. What was taken ends with
// the last block of the period; the next one follows ten minutes later. Where
// the target met one of its limits this says nothing.
func step(from, to uint32) int64 {
	twice := new(big.Int).Lsh(expand(to), 1)
	twice.Add(twice, unit(to))
	twice.Mul(twice, big.NewInt(timespan))
	twice.Div(twice, new(big.Int).Lsh(expand(from), 1))
	return twice.Int64() + timespan/period
}
