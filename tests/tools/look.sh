# SPDX-License-Identifier: GPL-2.0-only
#
# look.sh: in the emulated host: counters that go on, and ELF cores, which gdb opens.
# packages: gdb
# prepare: tests/l1/guest-initramfs.sh $OUT/guest.cpio tests/tools/gdb/guest.sh
# prepare: gcc -O2 -static -o $OUT/symbols tests/tools/gdb/symbols.c
# needs: /usr/bin/gdb=bin/gdb /usr/bin/readelf=bin/readelf
# needs: $BUILD/guest/frames.64.elf=frames.64.elf
# needs: $(ls -d /usr/lib/python3*/encodings) $(ls /usr/lib/python3*/codecs.py /usr/lib/python3*/io.py)
# needs: $(ls /usr/lib/python3*/abc.py /usr/lib/python3*/site.py /usr/lib/python3*/os.py)
# needs: $(ls /usr/lib/python3*/stat.py /usr/lib/python3*/posixpath.py)
# needs: $(ls /usr/lib/python3*/genericpath.py /usr/lib/python3*/_collections_abc.py)
# needs: $(ls /usr/lib/python3*/_sitebuiltins.py)
# host: -timeout 280 -mem 2048 -append nokaslr
. /kvmfs/lib.sh

K=/kvmfs/bin/kvmfs

test_stat() {
	$K stat -n 2 one >/tmp/live
	is "stat -n 2 ends" "0 2" "$? $(grep -c 'A SECOND' /tmp/live)"
	is "it has totals and rates" "2 some" \
		"$(awk '$1 == "exits" && $2 > 0 && $3 > 0 { n++ } END { print n, "some" }' /tmp/live)"
	$K stat -n 1 >/tmp/all
	is "of all machines" "one two" "$(awk 'NR > 1 { print $1 }' /tmp/all | sort | xargs)"
	is "the one that runs exits, the other does not" "yes no" \
		"$(awk 'NR > 1 { print $1, ($2 > 0 ? "yes" : "no") }' /tmp/all | sort | cut -d' ' -f2 | xargs)"
	$K stat --csv -n 3 one two >/tmp/csv
	is "csv: a header, and lines" "0 1 3 3" \
		"$? $(grep -c '^time,vm,' /tmp/csv) $(grep -c ',one,' /tmp/csv) $(grep -c ',two,' /tmp/csv)"
	is "csv: all lines have as many fields" 1 "$(awk -F, '{ print NF }' /tmp/csv | sort -u | wc -l)"
	is "csv: the header's names are those of stat" "$(cut -d' ' -f1 "$KVM/one/stat" | xargs)" \
		"$(head -n 1 /tmp/csv | tr ',' '\n' | tail -n +3 | xargs)"
	# two vCPUs are counted together
	mkdir "$KVM/two/cpu1"
	echo 'ram 0 1M' >"$KVM/two/memmap"
	printf '\364' | dd of="$KVM/two/mem" bs=1 seek=4096 conv=notrunc 2>/dev/null
	for c in . cpu1; do
		printf 'cs.base 0\nrip 0x1000\n' >"$KVM/two/$c/regs"
		echo run >"$KVM/two/$c/run"
	done
	is "two vCPUs are one machine" "hlt 2" "$($K stat two | awk '$1 == "hlt" { print $1, $2 }')"
	is "or each its own" "hlt 1" "$($K stat "$KVM/two/cpu1" | awk '$1 == "hlt" { print $1, $2 }')"
	$K stat -n 0 one 2>/tmp/err
	is "-n 0" "2 kvmfs: 0: not a number of times" "$? $(cat /tmp/err)"
}

test_core() {
	ok "a core of a guest" $K dump --output /tmp/core one
	ok "it goes on after it" ran one
	timeout 60 gdb -nx -batch -ex 'set width 0' -ex bt -ex 'echo @rounds\n' -ex 'output rounds' \
		/frames.64.elf /tmp/core >/tmp/said 2>/tmp/gdb.err
	ok "gdb finds main() in it" grep -q '^#[0-9] .*main ()' /tmp/said
	is "and its data" some "$(sed -n '/^@rounds/,$p' /tmp/said | sed -n '2s/^[1-9][0-9]*$/some/p')"
	$K dump --output /nil/core one 2>/tmp/err
	is "a file that cannot be" "1 kvmfs: /nil/core: No such file or directory" "$? $(cat /tmp/err)"
	ok "of two vCPUs" $K dump -o /tmp/core2 two
	is "there are two notes" 2 "$(readelf -n /tmp/core2 2>/dev/null | grep -c NT_PRSTATUS)"
}

test_linux() {
	timeout 150 $K run --name deb -m 128 -k /kvmfs/vmlinuz -i /test/guest.cpio -p 'quiet nokaslr' \
		>/tmp/deb.out 2>&1 </dev/null &
	pid=$!
	while kill -0 $pid && ! grep -q "the guest loops" /tmp/deb.out; do
		sleep 0.5
	done
	ok "a core of Debian" $K dump --output /tmp/core3 deb
	$K stop deb
	wait $pid
	/test/symbols </proc/kallsyms >/tmp/vmlinux.sym
	ok "it has Linux's note" sh -c 'readelf -n /tmp/core3 2>/dev/null | grep VMCOREINFO'
	timeout 60 gdb -nx -batch -ex 'set width 0' -ex 'x/s &linux_banner' -ex 'p/x $sp' \
		/tmp/vmlinux.sym /tmp/core3 >/tmp/said 2>/tmp/gdb.err
	ok "gdb reads the kernel's memory by its own addresses" grep 'Linux version 6.12' /tmp/said
}

load
"$G/guestrun" -d "$KVM" -n one "$G/frames.64" >/tmp/one.out 2>&1 &
guest=$!
ok "a guest runs" ran one
mkdir "$KVM/two"
test_stat
test_core
kill $guest
wait $guest 2>/dev/null
rmdir "$KVM/one" 2>/dev/null
rmdir "$KVM/two"
test_linux
[ $failures = 0 ] || sed 's/^/# /' /tmp/said /tmp/gdb.err /tmp/all /tmp/live | tail -n 60
unload
is "the module goes" 0 $?
tap_end
