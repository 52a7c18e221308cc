package protocol

import (
	"slices"
	"time"

	"thistle/spv/addrmgr"
)

// netKind is a kind of network. Somebody shall be in each that can be reached:
// whoever cuts us off from one cannot do so from the others as well.
type netKind uint8

const (
	anyKind netKind = iota
	kindIPv4
	kindIPv6
	kindHidden
	netKinds
)

var kindNetworks = [netKinds]addrmgr.Networks{
	kindIPv4:   addrmgr.In(addrmgr.IPv4),
	kindIPv6:   addrmgr.In(addrmgr.IPv6),
	kindHidden: addrmgr.In(addrmgr.Onion, addrmgr.I2P, addrmgr.CJDNS),
}

// kindOf is anyKind for a name.
func kindOf(at addrmgr.Addr) netKind {
	for k := anyKind + 1; k < netKinds && !at.IsZero(); k++ {
		if kindNetworks[k].Has(at.Network()) {
			return k
		}
	}
	return anyKind
}

// kindWatch is how dials into a kind of network go: that it may be reached does
// not mean that this computer can.
type kindWatch struct {
	vain    int // failures in a row
	pauses  int // how often there were too many
	restsTo time.Time
}

// kindMet notes that somebody was reached there.
func (m *Machine) kindMet(k netKind) { m.crew.kinds[k] = kindWatch{} }

// kindFailed notes a dial in vain.
func (m *Machine) kindFailed(k netKind) {
	w := &m.crew.kinds[k]
	if w.vain++; w.vain >= kindTries && k != anyKind {
		m.kindRests(k)
	}
}

// kindRests leaves a kind of network alone for a while, longer each time, if it is
// not that nobody can be reached at all.
func (m *Machine) kindRests(k netKind) {
	w := &m.crew.kinds[k]
	w.vain, w.restsTo = 0, m.now.Add(kindPause<<min(w.pauses, kindDoubles))
	if m.usablePeers() > 0 {
		w.pauses++
	}
}

// lackingKinds are those that nobody is in whom we are connected to or dial, while
// several are elsewhere.
func (m *Machine) lackingKinds() []netKind {
	var here [netKinds]int
	all := 0
	for _, a := range m.book.list {
		if k := kindOf(a.at); k != anyKind && !a.idle() {
			here[k]++
			all++
		}
	}
	var lacking []netKind
	for k := anyKind + 1; k < netKinds && all > 1; k++ {
		if m.book.reach&kindNetworks[k] != 0 && here[k] == 0 && !m.now.Before(m.crew.kinds[k].restsTo) {
			lacking = append(lacking, k)
		}
	}
	return lacking
}

// pickLacking chooses an address of a kind of network that nobody is in.
func (m *Machine) pickLacking(n need) *address {
	for _, k := range m.lackingKinds() {
		n.networks, n.anchors = kindNetworks[k], false
		if a := m.pick(n); a != nil {
			return a
		}
	}
	return nil
}

// driveKinds has a peer give its place to one of a kind of network that nobody is
// in: where all places were taken before such a one had answered, it would get
// none.
func (m *Machine) driveKinds() {
	c := &m.crew
	if c.shift.running() || !m.current || len(c.dials) > 0 || slices.ContainsFunc(roles[:], m.hasRoom) {
		return
	}
	for _, k := range m.lackingKinds() {
		if m.pick(need{networks: kindNetworks[k]}) == nil {
			m.kindRests(k)
			continue
		}
		var peers []*peerState
		for _, r := range roles {
			peers = append(peers, slices.DeleteFunc(m.changeable(r), m.aloneInKind)...)
		}
		if len(peers) > 0 && m.beginShift(peers[m.cfg.Rand.IntN(len(peers))], shift{cause: shiftKind, kind: k}) {
			return
		}
	}
}

// aloneInKind tells whether nobody else here is in a peer's kind of network.
func (m *Machine) aloneInKind(p *peerState) bool {
	k := kindOfPeer(p)
	return k != anyKind && !slices.ContainsFunc(m.ready(), func(q *peerState) bool { return q != p && kindOfPeer(q) == k })
}

func kindOfPeer(p *peerState) netKind {
	at, err := addrmgr.Parse(p.info.Addr)
	if err != nil {
		return anyKind
	}
	return kindOf(at)
}
