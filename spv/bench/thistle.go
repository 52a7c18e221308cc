package main

import (
	"context"
	"fmt"
	"time"

	"thistle/spv"
)

// thistle is our engine, through the door that the wallet uses.
type thistle struct {
	c    *spv.Client
	sub  *spv.Subscription
	stop context.CancelFunc
	ran  chan error
	ask  [][]byte // the scripts of a new wallet
}

func (t *thistle) open(a *engineAsked) error {
	t.ask = scripts(a.Scripts)
	params, err := a.Facts.Params()
	if err != nil {
		return err
	}
	cfg := spv.Config{
		Params: params, FilterCheckpoints: a.Facts.FilterHeaders, Dir: a.Dir,
		Connect: a.Addrs, NoDNS: true, Peers: len(a.Addrs),
		BirthdayHeight: 1, // all there is, as neutrino fetches it
	}
	if a.Race == raceNew {
		cfg.BirthdayHeight, cfg.BirthdayTime = 0, time.Now()
	}
	t.c, err = spv.Open(cfg)
	return err
}

func (t *thistle) sync(ctx context.Context) error {
	ctx, t.stop = context.WithCancel(ctx)
	t.sub, t.ran = t.c.Subscribe(), make(chan error, 1)
	go func() { t.ran <- t.c.Run(ctx) }()
	return nil
}

// ready ends when the blocks of the last hours, by whose times nobody can be
// sure that they are older than the wallet, have been matched too.
func (t *thistle) ready(ctx context.Context, tip int32) (time.Duration, error) {
	began := time.Now()
	if err := t.sync(ctx); err != nil {
		return 0, err
	}
	if err := reach(ctx, tip, func() int32 { return t.c.Tip().Height }); err != nil {
		return 0, err
	}
	from, _ := t.c.HeightAt(time.Now().Add(-24 * time.Hour))
	t.c.KeepFilters(from)
	if err := reach(ctx, tip, func() int32 { _, tip := t.c.Filters(); return tip.Height }); err != nil {
		return 0, err
	}
	err := t.match(ctx, t.ask, from, tip)
	return time.Since(began), err
}

// headers counts nothing until the base is genesis: ours come from the top.
func (t *thistle) headers() int32 {
	if t.c.Base() > 0 {
		return 0
	}
	return t.c.Tip().Height
}

func (t *thistle) wantCommits() { t.c.KeepFilters(1) }

func (t *thistle) commits() int32 { return t.c.Status().FilterTip.Height }

// scan does as the wallet does: whatever has come is matched while more comes.
func (t *thistle) scan(ctx context.Context, scripts [][]byte, to int32, found func(int32)) error {
	t.c.KeepFilters(1)
	done := int32(0)
	for done < to || found != nil {
		if _, tip := t.c.Filters(); tip.Height > done {
			if err := t.match(ctx, scripts, done+1, tip.Height); err != nil {
				return err
			}
			if done = tip.Height; found != nil && done >= to {
				found(done)
			}
			continue
		}
		if _, err := t.sub.Next(ctx); err != nil {
			if found != nil {
				return nil // the race is over
			}
			return err
		}
	}
	return nil
}

// match asks filters, and fetches the blocks they name.
func (t *thistle) match(ctx context.Context, scripts [][]byte, from, to int32) error {
	res, err := t.c.Match(ctx, scripts, from, to)
	if err != nil {
		return fmt.Errorf("match: %w", err)
	}
	for _, hit := range res.Hits {
		if _, err := t.c.Block(ctx, hit.Hash); err != nil {
			return fmt.Errorf("block: %w", err)
		}
	}
	return nil
}

func (t *thistle) close() error {
	if t.stop != nil {
		t.stop()
		if err := <-t.ran; err != nil {
			_ = t.c.Close()
			return err
		}
	}
	return t.c.Close()
}
