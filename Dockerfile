# The switch in one image: built on Debian, run on Debian, nothing else inside.
FROM rust:1.95-bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends cmake \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates open-jtalk open-jtalk-mecab-naist-jdic espeak-ng \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --create-home --home-dir /var/lib/denwaban denwaban
COPY --from=build /src/target/release/denwaban /usr/bin/denwaban
COPY config/denwaban.toml /etc/denwaban/denwaban.toml
COPY config/voice /usr/share/denwaban/voice
USER denwaban
WORKDIR /var/lib/denwaban
VOLUME /var/lib/denwaban
# SIP, SIP over TLS, SIP over secure WebSocket, voice, web
EXPOSE 5060/udp 5060/tcp 5061/tcp 7443/tcp 20000-20199/udp 8080/tcp
HEALTHCHECK --interval=10s --timeout=3s CMD ["denwaban", "--config", "/etc/denwaban/denwaban.toml", "check", "--running"]
ENTRYPOINT ["denwaban", "--config", "/etc/denwaban/denwaban.toml"]
CMD ["serve"]
