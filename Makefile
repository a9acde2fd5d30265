# SPDX-License-Identifier: GPL-2.0-only
#
# kvmfs: everything that is built lands in $(BUILD); `make help` lists what can
# be asked for.

BUILD	?= build
SERIES	?= 6.12 6.1
PREFIX	?= /usr/local
VERSION	:= 1.0

override BUILD := $(abspath $(BUILD))
export BUILD PREFIX VERSION

L1	:= tests/l1

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help module lib tools guests host deps check run bench install clean

all: module lib tools

help:
	@sed -n 's/^#: //p' $(MAKEFILE_LIST)

#: all            module, lib and tools
#: deps           install the Debian packages that the rest needs (apt-get)
deps:
	@$(L1)/deps.sh

# --- the kernel module, for each series ------------------------------------

#: module         build/module-6.12/kvmfs.ko and the same for 6.1
module: $(SERIES:%=module-%)

$(BUILD)/kernel/%/release: | $(L1)/kernel.sh
	@$(L1)/deps.sh
	@$(L1)/kernel.sh $* $(@D)

$(BUILD)/kernel/debug/release: $(L1)/debug-kernel.sh $(L1)/debug-kernel.config
	@$(L1)/deps.sh
	@nice $(L1)/debug-kernel.sh $(@D)

# Kbuild litters the directory it builds in, so that is one of links.
.PHONY: module-%
module-%: $(BUILD)/kernel/%/release
	@mkdir -p $(BUILD)/$@
	@flock $(BUILD)/$@/.lock $(L1)/build-module.sh $(BUILD)/kernel/$* $(BUILD)/$@

# the same, and kvmfs-cover.ko, which tells what was reached of it; see tests/cover
.PHONY: cover-%
cover-%: $(BUILD)/kernel/%/release
	@mkdir -p $(BUILD)/$@
	@flock $(BUILD)/$@/.lock $(L1)/build-module.sh $(BUILD)/kernel/$* $(BUILD)/$@ \
		KVMFS_COVERAGE=y

# --- user space ----------------------------------------------------------------

#: lib            build/lib: libkvmfs, shared and static
lib:
	@test ! -e libkvmfs/Makefile || $(MAKE) -s -C libkvmfs BUILD=$(BUILD)

#: tools          build/tools/kvmfs
tools: lib
	@test ! -e tools/Makefile || $(MAKE) -s -C tools BUILD=$(BUILD)

#: guests         build/guest: the test guests and guestrun
guests:
	@$(MAKE) -s -C tests/guest BUILD=$(BUILD)

# --- the emulated host -------------------------------------------------------

# What every emulated host carries; what does not exist yet is left out.
HOSTFILES = $(BUILD)/module-$*/kvmfs.ko=kvmfs/kvmfs.ko \
	$(BUILD)/tools/kvmfs=kvmfs/bin/kvmfs \
	$(BUILD)/tools/kvmfs-bench-kvm=kvmfs/bin/kvmfs-bench-kvm \
	$(BUILD)/guest/bin=kvmfs/guest tests/guest/guests.list=kvmfs/guests.list \
	tests/l1/lib.sh=kvmfs/lib.sh tests/fs=kvmfs/fs README.md=kvmfs/README.md \
	Documentation/tutorial.rst=kvmfs/tutorial.rst \
	$(BUILD)/kernel/6.12/vmlinuz=kvmfs/vmlinuz

#: host           the file systems of the emulated hosts
host: $(SERIES:%=host-%)

TOOLS	?= tools
.PHONY: host-%
host-%: module-% $(TOOLS) guests $(BUILD)/kernel/6.12/release
	@mkdir -p $(BUILD)/l1
	@flock $(BUILD)/l1/.lock $(L1)/initramfs.sh $(BUILD)/kernel/$* \
		$(BUILD)/l1/base-$*.cpio $(HOSTFILES)

# --- tests -----------------------------------------------------------------------

#: check          everything below; ends with the number of passed and failed tests
#: check-unit     the sources in user space, under sanitizers
#: check-fuzz     parsers of files, the emulator and the monitor, on random input
#: check-style    warnings of gcc and sparse, who includes whom, the patch
#: check-fuse     tests/fs on a FUSE mount
#: check-fs       tests/fs in an emulated host
#: check-svm      guests in an emulated AMD host
#: check-vmx      the same and tests/fs in an emulated Intel host
#: check-tools    the command and its monitor, in an emulated AMD host (ONLY="NAME...")
#: check-hostile  guests, users and faults that mean harm, for a few minutes
#: check-vmx-all  more of that: variations of the guests, two processors, kernel 6.1
SUITES	:= unit fuzz style fuse fs svm vmx tools hostile
.PHONY: $(SUITES:%=check-%)

check: deps
	@tests/check $(SUITES)

$(SUITES:%=check-%): check-%: deps
	@tests/check $*

#: check-deb      the Debian packages in an emulated Debian 12 (half an hour)
.PHONY: check-vmx-all check-deb
check-deb: deps
	@tests/check deb

check-vmx-all: deps
	@VMX=all tests/check vmx

#: check-debug    the suites on a kernel with KASAN, lockdep and more, which it builds; three hours
.PHONY: check-debug
check-debug: deps
	@tests/check debug

#: coverage       what of the module is reached by which suite (ONLY="NAME..."), and what by none
.PHONY: coverage
coverage: deps
	@$(L1)/deps.sh gcc-multilib
	@tests/coverage $(ONLY)

#: run            boot a guest on kvmfs in an emulated host; CMD="..." runs that and ends
run: deps
	@$(MAKE) -s host-6.12
	@$(L1)/run.sh $(if $(CMD),"$$CMD")
export CMD

#: host-shell     a shell in the host of a `make run` that goes on elsewhere
.PHONY: host-shell
host-shell:
	@$(BUILD)/guest/attach $(BUILD)/run/host

#: bench          what kvmfs costs beside KVM: table, build/bench.json and bench.svg
#: bench-svm      ... in the emulated AMD host alone
#: bench-vmx      ... in the emulated Intel host alone
#: bench-check    whether the last bench reached tests/bench/targets
.PHONY: bench-svm bench-vmx bench-check
bench: bench-svm bench-vmx

bench-svm bench-vmx: bench-%: deps
	@$(MAKE) -s host-6.12
	@$(L1)/bench.sh $*

bench-check:
	@awk -f tests/bench/check.awk tests/bench/targets $(BUILD)/bench.json

# --- installing it -----------------------------------------------------------------

#: deb            build/deb: the Debian packages kvmfs-dkms, kvmfs-tools, libkvmfs1, libkvmfs-dev
deb:
	@$(L1)/deps.sh debhelper dh-dkms libslirp-dev libzydis-dev
	@tools/debian/build.sh $(BUILD)/deb

#: install        library, headers, tools, manual, units; the module for the running
#:                kernel. PREFIX=/usr/local, LIBDIR, DESTDIR
KREL	:= $(shell uname -r)
MODULE	= $(DESTDIR)/lib/modules/$(KREL)/extra/kvmfs.ko
AT_BOOT	= $(DESTDIR)$(PREFIX)/lib/modules-load.d/kvmfs.conf
.PHONY: install-user uninstall deb
install: install-user
	@if test -e /lib/modules/$(KREL)/build; then \
		mkdir -p $(BUILD)/kernel/running && \
		ln -sfn /lib/modules/$(KREL)/build $(BUILD)/kernel/running/headers && \
		$(L1)/build-module.sh $(BUILD)/kernel/running $(BUILD)/module-running && \
		install -D -m 644 $(BUILD)/module-running/kvmfs.ko $(MODULE) && \
		install -D -m 644 tools/system/kvmfs.modules-load $(AT_BOOT) && \
		{ test -n "$(DESTDIR)" || depmod; }; \
	else \
		echo "make install: no headers for $(KREL), so the module is not built;" \
			"apt-get install linux-headers-$(KREL)" >&2; \
	fi
	@tools/system/reload.sh "$(DESTDIR)"

#: install-user   all but the module
install-user: lib tools
	@$(MAKE) -s -C libkvmfs install
	@$(MAKE) -s -C tools install

#: uninstall      remove what `make install` with the same PREFIX and DESTDIR installs
STAGE	= $(BUILD)/uninstall
uninstall:
	@rm -rf $(STAGE)
	@$(MAKE) -s install-user DESTDIR=$(STAGE)
	@(cd $(STAGE) && find . ! -type d) | sed 's|^\.|$(DESTDIR)|' | tr '\n' '\0' | xargs -0 rm -f
	@rm -rf $(STAGE) $(DESTDIR)$(PREFIX)/share/doc/kvmfs
	@rm -f $(MODULE) $(AT_BOOT)
	@test -n "$(DESTDIR)" || depmod
	@tools/system/reload.sh "$(DESTDIR)"

#: clean          forget what was built (build/kernel, a download, stays)
clean:
	rm -rf $(filter-out $(BUILD)/kernel,$(wildcard $(BUILD)/*))
