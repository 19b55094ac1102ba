# Part of the Makefile: torture.
#
# Every allocation and every call for a file fails, once and for ever; and kill -9 (tests/torture). The sweep takes SQLite, mbedTLS and
# zlib from their static archives, so that the linker can lead their calls, too, through fail.c.

COMMA := ,
TORTURE := $(sort $(wildcard tests/torture/*.c))
TORTURE_SHIM := tests/torture/shim.c
TORTURE_SWEEP := $(filter-out $(TORTURE_SHIM) tests/torture/handshake.c,$(TORTURE))
TORTURE_TLS := tests/torture/handshake.c tests/torture/fail.c
TORTURE_WRAP := malloc calloc realloc free open open64 openat read write pread pwrite pread64 pwrite64 fsync fdatasync ftruncate ftruncate64 \
                unlink unlinkat rename mkdir fcntl fcntl64
TORTURE_WRAP_OURS := intake_begin intake_commit intake_hello intake_join intake_push sam_sync_send_ack pump_stop
TORTURE_OURS := $(patsubst %,-Wl$(COMMA)--wrap=%,$(TORTURE_WRAP_OURS))
TORTURE_TLS_OURS := -Wl,--wrap=mbedtls_x509_crt_verify_restartable
TORTURE_LIBS := $(patsubst %,-Wl$(COMMA)--wrap=%,$(TORTURE_WRAP)) -Wl,-Bstatic -lsqlite3 $(LIBS_TLS) -lz -Wl,-Bdynamic \
                $(filter-out $(LIBS_sqlite3) $(LIBS_TLS) $(LIBS_zlib),$(LIBS_ALL))
$(BUILD)/torture/sweep: $(call obj,$(TORTURE_SWEEP)) $(call libs_fast,$(TEST_LIBS)); $(call link,,$(TORTURE_OURS) $(TORTURE_LIBS))
$(BUILD)/asan/torture/sweep: $(call san,$(TORTURE_SWEEP)) $(call libs_asan,$(TEST_LIBS)); $(call link,$(ASAN),$(TORTURE_OURS) $(TORTURE_LIBS))
$(BUILD)/torture/handshake: $(call obj,$(TORTURE_TLS)) $(call libs_fast,$(SERVER_LIBS)); $(call link,,$(TORTURE_TLS_OURS) $(TORTURE_LIBS))
$(BUILD)/asan/torture/handshake: $(call san,$(TORTURE_TLS)) $(call libs_asan,$(SERVER_LIBS)); $(call link,$(ASAN),$(TORTURE_TLS_OURS) $(TORTURE_LIBS))
$(BUILD)/torture/shim.so: $(TORTURE_SHIM) $(BUILD)/flags
	@mkdir -p $(@D); echo "LD $@" >&2; $(CC) $(BASE) -O2 $(filter-out -Wmissing-prototypes,$(WARN)) -shared -o $@.$$$$ $< -ldl && mv $@.$$$$ $@

TORTURE_BINS := $(addprefix $(BUILD)/torture/,sweep handshake shim.so) $(addprefix $(BUILD)/asan/torture/,sweep handshake)
TORTURE_NEEDS := all $(TORTURE_BINS) $(GEN_PY)
TORTURE_KINDS := memory EIO ENOSPC
KILLS ?= 5000
EVERY ?= 1
# every place, which takes hours; the name of each is what T picks
torture_handshake = "$(BUILD)/torture/handshake --every $(EVERY)"
torture_sweep = $(foreach k,$(TORTURE_KINDS),"$(BUILD)/torture/sweep --kind $(k) --every $(EVERY)") \
    "$(BUILD)/torture/sweep --kind EIO --thin --every $(EVERY)" "$(BUILD)/torture/sweep --kind memory --commit --every $(EVERY)"
torture_asan = "$(BUILD)/asan/torture/handshake --every $(EVERY)" $(foreach k,$(TORTURE_KINDS),"$(BUILD)/asan/torture/sweep --kind $(k) --every $(EVERY)")
torture_files = $(foreach k,$(TORTURE_KINDS),"tests/torture/files.py --kind $(k) --every $(EVERY)")
torture_serve = "tests/torture/serve.py --every $(EVERY)"
torture_full = tests/torture/full.py
torture_kills = "tests/torture/kills.py --kills $(KILLS)"
torture_controls = "tests/torture/controls.sh $(BUILD)"
run_torture = -j 2 -t 864000 $(foreach t,$(or $(T),handshake sweep asan files serve full),$(torture_$(t))) $(if $(T),,-j 1 -t 864000 $(torture_kills))
# what make test has of it: a sample of the places, drawn anew each time
run_torture_short = -j 2 -t 300 "$(BUILD)/torture/handshake --every 1500" "$(BUILD)/torture/sweep --kind memory --every 900" \
    "$(BUILD)/torture/sweep --kind EIO --every 60" "$(BUILD)/torture/sweep --kind ENOSPC --every 60" \
    "$(BUILD)/asan/torture/sweep --kind memory --every 9000" "tests/torture/files.py --kind EIO --every 400" \
    "tests/torture/serve.py --every 60" tests/torture/full.py
TORTURE_ENV = TORTURE_CC='$(CC) $(BASE) $(FAST)' TORTURE_FLAGS='$(INCL) $(CFLAGS)' \
    TORTURE_LINK='$(CC) $(LINK) $(LDFLAGS)' TORTURE_OBJECTS='$(call obj,$(TORTURE_SWEEP))' \
    TORTURE_LIBS='-Wl,--start-group $(call libs_fast,$(TEST_LIBS)) -Wl,--end-group $(TORTURE_OURS) $(TORTURE_LIBS)'
.PHONY: torture torture-short

torture: $(TORTURE_NEEDS) ## each allocation, each file call fails; full disks; kill -9: make torture EVERY=50 KILLS=5000; T=kills or another part
	@$(TORTURE_ENV) $(RUN) $(run_torture)

torture-short: $(TORTURE_NEEDS) ## the part of torture that make test has: a sample of the places
	@$(RUN) $(run_torture_short)
