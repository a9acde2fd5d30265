#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# readme.sh MOUNT: the session of README's first screen, as it is typed there.
. "$(dirname "$0")/common.sh"
. "$here/typed.sh"

readme=$here/../../README.md
[ -e "$readme" ] || readme=$here/../README.md
sed -n '/^## A session/,/^That was/s/^    //p' "$readme" >"$tmp/session"
ok "README has a session" grep -q '^# cat exit$' "$tmp/session"
is "it begins with the mount" "# mount -t kvmfs kvmfs /sys/fs/kvmfs
# cd /sys/fs/kvmfs" "$(head -n 2 "$tmp/session")"
tail -n +3 "$tmp/session" >"$tmp/want"
ok "nobody has the name yet" [ ! -e "$mount/hello" ]
(cd "$mount" && typed "$tmp/want" "$tmp/got" "$tmp/errors")
ok "it goes as typed" diff "$tmp/want" "$tmp/got"
ok "and leaves nothing" [ ! -e "$mount/hello" ]
tap_end
