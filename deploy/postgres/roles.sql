-- Who may do what in this database: one login role and one schema per service, each closed to the others.
--
-- The one source for every place: `./dev up` and the tests (shared.runtime.roles), and the container's first start (psql).
-- Run it as an administrator in the database it is for; running it again changes nothing but the passwords, which come in
-- as settings: set_config('syllabus.password_catalog', …), or PGOPTIONS="-c syllabus.password_catalog=…".
-- Roles belong to the whole server, schemas and search paths to this database, so several databases can share the roles.

CREATE SCHEMA IF NOT EXISTS extensions;
CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA extensions;
CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA extensions;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA extensions;
CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA extensions;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON SCHEMA extensions FROM PUBLIC;

DO $$
DECLARE
    service text;
    secret text;
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());

    FOREACH service IN ARRAY ARRAY['gateway', 'catalog', 'enrollment', 'assessment', 'certificate'] LOOP
        secret := current_setting('syllabus.password_' || service, true);
        IF coalesce(secret, '') = '' THEN
            RAISE EXCEPTION 'the setting syllabus.password_% is missing or empty', service;
        END IF;

        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', service);
        END IF;
        EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', service, secret);

        -- An administrator who is no superuser may hand a schema only to a role it is a member of.
        IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            EXECUTE format('GRANT %I TO %I', service, current_user);
        END IF;

        EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO %I', current_database(), service);
        EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I', service, service);
        EXECUTE format('GRANT USAGE ON SCHEMA extensions TO %I', service);
        EXECUTE format(
            'ALTER ROLE %I IN DATABASE %I SET search_path = %I, extensions', service, current_database(), service
        );
    END LOOP;
END
$$;
