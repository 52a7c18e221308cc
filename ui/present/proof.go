package present

import (
	"encoding/hex"
	"strconv"
	"strings"

	"thistle/app"

	"github.com/btcsuite/btcd/chainhash/v2"
)

// Proof is the picture of how a payment is tied to its block: the header on top,
// the Merkle root that the header holds, and below it the levels of hashes down
// to the payment. All hashes are computed from the proof's own bytes.
type Proof struct {
	Header Node
	Work   string // what lies on top of the payment
	Root   Node
	Levels []Level // from the root down, as many as are worth drawing
	Links  string  // how many hashes there are in all
	Bytes  string  // the proof itself, hexadecimal
}

// Level is two hashes side by side; the one above them is made of both.
type Level struct {
	Left, Right Node
	LeftOut     int // levels above this one that are not drawn
}

// Node is a hash of the picture.
type Node struct {
	Caption string
	Hash    string // whole
	Short   string // as much as fits
	Path    bool   // it leads from the payment to the header
}

const (
	// headerSize is that of a block header, rootAt where its Merkle root begins.
	headerSize = 80
	rootAt     = 36
	// fullDepth is how many levels are drawn before the middle is left out.
	fullDepth = 3
)

// proofFor makes the picture, or says why there is none.
func proofFor(p *app.Payment, proof *app.ProofInfo) (picture *Proof, why string) {
	switch {
	case p.State == app.StatePending:
		return nil, "There is no proof before the first confirmation: only a block can hold one."
	case p.State != app.StateConfirmed:
		return nil, "There is no proof of a payment that is in no block."
	case proof == nil:
		return nil, "The proof of this payment is not kept."
	}
	nodes, ok := path(proof)
	if !ok || proof.TxID != p.TxID {
		return nil, "The proof that is kept does not fit this payment and its block."
	}
	depth := len(proof.Branch)
	picture = &Proof{
		Header: nodeOf("block header "+Height(proof.Height), proof.BlockHash, true),
		Work:   workOnTop(p), Root: nodeOf("Merkle root", nodes[depth], true),
		Links: links(depth), Bytes: hex.EncodeToString(proof.MerkleBlock),
	}
	if depth == 0 {
		picture.Root.Caption = "Merkle root, and this payment"
	}
	left := 0
	for height := depth - 1; height >= 0; height-- {
		if depth > fullDepth && height < depth-1 && height > 0 {
			left++
			continue
		}
		l := levelOf(proof, nodes, height)
		l.LeftOut, left = left, 0
		picture.Levels = append(picture.Levels, l)
	}
	return picture, ""
}

// path computes the hashes from the payment, first, up to the root, last, and
// says whether the block's header holds that root.
func path(proof *app.ProofInfo) (nodes []chainhash.Hash, ok bool) {
	node, at := proof.TxID, proof.Index
	nodes = []chainhash.Hash{node}
	for _, beside := range proof.Branch {
		left, right := node, beside
		if at&1 == 1 {
			left, right = beside, node
		}
		node = chainhash.DoubleHashH(append(append(make([]byte, 0, 2*chainhash.HashSize), left[:]...), right[:]...))
		nodes = append(nodes, node)
		at >>= 1
	}
	raw := proof.MerkleBlock
	if len(raw) < headerSize || at != 0 {
		return nodes, false
	}
	return nodes, chainhash.DoubleHashH(raw[:headerSize]) == proof.BlockHash && chainhash.Hash(raw[rootAt:rootAt+chainhash.HashSize]) == node
}

// levelOf is the node on the path at a height above the payment, beside its
// neighbour.
func levelOf(proof *app.ProofInfo, nodes []chainhash.Hash, height int) Level {
	caption := "hash"
	if height == 0 {
		caption = "this payment"
	}
	ours, other := nodeOf(caption, nodes[height], true), nodeOf("hash", proof.Branch[height], false)
	if proof.Index>>height&1 == 1 {
		return Level{Left: other, Right: ours}
	}
	return Level{Left: ours, Right: other}
}

func nodeOf(caption string, h chainhash.Hash, path bool) Node {
	text := h.String()
	return Node{Caption: caption, Hash: text, Short: Short(text), Path: path}
}

func links(depth int) string {
	switch depth {
	case 0:
		return "The payment is the only one in its block: its id is the Merkle root"
	case 1:
		return "1 hash links the payment to the block"
	}
	return strconv.Itoa(depth) + " hashes link the payment to the block"
}

// workOnTop says what it would take to make another chain in which the payment
// is not.
func workOnTop(p *app.Payment) string {
	text := Count(int(p.Confirmations), "block", "blocks") + " of work on top"
	if p.Work != "" {
		text += " · " + Magnitude(p.Work) + " hashes"
	}
	return text
}

// Magnitude is a whole number that may be very large: "12 345", "1.2 × 10²³".
func Magnitude(decimal string) string {
	decimal = strings.TrimLeft(decimal, "0")
	if len(decimal) <= 6 {
		return inGroups(orZero(decimal), true)
	}
	exponent := len(decimal) - 1
	lead, _ := strconv.Atoi(decimal[:2])
	if decimal[2] >= '5' {
		lead++
	}
	if lead == 100 {
		lead, exponent = 10, exponent+1
	}
	return strconv.Itoa(lead/10) + "." + strconv.Itoa(lead%10) + " × 10" + superscript.Replace(strconv.Itoa(exponent))
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

var superscript = strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹")
