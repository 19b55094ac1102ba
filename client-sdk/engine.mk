# Part of the Makefile: the engine in the browser.
#
# libsamling, SQLite, nanopb, zlib and three ciphers of mbedTLS as one module of WebAssembly, which imports client-sdk/web/import.h and
# nothing else. clang's driver is not asked to link: where wasm-opt is on the path it would run it.

WASM := $(BUILD)/wasm
WASM_CC := clang --target=wasm32-wasi -nostdlibinc -isystem client-sdk/web/posix -isystem /usr/include/wasm32-wasi \
           -Os -g0 -ffunction-sections -fdata-sections -fvisibility=hidden -mbulk-memory -ftls-model=local-exec
SQLITE_SRC := $(BUILD)/node_modules/better-sqlite3/deps/sqlite3
WASM_INCL := '-DMBEDTLS_CONFIG_FILE=<client-sdk/web/mbedtls_config.h>' -I. -I$(BUILD)/gen -Iclient-sdk/include \
             $(foreach l,nanopb mbedtls/include zlib,-isystem $(BUILD)/libs/$(l)) -isystem $(SQLITE_SRC)
SQLITE_FLAGS := $(addprefix -DSQLITE_,OS_OTHER=1 THREADSAFE=0 TEMP_STORE=3 DEFAULT_LOCKING_MODE=1 DEFAULT_SYNCHRONOUS=2 \
    DEFAULT_MEMSTATUS=0 DQS=0 MAX_MMAP_SIZE=0 MAX_EXPR_DEPTH=0 LIKE_DOESNT_MATCH_BLOBS UNTESTABLE USE_ALLOCA \
    $(addprefix OMIT_,LOAD_EXTENSION DEPRECATED SHARED_CACHE TRACE UTF16 AUTOINIT DECLTYPE DESERIALIZE JSON DATETIME_FUNCS \
    COMPLETE TCL_VARIABLE GET_TABLE AUTHORIZATION PROGRESS_CALLBACK LOCALTIME))
# the core and the library but for their native halves: the lines of their own, and the host
WASM_OURS := $(filter-out proto/base/assert.c proto/base/log.c,$(CORE)) proto/wire/crypto.c \
             $(filter-out client-sdk/src/host.c client-sdk/src/host_file.c client-sdk/src/link_tls.c,$(SDK)) $(sort $(wildcard client-sdk/web/*.c)) \
             $(GEN_C) $(BUILD)/gen/client_sql.c
WASM_THEIRS := sqlite3 $(addprefix mbedtls/library/,aes cipher cipher_wrap gcm md sha256 constant_time platform_util) \
               $(addprefix nanopb/,pb_common pb_encode pb_decode) \
               $(addprefix zlib/,adler32 crc32 deflate inffast inflate inftrees trees zutil)
wasm_obj = $(patsubst %.c,$(WASM)/obj/%.o,$(patsubst $(BUILD)/gen/%,gen/%,$(1)))
WASM_OBJS := $(call wasm_obj,$(WASM_OURS)) $(WASM_THEIRS:%=$(WASM)/lib/%.o)
wasm_compile = @mkdir -p $(@D); echo "CC $@" >&2; $(WASM_CC) $(1) -MMD -MP -MF $@.$$$$.d -MT $@ -c -o $@.$$$$ $< \
    && mv $@.$$$$.d $(@:.o=.d) && mv $@.$$$$ $@ || { rm -f $@.$$$$ $@.$$$$.d; exit 1; }
WASM_READY := $(BUILD)/npm.stamp $(BUILD)/libs.stamp

# made again when the flags change, not whenever this file does
WASM_NOW = $(WASM_CC) $(WARN) $(WASM_INCL) $(SQLITE_FLAGS) $(VERSION)
$(WASM)/flags: FORCE
	@mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(WASM_NOW))' >$@.$$$$; cmp -s $@.$$$$ $@ && rm $@.$$$$ || mv $@.$$$$ $@
$(WASM)/obj/gen/%.o: $(BUILD)/gen/%.c $(WASM)/flags | $(GEN_H) $(WASM_READY)
	$(call wasm_compile,-std=c11 -D_GNU_SOURCE -DSAM_VERSION='"$(VERSION)"' -Wall $(WASM_INCL))
$(WASM)/obj/%.o: %.c $(WASM)/flags | $(GEN_H) $(WASM_READY)
	$(call wasm_compile,-std=c11 -D_GNU_SOURCE -DSAM_VERSION='"$(VERSION)"' $(WARN) $(WASM_INCL))
$(WASM)/lib/sqlite3.o: $(BUILD)/npm.stamp $(WASM)/flags
	@mkdir -p $(@D); echo "CC $@" >&2; $(WASM_CC) -w $(SQLITE_FLAGS) -c -o $@.$$$$ $(SQLITE_SRC)/sqlite3.c && mv $@.$$$$ $@
$(WASM)/lib/%.o: $(BUILD)/libs.stamp $(WASM)/flags
	@mkdir -p $(@D); echo "CC $@" >&2; f=$(BUILD)/libs/$*.c; if [ -f $$f ]; then $(WASM_CC) -w $(WASM_INCL) -c -o $@.$$$$ $$f && mv $@.$$$$ $@; fi
WASM_EXPORTS := samling_face samling_start malloc free
wasm_link = @echo "LD $@" >&2; wasm-ld /usr/lib/wasm32-wasi/crt1-reactor.o --entry _initialize --gc-sections --strip-all --stack-first \
    -z stack-size=524288 $$(sed 's/^/--export-if-defined=/' $(BUILD)/gen/samling.names) $(addprefix --export=,$(1)) $(filter %.o,$^) \
    -L/usr/lib/wasm32-wasi -lc-printscan-no-floating-point -lc $$(clang --target=wasm32-wasi -print-libgcc-file-name) -o $@.$$$$ && mv $@.$$$$ $@
$(WASM)/samling.wasm: $(WASM_OBJS) $(BUILD)/gen/samling.names
	$(call wasm_link,$(WASM_EXPORTS))
# the same with a few of SQLite's functions to be called, for the test of its files
$(WASM)/files.wasm: $(WASM_OBJS) $(BUILD)/gen/samling.names
	$(call wasm_link,$(WASM_EXPORTS) $(addprefix sqlite3_,open_v2 exec close prepare_v2 step column_text finalize))

# An app of a few lines on @samling/client, with its worker: client-sdk/web/example/serve.js serves it
ESBUILD := NODE_PATH=$(BUILD)/node_modules $(BUILD)/node_modules/.bin/esbuild --bundle --format=esm --target=chrome110 --log-level=warning
$(BUILD)/example/index.html: client-sdk/web/example/index.html client-sdk/web/example/example.ts $(wildcard client-sdk/web/*.ts) $(WASM)/samling.wasm
	@mkdir -p $(@D) && $(ESBUILD) client-sdk/web/example/example.ts client-sdk/web/worker.ts --outdir=$(@D)/js && \
	  mv $(@D)/js/example/example.js $(@D)/js/worker.js $(@D)/ && rm -r $(@D)/js && cp $(WASM)/samling.wasm $(@D)/ && cp $< $@

# @samling/client as others use it: the page's module with its types, the worker, the engine. build/client/ is an npm package.
$(BUILD)/client/package.json: client-sdk/web/package.json $(wildcard client-sdk/web/*.ts) client-sdk/tsconfig.json $(WASM)/samling.wasm
	@rm -rf $(@D) && mkdir -p $(@D) && $(ESBUILD) client-sdk/web/client.ts client-sdk/web/worker.ts --outdir=$(@D) && \
	  $(BUILD)/node_modules/.bin/tsc -p client-sdk/web/tsconfig.json --outDir $(@D) && cp $(WASM)/samling.wasm $< $(@D)/

client-web: $(BUILD)/client/package.json ## the npm package @samling/client, for an app of your own: build/client/
