package seal

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"io"
	"runtime/debug"

	"golang.org/x/crypto/chacha20poly1305"
)

// KeySize is the size of the view key and of the spend key, in bytes.
const KeySize = 32

const (
	nonceSize   = chacha20poly1305.NonceSizeX
	wrapSize    = nonceSize + KeySize + tagSize
	maxEnvelope = 2 + headerFixed + maxNetwork + sha256.Size + 2*wrapSize + sha256.Size
	wrapLabel   = "thistle/wrap/1/"
	commitLabel = "thistle/commit/1/"
)

// Which names one of the two keys.
type Which int

// The two keys of an envelope.
const (
	View Which = iota
	Spend
)

// String is part of the sealed format: it separates the two wraps.
func (w Which) String() string {
	if w == View {
		return "view"
	}
	return "spend"
}

// Envelope holds the two keys, wrapped. It contains nothing secret.
type Envelope struct {
	header Header
	raw    []byte // header, encoded: associated data of the wraps
	commit [sha256.Size]byte
	wraps  [2][wrapSize]byte
}

// Seal wraps the two keys under a password; the header's salt is drawn from
// rand and its KDF says the cost, which must be within bounds. Both keys are
// KeySize bytes. The result has been opened again before it is returned.
func Seal(rand io.Reader, h Header, bounds Bounds, password, view, spend []byte) (*Envelope, error) {
	if len(view) != KeySize || len(spend) != KeySize {
		return nil, fmt.Errorf("seal: keys of %d and %d bytes", len(view), len(spend))
	}
	if err := h.KDF.Check(bounds); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if _, err := io.ReadFull(rand, h.Salt[:]); err != nil {
		return nil, fmt.Errorf("seal: draw salt: %w", err)
	}
	raw, err := h.Marshal()
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	e := &Envelope{header: h, raw: raw}
	kek, err := h.KDF.kek(password, &h.Salt)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	defer clear(kek)
	e.commit = e.commitment(kek)
	for w, key := range [][]byte{View: view, Spend: spend} {
		if err := e.wrap(rand, kek, Which(w), key); err != nil {
			return nil, fmt.Errorf("seal %v key: %w", Which(w), err)
		}
	}
	return e, nil
}

// wrap seals one key and opens it again: a key that could not be had back
// would be a wallet lost.
func (e *Envelope) wrap(rand io.Reader, kek []byte, w Which, key []byte) error {
	var nonce [nonceSize]byte
	if _, err := io.ReadFull(rand, nonce[:]); err != nil {
		return fmt.Errorf("draw nonce: %w", err)
	}
	sealX(append(e.wraps[w][:0], nonce[:]...), kek[:KeySize], nonce[:], key, e.aad(w))
	back, err := e.unwrap(kek, w)
	if err != nil {
		return err
	}
	defer clear(back)
	if subtle.ConstantTimeCompare(back, key) != 1 {
		return fmt.Errorf("%w: read back differently", ErrTampered)
	}
	return nil
}

func (e *Envelope) unwrap(kek []byte, w Which) ([]byte, error) {
	key, ok := openX(kek[:KeySize], e.wraps[w][:nonceSize], e.wraps[w][nonceSize:], e.aad(w))
	if !ok {
		return nil, ErrTampered
	}
	return key, nil
}

func (e *Envelope) aad(w Which) []byte {
	return append([]byte(wrapLabel+w.String()+"\x00"), e.raw...)
}

func (e *Envelope) commitment(kek []byte) [sha256.Size]byte {
	return hmacSHA256(kek[KeySize:], []byte(commitLabel), e.header.kdfInput())
}

// Header returns a copy of the header. It is trustworthy only after Open.
func (e *Envelope) Header() Header { return e.header }

// Open unwraps one key; the caller clears it. The KDF's cost is checked first.
// Errors wrap ErrKDFBounds, ErrPassword, ErrWrongPassword or ErrTampered.
func (e *Envelope) Open(password []byte, w Which, bounds Bounds) ([]byte, error) {
	kek, err := e.kek(password, bounds)
	if err != nil {
		return nil, fmt.Errorf("open %v key: %w", w, err)
	}
	defer clear(kek)
	key, err := e.unwrap(kek, w)
	if err != nil {
		return nil, fmt.Errorf("open %v key: %w", w, err)
	}
	return key, nil
}

// OpenBoth unwraps both keys for the cost of one; the caller clears them. See
// Open.
func (e *Envelope) OpenBoth(password []byte, bounds Bounds) (view, spend []byte, err error) {
	keys, err := e.openBoth(password, bounds)
	if err != nil {
		return nil, nil, fmt.Errorf("open keys: %w", err)
	}
	return keys[View], keys[Spend], nil
}

func (e *Envelope) openBoth(password []byte, bounds Bounds) (keys [2][]byte, err error) {
	kek, err := e.kek(password, bounds)
	if err != nil {
		return keys, err
	}
	defer clear(kek)
	for w := range keys {
		if keys[w], err = e.unwrap(kek, Which(w)); err != nil {
			clear(keys[View])
			return keys, fmt.Errorf("%v key: %w", Which(w), err)
		}
	}
	return keys, nil
}

// kek derives the wrapping key and makes sure that the password is the right
// one.
func (e *Envelope) kek(password []byte, bounds Bounds) ([]byte, error) {
	if err := e.header.KDF.Check(bounds); err != nil {
		return nil, err
	}
	kek, err := e.header.KDF.kek(password, &e.header.Salt)
	if err != nil {
		return nil, err
	}
	want := e.commitment(kek)
	if subtle.ConstantTimeCompare(want[:], e.commit[:]) != 1 {
		clear(kek)
		return nil, ErrWrongPassword
	}
	return kek, nil
}

// Rewrap returns the same two keys under a new password, salt and cost. The
// old envelope stays as it was.
func (e *Envelope) Rewrap(rand io.Reader, old, new []byte, kdf KDF, bounds Bounds) (*Envelope, error) {
	keys, err := e.openBoth(old, bounds)
	if err != nil {
		return nil, fmt.Errorf("rewrap: %w", err)
	}
	defer clear(keys[View])
	defer clear(keys[Spend])
	debug.FreeOSMemory() // or Argon2's blocks would be there twice
	h := e.header
	h.KDF = kdf
	return Seal(rand, h, bounds, new, keys[View], keys[Spend])
}

// Marshal encodes the envelope:
//
//	length 2 ‖ header ‖ commitment 32 ‖ view wrap 72 ‖ spend wrap 72 ‖ SHA-256 32
func (e *Envelope) Marshal() []byte {
	b := make([]byte, 0, maxEnvelope)
	b = binary.BigEndian.AppendUint16(b, uint16(len(e.raw)))
	b = append(b, e.raw...)
	b = append(b, e.commit[:]...)
	for w := range e.wraps {
		b = append(b, e.wraps[w][:]...)
	}
	return appendSum(b)
}

// Parse decodes an envelope. Errors wrap ErrCorrupt or ErrVersion.
func Parse(b []byte) (*Envelope, error) {
	if len(b) > maxEnvelope {
		return nil, fmt.Errorf("envelope: %w: %d bytes", ErrCorrupt, len(b))
	}
	body, err := checkSum(b)
	if err != nil {
		return nil, fmt.Errorf("envelope: %w", err)
	}
	if len(body) < 2 {
		return nil, fmt.Errorf("envelope: %w: cut short", ErrCorrupt)
	}
	n := int(binary.BigEndian.Uint16(body))
	body = body[2:]
	if n > len(body) {
		return nil, fmt.Errorf("envelope: %w: header of %d bytes", ErrCorrupt, n)
	}
	h, err := ParseHeader(body[:n])
	if err != nil {
		return nil, fmt.Errorf("envelope: %w", err)
	}
	e := &Envelope{header: *h, raw: append([]byte(nil), body[:n]...)}
	body = body[n:]
	if len(body) != sha256.Size+2*wrapSize {
		return nil, fmt.Errorf("envelope: %w: %d bytes after the header", ErrCorrupt, len(body))
	}
	copy(e.commit[:], body)
	copy(e.wraps[View][:], body[sha256.Size:])
	copy(e.wraps[Spend][:], body[sha256.Size+wrapSize:])
	return e, nil
}

func appendSum(b []byte) []byte {
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// checkSum returns what stands before the sum.
func checkSum(b []byte) ([]byte, error) {
	if len(b) < sha256.Size {
		return nil, fmt.Errorf("%w: cut short", ErrCorrupt)
	}
	body := b[:len(b)-sha256.Size]
	if sum := sha256.Sum256(body); subtle.ConstantTimeCompare(sum[:], b[len(body):]) != 1 {
		return nil, fmt.Errorf("%w: checksum", ErrCorrupt)
	}
	return body, nil
}
