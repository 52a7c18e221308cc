// Package light is the pure part of BIP37: what the person's own node is told so
// that it names the transactions of some scripts, and what its answers prove.
//
// A [Watch] is what is looked for. Its filter holds what the scripts push, and the
// coins they were paid: blocks are looked at without what they spend, so a coin is
// found to be spent by its name alone. Whoever gets the filter can tell what the
// scripts are. It belongs in the hands of a node that is the person's own.
//
// A [Round] is a run of blocks that the node is asked about. Whatever it names
// stands under a Merkle root that the caller knows to be on the best chain, and
// every transaction that it names must come, from it or with the whole block. What
// it leaves out cannot be noticed: that is believed.
//
// There is no socket here and no clock. The tests run rounds with the answers of
// btcd's code, with transactions left out, and with false trees.
package light
