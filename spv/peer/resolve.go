package peer

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"thistle/spv/addrmgr"
	"thistle/spv/protocol"

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
	wire "github.com/btcsuite/btcd/wire/v2"
)

const (
	// maxPerSeed is how many addresses of one seed are kept: it must not choose
	// all our peers.
	maxPerSeed = 256
	// seedTimeout is for one look-up.
	seedTimeout = 10 * time.Second
	// seedGrace is how long others are waited for when one has answered: the
	// quickest alone must not be.
	seedGrace = 2 * time.Second
)

// prefixes ask a seed for peers with services, the most useful first. Not every
// seed knows them all, so the plain name is asked as well.
var prefixes = []struct {
	prefix   string
	services wire.ServiceFlag
}{
	{"x849.", full | wire.SFNodeCF | wire.SFNodeP2PV2},
	{"x49.", full | wire.SFNodeCF},
	{"x809.", full | wire.SFNodeP2PV2},
	{"x9.", full},
	{"", 0},
}

const full = wire.SFNodeNetwork | wire.SFNodeWitness

// Resolver looks up the addresses of a name. *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Resolve asks all DNS seeds of the network for peers. Each answer is in random
// order, without doubles and without addresses that no peer can have; one that
// told of none is left out. A nil resolver is the system's.
func Resolve(ctx context.Context, resolver Resolver, params *chaincfg.Params) []protocol.SeedAnswer {
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	port, err := strconv.ParseUint(params.DefaultPort, 10, 16)
	if err != nil {
		return nil
	}
	s := sieve{
		port: uint16(port), seen: make(map[addrmgr.Addr]bool),
		local: params.Net == chaincfg.RegressionNetParams.Net,
	}
	told := lookUp(ctx, resolver, params.DNSSeeds)
	var answers []protocol.SeedAnswer
	for i, seed := range params.DNSSeeds {
		room := maxPerSeed
		for j, p := range prefixes {
			addrs := s.keep(told[i][j], room)
			room -= len(addrs)
			if len(addrs) > 0 {
				answers = append(answers, protocol.SeedAnswer{Seed: seed.Host, Services: p.services, Addrs: addrs})
			}
		}
	}
	return answers
}

// sieve lets each address through once.
type sieve struct {
	port  uint16
	local bool // addresses of this computer and its network too
	seen  map[addrmgr.Addr]bool
}

func (s *sieve) keep(ips []netip.Addr, room int) []string {
	shuffle(ips)
	var kept []string
	for _, ip := range ips {
		if len(kept) == room {
			break
		}
		addr := addrmgr.FromIP(ip.WithZone(""), s.port)
		if addr.IsZero() || ip.IsUnspecified() || s.seen[addr] || !s.local && (ip.IsPrivate() || !addr.Routable()) {
			continue
		}
		s.seen[addr] = true
		kept = append(kept, addr.String())
	}
	return kept
}

// lookUp asks for all names of all seeds at once. A name that fails has an empty
// answer. A seed that is an address has no names.
func lookUp(ctx context.Context, resolver Resolver, seeds []chaincfg.DNSSeed) [][][]netip.Addr {
	ctx, cancel := context.WithTimeout(ctx, seedTimeout)
	defer cancel()
	told := make([][][]netip.Addr, len(seeds))
	var wg sync.WaitGroup
	var answered sync.Once
	for i, seed := range seeds {
		told[i] = make([][]netip.Addr, len(prefixes))
		if ip, err := netip.ParseAddr(seed.Host); err == nil {
			told[i][len(prefixes)-1] = []netip.Addr{ip}
			continue
		}
		for j, p := range prefixes {
			wg.Go(func() {
				if ips, err := resolver.LookupNetIP(ctx, "ip", p.prefix+seed.Host); err == nil {
					told[i][j] = append(told[i][j], ips...)
					answered.Do(func() { time.AfterFunc(seedGrace, cancel) })
				}
			})
		}
	}
	wg.Wait()
	return told
}

// shuffle puts s in an order nobody can predict.
func shuffle[T any](s []T) {
	for i := len(s) - 1; i > 0; i-- {
		var b [8]byte
		rand.Read(b[:]) // ends the process rather than fail
		j := binary.LittleEndian.Uint64(b[:]) % uint64(i+1)
		s[i], s[j] = s[j], s[i]
	}
}
