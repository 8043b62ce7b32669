# SPDX-License-Identifier: GPL-2.0-or-later
#
#: make                    the module and everything in user space
#: make module             build/<kernel release>/ipc_mailbox.ko
#: make user               library, tool, manual pages: build/user/
#: make selftests          programs that test the module: build/selftests/
#: make install            user space (DESTDIR, PREFIX, LIBDIR)
#: make modules_install    the module (INSTALL_MOD_PATH)
#: make uninstall          take both away again
#:
#: make vm                 a shell in a virtual machine with the module loaded
#: make demo               a tour on real programs, in a virtual machine
#: make bench              what a message costs, compared to pipes and others
#:
#: make check              check-user and check-vm; ends with a line of totals
#: make check-user         library and tool, without the module
#: make check-vm           selftests in a virtual machine, Linux 6.1 and 6.12
#: make check-matrix       the same on PREEMPT_RT and other variants
#: make check-debug        the same on a kernel that finds memory errors, wrong
#:                         locking and leaks; building it takes eight minutes once
#: make check-kcsan        the same on one that finds data races
#: make check-model        every way in which threads can wait, searched by spin
#: make seeded-bugs        the other way round: bugs in the module must be found
#: make fuzz               random calls, guided by coverage, against a model
#: make coverage           which lines and branches of the module the tests reach
#: make lint               static checks
#:
#: KDIR=, KVER=            the kernel to build for: its build directory, or its
#:                         release (default: the running one, else the newest
#:                         whose headers are installed)
#: INSTRUMENT=gcov, =kcov  a module that counts what is executed, in a directory of
#:                         its own, for kernels that can (see scripts/build-kernel)
#: V=1                     show commands
#: NO_APT=1                do not install missing packages, say which
#: ACCEL=tcg, ACCEL=kvm    how to run virtual machines (default: find out)
#:
#: Single tests, other kernels and more: scripts/vm, scripts/check --help.

BUILD	:= $(abspath $(or $(MBX_BUILD),build))
export MBX_BUILD := $(BUILD)
Q	:= $(if $(V),,@)

# ---- which kernel -----------------------------------------------------------
# The running one if modules can be built for it, else the newest installed.
ifndef KDIR
ifdef KVER
KDIR	:= /lib/modules/$(KVER)/build
else
KDIR	:= $(or $(wildcard /lib/modules/$(shell uname -r)/build), \
	$(shell ls -d /lib/modules/*/build 2>/dev/null | sort -V | tail -n 1))
endif
endif
KREL	 = $(or $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' \
	$(KDIR)/include/generated/utsrelease.h 2>/dev/null), \
	$(error no kernel to build for in "$(KDIR)": try scripts/deps build, or set KDIR))

# ---- build ------------------------------------------------------------------
# Two runs at a time must not write the same files.
locked	 = mkdir -p $(BUILD)/$(1) && exec 9>$(BUILD)/$(1)/.lock && flock 9

all: module user

# kbuild has no output directory for modules of others: each kernel gets links
# to the sources, so that builds for several kernels stay side by side.
OUT	 = $(BUILD)/$(KREL)$(INSTRUMENT:%=-%)
SOURCES	:= -name '*.[chS]' ! -name '*.mod.c' -o -name Kbuild -o -name Makefile
# BTF would need a vmlinux, which header packages do not have.
KBUILD	 = -C $(KDIR) M=$(OUT) KCFLAGS="-Werror $(KCFLAGS)" CONFIG_DEBUG_INFO_BTF_MODULES= \
	MBX_INSTRUMENT=$(INSTRUMENT)

module: $(BUILD)/VERSION
	$(Q)$(call locked,$(notdir $(OUT))) && \
	find $(OUT) -xtype l -delete && cd module && \
	find . -type d -exec mkdir -p $(OUT)/{} \; && \
	find . -type f \( $(SOURCES) \) -exec sh -c 'for f; do \
		[ -L $(OUT)/$$f ] || ln -s $(CURDIR)/module/$$f $(OUT)/$$f; \
		done' sh {} + && \
	{ echo $(KDIR) | cmp -s - $(OUT)/.kdir || $(MAKE) $(KBUILD) clean; } && \
	echo $(KDIR) >$(OUT)/.kdir && \
	$(MAKE) $(KBUILD) modules

# module/Kbuild looks for it one directory up.
$(BUILD)/VERSION: VERSION
	$(Q)mkdir -p $(@D) && cp $< $@

USER	 = -C userspace O=$(BUILD)/user
user:
	$(Q)$(call locked,user) && $(MAKE) $(USER) all

selftests:
	$(Q)$(call locked,selftests) && \
	ksft=$$(scripts/kernel source)/tools/testing/selftests && \
	$(MAKE) -C selftests O=$(BUILD)/selftests KSFT=$$ksft && \
	$(MAKE) -s -C selftests O=$(BUILD)/selftests KSFT=$$ksft COLLECTION=ipc_mailbox emit_tests >$(BUILD)/selftests/kselftest-list.txt

# ---- install ----------------------------------------------------------------
install: user
	$(Q)$(MAKE) $(USER) install

# Debian's headers ask for a signature but have no key; nor do they have the
# System.map without which kbuild leaves out depmod.
modules_install: module
	$(Q)$(MAKE) $(KBUILD) CONFIG_MODULE_SIG_ALL= modules_install
	$(Q)[ -n "$(INSTALL_MOD_PATH)" ] || depmod $(KREL)

uninstall:
	$(Q)$(MAKE) $(USER) uninstall
	$(Q)rm -f $(INSTALL_MOD_PATH)/lib/modules/$(KREL)/$(or $(INSTALL_MOD_DIR),extra)/ipc_mailbox.ko
	$(Q)[ -n "$(INSTALL_MOD_PATH)" ] || depmod $(KREL)

# ---- see it work ------------------------------------------------------------
deps:
	$(Q)scripts/deps build
	$(Q)scripts/deps vm

vm: deps user
	$(Q)scripts/vm

demo:
	$(Q)scripts/demo

# ---- check ------------------------------------------------------------------
check: deps
	$(Q)scripts/check user vm

check-user: deps
	$(Q)scripts/check user

check-vm: deps
	$(Q)scripts/check vm

check-matrix: deps
	$(Q)scripts/check matrix

check-debug check-kcsan: check-%: deps deps-debug
	$(Q)scripts/check $*

check-model: deps-model
	$(Q)scripts/check-model

seeded-bugs: deps deps-debug
	$(Q)scripts/seeded-bugs

fuzz: deps deps-debug
	$(Q)scripts/fuzz

coverage: deps deps-debug deps-coverage
	$(Q)scripts/coverage

deps-%:
	$(Q)scripts/deps $*

lint:
	$(Q)scripts/deps lint
	$(Q)scripts/lint

bench: deps
	$(Q)scripts/bench

clean:
	$(Q)rm -rf $(BUILD)
	$(Q)find module \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' \
		-o -name modules.order -o -name Module.symvers \) -delete

help:
	@sed -n 's/^#: \{0,1\}//p' Makefile

.PHONY: all module user selftests install modules_install uninstall deps vm demo \
	check check-user check-vm check-matrix check-debug check-kcsan \
	check-model seeded-bugs fuzz coverage lint bench clean help
.DELETE_ON_ERROR:
