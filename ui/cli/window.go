package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"thistle/app"

	"github.com/spf13/cobra"
)

// demoFolder is where the window's practice network lives, below the data folder.
const demoFolder = "demo"

// opensWindow says that a person sits before a screen that a window fits on.
func (p *program) opensWindow() bool {
	return p.deps.Window != nil && p.deps.Display && !p.flags.json
}

// rootAlone is the program without a command.
func (p *program) rootAlone(cmd *cobra.Command, _ []string) error {
	if !p.opensWindow() {
		return cmd.Help()
	}
	if err := p.windowFlags(cmd); err != nil {
		return err
	}
	place, err := p.place()
	if err != nil {
		return err
	}
	if !slices.Contains(p.deps.Networks, place.Network) {
		return &app.Error{Op: "choose network", Kind: app.KindNetwork, Detail: place.Network}
	}
	return p.deps.Window(cmd.Context(), WindowParams{Place: place, Over: p.overPeering})
}

// demoWindow opens the window on the practice network: the one in the data
// folder, or a new one that nobody will miss.
func (p *program) demoWindow(cmd *cobra.Command, fresh bool) (err error) {
	if err := p.windowFlags(cmd); err != nil {
		return err
	}
	place, err := p.place()
	if err != nil {
		return err
	}
	place.DataDir = filepath.Join(place.DataDir, demoFolder)
	if fresh {
		place.DataDir, err = os.MkdirTemp("", "thistle-demo-")
		if err != nil {
			return fmt.Errorf("make a temporary folder: %w", err)
		}
		defer func() {
			if rerr := os.RemoveAll(place.DataDir); err == nil && rerr != nil {
				err = fmt.Errorf("remove the temporary folder: %w", rerr)
			}
		}()
	}
	place.Network, place.Peering = "regtest", app.Peering{NoDNS: true}
	return p.deps.Window(cmd.Context(), WindowParams{Place: place, Demo: true})
}

// windowFlags refuses what the window would not heed.
func (p *program) windowFlags(cmd *cobra.Command) error {
	for _, name := range []string{"wallet", "password-file"} {
		if cmd.Flags().Changed(name) {
			return usage("The window asks for this itself; --%s is for commands.", name)
		}
	}
	for _, name := range []string{"filter-limit", "full-blocks", "audit"} {
		if cmd.Flags().Changed(name) {
			return usage("The window has a setting for this; --%s is for commands.", name)
		}
	}
	return nil
}
