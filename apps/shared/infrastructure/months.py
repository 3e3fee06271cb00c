"""Tables by day that PostgreSQL keeps a month at a time; SQLite keeps all of it in one."""

import re
from collections.abc import Iterator

from sqlalchemy import Table

A_MONTH = re.compile(r".+_\d{4}_\d{2}")
MAKE = """
CREATE FUNCTION make_{table}_month(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    begins date := date_trunc('month', day);
    ends date := begins + interval '1 month';
    part text := '{table}_' || to_char(begins, 'YYYY_MM');
BEGIN
    IF to_regclass('public.' || part) IS NOT NULL THEN
        RETURN false;
    END IF;
    LOCK TABLE public.{table} IN SHARE UPDATE EXCLUSIVE MODE;
    IF to_regclass('public.' || part) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.{table} INCLUDING ALL,'
        ' CONSTRAINT within CHECK (day >= %L AND day < %L))', part, begins, ends);
    EXECUTE format('ALTER TABLE public.{table} ATTACH PARTITION public.%I'
        ' FOR VALUES FROM (%L) TO (%L)', part, begins, ends);
    EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT within', part);
    RETURN true;
END $$
"""
"""Makes the month of a day; false where it is there. Attached and not made in its place, it keeps
no reader waiting. There is no month for days that have none: what lies there would be in the way of
the month that is made later, and a row that finds no place is refused and not lost.
"""
DROP = """
CREATE FUNCTION drop_{table}_month(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    part text := '{table}_' || to_char(day, 'YYYY_MM');
    has_rows boolean;
BEGIN
    IF to_regclass('public.' || part) IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('LOCK TABLE public.%I IN ACCESS EXCLUSIVE MODE', part);
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', part) INTO has_rows;
    IF has_rows THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE public.%I', part);
    RETURN true;
END $$
"""
"""Drops the month of a day once nothing is left in it."""


def monthly(table: Table) -> None:
    """Declare it of a table that has a column `day`; the migrations make what follows."""
    table.info["monthly"] = True


def making(table: Table) -> Iterator[str]:
    """Yield the statements that make the functions of such a table on PostgreSQL."""
    if table.info.get("monthly"):
        yield MAKE.format(table=table.name).strip()
        yield DROP.format(table=table.name).strip()


def is_month(name: str) -> bool:
    """Tell whether it is a part of another table, made while the service runs."""
    return A_MONTH.fullmatch(name) is not None
