# samling: the only build file. Everything it makes lies under build/. `make help` lists the targets.
#
# Sources are found by folder, so a new .c, .sql or test needs no line here:
#   proto/**                    -> libsam_core.a; the files that include mbedTLS -> libsam_tls.a; base/csv_* -> libsam_csv.a,
#                                  which the two programs share and the public library does not need
#   server/** except main.c     -> libsam_server.a; with main.c -> samlingd
#   client-sdk/src              -> libsam_sdk.a (inside), libsamling.a and libsamling.so (public names only)
#   client-sdk/cli, examples    -> samling, examples/*: compiled with the public header and, of proto/base, text.h, csv_table.h and json.h alone
#   tests/{unit,laws,scenario,e2e,bench}/*.c -> one program each, linked with tests/lib
#   tests/sim/*.c -> the simulator, sim/sim, one program of all of them
#   tests/{fuzz,torture,swept,abuse} -> programs of their own, in the sections of those names
# build/asan/ holds the same once more with AddressSanitizer and UndefinedBehaviorSanitizer.

VERSION   := 0.1.0
SOVERSION := 0
PREFIX    ?= /usr/local
BUILD     ?= build
PYTHON    ?= /usr/bin/python3
DEMO      ?= $(BUILD)/demo
ifeq ($(origin CC),default)
CC := gcc
endif
.DEFAULT_GOAL := all
.SUFFIXES:
.DELETE_ON_ERROR:
# as many jobs as there are processors, unless the caller says otherwise
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 1)
endif

# ---- packages ------------------------------------------------------------------------------------------------------

# the HTTP parser: llhttp where the release has it (Debian 13), else its forerunner (Debian 12)
PACKAGE_HTTP := $(shell grep -qs 'VERSION_ID="12"' /etc/os-release && echo libhttp-parser-dev || echo libllhttp-dev)
PACKAGES := gcc make pkg-config libsqlite3-dev libuv1-dev libmbedtls-dev nanopb libnanopb-dev protobuf-compiler \
            python3 python3-protobuf zlib1g-dev libqrencode-dev libargon2-dev libsodium-dev libcsv-dev libwslay-dev libcmocka-dev sqlite3 $(PACKAGE_HTTP)
PACKAGES_LINT  := clang-tidy clang-format cppcheck clang
PACKAGES_FRESH := debootstrap
# a browser, and Node with npm where they do not come from elsewhere
PACKAGES_CONSOLE := chromium $(if $(shell command -v node),,nodejs) $(if $(shell command -v npm),,npm)
PACKAGES_TABLET := libnss3-tools
PACKAGES_DEB   := dpkg-dev
# the engine in the browser: a compiler for WebAssembly with its C library, and what unpacks Debian's sources
PACKAGES_WEB   := clang lld wasi-libc dpkg-dev libclang-rt-$(shell grep -qs 'VERSION_ID="12"' /etc/os-release && echo 14 || echo 19)-dev-wasm32 \
                  $(if $(shell command -v node),,nodejs) $(if $(shell command -v npm),,npm)

# need(packages): install what dpkg does not list as installed
define need
missing=; for p in $(1); do \
    case " $$(dpkg-query -W -f '$${db:Status-Status} ' $$p 2>/dev/null)" in *\ installed\ *) ;; *) missing="$$missing $$p";; esac; \
done; \
if [ -n "$$missing" ]; then \
    cmd="apt-get install -y --no-install-recommends$$missing"; \
    if ! command -v apt-get >/dev/null; then echo "samling is built on Debian 12 or 13; missing:$$missing" >&2; exit 1; fi; \
    if [ "$$(id -u)" = 0 ]; then as=; \
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then as=sudo; \
    else echo "missing packages; as root, run: apt-get update && $$cmd" >&2; exit 1; fi; \
    echo "installing:$$missing"; \
    $$as env DEBIAN_FRONTEND=noninteractive apt-get update -q && $$as env DEBIAN_FRONTEND=noninteractive $$cmd \
    || { echo "installing failed; as root, run: apt-get update && $$cmd" >&2; exit 1; }; \
fi; \
mkdir -p $(@D); touch $@
endef

$(BUILD)/deps.stamp: Makefile
	@$(call need,$(PACKAGES))
$(BUILD)/deps-lint.stamp: Makefile
	@$(call need,$(PACKAGES_LINT))
$(BUILD)/deps-fresh.stamp: Makefile
	@$(call need,$(PACKAGES_FRESH))
$(BUILD)/deps-console.stamp: Makefile
	@$(call need,$(PACKAGES_CONSOLE))
# Playwright and axe, as tests/console/package-lock.json pins them
$(BUILD)/console/npm.stamp: tests/console/package.json tests/console/package-lock.json $(BUILD)/deps-console.stamp
	@mkdir -p $(@D) && cp tests/console/package.json tests/console/package-lock.json $(@D)/ && \
	  { npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund >$(@D)/npm.log 2>&1 || { cat $(@D)/npm.log >&2; exit 1; }; } && touch $@
$(BUILD)/deps-deb.stamp: Makefile
	@$(call need,$(PACKAGES_DEB))
$(BUILD)/deps-web.stamp: Makefile
	@$(call need,$(PACKAGES_WEB))
$(BUILD)/deps-tablet.stamp: $(BUILD)/deps-console.stamp
	@$(call need,$(PACKAGES_TABLET))
# What the engine and the tablet app are made with, as client-sdk/package-lock.json pins it; among it SQLite's amalgamation
$(BUILD)/npm.stamp: client-sdk/package.json client-sdk/package-lock.json $(BUILD)/deps-web.stamp
	@mkdir -p $(@D) && cp client-sdk/package.json client-sdk/package-lock.json $(@D)/ && \
	  { npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund >$(@D)/npm.log 2>&1 || { cat $(@D)/npm.log >&2; exit 1; }; } && touch $@
$(BUILD)/libs.stamp: client-sdk/web/sources.sh $(BUILD)/deps-web.stamp
	@client-sdk/web/sources.sh $(BUILD)/libs mbedtls nanopb zlib && touch $@

# What depends on the compiler and the libraries is asked once they are installed, then make starts over with the answers.
$(BUILD)/config.mk: $(BUILD)/deps.stamp
	@{ ok=; for f in -fstack-clash-protection -fcf-protection -ftrivial-auto-var-init=zero -fstack-protector-strong; do \
	    $(CC) -Werror $$f -c -x c /dev/null -o /dev/null 2>/dev/null && ok="$$ok $$f"; done; echo "HARDEN :=$$ok"; \
	  inc=; [ -f /usr/include/pb.h ] || inc="-isystem $$(dirname $$(find /usr/include -name pb.h | head -n 1))"; \
	  echo "PB_CFLAGS := $$inc"; \
	  echo "NANOPB := $$(command -v nanopb_generator.py || command -v nanopb_generator)"; \
	  for l in sqlite3 libuv zlib libqrencode libargon2 libsodium cmocka; do \
	    echo "CFLAGS_$$l := $$(pkg-config --cflags $$l)"; echo "LIBS_$$l := $$(pkg-config --libs $$l)"; done; \
	  if echo '#include <llhttp.h>' | $(CC) -E -x c - >/dev/null 2>&1; then echo "CFLAGS_http := -DHAVE_LLHTTP=1"; echo "LIBS_http := -lllhttp"; \
	  else echo "CFLAGS_http := -DHAVE_LLHTTP=0"; echo "LIBS_http := -lhttp_parser"; fi; \
	} >$@.$$$$ && mv $@.$$$$ $@

# T=name picks one program or script
picked = $(if $(T),$(filter %/$(T) %/$(T).sh %/$(T).py,$(1)),$(1))
QUIET_GOALS := clean help fresh deps-lint format
ifneq ($(filter-out $(QUIET_GOALS),$(or $(MAKECMDGOALS),all)),)
include $(BUILD)/config.mk
endif

# ---- flags ---------------------------------------------------------------------------------------------------------

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wpointer-arith \
        -Wformat=2 -Wvla -Wundef -Wwrite-strings -Wimplicit-fallthrough -Wredundant-decls
BASE := -std=c11 -D_GNU_SOURCE -g -fPIC -fno-semantic-interposition -DSAM_VERSION='"$(VERSION)"'
FAST := -O2 -D_FORTIFY_SOURCE=2 $(HARDEN)
ASAN := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -Wno-maybe-uninitialized
INCL := -I. -I$(BUILD)/gen -Iclient-sdk/include $(PB_CFLAGS) $(CFLAGS_sqlite3) $(CFLAGS_libuv) $(CFLAGS_zlib) \
        $(CFLAGS_libqrencode) $(CFLAGS_libargon2) $(CFLAGS_libsodium) $(CFLAGS_http) $(CFLAGS_cmocka)
INCL_PUBLIC := -Iclient-sdk/include -I$(BUILD)/gen/cli
LINK := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
CFLAGS ?=
LDFLAGS ?=

LIBS_TLS  := -lmbedtls -lmbedx509 -lmbedcrypto
LIBS_CORE := -lprotobuf-nanopb $(LIBS_zlib)
LIBS_SDK  := $(LIBS_sqlite3) $(LIBS_TLS) $(LIBS_CORE) -lpthread -lm
LIBS_CSV  := -lcsv
LIBS_WEBSOCKET := -lwslay
LIBS_ALL  := $(LIBS_libuv) $(LIBS_libqrencode) $(LIBS_libargon2) $(LIBS_libsodium) $(LIBS_http) $(LIBS_WEBSOCKET) $(LIBS_CSV) $(LIBS_SDK)

# objects are made again when the flags change
FLAGS_NOW := $(CC) $(BASE) $(WARN) $(FAST) $(ASAN) $(INCL) $(CFLAGS)
ifneq ($(filter-out $(QUIET_GOALS),$(or $(MAKECMDGOALS),all)),)
$(shell mkdir -p $(BUILD); printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' >$(BUILD)/flags.$$$$; \
    cmp -s $(BUILD)/flags.$$$$ $(BUILD)/flags && rm $(BUILD)/flags.$$$$ || mv $(BUILD)/flags.$$$$ $(BUILD)/flags)
endif

# ---- sources -------------------------------------------------------------------------------------------------------

# tree(folder): its C files; with_main(files): those that are programs
with_main = $(if $(strip $(1)),$(shell grep -l '^int main\b' $(1)))
tree = $(sort $(shell find $(1) -name '*.c' 2>/dev/null))
PROTO   := $(call tree,proto)
TLS     := $(sort $(shell grep -l '^ *\# *include <mbedtls/' proto/wire/*.c 2>/dev/null))
CSV     := $(sort $(wildcard proto/base/csv_*.c))
CORE    := $(filter-out $(TLS) $(CSV),$(PROTO))
SERVER  := $(filter-out server/main.c,$(call tree,server))
MAIN    := $(wildcard server/main.c)
SDK     := $(call tree,client-sdk/src)
CLI     := $(call tree,client-sdk/cli)
CLI_MAIN := $(call with_main,$(CLI))
CLI_REST := $(filter-out $(CLI_MAIN),$(CLI))
EXAMPLE := $(sort $(wildcard client-sdk/examples/*.c))
TESTLIB := $(sort $(wildcard tests/lib/*.c))
UNIT    := $(call with_main,$(sort $(wildcard tests/unit/*.c)))
LAWS    := $(call with_main,$(sort $(wildcard tests/laws/*.c)))
SCENARIO := $(call with_main,$(sort $(wildcard tests/scenario/*.c)))
SCENARIO_REST := $(filter-out $(SCENARIO),$(sort $(wildcard tests/scenario/*.c)))
E2E_C   := $(call with_main,$(sort $(wildcard tests/e2e/*.c)))
SIM     := $(sort $(wildcard tests/sim/*.c))
BENCH_C := $(call with_main,$(sort $(wildcard tests/bench/*.c)))
STORE_SQL  := $(sort $(wildcard server/store/sql/*.sql))
CLIENT_SQL := $(sort $(wildcard client-sdk/src/sql/*.sql))
WEB_FILES  := $(sort $(wildcard server/console/web/*))

GEN_C := $(if $(wildcard proto/samling.proto),$(BUILD)/gen/samling.pb.c)
GEN_H := $(GEN_C:.c=.h) $(BUILD)/gen/store_sql.h $(BUILD)/gen/client_sql.h $(BUILD)/gen/console_web.h $(BUILD)/gen/app_files.h
GEN_PY := $(if $(GEN_C),$(BUILD)/gen/python/samling_pb2.py)

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(patsubst $(BUILD)/gen/%,gen/%,$(1)))
san = $(patsubst %.c,$(BUILD)/asan/obj/%.o,$(patsubst $(BUILD)/gen/%,gen/%,$(1)))

# archives are made again when a file comes or goes
SOURCES_NOW := $(PROTO) $(SERVER) $(MAIN) $(SDK) $(CLI) $(TESTLIB) $(TLS)
ifneq ($(filter-out $(QUIET_GOALS),$(or $(MAKECMDGOALS),all)),)
$(shell printf '%s\n' $(SOURCES_NOW) >$(BUILD)/sources.$$$$; \
    cmp -s $(BUILD)/sources.$$$$ $(BUILD)/sources && rm $(BUILD)/sources.$$$$ || mv $(BUILD)/sources.$$$$ $(BUILD)/sources)
endif

# ---- generated code ------------------------------------------------------------------------------------------------

$(BUILD)/gen/samling.pb.c: proto/samling.proto $(wildcard proto/samling.options) | $(BUILD)/deps.stamp
	@mkdir -p $(@D)/pb.$$$$ && $(PYTHON) $(NANOPB) -q -I proto -f proto/samling.options -D $(@D)/pb.$$$$ samling.proto && \
	mv $(@D)/pb.$$$$/samling.pb.h $(@D)/pb.$$$$/samling.pb.c $(@D)/ && rmdir $(@D)/pb.$$$$ && touch $@
$(BUILD)/gen/samling.pb.h: $(BUILD)/gen/samling.pb.c ;
$(BUILD)/gen/python/samling_pb2.py: proto/samling.proto | $(BUILD)/deps.stamp
	@mkdir -p $(@D) && protoc -I proto --python_out $(@D) proto/samling.proto

# embed(noun, files): NAME_sql_files[] of file name and text, in the order of the names, ended by {NULL, NULL}
define embed
@mkdir -p $(@D); { echo '#include "$(1)_sql.h"'; echo 'const struct $(1)_sql_file $(1)_sql_files[] = {'; \
for f in $(2); do echo "    {\"$${f##*/}\","; \
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/     "/' -e 's/$$/\\n"/' $$f; echo '     ""},'; done; \
echo '    {0, 0},'; echo '};'; echo 'const size_t $(1)_sql_files_count = $(words $(2));'; } >$@.$$$$ && mv $@.$$$$ $@
endef
define embed_h
@mkdir -p $(@D); printf '%s\n' '#ifndef SAM_GEN_$(1)_SQL_H' '#define SAM_GEN_$(1)_SQL_H' '#include <stddef.h>' \
'struct $(1)_sql_file {' '    const char *name; /* file name, as 001_facts.sql */' '    const char *text;' '};' \
'extern const struct $(1)_sql_file $(1)_sql_files[];' 'extern const size_t $(1)_sql_files_count;' '#endif' >$@.$$$$ && mv $@.$$$$ $@
endef
# the list of files is a prerequisite too: a file taken away makes the array anew
$(BUILD)/gen/store_sql.list: FORCE
	@mkdir -p $(@D); echo '$(STORE_SQL)' >$@.$$$$; cmp -s $@.$$$$ $@ && rm $@.$$$$ || mv $@.$$$$ $@
$(BUILD)/gen/client_sql.list: FORCE
	@mkdir -p $(@D); echo '$(CLIENT_SQL)' >$@.$$$$; cmp -s $@.$$$$ $@ && rm $@.$$$$ || mv $@.$$$$ $@
$(BUILD)/gen/store_sql.c: $(STORE_SQL) $(BUILD)/gen/store_sql.list
	$(call embed,store,$(STORE_SQL))
$(BUILD)/gen/client_sql.c: $(CLIENT_SQL) $(BUILD)/gen/client_sql.list
	$(call embed,client,$(CLIENT_SQL))
$(BUILD)/gen/store_sql.h:
	$(call embed_h,store)
$(BUILD)/gen/client_sql.h:
	$(call embed_h,client)

# The files of the console, as they are: console_web_files[], ended by one without a name. The assembler reads them, so the object
# depends on them too.
$(BUILD)/gen/console_web.list: FORCE
	@mkdir -p $(@D); echo '$(WEB_FILES)' >$@.$$$$; cmp -s $@.$$$$ $@ && rm $@.$$$$ || mv $@.$$$$ $@
$(BUILD)/gen/console_web.c: $(WEB_FILES) $(BUILD)/gen/console_web.list
	@mkdir -p $(@D); { echo '#include "console_web.h"'; n=0; \
	  for f in $(WEB_FILES); do n=$$((n + 1)); echo "CONSOLE_WEB_FILE($$n, \"$$f\")"; done; \
	  echo 'const struct console_web_file console_web_files[] = {'; n=0; \
	  for f in $(WEB_FILES); do n=$$((n + 1)); echo "    {\"$${f##*/}\", console_web_$$n, console_web_end_$$n},"; done; \
	  echo '    {0, 0, 0},'; echo '};'; } >$@.$$$$ && mv $@.$$$$ $@
$(BUILD)/gen/console_web.h:
	@mkdir -p $(@D); printf '%s\n' '#ifndef SAM_GEN_CONSOLE_WEB_H' '#define SAM_GEN_CONSOLE_WEB_H' '#include <stdint.h>' \
	'struct console_web_file {' '    const char *name; /* as app.js */' '    const uint8_t *bytes, *end;' '};' \
	'extern const struct console_web_file console_web_files[];' \
	'#define CONSOLE_WEB_FILE(n, file) __asm__(".pushsection .rodata; .balign 16; console_web_" #n ": .incbin \"" file \' \
	'    "\"; console_web_end_" #n ": .byte 0; .popsection"); \' \
	'    extern const uint8_t console_web_##n[] __attribute__((visibility("hidden"))); \' \
	'    extern const uint8_t console_web_end_##n[] __attribute__((visibility("hidden")));' '#endif' >$@.$$$$ && mv $@.$$$$ $@
$(call obj,$(BUILD)/gen/console_web.c) $(call san,$(BUILD)/gen/console_web.c): $(WEB_FILES)

# The tablet app, which samlingd has in itself: every file of $(BUILD)/tablet, packed with gzip. The stamp says that they are there.
$(BUILD)/gen/app_files.c: $(BUILD)/tablet.stamp Makefile
	@rm -rf $(@D)/app && mkdir -p $(@D)/app && { echo '#include "app_files.h"'; list=; n=0; \
	  for f in $(BUILD)/tablet/*; do name=$${f##*/}; n=$$((n + 1)); \
	    case $$name in *[!A-Za-z0-9._-]*) echo "$$f: not a name of the app" >&2; exit 1;; esac; \
	    gzip -9nc $$f >$(@D)/app/$$name.gz || exit 1; hash=$$(sha256sum <$$f | cut -c 1-32); \
	    echo "APP_FILE($$n, \"$(@D)/app/$$name.gz\")"; \
	    list="$$list    {\"$$name\", app_file_$$n, app_file_end_$$n, $$(stat -c %s $$f), \"$$hash\"},|"; done; \
	  echo 'const struct app_file app_files[] = {'; printf %s "$$list" | tr '|' '\n'; \
	  echo '    {0, 0, 0, 0, 0},'; echo '};'; } >$@.$$$$ && mv $@.$$$$ $@
$(BUILD)/gen/app_files.h:
	@mkdir -p $(@D); printf '%s\n' '#ifndef SAM_GEN_APP_FILES_H' '#define SAM_GEN_APP_FILES_H' '#include "server/console/app.h"' \
	'extern const struct app_file app_files[];' \
	'#define APP_FILE(n, file) __asm__(".pushsection .rodata; .balign 16; app_file_" #n ": .incbin \"" file \' \
	'    "\"; app_file_end_" #n ": .byte 0; .popsection"); \' \
	'    extern const uint8_t app_file_##n[] __attribute__((visibility("hidden"))); \' \
	'    extern const uint8_t app_file_end_##n[] __attribute__((visibility("hidden")));' '#endif' >$@.$$$$ && mv $@.$$$$ $@

# What the command line sees beside the public header: the catalogue of texts, the reading of CSV and the writing of JSON,
# nothing else of proto/.
TEXTS := $(wildcard proto/base/text.h proto/base/text*.def proto/base/csv_table.h proto/base/json.h proto/base/buf.h)
CLI_GEN := $(addprefix $(BUILD)/gen/cli/,$(TEXTS))
$(BUILD)/gen/cli/%: %
	@mkdir -p $(@D); ln -sfn $(CURDIR)/$< $@

# ---- objects -------------------------------------------------------------------------------------------------------
# Every output is written beside its place and moved there, so that two runs of make at once do not meet a half-written file.

CLI_OBJS := $(call obj,$(CLI) $(EXAMPLE)) $(call san,$(CLI) $(EXAMPLE))
GEN_OBJS := $(BUILD)/obj/gen/samling.pb.o $(BUILD)/asan/obj/gen/samling.pb.o
$(CLI_OBJS): INCL := $(INCL_PUBLIC)
$(CLI_OBJS): | $(CLI_GEN)
$(GEN_OBJS): WARN := -Wall

compile = @mkdir -p $(@D); echo "CC $@" >&2; \
    $(CC) $(BASE) $(1) $(WARN) $(INCL) $(CFLAGS) -MMD -MP -MF $@.$$$$.d -MT $@ -c -o $@.$$$$ $< \
    && mv $@.$$$$.d $(@:.o=.d) && mv $@.$$$$ $@ || { rm -f $@.$$$$ $@.$$$$.d; $(if $(T),$(if $(filter %/$(T).c,$<),exit 1,$(stand_in)),exit 1); }

# With T=one_test another source that does not compile just now is left out, loudly, so that other tests can be run meanwhile: an
# empty object older than its source, which the next make tries again.
stand_in = echo "LEFT OUT $<"; $(CC) -x c -c /dev/null -o $@.$$$$ && touch -d @0 $@.$$$$ && mv $@.$$$$ $@

$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/flags | $(GEN_H)
	$(call compile,$(FAST))
$(BUILD)/asan/obj/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/flags | $(GEN_H)
	$(call compile,$(ASAN))
$(BUILD)/obj/%.o: %.c $(BUILD)/flags | $(GEN_H)
	$(call compile,$(FAST))
$(BUILD)/asan/obj/%.o: %.c $(BUILD)/flags | $(GEN_H)
	$(call compile,$(ASAN))

ifneq ($(filter-out $(QUIET_GOALS),$(or $(MAKECMDGOALS),all)),)
-include $(shell find $(BUILD)/obj $(BUILD)/asan/obj $(BUILD)/wasm -name '*.d' 2>/dev/null)
endif

# ---- archives ------------------------------------------------------------------------------------------------------

archive = @mkdir -p $(@D); echo "AR $@" >&2; rm -f $@.$$$$; ar rcD $@.$$$$ $(filter %.o,$^) && mv $@.$$$$ $@
SERVER_ALL := $(SERVER) $(if $(SERVER),$(BUILD)/gen/store_sql.c $(BUILD)/gen/console_web.c)
SDK_ALL    := $(SDK) $(if $(SDK),$(BUILD)/gen/client_sql.c)

$(BUILD)/libsam_core.a: $(call obj,$(CORE) $(GEN_C)) $(BUILD)/sources; $(archive)
$(BUILD)/libsam_tls.a: $(call obj,$(TLS)) $(BUILD)/sources; $(archive)
$(BUILD)/libsam_csv.a: $(call obj,$(CSV)) $(BUILD)/sources; $(archive)
$(BUILD)/libsam_server.a: $(call obj,$(SERVER_ALL)) $(BUILD)/sources; $(archive)
$(BUILD)/libsam_sdk.a: $(call obj,$(SDK_ALL)) $(BUILD)/sources; $(archive)
$(BUILD)/libsam_cli.a: $(call obj,$(CLI_REST)) $(BUILD)/sources; $(archive)
$(BUILD)/libsam_test.a: $(call obj,$(TESTLIB)) $(BUILD)/sources; $(archive)
$(BUILD)/asan/libsam_core.a: $(call san,$(CORE) $(GEN_C)) $(BUILD)/sources; $(archive)
$(BUILD)/asan/libsam_tls.a: $(call san,$(TLS)) $(BUILD)/sources; $(archive)
$(BUILD)/asan/libsam_csv.a: $(call san,$(CSV)) $(BUILD)/sources; $(archive)
$(BUILD)/asan/libsam_server.a: $(call san,$(SERVER_ALL)) $(BUILD)/sources; $(archive)
$(BUILD)/asan/libsam_sdk.a: $(call san,$(SDK_ALL)) $(BUILD)/sources; $(archive)
$(BUILD)/asan/libsam_cli.a: $(call san,$(CLI_REST)) $(BUILD)/sources; $(archive)
$(BUILD)/asan/libsam_test.a: $(call san,$(TESTLIB)) $(BUILD)/sources; $(archive)

# The public library. Its names are those of the public header: in the shared object by a version script, in the archive
# by joining all objects into one and making every other name local.
SDK_OBJS := $(call obj,$(CORE) $(GEN_C) $(TLS) $(SDK_ALL))
PUBLIC_H := $(sort $(wildcard client-sdk/include/*.h))
$(BUILD)/gen/samling.names: $(PUBLIC_H)
	@mkdir -p $(@D); cat $^ /dev/null | grep -o '\bsamling_[a-z0-9_]* *(' | tr -d ' (' | sort -u >$@.$$$$; mv $@.$$$$ $@
$(BUILD)/gen/samling.map: $(BUILD)/gen/samling.names
	@{ echo 'SAMLING_$(SOVERSION) {'; echo 'global:'; sed 's/$$/;/' $<; echo 'local: *;'; echo '};'; } >$@.$$$$; mv $@.$$$$ $@
$(BUILD)/libsamling.so.$(VERSION): $(SDK_OBJS) $(BUILD)/gen/samling.map
	@echo "LD $@" >&2; $(CC) -shared -Wl,-soname,libsamling.so.$(SOVERSION) -Wl,--version-script=$(BUILD)/gen/samling.map \
	    -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed,--no-undefined $(LDFLAGS) -o $@.$$$$ $(filter %.o,$^) $(LIBS_SDK) && mv $@.$$$$ $@
$(BUILD)/libsamling.so: $(BUILD)/libsamling.so.$(VERSION)
	@ln -sfn $(<F) $(@D)/libsamling.so.$(SOVERSION); ln -sfn $(<F) $@
$(BUILD)/libsamling.a: $(SDK_OBJS) $(BUILD)/gen/samling.names
	@echo "AR $@" >&2; t=$@.$$$$.d; mkdir -p $$t && $(CC) -r -nostdlib -o $$t/samling.o $(filter %.o,$^) && \
	objcopy --keep-global-symbols=$(BUILD)/gen/samling.names $$t/samling.o && ar rcD $$t/a $$t/samling.o && mv $$t/a $@; r=$$?; rm -rf $$t; exit $$r
$(BUILD)/samling.pc: client-sdk/samling.pc.in Makefile
	@mkdir -p $(@D); sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' $< >$@.$$$$; mv $@.$$$$ $@

# ---- programs ------------------------------------------------------------------------------------------------------

link = @mkdir -p $(@D); echo "LD $@" >&2; \
    $(CC) $(1) $(LINK) $(LDFLAGS) -o $@.$$$$ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(2) \
    && mv $@.$$$$ $@ || { rm -f $@.$$$$; exit 1; }
SERVER_LIBS := libsam_server.a libsam_csv.a libsam_tls.a libsam_core.a
TEST_LIBS   := libsam_test.a libsam_cli.a libsam_sdk.a $(SERVER_LIBS)
libs_fast = $(addprefix $(BUILD)/,$(1))
libs_asan = $(addprefix $(BUILD)/asan/,$(1))

$(BUILD)/samlingd: $(call obj,$(MAIN) $(BUILD)/gen/app_files.c) $(call libs_fast,$(SERVER_LIBS)); $(call link,,$(LIBS_ALL))
$(BUILD)/asan/samlingd: $(call san,$(MAIN) $(BUILD)/gen/app_files.c) $(call libs_asan,$(SERVER_LIBS)); $(call link,$(ASAN),$(LIBS_ALL))
$(BUILD)/samling: $(call obj,$(CLI) $(wildcard proto/base/text.c proto/base/assert.c proto/base/fold.c proto/base/json.c proto/base/buf.c)) $(BUILD)/libsam_csv.a $(BUILD)/libsamling.a; $(call link,,$(LIBS_CSV) $(LIBS_SDK))
$(BUILD)/asan/samling: $(call san,$(CLI)) $(call libs_asan,libsam_sdk.a libsam_csv.a libsam_tls.a libsam_core.a); $(call link,$(ASAN),$(LIBS_CSV) $(LIBS_SDK))
$(BUILD)/examples/%: $(BUILD)/obj/client-sdk/examples/%.o $(BUILD)/libsamling.a; $(call link,,$(LIBS_SDK))

TEST_DIRS := unit laws scenario e2e bench
define test_program
$(BUILD)/$(1)/%: $(BUILD)/obj/tests/$(1)/%.o $(call libs_fast,$(TEST_LIBS)); $$(call link,,$$(LIBS_cmocka) $$(LIBS_ALL))
$(BUILD)/asan/$(1)/%: $(BUILD)/asan/obj/tests/$(1)/%.o $(call libs_asan,$(TEST_LIBS)); $$(call link,$$(ASAN),$$(LIBS_cmocka) $$(LIBS_ALL))
endef
$(foreach d,$(TEST_DIRS),$(eval $(call test_program,$(d))))
# The simulator takes the place of threads, sockets, clocks and chance: what it defines itself is not taken from the archives.
SIM_LIBS := libsam_sdk.a $(SERVER_LIBS)
SIM_WRAP := -Wl,--wrap=sam_hello_encode -Wl,--wrap=sam_join_encode -Wl,--wrap=sam_op_validate
$(BUILD)/sim/sim: $(call obj,$(SIM)) $(call libs_fast,$(SIM_LIBS)); $(call link,$(SIM_WRAP),$(LIBS_ALL))
$(BUILD)/asan/sim/sim: $(call san,$(SIM)) $(call libs_asan,$(SIM_LIBS)); $(call link,$(ASAN) $(SIM_WRAP),$(LIBS_ALL))
.SECONDARY:

programs = $(patsubst tests/%.c,$(BUILD)/%,$(1))
san_programs = $(patsubst tests/%.c,$(BUILD)/asan/%,$(1))
$(call programs,$(SCENARIO)): $(call obj,$(SCENARIO_REST))
$(call san_programs,$(SCENARIO)): $(call san,$(SCENARIO_REST))
SAMLINGD := $(if $(MAIN),$(BUILD)/samlingd)
SAMLING  := $(if $(CLI_MAIN),$(if $(SDK),$(BUILD)/samling))
UNITS    := $(sort $(wildcard server/systemd/*.service server/systemd/*.timer))
LIBS_OUT := $(if $(SDK),$(BUILD)/libsamling.a $(BUILD)/libsamling.so) $(BUILD)/samling.pc
EXAMPLES := $(if $(SDK),$(EXAMPLE:client-sdk/%.c=$(BUILD)/%))
SAN_BINS := $(SAMLINGD:$(BUILD)/%=$(BUILD)/asan/%) $(SAMLING:$(BUILD)/%=$(BUILD)/asan/%)

# ---- the engine in the browser -------------------------------------------------------------------------------------
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

# ---- the tablet app ------------------------------------------------------------------------------------------------
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
# it: threads, sockets, TLS, argon2 and sodium.
WASM_TEST := $(WASM)/test
WASM_CANNOT := $(addprefix server/store/,backup_seal.c) $(addprefix tests/lib/,porch.c told.c entrance.c)
WASM_TEST_LIB := $(filter-out $(WASM_CANNOT),$(wildcard server/store/*.c server/intake/*.c) $(TESTLIB)) proto/base/log.c $(wildcard tests/wasm/*.c) \
                 $(BUILD)/gen/store_sql.c client-sdk/web/host.c client-sdk/web/vfs.c client-sdk/src/host.c
# goal: what the programs stand on, as far as it is the engine's or the centre's core
WASM_TEST_CANNOT := $(foreach t,account app backup_seal cert cli_% config console% csv% demo_history fields gate import lockout login migrate net_% \
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

# ---- coverage ------------------------------------------------------------------------------------------------------
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
# ---- fuzzing --------------------------------------------------------------------------------------------------------
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
# ---- torture -------------------------------------------------------------------------------------------------------
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

# ---- mutants -------------------------------------------------------------------------------------------------------
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
# ---- abuse ---------------------------------------------------------------------------------------------------------
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
# ---- beside others -------------------------------------------------------------------------------------------------
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

# ---- sweeps under sanitisers ----------------------------------------------------------------------------------------
# The same programs once more with AddressSanitizer and UndefinedBehaviorSanitizer: what stands behind a failed call is neither freed
# twice nor left, and nothing that was not set is used.

.PHONY: swept-asan
SWEPT_SANITISED := $(SWEPT_PROGRAMS:$(BUILD)/swept/%=$(BUILD)/asan/swept/%)
run_swept_asan = $(subst -t 900,-t 3600,$(subst $(BUILD)/swept/,$(BUILD)/asan/swept/,$(run_swept)))
swept-asan: $(call picked,$(SWEPT_SANITISED)) ## the same with the sanitisers, and leaks count; one: make swept-asan T=test_feed
	@$(RUN) $(run_swept_asan)

# ---- targets -------------------------------------------------------------------------------------------------------

ifneq ($(filter clean,$(MAKECMDGOALS)),)
ifneq ($(words $(MAKECMDGOALS)),1)
$(error make clean stands alone: make clean && make ...)
endif
endif

.PHONY: all prove tablet client-web example-web deps deps-lint run demo test test-wasm test-console test-tablet unit scenario sim sim-many sim-controls asan e2e bench lint symbols floors format fresh install deb clean help FORCE
FORCE:

example-web: $(BUILD)/example/index.html ## an app of a few lines on @samling/client: see client-sdk/web/example/serve.js

all: $(BUILD)/libsam_core.a $(BUILD)/libsam_tls.a $(SAMLINGD) $(SAMLING) $(LIBS_OUT) $(EXAMPLES) ## programs, libraries and examples (the default)

deps: $(BUILD)/deps.stamp ## install the Debian packages that the build and the tests need
deps-lint: $(BUILD)/deps-lint.stamp

SEED ?= 1
run: all ## start a server with the demo store of build/demo, clinics with a year of history, and say where to go next and how to get into its console
	@[ -d $(DEMO) ] || { trap 'rm -rf $(DEMO); exit 1' INT TERM; $(BUILD)/samlingd demo --seed $(SEED) --home $(DEMO) || { rm -rf $(DEMO); exit 1; }; }
	@case $$($(BUILD)/samlingd account show admin --home $(DEMO) --json 2>/dev/null) in \
	  '') $(BUILD)/samlingd account invite admin --role admin --home $(DEMO);; \
	  *'"state": "invited"'*) $(BUILD)/samlingd account reset admin --home $(DEMO);; esac
	@exec $(BUILD)/samlingd serve --home $(DEMO)

demo: all ## play one Tuesday with three tablets, told as commands and what they print: make demo LANG=nb
	@SAM_BUILD=$(BUILD) $(PYTHON) tests/demo.py --seed $(SEED) $(if $(findstring command line,$(origin LANG)),--lang $(firstword $(subst _, ,$(LANG))))

UNIT_PROGRAMS := $(call programs,$(UNIT) $(LAWS)) $(call san_programs,$(UNIT) $(LAWS))
# stories plays each file of tests/scenario; flips plays them with one wrong merge class after the other
SCENARIO_PROGRAMS := $(call programs,$(SCENARIO)) $(filter-out %/flips,$(call san_programs,$(SCENARIO)))
STORIES := $(sort $(wildcard tests/scenario/*.txt tests/scenario/bad/*.txt))
E2E_NEEDS := all $(SAN_BINS) $(GEN_PY) $(call programs,$(E2E_C))
scripts = $(shell find $(1) -maxdepth 1 \( -name '*.sh' -o -name '*.py' \) 2>/dev/null | sort)
golden_scripts = $(call scripts,tests/golden)
e2e_scripts = $(call scripts,tests/e2e)
RUN := SAM_BUILD=$(BUILD) PYTHON=$(PYTHON) tests/run.sh -o $(BUILD)/test
run_unit = -j 2 -t 900 $(call picked,$(UNIT_PROGRAMS)) $(foreach p,$(call picked,$(SCENARIO_PROGRAMS)),"$(p) $(STORIES)")
# those that measure have the processors alone; the others share them, the longest first
e2e_alone = $(filter $(addprefix tests/e2e/,36-% 38-% 50-% 60-% 61-% 62-% 66-% 70-% 82-% 85-%),$(e2e_scripts))
e2e_long = $(filter $(addprefix tests/e2e/,21-% 20-% 63-% 80-%),$(e2e_scripts))
e2e_shared = $(call picked,$(e2e_long) $(filter-out $(e2e_alone) $(e2e_long),$(e2e_scripts)))
run_e2e = -j 2 -t 1200 $(e2e_shared) -j 1 -t 1200 $(call picked,$(e2e_alone))
run_console = -j 1 -t 600 tests/console/run.js
# the engine as a module under Node: its tests beside their native logs, its shape, and its power
WASM_MODULES := $(call wasm_test_modules,$(WASM_PROGRAMS))
WASM_NEEDS := $(WASM)/samling.wasm $(WASM_TEST)/centre.wasm $(WASM_MODULES)
run_wasm = -j 2 -t 600 $(wasm_units) "tests/wasm/stories.js $(BUILD) $(STORIES)" "tests/wasm/power.js $(BUILD)" "tests/wasm/shape.js $(BUILD)"
# in two halves, which take about as long
WASM_NAMES := $(patsubst tests/%.c,%,$(filter-out tests/scenario/%,$(WASM_PROGRAMS)))
WASM_FIRST := laws/% $(foreach l,a b c d e,unit/test_$(l)%)
wasm_units = "tests/wasm/units.js $(BUILD) $(filter-out $(WASM_FIRST),$(WASM_NAMES))" "tests/wasm/units.js $(BUILD) $(filter $(WASM_FIRST),$(WASM_NAMES))"
# The tablet app in Chromium. Like the end-to-end scripts they wait more than they work, so three go side by side, the longest first.
TABLET_NEEDS := all $(WASM)/files.wasm $(BUILD)/example/index.html $(BUILD)/console/npm.stamp $(BUILD)/deps-tablet.stamp
run_tablet = -j 3 -t 1200 $(TABLET_LONG) $(filter-out $(TABLET_LONG),$(TABLET_TESTS))
TABLET_LONG := $(addprefix tests/tablet/,kills.js run.js record.js)
TABLET_TESTS := $(sort $(shell grep -l '^\#!/usr/bin/env node' tests/tablet/*.js 2>/dev/null))
# the simulator takes all processors itself: 700 worlds, some more with the sanitisers, and builds that it must find fault with at once
SIM_PROGRAMS := $(BUILD)/sim/sim $(BUILD)/asan/sim/sim
run_sim = -j 1 -t 900 "$(BUILD)/sim/sim --seeds 700" "$(BUILD)/asan/sim/sim --seeds 30 --from 1000000" \
    "tests/sim/control/run.sh $(BUILD) $(CONTROLS_SHORT)"
CONTROLS_SHORT := synchronous-normal-centre synchronous-normal-tablet ack-before-commit last-write-wins-by-clock no-retry-timer scope-filter-off \
    class-flipped code-used-twice parted-not-judged-again upgrade-loses-verdicts
# short forms of what has targets of its own, which run for hours
PROOF_NEEDS := $(FUZZ_NEEDS) $(TORTURE_NEEDS) $(BUILD)/abuse/worlds $(BUILD)/bench/load $(BUILD)/bench/floor $(BUILD)/deps-mutant.stamp $(BUILD)/deps-peers.stamp
run_proof = $(run_fuzz) $(run_torture_short) -j 2 -t 300 "$(BUILD)/abuse/worlds --pairs 60" "tests/bench/bench_peers.py --smoke" tests/mutant/selftest.py
# what only looks at sources and built files
run_still = -j 2 -t 300 tests/lint/floors.sh tests/lint/banned.sh "tests/lint/symbols.sh $(BUILD)" tests/lint/man.sh tests/lint/selftest.sh \
    $(golden_scripts)
SIM_ENV = SIM_CC='$(CC) $(BASE) $(FAST)' SIM_FLAGS='$(INCL) $(CFLAGS)' SIM_LINK='$(CC) $(SIM_WRAP) $(LINK) $(LDFLAGS)' \
    SIM_OBJECTS='$(call obj,$(SIM))' SIM_LIBS='-Wl,--start-group $(call libs_fast,$(SIM_LIBS)) -Wl,--end-group $(LIBS_ALL)'

test: $(E2E_NEEDS) $(BUILD)/console/npm.stamp $(UNIT_PROGRAMS) $(SCENARIO_PROGRAMS) $(SIM_PROGRAMS) $(WASM_NEEDS) $(TABLET_NEEDS) $(PROOF_NEEDS) ## unit (plain and sanitised), laws, scenarios, simulator, the engine as a module, short proofs, fast lints, golden bytes, end to end
	@$(SIM_ENV) $(RUN) $(run_unit) $(run_wasm) $(run_sim) $(run_proof) -beside $(run_tablet) tests/console/run.js $(e2e_shared) \
	    -then $(run_still) -j 1 -t 1200 $(e2e_alone)

test-tablet: $(TABLET_NEEDS) ## the tablet app in Chromium: joins, works without a network, is killed, sends; screenshots: build/tablet-shots
	@SAM_WHOLE=1 $(RUN) $(run_tablet)

test-wasm: $(WASM_NEEDS) $(call programs,$(WASM_PROGRAMS)) ## the engine as a module under Node: units and stories as natively, and power cuts
	@$(RUN) $(run_wasm)

test-console: all $(BUILD)/console/npm.stamp ## the console in Chromium, in both languages; screenshots: build/console/shots
	@$(RUN) $(run_console)

unit: $(call picked,$(UNIT_PROGRAMS) $(SCENARIO_PROGRAMS)) ## only the unit programs, the laws and the scenarios; one: make unit T=test_buf
	@$(RUN) $(run_unit)

scenario: $(call programs,$(SCENARIO)) ## only the stories of tests/scenario, aloud; one: make scenario T=02-present-and-no-show
	@$(BUILD)/scenario/stories $(if $(T),tests/scenario/$(T).txt,$(STORIES))

e2e: $(E2E_NEEDS) ## only the end-to-end scripts; one: make e2e T=10-tour
	@$(RUN) $(run_e2e)

SECONDS ?= 60
sim: $(BUILD)/sim/sim ## one world of the simulator, told aloud, twice: make sim SEED=7
	@$< --seed $(SEED)

sim-many: $(BUILD)/sim/sim ## worlds of the simulator on all processors: make sim-many SECONDS=600
	@$< --seconds $(SECONDS) --from $(SEED)

prove: all $(SIM_PROGRAMS) $(WASM_NEEDS) ## the long forms of all harnesses on this commit, with a ledger of what they said: make prove; one: make prove STEPS=sim=10000
	@SAM_BUILD=$(BUILD) $(PYTHON) tests/prove.py $(STEPS)

sim-controls: $(BUILD)/sim/sim ## builds that break a promise: the simulator must notice each; one: make sim-controls T=no-retry-timer
	@$(SIM_ENV) tests/sim/control/run.sh $(BUILD) $(T)

asan: $(SAN_BINS) ## samlingd and samling with the sanitisers: build/asan/

bench: all $(GEN_PY) $(call programs,$(BENCH_C)) ## measure; prints tab-separated lines: name value unit
	@SAM_BUILD=$(BUILD) PYTHON=$(PYTHON) tests/run.sh --bench $(BUILD)/bench

bench-console: all $(GEN_PY) $(call programs,$(BENCH_C)) $(BUILD)/console/npm.stamp ## the console on a large centre: make bench-console CLINICS=800 (demo × 100)
	@SAM_BUILD=$(BUILD) $(PYTHON) tests/bench/bench_console.py

bench-tablet: $(TABLET_NEEDS) $(BUILD)/bench/fill ## the tablet app: sizes, cold start without a network, tap to saved; plain and on a slowed renderer
	@SAM_BUILD=$(BUILD) node tests/bench/bench_tablet.js

symbols: all ## only names with our prefixes leave the libraries
	@tests/lint/symbols.sh $(BUILD)

floors:
	@tests/lint/floors.sh

lint: $(BUILD)/deps-lint.stamp all $(GEN_H) $(WASM_READY) ## floors, symbols, banned calls, man pages, clang-tidy, cppcheck, format
	@SAM_BUILD=$(BUILD) tests/lint/lint.sh

format: $(BUILD)/deps-lint.stamp ## rewrite the C sources as .clang-format says
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs -r clang-format -i

fresh: $(BUILD)/deps-fresh.stamp ## a clean clone on minimal Debian 12 and 13: make run, make test (as root; SUITES, MIRROR)
	@tests/fresh.sh $(BUILD)/fresh

install: all ## install programs, library, header, man pages, units and pkg-config file: DESTDIR, PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include
	$(if $(SAMLINGD)$(SAMLING),install $(SAMLINGD) $(SAMLING) $(DESTDIR)$(PREFIX)/bin)
	$(if $(SDK),install -m 644 $(BUILD)/libsamling.a $(BUILD)/libsamling.so.$(VERSION) $(DESTDIR)$(PREFIX)/lib)
	$(if $(SDK),ln -sfn libsamling.so.$(VERSION) $(DESTDIR)$(PREFIX)/lib/libsamling.so.$(SOVERSION))
	$(if $(SDK),ln -sfn libsamling.so.$(SOVERSION) $(DESTDIR)$(PREFIX)/lib/libsamling.so)
	install -m 644 $(PUBLIC_H) $(DESTDIR)$(PREFIX)/include
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 644 client-sdk/cli/samling.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 server/samlingd.8 $(DESTDIR)$(PREFIX)/share/man/man8
	sed 's|^prefix=.*|prefix=$(PREFIX)|' $(BUILD)/samling.pc >$(DESTDIR)$(PREFIX)/lib/pkgconfig/samling.pc
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,lib/systemd/system lib/sysusers.d lib/tmpfiles.d share/doc/samling)
	$(foreach u,$(UNITS),sed 's|@PREFIX@|$(PREFIX)|g' $(u) >$(DESTDIR)$(PREFIX)/lib/systemd/system/$(notdir $(u)) &&) true
	install -m 644 server/systemd/samling.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/samling.conf
	install -m 644 server/systemd/samling.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/samling.conf
	$(if $(SAMLINGD),$(SAMLINGD) config --lang en >$(DESTDIR)$(PREFIX)/share/doc/samling/samling.conf)

deb: $(BUILD)/deps-deb.stamp all ## Debian packages of the centre and of the command line: build/deb/*.deb
	@rm -rf $(BUILD)/deb && $(MAKE) -s install DESTDIR=$(abspath $(BUILD))/deb/installed PREFIX=/usr >/dev/null
	@server/deb/build.sh $(BUILD)/deb/installed $(VERSION) $(BUILD)/deb

clean: ## remove build/, except the cached Debian bases of `make fresh`
	@[ ! -d $(BUILD) ] || find $(BUILD) -mindepth 1 -maxdepth 1 ! -name fresh -exec rm -rf {} +

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS='	' read -r t d; do printf '  make %-10s %s\n' "$$t" "$$d"; done
