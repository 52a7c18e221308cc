package addrmgr

import (
	"crypto/sha256"
	"encoding/binary"
)

// Tags keep the uses of the secret apart.
const (
	tagFresh byte = iota + 1
	tagTried
	tagSource
	tagGroup
)

// hash is a number that nobody without the secret can foresee.
func (m *Manager) hash(tag byte, parts ...[]byte) uint64 {
	h := sha256.New()
	h.Write(m.secret())
	h.Write([]byte{tag})
	for _, p := range parts {
		h.Write([]byte{byte(len(p))})
		h.Write(p)
	}
	return binary.LittleEndian.Uint64(h.Sum(nil))
}

// id is the address with everything that tells it from others.
func (a *Addr) id() []byte {
	return binary.BigEndian.AppendUint16(append([]byte{byte(a.net)}, a.host[:]...), a.port)
}

// freshBucket is where an address goes that a source told of.
func (m *Manager) freshBucket(a Addr, source Group) int {
	group := a.Group()
	nth := byte(m.hash(tagGroup, group[:], source[:]) % sourceBuckets)
	return int(m.hash(tagSource, source[:], []byte{nth}) % newBuckets)
}

// triedBucket is where an address goes when a peer has answered there.
func (m *Manager) triedBucket(a Addr) int {
	group := a.Group()
	nth := byte(m.hash(tagTried, a.id()) % groupBuckets)
	return int(m.hash(tagGroup, group[:], []byte{nth}) % triedBuckets)
}

// slot is an address's only place in a bucket.
func (m *Manager) slot(tag byte, bucket int, a Addr) int {
	return int(m.hash(tag, binary.BigEndian.AppendUint16(nil, uint16(bucket)), a.id()) % bucketSize)
}

// SourceGroup is the group of a source that is no peer: a seed, a list.
func SourceGroup(name string) Group {
	sum := sha256.Sum256([]byte(name))
	g := Group{0xff}
	copy(g[1:], sum[:])
	return g
}
