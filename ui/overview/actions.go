package overview

import "thistle/ui/present"

// Actions is what the overview asks for, on the window's goroutine.
type Actions struct {
	Send, Receive, History func()             // go there
	Open                   func(txid string)  // show a payment in the history
	Hide                   func(bool)         // show amounts as dots, or not
	Span                   func(present.Span) // how much time the chart shows
	BackUp                 func()             // check the recovery words
}
