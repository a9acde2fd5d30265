#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# calls.sh MOUNT: what needs more than a shell: tests/guest/test-files.c.
. "$(dirname "$0")/common.sh"

timeout 60 "$here/../guest/test-files" "$vm"
exit $?
