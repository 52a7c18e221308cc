// Package ui opens the program's window and keeps it until it is closed. What
// the window shows is in package shell below it; here is only what ties it to
// the desktop: the toolkit's application, its name and icon, the display, and
// an orderly end when the system asks for one.
//
// # Two builds
//
// run.go is the only file of the program that imports the toolkit's driver, and
// with it OpenGL and a C compiler. With the tag nogui its place is taken by
// run_nogui.go: Built is false, Run says what to do instead, and the program
// links nothing of the toolkit. Options is therefore declared here, without it.
//
// # Guarantees
//
//   - Run returns after the window is closed and everything behind it has ended,
//     or a bound is passed; never by a crash because there is no display.
//   - The end of ctx closes the window as a person would.
//   - The toolkit's own preferences hold nothing of ours: settings are kept by
//     package app in the data folder.
//
// # How to test
//
// The window itself by `make test` under Xvfb; all that it shows, without a
// display, in ui/shell.
package ui
