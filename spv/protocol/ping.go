package protocol

import (
	"time"

	wire "github.com/btcsuite/btcd/wire/v2"
)

// drivePings measures every peer's latency and lets go of those that do not
// answer.
func (m *Machine) drivePings() {
	for _, p := range m.ready() {
		m.drivePing(p)
	}
}

func (m *Machine) drivePing(p *peerState) {
	switch {
	case !p.pingSent.IsZero():
		if m.due(p.pingSent.Add(pongTimeout)) {
			m.drop(p, ReasonSlow)
		}
	case m.due(p.pingNext):
		p.pingNonce, p.pingSent = m.nonce(), m.now
		m.send(p, &wire.MsgPing{Nonce: p.pingNonce})
		m.wakeAt(m.now.Add(pongTimeout))
	}
}

// nonce draws a ping nonce. Zero is left out: it marks "none".
func (m *Machine) nonce() uint64 { return m.cfg.Rand.Uint64() | 1 }

func (m *Machine) pongReceived(p *peerState, nonce uint64) {
	if !p.pingSent.IsZero() && nonce == p.pingNonce {
		p.info.Latency = m.now.Sub(p.pingSent)
		p.pingNext = m.now.Add(pingEvery)
		if m.blocksPassed(p, p.pingSent) {
			p.pingNext = m.now
		}
		p.pingSent = time.Time{}
		return
	}
	m.outboxPong(m.infoOf(p), nonce)
}
