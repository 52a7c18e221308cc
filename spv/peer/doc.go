// Package peer is the engine's only door to the network: it dials Bitcoin
// peers and takes their connections, turns the bytes they send into protocol.Input values, and turns
// wire.Message values into bytes.
//
// A connection is one Conn with one blocking Run; its reason for ending comes
// out of Run. After the version handshake it answers nothing by itself: pings,
// getdata and everything else are the machine's business (package protocol).
//
// # What it believes
//
// Nothing. A peer is a stranger who may send any bytes at any speed:
//
//   - Frames are read by this package, not by package wire. The length that a
//     header claims is compared with a cap for that command before anything is
//     read, and buffers grow only as data arrives.
//   - Counts inside a payload are compared with the payload's length before
//     package wire decodes it: a transaction of nine bytes that claims a
//     million inputs costs nine bytes.
//   - Blocks, transactions, filters and filter headers are decoded only if they
//     were asked for, which the Conn knows because all requests pass through
//     Send. What was not asked for is skipped undecoded.
//   - What is skipped, what comes unasked, and what is asked of us, is paid for
//     from token buckets. A peer that empties one has sent more than any honest
//     peer has reason to.
//   - A message once begun must be finished in time. Between messages silence is
//     no fault here; the machine pings.
//   - Text from peers is escaped before it is stored or logged, and no message
//     makes a log line: a connection logs its beginning and its end, at debug.
//
// # Context-free work
//
// Readers run one per connection and in parallel, so the heavy work that needs
// no context is done here: hashing headers and filters, decoding and checking
// blocks. The checksum of a cfilter frame is not verified because the machine
// compares the filter's hash with its filter header; every other checksum is.
//
// # What it says
//
// As little as can be. A version message is the same for everyone but time and
// nonce, and says no height to who is dialled; a connection that only hands a
// transaction over looks like Bitcoin Core's for the same. Connections are
// encrypted (BIP324) where the other side can, which keeps from who looks on
// what is asked for; not from who sits in between, since nobody is who he says.
// One connection in plain text is tried after that, and remembered. The ciphers
// are package v2transport's, the packets are framed here. A packet that does not
// open proves nothing against the peer.
//
// With a proxy nothing goes past it: not a name to be looked up, not the plain
// text after an encrypted greeting. Each connection has a name and password of
// its own there.
//
// # What is not here
//
// Which peers to dial, which of those that connect to keep, what to ask of them
// and whom to ban (package protocol), and how many handshakes there may be at a
// time (package spv).
//
// # Testing
//
// Config.Dial takes net.Pipe or loopback connections to scripted peers, and
// every time-out is a field; tests run under testing/synctest, so no test
// sleeps. The fuzz targets feed the readers of frames and packets, and each
// payload decoder. The other end of encrypted connections is btcsuite's own code.
package peer
