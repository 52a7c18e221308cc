package assets

import _ "embed"

//go:embed icon/thistle.svg
var appIcon []byte

// AppIcon is the program's icon, an SVG in its own colours.
func AppIcon() []byte { return appIcon }
