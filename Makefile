# Each "## name: what it does" line is a line of "make help", and stands above the rule it describes.

ALL := 01-tcp-echo 02-resp-parser 03-get-set 04-expiry 05-aof-persistence \
       06-rdb-snapshots 07-pubsub 08-replication 09-graceful-shutdown 10-capstone
STEPS := $(filter $(ALL),$(patsubst %/pom.xml,%,$(wildcard */pom.xml)))

.DEFAULT_GOAL := help
.PHONY: help $(STEPS) server mutation-common $(foreach verb,test mutation changes carry bench workbench try,$(STEPS:%=$(verb)-%)) \
        progress test torture mutation changes picture verify-against-redis \
        check check-tools check-changes check-docs check-exercises check-broken check-torture clean

## help: this list
help:
	@echo 'make TARGET, where TARGET is'
	@sed -n 's/^## \([^:]*\): /\1:/p' Makefile | awk -F: '{ printf "  %-24s %s\n", $$1, substr($$0, length($$1) + 2) }'
	@echo
	@echo 'Steps: $(STEPS)'

## 04-expiry: run a step on port 6380, e.g. make 04-expiry ARGS="--port 6381"
$(filter-out 10-capstone,$(STEPS)):
	@exec tools/run $@ $(ARGS)

## 10-capstone: race the finished server against a real Redis, e.g. make 10-capstone ARGS="--tests mixed"
10-capstone:
	@exec tools/run $@ benchmark $(ARGS)

## server: run the finished server on port 6380, e.g. make server ARGS="redis.conf --port 6381"
server:
	@exec tools/run 10-capstone server $(ARGS)

## workbench-04-expiry: lay workbench/04-expiry, where you build the step yourself; FORCE=1 does so again
$(STEPS:%=workbench-%): workbench-%:
	@FORCE='$(FORCE)' tools/workbench lay $*

## try-04-expiry: the acceptance tests of the step on your code; ADDRESS=127.0.0.1:6379 on any server; ONLY=ttl some of them
$(STEPS:%=try-%): try-%:
	@ONLY='$(ONLY)' tools/workbench try $* '$(ADDRESS)'

## progress: how far you are with all steps and exercises
progress:
	@tools/workbench progress

## test: the tests of every step
test:
	@tools/mvn test

## test-04-expiry: the tests of one step
$(STEPS:%=test-%): test-%:
	@tools/mvn test -pl $* -am

## exercise-04-expiry-1: the test of one exercise, on your own code
exercise-%:
	@tools/exercises verify $*

## changes-04-expiry: what a step adds to the one before, as a diff; TESTS=1 shows its tests instead
$(STEPS:%=changes-%): changes-%:
	@tools/changes --diff $* $(if $(TESTS),src/test,src/main)

## bench-04-expiry: a step's speed beside that of a real redis-server
$(STEPS:%=bench-%): bench-%:
	@jdk=$$(tools/jdk) && exec "$$jdk/bin/java" tools/Bench.java $* $(ARGS)

## verify-against-redis: hold the acceptance tests themselves against a real redis-server
verify-against-redis:
	@tools/verify-against-redis

## torture: the long tests (crashes, races), in full
torture:
	@tools/torture

## mutation: break the code in small ways: do the tests notice? (40 minutes)
mutation:
	@tools/mutation

## mutation-common: the same for one module: common, or a step
mutation-common $(STEPS:%=mutation-%): mutation-%:
	@tools/mutation $*

## carry-04-expiry: take your uncommitted change to a step into every later step
$(STEPS:%=carry-%): carry-%:
	@tools/carry $*

## changes: write the "What changes" section of every guide anew
changes:
	@tools/changes

## picture: type the session of docs/session.md anew, and draw it
picture:
	@tools/docs docs/session.md
	@tools/picture docs/session.md

## check: everything that CI checks besides "make test"
check: check-tools check-changes check-docs check-exercises check-broken verify-against-redis check-torture

## check-tools: the tests of tools/, and shellcheck
check-tools:
	@for test in tools/test/*_test; do "$$test" || exit; done

## check-changes: is every guide's "What changes" section up to date?
check-changes:
	@tools/changes --check

## check-docs: do links, quoted source, diagrams and transcripts tell the truth?
check-docs:
	@tools/docs
	@tools/picture --check docs/session.md

## check-exercises: is every exercise red without its solution and green with it?
check-exercises:
	@tools/exercises

## check-broken: do servers that are broken on purpose fail their acceptance tests in the words on record?
check-broken:
	@tools/broken

## check-torture: each long test once, in a short round
check-torture:
	@tools/torture --short

## clean: remove what was built
clean:
	@rm -rf target */target tools/mermaid/node_modules

# Whatever no rule above knows.
.DEFAULT:
	@$(if $(strip $(foreach step,$(filter-out $(STEPS),$(ALL)),$(findstring $(step),$@))), \
	    echo "$@: this step is not written yet. So far there are: $(STEPS)", \
	    echo "$@: no such target or step. 'make' lists them") >&2; exit 2
