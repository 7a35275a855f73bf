# dhcplab: build, run, test.  `make help` lists the targets; tests/README.md tells how testing works.
#
# Every compiler and sanitizer has a build tree of its own, so that switching between them costs nothing:
# build/ for the plain compiler, build/clang-address,undefined/ for `make CC=clang SAN=address,undefined`.

VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
CFLAGS ?= -O2 -g
LDFLAGS ?=
SAN ?=
WERROR ?= -Werror
T ?=
TIME ?= 60
ARGS ?=
CI ?=
JOBS ?= 2

# ---- where things are built

ifneq ($(filter cc gcc,$(CC)),)
  TREE := $(if $(SAN),gcc-$(SAN))
else
  TREE := $(notdir $(firstword $(CC)))$(if $(SAN),-$(SAN))
endif
B := build$(if $(TREE),/$(TREE))

comma := ,

# ---- tools and libraries

UNAME := $(shell uname -s)
LUA ?= $(shell for lua in lua5.4 lua54 lua; do command -v $$lua && break; done)
LUA_PC := $(shell for pc in lua5.4 lua-5.4 lua54 lua; do pkg-config --exists $$pc 2>/dev/null && echo $$pc && break; done)
LUA_CFLAGS := $(shell test -n "$(LUA_PC)" && pkg-config --cflags $(LUA_PC))

# The executable carries Lua inside it where a static library is at hand: faster, and one file less to need.  It then
# exports the whole of Lua, so that C modules of the system can still be loaded into it.
LUA_STATIC := $(shell test -n "$(LUA_PC)" && ls "`pkg-config --variable=libdir $(LUA_PC)`/lib$(LUA_PC).a" 2>/dev/null)
ifeq ($(UNAME),Darwin)
  LUA_LIBS := $(shell test -n "$(LUA_PC)" && pkg-config --libs $(LUA_PC))
  SHARED := -bundle -undefined dynamic_lookup
  EXPORT :=
else
  LUA_LIBS := $(if $(LUA_STATIC),-Wl$(comma)--whole-archive $(LUA_STATIC) -Wl$(comma)--no-whole-archive,\
    $(shell test -n "$(LUA_PC)" && pkg-config --libs $(LUA_PC))) -lm -ldl
  SHARED := -shared
  EXPORT := -Wl,-E
endif

# ---- flags

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes $(WERROR)
SANITIZE := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
COMPILE = $(CC) -std=c11 -D_GNU_SOURCE -DLAB_VERSION=\"$(VERSION)\" -fPIC $(WARNINGS) $(CFLAGS) $(SANITIZE) $(CPPFLAGS) \
  -MMD -MP -Icore $(LUA_CFLAGS)
LINK = $(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS)
HIDDEN := -fvisibility=hidden

# ---- what there is

CORE := $(patsubst core/%.c,$(B)/obj/core/%.o,$(wildcard core/*.c))
BINDINGS := $(patsubst bindings/%.c,$(B)/obj/bindings/%.o,$(filter-out bindings/main.c,$(wildcard bindings/*.c)))
SCRIPTS := $(sort $(shell find scripts -name '*.lua' -not -path 'scripts/lessons/*/mistakes/*') $(wildcard scripts/lessons/*/README.md))
EXE := $(B)/dhcplab
MODULE := $(B)/lua/dhcplab/core.so
ARCHIVE := $(B)/libdhcplab-core.a

CMOCKA := $(shell pkg-config --exists cmocka 2>/dev/null && echo yes) # without it, its tests are skipped
CORE_TESTS := $(if $(CMOCKA),$(patsubst tests/core/%.c,$(B)/tests/core/%,$(wildcard tests/core/*_test.c)))
CORE_HELPERS := $(patsubst tests/core/%.c,$(B)/obj/tests/core/%.o,$(filter-out %_test.c,$(wildcard tests/core/*.c)))
LUA_C_TESTS := $(if $(CMOCKA),$(patsubst tests/lua/%.c,$(B)/tests/lua/%,$(wildcard tests/lua/*_test.c)))
REPLAYS := $(patsubst tests/fuzz/%_fuzz.c,$(B)/tests/fuzz/%_replay,$(wildcard tests/fuzz/*_fuzz.c))
BENCHES := $(patsubst tests/bench/%.c,$(B)/tests/bench/%,$(wildcard tests/bench/*_bench.c) \
  $(if $(filter Linux,$(UNAME)),$(filter-out %_bench.c,$(wildcard tests/bench/*.c))))
C_SOURCES := $(wildcard core/*.[ch] bindings/*.[ch] tests/*/*.[ch])

.DEFAULT_GOAL := build
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-print-directory
SUBMAKE = $(MAKE) $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS))

# ---- for people

.PHONY: build run check test lint format conformance interop determinism golden-update fuzz bench install uninstall clean help

build: $(EXE) $(MODULE) ## build build/dhcplab and the Lua module (the default)

run: ## install what is missing, build, play the handshake (ARGS="server" for another command)
	@sh tests/setup.sh build
	@$(SUBMAKE) build
	@$(B)/dhcplab $(ARGS)

# Everything twice: as users build it, and with clang under the sanitizers.  A compiler or SAN named by the caller is the
# only one used.  A tree that does not build is a failed test; the others still run, and the last line is the count.
check: ## install what is missing, then run every test (T=pattern for some, CI=1: a missing tool is a failure)
	@sh tests/setup.sh $(if $(CI),-r) build test $(if $(CI),interop)
	@$(MAKE) check-run

CHOSEN := $(if $(SAN)$(filter command% environment%,$(origin CC)),yes)
SECOND_CC := $(shell command -v clang >/dev/null && echo clang || echo gcc)
SECOND := SAN=address,undefined CC=$(SECOND_CC)
SECOND_TREE := build/$(SECOND_CC)-address,undefined

.PHONY: check-run
check-run:
	@broken=; \
	$(SUBMAKE) -k test-programs || broken='$(B)'; \
	$(if $(CHOSEN),,$(SUBMAKE) -k test-programs $(SECOND) || broken="$$broken $(SECOND_TREE)";) \
	BROKEN="$$broken" $(RUN_TESTS) --tree $(B) $(if $(CHOSEN),,--tree $(SECOND_TREE)) --lint $(if $(CI),--slow) '$(T)'

test: test-programs ## run the tests of this build tree only, without lint (T=pattern)
	@$(RUN_TESTS) --tree $(B) '$(T)'

lint: ## repository rules, luacheck, clang-format, clang-tidy
	@$(RUN_TESTS) --tree $(B) --only lint --slow '$(T)'

conformance: test-programs ## run the tests, then show each requirement of the RFCs beside what proves it
	@rm -rf $(B)/results; $(RUN_TESTS) --tree $(B) '' >$(B)/conformance.log; \
	LAB_TREE=$(B) LUA_PATH='scripts/?.lua;scripts/?/init.lua;;' LUA_CPATH='$(B)/lua/?.so;;' \
	$(LUA) tests/conformance.lua --strict $(ARGS)

interop: build ## the tests against other people's software, which is installed (some need root), and what it does
	@sh tests/setup.sh interop
	@$(RUN_TESTS) --tree $(B) --only interop '$(T)'; status=$$?; \
	sed -n 's/^#: //p' $(B)/results/tests+interop+*.tap; exit $$status

OTHER_CC := $(if $(filter clang%,$(notdir $(firstword $(CC)))),gcc,clang)
determinism: build ## that every scenario is the same run in each process and with gcc and clang (SEEDS=1..5)
	@if command -v $(OTHER_CC) >/dev/null; then $(SUBMAKE) build CC=$(OTHER_CC) SAN=; else \
	  echo 'skipped: the other compiler, $(OTHER_CC), is not there'; fi
	@LUA_PATH='tests/lua/?.lua;;' $(LUA) tests/determinism.lua '$(or $(SEEDS),1..5)' $(EXE) \
	  $$(command -v $(OTHER_CC) >/dev/null && echo $(if $(filter gcc,$(OTHER_CC)),build,build/clang)/dhcplab)

golden-update: test-programs ## rewrite tests/golden/ from what the programs print now; look at the diff
	@GOLDEN_UPDATE=1 $(RUN_TESTS) --tree $(B) --only golden '$(T)'

format: ## lay out the C files as .clang-format says
	@clang-format -i $(C_SOURCES)

fuzz: ## search for crashes: T=decode|roundtrip|pcap TIME=60 (needs clang)
	@$(MAKE) CC=clang SAN=address,undefined fuzz-run T='$(or $(T),decode)'

bench: build $(BENCHES) ## measure speed, as ratios within one run (T=pattern)
	@B=$(B) CC='$(CC)' LUA='$(LUA)' sh tests/bench/run.sh '$(T)'

# What the program itself writes, and where that lies below share/.
GENERATED := 'meta:dhcplab/meta/dhcplab.lua' 'man:man/man1/dhcplab.1' \
  'completion bash:bash-completion/completions/dhcplab' 'completion zsh:zsh/site-functions/_dhcplab' \
  'completion fish:fish/vendor_completions.d/dhcplab.fish'
SHARE = $(DESTDIR)$(PREFIX)/share

install: build ## install under PREFIX (default /usr/local), inside DESTDIR when packaging
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/lib/lua/5.4/dhcplab' '$(DESTDIR)$(PREFIX)/share/doc/dhcplab'
	install -m 755 $(EXE) '$(DESTDIR)$(PREFIX)/bin/dhcplab'
	install -m 755 $(MODULE) '$(DESTDIR)$(PREFIX)/lib/lua/5.4/dhcplab/core.so'
	install -m 644 README.md LICENSE '$(DESTDIR)$(PREFIX)/share/doc/dhcplab'
	cd scripts && find dhcplab -name '*.lua' | while read -r file; do \
	  install -d "$(DESTDIR)$(PREFIX)/share/lua/5.4/$${file%/*}" && \
	  install -m 644 "$$file" "$(DESTDIR)$(PREFIX)/share/lua/5.4/$$file" || exit 1; done
	for each in $(GENERATED); do file="$(SHARE)/$${each#*:}"; \
	  $(EXE) $${each%%:*} >$(B)/generated && install -d "$${file%/*}" && install -m 644 $(B)/generated "$$file" || exit 1; done

uninstall: ## remove what install put there
	rm -f '$(DESTDIR)$(PREFIX)/bin/dhcplab'
	rm -rf '$(DESTDIR)$(PREFIX)/lib/lua/5.4/dhcplab' '$(DESTDIR)$(PREFIX)/share/lua/5.4/dhcplab' \
	  '$(DESTDIR)$(PREFIX)/share/doc/dhcplab' '$(SHARE)/dhcplab'
	for each in $(GENERATED); do rm -f "$(SHARE)/$${each#*:}"; done

clean: ## remove build/
	rm -rf build

help: ## this list
	@awk -F ':[^#]*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile
	@echo 'variables: CC, CFLAGS, LDFLAGS, SAN=address,undefined, PREFIX, DESTDIR, T, TIME, JOBS, SEEDS'

# ---- building

RUN_TESTS = JOBS='$(JOBS)' CC='$(CC)' LUA='$(LUA)' SECOND_CC='$(SECOND_CC)' CI='$(CI)' $(LUA) tests/run.lua

# Says which tool is missing before a compiler says it worse.
.PHONY: tools
tools:
	@sh tests/setup.sh -n build

# Rewritten only when the flags change; what depends on it is then built anew.
export FLAGS_NOW = $(COMPILE) | $(LINK) | $(LUA_LIBS)
$(B)/flags: FORCE | tools
	@mkdir -p $(@D)
	@printf '%s\n' "$$FLAGS_NOW" | cmp -s - $@ || printf '%s\n' "$$FLAGS_NOW" > $@
.PHONY: FORCE
FORCE:

$(B)/obj/bindings/module.o: HIDDEN := # the one file with a name for the world: luaopen_dhcplab_core
$(B)/obj/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  cc    $< $(if $(TREE),($(TREE)))"
	@$(COMPILE) $(HIDDEN) -Itests/core -c $< -o $@

$(ARCHIVE): $(CORE)
	@rm -f $@
	@$(AR) rcs $@ $^

$(MODULE): $(BINDINGS) $(ARCHIVE)
	@mkdir -p $(@D)
	@echo "  link  $@"
	@$(LINK) $(SHARED) -o $@ $(BINDINGS) $(ARCHIVE) -lm

$(EXE): $(B)/obj/bindings/main.o $(BINDINGS) $(B)/obj/embedded.o $(ARCHIVE)
	@echo "  link  $@"
	@$(LINK) $(EXPORT) -o $@ $(filter %.o,$^) $(ARCHIVE) $(LUA_LIBS)

# The scripts as text inside the executable.
export SCRIPTS_NOW = $(SCRIPTS)
$(B)/scripts: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$$SCRIPTS_NOW" | cmp -s - $@ || printf '%s\n' "$$SCRIPTS_NOW" > $@

$(B)/embedded.c: bindings/embed.lua $(SCRIPTS) $(B)/scripts | tools
	@echo "  embed $(words $(SCRIPTS)) scripts, argparse, dkjson"
	@$(LUA) bindings/embed.lua $@ scripts/ $(SCRIPTS) argparse dkjson

$(B)/obj/embedded.o: $(B)/embedded.c bindings/embedded.h $(B)/flags
	@mkdir -p $(@D)
	@$(COMPILE) $(HIDDEN) -Ibindings -c $< -o $@

# ---- test programs

.PHONY: test-programs fuzz-run
test-programs: build $(CORE_TESTS) $(LUA_C_TESTS) $(REPLAYS)

$(B)/tests/core/%: $(B)/obj/tests/core/%.o $(CORE_HELPERS) $(ARCHIVE)
	@mkdir -p $(@D)
	@$(LINK) -o $@ $^ -lcmocka

$(B)/tests/lua/%: $(B)/obj/tests/lua/%.o $(BINDINGS) $(ARCHIVE)
	@mkdir -p $(@D)
	@$(LINK) $(EXPORT) -o $@ $^ -lcmocka $(LUA_LIBS)

$(B)/tests/fuzz/%_replay: $(B)/obj/tests/fuzz/%_fuzz.o $(B)/obj/tests/fuzz/replay.o $(ARCHIVE)
	@mkdir -p $(@D)
	@$(LINK) -o $@ $^

$(B)/tests/fuzz/%_fuzz: tests/fuzz/%_fuzz.c $(CORE) $(B)/flags
	@mkdir -p $(@D)
	@$(COMPILE) -fsanitize=fuzzer,$(SAN) -MF $@.d -o $@ $< $(wildcard core/*.c)

$(B)/tests/bench/%: $(B)/obj/tests/bench/%.o $(ARCHIVE)
	@mkdir -p $(@D)
	@$(LINK) -o $@ $^

# New finds go to build/, so that the kept corpus grows only on purpose.
fuzz-run: $(B)/tests/fuzz/$(T)_fuzz
	@mkdir -p $(B)/corpus/$(T)
	$(B)/tests/fuzz/$(T)_fuzz -max_total_time=$(TIME) -timeout=5 -artifact_prefix=$(B)/corpus/$(T)- -print_final_stats=1 \
	  $(if $(wildcard tests/fuzz/dhcp.dict),-dict=tests/fuzz/dhcp.dict) $(B)/corpus/$(T) $(wildcard tests/fuzz/corpus/$(T))

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
