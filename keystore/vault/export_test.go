package vault

// SchemaValue is the stored form of a schema's number.
func SchemaValue(version uint32) []byte { return schemaValue(version) }

// Guarded is the guard around bbolt.
var Guarded = guarded

// CopyFile is what keeps a file where there are no links.
var CopyFile = copyFile
