# Part of the Makefile: abuse.
#
# The shipped server under those who mean it ill, over loopback with real TLS: tests/abuse/*.py. crowd opens connections by the thousand,
# worlds compares two worlds in one process. As root for IDLE=10000: every connection is a descriptor here and one there.

PACKAGES_ABUSE := sslscan testssl.sh gnutls-bin openssl
$(BUILD)/deps-abuse.stamp: Makefile
	@$(call need,$(PACKAGES_ABUSE))
ABUSE_C  := $(sort $(wildcard tests/abuse/*.c))
ABUSE_PROGRAMS := $(patsubst tests/%.c,$(BUILD)/%,$(ABUSE_C))
ABUSE_PY := $(sort $(shell grep -l '^\#!' tests/abuse/*.py 2>/dev/null))
$(BUILD)/abuse/%: $(BUILD)/obj/tests/abuse/%.o $(call libs_fast,$(TEST_LIBS)); $(call link,,$(LIBS_cmocka) $(LIBS_ALL))
# how much of it: slow ones of each kind and seconds of measuring, connections and seconds that they are idle, seconds of a flood, tiny ops, megabytes of log under a reader, pairs of worlds
SLOW_EACH ?= 32
SLOW_SECONDS ?= 20
IDLE ?= 10000
IDLE_SECONDS ?= 300
FLOOD_SECONDS ?= 30
TINY_OPS ?= 1000000
WAL_MB ?= 300
PAIRS ?= 1000
ABUSE_ENV = SLOW_EACH=$(SLOW_EACH) SLOW_SECONDS=$(SLOW_SECONDS) IDLE=$(IDLE) IDLE_SECONDS=$(IDLE_SECONDS) FLOOD_SECONDS=$(FLOOD_SECONDS) TINY_OPS=$(TINY_OPS) WAL_MB=$(WAL_MB)

.PHONY: abuse
abuse: all $(GEN_PY) $(ABUSE_PROGRAMS) $(BUILD)/deps-abuse.stamp ## abuse of a live server: slow, crowds, floods, a million ops, stuck readers, two worlds, scanners; one: make abuse T=idle IDLE_SECONDS=60
	@ulimit -n 65536 2>/dev/null || ulimit -n $$(ulimit -H -n); $(ABUSE_ENV) $(RUN) -j 1 -t 7200 $(call picked,$(ABUSE_PY)) \
	    $(if $(filter-out worlds,$(T)),,"$(BUILD)/abuse/worlds --pairs $(PAIRS)")
