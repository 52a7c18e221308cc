package walletdb

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"github.com/btcsuite/btcd/chainhash/v2"
)

// Version is the format that is written.
const Version uint16 = 3

const magic = "thistle wallet\n"

// header is the only part of the file that is not sealed. It is stored with a
// commitment to the key and a checksum, which tell a foreign file from a damaged
// one.
type header struct {
	version  uint16
	network  string
	genesis  chainhash.Hash
	walletID [16]byte
}

func (h header) encode() []byte {
	e := &encoder{b: []byte(magic)}
	e.b = binary.BigEndian.AppendUint16(e.b, h.version)
	e.string(h.network)
	e.raw(h.genesis[:])
	e.raw(h.walletID[:])
	return e.b
}

// seal returns what is stored: header, commitment, checksum.
func (h header) seal(commit [32]byte) []byte {
	b := append(h.encode(), commit[:]...)
	check := sha256.Sum256(b)
	return append(b, check[:]...)
}

// parseHeader takes a stored header apart. Of versions above newest only the
// version is understood.
func parseHeader(b []byte, newest uint16) (h header, commit []byte, err error) {
	if len(b) < len(magic)+2*sha256.Size || len(b) > 1024 {
		return h, nil, corrupt("no header")
	}
	body, check := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if want := sha256.Sum256(body); !bytes.Equal(want[:], check) || !bytes.HasPrefix(body, []byte(magic)) {
		return h, nil, corrupt("the header's checksum is wrong")
	}
	d := &decoder{b: body[len(magic):]}
	if h.version = binary.BigEndian.Uint16(d.take(2)); h.version > newest {
		return h, nil, ErrNewer
	}
	h.network, h.genesis = d.string(), d.hash()
	copy(h.walletID[:], d.take(16))
	commit = d.take(sha256.Size)
	if d.end() != nil {
		return h, nil, corrupt("malformed header")
	}
	return h, commit, nil
}

// manifest speaks for all rows.
type manifest struct {
	generation uint64 // grows by one with every transaction
	count      uint64
	sum        sum
}

func (m manifest) encode() []byte {
	b := binary.BigEndian.AppendUint64(nil, m.generation)
	b = binary.BigEndian.AppendUint64(b, m.count)
	return append(b, m.sum.bytes()...)
}

func parseManifest(b []byte) (manifest, error) {
	if len(b) != 48 {
		return manifest{}, corrupt("malformed manifest")
	}
	return manifest{
		generation: binary.BigEndian.Uint64(b), count: binary.BigEndian.Uint64(b[8:]), sum: parseSum(b[16:]),
	}, nil
}
