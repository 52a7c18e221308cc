package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"thistle/app/coinselect"
	"thistle/app/descriptor"
	"thistle/app/ledger"
	"thistle/app/txbuild"
	"thistle/app/units"
	"thistle/spv"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

const (
	// defaultFeeRate is paid until there are estimates.
	defaultFeeRate units.FeeRate = 2_000
	// usualFloor is what nodes ask for at least unless they say otherwise.
	usualFloor units.FeeRate = 1_000
	// minFloor is what the most generous nodes ask for: below nothing travels.
	minFloor units.FeeRate = 100
	// maxFloor bounds how far the floors that peers name may raise it: a peer
	// must not be able to make us pay.
	maxFloor units.FeeRate = 50_000
	// MaxWord stands for "all that is left" in place of an amount.
	MaxWord = "max"
	// echoesWanted is how many peers must have announced a payment that we had
	// not told for it to have travelled, when no peer is there to ask.
	echoesWanted = 2
	// announceTick is how often a wait for delivery looks again.
	announceTick = 50 * time.Millisecond
)

// order is a checked SendParams.
type order struct {
	recipients []txbuild.Recipient
	rate       units.FeeRate // 0 for the default
	label      string
}

// CheckSend checks what can be checked without wallet and peers.
func CheckSend(env *Env, p SendParams) error {
	_, err := readOrder(env, p)
	return err
}

func readOrder(env *Env, p SendParams) (*order, error) {
	const op = "send"
	o := &order{label: p.Label}
	if len(p.Recipients) == 0 {
		return nil, &Error{Op: op, Kind: KindAddress, Detail: "nobody to pay"}
	}
	for _, r := range p.Recipients {
		script, err := descriptor.ParseAddress(r.Address, env.Params.Net)
		if err != nil {
			return nil, &Error{Op: op, Kind: KindAddress, Detail: sentence(err), Err: err}
		}
		out := txbuild.Recipient{PkScript: script}
		if r.Amount == MaxWord {
			out.Max = true
		} else if out.Amount, err = parseAmount(op, r.Amount); err != nil {
			return nil, err
		}
		if limit := txbuild.Dust(script); !out.Max && out.Amount < limit {
			return nil, &Error{Op: op, Kind: KindDust, Detail: limit.BTC()}
		}
		o.recipients = append(o.recipients, out)
	}
	if p.FeeRate != "" {
		var err error
		if o.rate, err = units.ParseFeeRate(p.FeeRate); err != nil {
			return nil, &Error{Op: op, Kind: KindFeeRate, Detail: sentence(err), Err: err}
		}
	}
	return o, nil
}

func parseAmount(op, s string) (units.Amount, error) {
	a, err := units.ParseBTC(s)
	if err == nil && a == 0 {
		return 0, &Error{Op: op, Kind: KindAmount, Detail: "an amount must be more than zero"}
	}
	if err != nil {
		return 0, &Error{Op: op, Kind: KindAmount, Detail: sentence(err), Err: err}
	}
	return a, nil
}

// sentence is the text of a refusal that its package wrote for people.
func sentence(err error) string { return err.Error() }

// Send builds, signs, saves and announces a payment, and waits until it is
// known how far it has travelled. It needs Run, and Sync before it. When nobody
// has fetched it in time, result and an error of KindUnannounced are returned:
// it stays queued and is offered again whenever the wallet runs.
func (w *Wallet) Send(ctx context.Context, p SendParams) (*SendResult, error) {
	const op = "send"
	o, err := readOrder(w.env, p)
	if err != nil {
		return nil, err
	}
	chain := w.online()
	if chain == nil {
		return nil, &Error{Op: op, Kind: KindNoPeers}
	}
	if o.rate, err = rateFor(o.rate, chain.Status().Peers); err != nil {
		return nil, err
	}
	plan, tx, err := w.buildAndSend(o, p)
	if err != nil {
		return nil, err
	}
	if p.DryRun {
		return resultOf(plan, tx)
	}
	return w.deliver(ctx, chain, plan, tx, p.Wait)
}

// deliver announces a payment that is saved, and waits for how far it gets.
func (w *Wallet) deliver(ctx context.Context, chain *spv.Client, plan *txbuild.Plan, tx *wire.MsgTx, wait time.Duration) (*SendResult, error) {
	res, err := resultOf(plan, tx)
	if err != nil {
		return nil, err
	}
	w.hub.publish(TxSeen{TxID: res.TxID, Amount: -(plan.Amount + plan.Fee), At: w.env.now().UTC()})
	return w.awaitDelivery(ctx, chain, res, wait)
}

// connected is who the wallet is connected to.
func (w *Wallet) connected() []spv.PeerInfo {
	chain := w.online()
	if chain == nil {
		return nil
	}
	return chain.Status().Peers
}

// rateFor is the fee rate to pay: the one asked for, which must not lie below
// what peers pass on, since such a payment would stay where it is; or 2 sat/vB,
// or the peers' floor if that is higher.
func rateFor(asked units.FeeRate, peers []spv.PeerInfo) (units.FeeRate, error) {
	floor := relayFloor(peers)
	if asked == 0 {
		return max(defaultFeeRate, floor), nil
	}
	if asked < floor {
		who := "the connected peers"
		if len(peers) == 0 {
			who = "peers usually"
		}
		detail := fmt.Sprintf("%s pass nothing on below %s", who, floor)
		return 0, &Error{Op: "send", Kind: KindFeeRate, Detail: detail}
	}
	return asked, nil
}

// relayFloor is the median of the rates below which peers pass nothing on
// (BIP133), bounded; of two peers the cheaper counts, so that one that lies
// cannot decide. Peers that name none are taken to hold to 1 sat/vB.
func relayFloor(peers []spv.PeerInfo) units.FeeRate {
	var floors []units.FeeRate
	for _, p := range peers {
		if p.Inbound {
			continue // anybody can connect to us, any number of times
		}
		if p.FeeFloor > 0 {
			floors = append(floors, units.FeeRate(p.FeeFloor))
		} else {
			floors = append(floors, usualFloor)
		}
	}
	if len(floors) == 0 {
		return usualFloor
	}
	slices.Sort(floors)
	return min(max(floors[(len(floors)-1)/2], minFloor), maxFloor)
}

// plan chooses coins for an order. w.mu is held.
func (w *Wallet) plan(o *order) (*txbuild.Plan, error) {
	const op = "build payment"
	index, _ := w.led.Next(descriptor.Internal)
	derivation, script, err := w.derive(ledger.Ref{Keychain: descriptor.Internal, Index: index})
	if err != nil {
		return nil, failure(op, err)
	}
	coins, err := w.coins()
	if err != nil {
		return nil, failure(op, err)
	}
	plan, err := txbuild.Build(txbuild.Request{
		Recipients: o.recipients, Coins: coins, FeeRate: o.rate,
		Change: txbuild.Change{PkScript: script, Derivation: derivation},
		Tip:    w.tipForLockTime(), Now: w.env.now(), Rand: newRand(),
	})
	if err != nil {
		return nil, buildFailure(op, err)
	}
	return plan, nil
}

// buildFailure gives the builder's refusals their kinds.
func buildFailure(op string, err error) error {
	var insufficient *coinselect.InsufficientError
	var dust *txbuild.DustError
	var absurd *txbuild.AbsurdFeeError
	switch {
	case errors.As(err, &insufficient):
		detail := fmt.Sprintf("%s BTC can be spent, %s BTC are needed with the fee", insufficient.Have.BTC(), insufficient.Need.BTC())
		return &Error{Op: op, Kind: KindInsufficient, Detail: detail, Err: err}
	case errors.As(err, &dust):
		return &Error{Op: op, Kind: KindDust, Detail: dust.Limit.BTC(), Err: err}
	case errors.As(err, &absurd):
		return &Error{Op: op, Kind: KindAbsurdFee, Detail: err.Error(), Err: err}
	}
	return &Error{Op: op, Kind: KindAmount, Detail: err.Error(), Err: err}
}

// tipForLockTime is the block that the lock time against fee sniping is taken
// from.
func (w *Wallet) tipForLockTime() txbuild.Tip {
	chain := w.online()
	tip, ok := w.led.View()
	if !ok || chain == nil {
		return txbuild.Tip{}
	}
	header, ok := chain.HeaderAt(tip.Height)
	if !ok {
		return txbuild.Tip{}
	}
	return txbuild.Tip{Height: tip.Height, Time: time.Unix(int64(header.Time()), 0)}
}

// derive gives path, key and script of one of our references.
func (w *Wallet) derive(ref ledger.Ref) (coinselect.Derivation, []byte, error) {
	d := w.source[ref.Keychain]
	derived, err := d.Derive(ref.Index)
	if err != nil {
		return coinselect.Derivation{}, nil, err
	}
	return coinselect.Derivation{Fingerprint: d.Fingerprint(), Path: d.Path(ref.Index), PubKey: derived.PubKey[:]}, derived.Script, nil
}

// coins are all unspent outputs with what signing them takes.
func (w *Wallet) coins() ([]coinselect.Coin, error) {
	var coins []coinselect.Coin
	for _, c := range w.led.Coins() {
		prev, ok := w.led.Tx(c.OutPoint.Hash)
		if !ok {
			return nil, fmt.Errorf("transaction of coin %v is missing", c.OutPoint)
		}
		derivation, script, err := w.derive(c.Ref)
		if err != nil {
			return nil, err
		}
		coins = append(coins, coinselect.Coin{
			OutPoint: c.OutPoint, Value: c.Value, PkScript: script, PrevTx: prev,
			Confirmations: c.Confirmations, Ancestors: c.Ancestors, Own: c.State == ledger.CoinTrusted,
			Coinbase: c.Coinbase, Derivation: derivation,
		})
	}
	return coins, nil
}

// sources are where the last look takes the truth from.
func (w *Wallet) sources() txbuild.Sources {
	return txbuild.Sources{
		PrevOut: func(op wire.OutPoint) (*wire.TxOut, error) {
			prev, ok := w.led.Tx(op.Hash)
			if !ok || int(op.Index) >= len(prev.TxOut) {
				return nil, fmt.Errorf("no output %v", op)
			}
			return prev.TxOut[op.Index], nil
		},
		Script: func(d coinselect.Derivation) ([]byte, error) {
			if len(d.Path) < 2 {
				return nil, errors.New("path too short")
			}
			kc, index := descriptor.Keychain(d.Path[len(d.Path)-2]), d.Path[len(d.Path)-1]
			source := w.source[kc]
			if source == nil || !slices.Equal(source.Path(index), d.Path) {
				return nil, errors.New("path is not of this wallet")
			}
			return source.Script(index)
		},
	}
}

// saveCreated keeps a signed transaction before anybody hears of it, and has it
// announced: should the wallet be closed next, its session does it. w.mu is held.
func (w *Wallet) saveCreated(o *order, plan *txbuild.Plan, tx *wire.MsgTx) error {
	fact := ledger.Created{Tx: tx, At: w.env.now(), Label: o.label}
	for _, r := range plan.Recipients {
		fact.Recipients = append(fact.Recipients, ledger.Recipient{Script: r.PkScript, Amount: r.Amount, Label: o.label})
	}
	if _, err := w.applyLocked(fact); err != nil {
		return failure("save payment", err)
	}
	w.syncOutboxLocked()
	return nil
}

func resultOf(plan *txbuild.Plan, tx *wire.MsgTx) (*SendResult, error) {
	var raw bytes.Buffer
	if err := tx.Serialize(&raw); err != nil {
		return nil, failure("send", err)
	}
	size := txbuild.Weight(tx).VSize()
	res := &SendResult{
		TxID: tx.TxHash(), Raw: raw.Bytes(), Fee: plan.Fee, VSize: size, FeeRate: units.RateOf(plan.Fee, size),
		Amount: plan.Amount, Change: plan.Change,
	}
	for _, warning := range plan.Warnings {
		res.Warnings = append(res.Warnings, sendWarning(warning))
	}
	return res, nil
}

func sendWarning(warning txbuild.Warning) SendWarning {
	switch warning.Kind {
	case txbuild.FeeHigh:
		return SendWarning{Kind: "fee_high", Text: "The fee is more than 5 % of the amount."}
	case txbuild.ChangeGiven:
		return SendWarning{Kind: "change_given", Text: warning.Amount.Sat() + " sat were too little for change and go to the fee."}
	case txbuild.CoinsLeft:
		return SendWarning{Kind: "coins_left", Text: fmt.Sprintf("%d small coins stay behind: spending them would cost more than they are worth.", warning.Count)}
	}
	return SendWarning{Kind: warning.Kind.String(), Text: warning.Kind.String()}
}

// awaitDelivery waits for the first echo, or for the acknowledgement if nobody
// is left to listen to.
func (w *Wallet) awaitDelivery(ctx context.Context, chain *spv.Client, res *SendResult, wait time.Duration) (*SendResult, error) {
	res.State = Queued
	if w.fillDelivery(res); wait <= 0 {
		return res, nil
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	ticker := time.NewTicker(announceTick)
	defer ticker.Stop()
	for {
		changed := w.hub.change()
		open := w.fillDelivery(res)
		live, _ := chain.Travel(res.TxID)
		if !open || res.State == Echoed || res.State == Acknowledged && live.Listeners == 0 {
			return res, nil
		}
		select {
		case <-changed:
		case <-ticker.C:
		case <-ctx.Done():
			if res.State == Queued {
				return res, &Error{Op: "announce payment", Kind: KindUnannounced, Detail: res.TxID.String(), Err: ctx.Err()}
			}
			return res, nil
		}
	}
}

// fillDelivery brings a result up to date. False means that the wallet is closed
// and nothing more will be heard.
func (w *Wallet) fillDelivery(res *SendResult) bool {
	t := w.travel(res.TxID)
	if t.State == "" {
		return false
	}
	res.State, res.Acknowledged, res.Echoed = t.State, t.Acknowledged, t.Echoed
	res.Groups, res.Propagated, res.Stalled = t.Groups, t.Propagated, t.Stalled
	return true
}

// Travel tells how far a payment of ours has got. Of any other transaction the
// state is empty.
func (w *Wallet) Travel(txid chainhash.Hash) Travel {
	t := w.travel(txid)
	t.Peers = len(w.connected())
	return t
}

func (w *Wallet) travel(txid chainhash.Hash) Travel {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := Travel{TxID: txid}
	if w.led == nil {
		return t
	}
	acked, echoed := w.led.Delivery(txid)
	for _, r := range acked {
		t.Acknowledged = append(t.Acknowledged, r.Peer)
	}
	t.Echoed = len(echoed)
	entry, known := w.led.Entry(txid)
	switch {
	case len(echoed) > 0:
		t.State = Echoed
	case len(acked) > 0:
		t.State = Acknowledged
	case known && entry.Outgoing:
		t.State = Queued
	}
	t.Propagated = len(echoed) >= echoesWanted
	chain := w.headers()
	if chain == nil {
		return t
	}
	if live, ok := chain.Travel(txid); ok {
		t.Groups, t.Listeners, t.Propagated = live.Groups, live.Listeners, t.Propagated || live.Propagated
		t.Stalled = w.whyStalled(chain, txid, live.Stall)
	}
	return t
}

// txRate is what a transaction pays, in sat/kvB.
func txRate(fee units.Amount, tx *wire.MsgTx) int64 {
	return int64(units.RateOf(fee, txbuild.Weight(tx).VSize()))
}

// Abandon gives an unconfirmed transaction up: it is announced no more, and its
// coins are free again. It may confirm all the same.
func (w *Wallet) Abandon(txid chainhash.Hash) error {
	w.mu.Lock()
	notices, err := w.abandon(txid)
	w.mu.Unlock()
	w.tell(notices)
	switch {
	case errors.Is(err, ledger.ErrUnknown):
		return &Error{Op: "abandon payment", Kind: KindUnknownTx, Detail: txid.String(), Err: err}
	case err != nil:
		return failure("abandon payment", err)
	}
	return nil
}

// abandon takes the giving up into account, also if the clock has been put back
// since the payment was made: else that would count as the later word. w.mu is
// held.
func (w *Wallet) abandon(txid chainhash.Hash) ([]ledger.Notice, error) {
	at := w.env.now()
	if w.led != nil {
		for _, o := range w.led.Queue() {
			if o.TxID == txid {
				at = later(at, time.Unix(0, o.CreatedAt))
			}
		}
	}
	return w.applyLocked(ledger.Abandoned{TxID: txid, At: at})
}
