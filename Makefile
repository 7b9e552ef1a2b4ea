# The commands people type. Each sets up what it needs, on a fresh clone too: a Rust toolchain,
# make, python3 and the package registries are enough. Everything made lands in target/.

TARGET := $(or $(CARGO_TARGET_DIR),target)
VENV := $(TARGET)/venv

# One on the PATH is used; else this version is built once, unoptimised, as that takes a third of
# the time and it runs for two seconds.
DENY_VERSION := 0.20.2
DENY := $(or $(shell command -v cargo-deny 2>/dev/null),$(TARGET)/tools/cargo-deny-$(DENY_VERSION)/bin/cargo-deny)

say = @printf '\n== %s\n' "$(1)"

.PHONY: help demo test lint bench acceptance out-of-core report-pictures format clippy docs licences rust interop python
.NOTPARALLEL:
.DEFAULT_GOAL := help

help:
	@echo 'make demo    build, make sample data, run the example pipelines, say what to look at'
	@echo 'make test    lint, Rust tests, files exchanged with NumPy, and the Python package'
	@echo 'make lint    format, clippy, documentation, licences'
	@echo 'make bench   Criterion benchmarks'
	@echo 'make report-pictures   screenshots of a report, light, dark and on a phone (needs chromium)'
	@echo 'make acceptance   files of 2 GiB against SciPy (long, 10 GB of disk)'
	@echo 'make out-of-core  files of 4 and 32 GiB in memory cgroups (an hour, 80 GB of disk)'

demo:
	$(call say,build (release))
	cargo build --release
	$(call say,demo)
	@$(TARGET)/release/tilewise demo

test: lint rust interop python

lint: format clippy docs licences

format:
	$(call say,format)
	cargo fmt --all --check

clippy:
	$(call say,clippy)
	cargo clippy --workspace --all-targets -- -D warnings

docs:
	$(call say,documentation)
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps

licences: $(DENY)
	$(call say,licences and sources of dependencies)
	@'$(DENY)' --log-level error check --hide-inclusion-graph bans licenses sources

rust:
	$(call say,Rust tests)
	cargo test --quiet --no-fail-fast

interop: $(VENV)/ready
	$(call say,files exchanged with NumPy; the jobs of docs as they are written)
	@cargo build --quiet
	@TILEWISE_BIN='$(abspath $(TARGET))/debug/tilewise' PYTHONDONTWRITEBYTECODE=1 \
		$(VENV)/bin/python -m pytest --quiet -p no:cacheprovider tests/interop/numpy_interop.py tests/interop/transcripts.py

# The wheel is built from the crates that the Rust tests have compiled, and installed as users would.
python: $(VENV)/ready
	$(call say,the Python package)
	@rm -rf '$(TARGET)/wheels'
	@$(VENV)/bin/maturin build --quiet --profile dev --manifest-path python/Cargo.toml --interpreter $(VENV)/bin/python --out '$(TARGET)/wheels'
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall '$(TARGET)'/wheels/*.whl
	@PYTHONDONTWRITEBYTECODE=1 $(VENV)/bin/python -m pytest --quiet -p no:cacheprovider python/tests

bench:
	$(call say,benchmarks (release))
	cargo bench --bench '*'

# Not part of `test`: an hour, and up to 80 GB of disk; containers need the right to make memory cgroups.
out-of-core: $(VENV)/ready
	$(call say,arrays of 4 GiB in containers of 64 and 256 MiB)
	cargo build --release
	@TILEWISE_BIN='$(abspath $(TARGET))/release/tilewise' PYTHONDONTWRITEBYTECODE=1 \
		$(VENV)/bin/python tests/out_of_core.py --ways --huge 32

# Not part of `test`: minutes, and 10 GB of disk while it runs.
acceptance: $(VENV)/ready
	$(call say,large files against SciPy)
	cargo build --release
	@TILEWISE_BIN='$(abspath $(TARGET))/release/tilewise' PYTHONDONTWRITEBYTECODE=1 \
		$(VENV)/bin/python tests/acceptance.py

# For judging by eye; needs a Chromium on the PATH, which `make test` does not.
report-pictures:
	$(call say,screenshots of a report)
	cargo build --release
	@$(TARGET)/release/tilewise demo --quiet --frames 100 $(TARGET)/report-demo
	@cd $(TARGET)/report-demo && '$(abspath $(TARGET))/release/tilewise' run flatfield.toml --quiet --overwrite --report report.html
	@python3 tests/report_pictures.py $(TARGET)/report-demo/report.html $(TARGET)

$(TARGET)/tools/%/bin/cargo-deny:
	$(call say,set up cargo-deny $(DENY_VERSION) (about a minute, once))
	cargo install cargo-deny --version $(DENY_VERSION) --locked --debug --quiet --root '$(TARGET)/tools/$*'

# Made anew when the pinned versions change; whole or not at all.
$(VENV)/ready: tests/interop/requirements.txt
	$(call say,set up Python packages (once))
	@rm -rf '$(VENV)'
	@python3 -m venv '$(VENV)' || { echo 'python3 cannot make virtual environments: install its venv module (Debian: python3-venv)'; exit 1; }
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: -r $<
	@touch $@
