// Package config knows the networks and where on this computer their data
// lies.
//
//	<data folder>/<network>/chain.db, filters/      the public chain
//	<data folder>/<network>/peers.db                addresses of other peers
//	<data folder>/<network>/wallets/<name>/         keystore.db and wallet.db
//	<data folder>/<network>/lock                    held by the running program
//	<data folder>/<network>/socket                  where the daemon is asked
//	<data folder>/settings.json                     how the window is liked
//
// Networks never share a folder, so that coins of one cannot be taken for coins
// of another.
package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/adrg/xdg"
	"github.com/btcsuite/btcd/chaincfg/v2"
)

// ErrNetwork says that a name stands for no network.
var ErrNetwork = errors.New("unknown network")

// ErrName says that a wallet cannot be called so.
var ErrName = errors.New("unsuitable wallet name")

// DefaultWallet is the name of a wallet that was given none.
const DefaultWallet = "default"

// maxName is how long a wallet's name may be, in bytes.
const maxName = 64

// networks in the order in which they are offered.
var networks = []struct {
	name   string
	params *chaincfg.Params
}{
	{"mainnet", &chaincfg.MainNetParams},
	{"testnet4", &chaincfg.TestNet4Params},
	{"signet", &chaincfg.SigNetParams},
	{"regtest", &chaincfg.RegressionNetParams},
}

// Networks lists the names of all networks.
func Networks() []string {
	names := make([]string, len(networks))
	for i, n := range networks {
		names[i] = n.name
	}
	return names
}

// Params returns the parameters of a network, ErrNetwork if there is none of
// that name.
func Params(name string) (*chaincfg.Params, error) {
	for _, n := range networks {
		if n.name == name {
			return n.params, nil
		}
	}
	return nil, fmt.Errorf("%q: %w", name, ErrNetwork)
}

// DataDir is the data folder used when none is given.
func DataDir() string { return filepath.Join(xdg.DataHome, "thistle") }

// Folder is where the files of one network are.
type Folder struct{ Dir string }

// NetworkFolder is a network's folder in a data folder.
func NetworkFolder(dataDir, network string) Folder {
	return Folder{Dir: filepath.Join(dataDir, network)}
}

// Lock is the file that the running program holds.
func (f Folder) Lock() string { return filepath.Join(f.Dir, "lock") }

// KnowsPeers tells whether addresses of peers are remembered in the folder.
func (f Folder) KnowsPeers() bool {
	_, err := os.Stat(filepath.Join(f.Dir, "peers.db"))
	return err == nil
}

// Socket is where the running program takes calls, if it is the daemon.
func (f Folder) Socket() string { return filepath.Join(f.Dir, "socket") }

// Wallets is the folder of all wallets.
func (f Folder) Wallets() string { return filepath.Join(f.Dir, "wallets") }

// Wallet is the folder of one wallet. The name must have passed CheckName.
func (f Folder) Wallet(name string) string { return filepath.Join(f.Wallets(), name) }

// Keystore is the file of a wallet's keys.
func (f Folder) Keystore(name string) string { return filepath.Join(f.Wallet(name), "keystore.db") }

// WalletDB is the file of a wallet's history.
func (f Folder) WalletDB(name string) string { return filepath.Join(f.Wallet(name), "wallet.db") }

// CheckName refuses names that could lead out of the folder or that some
// systems cannot store.
func CheckName(name string) error {
	bad := name == "" || len(name) > maxName || !utf8.ValidString(name) ||
		strings.HasPrefix(name, ".") || strings.HasPrefix(name, "-") ||
		strings.TrimSpace(name) != name || strings.HasSuffix(name, ".") ||
		strings.ContainsFunc(name, func(r rune) bool {
			return r < ' ' || r == 0x7f || strings.ContainsRune(`/\:*?"<>|`, r)
		})
	if bad {
		return fmt.Errorf("%q: %w", name, ErrName)
	}
	return nil
}
