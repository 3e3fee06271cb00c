"""Who may do what on PostgreSQL: a role that owns and migrates, and one that serves."""

OWNER, SERVING = "kcs_owner", "kcs_app"

TABLES = """
    SELECT c.oid::regclass AS name, c.relname, c.relkind, EXISTS (
        SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname ~ '_append_only$'
    ) AS is_kept
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'm')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
"""
"""All but those of extensions, and whether rows are only added."""

GRANTS = f"""
DO $$
DECLARE
    each record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVING}') THEN
        RETURN;
    END IF;
    FOR each IN {TABLES} LOOP
        EXECUTE format('REVOKE ALL ON %s FROM {SERVING}', each.name);
        EXECUTE format('GRANT %s ON %s TO {SERVING}', CASE
            WHEN each.relname IN ('alembic_version', 'outside_changes') OR each.relkind = 'm'
            THEN 'SELECT'
            WHEN each.is_kept THEN 'SELECT, INSERT'
            ELSE 'SELECT, INSERT, UPDATE, DELETE' END, each.name);
    END LOOP;
END $$;
"""  # noqa: S608  all of it is ours
"""What the serving role may do with each table, if there is that role; each migration says it."""

ROLES = f"""
DO $$
DECLARE
    each record;
    here text := current_database();
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OWNER}') THEN
        CREATE ROLE {OWNER} LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVING}') THEN
        CREATE ROLE {SERVING} LOGIN;
    END IF;
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT {OWNER} TO %I', current_user);
    END IF;
    IF pg_has_role('{SERVING}', '{OWNER}', 'MEMBER') THEN
        REVOKE {OWNER} FROM {SERVING};
    END IF;
    EXECUTE format('ALTER DATABASE %I OWNER TO {OWNER}', here);
    EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC, {SERVING}', here);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO {SERVING}', here);
    ALTER SCHEMA public OWNER TO {OWNER};
    REVOKE CREATE ON SCHEMA public FROM PUBLIC, {SERVING};
    GRANT USAGE ON SCHEMA public TO {SERVING};
    FOR each IN {TABLES} LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO {OWNER}', each.name);
    END LOOP;
    FOR each IN
        SELECT p.oid::regprocedure AS name FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO {OWNER}', each.name);
    END LOOP;
    ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public
        GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {SERVING};
END $$;
"""  # noqa: S608  all of it is ours
"""Makes both roles, hands all there is over to the owner, and lets the other one connect."""

SCRIPT = f"BEGIN;{ROLES}{GRANTS}COMMIT;"
"""All of it; to run it again changes nothing."""
