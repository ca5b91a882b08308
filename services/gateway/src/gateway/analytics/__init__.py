"""Figures about courses, a learner and the system, gathered from the services that count them."""
