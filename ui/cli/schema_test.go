package cli_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"thistle/app"
	"thistle/ui/cli"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestSchema holds what is promised to programs. A changed line here is a broken
// promise unless it only adds.
func TestSchema(t *testing.T) {
	t.Parallel()
	text := newRig(t).says("help", "json")
	const golden = "testdata/json.txt"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(text), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), text)
	for _, line := range strings.Split(text, "\n") {
		require.LessOrEqual(t, len([]rune(line)), 110, line)
	}
}

// TestSchemaNamesEveryCommand keeps commands from being added without words on
// what they print.
func TestSchemaNamesEveryCommand(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	text := r.says("help", "json")
	for _, name := range cli.CommandNames(r.deps) {
		if name != "help" && name != "json" {
			require.Regexp(t, `(?m)^`+name+`(:.*)?$`, text)
		}
	}
}

// TestExitCodes goes through all kinds of error: each has a code, and it is the
// documented one.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	want := map[string]int{
		"internal": 1, "in_use": 1, "exists": 1, "unknown_tx": 1, "unconfirmed": 1, "disk_full": 1,
		"permission": 1, "rejected": 1, "locked": 1, "changed": 1,
		"bad_amount": 2, "bad_address": 2, "bad_fee_rate": 2, "bad_words": 2, "bad_birthday": 2, "bad_name": 2,
		"bad_network": 2, "bad_peering": 2, "bad_txid": 2, "bad_proof": 2, "bad_password": 2, "bad_passphrase": 2, "dust": 2, "absurd_fee": 2,
		"no_wallet": 2, "bad_dice": 2, "bad_language": 2,
		"no_peers": 3, "timeout": 3, "unannounced": 3,
		"wrong_password": 4, "insufficient_funds": 5, "damaged": 6, "foreign": 6, "newer_version": 6,
	}
	seen := 0
	for k := app.Kind(0); k == 0 || k.String() != app.KindInternal.String(); k++ {
		code, ok := cli.ExitCode(k)
		require.True(t, ok, "%v has no exit code", k)
		require.Equal(t, want[k.String()], code, "%v", k)
		seen++
	}
	require.Equal(t, len(want), seen)
}
