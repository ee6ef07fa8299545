# Makefile - builds zpl and runs its checks; `make help` lists what there is.
# Sources are found, not listed.  Everything made goes below build/:
#     zpl libzpl.a obj/ unit/ fuzz/ fault/ bench/     the ordinary build
#     san/  cov/  valgrind/  libfuzzer/               the same, built otherwise
#     gen/ made sources   deps/ fetched files   test/ logs of the last tests
# SAN=address,undefined builds and tests below build/san/.  DUCKDB_DIR, XGBOOST_DIR and ONNXRUNTIME_DIR
# (here or in the environment) name own copies of these libraries.  T=word runs only the tests with that word.

ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
# V=1 shows the compilers' command lines.
Q   := $(if $(V),,@)
say := @$(if $(V),:,printf '%-5s%s\n')
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:
.SUFFIXES:

PREFIX   ?= /usr/local
CC       := $(if $(filter default,$(origin CC)),gcc,$(CC))
OPTIMISE ?= -O2
SETUP    ?= yes
export SETUP

# --- The kind of build

SAN ?=
COV ?=
ifneq ($(SAN),)
BUILD    := build/san
OPTIMISE := -Og -fno-omit-frame-pointer
# Instrumented code hides from gcc what bounds a printed number.
KIND     := -g1 -fsanitize=$(SAN) -fno-sanitize-recover=undefined \
            $(if $(findstring clang,$(CC)),,-Wno-format-truncation -Wno-restrict)
else ifneq ($(COV),)
BUILD    := build/cov
OPTIMISE := -O0
KIND     := --coverage
else
BUILD    := build
KIND     :=
endif

# --- What it is made of

DUCKDB   := $(or $(DUCKDB_DIR),build/deps/duckdb)
PACKAGES := lua5.4 sqlite3 jansson libcrypto libpcre2-8 libedit
CFLAGS_ALL := -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror $(OPTIMISE) -g -ffp-contract=off \
              -pthread -I. -isystem $(DUCKDB) \
              $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null) $(KIND) $(CFLAGS)
LDLIBS_ALL := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -ldl -lm $(LDLIBS)
COMPILE    := $(CC) $(CFLAGS_ALL)
# gold takes a fifth of the time for a hundred programs with sanitizers.
LINK       := $(CC) -pthread $(KIND) $(if $(shell command -v ld.gold),-fuse-ld=gold) $(LDFLAGS)

ROOMS   := $(wildcard lang stdlib stack vm)
SOURCES := $(sort $(shell find $(ROOMS) -name '*.c'))
HEADERS := $(sort $(shell find $(ROOMS) tests -name '*.h'))
MAIN    := vm/cli/main.c
LIBRARY := $(filter-out $(MAIN),$(SOURCES))

# A test program is one file; what several share stands beside them without the prefix.
UNITS      := $(wildcard tests/unit/test_*.c)
UNIT_PARTS := $(filter-out $(UNITS),$(wildcard tests/unit/*.c))
FUZZERS    := $(wildcard tests/fuzz/fuzz_*.c)
PROGRAMS   := $(wildcard tests/fault/*.c tests/bench/*.c)
TESTS      := $(UNITS) $(UNIT_PARTS) $(wildcard tests/fuzz/*.c) $(PROGRAMS)

objects  = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
UNIT_BINS    := $(patsubst tests/%.c,$(BUILD)/%,$(UNITS))
FUZZ_BINS    := $(patsubst tests/%.c,$(BUILD)/%,$(FUZZERS))
PROGRAM_BINS := $(patsubst tests/%.c,$(BUILD)/%,$(PROGRAMS))

.PHONY: all
all: $(BUILD)/zpl ## build build/zpl (the default)

# --- Building

# Says what to do before a compiler says something harder to read.
.PHONY: tools
tools:
	@pkg-config --exists $(PACKAGES) 2>/dev/null && [ -r $(DUCKDB)/duckdb.h ] || \
	    { echo "Something that zpl is built with is missing on this machine; 'make setup' gets it." >&2; exit 1; }

$(BUILD)/zpl: $(call objects,$(MAIN)) $(BUILD)/libzpl.a
	$(say) link $@
	$(Q)$(LINK) $^ $(LDLIBS_ALL) -o $@

$(BUILD)/libzpl.a: $(call objects,$(LIBRARY)) build/gen/sources
	$(say) ar $@
	@rm -f $@
	$(Q)ar rcs $@ $(filter %.o,$^)

$(UNIT_BINS): $(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(call objects,$(UNIT_PARTS)) $(BUILD)/libzpl.a
	@mkdir -p $(@D)
	$(say) link $@
	$(Q)$(LINK) $(UNIT_LINK) $^ $(LDLIBS_ALL) -lcmocka -o $@

$(FUZZ_BINS): $(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o \
              $(if $(LIBFUZZER),,$(BUILD)/obj/tests/fuzz/replay.o) $(BUILD)/libzpl.a
	@mkdir -p $(@D)
	$(say) link $@
	$(Q)$(LINK) $(LIBFUZZER) $(FUZZ_LINK) $^ $(LDLIBS_ALL) -o $@
# Their clocks are their own.
$(BUILD)/fuzz/fuzz_compile: private FUZZ_LINK := -Wl,--wrap=zpl_clock_monotonic_ns
$(BUILD)/unit/test_compile_hostile: private UNIT_LINK := -Wl,--wrap=zpl_clock_monotonic_ns

$(PROGRAM_BINS): $(BUILD)/%: $(BUILD)/obj/tests/%.o $(BUILD)/libzpl.a
	@mkdir -p $(@D)
	$(say) link $@
	$(Q)$(LINK) $^ $(LDLIBS_ALL) -o $@

$(BUILD)/obj/%.o: %.c $(BUILD)/flags | tools build/gen/identity.h build/gen/prelude.h
	@mkdir -p $(@D)
	$(say) cc $@
	$(Q)$(COMPILE) $(PLAIN) -MMD -MP -c $< -o $@
# Tests ask zpl, which is optimised; to optimise them too takes longer than it saves.
$(BUILD)/obj/tests/unit/%.o $(BUILD)/obj/tests/fuzz/%.o: private PLAIN := -O0

-include $(patsubst %.o,%.d,$(call objects,$(SOURCES) $(TESTS)))

# These two are rewritten only when they change, so that what depends on them is made again when a
# flag or the list of the sources is another.
define keep
@mkdir -p $(@D)
@printf '%s\n' $(1) | cmp -s - $@ || printf '%s\n' $(1) >$@
endef

.PHONY: FORCE
$(BUILD)/flags: FORCE
	$(call keep,'$(COMPILE)')

build/gen/sources: FORCE
	$(call keep,$(SOURCES) $(HEADERS))

# The digests of what shapes each built-in kernel.
build/gen/identity.h: build/gen/identity.done ;
build/gen/identity.done: $(filter lang/% stdlib/%,$(SOURCES) $(HEADERS)) build/gen/sources \
                         $(wildcard stdlib/python/zpl/*.py) \
                         $(wildcard .ci/identity.* .ci/closure.awk .ci/strip.awk)
	@.ci/identity.sh
	@touch $@

# The part of the language that is written in Lua, as bytes of C.
build/gen/prelude.h: $(wildcard lang/dsl/prelude.lua) .ci/embed.sh
	@mkdir -p $(@D)
	@.ci/embed.sh zpl_prelude $(filter %.lua,$^) >$@

# --- Running

.PHONY: setup deps demo
setup: ## install what is missing on this machine (packages, pinned files); `demo` and `test` do it too
	@.ci/setup.sh build

deps: ## fetch the pinned files alone
	@.ci/fetch.sh

demo: ## set up, build, and run the example on three million flights
	@.ci/setup.sh build
	@$(MAKE) all
	@.ci/demo.sh

# --- Tests

.PHONY: programs test test-cluster test-ml unit python cases e2e fault fuzz fuzz-replay mutants bench valgrind cov accept oracle
programs: $(BUILD)/zpl $(UNIT_BINS) $(FUZZ_BINS) $(PROGRAM_BINS)
run_tests = CC='$(CC)' BUILD='$(BUILD)' DUCKDB='$(DUCKDB)' tests/run.sh

test: ## set up, build, and run everything that must pass
	@.ci/setup.sh build test oracle
	@$(MAKE) reference programs layers hdr-check
	@$(MAKE) programs SAN=address,undefined
	@$(run_tests) unit unit-san python torch cases e2e fault fuzz-san

test-cluster: ## set up, build, and run steps on a real Slurm cluster of two nodes, started for it
	@.ci/setup.sh build test cluster
	@$(MAKE) all
	@$(run_tests) cluster

test-ml: ## models of the PyTorch and TensorFlow of today, each in an environment of its own (3 GB)
	@.ci/setup.sh build test oracle
	@.ci/oracle.sh ml
	@$(MAKE) all
	@$(run_tests) ml

unit: $(UNIT_BINS) ## the parts, one program each
	@$(run_tests) unit

python: ## the Python side of steps, by the reference environment
	@.ci/oracle.sh
	@$(run_tests) python torch

cases: $(BUILD)/zpl ## programs and what zpl says to them, exactly
	@$(run_tests) cases

e2e: $(BUILD)/zpl ## the whole, as people use it
	@$(run_tests) e2e

fault: programs ## what fails in the field: memory, disks, killed processes
	@$(run_tests) fault

fuzz-replay: $(FUZZ_BINS)
	@$(run_tests) fuzz

bench: $(BUILD)/zpl $(PROGRAM_BINS) ## speed beside the peers, as ratios
	@$(run_tests) bench

FUZZ_SECONDS ?= 60
fuzz: ## look for inputs that break the parsers, FUZZ_SECONDS each (needs clang)
	@.ci/setup.sh build fuzz
	@$(MAKE) fuzz-bins CC=clang BUILD=build/libfuzzer SAN=fuzzer-no-link,address,undefined \
	    LIBFUZZER=-fsanitize=fuzzer CFLAGS='$(CFLAGS) -Wno-error'
	@tests/fuzz.sh build/libfuzzer/fuzz $(FUZZ_SECONDS)
.PHONY: fuzz-bins
fuzz-bins: $(FUZZ_BINS)

MUTANTS ?= 1000000
mutants: ## damage foreign Lua MUTANTS times and compare the parser's verdicts with Lua's own
	@.ci/setup.sh build test
	@$(MAKE) $(BUILD)/unit/test_mutants
	@ZPL_MUTANTS=$(MUTANTS) $(BUILD)/unit/test_mutants

valgrind: ## the unit tests under valgrind
	@.ci/setup.sh build test valgrind
	@$(MAKE) BUILD=build/valgrind OPTIMISE=-O1 unit WRAP='valgrind -q --error-exitcode=99 --leak-check=full'

cov: ## lines that the unit tests and cases reach, by file
	@.ci/setup.sh build test
	@$(MAKE) COV=1 programs
	@find build/cov -name '*.gcda' -delete
	@BUILD=build/cov DUCKDB='$(DUCKDB)' tests/run.sh unit cases || true
	@.ci/cov.sh build/cov/obj

accept: $(BUILD)/zpl ## rewrite the golden files of the cases; read the difference before you commit it
	@[ -z "$(CI)" ] || { echo "accept: golden files are not accepted by a machine (CI is set)" >&2; exit 1; }
	@ACCEPT=1 $(run_tests) cases

.PHONY: reference
reference: # what oracle makes, beside whatever else is made
	@.ci/oracle.sh

oracle: ## a Python with the reference libraries, in build/oracle
	@.ci/setup.sh oracle
	@.ci/oracle.sh

# --- Checks of the sources

.PHONY: layers hdr-check lint docs fmt
layers: ## includes go down the floors, libraries have one owner
	@awk -f .ci/strip.awk -f .ci/layers.awk $(filter-out tests/%,$(SOURCES) $(HEADERS))

hdr-check: $(HEADERS:%=build/hdr/%.ok) ## every header compiles alone
	@:
build/hdr/%.ok: % $(BUILD)/flags | tools build/gen/identity.h build/gen/prelude.h
	@mkdir -p $(@D)
	@echo '#include "$<"' | $(COMPILE) -fsyntax-only -MMD -MP -MF build/hdr/$*.d -MT $@ -x c - && touch $@
-include $(HEADERS:%=build/hdr/%.d)

lint: layers hdr-check ## these two, and the house style
	@.ci/setup.sh lint
	@.ci/lint.sh

docs: $(BUILD)/zpl ## write docs/errors.md from the program
	@$(BUILD)/zpl check --explain all >docs/errors.md

fmt: ## format the C sources in place
	@.ci/setup.sh lint
	@clang-format-14 -i $(SOURCES) $(HEADERS) $(TESTS)

# --- Installing and tidying

.PHONY: install uninstall fresh clean distclean help
install: $(BUILD)/zpl ## install below DESTDIR and PREFIX (/usr/local)
	@BUILD='$(BUILD)' .ci/install.sh install '$(DESTDIR)$(PREFIX)'

uninstall: ## remove exactly what install put there
	@.ci/install.sh uninstall '$(DESTDIR)$(PREFIX)'

fresh: ## prove `make demo` and `make test` on a bare Debian 12, in build/fresh (needs root)
	@.ci/setup.sh fresh
	@.ci/fresh.sh

clean: ## remove what was built; fetched files stay
	@[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name deps ! -name oracle ! -name torch ! -name 'ml-*' ! -name fresh -exec rm -rf {} +

distclean: ## remove everything that is not in the repository
	@.ci/fresh.sh --remove
	@rm -rf build examples/delays/data examples/penguins/data examples/*/.zpl

help: ## this list
	@sed -n 's/^\([a-z][a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | \
	    awk -F '\t' '{ printf "  make %-12s %s\n", $$1, $$2 }'
