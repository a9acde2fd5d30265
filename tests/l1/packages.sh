# SPDX-License-Identifier: GPL-2.0-only
#
# packages.sh: in an emulated Debian, see debian.sh: the packages beside this come, work,
# and go.
. ./tap.sh
exec </dev/null
export DEBIAN_FRONTEND=noninteractive
M=/sys/fs/kvmfs

# until COMMAND...: wait for what comes by itself, up to a minute
until_true() {
	for i in $(seq 120); do
		! "$@" || return 0
		sleep 0.5
	done
	return 1
}
user() { su -s /bin/sh -c "$1" user; }
refused() { ! "$@"; }
loaded() { [ -d /sys/module/kvmfs ]; }
unloaded() { ! loaded; }
mounted() { mountpoint -q $M; }
traces() {
	find / -xdev \( -path /run -o -path /proc -o -path /sys -o -path /tmp \) -prune -o \
		-name '*kvmfs*' -print
}

is "there is nothing of kvmfs before" "" "$(traces)"
echo "# dpkg -i compiles the module; $(date +%T)"
dpkg -i ./*.deb >/tmp/dpkg 2>&1
is "dpkg -i" 0 "$?"
[ $failures = 0 ] || sed 's/^/# /' /tmp/dpkg
echo "# it has; $(date +%T)"
ok "dkms has installed the module" sh -c "dkms status | grep '^kvmfs/.*: installed'"
ok "modinfo finds it" modinfo kvmfs
ok "it is loaded" loaded
ok "... and mounted" until_true mounted
is "for the group kvm" "root kvm 775" "$(stat -c '%U %G %a' $M)"
ok "by its unit" systemctl is-active sys-fs-kvmfs.mount

useradd user
ok "a user makes no virtual machine" refused user "kvmfs create vm"
usermod -a -G kvm user
ok "in the group kvm he does" user "kvmfs create -m 64K vm"
ok "... and removes it" user "rmdir $M/vm"
ok "a program is compiled with libkvmfs-dev" gcc -o /tmp/seed seed.c -lkvmfs
user "/tmp/seed $M" >/tmp/out 2>&1
is "it runs guests, as that user" 0 "$?"
[ $failures = 0 ] || sed 's/^/# /' /tmp/out

systemctl stop sys-fs-kvmfs.mount
ok "unmounted, the module goes" rmmod kvmfs
systemctl restart systemd-modules-load.service
ok "as at boot, it is loaded" loaded
ok "... and mounted" until_true mounted

# what kvmfs-dkms does of its own when it is removed, without what dkms has added
leave() {
	sed '/^# Automatically added/,$d' /var/lib/dpkg/info/kvmfs-dkms.prerm | sh -s remove
}
mkdir $M/stays
ok "removed while there is a virtual machine" leave
ok "... it leaves the module loaded" loaded
ok "... and the machine" [ -e $M/stays/status ]
rmdir $M/stays
ok "dpkg -P of all" dpkg -P kvmfs-dkms kvmfs-tools libkvmfs-dev libkvmfs1
ok "the module is unloaded" until_true unloaded
is "dkms knows nothing of it" "" "$(dkms status)"
is "nothing of kvmfs is left" "" "$(traces)"
is "no unit has failed" "" "$(systemctl list-units --failed --plain --no-legend)"
ok "the kernel log is clean" refused sh -c \
	"dmesg | grep -v hw-vuln | grep -E 'WARNING|BUG:|Oops|Call Trace'"
tap_end
