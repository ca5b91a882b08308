"""The local runtime: PostgreSQL, RabbitMQ and the five services on one machine, with or without containers.

`./dev up`, the tests and the benchmarks all start their servers here, so what a newcomer runs is what CI runs.
Nothing in this package is imported by a service in production.

    state          where files live, which ports are free
    process        one child process: its own group, ended with its parent, known again by pid and start time
    server         what a PostgreSQL or RabbitMQ server can be asked to do, whoever runs it
    postgres, rabbitmq, debian, containers         the servers, each found in a fixed order
    roles, keys, environment                       what the services are given
    stack          the whole system as plain Python, for tests and benchmarks
    supervisor, up                                 the whole system for people: `./dev up`
    running, within, stop                          what other commands do with a system that is up
"""
