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

	chaincfg "github.com/btcsuite/btcd/chaincfg/v2"
)

const (
	// maxPerSeed is how many addresses of one answer are kept: a seed must not
	// choose all our peers.
	maxPerSeed = 256
	// seedTimeout is for one look-up.
	seedTimeout = 10 * time.Second
	// filterPrefixSeed asks a seed for peers with NODE_NETWORK, NODE_WITNESS and
	// NODE_COMPACT_FILTERS (0x1 + 0x8 + 0x40). Not every seed knows it, so the
	// plain name is asked as well.
	filterPrefixSeed = "x49."
)

// Resolver looks up the addresses of a name. *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Resolve asks all DNS seeds of the network for peers and returns "host:port"
// addresses in random order, without doubles and without those that no peer
// can have. It is empty when nothing was found. A nil resolver is the system's.
func Resolve(ctx context.Context, resolver Resolver, params *chaincfg.Params) []string {
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	port, err := strconv.ParseUint(params.DefaultPort, 10, 16)
	if err != nil {
		return nil
	}
	local := params.Net == chaincfg.RegressionNetParams.Net
	answers := lookUp(ctx, resolver, seedNames(params.DNSSeeds))
	seen := make(map[addrmgr.Addr]bool)
	var found []string
	for _, answer := range answers {
		shuffle(answer)
		kept := 0
		for _, ip := range answer {
			if kept == maxPerSeed {
				break
			}
			addr := addrmgr.FromIP(ip.WithZone(""), uint16(port))
			if addr.IsZero() || seen[addr] || !local && (ip.IsPrivate() || !addr.Routable()) {
				continue
			}
			seen[addr] = true
			kept++
			found = append(found, addr.String())
		}
	}
	shuffle(found)
	return found
}

// seedNames lists what to look up: each seed plain and asked for filter peers.
// A seed that is an address has no other name.
func seedNames(seeds []chaincfg.DNSSeed) []string {
	var names []string
	for _, s := range seeds {
		names = append(names, s.Host)
		if _, err := netip.ParseAddr(s.Host); err != nil {
			names = append(names, filterPrefixSeed+s.Host)
		}
	}
	return names
}

// lookUp asks for all names at once. A name that fails has an empty answer.
func lookUp(ctx context.Context, resolver Resolver, names []string) [][]netip.Addr {
	ctx, cancel := context.WithTimeout(ctx, seedTimeout)
	defer cancel()
	answers := make([][]netip.Addr, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		if ip, err := netip.ParseAddr(name); err == nil {
			answers[i] = []netip.Addr{ip}
			continue
		}
		wg.Go(func() {
			if ips, err := resolver.LookupNetIP(ctx, "ip", name); err == nil {
				answers[i] = append(answers[i], ips...)
			}
		})
	}
	wg.Wait()
	return answers
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
