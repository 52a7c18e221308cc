package sandbox

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"sync"

	"github.com/btcsuite/btcd/wire/v2"
)

// Everything stands for all commands in Mute and Unmute.
const Everything = "*"

// muteSet is the set of commands a node does not hear.
type muteSet struct {
	mu  sync.Mutex
	set map[string]bool
}

func (m *muteSet) has(command string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.set[command] || m.set[Everything]
}

// Mute makes the node deaf to commands (wire names such as "getdata", "ping",
// "version", or Everything) from all peers, present and to come: messages are
// read and dropped, nothing is answered, and the connection stays.
func (n *Node) Mute(commands ...string) {
	n.muted.mu.Lock()
	defer n.muted.mu.Unlock()
	if n.muted.set == nil {
		n.muted.set = map[string]bool{}
	}
	for _, c := range commands {
		n.muted.set[c] = true
	}
}

// Unmute takes Mute back for the given commands, or for all if none is given.
// What was dropped stays unanswered.
func (n *Node) Unmute(commands ...string) {
	n.muted.mu.Lock()
	defer n.muted.mu.Unlock()
	if len(commands) == 0 {
		clear(n.muted.set)
	}
	for _, c := range commands {
		delete(n.muted.set, c)
	}
}

// sieve is a connection from which muted messages have been taken out.
type sieve struct {
	net.Conn
	muted *muteSet
	head  []byte // of the message being passed on, still to be read
	left  int64  // bytes of its payload, still to be read
}

const commandOffset, lengthOffset = 4, 16

func (s *sieve) Read(b []byte) (int, error) {
	for len(s.head) == 0 && s.left == 0 {
		head := make([]byte, wire.MessageHeaderSize)
		if _, err := io.ReadFull(s.Conn, head); err != nil {
			return 0, err
		}
		command := bytes.TrimRight(head[commandOffset:lengthOffset], "\x00")
		length := int64(binary.LittleEndian.Uint32(head[lengthOffset:]))
		if !s.muted.has(string(command)) {
			s.head, s.left = head, length
			break
		}
		if _, err := io.CopyN(io.Discard, s.Conn, length); err != nil {
			return 0, err
		}
	}
	if len(s.head) > 0 {
		k := copy(b, s.head)
		s.head = s.head[k:]
		return k, nil
	}
	if int64(len(b)) > s.left {
		b = b[:s.left]
	}
	k, err := s.Conn.Read(b)
	s.left -= int64(k)
	return k, err
}
