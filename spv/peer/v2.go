package peer

import (
	"bufio"
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ellswift"
	"github.com/btcsuite/btcd/v2transport"
	wire "github.com/btcsuite/btcd/wire/v2"
)

// The encrypted transport (BIP324). The ciphers are package v2transport's. Its
// Peer is not used: it makes room for sixteen megabytes on three bytes of a
// stranger's, and reads a garbage byte with each call to the system.
const (
	v2KeySize     = 64 // an ElligatorSwift encoding
	terminatorLen = 16
	maxGarbage    = 4095

	packetLenSize  = 3
	packetOverhead = 1 + 16 // flags before, tag after
	decoyFlag      = 0x80
	// longTypeSize is how long a message's name is where it has no short one.
	longTypeSize = 1 + wire.CommandSize
)

// shortTypes are BIP324's one-byte names of messages. A name without use to us
// stays empty, as an unknown command.
var shortTypes = [...]command{
	1: commandOf(wire.CmdAddr), 2: commandOf(wire.CmdBlock), 5: commandOf(wire.CmdFeeFilter),
	6: commandOf(wire.CmdFilterAdd), 7: commandOf(wire.CmdFilterClear), 8: commandOf(wire.CmdFilterLoad),
	9: commandOf(wire.CmdGetBlocks), 11: commandOf(wire.CmdGetData), 12: commandOf(wire.CmdGetHeaders),
	13: commandOf(wire.CmdHeaders), 14: commandOf(wire.CmdInv), 15: commandOf(wire.CmdMemPool),
	16: commandOf(wire.CmdMerkleBlock), 17: commandOf(wire.CmdNotFound), 18: commandOf(wire.CmdPing),
	19: commandOf(wire.CmdPong), 21: commandOf(wire.CmdTx), 22: commandOf(wire.CmdGetCFilters),
	23: commandOf(wire.CmdCFilter), 24: commandOf(wire.CmdGetCFHeaders), 25: commandOf(wire.CmdCFHeaders),
	26: commandOf(wire.CmdGetCFCheckpt), 27: commandOf(wire.CmdCFCheckpt), 28: commandOf(wire.CmdAddrV2),
}

// splitType takes a packet's contents apart into the message's name and payload.
func splitType(b []byte) (name command, payload []byte, err error) {
	switch {
	case len(b) == 0:
		return name, nil, broken("a packet without a message")
	case b[0] != 0:
		if int(b[0]) < len(shortTypes) {
			name = shortTypes[b[0]]
		}
		return name, b[1:], nil
	case len(b) < longTypeSize:
		return name, nil, broken("a message's name of %d bytes", len(b)-1)
	}
	return command(b[1:longTypeSize]), b[longTypeSize:], nil
}

// v1Prefix is how a connection in plain text begins: the header of a version
// message.
func v1Prefix(net wire.BitcoinNet) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(net))
	return append(b, cmdVersion[:]...)
}

// channel is what two sides know once keys are exchanged.
type channel struct {
	seal               *sealer
	open               *opener
	sendTerm, recvTerm []byte
}

// newChannel derives everything from the secret shared by both sides.
func newChannel(secret []byte, initiating bool, net wire.BitcoinNet) (*channel, error) {
	salt := binary.LittleEndian.AppendUint32([]byte("bitcoin_v2_shared_secret"), uint32(net))
	prk, err := hkdf.Extract(sha256.New, secret, salt)
	if err != nil {
		return nil, err
	}
	expand := func(info string) []byte {
		key, e := hkdf.Expand(sha256.New, prk, info, 32)
		err = errors.Join(err, e)
		return key
	}
	ourL, ourP, theirL, theirP := expand("initiator_L"), expand("initiator_P"), expand("responder_L"), expand("responder_P")
	terms := expand("garbage_terminators")
	if err != nil {
		return nil, err
	}
	sendTerm, recvTerm := terms[:terminatorLen], terms[terminatorLen:]
	if !initiating {
		ourL, ourP, theirL, theirP = theirL, theirP, ourL, ourP
		sendTerm, recvTerm = recvTerm, sendTerm
	}
	sendLengths, err1 := v2transport.NewFSChaCha20(ourL)
	sendPackets, err2 := v2transport.NewFSChaCha20Poly1305(ourP)
	recvLengths, err3 := v2transport.NewFSChaCha20(theirL)
	recvPackets, err4 := v2transport.NewFSChaCha20Poly1305(theirP)
	return &channel{
		seal: &sealer{lengths: sendLengths, packets: sendPackets}, open: &opener{lengths: recvLengths, packets: recvPackets},
		sendTerm: sendTerm, recvTerm: recvTerm,
	}, errors.Join(err1, err2, err3, err4)
}

// sealer makes packets. Each must be sent, in order.
type sealer struct {
	lengths *v2transport.FSChaCha20
	packets *v2transport.FSChaCha20Poly1305
	aad     []byte // goes with the first packet
}

func (s *sealer) packet(contents []byte, decoy bool) ([]byte, error) {
	plain := make([]byte, 1+len(contents))
	if decoy {
		plain[0] = decoyFlag
	}
	copy(plain[1:], contents)
	var size [4]byte
	binary.LittleEndian.PutUint32(size[:], uint32(len(contents)))
	length, err := s.lengths.Crypt(size[:packetLenSize])
	if err != nil {
		return nil, err
	}
	sealed, err := s.packets.Encrypt(s.aad, plain)
	s.aad = nil
	return append(length, sealed...), err
}

// opener takes packets apart.
type opener struct {
	lengths *v2transport.FSChaCha20
	packets *v2transport.FSChaCha20Poly1305
	aad     []byte // goes with the first packet
}

// length reads the first packetLenSize bytes of a packet: how long its contents
// are.
func (o *opener) length(b []byte) (int, error) {
	plain, err := o.lengths.Crypt(b)
	if err != nil {
		return 0, err
	}
	return int(plain[0]) | int(plain[1])<<8 | int(plain[2])<<16, nil
}

// contents opens the rest, which must be packetOverhead longer than the contents,
// into memory of its own. What does not open proves nothing: whoever sits between
// us can have done it.
func (o *opener) contents(b []byte) (contents []byte, decoy bool, err error) {
	plain, err := o.packets.Decrypt(o.aad, b)
	o.aad = nil
	if err != nil {
		return nil, false, fmt.Errorf("open packet: %w", err)
	}
	return plain[1:], plain[0]&decoyFlag != 0, nil
}

var (
	// errNoV2 says that the other side does not speak BIP324.
	errNoV2         = errors.New("no answer to an encrypted greeting")
	errNoTerminator = errors.New("garbage without an end")
)

// keyExchange is one side of the exchange of keys.
type keyExchange struct {
	net     wire.BitcoinNet
	private *btcec.PrivateKey
	ours    [v2KeySize]byte
	garbage []byte // ours, after our key
}

func newKeyExchange(net wire.BitcoinNet) (*keyExchange, error) {
	private, ours, err := ellswift.EllswiftCreate()
	if err != nil {
		return nil, err
	}
	return &keyExchange{net: net, private: private, ours: ours, garbage: randomBytes(maxGarbage)}, nil
}

// randomBytes is up to most bytes, so that not even the length tells anything.
func randomBytes(most int) []byte {
	b := make([]byte, most+2)
	rand.Read(b) // ends the process rather than fail
	n := int(binary.LittleEndian.Uint16(b)) % (most + 1)
	return b[2 : 2+n]
}

// greeting is what we send first.
func (k *keyExchange) greeting() []byte { return append(bytes.Clone(k.ours[:]), k.garbage...) }

// meet makes the channel of the other side's key.
func (k *keyExchange) meet(theirs [v2KeySize]byte, initiating bool) (*channel, error) {
	secret, err := ellswift.V2Ecdh(k.private, theirs, k.ours, initiating)
	if err != nil {
		return nil, broken("key: %w", err)
	}
	ch, err := newChannel(secret[:], initiating, k.net)
	if err != nil {
		return nil, err
	}
	ch.seal.aad = k.garbage
	return ch, nil
}

// accepted is what we send when the channel is there: the end of our garbage, and
// an empty packet that names our version of the transport, the first.
func (ch *channel) accepted() ([]byte, error) {
	p, err := ch.seal.packet(nil, false)
	return append(bytes.Clone(ch.sendTerm), p...), err
}

// initiate begins the encrypted transport with a peer we have connected to. Who
// says nothing for a while is taken for one that does not speak it.
func (c *Conn) initiate() error {
	deadline := c.in.until
	k, err := newKeyExchange(c.cfg.Net)
	if err != nil {
		return err
	}
	// Some who do not speak it wait for the rest of what they take for a message.
	patience := time.Now().Add(c.cfg.HandshakeTimeout * 3 / 10)
	if patience.After(deadline) {
		patience = deadline
	}
	if err := c.sock.SetDeadline(patience); err != nil {
		return err
	}
	theirs, err := c.exchangeKeys(k)
	if err == nil {
		err = c.sock.SetDeadline(deadline)
	}
	if err != nil {
		if c.sock.in.Load() == 0 { // most who do not speak it hang up
			err = fmt.Errorf("%w: %w", errNoV2, err)
		}
		return err
	}
	if bytes.HasPrefix(theirs[:], v1Prefix(c.cfg.Net)) {
		return errNoV2
	}
	ch, err := k.meet(theirs, true)
	if err != nil {
		return err
	}
	b, err := ch.accepted()
	if err != nil {
		return err
	}
	if _, err := c.sock.Write(b); err != nil {
		return err
	}
	return c.enter(ch)
}

func (c *Conn) exchangeKeys(k *keyExchange) (theirs [v2KeySize]byte, err error) {
	if _, err := c.sock.Write(k.greeting()); err != nil {
		return theirs, err
	}
	_, err = io.ReadFull(c.in.in, theirs[:])
	return theirs, err
}

// respond begins the encrypted transport with a peer that has connected to us.
// Nothing is computed before its key has come.
func (c *Conn) respond() error {
	var theirs [v2KeySize]byte
	if _, err := io.ReadFull(c.in.in, theirs[:]); err != nil {
		return midway(err)
	}
	if bytes.Equal(theirs[4:16], cmdVersion[:]) {
		return broken("plain text of another network")
	}
	k, err := newKeyExchange(c.cfg.Net)
	if err != nil {
		return err
	}
	ch, err := k.meet(theirs, false)
	if err != nil {
		return err
	}
	b, err := ch.accepted()
	if err != nil {
		return err
	}
	if _, err := c.sock.Write(append(k.greeting(), b...)); err != nil {
		return err
	}
	return c.enter(ch)
}

// enter reads up to the other side's version of the transport, which means
// nothing yet. All that follows is packets.
func (c *Conn) enter(ch *channel) error {
	garbage, err := readGarbage(c.in.in, ch.recvTerm)
	if err != nil {
		return midway(err)
	}
	ch.open.aad = garbage
	c.in.open, c.seal = ch.open, ch.seal
	for range maxEarlyMessages {
		_, decoy, err := c.in.packet()
		if err != nil || !decoy {
			return err
		}
	}
	return flood("decoys")
}

// readGarbage reads up to the terminator and returns what came before it.
func readGarbage(in *bufio.Reader, terminator []byte) ([]byte, error) {
	b := make([]byte, 0, 512)
	for len(b) < maxGarbage+terminatorLen {
		next, err := in.ReadByte()
		if err != nil {
			return nil, err
		}
		b = append(b, next)
		if bytes.HasSuffix(b, terminator) {
			return b[:len(b)-terminatorLen], nil
		}
	}
	return nil, errNoTerminator
}
