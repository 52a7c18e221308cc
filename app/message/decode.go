package message

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/wire/v2"
)

var errFormat = errors.New("malformed")

// reader takes a serialisation apart. It copies nothing before it has seen that
// the bytes are there: wire's decoder makes room for what a count promises.
type reader struct {
	b   []byte
	err error
}

func (r *reader) take(n uint64) []byte {
	if r.err != nil || n > uint64(len(r.b)) {
		r.err = errFormat
		return nil
	}
	out := r.b[:n:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// size reads a length in its shortest form, the only one there is.
func (r *reader) size() uint64 {
	first := r.take(1)
	if first == nil {
		return 0
	}
	width := map[byte]uint64{0xfd: 2, 0xfe: 4, 0xff: 8}[first[0]]
	if width == 0 {
		return uint64(first[0])
	}
	var full [8]byte
	copy(full[:], r.take(width))
	n := binary.LittleEndian.Uint64(full[:])
	if r.err == nil && wire.VarIntSerializeSize(n) != int(width)+1 {
		r.err = errFormat
	}
	return n
}

func (r *reader) bytes() []byte { return r.take(r.size()) }

// count reads how many things follow, of at least so many bytes each.
func (r *reader) count(least uint64) int {
	n := r.size()
	if n > uint64(len(r.b))/least {
		r.err = errFormat
	}
	if r.err != nil {
		return 0
	}
	return int(n)
}

// end tells whether everything was read, and well.
func (r *reader) end() error {
	if r.err == nil && len(r.b) > 0 {
		r.err = errFormat
	}
	return r.err
}

func (r *reader) witness() wire.TxWitness {
	w := make(wire.TxWitness, r.count(1))
	for i := range w {
		w[i] = r.bytes()
	}
	return w
}

func decodeWitness(b []byte) (wire.TxWitness, error) {
	r := &reader{b: b}
	w := r.witness()
	return w, r.end()
}

// decodeTx reads a transaction that has exactly these bytes.
func decodeTx(b []byte) (*wire.MsgTx, error) {
	r := &reader{b: b}
	tx := &wire.MsgTx{Version: int32(r.uint32())}
	segwit := len(r.b) > 1 && r.b[0] == 0 && r.b[1] == 1
	if segwit {
		r.take(2)
	}
	for range r.count(41) {
		in := &wire.TxIn{}
		copy(in.PreviousOutPoint.Hash[:], r.take(32))
		in.PreviousOutPoint.Index = r.uint32()
		in.SignatureScript = r.bytes()
		in.Sequence = r.uint32()
		tx.TxIn = append(tx.TxIn, in)
	}
	for range r.count(9) {
		out, err := r.output()
		if err != nil {
			return nil, err
		}
		tx.TxOut = append(tx.TxOut, &out)
	}
	if segwit {
		for _, in := range tx.TxIn {
			in.Witness = r.witness()
		}
	}
	tx.LockTime = r.uint32()
	if err := r.end(); err != nil {
		return nil, fmt.Errorf("transaction: %w", err)
	}
	var again bytes.Buffer
	if err := tx.Serialize(&again); err != nil || !bytes.Equal(again.Bytes(), b) {
		return nil, fmt.Errorf("transaction: %w", errFormat)
	}
	return tx, nil
}

func (r *reader) output() (wire.TxOut, error) {
	value := r.take(8)
	out := wire.TxOut{PkScript: r.bytes()}
	if r.err != nil {
		return out, r.err
	}
	out.Value = int64(binary.LittleEndian.Uint64(value))
	if out.Value < 0 || out.Value > maxMoney {
		return out, fmt.Errorf("amount: %w", errFormat)
	}
	return out, nil
}

const maxMoney = 21e6 * 1e8

// The parts of a finished PSBT that a proof of funds needs (BIP174).
const (
	psbtMagic          = "psbt\xff"
	psbtUnsignedTx     = 0x00
	psbtNonWitnessUTXO = 0x00
	psbtWitnessUTXO    = 0x01
	psbtFinalScript    = 0x07
	psbtFinalWitness   = 0x08
)

// psbtMap reads one map of a PSBT: the values of the keys without key data.
func (r *reader) psbtMap() map[byte][]byte {
	out := map[byte][]byte{}
	seen := map[string]bool{}
	for r.err == nil {
		key := r.bytes()
		if len(key) == 0 {
			return out
		}
		if seen[string(key)] {
			r.err = errFormat
		}
		seen[string(key)] = true
		value := r.bytes()
		if len(key) == 1 {
			out[key[0]] = value
		}
	}
	return out
}

// decodeProof reads the finished PSBT of a proof of funds: the transaction as
// signed, and the outputs its inputs spend but for the first, which is known.
func decodeProof(b []byte) (tx *wire.MsgTx, prevouts []wire.TxOut, err error) {
	r := &reader{b: b}
	if string(r.take(uint64(len(psbtMagic)))) != psbtMagic {
		return nil, nil, fmt.Errorf("PSBT: %w", errFormat)
	}
	if tx, err = decodeTx(r.psbtMap()[psbtUnsignedTx]); err != nil {
		return nil, nil, err
	}
	maps := make([]map[byte][]byte, len(tx.TxIn))
	whole := map[chainhash.Hash]*wire.MsgTx{}
	for i, in := range tx.TxIn {
		if len(in.SignatureScript) > 0 || len(in.Witness) > 0 {
			return nil, nil, fmt.Errorf("PSBT: %w", errFormat)
		}
		maps[i] = r.psbtMap()
		in.SignatureScript = maps[i][psbtFinalScript]
		if w, ok := maps[i][psbtFinalWitness]; ok {
			if in.Witness, err = decodeWitness(w); err != nil {
				return nil, nil, err
			}
		}
		if raw, ok := maps[i][psbtNonWitnessUTXO]; ok {
			prev, err := decodeTx(raw)
			if err != nil {
				return nil, nil, err
			}
			whole[prev.TxHash()] = prev
		}
	}
	for range tx.TxOut {
		r.psbtMap()
	}
	prevouts = make([]wire.TxOut, len(tx.TxIn))
	for i := 1; i < len(prevouts); i++ {
		if prevouts[i], err = psbtPrevOut(maps[i], whole, tx.TxIn[i].PreviousOutPoint); err != nil {
			return nil, nil, err
		}
	}
	return tx, prevouts, r.end()
}

// psbtPrevOut finds the output an input spends: in a transaction that stands
// with any input, as provers do not repeat it, or by itself.
func psbtPrevOut(m map[byte][]byte, whole map[chainhash.Hash]*wire.MsgTx, at wire.OutPoint) (wire.TxOut, error) {
	if prev, ok := whole[at.Hash]; ok {
		if uint64(at.Index) >= uint64(len(prev.TxOut)) {
			return wire.TxOut{}, fmt.Errorf("PSBT: no such output: %w", errFormat)
		}
		return *prev.TxOut[at.Index], nil
	}
	raw, ok := m[psbtWitnessUTXO]
	if !ok || m[psbtNonWitnessUTXO] != nil {
		return wire.TxOut{}, fmt.Errorf("PSBT: no output: %w", errFormat)
	}
	r := &reader{b: raw}
	out, err := r.output()
	if err != nil {
		return out, err
	}
	return out, r.end()
}
