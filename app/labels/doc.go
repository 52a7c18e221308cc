// Package labels writes and reads the labels of a wallet in the format of
// BIP329: one JSON object in a line, for a transaction, an address, a public
// key, an input, an output or an extended public key.
//
//	{"type":"tx","ref":"f91d0a8a…","label":"Rent","origin":"wpkh([d34db33f/84h/0h/0h])"}
//
// [Write] makes such a file and [Read] takes one that came from elsewhere.
//
// Guarantees: reading is bounded in bytes, lines and the length of each; types
// and fields that are not known are passed over, as the BIP wants, and counted;
// a line that breaks the rules spoils itself only, and is told with its number
// and why, never with its content, which may be private. A reference of a
// known type has the form the BIP gives it. Labels lose the characters that
// could reorder or hide text, and what is longer than 255 characters is cut and
// counted. What was written is read back the same, and the same records give
// the same bytes.
//
// Not here: whether an address or key is of this network or of this wallet
// (package descriptor, the ledger), and where labels are kept.
//
// To test: go test ./app/labels, against the examples of BIP329; Read has a
// fuzz target.
package labels
