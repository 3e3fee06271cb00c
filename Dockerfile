# The service in an image: built with Poetry from poetry.lock, run without it as nobody in particular.
# The tests run on this version of Python; the lock allows newer ones.
ARG PYTHON_VERSION=3.11

FROM python:${PYTHON_VERSION}-slim AS build
# An index other than pip's own is named while building: --build-arg PIP_INDEX_URL=...
ARG PIP_INDEX_URL
ARG POETRY_VERSION=2.5.1
# Extras of pyproject.toml: --build-arg EXTRAS=otel
ARG EXTRAS=
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    POETRY_NO_INTERACTION=1 \
    POETRY_VIRTUALENVS_IN_PROJECT=true
RUN python -m venv /poetry \
    && /poetry/bin/pip install "poetry==${POETRY_VERSION}" poetry-plugin-pypi-mirror
WORKDIR /app
COPY pyproject.toml poetry.lock ./
RUN POETRY_PYPI_MIRROR_URL="${PIP_INDEX_URL}" /poetry/bin/poetry install --only main --no-root ${EXTRAS:+--extras "$EXTRAS"}
COPY README.md ./
COPY apps ./apps
RUN /poetry/bin/poetry install --only-root --compile

FROM python:${PYTHON_VERSION}-slim AS run
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ENV=production \
    HOST=0.0.0.0 \
    DATA_DIR=/data \
    DATABASE_URL=sqlite:////data/kcs.db
RUN groupadd --system --gid 10001 kcs \
    && useradd --system --uid 10001 --gid kcs --no-create-home --home-dir /data kcs \
    && install --directory --owner kcs --group kcs --mode 0700 /data
WORKDIR /app
COPY --from=build /app/.venv ./.venv
COPY alembic.ini pyproject.toml LICENSE ./
COPY alembic ./alembic
COPY demo ./demo
COPY docs/schema.postgresql.sql docs/schema.sqlite.sql ./docs/
COPY apps ./apps
USER 10001:10001
VOLUME /data
EXPOSE 8000
# Ten seconds, since each probe is a Python process that has to start.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["kcs", "healthcheck"]
# In exec form, so that the server itself is process 1 and hears SIGTERM.
CMD ["kcs", "serve"]
