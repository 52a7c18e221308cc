//go:build nogui

package ui

import "context"

// Built says whether the program has a window.
const Built = false

// Display tells whether there is a screen to open it on.
func Display() bool { return false }

// Run says what to use instead.
func Run(context.Context, Options) error {
	return refusal(`this program was built without one; "thistle help" lists what it can do`)
}
