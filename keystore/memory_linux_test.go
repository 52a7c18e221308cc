package keystore_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcutil/v2/hdkeychain"
	"github.com/btcsuite/btcd/psbt/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/hkdf"

	"thistle/keystore"
	"thistle/keystore/keystoretest"
	"thistle/keystore/mnemonic"
	"thistle/keystore/seal"
)

// childEnv makes this test binary play the program whose memory is searched.
const childEnv = "THISTLE_KEYSTORE_CHILD"

// TestMemory searches the whole writable memory of another process, which has
// unlocked a wallet, signed, prepared an account and shown its words, for what can
// spend. Nothing is to be found while it idles, unlocked or locked.
//
// It looks for the first 16 bytes of each secret, as they are and reversed,
// which is how btcec's scalars lie in memory, and of what stands for a secret:
// HMAC's keys as it keeps them, the nonces of the signatures. It does not find
// what is scattered otherwise.
func TestMemory(t *testing.T) {
	if path := os.Getenv(childEnv); path != "" {
		child(t, path)
		return
	}
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keystore.db")
	entropy, err := keystore.NewEntropy(24)
	require.NoError(t, err)
	words, err := keystore.WordsFromEntropy(entropy, keystore.English)
	require.NoError(t, err)
	params := keystoretest.Params(t, regtest, string(words))
	params.Options = keystoretest.RealOptions()
	k, err := keystore.Create(path, params)
	require.NoError(t, err)
	view := keystore.ViewKey(k)
	spend, err := keystore.SpendKey(k, password)
	require.NoError(t, err)
	require.NoError(t, k.Close())
	s := keystoretest.NewSigner(t, regtest, string(words))
	p := packet(t, s, coin{0, 0, 50_000}, coin{1, 1, 60_000})
	require.NoError(t, os.WriteFile(path+".psbt", serialize(t, p), 0o600))
	secrets := spendingSecrets(t, entropy, words)
	secrets["spend key"] = spend
	sub, err := seal.Subkey(spend, "keystore/v1/spend")
	require.NoError(t, err)
	secrets["key of the spend record"] = sub[:]
	secrets["key from the password"] = passwordKey(t, path)
	addHMAC(secrets, "spend key extracted", hkdf.Extract(sha256.New, spend, make([]byte, sha256.Size)))
	addNonces(t, secrets, s, p)

	cmd := exec.Command(os.Args[0], "-test.run=^TestMemory$")
	cmd.Env = append(os.Environ(), childEnv+"="+path)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	defer cmd.Wait()
	defer in.Close()
	lines := bufio.NewScanner(out)
	next := func(want string) {
		_, err := fmt.Fprintln(in, "go on")
		require.NoError(t, err)
		require.True(t, lines.Scan(), "the child has ended")
		require.Equal(t, want, lines.Text())
	}

	next("showing")
	shown := search(t, cmd.Process.Pid, map[string][]byte{"words": words, "view key": view})
	require.NotZero(t, shown["words"], "the search does not find what is there")
	require.NotZero(t, shown["view key"])
	require.Len(t, secrets, 38, "forms of secrets to look for")
	next("idle")
	require.Empty(t, search(t, cmd.Process.Pid, secrets), "unlocked and idle")
	secrets["view key"] = view
	next("locked")
	require.Empty(t, search(t, cmd.Process.Pid, secrets), "locked")
}

// child does what its parent says, one line at a time.
func child(t *testing.T, path string) {
	in := bufio.NewScanner(os.Stdin)
	step := func(name string) {
		require.True(t, in.Scan())
		fmt.Println(name)
	}
	k, err := keystore.Open(path, regtest, keystoretest.RealOptions())
	require.NoError(t, err)
	require.NoError(t, k.Unlock(password))
	b, err := os.ReadFile(path + ".psbt")
	require.NoError(t, err)
	p, err := psbt.NewFromRawBytes(bytes.NewReader(b), false)
	require.NoError(t, err)
	require.NoError(t, k.SignPSBT(password, p))
	require.NoError(t, k.PrepareAccounts(password, 86, 20))
	_, wipe, err := k.Words(password)
	require.NoError(t, err)
	step("showing")
	require.True(t, in.Scan())
	wipe()
	fmt.Println("idle")
	require.True(t, in.Scan())
	k.Lock()
	fmt.Println("locked")
	in.Scan() // until the parent is done
}

// spendingSecrets are the bytes from any of which a coin of the wallet can be
// spent.
func spendingSecrets(t *testing.T, entropy, words []byte) map[string][]byte {
	t.Helper()
	seed, err := mnemonic.Seed(words, nil)
	require.NoError(t, err)
	secrets := map[string][]byte{"entropy": entropy, "words": words, "seed": seed}
	hashed := sha512.Sum512(words) // HMAC's key, as words are longer than a block
	addHMAC(secrets, "words hashed", hashed[:])
	key, err := hdkeychain.NewMaster(seed, regtest)
	require.NoError(t, err)
	addKey := func(name string, key *hdkeychain.ExtendedKey) {
		private, err := key.ECPrivKey()
		require.NoError(t, err)
		add(secrets, name, private.Serialize())
	}
	addKey("master key", key)
	descend := func(key *hdkeychain.ExtendedKey, path [3]uint32, of string) *hdkeychain.ExtendedKey {
		for i, name := range []string{"purpose key", "coin key", "account key"} {
			key, err = key.Derive(path[i] + hdkeychain.HardenedKeyStart)
			require.NoError(t, err)
			addKey(name+of, key)
		}
		return key
	}
	descend(key, [3]uint32{86, 1, 20}, " prepared")
	key = descend(key, [3]uint32{84, 1, 0}, "")
	for _, path := range [][2]uint32{{0, 0}, {1, 1}} {
		chain, err := key.Derive(path[0])
		require.NoError(t, err)
		addKey(fmt.Sprint("chain ", path[0]), chain)
		leaf, err := chain.Derive(path[1])
		require.NoError(t, err)
		addKey(fmt.Sprint("key ", path), leaf)
	}
	return secrets
}

// addHMAC adds a key as it is and as HMAC keeps it.
func addHMAC(secrets map[string][]byte, name string, key []byte) {
	for mask, form := range map[byte]string{0: "", 0x36: ", inner", 0x5c: ", outer"} {
		b := slices.Clone(key)
		for i := range b {
			b[i] ^= mask
		}
		secrets[name+form] = b
	}
}

// addNonces adds the nonces of the packet's signatures: with one and its
// signature, the private key can be computed.
func addNonces(t *testing.T, secrets map[string][]byte, s *keystoretest.Signer, p *psbt.Packet) {
	t.Helper()
	prevOuts := txscript.NewMultiPrevOutFetcher(nil)
	for i, in := range p.UnsignedTx.TxIn {
		prevOuts.AddPrevOut(in.PreviousOutPoint, p.Inputs[i].WitnessUtxo)
	}
	hashes := txscript.NewTxSigHashes(p.UnsignedTx, prevOuts)
	for i, in := range p.Inputs {
		out := in.WitnessUtxo
		sum, err := txscript.CalcWitnessSigHash(out.PkScript, hashes, txscript.SigHashAll, p.UnsignedTx, i, out.Value)
		require.NoError(t, err)
		path := in.Bip32Derivation[0].Bip32Path[3:]
		private := secrets[fmt.Sprint("key ", [2]uint32{path[0], path[1]})]
		require.Len(t, private, 32)
		nonce := btcec.NonceRFC6979(private, sum, nil, nil, 0).Bytes()
		add(secrets, fmt.Sprint("nonce ", i), nonce[:])
	}
}

// add adds a number as it is and reversed, which is how btcec's scalars lie in
// memory.
func add(secrets map[string][]byte, name string, number []byte) {
	secrets[name] = number
	secrets[name+", reversed"] = slices.Clone(number)
	slices.Reverse(secrets[name+", reversed"])
}

// passwordKey derives what wraps the spend key.
func passwordKey(t *testing.T, path string) []byte {
	t.Helper()
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	at := bytes.Index(file, []byte("thistle\x00"))
	require.Positive(t, at)
	h, err := seal.ParseHeader(file[at : at+int(file[at-2])<<8+int(file[at-1])])
	require.NoError(t, err)
	return argon2.IDKey(password, h.Salt[:], h.KDF.Time, h.KDF.MemoryKiB, h.KDF.Threads, 32)
}

// search counts how often each needle's first 16 bytes occur in the writable
// memory of a process. Those in registers that the scheduler has stored are told
// apart and logged: it does that when it likes, most often when the machine is
// busy, and nothing in Go reaches them.
func search(t *testing.T, pid int, needles map[string][]byte) map[string]int {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	require.NoError(t, err)
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if os.IsPermission(err) {
		t.Skip("this system does not let a parent read its child's memory")
	}
	require.NoError(t, err)
	defer mem.Close()
	found, total := map[string]int{}, 0
	for _, line := range strings.Split(string(maps), "\n") {
		var from, to int64
		var mode string
		if n, _ := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); n != 3 || !strings.HasPrefix(mode, "rw") {
			continue
		}
		const chunk, overlap = 1 << 20, 64
		buf := make([]byte, chunk+overlap)
		for at := from; at < to; at += chunk {
			n, _ := mem.ReadAt(buf[:min(chunk+overlap, to-at)], at)
			total += n
			for name, needle := range needles {
				whole, stored := count(buf[:n], chunk, needle[:16])
				found[name] += whole
				if stored > 0 {
					t.Logf("in stored vector registers: half of %s, %d times", name, stored)
				}
			}
		}
	}
	require.Greater(t, total, 1<<20, "hardly anything was searched")
	for name, n := range found {
		if n == 0 {
			delete(found, name)
		}
	}
	return found
}

// count counts a half, 16 bytes, among the first so many bytes of b. A vector
// register through which bytes were copied is stored with zeroes behind its 16,
// unlike anything else that begins with the half.
func count(b []byte, first int, half []byte) (whole, stored int) {
	zeroes := make([]byte, 16)
	for at := 0; ; at++ {
		i := bytes.Index(b[at:], half)
		if at += i; i < 0 || at >= first {
			return whole, stored
		}
		if behind := b[at+16:]; len(behind) >= 16 && bytes.Equal(behind[:16], zeroes) {
			stored++
		} else {
			whole++
		}
	}
}
