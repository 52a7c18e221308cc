//go:build unix

package walletdb

import "syscall"

var errQuota error = syscall.EDQUOT
