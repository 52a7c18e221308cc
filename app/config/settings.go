package config

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"
)

// ErrSettings says that the file of settings cannot be read.
var ErrSettings = errors.New("settings cannot be read")

// Settings is how a person likes the window. Nothing in it is secret.
type Settings struct {
	Theme     string        // "system", "light" or "dark"
	Unit      string        // "BTC", "mBTC", "bits" or "sat"
	LockAfter time.Duration // without a touch; 0 never
	Hide      bool          // show amounts as dots
	Wallet    string        // last opened, empty if none was
	Data      Data
	Peering   Peering // on the network that was asked for
}

// Data is how much of the chain is fetched and kept. The zero value is the usual.
type Data struct {
	// FilterLimit is how many bytes of filters to keep on disk, no limit if 0.
	FilterLimit int64
	// FullBlocks is how many blocks may be read whole when no peer serves
	// filters: the usual number if 0, none if negative.
	FullBlocks int32
	// Audit fetches and checks, in the background, also headers that nothing
	// needs, down to the first.
	Audit bool
}

// MaxFullBlocks is about two years of blocks.
const MaxFullBlocks = 100_000

// DefaultSettings are those of somebody who has chosen nothing.
func DefaultSettings() Settings {
	return Settings{Theme: "system", Unit: "BTC", LockAfter: 10 * time.Minute}
}

const (
	settingsVersion = 1
	maxSettings     = 64 << 10
	// maxLockAfter bounds what counts as a time rather than a mistake.
	maxLockAfter = 7 * 24 * time.Hour
	// maxFilters is more than any disk holds.
	maxFilters = 1 << 60
)

// settingsFile is the form on disk. Absent fields mean the default.
type settingsFile struct {
	Version   int    `json:"version"`
	Theme     string `json:"theme"`
	Unit      string `json:"unit"`
	LockAfter *int64 `json:"lock_after_seconds"`
	Hide      bool   `json:"hide"`
	Wallet    string `json:"wallet"`
	Data      struct {
		FilterLimit int64 `json:"filter_limit_bytes"`
		FullBlocks  int64 `json:"full_blocks"` // 0: the usual, -1: none
		Audit       bool  `json:"audit"`
	} `json:"network_data"`
	Peering  peeringFile          `json:"peering"`
	Networks map[string]nodesFile `json:"networks,omitempty"`
}

// peeringFile is what holds on all networks: who hides on one of them hides on
// all.
type peeringFile struct {
	Proxy     string `json:"proxy,omitempty"`
	OnionOnly bool   `json:"onion_only,omitempty"`
	NoDNS     bool   `json:"no_dns,omitempty"`
	LowData   bool   `json:"low_data,omitempty"`
	NoV2      bool   `json:"no_v2,omitempty"`
	Unknown   bool   `json:"unknown,omitempty"`
}

// nodesFile is about the peers of one network, which are none on another.
type nodesFile struct {
	Connect   []string `json:"connect,omitempty"`
	Preferred []string `json:"prefer,omitempty"`
	Listen    string   `json:"listen,omitempty"`
	Bloom     string   `json:"bloom,omitempty"`
}

// peering is taken as it is, be it wrong: without what it asks for somebody
// could be seen who wants to hide. Check tells.
func (f *settingsFile) peering(network string) Peering {
	p, n := f.Peering, f.Networks[network]
	return Peering{
		Connect: n.Connect, Preferred: n.Preferred, NoDNS: p.NoDNS, Proxy: p.Proxy, OnionOnly: p.OnionOnly,
		Listen: n.Listen, LowData: p.LowData, NoV2: p.NoV2, Bloom: n.Bloom, Unknown: p.Unknown,
	}
}

// setPeering keeps the peers of other networks.
func (f *settingsFile) setPeering(network string, p Peering, others map[string]nodesFile) {
	f.Peering = peeringFile{Proxy: p.Proxy, OnionOnly: p.OnionOnly, NoDNS: p.NoDNS, LowData: p.LowData, NoV2: p.NoV2, Unknown: p.Unknown}
	f.Networks = maps.Clone(others)
	if f.Networks == nil {
		f.Networks = make(map[string]nodesFile)
	}
	f.Networks[network] = nodesFile{Connect: p.Connect, Preferred: p.Preferred, Listen: p.Listen, Bloom: p.Bloom}
	maps.DeleteFunc(f.Networks, func(_ string, n nodesFile) bool {
		return len(n.Connect)+len(n.Preferred) == 0 && n.Listen == "" && n.Bloom == ""
	})
}

// SettingsFile is where the settings of a data folder are.
func SettingsFile(dataDir string) string { return filepath.Join(dataDir, "settings.json") }

// LoadSettings reads the settings of a data folder, as they are for a network.
// What is missing or makes no sense is as in DefaultSettings, but for Peering,
// whose Check tells; and so is all if there is no file. An error, which wraps
// ErrSettings, may be shown; the settings can be used all the same, though with an
// unknown Peering.
func LoadSettings(dataDir, network string) (Settings, error) {
	file, err := readSettings(SettingsFile(dataDir))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return DefaultSettings(), nil
	case err != nil:
		s := DefaultSettings()
		s.Peering.Unknown = true
		return s, fmt.Errorf("%w: %w", ErrSettings, err)
	}
	s := file.settings()
	s.Peering = file.peering(network)
	return s, nil
}

func readSettings(path string) (file settingsFile, err error) {
	raw, err := readSmall(path)
	if err != nil {
		return file, err
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return file, err
	}
	if file.Version > settingsVersion {
		return file, fmt.Errorf("version %d is newer than this program", file.Version)
	}
	return file, nil
}

func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, lerr := os.Lstat(path); lerr == nil {
			err = errors.New("the file that it links to is missing") // and is not known to say nothing
		}
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, maxSettings+1))
	if err == nil && len(raw) > maxSettings {
		err = errors.New("the file is too large")
	}
	return raw, err
}

// settings takes over what makes sense.
func (f *settingsFile) settings() Settings {
	s := DefaultSettings()
	s.Hide = f.Hide
	if slices.Contains([]string{"system", "light", "dark"}, f.Theme) {
		s.Theme = f.Theme
	}
	if slices.Contains([]string{"BTC", "mBTC", "bits", "sat"}, f.Unit) {
		s.Unit = f.Unit
	}
	if n := f.LockAfter; n != nil && *n >= 0 && *n <= int64(maxLockAfter/time.Second) {
		s.LockAfter = time.Duration(*n) * time.Second
	}
	if CheckName(f.Wallet) == nil {
		s.Wallet = f.Wallet
	}
	s.Data.Audit = f.Data.Audit
	if n := f.Data.FilterLimit; n > 0 && n <= maxFilters {
		s.Data.FilterLimit = n
	}
	if n := f.Data.FullBlocks; n >= -1 && n <= MaxFullBlocks {
		s.Data.FullBlocks = int32(n)
	}
	return s
}

// lockPatience is how long saving waits for other programs that save.
const lockPatience = 5 * time.Second

// SaveSettings writes what of the settings of a data folder has changed from was
// to now, those about peers for a network: what other programs have changed since
// was stays as it is. Where the file cannot be read all is written. A crash leaves
// the old file or the new one, never a part.
func SaveSettings(dataDir, network string, was, now Settings) error {
	if err := saveSettings(dataDir, network, was, now); err != nil {
		return fmt.Errorf("save settings: %w", err)
	}
	return nil
}

func saveSettings(dataDir, network string, was, now Settings) error {
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return err
	}
	release, err := lockSettings(dataDir)
	if err != nil {
		return err
	}
	defer release()
	old, err := readSettings(SettingsFile(dataDir))
	if err == nil { // else there is nothing to be kept
		to := old.settings()
		to.Peering = old.peering(network)
		to.takeOver(was, now)
		now = to
	}
	seconds := int64(now.LockAfter / time.Second)
	file := settingsFile{
		Version: settingsVersion, Theme: now.Theme, Unit: now.Unit, LockAfter: &seconds, Hide: now.Hide, Wallet: now.Wallet,
	}
	file.Data.FilterLimit, file.Data.FullBlocks, file.Data.Audit = now.Data.FilterLimit, int64(max(now.Data.FullBlocks, -1)), now.Data.Audit
	file.setPeering(network, now.Peering, old.Networks)
	raw, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(SettingsFile(dataDir), append(raw, '\n'))
}

// lockSettings lets one program after the other write. The file itself cannot be
// locked, since another one takes its place.
func lockSettings(dataDir string) (release func(), err error) {
	ctx, cancel := context.WithTimeout(context.Background(), lockPatience)
	defer cancel()
	file := flock.New(filepath.Join(dataDir, "settings.lock"), flock.SetPermissions(0o600))
	if _, err := file.TryLockContext(ctx, 5*time.Millisecond); err != nil {
		return nil, err
	}
	return func() { _ = file.Unlock() }, nil
}

// takeOver changes what differs between was and now.
func (s *Settings) takeOver(was, now Settings) {
	takeOver(&s.Theme, was.Theme, now.Theme)
	takeOver(&s.Unit, was.Unit, now.Unit)
	takeOver(&s.LockAfter, was.LockAfter, now.LockAfter)
	takeOver(&s.Hide, was.Hide, now.Hide)
	takeOver(&s.Wallet, was.Wallet, now.Wallet)
	takeOver(&s.Data.FilterLimit, was.Data.FilterLimit, now.Data.FilterLimit)
	takeOver(&s.Data.FullBlocks, was.Data.FullBlocks, now.Data.FullBlocks)
	takeOver(&s.Data.Audit, was.Data.Audit, now.Data.Audit)
	s.Peering.takeOver(was.Peering, now.Peering)
}

func takeOver[T comparable](to *T, was, now T) {
	if was != now {
		*to = now
	}
}

// replaceFile puts a new file, readable by its owner only, in the place of an
// old one.
func replaceFile(path string, content []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".settings-*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(content); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
