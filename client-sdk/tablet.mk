# Part of the Makefile: the tablet app.
#
# build/tablet/: flat, as it is served at /tablet/. The words are those of the catalogue that its sources name.

TABLET_SRC   := $(sort $(wildcard client-sdk/tablet/*)) $(sort $(wildcard client-sdk/web/*.ts))
TABLET_WORDS := $(BUILD)/tablet-gen/words.ts
CATALOGUE    := $(sort $(wildcard proto/base/text*.def))
$(TABLET_WORDS): client-sdk/tablet/words.js $(CATALOGUE) $(TABLET_SRC) $(BUILD)/npm.stamp
	@mkdir -p $(@D) && node $< $@.$$$$ $(CATALOGUE) -- $(filter %.ts %.tsx,$(TABLET_SRC)) && { cmp -s $@.$$$$ $@ && rm $@.$$$$ && touch $@ || mv $@.$$$$ $@; }
ifeq ($(TABLET),no) # where npm's registry cannot be reached: samlingd without the app
$(BUILD)/tablet.stamp: FORCE
	@rm -rf $(BUILD)/tablet && mkdir -p $(BUILD)/tablet && printf '%s\n' '<!doctype html>' '<html lang="nb">' '<meta charset="utf-8">' \
	  '<title>samling</title>' '<p>Nettbrett-appen er ikke med i dette bygget.</p>' '<p lang="en">The tablet app is not part of this build.</p>' '</html>' \
	  >$(BUILD)/tablet/index.html && touch $@
else
$(BUILD)/tablet.stamp: $(TABLET_SRC) client-sdk/tsconfig.json $(TABLET_WORDS) $(WASM)/samling.wasm
	@node client-sdk/tablet/build.js $(BUILD)/tablet $(TABLET_WORDS) $(BUILD)/node_modules $(WASM)/samling.wasm $(VERSION) && touch $@
endif

tablet: $(BUILD)/tablet.stamp ## the tablet app: build/tablet/

# The tests of the engine: programs of tests/unit, tests/laws and tests/scenario as modules of their own, with the engine's very objects,
# the centre's store and intake, and a host that prints (tests/wasm). What they link beyond that is left out where a module cannot have
# it: threads, sockets, TLS, argon2 and sodium, a look into the allocator.
WASM_TEST := $(WASM)/test
WASM_CANNOT := $(addprefix server/store/,backup_seal.c) $(addprefix tests/lib/,porch.c told.c entrance.c)
WASM_TEST_LIB := $(filter-out $(WASM_CANNOT),$(wildcard server/store/*.c server/intake/*.c) $(TESTLIB)) proto/base/log.c $(wildcard tests/wasm/*.c) \
                 $(BUILD)/gen/store_sql.c client-sdk/web/host.c client-sdk/web/vfs.c client-sdk/src/host.c
# goal: what the programs stand on, as far as it is the engine's or the centre's core
WASM_TEST_CANNOT := $(foreach t,account app backup_seal cert cli_% config console% csv% demo_history fields gate import lockout login memory migrate net_% \
                    password qr right right_ways sim_% text tls% totp transaction two verbs_device websocket world,tests/unit/test_$(t).c)
# nor what only a centre does, and does at length: no tablet has it
WASM_TEST_CENTRE := $(foreach t,erase figure link_order rebuild retake,tests/unit/test_$(t).c)
WASM_PROGRAMS := $(filter-out $(WASM_TEST_CANNOT) $(WASM_TEST_CENTRE),$(UNIT) $(LAWS)) tests/scenario/stories.c
wasm_test_obj = $(patsubst %.c,$(WASM_TEST)/obj/%.o,$(patsubst $(BUILD)/gen/%,gen/%,$(1)))
WASM_TEST_ENGINE := $(filter-out $(WASM)/obj/client-sdk/web/% $(WASM)/lib/sqlite3.o,$(WASM_OBJS))
WASM_TEST_OBJS := $(call wasm_test_obj,$(WASM_TEST_LIB)) $(WASM_TEST)/sqlite3.o $(WASM_TEST_ENGINE)
WASM_TEST_FLAGS := -std=c11 -D_GNU_SOURCE -DSAM_VERSION='"$(VERSION)"' -D_WASI_EMULATED_GETPID -D_WASI_EMULATED_SIGNAL \
                   -Itests/wasm/posix -include tests/wasm/posix/stand_in.h $(WASM_INCL)
wasm_test_modules = $(patsubst tests/%.c,$(WASM_TEST)/%.wasm,$(1))
# the host prints here, and the engine's VFS lies below one with locks
$(WASM_TEST)/obj/client-sdk/web/host.o: WASM_RENAME := $(foreach f,fd_write fd_seek fd_close,-D__wasi_$(f)=sam_web_$(f)) -Dsam_host_boot=sam_web_boot
$(WASM_TEST)/obj/client-sdk/web/vfs.o: WASM_RENAME := -Dsqlite3_os_init=sam_web_os_init
# a start of the machine is known natively and is on the wire: for the same bytes here too
$(WASM_TEST)/obj/client-sdk/src/host.o: WASM_RENAME := $(foreach f,clock mono_ms utc_offset_min file_make,-Dsam_host_$(f)=sam_native_$(f))

$(WASM_TEST)/obj/gen/%.o: $(BUILD)/gen/%.c $(WASM)/flags | $(GEN_H) $(WASM_READY)
	$(call wasm_compile,-Wall $(WASM_TEST_FLAGS))
$(WASM_TEST)/obj/%.o: %.c $(WASM)/flags | $(GEN_H) $(WASM_READY)
	$(call wasm_compile,$(filter-out -Werror,$(WARN)) -Wno-format-nonliteral -Wno-missing-field-initializers $(WASM_TEST_FLAGS) $(WASM_RENAME))
$(WASM_TEST)/sqlite3.o: $(BUILD)/npm.stamp $(WASM)/flags
	@mkdir -p $(@D); echo "CC $@" >&2; $(WASM_CC) -w $(filter-out -DSQLITE_DEFAULT_LOCKING_MODE=1 -DSQLITE_OMIT_AUTOINIT,$(SQLITE_FLAGS)) \
	    -c -o $@.$$$$ $(SQLITE_SRC)/sqlite3.c && mv $@.$$$$ $@
$(WASM_TEST)/scenario/stories.wasm: $(call wasm_test_obj,$(SCENARIO_REST))
$(WASM_TEST)/%.wasm: $(WASM_TEST)/obj/tests/%.o $(WASM_TEST_OBJS)
	@mkdir -p $(@D); echo "LD $@" >&2; wasm-ld /usr/lib/wasm32-wasi/crt1-command.o --gc-sections --stack-first -z stack-size=1048576 \
	    $(filter %.o,$^) -L/usr/lib/wasm32-wasi -lc $$(clang --target=wasm32-wasi -print-libgcc-file-name) -o $@.$$$$ && mv $@.$$$$ $@
$(WASM_TEST)/centre.wasm: $(WASM_TEST)/obj/tests/wasm/centre/far.o $(WASM_TEST_OBJS)
	@mkdir -p $(@D); echo "LD $@" >&2; wasm-ld /usr/lib/wasm32-wasi/crt1-reactor.o --entry _initialize --gc-sections --stack-first \
	    -z stack-size=1048576 --export=malloc $(filter %.o,$^) -L/usr/lib/wasm32-wasi -lc \
	    $$(clang --target=wasm32-wasi -print-libgcc-file-name) -o $@.$$$$ && mv $@.$$$$ $@
