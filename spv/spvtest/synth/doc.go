// Package synth is a chain as long as Bitcoin's, and peers that serve it over
// real sockets, for measuring and for tests that need a million blocks.
//
// A Chain follows from its Options alone. Its headers have real proof of work
// under an easy limit, real retargets every 2,016 blocks and times that wander;
// they are all held in memory, 80 bytes each, and a million take seconds to
// mine. Blocks are made from their height whenever somebody asks. Filters come
// in two kinds: true ones, of small blocks (Options.Large false), or filters of
// mainnet's size, drawn from a pool, over blocks whose outputs no filter holds.
//
// A Peer speaks the wire protocol to whoever connects. Replies keep the order
// of their requests, come Latency after them however many are under way, and
// are cheap to make, so that what is measured is the client.
//
// # Guarantees
//
// The same Options give the same chain, byte for byte. Everything that a peer
// without lies says stands up to every check of a light client: links, work,
// targets, median times, Merkle roots, filter headers, and filters that hold
// all scripts of their blocks' outputs. Chains and peers may be used from any
// goroutine.
//
// # Not here
//
// Forks, transactions outside of blocks, spends of what was paid: see spvtest
// and sandbox. Signatures are noise.
//
// # Testing
//
// The tests hold a chain against package chain's rules, and a peer against the
// client of package spv, with btcd's code making and reading the messages.
package synth
