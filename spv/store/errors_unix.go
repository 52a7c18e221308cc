//go:build unix

package store

import "syscall"

var moreFullErrors = []error{syscall.EDQUOT}
