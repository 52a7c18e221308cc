package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (p *program) daemonUnit() *cobra.Command {
	return &cobra.Command{
		Use: "unit", Short: "Print a systemd user unit that runs the daemon", Args: arguments(),
		Long: `Prints a unit for systemd that runs the daemon with the flags of this command. To
have it always on:
  thistle daemon unit > ~/.config/systemd/user/thistle.service
  systemctl --user enable --now thistle
  loginctl enable-linger         (to keep it on while you are logged out)`,
		RunE: p.onlyHere(func(cmd *cobra.Command, _ []string) error {
			text, err := p.unit(cmd)
			if err != nil {
				return err
			}
			return p.show(DaemonUnit{Unit: text}, func(g *page) { g.WriteString(text) })
		}),
	}
}

// unit is the text of a unit that runs the daemon as this command would.
func (p *program) unit(cmd *cobra.Command) (string, error) {
	place, err := p.place()
	if err != nil {
		return "", err
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	dir, err := filepath.Abs(place.DataDir)
	if err != nil {
		return "", fmt.Errorf("find the data folder: %w", err)
	}
	words := []string{self, "--network=" + place.Network, "--datadir=" + dir}
	err = cmd.Flags().ParseAll(p.args, func(f *pflag.Flag, value string) error {
		if slices.Contains([]string{"network", "datadir", "json", "help"}, f.Name) {
			return nil
		}
		if strings.HasSuffix(f.Name, "-file") {
			var err error
			if value, err = filepath.Abs(value); err != nil {
				return err
			}
		}
		words = append(words, "--"+f.Name+"="+value)
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("repeat the flags: %w", err)
	}
	for i, w := range words {
		words[i] = unitWord(w)
	}
	return fmt.Sprintf(unitText, place.Network, strings.Join(append(words, "daemon"), " ")), nil
}

// unitWord writes a word so that systemd reads it as it is.
func unitWord(w string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `%`, `%%`, `$`, `$$`, "\n", `\n`).Replace(w) + `"`
}

// unitText gives the daemon nothing it does not need: no new rights, no dumps of
// its memory, no sockets but those of the network and of its folder.
const unitText = `[Unit]
Description=Thistle, a Bitcoin wallet that is its own peer (%s)
Documentation=man:systemd.service(5)

[Service]
Type=exec
ExecStart=%s
Restart=on-failure
RestartSec=10
TimeoutStopSec=30
UMask=0077
LimitCORE=0
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native

[Install]
WantedBy=default.target
`
