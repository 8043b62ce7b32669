# SPDX-License-Identifier: GPL-2.0-or-later
#
# Included by ../Makefile.  Not part of "all", never installed.  Static, so that
# the loader has no part in the figures.
BENCH_SRC := $(wildcard bench/*.c)

$(O)/bench/mbx-bench: $(BENCH_SRC) $(wildcard bench/*.h) \
		$(UAPI)/linux/ipc_mailbox.h $(O)/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(CPPFLAGS_ALL) -std=gnu11 $(WARN) -O2 -static -o $@ \
		$(BENCH_SRC)

bench: $(O)/bench/mbx-bench

.PHONY: bench
