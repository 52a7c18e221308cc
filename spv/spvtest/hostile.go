package spvtest

import (
	"reflect"
	"slices"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// Deviation is in what a Node of a Town differs from an honest one. The zero
// value is honest.
type Deviation struct {
	Group   byte                              // net group that it shares with others, its own if 0
	Chain   func(l *Land, best Branch) Branch // the chain it is on, the best if nil
	Filters FilterLie
	// FiltersOf makes Filters where they depend on the land.
	FiltersOf func(l *Land) FilterLie
	Silent    bool // announces nothing

	// Open comes before anything is read; false ends the connection.
	Open func(l *Link) bool
	// Deaf tells when to read no more.
	Deaf func(l *Link) bool
	// Version changes its version message.
	Version func(theirs, ours *wire.MsgVersion)
	// Greet takes the place of version and verack.
	Greet func(l *Link, theirs *wire.MsgVersion)
	// Reply takes the place of what an honest node says to a message, or, where
	// asked is nil, of what it announces.
	Reply func(l *Link, asked wire.Message, truth []wire.Message) []wire.Message
	// Live goes on beside once the handshake is done, until l.Wait is false.
	Live func(l *Link)
	// Write has the last word on bytes that are sent; true ends the connection
	// after them.
	Write func(l *Link, b []byte) ([]byte, bool)
}

func (d *Deviation) isZero() bool { return reflect.ValueOf(*d).IsZero() }

// Ending is how it goes with a hostile peer.
type Ending uint8

const (
	// Borne: what it does is no reason to leave it, or none that can be proved;
	// it may be found too slow.
	Borne Ending = iota
	// Left: the connection is ended or refused, and the address not banned.
	Left
	// Banned: it is proved to misbehave.
	Banned
	// Doubtful: it may be proved to misbehave, if chance will have it.
	Doubtful
)

// Need is what a client must be like for a behaviour to matter.
type Need uint8

const (
	// NeedsNothing: any client.
	NeedsNothing Need = iota
	// NeedsAll: one that wants all filters from the first block on.
	NeedsAll
	// NeedsNoCheckpoints: one that knows no checkpoints.
	NeedsNoCheckpoints
)

// Hostile is one of the behaviours that a client must survive.
type Hostile struct {
	Number   int
	Name     string
	Safe     string // what a safe client does
	Ending   Ending
	Useful   bool // a client learns everything from it alone nevertheless
	Variants int  // of Make, 1 if 0
	Needs    Need
	Make     func(variant int) Deviation
}

// Hostiles lists all behaviours by number.
func Hostiles() []Hostile {
	all := slices.Concat(handshakes(), bytesAndFrames(), news(), badHeaders(), badFilters(), badBlocks())
	slices.SortFunc(all, func(a, b Hostile) int { return a.Number - b.Number })
	return all
}
