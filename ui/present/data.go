package present

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"thistle/app"
)

// Size is a number of bytes as disks are sold: "5 GB", "1.5 GB", "700 MB".
func Size(bytes int64) string {
	unit, value := "MB", float64(bytes)/1e6
	if bytes >= 1e9 {
		unit, value = "GB", float64(bytes)/1e9
	}
	return strconv.FormatFloat(math.Round(value*10)/10, 'f', -1, 64) + " " + unit
}

var errSize = errors.New("no size")

// ParseSize reads a size in MB, GB or TB; "none" and "0" are 0.
func ParseSize(text string) (int64, error) {
	text = strings.ToUpper(strings.TrimSpace(text))
	if text == "NONE" || text == "0" {
		return 0, nil
	}
	for unit, bytes := range map[string]int64{"MB": 1e6, "GB": 1e9, "TB": 1e12} {
		digits, ok := strings.CutSuffix(text, unit)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 20)
		if err != nil || n == 0 {
			return 0, errSize
		}
		return int64(n) * bytes, nil
	}
	return 0, errSize
}

// Data is how much of the chain is fetched and kept.
type Data = app.Data

// DataChoice is one way to set something about what is fetched and kept.
type DataChoice struct {
	Value int64 // as in app.Data
	Words string
}

var filterLimits = []DataChoice{{0, "All, without a limit"}, {1e9, "Up to 1 GB"}, {5e9, "Up to 5 GB"}, {10e9, "Up to 10 GB"}}

// FilterLimits lists how much of the filters can be kept, and what is set now
// even if it is none of these.
func FilterLimits(now int64) []DataChoice {
	return choices(filterLimits, now, func() string { return "Up to " + Size(now) })
}

var fullBlocks = []int64{-1, 144, app.DefaultFullBlocks, 7 * 144, 14 * 144}

// FullBlocks lists how many blocks may be read whole, and what is set now even if
// it is none of these.
func FullBlocks(now int32) []DataChoice {
	var list []DataChoice
	for _, n := range fullBlocks {
		list = append(list, DataChoice{n, fullBlocksWords(n)})
	}
	return choices(list, int64(now), func() string { return fullBlocksWords(int64(now)) })
}

func fullBlocksWords(n int64) string {
	if n < 0 {
		return "Never"
	}
	if n%144 == 0 {
		return "Up to " + blocks(int32(n)) + " (" + Count(int(n/144), "day", "days") + ")"
	}
	return "Up to " + blocks(int32(n))
}

func choices(list []DataChoice, now int64, words func() string) []DataChoice {
	if slices.ContainsFunc(list, func(c DataChoice) bool { return c.Value == now }) {
		return slices.Clone(list)
	}
	return append([]DataChoice{{now, words()}}, list...)
}
