// Package addrmgr remembers where peers may be found, and chooses among them so
// that nobody can choose for us.
//
// An [Addr] is a network, an address in it and a port, as BIP155 has them: IPv4,
// IPv6, Tor (v3), I2P and CJDNS are equals. Whoever holds one address is likely
// to hold its neighbours, so addresses fall into a [Group], and are refused by
// a wider key than themselves ([Addr.BanKey]).
//
// [DecodeAddr] and [DecodeAddrV2] read gossip. Package wire would do, but it
// drops I2P and CJDNS.
//
// # The book
//
// A [Manager] is Bitcoin Core's design in small. An address is new until a peer
// has answered there, then tried; both kinds lie in buckets of 32 by a secret.
// Which new bucket is decided by who told of the address and by its own group,
// so that one part of the network reaches a sixteenth of them whatever it tells;
// which tried bucket by its own group, so that one part of the network reaches a
// thirty-second of those. Nobody who is any good is pushed out: an address that
// has proved itself first tests who is in its way. [Manager.Pick] throws the dice
// for the bucket first, then for the address.
//
// What is told to others ([Manager.Sample]) is the same for a day and changes by
// nothing that we do, but that connections which have ended were good. What
// peers may tell is bounded by an [Allowance].
//
// # Guarantees
//
// At most 20,480 addresses and 1,000 bans, some 3 MB. The same dice give the
// same book. A [Snapshot] that was damaged or made up gives a sound book.
//
// # Testing
//
//	go test ./spv/addrmgr
//
// floods the book from one source and from one group and counts what they reach,
// checks every place after random acts, and fuzzes what is read.
//
// # Not here
//
// Sockets, files, clock and dice: all are arguments.
package addrmgr
