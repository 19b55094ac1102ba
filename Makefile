# samling: how it is built. Everything that is made lies under build/. `make help` lists the targets; *.mk beside what they build are
# parts of this file.
#
# Sources are found by folder, so a new .c, .sql or test needs no line here:
#   proto/**                    -> libsam_core.a; the files that include mbedTLS -> libsam_tls.a; base/csv_* -> libsam_csv.a,
#                                  which the two programs share and the public library does not need
#   server/** except main.c     -> libsam_server.a; with main.c -> samlingd
#   client-sdk/src              -> libsam_sdk.a (inside), libsamling.a and libsamling.so (public names only)
#   client-sdk/cli, examples    -> samling, examples/*: compiled with the public header and, of proto/base, text.h, csv_table.h and json.h alone
#   tests/{unit,laws,scenario,e2e,bench}/*.c -> one program each, linked with tests/lib
#   tests/sim/*.c -> the simulator, sim/sim, one program of all of them
#   tests/{fuzz,torture,swept,abuse} -> programs of their own, in the parts of those names (swept: tests/cover)
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

# ---- parts: each beside what it builds ------------------------------------------------------------------------------

include client-sdk/engine.mk
include client-sdk/tablet.mk
include tests/cover/cover.mk
include tests/fuzz/fuzz.mk
include tests/torture/torture.mk
include tests/mutant/mutant.mk
include tests/abuse/abuse.mk
include tests/bench/peers.mk

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
# the simulator takes all processors itself: 400 worlds, some more with the sanitisers, and builds that it must find fault with at once
SIM_PROGRAMS := $(BUILD)/sim/sim $(BUILD)/asan/sim/sim
run_sim = -j 1 -t 900 "$(BUILD)/sim/sim --seeds 400" "$(BUILD)/asan/sim/sim --seeds 15 --from 1000000" \
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
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' Makefile $(filter %.mk,$(filter-out $(BUILD)/%,$(MAKEFILE_LIST))) | while IFS='	' read -r t d; do printf '  make %-10s %s\n' "$$t" "$$d"; done
