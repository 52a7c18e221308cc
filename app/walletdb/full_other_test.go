//go:build !linux

package walletdb_test

import "errors"

func fillLimited(string) error { return errors.New("only on Linux") }
func fillDisk(string) error    { return errors.New("only on Linux") }
