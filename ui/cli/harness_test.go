package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"thistle/app"
	"thistle/app/config"
	"thistle/app/descriptor"
	"thistle/keystore/keystoretest"
	"thistle/spv/chain"
	"thistle/spv/sandbox"
	"thistle/ui/cli"

	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/stretchr/testify/require"
)

// rig is the command line in a folder of its own, with cheap keys.
type rig struct {
	t    *testing.T
	dir  string
	args []string // in front of every command
	deps cli.Deps
}

// outcome is what one run leaves.
type outcome struct {
	code        int
	out, errors string
}

// newRig works on regtest with only these peers and a password file.
func newRig(t *testing.T, connect ...string) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir()}
	r.args = []string{"--network", "regtest", "--datadir", filepath.Join(r.dir, "data"), "--no-dns",
		"--password-file", r.file("password", "correct horse\n")}
	for _, c := range connect {
		r.args = append(r.args, "--connect", c)
	}
	r.deps = cli.Deps{Version: "1.2.3", Networks: config.Networks(), DataDir: filepath.Join(r.dir, "elsewhere"), Env: testEnv, Stdin: strings.NewReader("")}
	return r
}

// testEnv is an environment with cheap keys.
func testEnv(place cli.Place) (*app.Env, error) {
	net, err := config.Params(place.Network)
	if err != nil {
		return nil, &app.Error{Op: "choose network", Kind: app.KindNetwork, Detail: place.Network, Err: err}
	}
	params, err := chain.ParamsFor(net, nil)
	if err != nil {
		return nil, err
	}
	return &app.Env{
		DataDir: place.DataDir, Network: place.Network, Params: params, Peering: place.Peering,
		Log: place.Log, Keys: keystoretest.CheapOptions(),
	}, nil
}

// nodes starts a network of linked nodes.
func nodes(t *testing.T, n int) sandbox.Cluster {
	t.Helper()
	c, err := sandbox.Network(t.Context(), n)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// file writes a file beside the data folder.
func (r *rig) file(name, text string) string {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	require.NoError(r.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func (r *rig) run(args ...string) outcome {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	var out, errors bytes.Buffer
	code := r.runTo(ctx, &out, &errors, args...)
	require.NoError(r.t, ctx.Err(), "%v took too long", args)
	require.NotContains(r.t, errors.String(), "goroutine")
	return outcome{code, out.String(), errors.String()}
}

func (r *rig) runTo(ctx context.Context, out, errors io.Writer, args ...string) int {
	deps := r.deps
	deps.Stdout, deps.Stderr = out, errors
	return cli.Run(ctx, deps, append(slices.Clone(r.args), args...))
}

// says runs a command for people, which must succeed, and returns what it prints.
func (r *rig) says(args ...string) string {
	r.t.Helper()
	o := r.run(args...)
	require.Zero(r.t, o.code, "%v: %s", args, o.errors)
	require.Empty(r.t, o.errors, "%v", args)
	require.False(r.t, json.Valid([]byte(o.out)), "people got JSON")
	require.NotContains(r.t, o.out, "\x1b", "colour without a terminal")
	return o.out
}

// gives runs a command with --json, which must succeed, and reads its result.
func gives[T any](r *rig, args ...string) T {
	r.t.Helper()
	o := r.run(append(args, "--json")...)
	require.Zero(r.t, o.code, "%v: %s", args, o.errors)
	require.Empty(r.t, o.errors, "%v", args)
	return value[T](r.t, o.out)
}

// value reads exactly one JSON value on one line, which must have all fields of T
// and no others.
func value[T any](t *testing.T, text string) T {
	t.Helper()
	require.Equal(t, 1, strings.Count(text, "\n"), "not one line: %q", text)
	var v T
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&v), text)
	_, err := d.Token()
	require.ErrorIs(t, err, io.EOF, "more than one value")
	var raw any
	require.NoError(t, json.Unmarshal([]byte(text), &raw))
	requireFields(t, reflect.TypeFor[T](), raw)
	return v
}

// requireFields compares names with those of the type: decoding would not notice
// one that is missing, or a null list.
func requireFields(t *testing.T, typ reflect.Type, v any) {
	t.Helper()
	switch typ.Kind() {
	case reflect.Slice:
		list, ok := v.([]any)
		require.True(t, ok, "%v is no list", v)
		for _, e := range list {
			requireFields(t, typ.Elem(), e)
		}
	case reflect.Struct:
		fields, ok := v.(map[string]any)
		require.True(t, ok, "%v is no object", v)
		var want []string
		for i := range typ.NumField() {
			name := typ.Field(i).Tag.Get("json")
			want = append(want, name)
			if k := typ.Field(i).Type.Kind(); k == reflect.Slice || k == reflect.Struct {
				requireFields(t, typ.Field(i).Type, fields[name])
			}
		}
		require.ElementsMatch(t, want, slices.Collect(maps.Keys(fields)))
	}
}

// fails runs a command for people and for programs; both must fail with this code
// and say the same. It returns the sentence.
func (r *rig) fails(code int, kind string, args ...string) string {
	r.t.Helper()
	o := r.run(args...)
	require.Equal(r.t, code, o.code, "%v: %s%s", args, o.out, o.errors)
	require.Empty(r.t, o.out)
	sentence := strings.TrimSuffix(o.errors, "\n")
	requireSentence(r.t, sentence)

	o = r.run(append([]string{"--json"}, args...)...)
	require.Equal(r.t, code, o.code, "%v", args)
	failure := value[cli.Failure](r.t, o.out)
	require.Equal(r.t, o.out, o.errors, "stdout and stderr differ")
	require.Equal(r.t, kind, failure.Error.Kind, failure.Error.Message)
	require.Equal(r.t, sentence, failure.Error.Message)
	return sentence
}

// requireSentence wants one plain sentence.
func requireSentence(t *testing.T, s string) {
	t.Helper()
	require.NotContains(t, s, "\n")
	require.Regexp(t, `^["A-Z].*[.:].*`, s)
	require.True(t, strings.HasSuffix(s, "."), s)
	require.False(t, strings.HasSuffix(s, ".."), s)
	require.NotContains(t, s, "%!")
}

// script is the output script of an address.
func script(t *testing.T, address string) []byte {
	t.Helper()
	s, err := descriptor.ParseAddress(address, &chaincfg.RegressionNetParams)
	require.NoError(t, err)
	return s
}

// faucet is the address of a node's own.
func faucet(t *testing.T, n *sandbox.Node) string {
	t.Helper()
	a, err := descriptor.AddressOf(n.FaucetScript(), &chaincfg.RegressionNetParams)
	require.NoError(t, err)
	return a
}

// watching runs watch in the background.
type watching struct {
	t    *testing.T
	stop context.CancelFunc
	line chan string
	// code is the exit code, once ended is closed.
	ended chan struct{}
	code  int
}

func (r *rig) watch(args ...string) *watching {
	r.t.Helper()
	return r.background(append(args, "watch")...)
}

// background runs a command that goes on until it is ended.
func (r *rig) background(args ...string) *watching {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	read, write := io.Pipe()
	w := &watching{t: r.t, stop: cancel, ended: make(chan struct{}), line: make(chan string, 1000)}
	go func() {
		var errors bytes.Buffer
		code := r.runTo(ctx, write, &errors, args...)
		_, _ = io.WriteString(write, errors.String())
		_ = write.Close()
		w.code = code
		close(w.ended)
	}()
	go func() {
		defer close(w.line)
		var rest []byte
		buf := make([]byte, 1<<16)
		for {
			n, err := read.Read(buf)
			rest = append(rest, buf[:n]...)
			for {
				i := bytes.IndexByte(rest, '\n')
				if i < 0 {
					break
				}
				w.line <- string(rest[:i+1])
				rest = rest[i+1:]
			}
			if err != nil {
				return
			}
		}
	}()
	r.t.Cleanup(func() { cancel(); <-w.ended })
	return w
}

// await skips lines until one contains all these texts.
func (w *watching) await(texts ...string) string {
	w.t.Helper()
	timeout := time.After(30 * time.Second)
	for {
		select {
		case line, ok := <-w.line:
			require.True(w.t, ok, "watch ended before %v", texts)
			if !slices.ContainsFunc(texts, func(s string) bool { return !strings.Contains(line, s) }) {
				return line
			}
		case <-timeout:
			require.Fail(w.t, "watch did not tell", "%v", texts)
		}
	}
}

// rest is all that watch says until it ends by itself.
func (w *watching) rest() string {
	w.t.Helper()
	var text strings.Builder
	timeout := time.After(30 * time.Second)
	for {
		select {
		case line, ok := <-w.line:
			if !ok {
				return text.String()
			}
			text.WriteString(line)
		case <-timeout:
			require.Fail(w.t, "watch does not end", "%s", text.String())
			return ""
		}
	}
}

// end interrupts watch and returns its exit code.
func (w *watching) end() int {
	w.t.Helper()
	w.stop()
	select {
	case <-w.ended:
	case <-time.After(10 * time.Second):
		require.Fail(w.t, "watch does not end")
	}
	return w.code
}

// txHash reads a txid.
func txHash(t *testing.T, text string) chainhash.Hash {
	t.Helper()
	h, err := chainhash.NewHashFromStr(text)
	require.NoError(t, err)
	return *h
}
