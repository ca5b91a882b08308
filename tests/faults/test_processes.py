"""A process, a server or a network dies."""

from urllib.parse import urlsplit

import pytest
from tests.faults.plant import LEARNERS, wait_for
from tests.faults.wire import Wire

from shared.runtime.roles import SERVICES

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


class TestKilled:
    def test_the_broker_twice(self, plant, suffer) -> None:
        def kill(traffic) -> None:
            for share in (0.2, 0.5):
                traffic.reach(share)
                plant.stack.broker.kill()
                wait_for(lambda: plant.number(UNPUBLISHED) > 20)
                plant.stack.broker.start_again()

        suffer("broker killed (-9) twice", kill)

    def test_every_worker(self, plant, suffer) -> None:
        def kill(traffic) -> None:
            for number, service in enumerate(SERVICES):
                traffic.reach(0.1 + 0.15 * number)
                plant.workers[service].kill()
                plant.start_worker(service)

        suffer("each of the five workers killed", kill)

    def test_the_relay_between_publishing_and_marking(self, plant, suffer) -> None:
        """The mark waits for a lock; the worker dies there, and its successor publishes everything again."""

        def kill(traffic) -> None:
            traffic.reach(0.3)
            plant.workers["enrollment"].kill()
            wait_for(lambda: plant.number(UNPUBLISHED) > 20)
            with plant.database() as blocker:
                blocker.execute(HOLD_MARKS)
                plant.start_worker("enrollment")
                wait_for(lambda: plant.number(WAITING_TO_MARK))
                plant.workers["enrollment"].kill()
                blocker.execute("DROP FUNCTION enrollment.hold CASCADE")
            plant.start_worker("enrollment")

        suffer("relay killed between publishing and marking", kill)

    def test_a_consumer_between_effect_and_acknowledgement(self, plant, suffer) -> None:
        """Its acknowledgements are held back on the wire until effects are committed; then it dies."""

        def kill(traffic) -> None:
            traffic.reach(0.1)
            plant.workers["gateway"].kill()
            url = urlsplit(plant.stack.wiring.amqp_url)
            wire = Wire(url.hostname or "127.0.0.1", url.port or 5672)
            through = plant.stack.wiring.amqp_url.replace(f":{url.port}", f":{wire.port}")
            before = plant.number(HANDLED)
            plant.start_worker("gateway", SYLLABUS_AMQP_URL=through)
            wait_for(lambda: plant.number(HANDLED) > before)
            wire.hold()
            held = plant.number(HANDLED)
            wait_for(lambda: plant.number(HANDLED) > held)
            plant.workers["gateway"].kill()
            wire.close()
            plant.start_worker("gateway")

        suffer("consumer killed between effect and acknowledgement", kill)

    @pytest.mark.whole
    def test_the_database(self, plant, suffer) -> None:
        def kill(traffic) -> None:
            traffic.reach(0.4)
            plant.stack.database.kill()
            wait_for(lambda: len(traffic.refused) >= LEARNERS)
            plant.stack.database.start_again()

        suffer("database killed (-9)", kill, may_refuse=True)

    @pytest.mark.whole
    @pytest.mark.parametrize("service", SERVICES)
    def test_each_service(self, plant, suffer, service) -> None:
        def kill(traffic) -> None:
            traffic.reach(0.4)
            plant.stack.kill(service)
            plant.workers[service].kill()
            plant.stack.start(service)
            plant.start_worker(service)

        suffer(f"{service} killed, API and worker", kill, may_refuse=service in ("gateway", "enrollment"))

    @pytest.mark.whole
    def test_the_active_one_of_two_workers(self, plant, suffer) -> None:
        def kill(traffic) -> None:
            seconds = [plant.start_worker(service, f"second-{service}") for service in SERVICES]
            traffic.reach(0.4)
            for service in SERVICES:
                plant.workers[service].kill()
            traffic.join()
            for service in SERVICES:
                plant.start_worker(service)
            for second in seconds:
                second.stop()

        suffer("the active ones of two workers each killed", kill)

    @pytest.mark.whole
    def test_everything_at_once(self, plant, suffer) -> None:
        def kill(traffic) -> None:
            traffic.reach(0.4)
            plant.stack.broker.kill()
            plant.stack.database.kill()
            for service in SERVICES:
                plant.stack.kill(service)
                plant.workers[service].kill()
            plant.stack.database.start_again()
            plant.stack.broker.start_again()
            plant.stack.start(*SERVICES)
            for service in SERVICES:
                plant.start_worker(service)

        suffer("everything killed at once, as by a power cut", kill, may_refuse=True)


class TestAway:
    @pytest.mark.whole
    def test_a_service_for_all_the_time_that_others_work(self, plant, suffer) -> None:
        def leave(traffic) -> None:
            plant.stack.stop("certificate")
            plant.workers["certificate"].stop()
            traffic.join()
            plant.stack.start("certificate")
            plant.start_worker("certificate")

        suffer("certificate down while all learners complete", leave)

    @pytest.mark.whole
    def test_all_workers_for_all_the_time(self, plant, suffer) -> None:
        def leave(traffic) -> None:
            for service in SERVICES:
                plant.workers[service].stop()
            traffic.join()
            for service in SERVICES:
                plant.start_worker(service)

        suffer("all workers down while all learners complete", leave)


UNPUBLISHED = "SELECT count(*) FROM enrollment.outbox WHERE published_at IS NULL"
HANDLED = "SELECT count(*) FROM gateway.inbox WHERE consumer = 'gateway.enrollment-progress'"
HOLD_MARKS = """
    SELECT pg_advisory_lock(4711);
    CREATE FUNCTION enrollment.hold() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NULL; END $$;
    CREATE TRIGGER hold BEFORE UPDATE ON enrollment.outbox FOR EACH STATEMENT EXECUTE FUNCTION enrollment.hold();
"""
WAITING_TO_MARK = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted"
