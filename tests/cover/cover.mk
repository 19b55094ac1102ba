# Part of the Makefile: coverage.
#
# build/cover/: the product and the programs of unit, laws and scenario once more; the files of tests/critical.txt unoptimised and with
# gcc's counters. The notes of an object lie beside it under its own name, so it is written in its place.

COVER      := $(BUILD)/cover
COVER_CRITICAL := $(filter %.c,$(shell cat tests/critical.txt))
COVER_FLAGS := -O0 --coverage -fprofile-update=atomic -fprofile-abs-path
cover_obj = $(patsubst %.c,$(COVER)/obj/%.o,$(patsubst $(BUILD)/gen/%,gen/%,$(1)))
cover_libs = $(addprefix $(COVER)/,$(1))
cover_programs = $(patsubst tests/%.c,$(COVER)/%,$(1))
COVER_STORIES := $(COVER)/scenario/stories
COVER_PROGRAMS := $(call cover_programs,$(UNIT) $(LAWS)) $(COVER_STORIES)
cover_compile = @mkdir -p $(@D); echo "CC $@" >&2; rm -f $(@:.o=.gcda); \
    $(CC) $(BASE) $(1) $(WARN) $(INCL) $(CFLAGS) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(call cover_obj,$(CLI)): INCL := $(INCL_PUBLIC)
$(call cover_obj,$(CLI)): | $(CLI_GEN)
$(COVER)/obj/gen/samling.pb.o: WARN := -Wall
$(COVER)/obj/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/flags | $(GEN_H)
	$(call cover_compile,-O1)
$(COVER)/obj/tests/%.o: tests/%.c $(BUILD)/flags | $(GEN_H)
	$(call cover_compile,-O1)
$(COVER)/obj/%.o: %.c $(BUILD)/flags | $(GEN_H)
	$(call cover_compile,$(if $(filter $<,$(COVER_CRITICAL)),$(COVER_FLAGS),-O1))
$(COVER)/libsam_core.a: $(call cover_obj,$(CORE) $(GEN_C)) $(BUILD)/sources; $(archive)
$(COVER)/libsam_tls.a: $(call cover_obj,$(TLS)) $(BUILD)/sources; $(archive)
$(COVER)/libsam_csv.a: $(call cover_obj,$(CSV)) $(BUILD)/sources; $(archive)
$(COVER)/libsam_server.a: $(call cover_obj,$(SERVER_ALL)) $(BUILD)/sources; $(archive)
$(COVER)/libsam_sdk.a: $(call cover_obj,$(SDK_ALL)) $(BUILD)/sources; $(archive)
$(COVER)/libsam_cli.a: $(call cover_obj,$(CLI_REST)) $(BUILD)/sources; $(archive)
$(COVER)/libsam_test.a: $(call cover_obj,$(TESTLIB)) $(BUILD)/sources; $(archive)
$(COVER_STORIES): $(call cover_obj,$(SCENARIO_REST))
$(COVER_PROGRAMS): $(COVER)/%: $(COVER)/obj/tests/%.o $(call cover_libs,$(TEST_LIBS)); $(call link,--coverage,$(LIBS_cmocka) $(LIBS_ALL))
ifneq ($(filter cover cover-%,$(MAKECMDGOALS)),)
-include $(shell find $(COVER)/obj -name '*.d' 2>/dev/null)
endif

# A swept program: the same objects, with what may fail and the doors of the product wrapped (tests/swept/fault.h): by what their own
# objects name __real_.
SWEPT_C := $(sort $(wildcard tests/swept/*.c))
swept_wrap = $$(nm -u $(filter %.o,$^) | sed -n 's/^ *U __real_/-Wl,--wrap=/p')
$(COVER)/swept/%: $(COVER)/obj/tests/%.o $(call cover_obj,$(SWEPT_C)) $(call cover_libs,$(TEST_LIBS))
	$(call link,--coverage $(swept_wrap),$(LIBS_cmocka) $(LIBS_ALL))
$(COVER)/swept/scenario/stories: $(call cover_obj,$(SCENARIO_REST))
$(BUILD)/swept/%: $(BUILD)/obj/tests/%.o $(call obj,$(SWEPT_C)) $(call libs_fast,$(TEST_LIBS))
	$(call link,$(swept_wrap),$(LIBS_cmocka) $(LIBS_ALL))
$(BUILD)/asan/swept/%: $(BUILD)/asan/obj/tests/%.o $(call san,$(SWEPT_C)) $(call libs_asan,$(TEST_LIBS))
	$(call link,$(ASAN) $(swept_wrap),$(LIBS_cmocka) $(LIBS_ALL))
$(BUILD)/swept/scenario/stories: $(call obj,$(SCENARIO_REST))
$(BUILD)/asan/swept/scenario/stories: $(call san,$(SCENARIO_REST))
SWEPT_UNIT := $(foreach t,apply_edge attended case consent copies enrolment exercise feed feed_resumed feed_schema form frame link record restart rule ruling said scored \
    shut substitute sync sync_push sync_whole tablet_refuses taken_in_late turnout,tests/unit/test_$(t).c)

SWEPT_PROGRAMS := $(SWEPT_UNIT:tests/%.c=$(BUILD)/swept/%) $(BUILD)/swept/scenario/stories
run_swept = -j 2 -t 900 $(foreach p,$(call picked,$(SWEPT_PROGRAMS)),$(if $(filter %/stories,$(p)),"$(p) $(STORIES)",$(p)))
COVER_SWEPT := $(COVER)/swept/scenario/stories $(SWEPT_UNIT:tests/%.c=$(COVER)/swept/%)
run_cover = $(call picked,$(call cover_programs,$(UNIT) $(LAWS)) $(filter $(COVER)/swept/unit/%,$(COVER_SWEPT))) \
    $(foreach p,$(call picked,$(filter %/stories,$(COVER_STORIES) $(COVER_SWEPT))),"$(p) $(STORIES)")

# T=one_test counts what that one alone reaches, and then only shows it
.PHONY: cover
cover: $(COVER_PROGRAMS) $(COVER_SWEPT) ## lines and branches that unit, laws and scenarios reach in the code of tests/critical.txt; lists: build/cover/
	@find $(COVER)/obj -name '*.gcda' -delete
	@SAM_BUILD=$(BUILD) PYTHON=$(PYTHON) tests/run.sh -o $(COVER)/log -j 2 -t 900 $(run_cover) >$(COVER)/run.txt \
	    && tail -n 1 $(COVER)/run.txt || { cat $(COVER)/run.txt; exit 1; }
	@$(PYTHON) tests/cover/report.py $(COVER) $(if $(T),--show)

# ---- sweeps under sanitisers
# The same programs once more with AddressSanitizer and UndefinedBehaviorSanitizer: what stands behind a failed call is neither freed
# twice nor left, and nothing that was not set is used.

.PHONY: swept-asan
SWEPT_SANITISED := $(SWEPT_PROGRAMS:$(BUILD)/swept/%=$(BUILD)/asan/swept/%)
run_swept_asan = $(subst -t 900,-t 3600,$(subst $(BUILD)/swept/,$(BUILD)/asan/swept/,$(run_swept)))
swept-asan: $(call picked,$(SWEPT_SANITISED)) ## the same with the sanitisers, and leaks count; one: make swept-asan T=test_feed
	@$(RUN) $(run_swept_asan)
