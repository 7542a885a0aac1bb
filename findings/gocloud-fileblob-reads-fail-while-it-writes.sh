#!/usr/bin/env bash
# A read of a file that gocloud.dev's fileblob is just overwriting ends with EOF, though the file itself is replaced in one step.
#
# Guess beforehand: a state in files (`pulumi login file://…`) can be read at any moment, since fileblob writes a temporary file and
# renames it.
# Seen, gocloud.dev v0.46.1-0.20260810195832-b5401c07b5f1 (what Pulumi 3.259 and 3.276 are built with), Go 1.26: of reads in a loop
# beside writes in a loop, some to most fail with `EOF`. Before the rename, fileblob creates FILE.attrs, which is empty until its JSON is
# written, and a reader decodes that file first. With `metadata=skip` (MetadataDontWrite) there is no such file, and no read
# fails. In Pulumi it is `failed to load checkpoint: EOF`, from a StackReference or `readStackResourceOutputs` of the stack that is
# being updated.
#
# Run: bash findings/gocloud-fileblob-reads-fail-while-it-writes.sh    (needs Go; a temporary folder; ends with 1 if this has changed)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > go.mod <<'MODULE'
module race

go 1.26

require gocloud.dev v0.46.1-0.20260810195832-b5401c07b5f1
MODULE
cat > main.go <<'PROGRAM'
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
)

func open(options *fileblob.Options) *blob.Bucket {
	bucket, err := fileblob.OpenBucket("state", options)
	if err != nil {
		panic(err)
	}
	return bucket
}

// failed counts the reads of three seconds that fail while another bucket writes the same file.
func failed(options *fileblob.Options) (reads, failures int, last error) {
	ctx := context.Background()
	if err := os.MkdirAll("state", 0o700); err != nil {
		panic(err)
	}
	defer os.RemoveAll("state")
	writer, reader, state := open(options), open(options), make([]byte, 20000)
	write := func() {
		if err := writer.WriteAll(ctx, "state.json", state, nil); err != nil {
			panic(err)
		}
	}
	write()
	done, end := make(chan struct{}), time.Now().Add(3*time.Second)
	go func() {
		defer close(done)
		for time.Now().Before(end) {
			write()
		}
	}()
	for time.Now().Before(end) {
		reads++
		if _, err := reader.ReadAll(ctx, "state.json"); err != nil {
			failures, last = failures+1, err
		}
	}
	<-done
	return reads, failures, last
}

func main() {
	reads, failures, err := failed(&fileblob.Options{NoTempDir: true})
	fmt.Printf("with FILE.attrs: %d of %d reads failed: %v\n", failures, reads, err)
	reads, without, err := failed(&fileblob.Options{NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	fmt.Printf("metadata=skip: %d of %d reads failed: %v\n", without, reads, err)
	if failures == 0 || without > 0 {
		fmt.Fprintln(os.Stderr, "this has changed")
		os.Exit(1)
	}
}
PROGRAM
GOFLAGS=-mod=mod go run .
