package hd

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/btcsuite/btcd/chaincfg/v2"
)

// Hardened is added to an index for hardened derivation.
const Hardened uint32 = 1 << 31

// The purposes of accounts, each with scripts of its kind (Script).
const (
	PurposeBIP44 uint32 = 44
	PurposeBIP49 uint32 = 49
	PurposeBIP84 uint32 = 84
	PurposeBIP86 uint32 = 86
)

// Purposes lists them, ascending.
func Purposes() []uint32 {
	return []uint32{PurposeBIP44, PurposeBIP49, PurposeBIP84, PurposeBIP86}
}

// Path is a list of child indices, hardened ones with Hardened added.
type Path []uint32

// String writes a path as in m/84'/0'/0'.
func (p Path) String() string {
	var b strings.Builder
	b.WriteByte('m')
	for _, i := range p {
		b.WriteByte('/')
		b.WriteString(strconv.FormatUint(uint64(i&^Hardened), 10))
		if i&Hardened != 0 {
			b.WriteByte('\'')
		}
	}
	return b.String()
}

// CoinType is BIP44's second level: 0 on mainnet and 1 on the test networks
// known here (testnet4, signet, regtest). Other networks are an error.
func CoinType(net *chaincfg.Params) (uint32, error) {
	if net == nil {
		return 0, fmt.Errorf("%w: none", ErrNetwork)
	}
	switch net.Name {
	case chaincfg.MainNetParams.Name:
		return 0, nil
	case chaincfg.TestNet4Params.Name, chaincfg.SigNetParams.Name, chaincfg.RegressionNetParams.Name:
		return 1, nil
	}
	return 0, fmt.Errorf("%w: %q", ErrNetwork, net.Name)
}

// AccountPath is m/purpose'/coin'/account' (BIP44).
func AccountPath(net *chaincfg.Params, purpose, account uint32) (Path, error) {
	coin, err := CoinType(net)
	if err != nil {
		return nil, err
	}
	if purpose >= Hardened || account >= Hardened {
		return nil, fmt.Errorf("%w: purpose %d, account %d", ErrPath, purpose, account)
	}
	return Path{purpose | Hardened, coin | Hardened, account | Hardened}, nil
}
