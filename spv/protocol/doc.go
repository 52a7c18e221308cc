// Package protocol is the machine at the heart of the peer: a pure state
// machine that decides what to ask of whom, what to believe, and what to save.
//
// Bytes, sockets, disk, clock and dice stay outside. The caller feeds an Input
// with the time it happened and carries out the returned Outputs in order;
// Tick says when it wants to be called again. The same inputs at the same
// times with the same seed give the same outputs, so whole networks are
// simulated in tests and a failing seed becomes a named test.
//
// # Division of labour
//
// Whatever needs no context is done by the connections' readers before an
// Input is made: framing, size caps, hashing headers and filters, decoding and
// checking blocks (CheckBlock). The machine does what needs context: header
// rules (package chain), who claims which filter header and who lies
// (package cfilter), which request is live, who is slow. It never knows a
// script: filters of every block from the birthday on are fetched and kept,
// and matching happens on this computer outside the machine.
//
// # Guarantees
//
//   - A Save output stands before the Emit that tells of it; executing outputs
//     in order never announces what is not on disk.
//   - A reply that fits no live request is dropped, never punished: reorgs make
//     honest replies stale.
//   - No filter header is final: a filter peer that was not heard before is
//     compared afterwards, and what a block proves false is rolled back.
//   - Only what can be proved bans (see Reason.Provable). Silence and slowness
//     cost a cool-down.
//   - Requests for compact filters name only stop hashes that the peer has
//     shown to know (BIP157).
//   - The work a peer can cause is bounded: one getheaders in flight per peer,
//     bounded queues, a bounded memory of seen transactions.
//
// Test it with golden scripts (testdata/*.txt) and with the seeded simulator in
// spv/spvtest.
package protocol
