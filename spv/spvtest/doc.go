// Package spvtest is a Bitcoin network in a bottle, for tests of the peer.
//
// A Generator mines chains of real blocks: proof of work, witness commitments,
// payments, spends, BIP158 filters. A Peer serves such a chain as an honest
// node would, or lies about headers, filters or blocks, or stalls, or hangs up.
// A Sim puts a protocol.Machine among such peers, on a clock of its own, and
// models what the disk would hold. A Script tells a story line by line and
// shows every answer of the machine.
//
// # Guarantees
//
// Everything follows from a seed: the same seed gives the same blocks, the same
// delays, the same trace. Nothing sleeps and nothing touches the network or the
// disk of the computer. A Sim complains by itself (see Sim.Faults) when the
// machine tells of what is not on disk, saves what does not fit together, asks
// too much of a peer, spins, or bans an honest peer.
//
// # Not here
//
// Bytes on the wire: package peer has its own tests. A validating node: see
// package sandbox. Signatures in the generated blocks are noise.
//
// # Testing
//
// The tests of package protocol are the main user; go test ./spv/spvtest/...
// checks the generator against the checks the peer makes.
package spvtest
