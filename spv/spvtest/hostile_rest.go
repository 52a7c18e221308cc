package spvtest

func news() []Hostile       { return nil }
func badHeaders() []Hostile { return nil }
func badFilters() []Hostile { return nil }
func badBlocks() []Hostile  { return nil }
