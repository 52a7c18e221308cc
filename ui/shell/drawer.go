package shell

import "reflect"

// drawer draws a state whenever it is another than the last one drawn.
func drawer[S any](of func(view) S, draw func(S)) func(view) {
	var last S
	drawn := false
	return func(v view) {
		state := of(v)
		if drawn && reflect.DeepEqual(state, last) {
			return
		}
		last, drawn = state, true
		draw(state)
	}
}
