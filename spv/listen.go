package spv

import (
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"thistle/spv/peer"
	"thistle/spv/protocol"
)

const (
	// listenPause is how long after a port could not be opened it is tried again.
	listenPause = 30 * time.Second
	// maxGreeting is how many connections may be in their handshake with us, and
	// maxGreetingHost how many of them from one host, loopback apart: there Tor
	// hands over whoever comes.
	maxGreeting     = 16
	maxGreetingHost = 3
	// greetRate is how many a second may come in the long run, greetBurst at once.
	greetRate  = 4
	greetBurst = 64
	// logRate is how many of them a second are logged, after logBurst.
	logRate  = 0.1
	logBurst = 50
)

// port is where others may connect to us.
type port struct {
	mu   sync.Mutex
	addr string
	err  error
}

func (p *port) set(addr string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.addr, p.err = addr, err
}

// ListenAddr is where others can connect to us now, "host:port", or empty.
func (c *Client) ListenAddr() string {
	c.port.mu.Lock()
	defer c.port.mu.Unlock()
	return c.port.addr
}

// ListenError is why others cannot connect to us though they should, nil if they
// can or need not. It is tried again from time to time.
func (c *Client) ListenError() error {
	c.port.mu.Lock()
	defer c.port.mu.Unlock()
	return c.port.err
}

// listen keeps the port open until the run ends.
func (r *runner) listen() error {
	defer r.c.port.set("", nil)
	door := newDoor()
	for {
		err := r.c.cfg.Port(r.ctx, r.c.cfg.Listen, func(addr string) {
			r.c.log.Info("listening", "addr", addr)
			r.c.port.set(addr, nil)
		}, func(sock net.Conn) { r.meet(sock, door) })
		if r.ctx.Err() != nil {
			return nil
		}
		r.c.log.Warn("cannot be connected to", "err", err)
		r.c.port.set("", err)
		if !rest(r.ctx.Done(), listenPause) {
			return nil
		}
	}
}

// meet lets a connection in, or not.
func (r *runner) meet(sock net.Conn, door *door) {
	host := hostOf(sock)
	if !door.enter(time.Now(), host) {
		sock.Close()
		return
	}
	r.group.Go(func() error {
		r.welcome(sock, door, host)
		return nil
	})
}

// welcome shakes hands with a peer that has connected to us, and lives with it.
func (r *runner) welcome(sock net.Conn, door *door, host netip.Addr) {
	cfg := r.peerConfig(protocol.ForAll)
	if !door.mayLog(time.Now()) {
		cfg.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	conn, err := peer.Accept(r.ctx, cfg, protocol.PeerID(r.lastID.Add(1)), sock)
	door.leave(host)
	if err == nil {
		r.live(conn)
	}
}

// hostOf is where a connection comes from: of IPv6 the network, whose owner has
// all its addresses; zero for this computer.
func hostOf(sock net.Conn) netip.Addr {
	from, err := netip.ParseAddrPort(sock.RemoteAddr().String())
	if err != nil || from.Addr().IsLoopback() {
		return netip.Addr{}
	}
	ip := from.Addr().Unmap().WithZone("")
	if ip.Is6() {
		network, _ := ip.Prefix(64)
		return network.Addr()
	}
	return ip
}

// door bounds who is in a handshake with us. What becomes of them later is the
// machine's to say.
type door struct {
	mu    sync.Mutex
	all   int
	hosts map[netip.Addr]int
	pace  pace
	log   pace
}

// pace allows so much a second, and at first a burst.
type pace struct {
	rate, burst, spent float64
	last               time.Time
}

func (p *pace) take(now time.Time) bool {
	if !p.last.IsZero() {
		p.spent = max(0, p.spent-now.Sub(p.last).Seconds()*p.rate)
	}
	p.last = now
	if p.spent+1 > p.burst {
		return false
	}
	p.spent++
	return true
}

func newDoor() *door {
	return &door{
		hosts: make(map[netip.Addr]int),
		pace:  pace{rate: greetRate, burst: greetBurst},
		log:   pace{rate: logRate, burst: logBurst},
	}
}

func (d *door) enter(now time.Time, host netip.Addr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.all >= maxGreeting || host.IsValid() && d.hosts[host] >= maxGreetingHost || !d.pace.take(now) {
		return false
	}
	d.all++
	d.hosts[host]++
	return true
}

func (d *door) leave(host netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all--
	if d.hosts[host]--; d.hosts[host] == 0 {
		delete(d.hosts, host)
	}
}

func (d *door) mayLog(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.take(now)
}
