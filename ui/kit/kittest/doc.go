// Package kittest finds, presses and fills in widgets by their identifiers, as a
// person does by looking: only what is visible counts, only what lies on top can
// be pressed, and what a scroll hides is scrolled to first.
//
// It looks at the tree of what is shown, never at pixels, and everything happens
// on the test's own goroutine. Before each look the tree is laid out anew, as a
// window does before each frame.
//
// # Rules
//
//   - A test begins with App, which gives Fyne's test app the kit's theme, and
//     shows its screen with Window.
//   - Whatever is not found, found twice, covered, disabled or without size fails
//     the test at the line that asked.
//
// # How to test
//
// CGO_ENABLED=0 go test ./ui/kit/kittest.
package kittest
