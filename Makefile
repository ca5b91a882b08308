# Names for what ./dev does; where there is no make, call ./dev itself. S=catalog narrows, M="…" is a message.
COMMANDS := up stop demo test check lint types migrate migration logs openapi bench faults reconcile rehearse audit k8s lock setup

export S M R PORT

.PHONY: help createadmin $(COMMANDS)

help:
	@./dev help

$(COMMANDS):
	@./dev $@

createadmin:
	@./dev createadmin $(EMAIL)
