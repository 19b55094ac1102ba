# Part of the Makefile: beside others.
#
# Measured beside express-pouchdb, which npm brings as tests/bench/peers/package-lock.json pins it, and as the store grows.

PACKAGES_PEERS := strace openssl iproute2 $(if $(shell command -v node),,nodejs) $(if $(shell command -v npm),,npm)
$(BUILD)/deps-peers.stamp: Makefile
	@$(call need,$(PACKAGES_PEERS))
$(BUILD)/peers/npm.stamp: tests/bench/peers/package.json tests/bench/peers/package-lock.json $(BUILD)/deps-peers.stamp
	@mkdir -p $(@D) && cp tests/bench/peers/package.json tests/bench/peers/package-lock.json $(@D)/ && \
	  { npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund >$(@D)/npm.log 2>&1 || { cat $(@D)/npm.log >&2; exit 1; }; } && touch $@

.PHONY: bench-peers bench-scale
bench-peers: all $(BUILD)/bench/load $(BUILD)/bench/floor $(BUILD)/peers/npm.stamp ## the same records to samling, express-pouchdb and plain SQLite: build/bench/peers.md and .svg; small: QUICK=1
	@SAM_BUILD=$(BUILD) $(PYTHON) tests/bench/bench_peers.py $(if $(QUICK),--quick)

PERCENT ?= 1,10,100
bench-scale: all $(BUILD)/bench/load ## 258 000 participants and 3.1 million marks in one centre, and what grows with it: make bench-scale PERCENT=1,10
	@SAM_BUILD=$(BUILD) $(PYTHON) tests/bench/bench_scale.py $(PERCENT)

.PHONY: swept
swept: $(call picked,$(SWEPT_PROGRAMS)) ## every call that may fail, failed once: the programs of tests/swept/fault.h; one: make swept T=test_feed
	@$(RUN) $(run_swept)
