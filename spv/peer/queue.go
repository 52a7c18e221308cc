package peer

import "sync"

const (
	// maxQueued is how many messages may wait to be written to one peer.
	maxQueued = 1024
	// maxQueuedBytes is how many bytes of them. Ten of the largest transactions
	// fit.
	maxQueuedBytes = 4 << 20
)

// patientBytes is how many bytes may wait for a message to be sent patiently:
// what else is to be said soon must find room.
const patientBytes = maxQueuedBytes / 8

// queue holds encoded frames until they are written. A frame counts until the
// socket has taken it.
type queue struct {
	ready chan struct{} // holds a token while frames wait
	less  chan struct{} // holds a token when frames have been written

	mu     sync.Mutex
	frames [][]byte
	bytes  int
}

func newQueue() *queue {
	return &queue{ready: make(chan struct{}, 1), less: make(chan struct{}, 1)}
}

// low tells whether there is room for what can wait.
func (q *queue) low() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes <= patientBytes && len(q.frames) <= maxQueued/8
}

// put appends a frame, or tells that the queue is full.
func (q *queue) put(b []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.frames) >= maxQueued || q.bytes+len(b) > maxQueuedBytes {
		return false
	}
	q.frames = append(q.frames, b)
	q.bytes += len(b)
	select {
	case q.ready <- struct{}{}:
	default:
	}
	return true
}

// first returns the oldest frame, nil if there is none.
func (q *queue) first() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.frames) == 0 {
		return nil
	}
	return q.frames[0]
}

// drop takes the oldest frame out.
func (q *queue) drop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= len(q.frames[0])
	q.frames[0] = nil
	q.frames = q.frames[1:]
	select {
	case q.less <- struct{}{}:
	default:
	}
}
