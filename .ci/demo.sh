#!/bin/sh
# demo.sh - runs the demo as a person would type it, in the example's own folder.
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/build:$PATH
cd examples/delays
echo "\$ cd examples/delays"
echo "\$ zpl run delays.zpl"
exec zpl run delays.zpl
