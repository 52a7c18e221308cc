// Package kit holds what all screens are made of: one table of colours and
// sizes for the light and the dark theme, text roles, spacing, and the few
// widgets that Fyne lacks or that must look the same everywhere.
//
// # Rules
//
//   - A widget draws what it is told and reports what was done to it. It knows
//     no wallet, no peer and no unit of money: words come ready from present.
//   - Every widget that a person or a test acts on carries an identifier, found
//     again by walking the tree of what is shown; there is no registry.
//   - Colours come from the theme's names at every refresh, so that a change of
//     theme needs nothing but a refresh.
//   - Fyne's own widgets, themed, before hand-drawn ones.
//   - What is pressed shows the focus, takes Enter and Space, and says its name to
//     a screen reader; what is only a picture has a tool tip too.
//
// # How to test
//
// With Fyne's test driver, which needs neither display nor C compiler:
// CGO_ENABLED=0 go test ./ui/kit. With THISTLE_SHOTS=folder the gallery's
// pictures are kept there, to be looked at.
package kit
