package keystore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/btcsuite/btcd/chaincfg/v2"

	"thistle/keystore/hd"
	"thistle/keystore/seal"
	"thistle/keystore/vault"
)

// The formats: which records a file has, and what is in them.
const (
	format1 = 1
	format2 = 2
)

const (
	accountRecord = "view/accounts" // format 1: BIP84's account 0
	seedRecord    = "spend/seed"    // format 1
	spendRecord   = "spend/source"

	prepared    = 20 // accounts of each type that a new keystore has
	maxAccounts = 50 // accounts of each type that a keystore can have
	maxScript   = 34
	entrySize   = hd.PublicSize - 4 // the parent is the same for all
	listHead    = 1 + 1 + 4 + 4 + 4 + 1 + 1 + maxScript
	// Records of accounts have one size, so that the file does not tell how many
	// there are of a type.
	listSize = 3312
)

// listRecord is the record of the accounts of a purpose.
func listRecord(purpose uint32) string { return accountRecord + "/" + strconv.Itoa(int(purpose)) }

// formatOf tells a file's format by its records, which must all be there.
func formatOf(c vault.Contents) (int, error) {
	format, names := format1, []string{accountRecord, seedRecord}
	if c.Record(spendRecord) != nil {
		format, names = format2, []string{spendRecord}
		for _, purpose := range hd.Purposes() {
			names = append(names, listRecord(purpose))
		}
	}
	for _, name := range names {
		if c.Record(name) == nil {
			return 0, fmt.Errorf("%w: %s is missing", ErrCorrupt, name)
		}
	}
	if len(c.Records) != len(names) {
		return 0, fmt.Errorf("%w: %d records of format %d", ErrCorrupt, len(c.Records), format)
	}
	return format, nil
}

// encodeList writes the accounts of one purpose, whose numbers follow each
// other; there may be none:
//
// source 1 ‖ purpose 1 ‖ fingerprint 4 ‖ parent's fingerprint 4 ‖ first number 4
// ‖ count 1 ‖ length of the first script 1 ‖ first script, padded to 34 ‖ for each
// account its chain code 32 ‖ public key 33, all padded to 3312.
func encodeList(source Source, fingerprint [4]byte, purpose uint32, list accounts) ([]byte, error) {
	if len(list) > maxAccounts {
		return nil, fmt.Errorf("%w: %d accounts", ErrNoAccount, len(list))
	}
	b := make([]byte, listSize)
	b[0], b[1], b[14] = byte(source), byte(purpose), byte(len(list))
	copy(b[2:], fingerprint[:])
	if len(list) == 0 {
		return b, nil
	}
	first, _, err := list[0].script(0, 0)
	if err != nil {
		return nil, err
	}
	binary.BigEndian.PutUint32(b[10:], list[0].number)
	b[15] = byte(copy(b[16:], first))
	at := b[listHead:]
	for _, a := range list {
		fields := a.xpub.AppendFields(nil)
		copy(b[6:], fields[:4])
		at = at[copy(at, fields[4:]):]
	}
	return b, nil
}

// decodeList reads what encodeList wrote, and derives the first script again: a
// wallet that would show wrong addresses must not open.
func decodeList(b []byte, purpose uint32, net *chaincfg.Params) (source Source, fingerprint [4]byte, list accounts, err error) {
	refuse := func(kind error, what string) (Source, [4]byte, accounts, error) {
		return 0, [4]byte{}, nil, fmt.Errorf("%w: accounts of purpose %d: %s", kind, purpose, what)
	}
	if len(b) != listSize || b[14] > maxAccounts || b[15] > maxScript {
		return refuse(ErrCorrupt, "sizes")
	}
	source = Source(b[0])
	if source < SourceWords || source > SourceAccountKey {
		return refuse(ErrVersion, "source")
	}
	copy(fingerprint[:], b[2:])
	parent, first := b[6:10], binary.BigEndian.Uint32(b[10:])
	if uint32(b[1]) != purpose || first != 0 && source != SourceAccountKey {
		return refuse(ErrTampered, "not the first of this purpose")
	}
	for i := range uint32(b[14]) {
		a := &account{fingerprint: fingerprint, purpose: purpose, number: first + i}
		path, err := hd.AccountPath(net, purpose, a.number)
		if err != nil {
			return refuse(ErrTampered, "number")
		}
		if source != SourceAccountKey {
			a.path = path
		}
		fields := append(slices.Clone(parent), b[listHead+i*entrySize:][:entrySize]...)
		if a.xpub, err = hd.ParseFields(fields, accountDepth, path[accountDepth-1], net); err != nil {
			return refuse(ErrTampered, "extended key")
		}
		list = append(list, a)
	}
	var script []byte
	if len(list) > 0 {
		if script, _, err = list[0].script(0, 0); err != nil {
			return refuse(ErrTampered, "first address")
		}
	}
	if !bytes.Equal(script, b[16:16+b[15]]) {
		return refuse(ErrTampered, "first address")
	}
	return source, fingerprint, list, nil
}

// openLists opens the records of all purposes.
func openLists(key []byte, h seal.Header, c vault.Contents, net *chaincfg.Params) (source Source, list accounts, err error) {
	var root [4]byte
	for i, purpose := range hd.Purposes() {
		name := listRecord(purpose)
		plain, err := seal.OpenRecord(key, place(h, name), c.Record(name))
		if err != nil {
			return 0, nil, err
		}
		s, fingerprint, more, err := decodeList(plain, purpose, net)
		clear(plain)
		if err != nil {
			return 0, nil, err
		}
		if i > 0 && (s != source || fingerprint != root) {
			return 0, nil, fmt.Errorf("%w: accounts of two wallets", ErrTampered)
		}
		source, root, list = s, fingerprint, append(list, more...)
	}
	if len(list) == 0 || source == SourceAccountKey && len(list) != 1 {
		return 0, nil, fmt.Errorf("%w: %d accounts", ErrTampered, len(list))
	}
	return source, list, nil
}

// sealAll seals what a keystore keeps, in the present format.
func sealAll(rand io.Reader, h seal.Header, view, spend []byte, list accounts, secrets *spendSecrets) ([]vault.Record, error) {
	value, err := sealChecked(rand, spend, place(h, spendRecord), secrets.raw())
	if err != nil {
		return nil, err
	}
	records := []vault.Record{{Name: spendRecord, Value: value}}
	for _, purpose := range hd.Purposes() {
		r, err := sealList(rand, h, view, secrets.source(), purpose, list)
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

// sealList seals those of the accounts that are of a purpose.
func sealList(rand io.Reader, h seal.Header, view []byte, source Source, purpose uint32, list accounts) (r vault.Record, err error) {
	plain, err := encodeList(source, list[0].fingerprint, purpose, list.of(purpose))
	if err != nil {
		return r, err
	}
	r.Name = listRecord(purpose)
	r.Value, err = sealChecked(rand, view, place(h, r.Name), plain)
	return r, err
}

// sealChecked opens what it sealed: this may be the only copy of a wallet.
func sealChecked(rand io.Reader, key []byte, at seal.Place, plain []byte) ([]byte, error) {
	value, err := seal.SealRecord(rand, key, at, plain)
	if err != nil {
		return nil, err
	}
	back, err := seal.OpenRecord(key, at, value)
	if err != nil {
		return nil, err
	}
	defer clear(back)
	if !bytes.Equal(back, plain) {
		return nil, fmt.Errorf("%w: sealed record reads back differently", ErrTampered)
	}
	return value, nil
}

// place binds a record to its wallet; its key is derived for its bucket.
func place(h seal.Header, name string) seal.Place {
	bucket, _, _ := strings.Cut(name, "/")
	return seal.Place{WalletID: h.WalletID, Bucket: bucket, Name: name}
}
