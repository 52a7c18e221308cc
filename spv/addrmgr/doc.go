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
// # Not here
//
// Sockets, files, clock and dice: all are arguments.
package addrmgr
