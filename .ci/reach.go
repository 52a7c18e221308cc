//go:build ignore

// Command reach tells by its exit code whether a web address answers within
// five seconds. Debian's minimal system has no curl, and only Go's own client
// finds the same proxy as govulncheck does.
package main

import (
	"net/http"
	"os"
	"time"
)

func main() {
	client := &http.Client{Timeout: 5 * time.Second}
	resp, err := client.Head(os.Args[1])
	if err != nil || resp.StatusCode != http.StatusOK {
		os.Exit(1)
	}
}
