package peers

// Actions is what the screen asks for: nothing yet.
type Actions struct{}
