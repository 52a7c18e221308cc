package protocol

import "time"

// Condition is what a person should know first about the connection, the worst
// of what is found.
type Condition uint8

const (
	// HealthGood: nothing to worry about.
	HealthGood Condition = iota
	// HealthStarting: peers are being looked for.
	HealthStarting
	// HealthLone: everything is believed on the word of one peer, or of one part
	// of the network.
	HealthLone
	// HealthFew: fewer peers than wanted for some time.
	HealthFew
	// HealthUnfiltered: no connected peer serves compact filters.
	HealthUnfiltered
	// HealthNodeBypassed: the person's own node makes no progress, so others are
	// used.
	HealthNodeBypassed
	// HealthNodeStuck: the person's own nodes, which are the only ones allowed,
	// make no progress.
	HealthNodeStuck
	// HealthOld: no block has come for longer than chance explains.
	HealthOld
	// HealthDispute: peers disagree about headers or filters.
	HealthDispute
	// HealthClock: this computer's clock differs from that of most peers.
	HealthClock
	// HealthEclipse: signs that all peers are one attacker's: an old tip or too
	// little work, and peers from too few parts of the network.
	HealthEclipse
	// HealthOffline: nobody can be connected to.
	HealthOffline
)

// Health is how well the machine is connected.
type Health struct {
	Condition Condition
	// Outbound and Inbound count connections; Groups the parts of the network
	// (see addrmgr) and Networks the kinds of it (IPv4, onion, …) of outbound
	// ones; Encrypted those with BIP324.
	Outbound, Inbound, Groups, Networks, Encrypted int
	FilterPeers, Agreed                            int
	// TipAge is the time since the tip was learned of; Odds is the chance, from 0
	// to 1, that no block is found for so long.
	TipAge time.Duration
	Odds   float64
	// Disputed counts heights whose filter is in dispute, Branches other chains
	// of about the same work that peers stand by.
	Disputed, Branches int
	// ClockSkew is by how much the clocks of most outbound peers are ahead of
	// ours; ClockPeers of how many that is known.
	ClockSkew  time.Duration
	ClockPeers int
	// Served and Relayed count what was given to others.
	ServedBytes, ServedMessages, RelayedTxs uint64
}

// Health is how well the machine is connected at a time.
func (m *Machine) Health(now time.Time) Health {
	var h Health
	for _, p := range m.ready() {
		h.Outbound++
		if p.info.Transport == TransportV2 {
			h.Encrypted++
		}
	}
	return h
}
