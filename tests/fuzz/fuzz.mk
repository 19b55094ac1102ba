# Part of the Makefile: fuzzing.
#
# tests/fuzz/fuzz_*.c, each a target. build/fuzz/NAME searches: clang, libFuzzer, and everything that parses compiled from source with its
# counters, so that the fuzzer sees where it has been. build/asan/fuzz/NAME runs the inputs that are kept.

PACKAGES_FUZZ := clang dpkg-dev libclang-rt-$(shell grep -qs 'VERSION_ID="12"' /etc/os-release && echo 14 || echo 19)-dev
FUZZ      := $(BUILD)/fuzz
FUZZ_C    := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(FUZZ_C))
FUZZ_REST := tests/fuzz/fuzz.c tests/fuzz/canon.c
FUZZ_CC   := $(filter ccache,$(CC)) clang
FUZZ_FLAGS := -DFUZZ_SEARCH -O2 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_INCL := -isystem $(BUILD)/libs/nanopb -isystem $(FUZZ)/libs
# nanopb always; the parsers of CSV and HTTP where the release has their sources, else as they are installed
FUZZ_LIBS := libcsv http-parser
$(BUILD)/deps-fuzz.stamp: Makefile
	@$(call need,$(PACKAGES_FUZZ))
$(FUZZ)/libs.stamp: client-sdk/web/sources.sh $(BUILD)/libs.stamp $(BUILD)/deps-fuzz.stamp
	@mkdir -p $(@D); for l in $(FUZZ_LIBS); do client-sdk/web/sources.sh $(FUZZ)/src/$$l $$l >/dev/null 2>&1 || \
	    { rm -rf $(FUZZ)/src/$$l; echo "$$l: no sources here, fuzzed as it is installed" >&2; }; done; touch $@

fuzz_obj = $(patsubst %.c,$(FUZZ)/obj/%.o,$(patsubst $(BUILD)/gen/%,gen/%,$(1)))
FUZZ_THEIRS := $(addprefix $(FUZZ)/obj/libs/,pb_common.o pb_encode.o pb_decode.o libcsv.o http_parser.o)
FUZZ_OURS := $(call fuzz_obj,$(PROTO) $(GEN_C) $(SERVER_ALL) $(SDK_ALL) $(FUZZ_REST) $(TESTLIB))
fuzz_compile = @mkdir -p $(@D); echo "CC $@" >&2; $(FUZZ_CC) $(BASE) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -w $(FUZZ_INCL) $(INCL) \
    -MMD -MP -MF $@.d -MT $@ -c -o $@.$$$$ $< && mv $@.d $(@:.o=.d) && mv $@.$$$$ $@
# made again when the flags change
$(FUZZ)/flags: FORCE
	@mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(FUZZ_CC) $(BASE) $(FUZZ_FLAGS) $(FUZZ_INCL) $(INCL))' >$@.$$$$; cmp -s $@.$$$$ $@ && rm $@.$$$$ || mv $@.$$$$ $@
$(FUZZ)/obj/gen/%.o: $(BUILD)/gen/%.c $(FUZZ)/flags | $(GEN_H) $(FUZZ)/libs.stamp
	$(fuzz_compile)
$(FUZZ)/obj/%.o: %.c $(FUZZ)/flags | $(GEN_H) $(FUZZ)/libs.stamp
	$(fuzz_compile)
# What reads certificates in mbedTLS; it stands before the shared library's. Undefined behaviour is looked for in what is ours.
FUZZ_MBED := $(addprefix $(FUZZ)/obj/mbed/,asn1parse.o base64.o oid.o pem.o x509.o x509_crt.o)
$(FUZZ)/obj/mbed/%.o: $(FUZZ)/libs.stamp
	@mkdir -p $(@D); $(FUZZ_CC) -O2 -g -fPIC -fsanitize=address,fuzzer-no-link -w -I$(BUILD)/libs/mbedtls/library -c -o $@ $(BUILD)/libs/mbedtls/library/$*.c
$(FUZZ)/obj/libs/pb_%.o: $(FUZZ)/libs.stamp
	@mkdir -p $(@D); $(FUZZ_CC) -O2 -g -fPIC -fsanitize=address,fuzzer-no-link -w -I$(BUILD)/libs/nanopb -c -o $@ $(BUILD)/libs/nanopb/pb_$*.c
$(FUZZ)/obj/libs/%.o: $(FUZZ)/libs.stamp
	@mkdir -p $(@D); f=$$(ls $(FUZZ)/src/*/*/$*.c 2>/dev/null | head -n 1); [ -n "$$f" ] || f=/dev/null; \
	    $(FUZZ_CC) -O2 -g -fPIC -fsanitize=address,fuzzer-no-link -w -I$$(dirname $$f) -x c -c -o $@ $$f
$(FUZZ)/libfuzzed.a: $(FUZZ_OURS) $(FUZZ_THEIRS) $(FUZZ_MBED) $(BUILD)/sources; $(archive)
FUZZ_PROGRAMS := $(FUZZ_NAMES:%=$(FUZZ)/%)
$(FUZZ_PROGRAMS): $(FUZZ)/%: $(FUZZ)/obj/tests/fuzz/fuzz_%.o $(FUZZ)/libfuzzed.a
	@echo "LD $@" >&2; $(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer $(LINK) -o $@.$$$$ $^ $(LIBS_cmocka) $(LIBS_ALL) && mv $@.$$$$ $@
FUZZ_REPLAYS := $(FUZZ_NAMES:%=$(BUILD)/asan/fuzz/%)
$(FUZZ_REPLAYS): $(BUILD)/asan/fuzz/%: $(call san,tests/fuzz/fuzz_%.c $(FUZZ_REST) tests/fuzz/replay.c) $(call libs_asan,$(TEST_LIBS))
	$(call link,$(ASAN),$(LIBS_cmocka) $(LIBS_ALL))
$(BUILD)/asan/fuzz/codec_pipe: $(call san,tests/fuzz/codec_pipe.c $(FUZZ_REST)) $(call libs_asan,$(TEST_LIBS))
	$(call link,$(ASAN),$(LIBS_cmocka) $(LIBS_ALL))
ifneq ($(filter-out $(QUIET_GOALS),$(or $(MAKECMDGOALS),all)),)
-include $(shell find $(FUZZ)/obj -name '*.d' 2>/dev/null)
endif

# what stands in tests/fuzz/corpus once more, and the codec beside Google's protobuf for a moment
FUZZ_NEEDS := $(FUZZ_REPLAYS) $(BUILD)/asan/fuzz/codec_pipe $(GEN_PY)
run_fuzz = -j 2 -t 120 $(foreach n,$(FUZZ_NAMES),"$(BUILD)/asan/fuzz/$(n) tests/fuzz/corpus/$(n)") "tests/fuzz/differential.py --inputs 100000"

.PHONY: fuzz fuzz-replay fuzz-minimise
RUNS ?= 0
LONGEST ?= 0
JOBS ?= 1
fuzz: $(if $(T),$(FUZZ)/$(T),$(FUZZ_PROGRAMS)) $(FUZZ_NEEDS) ## search for inputs that break a parser: make fuzz SECONDS=60 (or RUNS=10000000 LONGEST=1200) a target, JOBS=2 side by side; one: T=frame
	@SAM_BUILD=$(BUILD) $(PYTHON) tests/fuzz/run.py -j $(JOBS) $(if $(filter-out 0,$(RUNS)),--runs $(RUNS) --longest $(LONGEST),--seconds $(SECONDS)) $(or $(T),$(FUZZ_NAMES))
	@$(if $(T),,SAM_BUILD=$(BUILD) $(PYTHON) tests/fuzz/differential.py --inputs 1000000)

fuzz-replay: $(FUZZ_NEEDS) ## the inputs of tests/fuzz/corpus once more, with the sanitisers
	@$(RUN) $(run_fuzz)

fuzz-minimise: $(FUZZ_PROGRAMS) ## what make fuzz has found becomes the committed corpus, as small as it can be; one: T=frame
	@SAM_BUILD=$(BUILD) $(PYTHON) tests/fuzz/run.py --minimise $(or $(T),$(FUZZ_NAMES))
