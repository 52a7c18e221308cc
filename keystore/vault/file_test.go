package vault_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"thistle/keystore/keystoretest"
	"thistle/keystore/seal"
	"thistle/keystore/vault"
)

const wait = 30 * time.Millisecond

// contents are a valid envelope and n records, different for each seed.
func contents(t testing.TB, seed uint64, n int) (c vault.Contents) {
	t.Helper()
	dice := keystoretest.NewDice(seed)
	key := make([]byte, seal.KeySize)
	h := seal.Header{Network: "regtest", KDF: keystoretest.CheapKDF}
	env, err := seal.Seal(dice, h, keystoretest.CheapOptions().Bounds, []byte("password"), key, key)
	require.NoError(t, err)
	c.Envelope = env.Marshal()
	for i := range n {
		value, err := seal.SealRecord(dice, key, seal.Place{}, make([]byte, 100+dice.Intn(1000)))
		require.NoError(t, err)
		c.Records = append(c.Records, vault.Record{Name: fmt.Sprintf("r/%02d", i), Value: value})
	}
	return c
}

func create(t testing.TB, c vault.Contents) (f *vault.File, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "wallet", "keystore.db")
	f, err := vault.Create(path, c, wait)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f, path
}

// names of what is in a folder.
func names(t testing.TB, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestCreateOpen(t *testing.T) {
	t.Parallel()
	c := contents(t, 1, 2)
	f, path := create(t, c)
	require.Equal(t, c, f.Contents())
	require.Equal(t, c.Records[1].Value, c.Record("r/01"))
	require.Nil(t, c.Record("r/02"))
	require.NoError(t, f.Check())
	require.NoError(t, f.Close())
	require.NoError(t, f.Close())
	require.ErrorIs(t, f.Check(), vault.ErrClosed)
	require.ErrorIs(t, f.Replace(c), vault.ErrClosed)

	again, err := vault.Open(path, wait)
	require.NoError(t, err)
	defer again.Close()
	require.Equal(t, c, again.Contents())
	require.Equal(t, []string{"keystore.db", "keystore.db.lock"}, names(t, filepath.Dir(path)))
}

func TestModes(t *testing.T) {
	t.Parallel()
	f, path := create(t, contents(t, 1, 1))
	require.NoError(t, f.Close())
	mode := func(p string) fs.FileMode {
		info, err := os.Lstat(p)
		require.NoError(t, err)
		return info.Mode().Perm()
	}
	require.Equal(t, fs.FileMode(0o600), mode(path))
	require.Equal(t, fs.FileMode(0o600), mode(path+".lock"))
	require.Equal(t, fs.FileMode(0o700), mode(filepath.Dir(path)))
	require.NoError(t, os.Chmod(path, 0o644))
	f, err := vault.Open(path, wait)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.Equal(t, fs.FileMode(0o600), mode(path), "a looser mode is put right")
}

// Whatever is at the path stays there.
func TestCreateNeverOverwrites(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(path string) error{
		"file":     func(p string) error { return os.WriteFile(p, []byte("precious"), 0o600) },
		"empty":    func(p string) error { return os.WriteFile(p, nil, 0o600) },
		"folder":   func(p string) error { return os.Mkdir(p, 0o700) },
		"dangling": func(p string) error { return os.Symlink("/nowhere", p) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "keystore.db")
			require.NoError(t, make(path))
			before, err := os.Lstat(path)
			require.NoError(t, err)
			_, err = vault.Create(path, contents(t, 1, 1), wait)
			require.ErrorIs(t, err, vault.ErrExists)
			after, err := os.Lstat(path)
			require.NoError(t, err)
			require.True(t, os.SameFile(before, after))
			require.Equal(t, before.Size(), after.Size())
			require.Equal(t, []string{"keystore.db", "keystore.db.lock"}, names(t, filepath.Dir(path)))
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := vault.Open(filepath.Join(dir, "none.db"), wait)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.Empty(t, names(t, dir), "looking for a vault leaves nothing behind")

	_, path := create(t, contents(t, 1, 1))
	link := filepath.Join(dir, "link.db")
	require.NoError(t, os.Symlink(path, link))
	_, err = vault.Open(link, wait)
	require.Error(t, err, "a symbolic link is not followed")

	for name, b := range map[string][]byte{
		"empty": nil, "text": []byte("hello"), "zeroes": make([]byte, 128<<10), "short": make([]byte, 16<<10), "large": make([]byte, 5<<20),
	} {
		p := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(p, b, 0o600))
		_, err := vault.Open(p, wait)
		require.ErrorIs(t, err, vault.ErrCorrupt, name)
		after, err := os.ReadFile(p)
		require.NoError(t, err)
		require.True(t, bytes.Equal(b, after), "%s: opening writes nothing", name)
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	_, err = vault.Open(filepath.Join(dir, "folder"), wait)
	require.Error(t, err)
}

// A database of somebody else, or of a later version, is told apart from a
// damaged vault as far as it can be.
func TestForeignDatabases(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, c := range map[string]struct {
		fill func(tx *bolt.Tx) error
		want error
	}{
		"no buckets": {func(*bolt.Tx) error { return nil }, vault.ErrCorrupt},
		"newer": {func(tx *bolt.Tx) error {
			b, err := tx.CreateBucket([]byte("vault"))
			return errors.Join(err, b.Put([]byte("padding"), make([]byte, 5000)), b.Put([]byte("schema"), vault.SchemaValue(3)))
		}, vault.ErrVersion},
		"inline": {func(tx *bolt.Tx) error {
			b, err := tx.CreateBucket([]byte("vault"))
			return errors.Join(err, b.Put([]byte("schema"), vault.SchemaValue(1)))
		}, vault.ErrCorrupt},
		"large tree": {func(tx *bolt.Tx) error {
			b, err := tx.CreateBucket([]byte("vault"))
			for i := 0; err == nil && i < 2000; i++ {
				err = b.Put(fmt.Appendf(nil, "%08d", i), make([]byte, 100))
			}
			return err
		}, vault.ErrCorrupt},
	} {
		path := filepath.Join(dir, name)
		db, err := bolt.Open(path, 0o600, &bolt.Options{PageSize: 16 << 10})
		require.NoError(t, err)
		require.NoError(t, db.Update(c.fill))
		require.NoError(t, db.Close())
		_, err = vault.Open(path, wait)
		require.ErrorIs(t, err, c.want, name)
	}
}

func TestInUse(t *testing.T) {
	t.Parallel()
	c := contents(t, 1, 1)
	f, path := create(t, c)
	_, err := vault.Open(path, wait)
	require.ErrorIs(t, err, vault.ErrInUse)
	_, err = vault.Create(path, c, wait)
	require.ErrorIs(t, err, vault.ErrInUse)
	require.NoError(t, f.Replace(contents(t, 2, 1)))
	_, err = vault.Open(path, wait)
	require.ErrorIs(t, err, vault.ErrInUse, "the lock outlives the file it protects")
	require.NoError(t, f.Close())
	f, err = vault.Open(path, wait)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

// Of many that create the same vault at once one succeeds, and what it wrote
// is what stays.
func TestCreateRace(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keystore.db")
	var mu sync.Mutex
	var won []vault.Contents
	var all sync.WaitGroup
	for i := range 8 {
		c := contents(t, uint64(i), 1)
		all.Go(func() {
			f, err := vault.Create(path, c, 10*time.Second)
			if err != nil {
				require.ErrorIs(t, err, vault.ErrExists)
				return
			}
			mu.Lock()
			won = append(won, c)
			mu.Unlock()
			require.NoError(t, f.Close())
		})
	}
	all.Wait()
	require.Len(t, won, 1)
	f, err := vault.Open(path, wait)
	require.NoError(t, err)
	require.Equal(t, won[0], f.Contents())
	require.NoError(t, f.Close())
}

// Replacing leaves nothing of the old values in the file.
func TestReplace(t *testing.T) {
	t.Parallel()
	old, renewed := contents(t, 1, 2), contents(t, 2, 1)
	f, path := create(t, old)
	require.NoError(t, f.Replace(renewed))
	require.Equal(t, renewed, f.Contents())
	require.NoError(t, f.Check())
	require.NoError(t, f.Close())
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Contains(b, renewed.Envelope))
	for _, gone := range [][]byte{old.Envelope[200:], old.Records[0].Value[:40], old.Records[1].Value[:40]} {
		require.False(t, bytes.Contains(b, gone))
	}
	f, err = vault.Open(path, wait)
	require.NoError(t, err)
	require.Equal(t, renewed, f.Contents())
	require.NoError(t, f.Close())
}

func TestCheckFindsChanges(t *testing.T) {
	t.Parallel()
	f, path := create(t, contents(t, 1, 1))
	_, other := create(t, contents(t, 2, 1))
	b, err := os.ReadFile(other)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, b, 0o600))
	require.ErrorIs(t, f.Check(), vault.ErrCorrupt)
	require.NoError(t, os.Remove(path))
	require.ErrorIs(t, f.Check(), fs.ErrNotExist)
}

func TestRefusesDamagedContents(t *testing.T) {
	t.Parallel()
	good := contents(t, 1, 2)
	f, path := create(t, good)
	flipped := contents(t, 1, 2)
	flipped.Records[0].Value[30] ^= 1
	unsorted := contents(t, 1, 2)
	unsorted.Records[0], unsorted.Records[1] = unsorted.Records[1], unsorted.Records[0]
	unnamed := contents(t, 1, 1)
	unnamed.Records[0].Name = ""
	for _, bad := range []vault.Contents{{}, flipped, unsorted, unnamed} {
		require.ErrorIs(t, f.Replace(bad), vault.ErrCorrupt)
		_, err := vault.Create(path+".2", bad, wait)
		require.ErrorIs(t, err, vault.ErrCorrupt)
	}
	huge := contents(t, 1, 30)
	require.ErrorIs(t, f.Replace(huge), vault.ErrTooLarge)
	require.NoError(t, f.Check())
}

// As much as is allowed fits into one page, in few records or many.
func TestFull(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 40, 500, seal.MaxRecord} {
		c := contents(t, 1, 0)
		for i := 0; ; i++ {
			value, err := seal.SealRecord(keystoretest.NewDice(1), make([]byte, 32), seal.Place{}, make([]byte, size))
			require.NoError(t, err)
			next := c
			next.Records = append(c.Records[:i:i], vault.Record{Name: fmt.Sprintf("%03d", i), Value: value})
			f, err := vault.Create(filepath.Join(t.TempDir(), "v"), next, wait)
			if errors.Is(err, vault.ErrTooLarge) {
				require.Greater(t, i, 1)
				break
			}
			require.NoError(t, err)
			require.NoError(t, f.Close())
			c = next
		}
	}
}

// The former file stays beside the new one, and nothing that is there is
// overwritten, but for what a crash left of the same.
func TestReplaceKeeping(t *testing.T) {
	t.Parallel()
	old, renewed := contents(t, 1, 2), contents(t, 2, 1)
	f, path := create(t, old)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path+".taken", []byte("precious"), 0o600))
	require.ErrorIs(t, f.ReplaceKeeping(renewed, ".taken"), vault.ErrExists)
	require.Equal(t, old, f.Contents())
	require.NoError(t, f.Check())

	require.NoError(t, os.Link(path, path+".kept"), "a crash before the switch")
	require.NoError(t, f.ReplaceKeeping(renewed, ".kept"))
	require.Equal(t, renewed, f.Contents())
	require.NoError(t, f.Check())
	for name, want := range map[string][]byte{".kept": before, ".taken": []byte("precious")} {
		after, err := os.ReadFile(path + name)
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, after), name)
	}
	require.NoError(t, f.Close())
	require.ErrorIs(t, f.ReplaceKeeping(old, ".x"), vault.ErrClosed)
	kept, err := vault.Open(path+".kept", wait)
	require.NoError(t, err)
	require.Equal(t, old, kept.Contents())
	require.NoError(t, kept.Close())
	require.NoError(t, os.Remove(path+".kept.lock"))
	require.Equal(t, []string{"keystore.db", "keystore.db.kept", "keystore.db.lock", "keystore.db.taken"}, names(t, filepath.Dir(path)))
}

// Where there are no links, a copy does.
func TestCopyFile(t *testing.T) {
	t.Parallel()
	f, path := create(t, contents(t, 1, 1))
	require.NoError(t, vault.CopyFile(path, path+".copy"))
	require.ErrorIs(t, vault.CopyFile(path, path+".copy"), vault.ErrExists)
	require.NoError(t, f.Close())
	copied, err := vault.Open(path+".copy", wait)
	require.NoError(t, err)
	require.Equal(t, contents(t, 1, 1), copied.Contents())
	require.NoError(t, copied.Close())
}

// What a crash between any two steps leaves behind is the old state or the new
// one, and rubbish that the next write sweeps up.
func TestCrashLeftovers(t *testing.T) {
	t.Parallel()
	old := contents(t, 1, 1)
	f, path := create(t, old)
	dir := filepath.Dir(path)
	require.NoError(t, os.WriteFile(path+".new-0123", []byte("half"), 0o600)) // before the rename
	require.NoError(t, os.Link(path, path+".new-4567"))                       // after the link
	require.NoError(t, os.WriteFile(path+".new", []byte("not ours"), 0o600))
	require.NoError(t, f.Close())
	f, err := vault.Open(path, wait)
	require.NoError(t, err)
	require.Equal(t, old, f.Contents())
	require.NoError(t, f.Replace(contents(t, 2, 1)))
	require.NoError(t, f.Close())
	require.Equal(t, []string{"keystore.db", "keystore.db.lock", "keystore.db.new"}, names(t, dir))
}

// A folder that cannot be written to: an error, and nothing lost.
func TestReadOnlyFolder(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("root writes everywhere")
	}
	old := contents(t, 1, 1)
	f, path := create(t, old)
	require.NoError(t, os.Chmod(filepath.Dir(path), 0o500))
	defer os.Chmod(filepath.Dir(path), 0o700)
	require.ErrorIs(t, f.Replace(contents(t, 2, 1)), fs.ErrPermission)
	require.NoError(t, f.Check())
	require.Equal(t, old, f.Contents())
}

func TestOddPaths(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a*b?[c]", "späce and ünicode", strings.Repeat("x", 200), `back\slash`} {
		path := filepath.Join(t.TempDir(), name, "keystore.db")
		f, err := vault.Create(path, contents(t, 1, 1), wait)
		require.NoError(t, err)
		require.NoError(t, f.Replace(contents(t, 2, 1)))
		require.NoError(t, f.Close())
	}
}
