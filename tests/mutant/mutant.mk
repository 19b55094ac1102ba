# Part of the Makefile: mutants.
#
# Do the tests notice when one place of the code on which the promises rest (tests/critical.txt) says something else? tests/mutant

.PHONY: mutants
PACKAGES_MUTANT := python3-clang
$(BUILD)/deps-mutant.stamp: Makefile
	@$(call need,$(PACKAGES_MUTANT))
COUNT ?= 150
SIM_SECONDS ?= 20
MUTANT_PROGRAMS = $(filter-out %/test_migrate,$(call programs,$(UNIT) $(LAWS))) $(BUILD)/scenario/stories $(BUILD)/sim/sim $(SWEPT_PROGRAMS)
MUTANT_ENV = SAM_BUILD=$(BUILD) MUTANT_CC='$(CC) $(BASE) $(FAST)' MUTANT_FLAGS='$(INCL) $(CFLAGS)' MUTANT_LINK='$(CC) $(LINK) $(LDFLAGS)' \
    MUTANT_LIBS_TEST='$(call libs_fast,$(TEST_LIBS))' MUTANT_LIBS_SIM='$(call libs_fast,$(SIM_LIBS))' MUTANT_LIBS='$(LIBS_ALL)' \
    MUTANT_LIBS_CMOCKA='$(LIBS_cmocka)' MUTANT_SIM_OBJECTS='$(call obj,$(SIM))' MUTANT_SIM_WRAP='$(SIM_WRAP)' \
    MUTANT_STORY_OBJECTS='$(call obj,tests/scenario/stories.c $(SCENARIO_REST))' \
    MUTANT_SWEPT='$(SWEPT_PROGRAMS:$(BUILD)/swept/%=%)' MUTANT_SWEPT_OBJECTS='$(call obj,$(SWEPT_C))' PYTHONDONTWRITEBYTECODE=1

mutants: $(MUTANT_PROGRAMS) $(BUILD)/deps-mutant.stamp ## one place changed at a time: the tests must notice. make mutants SEED=2 COUNT=300; COUNT=0: all; ONLY=part of an id
	@$(MUTANT_ENV) $(PYTHON) tests/mutant/mutant.py --seed $(SEED) --count $(COUNT) --sim-seconds $(SIM_SECONDS) $(if $(MUTANT_JOBS),--jobs $(MUTANT_JOBS)) $(if $(ONLY),--only '$(ONLY)') $(if $(FILE),--file $(FILE))
