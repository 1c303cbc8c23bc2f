# Salon in a container: docker build -t salon .
# The archive and its backups are in the volume /data; without it they are deleted with the container.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    SALON_ENV_FILE= \
    SALON_DATABASE=/data/salon.sqlite3 \
    SALON_HEALTH=8080

WORKDIR /salon
COPY requirements.txt constraints.txt ./
RUN pip install -r requirements.txt -c constraints.txt "psycopg[binary]"
COPY pyproject.toml LICENSE ./
COPY bot bot
COPY cogs cogs
COPY storage storage

RUN useradd --system --uid 10001 --home-dir /data --create-home salon
USER salon
VOLUME /data

# /health is checked inside the container; it answers 503 while Discord can't be reached.
HEALTHCHECK --interval=60s --timeout=10s --start-period=120s --retries=5 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/health', timeout=8)"]

ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
