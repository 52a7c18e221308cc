package main

import (
	"crypto/sha3"
	"encoding/base32"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// maxSeeds bounds a list: a program needs somewhere to begin, not everybody.
const maxSeeds = 512

// writeSeeds makes the list of a network from one of the same name with an
// address a line, whatever follows it. Bitcoin Core's nodes_main.txt is such one.
func writeSeeds(from, out string) error {
	in, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	addrs, err := pickSeeds(string(in))
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	name := filepath.Base(from)
	head := fmt.Sprintf("# Addresses of peers of %s that have been up for long, one a line.\n", strings.TrimSuffix(name, ".txt"))
	if len(addrs) == 0 {
		head += "# None are known yet.\n"
	}
	return os.WriteFile(filepath.Join(out, name), []byte(head+strings.Join(append(addrs, ""), "\n")), 0o644)
}

// pickSeeds reads addresses and keeps one of each part of the network: /16 of
// IPv4, /32 of IPv6; onion addresses, which have no parts, all.
func pickSeeds(text string) ([]string, error) {
	var addrs []string
	parts := make(map[string]bool)
	for n, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		addr, part, err := seedOf(fields[0])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
		if !parts[part] {
			parts[part] = true
			addrs = append(addrs, addr)
		}
	}
	if len(addrs) > maxSeeds {
		return nil, fmt.Errorf("%d addresses are too many: %d are the most", len(addrs), maxSeeds)
	}
	slices.Sort(addrs)
	return addrs, nil
}

// seedOf checks one address, and names the part of the network it is in.
func seedOf(s string) (addr, part string, err error) {
	host, port, err := net.SplitHostPort(strings.ToLower(s))
	if err != nil {
		return "", "", err
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", "", fmt.Errorf("%s: port %s", s, port)
	}
	if name, ok := strings.CutSuffix(host, ".onion"); ok {
		return net.JoinHostPort(host, port), host, checkOnion(name)
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || ip.Zone() != "" {
		return "", "", fmt.Errorf("%s: neither an IP nor an onion address", s)
	}
	ip = ip.Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return "", "", fmt.Errorf("%s: nobody else can reach it", s)
	}
	bits := 32
	if ip.Is4() {
		bits = 16
	}
	prefix, err := ip.Prefix(bits)
	return netip.AddrPortFrom(ip, mustPort(port)).String(), prefix.String(), err
}

func mustPort(port string) uint16 {
	n, _ := strconv.ParseUint(port, 10, 16) // was checked
	return uint16(n)
}

// checkOnion checks the name of an onion service of version 3.
func checkOnion(name string) error {
	b, err := base32.StdEncoding.DecodeString(strings.ToUpper(name))
	if err != nil || len(b) != 35 || b[34] != 3 {
		return fmt.Errorf("%s: no onion name of version 3", name)
	}
	sum := sha3.Sum256(append([]byte(".onion checksum"), append(slices.Clone(b[:32]), 3)...))
	if [2]byte(sum[:2]) != [2]byte(b[32:34]) {
		return fmt.Errorf("%s: checksum", name)
	}
	return nil
}
