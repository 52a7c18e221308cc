package peers

// Actions is what the screen asks for, on the window's goroutine; done is called
// there later. A problem is a sentence, empty if there is none.
type Actions struct {
	// Add names a peer to be connected to beside others, or as the only one.
	Add func(addr string, only bool, done func(problem string))
	// Forget takes that back.
	Forget func(addr string, done func(problem string))
	// Ban refuses an address and its neighbours for a day, Unban ends that.
	Ban   func(addr string, done func(problem string))
	Unban func(key string, done func(problem string))
}
